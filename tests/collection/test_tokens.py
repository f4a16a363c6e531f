"""The token vectors of a collection's passages: kept in step with the films, and made again where they are not."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.corpus import corpus
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import MovieSearch
from moviesearch.collection import token_vectors
from moviesearch.collection.steps import Stopped
from moviesearch.config import Settings
from moviesearch.embedding import shipped
from moviesearch.embedding.passages import split
from moviesearch.errors import EncoderError
from moviesearch.storage.rows import passage_ids

pytestmark = pytest.mark.integration

FILMS = list(corpus(60))
TOKENS = "films/tokens-1/tokens.sqlite3"


class WithoutTokens(HashEncoder):
    """An encoder that gives no token vectors; else the same."""

    token_digest = None

    def encode_tokens(self, texts):
        raise EncoderError("there are none")


class OtherTokens(HashEncoder):
    """The same encoder with another head: 4 bytes a token."""

    token_digest = "first bytes of words"

    def tokens(self, text):
        return super().tokens(text)[:, :4]


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def at(tmp_path):
    """at(store, encoder) -> an open MovieSearch, with what it notes in `said`; closed when the test ends."""
    opened = []

    def open_one(store, encoder=None):
        said = []
        settings = Settings(store=str(store), cache=tmp_path / "cache")
        search = MovieSearch(settings=settings, encoder=encoder or HashEncoder(), note=said.append)
        search.said = said
        opened.append(search)
        return search

    yield open_one
    for search in opened:
        search.close()


@pytest.fixture
def filled(store, at):
    """The folder of a store with all films, closed."""
    with at(store) as search:
        search.ingest(FILMS, setting=SETTING)
    return store


def passages_of(films):
    """All passages of films, by id."""
    passages = {}
    for film in films:
        texts = split(film, HashEncoder().tokenize, SETTING)
        passages |= zip(passage_ids(film.id, len(texts)), texts, strict=True)
    return passages


def has_tokens(search, films, encoder=None):
    """Whether a collection has the token vectors of all passages of these films and of no others."""
    passages = passages_of(films)
    with search._collection.reading():
        index = search._collection.tokens
        if index is None:
            return False
        tokens, starts = index.tokens(list(passages))
        assert len(index) == len(passages)
    of_each = [(encoder or HashEncoder()).tokens(text) for text in passages.values()]
    return starts.tolist() == [0, *np.cumsum([len(of_one) for of_one in of_each])] and np.array_equal(
        tokens, np.concatenate(of_each)
    )


def searches(search):
    """Whether it finds a film by its plot."""
    return search.find([FILMS[5].plot], limit=1).matches[0].movie.id == FILMS[5].id


def rest_of(store):
    """Size and time of every file of a collection but the token index."""
    files = (path for path in store.glob("films/*-1/**/*") if path.is_file() and "tokens-1" not in path.parts)
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def lose_tokens(store):
    """Delete the token vectors from the index and from the cache."""
    shutil.rmtree(store / "films" / "tokens-1", ignore_errors=True)
    with closing(sqlite3.connect(store / "vectors.sqlite3")) as cache, cache:
        cache.execute("DELETE FROM tokens")


# in step


def test_they_follow_the_films(store, at):
    search = at(store)
    search.ingest(FILMS[:40], setting=SETTING)
    assert has_tokens(search, FILMS[:40])
    changed = replace(FILMS[3], plot="A zeppelin full of beekeepers lands. Nobody gets out of it by night or by day.")
    search.ingest([changed, *FILMS[4:]], setting=SETTING, prune=lambda count: True)
    assert has_tokens(search, [changed, *FILMS[4:]])
    assert search.verify() is None
    assert search.repair() == len(FILMS) - 3
    assert has_tokens(search, [changed, *FILMS[4:]])
    assert search.verify() is None
    assert search.said == []


def test_a_passage_is_embedded_once_for_both_kinds_of_vectors(store, at):
    encoder = HashEncoder()
    report = at(store, encoder).ingest(FILMS, setting=SETTING)
    assert len(encoder.texts) == len(set(encoder.texts)) == report.embedded
    assert set(passages_of(FILMS).values()) <= set(encoder.texts)


def test_all_films_out_and_others_in(store, at):
    search = at(store)
    search.ingest(FILMS[:5], setting=SETTING)
    search.ingest([], prune=lambda count: True, setting=SETTING)
    search.ingest(FILMS[5:9], setting=SETTING)
    assert has_tokens(search, FILMS[5:9])


def test_another_process_sees_them_change(filled, at):
    reader, writer = at(filled), at(filled)
    assert has_tokens(reader, FILMS)
    changed = replace(FILMS[3], plot="A zeppelin full of beekeepers.")
    writer.ingest([changed], setting=SETTING)
    assert has_tokens(reader, [*FILMS[:3], changed, *FILMS[4:]])
    writer.repair()
    assert has_tokens(reader, [*FILMS[:3], changed, *FILMS[4:]])


def test_an_encoder_that_gives_none(store, at):
    search = at(store, WithoutTokens())
    search.ingest(FILMS, setting=SETTING)
    assert searches(search) and search.repair() == len(FILMS) and search.verify() is None
    assert search._collection.tokens is None
    assert search.said == [] and not list(store.glob("films/tokens-*"))


# stores of before


@pytest.fixture
def older(store, at):
    """The folder of a store as an earlier version left it."""
    with at(store, WithoutTokens()) as search:
        search.ingest(FILMS, setting=SETTING)
    return store


def test_an_older_store_is_searched_as_it_is(older, at):
    search = at(older)
    assert searches(search) and search.verify() is None and search._collection.tokens is None
    assert search.said == [] and not list(older.glob("films/tokens-*"))


def test_the_next_ingest_makes_them_and_says_so(older, at):
    encoder = HashEncoder()
    search = at(older, encoder)
    search.ingest([], setting=SETTING)
    assert search.said == ["making the token vectors of 60 films, which make answers better; this happens once"]
    assert set(encoder.texts) == set(passages_of(FILMS).values())
    assert has_tokens(search, FILMS) and search.verify() is None
    encoder.texts.clear()
    search.ingest(FILMS, setting=SETTING)
    assert encoder.texts == [] and len(search.said) == 1


def test_so_does_repair(older, at):
    search = at(older)
    search.repair()
    assert search.said == ["making the token vectors of 60 films, which make answers better; this happens once"]
    assert has_tokens(search, FILMS)
    search.repair()
    assert len(search.said) == 1


def test_making_them_can_be_stopped_and_goes_on(older, at):
    first, ticks = HashEncoder(), []

    def stop(step):
        ticks.append(step)
        if len(ticks) == 2:
            raise Stopped

    search = at(older, first)
    report = search.ingest([FILMS[0]], setting=SETTING, progress=stop)
    assert report.stopped and 0 < len(first.texts) < len(passages_of(FILMS))
    assert searches(search) and search._collection.tokens is None and search.verify() is None
    search.close()

    then = HashEncoder()
    search = at(older, then)
    search.ingest([FILMS[0]], setting=SETTING)
    assert set(first.texts[:128]).isdisjoint(then.texts)
    assert {*first.texts, *then.texts} >= set(passages_of(FILMS).values())
    assert has_tokens(search, FILMS)


def test_of_another_head_they_are_not_used_and_made_anew(filled, at):
    search = at(filled, OtherTokens())
    assert searches(search) and search._collection.tokens is None and search.said == []
    search.ingest([], setting=SETTING)
    assert has_tokens(search, FILMS, OtherTokens()) and search.verify() is None
    assert "token vectors of 60 films" in search.said[0]


def test_an_earlier_version_stored_films_meanwhile(filled, at, tmp_path):
    shutil.copytree(filled / "films" / "tokens-1", tmp_path / "before")
    changed = replace(FILMS[3], plot="A zeppelin full of beekeepers.")
    with at(filled) as search:
        search.ingest([changed], setting=SETTING)
    shutil.rmtree(filled / "films" / "tokens-1")
    shutil.move(tmp_path / "before", filled / "films" / "tokens-1")
    search = at(filled)
    assert "out of step" in search.verify()
    assert has_tokens(search, [*FILMS[:3], changed, *FILMS[4:]])
    assert search.verify() is None


# lost and damaged


def test_a_lost_index_is_made_again_from_the_cache_and_nothing_else_is_touched(filled, at):
    before, encoder = rest_of(filled), HashEncoder()
    shutil.rmtree(filled / "films" / "tokens-1")
    search = at(filled, encoder)
    assert search.verify() == "the token index is gone"
    assert has_tokens(search, FILMS) and search.verify() is None
    search.close()
    assert encoder.texts == [] and search.said == []
    after = rest_of(filled)
    assert {path for path in before if after[path] != before[path]} <= {filled / "films/chroma-1/chroma.sqlite3"}


def test_silent_rot_is_found_by_verify_and_mended_by_repair(filled, at):
    path = filled / TOKENS
    times = path.stat()
    raw = bytearray(path.read_bytes())
    word = HashEncoder().tokens(FILMS[7].plot)[0].tobytes()
    raw[raw.index(word)] ^= 1
    path.write_bytes(raw)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    search = at(filled)
    assert "not as they were stored" in search.verify()
    search.repair()
    assert has_tokens(search, FILMS) and search.verify() is None


def test_the_index_of_another_collection_is_not_taken_for_its_own(filled, at, tmp_path):
    with at(tmp_path / "other") as other:
        other.ingest([replace(film, plot=f"{film.plot} Again.") for film in FILMS], setting=SETTING)
    shutil.copyfile(tmp_path / "other" / TOKENS, filled / TOKENS)
    search = at(filled)
    assert "belongs to another collection" in search.verify()
    assert has_tokens(search, FILMS)


def test_where_the_cache_lacks_some_they_are_embedded_again(filled, at):
    lose_tokens(filled)
    search = at(filled)
    assert has_tokens(search, FILMS)
    count = len(set(passages_of(FILMS).values()))
    assert search.said == [f"the token vectors of {count} passages of 'films' were lost; embedding these again"]


def test_where_it_lacks_many_nobody_waits_for_an_answer(filled, at, monkeypatch):
    monkeypatch.setattr(token_vectors, "FEW_PASSAGES", 10)
    lose_tokens(filled)
    encoder = HashEncoder()
    search = at(filled, encoder)
    assert searches(search) and search._collection.tokens is None
    assert encoder.texts == [FILMS[5].plot]  # the question
    for mode, is_said in (("hybrid", True), ("dense", True), ("lexical", False)):
        notes = search.find(["word1 word2"], mode=mode).notes
        assert any("`moviesearch repair` makes them" in line for line in notes) == is_said
    assert search.verify() is None and search.said == []
    search.repair()
    assert has_tokens(search, FILMS)
    assert not search.find(["word1 word2"]).notes


def test_nor_where_the_whole_index_is_made_again(older, at, monkeypatch):
    monkeypatch.setattr(token_vectors, "FEW_PASSAGES", 10)
    shutil.rmtree(older / "films" / "chroma-1")
    encoder = HashEncoder()
    search = at(older, encoder)
    assert searches(search) and search._collection.tokens is None
    assert encoder.texts == [FILMS[5].plot]
    assert search.verify() is None


# carried on


@pytest.fixture
def elsewhere(tmp_path, at):
    """A MovieSearch on an empty store, and its encoder."""
    encoder = HashEncoder()
    return at(tmp_path / "elsewhere", encoder), encoder


def test_a_copy_has_them(filled, at, elsewhere):
    there, encoder = elsewhere
    at(filled).copy(there)
    assert has_tokens(there, FILMS) and there.verify() is None
    there.repair()
    assert encoder.texts == []


def test_a_backup_has_them(filled, at, elsewhere, tmp_path):
    there, encoder = elsewhere
    at(filled).backup(tmp_path / "films.zip")
    there.restore(tmp_path / "films.zip")
    assert has_tokens(there, FILMS) and there.verify() is None
    there.repair()
    assert encoder.texts == []


def test_a_backup_of_an_older_store_is_restored_without(older, at, elsewhere, tmp_path):
    there, encoder = elsewhere
    at(older, WithoutTokens()).backup(tmp_path / "films.zip")
    there.restore(tmp_path / "films.zip")
    assert searches(there) and there.verify() is None and there._collection.tokens is None
    there.ingest([], setting=SETTING)
    assert has_tokens(there, FILMS) and "token vectors of 60 films" in there.said[0]


def test_films_without_them_come_from_an_older_store(filled, at, tmp_path):
    """Where only some films have token vectors there are none to search in, until all have."""
    with at(tmp_path / "older", WithoutTokens()) as older:
        older.ingest(FILMS[:30], setting=SETTING)
        there = at(filled)
        changed = replace(FILMS[0], plot="A zeppelin full of beekeepers.")
        older.ingest([changed], setting=SETTING)
        older.copy(there, replace_others=True)
    assert searches(there) and there._collection.tokens is None and there.verify() is None
    there.ingest([], setting=SETTING)
    assert has_tokens(there, [changed, *FILMS[1:30]])


def test_those_that_come_with_the_package_are_taken(store, at, monkeypatch, tmp_path):
    monkeypatch.setattr(shipped, "DATA", tmp_path)
    encoder = HashEncoder(name="shipped", window=32)
    texts = list(passages_of(FILMS).values())
    tokens = {text: encoder.tokens(text) for text in texts[::2]}
    shipped.write_shipped(encoder.digest, {text: encoder.vector(text) for text in texts}, encoder.token_digest, tokens)
    assert shipped.shipped_tokens(encoder.digest, "another head", texts) == {}
    search = at(store, encoder)
    search.ingest(FILMS, setting=SETTING)
    assert set(encoder.texts).isdisjoint(tokens) and set(texts[1::2]) - set(tokens) <= set(encoder.texts)
    assert has_tokens(search, FILMS)


def test_a_store_that_was_copied_keeps_them(filled, at, tmp_path):
    """The times of its files are others."""
    shutil.copytree(filled, tmp_path / "copied", copy_function=shutil.copyfile)
    shutil.rmtree(filled)
    encoder = HashEncoder()
    search = at(tmp_path / "copied", encoder)
    before = Path(tmp_path / "copied" / TOKENS).stat().st_ino
    assert has_tokens(search, FILMS)
    assert Path(tmp_path / "copied" / TOKENS).stat().st_ino == before
    assert encoder.texts == [] and search.said == []
