"""Chroma's engine, used directly, reads and writes as Chroma's client does: row by row, on the same files."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest
from support.corpus import corpus
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import MovieSearch
from moviesearch.errors import DamagedError
from moviesearch.storage import chroma_engine
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
def opened_by_client(monkeypatch):
    """Opens a folder through Chroma's client."""

    def opened(folder, name="films"):
        with monkeypatch.context() as patched:
            patched.setattr(chroma_engine, "KNOWN_VERSIONS", ("0.0.1",))
            store = ChromaStore.embedded(folder, name)
        assert not isinstance(store._client, chroma_engine.EngineClient)
        return store

    return opened


@pytest.fixture
def both(folder, opened_by_client):
    by_client, by_engine = opened_by_client(folder), ChromaStore.embedded(folder, "films")
    assert isinstance(by_engine._client, chroma_engine.EngineClient)
    yield by_client, by_engine
    by_engine.close()
    by_client.close()


def test_the_installed_version_is_known():
    assert chroma_engine.is_known()


def dump(folder):
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as db:
        return [line for line in db.iterdump() if "acquire_write" not in line]  # counts how often it was opened


def test_a_new_database_is_what_the_engine_makes(tmp_path, monkeypatch):
    """What `scripts/write_empty_chroma.py` wrote is compared; where the package lacks it, the engine makes one."""
    for name in ("written", "made"):
        with monkeypatch.context() as patched:
            if name == "made":
                patched.setattr(chroma_engine, "DATA", tmp_path)
            (tmp_path / name).mkdir()
            chroma_engine.EngineClient(tmp_path / name).close()
    written, made = dump(tmp_path / "written"), dump(tmp_path / "made")
    assert written == made
    assert any('INSERT INTO "migrations"' in line for line in written)


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


def test_what_either_writes_the_other_reads_and_changes(tmp_path, opened_by_client, monkeypatch):
    """A store is begun, changed and cut by client and engine in turn, and is as one that the engine alone wrote."""
    films = {}
    for way in ("engine", "client", "mixed"):
        store = tmp_path / way
        for number, (some, prune) in enumerate(
            ((FILMS[:60], None), (FILMS[40:], None), (FILMS[:90], lambda count: True))
        ):
            with monkeypatch.context() as patched, MovieSearch(store, encoder=HashEncoder()) as search:
                if way == "client" or (way == "mixed" and number != 1):
                    patched.setattr(chroma_engine, "KNOWN_VERSIONS", ("0.0.1",))
                search.ingest(some, setting=SETTING, prune=prune)
        with MovieSearch(store, encoder=HashEncoder()) as search:
            assert search.verify() is None
        films[way] = {}
        for opened in (opened_by_client, lambda folder: ChromaStore.embedded(folder, "films")):
            chroma = opened(store / "films" / "chroma-1")
            for kind in ("films", "passages"):
                rows = chroma._collection(kind).get(include=["embeddings", "documents", "metadatas"])
                columns = zip(*(rows[name] for name in ("documents", "metadatas")), strict=True)
                read = (
                    dict(zip(rows["ids"], columns, strict=True)),
                    {row: vector.tolist() for row, vector in chroma.vectors(kind, rows["ids"]).items()},
                )
                assert films[way].setdefault(kind, read) == read
            chroma.close()
    assert films["engine"] == films["client"] == films["mixed"]
    assert len(films["engine"]["films"][0]) == 90


def test_collections_are_made_with_the_settings_that_the_client_gives_them(tmp_path, monkeypatch):
    made = {}
    for versions in (chroma_engine.KNOWN_VERSIONS, ("0.0.1",)):
        monkeypatch.setattr(chroma_engine, "KNOWN_VERSIONS", versions)
        with MovieSearch(tmp_path / versions[0], encoder=HashEncoder()) as search:
            search.ingest(FILMS[:3], setting=SETTING)
        database = sqlite3.connect(tmp_path / versions[0] / "films" / "chroma-1" / "chroma.sqlite3")
        rows = database.execute("SELECT name, dimension, config_json_str, schema_str FROM collections ORDER BY name")
        made[versions] = [(name, dimension, *map(json.loads, settings)) for name, dimension, *settings in rows]
        database.close()
    by_engine, by_client = made.values()
    assert by_engine == by_client
    assert [name for name, *_ in by_engine] == ["films", "films.passages"]


def test_chroma_finds_texts_without_an_index_of_them(tmp_path, opened_by_client):
    with MovieSearch(tmp_path, encoder=HashEncoder()) as search:
        search.ingest(FILMS[:50], setting=SETTING)
    holding = {film.id for film in FILMS[:50] if "word12" in film.plot}
    chroma = opened_by_client(tmp_path / "films" / "chroma-1")
    assert holding
    assert set(chroma._collection("films").get(where_document={"$contains": "word12"})["ids"]) == holding
    chroma.close()


def test_what_is_missing_or_damaged_is_told_alike(folder, tmp_path, opened_by_client):
    for name, opened in {"client": opened_by_client, "engine": ChromaStore.embedded}.items():
        store = opened(folder, "other")
        assert store.manifest() is None
        store.close()
        broken = tmp_path / name
        broken.mkdir()
        (broken / "chroma.sqlite3").write_bytes(b"no database at all" * 400)
        with pytest.raises(DamagedError, match="can't be"):
            opened(broken, "films")


def test_storing_and_searching_do_without_the_client(tmp_path):
    code = (
        "import sys; from support.corpus import corpus; from support.hash_encoder import HashEncoder, SETTING\n"
        "from moviesearch import MovieSearch\n"
        f"with MovieSearch({str(tmp_path)!r}, encoder=HashEncoder()) as search:\n"
        "    search.ingest(corpus(5), setting=SETTING)\n"
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
