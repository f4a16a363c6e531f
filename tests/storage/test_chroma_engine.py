"""Chroma's engine, asked directly, answers as Chroma's client does: row by row, on the same files."""

import subprocess
import sys

import numpy as np
import pytest
from support.corpus import corpus
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import MovieSearch
from moviesearch.errors import DamagedError
from moviesearch.storage import chroma_client, chroma_engine
from moviesearch.storage.chroma import ChromaStore

FILMS = list(corpus(150))
QUERIES = ("word1 word2 word3", "word10 word20", "nothing that they know")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A collection whose films were stored, changed and removed."""
    store = tmp_path_factory.mktemp("store")
    with MovieSearch(store, encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        search.ingest(FILMS[:120], setting=SETTING, prune=lambda count: True)
    return store / "films" / "chroma-1"


@pytest.fixture
def both(folder):
    by_client, by_engine = ChromaStore.embedded(folder, "films"), ChromaStore.for_reading(folder, "films")
    yield by_client, by_engine
    by_engine.close()
    by_client.close()


def test_the_installed_version_is_known():
    assert chroma_engine.is_known()


def test_the_engine_answers_as_the_client_does(both):
    by_client, by_engine = both
    assert by_engine.manifest() == by_client.manifest()
    assert by_engine.identity() == by_client.identity()
    assert by_engine.counts() == by_client.counts() == (120, by_client.counts()[1])
    assert by_engine.hashes() == by_client.hashes()
    assert sorted(by_engine.entries(), key=lambda entry: entry.seq) == sorted(
        by_client.entries(), key=lambda entry: entry.seq
    )
    for kind in ("films", "passages"):
        rows = [row for row, _ in by_client.nearest(kind, HashEncoder().vector("word1"), 1000)]
        assert len(rows) == dict(zip(("films", "passages"), by_client.counts(), strict=True))[kind]
        for query in QUERIES:
            vector = HashEncoder().vector(query)
            assert by_engine.nearest(kind, vector, 1000) == by_client.nearest(kind, vector, 1000)
            assert by_engine.nearest(kind, vector, 5, rows[::3]) == by_client.nearest(kind, vector, 5, rows[::3])
        ours, theirs = by_engine.vectors(kind, [*rows, "nobody"]), by_client.vectors(kind, [*rows, "nobody"])
        assert list(ours) == list(theirs)
        assert all(np.array_equal(ours[row], theirs[row]) for row in rows)
        assert by_engine.unfound(kind, ours) == by_client.unfound(kind, theirs) == []
    passages = [row for row, _ in by_client.nearest("passages", HashEncoder().vector("word2"), 1000)]
    assert by_engine.texts(passages) == by_client.texts(passages)


def test_an_unknown_version_is_read_by_the_client_with_the_same_answers(folder, monkeypatch):
    monkeypatch.setattr(chroma_engine, "KNOWN_VERSIONS", ("0.0.1",))
    store = ChromaStore.for_reading(folder, "films")
    assert not isinstance(store._client, chroma_engine.EngineClient)
    assert store.counts()[0] == 120
    store.close()


def test_what_is_missing_or_damaged_is_told_alike(folder, tmp_path):
    for opened in (ChromaStore.embedded, ChromaStore.for_reading):
        store = opened(folder, "other")
        assert store.manifest() is None
        store.close()
    for opened in (chroma_client.embedded, chroma_client.embedded_for_reading):
        broken = tmp_path / opened.__name__
        broken.mkdir()
        (broken / "chroma.sqlite3").write_bytes(b"no database at all" * 400)
        with pytest.raises(DamagedError, match="can't be"):
            opened(broken)


def test_a_search_does_without_the_client(tmp_path):
    with MovieSearch(tmp_path, encoder=HashEncoder()) as search:
        search.ingest(FILMS[:5], setting=SETTING)
    code = (
        "import sys; from support.hash_encoder import HashEncoder; from moviesearch import MovieSearch\n"
        f"with MovieSearch({str(tmp_path)!r}, encoder=HashEncoder()) as search:\n"
        "    assert search.find('word1 word2', limit=3).matches\n"
        "print('chromadb' in sys.modules)"
    )
    path = [entry for entry in sys.path if entry]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
