"""Where the time of a cold `find` goes: processor time by what is imported, loaded, asked and printed.

    moviesearch ingest --store STORE
    python benchmarks/cold.py STORE

Each process runs `find` with its imports and its stages measured; of each figure the least of all rounds is shown, so
that what else the machine does counts little. Stages of a second thread are named so. The sum is more than the process
lasts, where two cores are free.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from measuring import ROOT, made, table
from start import WORDS

MEASURED = """
import functools, io, json, sys, threading, time
import _frozen_importlib_external as loaders

spent, threads = {}, threading.local()
def measured(owner, name, label=None):
    function = getattr(owner, name)
    @functools.wraps(function)
    def call(*arguments, **options):
        within = threads.__dict__.setdefault("within", [])  # of each call, what was imported in it
        within.append(0.0)
        began = time.thread_time()
        try:
            return function(*arguments, **options)
        finally:
            took, imported = time.thread_time() - began, within.pop()
            key = label or str(getattr(arguments[1], "__name__", None) or arguments[1].name)
            spent[key] = spent.get(key, 0.0) + took - imported
            if within:
                within[-1] += imported if label else took
    setattr(owner, name, call)

measured(loaders.SourceFileLoader, "exec_module")
measured(loaders.ExtensionFileLoader, "create_module")
measured(loaders.ExtensionFileLoader, "exec_module")
from moviesearch.cli.main import main
STAGES = (
    ("moviesearch.collection.encoder_loader", None, "load", "> model loaded (second thread)"),
    ("moviesearch.embedding.onnx_graph", None, "session", "> session over the graph (second thread)"),
    ("moviesearch.retrieval.finder", None, "understand", "> question understood"),
    ("moviesearch.retrieval.candidates", "Gatherer", "_dense_hits", "> nearest passages, from Chroma (another thread)"),
    ("moviesearch.retrieval.candidates", "Gatherer", "_by_words", "> words (third thread)"),
    ("moviesearch.retrieval.token_by_token", "TokenByToken", "compare", "> passages compared token by token"),
    ("moviesearch.embedding.onnx_encoder", "OnnxEncoder", "encode_query", "> question embedded"),
    ("moviesearch.retrieval.finder", "Finder", "_matches", "> what is shown, read"),
    ("moviesearch.cli.answer_table", None, "plain_table", "> table"),
)
def wrap_stages(name):
    for module, owner, function, label in STAGES:
        if module == name:
            home = sys.modules[name] if owner is None else getattr(sys.modules[name], owner)
            measured(home, function, label)
inner = loaders.SourceFileLoader.exec_module
def executed(self, module):
    inner(self, module)
    wrap_stages(module.__name__)
loaders.SourceFileLoader.exec_module = executed
out, sys.stdout = sys.stdout, io.StringIO()
try:
    main(["find", "--plot", sys.argv[2], "--store", sys.argv[1]], standalone_mode=False)
except SystemExit:
    pass
spent["whole process"] = time.process_time()
out.write(json.dumps(spent))
"""

LIBRARIES = ("moviesearch", "numpy", "onnxruntime", "chromadb_rust_bindings", "click", "tokenizers", "tantivy", "rich")


def main() -> None:
    """Run the processes and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path, help="a store with films; it is only read")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    runs: dict[str, list[float]] = defaultdict(list)
    for _ in range(arguments.rounds + 1):  # the first one warms the page cache
        for name, seconds in measured_process(arguments.store).items():
            runs[name].append(seconds * 1000)
    least = {name: min(times[1:] or times) for name, times in runs.items()}
    imports: dict[str, float] = defaultdict(float)
    for name, milliseconds in least.items():
        if not name.startswith("> ") and name != "whole process":
            imports[library_of(name)] += milliseconds
    rows = [[f"import {name}", f"{imports[name]:.1f}"] for name in sorted(imports, key=lambda name: -imports[name])]
    rows += [[name.removeprefix("> "), f"{ms:.1f}"] for name, ms in least.items() if name.startswith("> ")]
    rows.append(["whole process", f"{least['whole process']:.1f}"])
    print(f"### A cold `find`\n\nThe least of {arguments.rounds} rounds. {made('chromadb', 'onnxruntime')}\n")
    print(table(["part", "ms of a core"], rows))


def measured_process(store: Path) -> dict[str, float]:
    """Seconds of processor time by module imported and by stage, of one process."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(store), WORDS],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    spent: dict[str, float] = json.loads(done.stdout)
    return spent


def library_of(module: str) -> str:
    """The library that a module is of; Python's own and small ones together."""
    top = module.partition(".")[0]
    return next((library for library in LIBRARIES if top.startswith(library)), "all else")


if __name__ == "__main__":
    main()
