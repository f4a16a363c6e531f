"""What each process would do anew, done once: imported by the server that the processes are forked from.

That is a third of what a short process does in Python: modules that are imported when they are needed, patterns that
are compiled when they are used, vectors of the films, and the clock that Chroma's engine measures when it is first
opened. A child finds out what the life of a store needs of these. The server itself opens an empty store, to have the
clock measured, and goes on when the engine's threads are gone.
"""

import gc
import importlib
import os
import re
import sys
import tempfile
import time
import traceback
from multiprocessing import Pipe
from pathlib import Path

import chromadb_rust_bindings  # noqa: F401
from acts import SETTING, HashEncoder
from possible import NUMBERS, VERSIONS, film
from worker import ENCODERS

from moviesearch import MovieSearch
from moviesearch.collection import check
from moviesearch.embedding.passages import split, whole_film
from moviesearch.storage.chroma_engine import EngineClient

PATIENCE = 10
"""Seconds within which threads end."""


def _warm():
    here, there = Pipe()
    if os.fork() == 0:
        try:
            there.send(_needs())
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    there.close()
    modules, patterns = here.recv()
    os.wait()
    for name in modules:
        importlib.import_module(name)
    for pattern in patterns:
        re.compile(*pattern)
    for encoder in ENCODERS.values():
        for movie in (film(number, version) for number in NUMBERS for version in VERSIONS):
            for text in (*split(movie, encoder.tokenize, SETTING), whole_film(movie.title, movie.plot)):
                encoder.vector(text), encoder.tokens(text)
    with tempfile.TemporaryDirectory() as folder:
        EngineClient(Path(folder)).close()
    deadline = time.monotonic() + PATIENCE
    while len(os.listdir("/proc/self/task")) > 1:
        if time.monotonic() > deadline:
            raise AssertionError("threads of Chroma's engine go on, and would be missing in what is forked")
        time.sleep(0.01)
    gc.freeze()


def _needs():
    """The modules and patterns that a life of a store needs: names, and arguments of `re.compile`."""
    before, compile_pattern, patterns = set(sys.modules), re.compile, []

    def noting(*pattern):
        patterns.append(pattern)
        return compile_pattern(*pattern)

    re.compile = noting
    check.check_in_process = check.look
    with tempfile.TemporaryDirectory() as folder, MovieSearch(Path(folder), encoder=HashEncoder()) as search:
        search.ingest([film(number, 0) for number in range(4)], setting=SETTING)
        search.find([film(0, 0).plot], mode="dense")
        search.mark_seen(["f0"], person="")
        search.ingest([film(0, 1)], setting=SETTING, prune=lambda count: True)
        search.backup(Path(folder) / "backup")
        search.restore(Path(folder) / "backup")
        search.repair()
        search.verify()
    return [name for name in sys.modules if name not in before and name != "__main__"], patterns


if Path("/proc/self/task").is_dir():  # it tells which threads there are
    _warm()
