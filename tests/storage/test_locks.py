"""Many readers or one writer, over processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from support.corpus import corpus
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.errors import LockedError, StoreError
from moviesearch.storage import locks

pytestmark = pytest.mark.integration

FILMS = [Movie(f"f{n}", f"Film {n}", f"A clerk finds key{n}.") for n in range(40)]

HOLD = """
import sys
from pathlib import Path
from moviesearch.storage import locks
with locks.{kind}:
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(folder, kind):
    """A process that holds a lock until the end of the block; gives the process."""
    folder.mkdir(parents=True, exist_ok=True)
    code = HOLD.format(kind=kind.format(f"Path({str(folder)!r})"))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


WRITING, GATE_SHUT, GATE_SHARED = "writing({})", "gate({}, write=True)", "gate({}, write=False)"


def test_second_writer_is_refused_at_once_with_the_holder_named(tmp_path):
    with another_process(tmp_path, WRITING) as holder:
        began = time.monotonic()
        with pytest.raises(LockedError) as refused, locks.writing(tmp_path):
            pytest.fail("two writers")
        assert time.monotonic() - began < 1
    for part in (f"process {holder.pid} on {socket.gethostname()}", str(tmp_path), "Wait"):
        assert part in str(refused.value)


def test_lock_of_a_killed_writer_is_free(tmp_path):
    with another_process(tmp_path, WRITING) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with locks.writing(tmp_path):
            assert json.loads((tmp_path / "writer.lock").read_text())["pid"] == os.getpid()
    assert (tmp_path / "writer.lock").read_text() == ""


def test_lock_is_freed_by_an_error_within(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), locks.writing(tmp_path):
            raise ZeroDivisionError


def test_readers_share_the_gate(tmp_path):
    with another_process(tmp_path, GATE_SHARED), locks.gate(tmp_path, write=False), locks.gate(tmp_path, write=False):
        pass


@pytest.mark.parametrize("held, write", [(GATE_SHUT, False), (GATE_SHARED, True)])
def test_gate_waits_until_it_is_free(tmp_path, held, write, monkeypatch):
    with another_process(tmp_path, held) as holder:
        monkeypatch.setattr(locks, "GATE_PATIENCE", 0.2)
        with (
            pytest.raises(LockedError, match="locked for .* when it is done, or stop it"),
            locks.gate(tmp_path, write=write),
        ):
            pytest.fail("the gate was shut")
        monkeypatch.setattr(locks, "GATE_PATIENCE", 60)
        timer = threading.Timer(0.3, holder.stdin.close)
        timer.start()
        began = time.monotonic()
        with locks.gate(tmp_path, write=write):
            assert time.monotonic() - began > 0.2
        timer.join()


@pytest.mark.parametrize("write", [False, True])
def test_gate_that_can_not_be_opened_names_the_way_out(tmp_path, write):
    (tmp_path / "gate.lock").mkdir()
    with pytest.raises(StoreError, match="permissions"), locks.gate(tmp_path, write=write):
        pytest.fail("went through the gate without it")


def test_ingest_is_refused_while_another_process_writes_and_find_goes_on(search, tmp_path):
    search.ingest(FILMS, setting=SETTING)
    with another_process(tmp_path / "store" / "films", WRITING) as holder:
        with pytest.raises(LockedError, match=str(holder.pid)):
            search.ingest(FILMS, setting=SETTING)
        assert search.find([FILMS[7].plot + " Film 7"], limit=1, mode="dense").matches[0].movie == FILMS[7]
        with MovieSearch(tmp_path / "store", encoder=HashEncoder()) as reader:
            assert len(reader.find(["key7"], limit=40, mode="dense").matches) == 40
    assert search.ingest(FILMS, setting=SETTING).unchanged == 40


def test_a_reader_sees_what_another_has_stored_since(search, tmp_path):
    search.ingest(FILMS[:20], setting=SETTING)
    with MovieSearch(tmp_path / "store", encoder=HashEncoder()) as writer:
        for upto in (30, 40):
            assert len(search.find(["key"], limit=50, mode="dense").matches) == upto - 10
            writer.ingest(FILMS[:upto], setting=SETTING)
        assert len(search.find(["key"], limit=50, mode="dense").matches) == 40


def test_a_reader_in_the_middle_of_an_ingest_sees_whole_batches(search, tmp_path):
    films = list(corpus(700))
    seen = []
    with MovieSearch(tmp_path / "store", encoder=HashEncoder()) as reader:

        def count_films(step):
            if step.done:
                before, matches = reader.info(), reader.find(["word7"], limit=1000, mode="dense").matches
                assert {match.movie.id for match in matches} == {film.id for film in films[: len(matches)]}
                seen.append((before.films, len(matches), reader.info().films))

        search.ingest([], setting=SETTING)
        search.ingest(films, setting=SETTING, progress=count_films)
    assert len({matches for _, matches, _ in seen}) > 3 and seen[-1] == (700, 700, 700)
    assert all(before <= matches <= after for before, matches, after in seen)
