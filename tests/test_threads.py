"""One MovieSearch for several threads, as a server has it, also while others write."""

import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.corpus import corpus
from support.hash_encoder import SETTING
from support.paths import TESTS

from moviesearch.storage.thread_lock import ThreadLock

pytestmark = pytest.mark.integration

FILMS = list(corpus(700))

WRITER = """
import sys
from support.hash_encoder import SETTING
from support.hash_encoder import HashEncoder
from support.corpus import corpus
from moviesearch import MovieSearch
with MovieSearch(sys.argv[1], encoder=HashEncoder()) as search:
    for upto in range(200, 701, 100):
        search.ingest(list(corpus(700))[:upto], setting=SETTING)
"""


def ids(answer):
    return [match.movie.id for match in answer.matches]


def test_threads_find_what_one_finds(search):
    search.ingest(FILMS[:200], setting=SETTING)
    queries = [f"word{number} word{number + 1} word{number + 2}" for number in range(30)]
    expected = {query: ids(search.find([query])) for query in queries}
    with ThreadPoolExecutor(8) as threads:
        for _ in range(3):
            random.shuffle(queries)
            assert list(threads.map(lambda query: ids(search.find([query])), queries)) == [
                expected[query] for query in queries
            ]


@pytest.mark.slow
def test_threads_go_on_while_another_process_stores(search, tmp_path):
    search.ingest(FILMS[:100], setting=SETTING)
    seen, done = [], threading.Event()

    def look(number):
        while not done.is_set():
            films = search.info().films
            answer = search.find([f"word{number}"], limit=1000, mode="dense")
            seen.append((films, len(ids(answer)), len(search.catalogue())))
            time.sleep(0.01)

    path = os.pathsep.join([str(TESTS), *sys.path])
    with ThreadPoolExecutor(4) as threads:
        looking = [threads.submit(look, number) for number in range(4)]
        command = [sys.executable, "-c", WRITER, str(tmp_path / "store")]
        try:
            wrote = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
        finally:
            done.set()
        assert wrote.returncode == 0, wrote.stderr
        for one in looking:
            one.result()
    assert all(films <= found <= listed for films, found, listed in seen)  # each looked later than the one before
    assert len({found for _, found, _ in seen}) > 2
    assert len(ids(search.find(["word1"], limit=1000, mode="dense"))) == 700


def test_who_finds_while_the_same_search_stores_waits(search):
    search.ingest(FILMS[:20], setting=SETTING)
    with ThreadPoolExecutor(4) as threads:
        finding = []

        def begin(step):
            finding.append(threads.submit(lambda: len(ids(search.find(["word1"], limit=1000, mode="dense")))))

        search.ingest(FILMS[:120], setting=SETTING, progress=begin)
        assert {one.result(60) for one in finding} == {120}


def test_a_search_that_is_closed_opens_again_and_leaves_no_files_behind(search):
    search.ingest(FILMS[:20], setting=SETTING)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(5):
        with ThreadPoolExecutor(6) as threads:
            assert len(list(threads.map(lambda _: search.find(["word1"]), range(12)))) == 12
        search.close()
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before


def test_who_wants_to_be_alone_waits_for_the_others():
    lock, order = ThreadLock(), []
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with lock.shared():
            inside.set()
            leave.wait(30)
            order.append("left")

    thread = threading.Thread(target=stay)
    thread.start()
    inside.wait(30)
    threading.Timer(0.2, leave.set).start()
    with lock.exclusive(), lock.exclusive(), lock.shared():
        order.append("alone")
    thread.join()
    assert order == ["left", "alone"]
