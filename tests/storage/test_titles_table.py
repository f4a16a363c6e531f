"""Titles that are the same however they are written, and the table by which a ledger finds films by them."""

import sqlite3
from contextlib import closing

import pytest

from moviesearch import Movie
from moviesearch.storage import following, titles_table
from moviesearch.storage.entries import Entry
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.title_folding import fold_title, loose_title, other_titles


@pytest.mark.parametrize(
    "one, other",
    [
        ("Amélie", "AMELIE"),
        ("Łódź", "lodz"),
        ("Blåbær og Øl", "blabaer og ol"),
        ("Ağır Işık", "agir isik"),
        ("İstanbul", "istanbul"),
        ("Straße", "STRASSE"),
        ("Œuvre", "oeuvre"),
        ("Þrá", "thra"),
        ("Đurđa", "durda"),
        ("ﬁn", "fin"),
        ("Ёлки", "елки"),
        ("Don't Look", "Dont look"),
        ("Don’t Look", "Don`t look"),
        ("Owls & Hats", "Owls and Hats!"),
        ("Ring, The", "The Ring"),
        ("Onda, L'", "l’onda"),
        ("Soliti, I", "I soliti"),
        ("Wave · E", "wave-e"),
        ("?!", "?! "),
    ],
)
def test_titles_that_are_one(one, other):
    assert fold_title(one) == fold_title(other)
    assert loose_title(one) == loose_title(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("The Ring", "ring"),
        ("Das Meer", "meer"),
        ("L'Onda", "onda"),
        ("Spider-Hat", "spiderhat"),
        ("L.A. Nocturne", "la nocturne"),
        ("O*W*L*S", "owls"),
        ("Hats IV", "hats 4"),
        ("The Hat: Part II", "hat 2"),
        ("The Hat: Part Two", "the hat, pt. 2"),
        ("Hats: Vol. 1", "hats volume one"),
        ("Owls + Hats", "owls & hats"),
    ],
)
def test_titles_that_may_well_be_one(one, other):
    assert fold_title(one) != fold_title(other)
    assert loose_title(one) == loose_title(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Ring", "Rings"),
        ("Hats", "Hats II"),
        ("X", "10"),
        ("I, Owl", "Owl"),
        ("ガス", "カス"),
        ("की", "का"),
        ("A", "The"),
    ],
)
def test_titles_that_are_two(one, other):
    assert fold_title(one) != fold_title(other)
    assert loose_title(one) != loose_title(other)


def test_further_titles_of_a_record():
    assert list(other_titles({"Also": "One; Two ;"})) == ["One", "Two"]
    assert list(other_titles({"also": ["One; still", "", 3], "original_title": "Three"})) == ["One; still", "Three"]
    assert list(other_titles({"also": None, "director": "Nobody"})) == []


FILMS = [
    Movie("ring", "The Ring", "A tape.", 2002, (), None, {"also": ["Le Cercle"]}),
    Movie("lodz", "Łódź", "A city.", 1979),
    Movie("look", "Don't Look", "A man.", 1973),
]


def entries(films):
    return [Entry(movie, seq, "hash", 1) for seq, movie in enumerate(films)]


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "films.sqlite3")
    ledger.enter(entries(FILMS))
    ledger.commit([film.id for film in FILMS])
    yield ledger
    ledger.close()


def ids(ledger, title):
    return [film.film for film in ledger.named(title)]


def looks(ledger):
    return [ids(ledger, title) for title in ("ring, the", "cercle", "lodz", "dont look")]


ALL = [["ring", "ring"], ["ring"], ["lodz", "lodz"], ["look", "look"]]  # folded, and loosely


def test_films_are_found_by_every_title(ledger):
    assert looks(ledger) == ALL
    assert [movie.id for movie in ledger.by_title("le cercle")] == ["ring"]
    assert ledger.by_title("cercle") == ledger.by_title("the ring", 1999) == []


def test_the_table_follows_the_films(ledger):
    ledger.enter(entries([Movie("ring", "The Bell", "A tape.", 2002), Movie("new", "Ring", "Another.", 1998)]))
    ledger.commit(["ring", "new"])
    assert (ids(ledger, "the ring"), ids(ledger, "bell"), ids(ledger, "le cercle")) == (["new"], ["ring"], [])
    ledger.tombstone(["lodz"])
    ledger.remove(["lodz"])
    assert ids(ledger, "lodz") == []
    ledger.recount({"ring": 1, "look": 1, "new": 1})
    assert ids(ledger, "dont look") == ["look", "look"]
    ledger.clear()
    assert ids(ledger, "the bell") == []
    ledger.enter(entries(FILMS))
    assert looks(ledger) == ALL


def old_version(ledger, *statements):
    """Do what a program would that knows nothing of the table: of the films, and of a new generation."""
    generation = ledger.generation
    with closing(sqlite3.connect(ledger.path)) as database, database:
        for statement in (*statements, f"UPDATE facts SET value = {generation + 1} WHERE name = 'generation'"):
            database.execute(statement)


def test_a_ledger_of_an_earlier_version_folds_its_titles_when_asked(ledger, monkeypatch):
    old_version(ledger, "DROP TABLE titles", "DELETE FROM facts WHERE name = 'titles'")
    path = ledger.path
    ledger.close()
    again = Ledger(path)
    assert looks(again) == ALL
    monkeypatch.setattr(following, "make_again", None)  # once is enough
    assert looks(again) == ALL
    again.close()


def test_films_that_an_earlier_version_wrote_later_are_found_too(ledger):
    old_version(ledger, "UPDATE films SET title = 'The Bell' WHERE id = 'ring'", "DELETE FROM films WHERE id = 'lodz'")
    assert (ids(ledger, "the ring"), ids(ledger, "bell"), ids(ledger, "lodz")) == ([], ["ring"], [])


def test_another_folding_makes_the_table_again(ledger, monkeypatch):
    monkeypatch.setattr(titles_table, "VERSION", 2)
    monkeypatch.setattr(titles_table, "fold_title", str.upper)
    assert ids(ledger, "łódź")[:1] == ["lodz"]
    assert ledger.fact("titles") == f"2 {ledger.generation}"
