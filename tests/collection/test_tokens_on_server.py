"""Over a server, each machine keeps the token vectors of the passages beside its mirror of the words."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from support.corpus import corpus
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import MovieSearch
from moviesearch.collection import token_vectors
from moviesearch.config import Settings
from moviesearch.embedding.passages import split
from moviesearch.storage.rows import passage_ids

pytestmark = pytest.mark.server
FILMS = list(corpus(60))


@pytest.fixture
def machine(chroma_server, tmp_path):
    """machine(name, mirror=...) -> a MovieSearch on one database, with that machine's cache and a new encoder."""
    database, opened = chroma_server.database(), []

    def open_one(name, mirror=500_000):
        settings = Settings(store=database, cache=tmp_path / name, mirror=mirror)
        search = MovieSearch(settings=settings, encoder=HashEncoder())
        search.encoder = search._encoders.at(None)
        opened.append(search)
        return search

    yield open_one
    for search in opened:
        search.close()


def has_tokens(search, films):
    """Whether a machine has the token vectors of all passages of these films and of no others."""
    passages = {}
    for film in films:
        texts = split(film, HashEncoder().tokenize, SETTING)
        passages |= zip(passage_ids(film.id, len(texts)), texts, strict=True)
    with search._collection.reading():
        index = search._collection.tokens
        if index is None:
            return False
        tokens, _ = index.tokens(list(passages))
        assert len(index) == len(passages)
    return np.array_equal(tokens, np.concatenate([HashEncoder().tokens(text) for text in passages.values()]))


def mirror_of(search):
    search.close()
    return search._collection.folder


def says_so(search):
    return any("`moviesearch repair` makes them" in line for line in search.find(["word1 word2"]).notes)


def test_who_stores_films_has_them(machine):
    here = machine("here")
    report = here.ingest(FILMS[:40], setting=SETTING)
    assert has_tokens(here, FILMS[:40]) and len(here.encoder.texts) == report.embedded
    changed = replace(FILMS[3], plot="A zeppelin full of beekeepers.")
    here.ingest([changed, *FILMS[4:]], setting=SETTING, prune=lambda count: True)
    assert has_tokens(here, [changed, *FILMS[4:]])
    assert here.verify() is None
    here.repair()
    assert has_tokens(here, [changed, *FILMS[4:]]) and not says_so(here)


def test_another_machine_embeds_few_and_follows(machine):
    here, there = machine("here"), machine("there")
    here.ingest(FILMS, setting=SETTING)
    assert has_tokens(there, FILMS)
    there.encoder.texts.clear()
    changed = replace(FILMS[3], plot="A zeppelin full of beekeepers.")
    here.ingest([changed], setting=SETTING)
    assert has_tokens(there, [*FILMS[:3], changed, *FILMS[4:]])
    assert there.encoder.texts == ["Title 3 - A zeppelin full of beekeepers."]


def test_where_many_are_missing_it_says_so_until_they_are_made(machine, monkeypatch):
    monkeypatch.setattr(token_vectors, "FEW_PASSAGES", 10)
    machine("here").ingest(FILMS, setting=SETTING)
    there = machine("there")
    assert says_so(there) and there._collection.tokens is None
    assert there.encoder.texts == ["word1 word2"]
    assert there.verify() is None
    there.repair()
    assert has_tokens(there, FILMS) and not says_so(there)


def test_ingest_makes_them_too(machine, monkeypatch):
    monkeypatch.setattr(token_vectors, "FEW_PASSAGES", 10)
    machine("here").ingest(FILMS[:40], setting=SETTING)
    there = machine("there")
    there.ingest(FILMS[40:], setting=SETTING)
    assert has_tokens(there, FILMS) and not says_so(there)


def test_a_mirror_of_an_earlier_version_gets_them(machine):
    here = machine("here")
    here.ingest(FILMS, setting=SETTING)
    mirror = mirror_of(here)
    shutil.rmtree(mirror / "tokens-1")
    with closing(sqlite3.connect(mirror / "films.sqlite3")) as ledger, ledger:
        ledger.execute("DELETE FROM facts WHERE name = 'tokens'")
    again = machine("here")
    assert has_tokens(again, FILMS) and again.encoder.texts == []


@pytest.mark.parametrize("damage", ["cut", "zeroed", "gone"])
def test_a_damaged_one_is_made_again(machine, damage):
    here = machine("here")
    here.ingest(FILMS, setting=SETTING)
    path = mirror_of(here) / "tokens-1" / "tokens.sqlite3"
    if damage == "gone":
        path.unlink()
    else:
        raw = path.read_bytes()
        path.write_bytes(raw[:1000] if damage == "cut" else bytes(len(raw)))
    again = machine("here")
    assert again.find(["word1 word2"]).matches
    assert has_tokens(again, FILMS) and again.encoder.texts == ["word1 word2"]


def test_where_words_are_not_kept_there_are_none(machine):
    here = machine("here", mirror=5)
    here.ingest(FILMS, setting=SETTING)
    assert here._collection.tokens is None and not says_so(here)
    assert not list(mirror_of(here).glob("tokens-*"))
