"""A collection on a server: several writers and machines, what a dead one leaves behind, and the mirror of each."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from support.chroma_server import ChromaServer
from support.corpus import corpus
from support.hash_encoder import SETTING, HashEncoder
from support.paths import ROOT, TESTS

from moviesearch import Movie, MovieSearch
from moviesearch.collection.steps import Shard
from moviesearch.config import LONGEST_TIMEOUT, Settings
from moviesearch.errors import MovieSearchError, StoreError

pytestmark = pytest.mark.server
FILMS = list(corpus(120))
WRITER = """
import sys, pickle
from support.hash_encoder import SETTING
from support.hash_encoder import HashEncoder
from support.corpus import corpus
from moviesearch import MovieSearch
from moviesearch.config import Settings
from moviesearch.collection.steps import Shard
from pathlib import Path
store, cache, count, shard = sys.argv[1:]
shard = Shard(*map(int, shard.split("/")), "films") if shard else None
print("ready", flush=True)
sys.stdin.readline()
with MovieSearch(settings=Settings(store=store, cache=Path(cache)), encoder=HashEncoder()) as search:
    print(search.ingest(list(corpus(int(count))), setting=SETTING, shard=shard))
"""


@pytest.fixture
def where(chroma_server):
    return chroma_server.database()


@pytest.fixture
def writers(where, tmp_path):
    """writers(shards) -> processes that ingest at the same moment, each on a machine of its own."""
    started = []

    def start(shards):
        place = {"PYTHONPATH": os.pathsep.join([str(TESTS), str(ROOT)])}
        for number, shard in enumerate(shards):
            command = [sys.executable, "-c", WRITER, where, str(tmp_path / f"machine{number}"), "120", shard]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            started.append(subprocess.Popen(command, env={**os.environ, **place}, **pipes))
        for one in started:
            assert one.stdout.readline() == "ready\n", one.stderr.read()
        for one in started:
            one.stdin.write("\n")
            one.stdin.flush()
        return started

    yield start
    for one in started:
        one.kill()
        one.communicate()


def exported(search, folder):
    search.export(folder)
    return json.loads((folder / "movies.json").read_text()), np.load(folder / "embeddings.npy")


def answers(search):
    asked = ["word1 word2 word3", "word10 word20 word30 word40", "word5"]
    return [
        [(match.movie.id, match.score, match.passage) for match in search.find([plot], mode=mode).matches]
        for plot in asked
        for mode in ("hybrid", "dense", "lexical")
    ]


def test_folder_and_server_answer_the_same(open_search, tmp_path):
    with MovieSearch(tmp_path / "folder", encoder=HashEncoder()) as folder, open_search() as served:
        for search in (folder, served):
            search.ingest(FILMS, setting=SETTING)
        assert answers(folder) == answers(served)
        ours, theirs = exported(folder, tmp_path / "a"), exported(served, tmp_path / "b")
        assert ours[0] == theirs[0] and np.array_equal(ours[1], theirs[1])


def test_four_writers_of_the_same_films(writers, open_search):
    for one in writers([""] * 4):
        out, err = one.communicate(timeout=120)
        assert one.returncode == 0, err
    search = open_search()
    assert search.verify() is None
    info = search.info()
    assert (info.films, info.passages) == (len(FILMS), search._collection.chroma.counts()[1])
    assert {search.show(film.id).id for film in FILMS} == {film.id for film in FILMS}


def test_shards_give_what_one_machine_gives(writers, open_search, tmp_path):
    for one in writers(["1/4", "2/4", "3/4", "4/4"]):
        out, err = one.communicate(timeout=120)
        assert one.returncode == 0, err
    with MovieSearch(tmp_path / "alone", encoder=HashEncoder()) as alone:
        alone.ingest(FILMS, setting=SETTING)
        search = open_search()
        ours, theirs = exported(alone, tmp_path / "a"), exported(search, tmp_path / "b")
        assert ours[0] == theirs[0] and np.array_equal(ours[1], theirs[1])
        assert search.verify() is None


def test_films_added_after_shards_come_after_them(open_search):
    for number in (2, 1):
        open_search(machine=str(number)).ingest(FILMS[:9], setting=SETTING, shard=Shard(number, 2, "films"))
    search = open_search()
    search.ingest([Movie("new", "New", "A goat learns chess.")], setting=SETTING)
    assert search._collection.ledger.ids() == [*(film.id for film in FILMS[:9]), "new"]


@pytest.mark.parametrize("after", [0.05, 0.2, 0.4, 0.8])
def test_writer_that_is_killed_loses_nothing(writers, open_search, after):
    doomed = writers([""])[0]
    time.sleep(after)
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    search = open_search()
    if search.exists():
        assert all(match.movie in FILMS for match in search.find(["word1 word2"], limit=50).matches)
    search.ingest(FILMS, setting=SETTING)
    assert search.verify() is None
    assert search.info().films == len(FILMS)


def test_server_that_dies_says_so_and_goes_on(tmp_path, open_search):
    """The connection tells, which is refused or breaks; nothing here waits for a server that is silent."""
    server = ChromaServer(tmp_path / "own")
    try:
        settings = Settings(store=server.url, cache=tmp_path / "cache", timeout=LONGEST_TIMEOUT)

        def deadly(step):
            if step.done:
                server.kill()

        with MovieSearch(settings=settings, encoder=HashEncoder()) as search:
            with pytest.raises(StoreError, match="broke off|nothing answers"):
                search.ingest(corpus(500), setting=SETTING, progress=deadly)
            server.start()
            search.ingest(corpus(500), setting=SETTING)
            assert search.info().films == 500
            wrong = search.verify()
            if wrong:  # a server's own index may be torn by a kill
                search.repair()
                assert search.verify() is None
    finally:
        server.kill()


@pytest.mark.parametrize("number", range(int(os.environ.get("SERVER_KILLS", "2"))))
def test_server_killed_at_any_moment_loses_nothing(tmp_path, number):
    """What the server said it had stored is there; a torn index is found by `verify` and mended by `repair`."""
    draw = random.Random(number)
    server, films = ChromaServer(tmp_path / "own"), list(corpus(300, seed=number))
    settings = Settings(store=server.url, cache=tmp_path / "cache", timeout=LONGEST_TIMEOUT)
    try:
        with MovieSearch(settings=settings, encoder=HashEncoder()) as search:
            killing = threading.Timer(draw.uniform(0.05, 6.0), server.kill)
            killing.start()
            for _ in range(50):
                try:
                    for upto in range(50, 301, 50):
                        search.ingest(films[:upto], setting=SETTING)
                except StoreError:
                    break
            killing.join()
            known = {film.id for film in films} & set(search._collection.ledger.ids())
            server.start()
            wrong = search.verify() if search.exists() else None
            if wrong:
                search.repair()
            if search.exists():
                assert search.verify() is None
                assert known <= search.known(film.id for film in films)
            search.ingest(films, setting=SETTING)
            assert search.verify() is None and search.info().films == 300
            if "SERVER_REPORT" in os.environ:
                with open(os.environ["SERVER_REPORT"], "a") as report:
                    report.write(f"{number}: {len(known)} films known, verify said {wrong!r}\n")
    finally:
        server.kill()


def test_machines_see_what_others_do(open_search):
    here, there = open_search(), open_search(machine="there")
    here.ingest(FILMS[:9], setting=SETTING)
    assert there.info().films == 9
    changed = replace(FILMS[0], plot="A zeppelin full of beekeepers.", year=1931)
    here.ingest([changed, FILMS[20]], setting=SETTING)
    assert there.show(changed.id) == changed
    for mode in ("dense", "lexical", "hybrid"):
        assert there.find(["beekeepers on a zeppelin"], mode=mode).matches[0].movie == changed
    there.ingest(FILMS[:5], setting=SETTING, prune=lambda count: True)
    assert here._collection.ledger.ids() != [] and here.info().films == 5
    assert answers(here) == answers(there)
    assert here.verify() is there.verify() is None


def test_passages_without_a_film_are_no_answers_and_repair_sweeps_them(open_search):
    search = open_search()
    search.ingest(FILMS[:9], setting=SETTING)
    passages = search._collection.chroma._collection("passages")
    vector = HashEncoder().vector("beekeepers")
    passages.add(
        ids=["ghost#0", f"{FILMS[1].id}#77"],
        embeddings=np.stack([vector, vector]),
        documents=["Ghost - beekeepers", "old"],
        metadatas=[{"film": "ghost"}, {"film": FILMS[1].id}],
    )
    other = open_search(machine="other")
    for limit in (1, 5, 50):
        found = [match.movie.id for match in other.find(["beekeepers"], mode="dense", limit=limit).matches]
        assert "ghost" not in found and len(found) == min(limit, 9)
    assert "2 passages belong to no film" in other.verify()
    other.repair()
    assert other.verify() is None and search.verify() is None
    assert search.info().films == 9


def test_damage_on_the_server_is_found_and_repaired_without_embedding(open_search, encoder):
    search = open_search()
    search.ingest(FILMS[:30], setting=SETTING)
    before = answers(search)
    store = search._collection.chroma
    store._collection("passages").delete(ids=[f"{FILMS[3].id}#0"])
    store._collection("films").update(ids=[FILMS[4].id], embeddings=np.ones((1, 256), np.float32))
    assert search.verify() is not None
    encoder.texts.clear()
    assert search.repair() == 30
    assert encoder.texts == []
    assert search.verify() is None
    assert [[hit[0] for hit in hits] for hits in answers(search)] == [[hit[0] for hit in hits] for hits in before]
    assert sorted(store._client.names()) == sorted(["films", store._chroma_name("passages")])


@pytest.mark.parametrize("stamp", [2**62, -1, 1.5, "soon"])
def test_a_row_of_a_time_that_can_not_be_hides_no_later_change(open_search, stamp):
    """Once a mirror that had seen such a row took no changes from then on, or came to grief over it."""
    search, other = open_search(), open_search(machine="other")
    search.ingest(FILMS[:9], setting=SETTING)
    search._collection.chroma._collection("films").update(ids=[FILMS[4].id], metadatas=[{"stamp": stamp}])
    changed = replace(FILMS[2], plot="A beekeeper sails home.")
    search.ingest([replace(FILMS[1], plot="A beekeeper sails away.")], setting=SETTING)
    assert other.info().films == 9
    search.ingest([changed], setting=SETTING)
    assert other.show(changed.id) == changed
    assert other.verify() is None


def test_repair_that_is_interrupted_between_its_last_steps_is_finished(open_search):
    search = open_search()
    search.ingest(FILMS[:9], setting=SETTING)
    store = search._collection.chroma
    fresh = store.successor(store.manifest())
    search._collection._write_embedded(
        fresh, search._collection.embedder(store.manifest()), list(search._collection.ledger.entries())
    )
    ready = fresh._collection("films")
    ready.modify(metadata={**ready.metadata, "ready": True})
    store._collection("films").modify(name="films.old-12345678")
    other = open_search(machine="other")
    assert other.info().films == 9 and other.verify() is None
    assert search.info().films == 9
    assert other.repair() == 9
    assert sorted(store._client.names()) == sorted(["films", other._collection.chroma._chroma_name("passages")])


def test_a_repair_that_ends_while_someone_looks_is_no_missing_collection(open_search, monkeypatch):
    here, there = open_search(), open_search(machine="there")
    there.ingest(FILMS[:10], setting=SETTING)
    store, named = here._collection.chroma, there._collection.chroma._collection("films")
    finish = store._finish_swap

    def a_moment_late():
        named.modify(name="films")
        finish()

    named.modify(name="films.new")  # where a repair has it between its last two steps
    monkeypatch.setattr(store, "_finish_swap", a_moment_late)

    assert here.info().films == 10


def test_threads_find_while_others_write_and_repair(open_search):
    here, there = open_search(), open_search(machine="there")
    there.ingest(FILMS[:40], setting=SETTING)
    done = threading.Event()

    def look(number):
        counts = []
        while not done.is_set():
            matches = here.find([f"word{number} word5"], limit=200, mode="dense").matches
            assert len({match.movie.id for match in matches}) == len(matches)
            assert all(match.movie in FILMS for match in matches)
            counts.append(len(matches))
            here.show(FILMS[number].id)
        return counts

    with ThreadPoolExecutor(4) as threads:
        looking = [threads.submit(look, number) for number in range(4)]
        try:
            for upto in (60, 90, 120):
                there.ingest(FILMS[:upto], setting=SETTING)
            there.repair()
        finally:
            done.set()
        for one in looking:
            counts = one.result()
            assert counts[0] >= 40 and counts == sorted(counts)
    assert here.verify() is None and here.info().films == 120


def test_damaged_mirror_is_made_anew(open_search, tmp_path):
    search = open_search()
    search.ingest(FILMS[:9], setting=SETTING)
    before = answers(search)
    search.close()
    for path in (tmp_path / "cache" / "here" / "mirrors").rglob("*"):
        if path.is_file() and path.name != "vectors.sqlite3":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert answers(open_search()) == before


def test_words_of_a_large_collection_are_left_out_and_that_is_said(where, tmp_path):
    settings = Settings(store=where, cache=tmp_path / "cache", mirror=10)
    with MovieSearch(settings=settings, encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        answer = search.find(["word1 word2"])
        assert len(answer.notes) == 1 and "more than 10 passages" in answer.notes[0]
        assert answer.matches and all(match.bm25 is None for match in answer.matches)
        assert not search.find(["word1 word2"], mode="dense").notes
        with pytest.raises(MovieSearchError, match="lexical can't be had"):
            search.find(["word1 word2"], mode="lexical")
    with MovieSearch(settings=replace(settings, mirror=10**6), encoder=HashEncoder()) as search:
        assert search.find(["word1 word2"], mode="lexical").matches
        assert not any("passages" in note for note in search.find(["word1"]).notes)


def test_collection_of_another_model_is_refused_and_rebuilt(open_search):
    open_search().ingest(FILMS[:9], setting=SETTING)
    other = open_search(encoder=HashEncoder(name="other"), machine="other")
    with pytest.raises(MovieSearchError, match="was made with model hash"):
        other.ingest(FILMS[:9], setting=SETTING)
    other.ingest(FILMS[:9], setting=SETTING, rebuild=True)
    assert other.verify() is None and other.info().manifest.model == "other"
