"""Chroma Cloud's quotas: the same collection through a door that refuses what the cloud would refuse.

The cloud itself is not reached by any test: behind the door is a Chroma server of this machine.
"""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from support.corpus import content, corpus
from support.front import Front
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.errors import StoreError
from moviesearch.storage.server import address

pytestmark = pytest.mark.server

KEY = "ck-nobody-may-see"
FILMS = list(corpus(320))

DRAW = random.Random(5)
WORDS = ["née", "Ωmega", *(f"word{number}" for number in range(120))]
LONG = Movie("long", "Longé", " ".join(f"{' '.join(DRAW.choices(WORDS, k=6))}." for _ in range(1500)), 1950)
"""Its passages are no more alike than films are: among hundreds that all but repeat each other, HNSW misses rows."""

WIDE = Movie("wide", "Wide", "A gardener.", 1951, (), None, {"cast": ["Ada Löve"] * 2000})
BOTH = Movie("both", "Both", LONG.plot[:40000] + "🎬" * 20, 1952, ("Drama",) * 900, None, dict(WIDE.extra))


def refusal(method, path, headers, body):
    """What the cloud would say, or None."""
    if headers.get("X-Chroma-Token") != KEY:
        return 401, b'{"error": "AuthError", "message": "Unauthorized"}'
    wrong = _over(path, json.loads(body)) if method in ("POST", "PUT") and body else None
    return wrong and (400, json.dumps({"error": "QuotaError", "message": wrong}).encode())


def _over(path, told):
    action = path.rpartition("/")[2]
    ids = told.get("ids") or []
    if len(ids) > 300:
        return f"{len(ids)} ids in {action}"
    if any(len(row.encode()) > 128 for row in ids):
        return "an id of more than 128 bytes"
    if action == "get" and not ids and not 0 < (told.get("limit") or 10**9) <= 300:
        return "more than 300 results"
    if action == "query" and (told["n_results"] > 300 or len(told["query_embeddings"]) > 1):
        return "more than 300 results, or several queries"
    if any(text and len(text.encode()) > 16384 for text in told.get("documents") or []):
        return "a document of more than 16,384 bytes"
    for row in told.get("metadatas") or []:
        values = [len(value.encode()) for value in (row or {}).values() if isinstance(value, str)]
        if max(values, default=0) > 4096 or len(row) > 32 or any(len(key) > 36 for key in row):
            return "too much metadata"
    metadata = told.get("metadata") or told.get("new_metadata") or {}
    if any(isinstance(value, str) and len(value.encode()) > 256 for value in metadata.values()) or len(metadata) > 32:
        return "too much metadata of a collection"
    return None


@pytest.fixture
def cloud(chroma_server, monkeypatch, tmp_path):
    """cloud() -> a MovieSearch in a "cloud" of its own; asked holds what was refused."""
    database = chroma_server.database().rpartition("=")[2]
    refused = []

    def rule(*told):
        wrong = refusal(*told)
        if wrong:
            refused.append(wrong)
        return wrong

    front = Front(chroma_server.url, rule)
    monkeypatch.setattr(address, "_CLOUD_URL", front.url)
    monkeypatch.setenv("CHROMA_API_KEY", KEY)
    opened = []

    def start(machine="here"):
        settings = Settings(store=f"chroma-cloud://default_tenant/{database}", cache=tmp_path / machine)
        opened.append(MovieSearch(settings=settings, encoder=HashEncoder()))
        return opened[-1]

    start.refused = refused
    yield start
    for search in opened:
        search.close()
    front.stop()


def test_door_does_refuse(cloud, chroma_server, monkeypatch):
    monkeypatch.setattr(address, "CLOUD", address.OWN)
    with pytest.raises(StoreError, match="refuses more|ids in|results"):
        cloud().ingest(FILMS, setting=SETTING)
    monkeypatch.setenv("CHROMA_API_KEY", "ck-wrong")
    with pytest.raises(StoreError, match="refused the token") as caught:
        cloud("other").info()
    assert "ck-" not in str(caught.value)


def test_answers_within_the_quotas_are_those_of_a_folder(cloud, tmp_path):
    search = cloud()
    with MovieSearch(tmp_path / "folder", encoder=HashEncoder()) as folder:
        for one in (search, folder):
            one.ingest(FILMS, setting=SETTING)
        ours, theirs = content(search, tmp_path / "a"), content(folder, tmp_path / "b")
        assert ours[:2] == theirs[:2]
        for here, there in zip(ours[2], theirs[2], strict=True):
            assert [score for _, score, _ in here] == pytest.approx([score for _, score, _ in there], abs=1e-6)
        for limit in (5, 310):
            here, there = (one.find(["word1 word2"], mode="dense", limit=limit).matches for one in (search, folder))
            assert [match.score for match in here] == pytest.approx([match.score for match in there], abs=1e-6)
    assert search.verify() is None
    assert cloud.refused == []


def test_long_films_come_back_whole(cloud, tmp_path):
    search, films = cloud(), [LONG, WIDE, BOTH, FILMS[0]]
    search.ingest(films, setting=SETTING)
    other = cloud("other")
    assert [other.show(film.id) for film in films] == films
    changed = replace(BOTH, plot=BOTH.plot[::-1][:30000])
    other.ingest([changed, replace(LONG, plot="Short now.")], setting=SETTING)
    assert search.show("both") == changed and search.show("long").plot == "Short now."
    more = other._collection.chroma._long_texts._rows()
    assert {row["key"] for row in more.get(limit=300, include=["metadatas"])["metadatas"]} == {
        entry.hash for entry in search._collection.ledger.entries() if entry.movie.id in ("wide", "both")
    }
    search.ingest([FILMS[0]], setting=SETTING, prune=lambda count: True)
    assert more.count() == 0 and other.info().films == 1
    assert search.verify() is None and cloud.refused == []


def test_copy_to_the_cloud_and_back(cloud, tmp_path):
    films = [*FILMS[:30], LONG, WIDE, BOTH]
    with (
        MovieSearch(tmp_path / "one", encoder=HashEncoder()) as one,
        MovieSearch(tmp_path / "two", encoder=HashEncoder()) as two,
    ):
        one.ingest(films, setting=SETTING)
        assert one.copy(cloud()).films == 33
        assert cloud("other").copy(two).films == 33
        two.repair()  # the other machine had too many passages to embed for their token vectors
        ours, theirs = content(one, tmp_path / "a"), content(two, tmp_path / "b")
        assert ours[0] == theirs[0]
        for here, there in zip(ours[2], theirs[2], strict=True):  # vectors come back a last bit apart
            assert [score for _, score, _ in here] == pytest.approx([score for _, score, _ in there], abs=1e-6)
    assert cloud.refused == []


def test_repair_within_the_quotas(cloud):
    search = cloud()
    search.ingest([*FILMS[:30], BOTH], setting=SETTING)
    search._collection.chroma._collection("films").update(ids=["both"], embeddings=np.ones((1, 256), np.float32))
    assert search.verify() is not None
    search.repair()
    assert search.verify() is None and search.show("both") == BOTH and cloud.refused == []


def test_film_that_has_no_room_is_rejected_by_name(cloud):
    search, rejected = cloud(), []
    long_id, long_title = "x" * 127, Movie("title", "T" * 4097, "A plot.")
    films = [Movie(long_id, "Long id", "A plot."), long_title, FILMS[0]]
    report = search.ingest(films, setting=SETTING, on_rejected=rejected.append)
    assert (report.added, report.rejected) == (1, 2)
    assert [(record.place, record.field) for record in rejected] == [(long_id, "id"), ("title", "title")]
    endless = Movie("endless", "Endless", "a" * 20000)
    with pytest.raises(StoreError, match="'endless' has a passage of"):
        search.ingest([endless], setting=SETTING)
    assert cloud.refused == []
