"""A store made by the first version opens in this one, with its films intact."""

import shutil
import sys
from pathlib import Path

import pytest
from support.hash_encoder import HashEncoder
from support.paths import TESTS

from moviesearch import MovieSearch

FIXTURES = TESTS / "fixtures"
sys.path.insert(0, str(FIXTURES))

from make_store import DIMENSION, FILMS  # noqa: E402


@pytest.fixture(params=sorted(path.name for path in FIXTURES.glob("store-*")))
def old(request, tmp_path):
    """A store of each released version, to be written to."""
    shutil.copytree(FIXTURES / request.param, tmp_path / "old")
    with MovieSearch(tmp_path / "old", encoder=HashEncoder(dimension=DIMENSION)) as search:
        yield search


def test_old_store_opens_verifies_and_finds(old):
    answer = old.find(["sailor visits port8 by night"], limit=1)
    assert answer.matches[0].movie == FILMS[2]
    assert "port8" in answer.matches[0].passage
    assert [old.show(film.id) for film in FILMS] == list(FILMS)
    assert old.info().films == len(FILMS)
    assert old.verify() is None


def test_films_of_an_old_store_are_found_by_titles_as_they_are_typed(old):
    for typed, film in (("lantern", FILMS[0]), ("Lantern, The (1921)", FILMS[0]), ("amelies bicycle", FILMS[1])):
        assert old.show(typed) == film
    answer = old.find(["sailor visits port8 by night"], seen=[("sailor", 1959), ("Lantern", 1921)])
    assert not {match.movie.id for match in answer.matches} & {"sailor", "lantern"}
    assert answer.notes == ("seen: 2 of 2 entries are in this collection",)
    assert old.catalogue().complete("amelies")[0].id == FILMS[1].id
    assert old.verify() is None


def test_old_store_embeds_nothing_again(old):
    encoder = HashEncoder(dimension=DIMENSION)
    assert old.repair() == len(FILMS)
    assert old.verify() is None
    old.close()
    with MovieSearch(old.settings.store, encoder=encoder) as search:
        with search._collection.reading() as manifest:
            setting = manifest.setting
        report = search.ingest(FILMS, setting=setting)
    assert (report.unchanged, report.embedded, encoder.texts) == (len(FILMS), 0, [])


def test_a_word_index_of_an_earlier_format_goes(old):
    words = Path(old.settings.store) / "films" / "lexical-1"
    (words / "index-1").mkdir(parents=True)
    (words / "index-1" / "meta.json").write_text("{}")
    (words / "generation-1").write_text("7")

    assert old.find(["port8"], mode="lexical", limit=1).matches[0].movie == FILMS[2]
    assert old.verify() is None
    assert sorted(path.name[:-1] for path in words.iterdir()) == ["generation-", "index-"]


def test_films_of_an_old_store_are_marked_as_seen(old):
    assert old.seen() == []
    old.mark_seen(["sailor"], titles=[("Lantern", 1921)])
    answer = old.find(["sailor visits port8 by night"], unseen=True)
    assert not {match.movie.id for match in answer.matches} & {"sailor", "lantern"}
