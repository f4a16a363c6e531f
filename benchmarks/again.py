"""How long `moviesearch ingest` takes for films that are all stored: their file known again, and read.

    python benchmarks/again.py STORE films.jsonl

STORE has to hold just these films; a copy of it is used. A file is known again by its digest; what comes on standard
input is read to its end each time. Each is a fresh process.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from measuring import ROOT, made, p50, table


def main() -> None:
    """Run the processes by turns and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("films", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    walls, processors = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    with tempfile.TemporaryDirectory() as place:
        store = shutil.copytree(arguments.store, Path(place) / "store")
        for number in range(arguments.rounds + 1):
            for source in (str(arguments.films), "-"):
                wall, processor = _ingest(store, source, arguments.films)
                if number:  # the first round has the file known
                    walls[source].append(wall)
                    processors[source].append(processor)
    rows = [
        [name, f"{p50(walls[source]):.2f}", f"{min(walls[source]):.2f}", f"{min(processors[source]):.2f}"]
        for name, source in (("`ingest FILE`, known again", str(arguments.films)), ("`ingest -`, read", "-"))
    ]
    print(f"### The same films again\n\n{arguments.rounds} rounds. {made('chromadb')}\n")
    print(table(["cold process", "median s", "least s", "least s of processors"], rows))


def _ingest(store: Path, source: str, films: Path) -> tuple[float, float]:
    """Seconds that the command takes: on the clock, and of processors. It ends the program where a film is new."""
    before, began = _processors(), time.perf_counter()
    with films.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "moviesearch", "ingest", "--store", str(store), source],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=file,
            capture_output=True,
            text=True,
        )
    took = time.perf_counter() - began, _processors() - before
    if done.returncode or not done.stdout.startswith("0 added, 0 updated, "):
        sys.exit(f"{store} doesn't hold the films of {films}: {done.stdout}{done.stderr}")
    return took


def _processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
