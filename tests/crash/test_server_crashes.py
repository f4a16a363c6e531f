"""Eight writers on one server, killed at any moment, over connections that are cut, to a server that is killed too.

CRASH_SECONDS says for how long (60). No film that was acknowledged is lost, and no answer is of half a film.
"""

import os
import random
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress

import pytest
from crashing import PATIENCE, PROCESSES, Report
from machines import OF_EACH, SHARED, WRITERS, film, own, read, write
from support.chroma_server import ChromaServer
from support.front import CUT, HALF, Front
from support.hash_encoder import HashEncoder

from moviesearch import MovieSearch
from moviesearch.config import Settings

pytestmark = pytest.mark.server

SECONDS = float(os.environ.get("CRASH_SECONDS") or 60)
_CUT_ONE_OF = 400
"""Requests of which one is cut off."""


class Machine:
    """A writer, or the reader, with all that it ever told: what may be of each film, and what must be."""

    def __init__(self, goal, *told):
        self._goal, self._told = goal, told
        # id -> its versions that may be in the collection, None for none
        self.may, self.told = defaultdict(lambda: {None}), Counter()
        self.wrong, self.answers = [], 0
        self._starts = 0
        self.start()

    def start(self):
        """Begin, or begin again with the same cache."""
        self._starts += 1
        self._pipe, there = PROCESSES.Pipe()
        told = (*self._told, f"{self._told}/{self._starts}") if self._goal is write else self._told
        self.process = PROCESSES.Process(target=self._goal, args=(there, *told))
        self.process.start()
        there.close()
        self._listening = threading.Thread(target=self._listen, args=(self._pipe,))
        self._listening.start()

    def _listen(self, pipe):
        with suppress(EOFError, ConnectionResetError):
            while True:
                self._hear(*pipe.recv())

    def _hear(self, kind, said):
        self.told[kind] += 1
        if kind == "begun":
            for film, version in said.items():
                self.may[film].add(version)
        elif kind in ("stored", "done"):
            self.may.update({film: {version} for film, version in said.items()})
        elif kind == "wrong":
            self.wrong.append(said)
        elif kind == "answers":
            self.answers += said

    def kill(self):
        """Die."""
        self.process.kill()
        self._end()

    def stop(self):
        """Finish what is begun."""
        self._pipe.send(None)
        self._end()

    def _end(self):
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            raise AssertionError(f"{self._goal.__name__} does not come to an end")
        self._listening.join()


@pytest.fixture
def server(tmp_path):
    server = ChromaServer(tmp_path / "server")
    yield server
    server.kill()


@pytest.fixture
def front(server):
    chance = random.Random("cuts")

    def cut(method, path, *told):
        return chance.choice([CUT, HALF]) if chance.randrange(_CUT_ONE_OF) == 0 else None

    front = Front(server.url, cut)
    yield front
    front.stop()


def test_eight_writers_killed(tmp_path, server, front):
    """Each film is there as its writer last told it, or as it was about to; a reader never saw half of one."""
    place = server.database().removeprefix(server.url)
    writers = [Machine(write, front.url + place, str(tmp_path / f"machine-{n // 2}"), n) for n in range(WRITERS)]
    reader = Machine(read, front.url + place, str(tmp_path / "reader"))
    chance, kills, began = random.Random("kills"), Counter(), time.monotonic()
    try:
        while time.monotonic() - began < SECONDS:
            time.sleep(chance.uniform(0.1, 1.0))
            if chance.randrange(20) == 0:
                server.kill()
                server.start()
                kills["server"] += 1
            else:
                writer = chance.choice(writers)
                writer.kill()
                writer.start()
                kills["writer"] += 1
    finally:
        for machine in (*writers, reader):
            machine.stop()
    assert [said for machine in (*writers, reader) for said in machine.wrong][:5] == []
    assert reader.answers and sum(machine.told["done"] for machine in writers)

    with MovieSearch(
        settings=Settings(store=server.url + place, cache=tmp_path / "new"), encoder=HashEncoder()
    ) as search:
        began = time.monotonic()
        search.find(["a thief takes the piano home"], limit=1)
        seconds = time.monotonic() - began
        ids = [f"f{number}" for number in (*range(WRITERS * OF_EACH), *range(-SHARED, 0))]
        films = search.movies(ids)
        for number, writer in enumerate(writers):
            for id in (f"f{of}" for of in own(number)):
                version = films[id].extra["v"] if id in films else None
                assert version in writer.may[id], f"{id}: {version}"
        for id, movie in films.items():
            assert movie == film(int(id[1:]), movie.extra["v"])
        if search.verify():
            search.repair()  # passages that a dead writer left, or an index that the server's own death tore
        assert search.verify() is None
        assert search.movies(ids) == films
    report = Report()
    for _ in range(kills["writer"]):
        report.tell("SIGKILL to one of eight writers on a server, connections cut", seconds)
    for _ in range(kills["server"]):
        report.tell("SIGKILL to a server with eight writers", seconds)
    told = sum((machine.told for machine in writers), Counter())
    print(f"{dict(kills)} killed; {dict(told)}; {reader.answers} answers")
