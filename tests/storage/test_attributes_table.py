"""The tables by which a ledger finds films by people, countries, languages and running times."""

import sqlite3
from contextlib import closing

import pytest

from moviesearch import Movie
from moviesearch.storage import attributes_table
from moviesearch.storage.attributes import Kind
from moviesearch.storage.conditions import Demands, condition
from moviesearch.storage.entries import Entry
from moviesearch.storage.ledger import Ledger


def film(name, **extra):
    return Movie(name, name.title(), "A plot.", 2000, (), None, extra)


FILMS = [
    film("one", director=["Ada Noor"], cast=["Bo Li", "Cy von Trapp"], country="Japan", runtime=90),
    film("two", director=["Bo Li"], cast=["Ada Noor Jr."], language="Japanese", runtime="2h"),
    film("three", director=["Noor Berg"], writer="Ada Noor"),
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


def names(found):
    return [(one.name, one.films) for one in found]


def passing(ledger, demands):
    return set(ledger.sizes(*condition(demands)))


def of(ledger, kind, value):
    return passing(ledger, Demands(attributes=([one.number for one in ledger.attributes().having(kind, [value])],)))


def test_attributes_are_found_by_whole_names_surnames_and_beginnings(ledger):
    there_are = ledger.attributes()
    assert names(there_are.having(Kind.DIRECTOR, ["ada noor", "nobody"])) == [("Ada Noor", 1)]
    assert names(there_are.ending(Kind.DIRECTOR, "noor")) == [("Ada Noor", 1)]
    assert names(there_are.ending(Kind.CAST, "noor")) == [("Ada Noor Jr.", 1)]
    assert names(there_are.ending(Kind.CAST, "von trapp")) == [("Cy von Trapp", 1)]
    assert names(there_are.ending(Kind.CAST, "trapp")) == [("Cy von Trapp", 1)]
    assert there_are.ending(Kind.CAST, "van trapp") == []
    assert names(there_are.beginning(Kind.DIRECTOR, "noor")) == [("Noor Berg", 1)]
    assert [one.name for one in there_are.all_of(Kind.CAST)] == ["Ada Noor Jr.", "Bo Li", "Cy von Trapp"]


def test_films_of_people_those_that_they_directed_first(ledger):
    there_are = ledger.attributes()
    assert there_are.films_of(["ada noor"], 9) == ["one", "three"]
    assert there_are.films_of(["noor"], 9) == ["one", "two", "three"]
    assert there_are.films_of(["li", "berg"], 2) == ["three", "two"]
    assert there_are.films_of(["japan"], 9) == []
    assert there_are.films_with(["two", "three"], ["noor"]) == {"two", "three"}
    assert there_are.films_with(["one"], ["berg"]) == set()
    assert there_are.people_among(["noor", "bo li", "li", "bo", "japan", "nobody"]) == {"noor", "bo li", "li"}


def test_conditions(ledger):
    assert of(ledger, Kind.COUNTRY, "japan") == {"one"}
    assert of(ledger, Kind.COUNTRY, "atlantis") == set()
    assert passing(ledger, Demands(runtimes=(91, None))) == {"two"}
    assert passing(ledger, Demands(runtimes=(None, 120))) == {"one", "two"}
    assert passing(ledger, Demands(years=(2000, 2000), runtimes=(90, 90))) == {"one"}


def test_the_tables_follow_the_films(ledger):
    ledger.enter(entries([film("one", director=["Dee Dow"]), film("new", director=["Ada Noor"], runtime=80)]))
    ledger.commit(["one", "new"])
    assert of(ledger, Kind.DIRECTOR, "ada noor") == {"new"}
    assert of(ledger, Kind.COUNTRY, "japan") == set()
    ledger.tombstone(["new"])
    ledger.remove(["new"])
    assert ledger.attributes().having(Kind.DIRECTOR, ["ada noor"]) == []
    ledger.recount({"one": 1, "two": 1, "three": 1})
    assert of(ledger, Kind.DIRECTOR, "dee dow") == {"one"}
    ledger.clear()
    assert ledger.attributes().all_of(Kind.DIRECTOR) == []


def old_version(ledger, *statements):
    """Do what a program would that knows nothing of the tables: of the films, and of a new generation."""
    generation = ledger.generation
    with closing(sqlite3.connect(ledger.path)) as database, database:
        for statement in (*statements, f"UPDATE facts SET value = {generation + 1} WHERE name = 'generation'"):
            database.execute(statement)


def test_a_ledger_of_an_earlier_version_has_its_tables_made_when_asked(ledger, monkeypatch):
    old_version(
        ledger,
        "DROP TABLE attributes",
        "DROP TABLE film_attributes",
        "DELETE FROM facts WHERE name = 'attributes'",
        "UPDATE films SET extra = '{\"director\": \"Dee Dow\"}' WHERE id = 'three'",
    )
    path = ledger.path
    ledger.close()
    again = Ledger(path)
    assert of(again, Kind.COUNTRY, "japan") == {"one"}
    assert of(again, Kind.DIRECTOR, "dee dow") == {"three"}
    monkeypatch.setattr(attributes_table, "enter", None)  # once is enough
    assert of(again, Kind.DIRECTOR, "bo li") == {"two"}
    again.close()


def test_titles_and_attributes_are_made_again_each_where_it_is_missing(ledger, monkeypatch):
    old_version(ledger, "DELETE FROM film_attributes")
    assert [film.film for film in ledger.named("two")] == ["two", "two"]
    assert of(ledger, Kind.DIRECTOR, "bo li") == {"two"}
    monkeypatch.setattr(attributes_table, "VERSION", 99)
    assert of(ledger, Kind.DIRECTOR, "bo li") == {"two"}
    assert ledger.fact("attributes") == f"99 {ledger.generation}"
