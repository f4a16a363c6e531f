"""How long the first question in an empty home takes, and `ingest` of the bundled films: wall clock and processor.

    python benchmarks/first.py

Each is a fresh process with a home of its own, in which nothing was ever stored and no model prepared. The homes lie
where temporary files do (TMPDIR), since it counts how fast the disk is brought to keep what is written.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict

from measuring import ROOT, made, p50, table
from start import WORDS

COMMANDS = {"find": ("find", "--plot", WORDS), "ingest": ("ingest",)}


def main() -> None:
    """Run the processes by turns and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    walls, processors = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for number in range(arguments.rounds + 1):
        for name, words in COMMANDS.items():
            wall, processor = in_empty_home(*words)
            if number:  # the first round brings files into the page cache
                walls[name].append(wall)
                processors[name].append(processor)
    rows = [
        [f"`moviesearch {name}`", f"{p50(walls[name]):.2f}", f"{min(walls[name]):.2f}", f"{min(processors[name]):.2f}"]
        for name in COMMANDS
    ]
    print(f"### An empty home\n\n{arguments.rounds} rounds. {made('chromadb')}\n")
    print(table(["cold process", "median s", "least s", "least s of processors"], rows))


def in_empty_home(*words: str) -> tuple[float, float]:
    """Seconds that `moviesearch` takes with a home of its own: on the clock, and of processors."""
    with tempfile.TemporaryDirectory() as home:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOVIESEARCH_", "XDG_"))}
        before, began = _processors(), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "moviesearch", *words],
            env=kept | {"HOME": home, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )
        return time.perf_counter() - began, _processors() - before


def _processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
