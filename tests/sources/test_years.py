"""A year is read however it is written; one that can't be read costs no film, and one note says so."""

import io
import json

import pytest

from moviesearch.records import Movie, Note
from moviesearch.sources import read
from moviesearch.sources.years import year_in

PLOT = "A diver finds a bell."


def read_with_notes(text):
    notes = []
    return list(read("-", stdin=io.BytesIO(text.encode()), on_note=notes.append)), notes


IN_1995 = """
30 October 1995 | Oct 30, 1995 | October 30th, 1995 | 30. Okt. 1995 | c. 1995 | 1995/1996 | 1995, 1996 | 1995s
1995-10-30T00:00:00Z | 10/30/1995 | 19951030 | 1995年 | '95 | ’95 | 10/30/95 | 30-Oct-95 | Oct 30, 95 | １９９５
1995.0 | 1995–1999 | 1995-1999 | 1995— | 1995- | -1995 | (1995) | 1995 (Peru) | (II) 1995 | 1995-13-45
"""
IN_NONE = """
\\N | 0 | N/A | TBA | nan | unknown | soon | 0000-00-00 | - | ? | 1869 | 2101 | 1010-12-02 | 95 | '05 | 10/30/05 | 12345
A long sentence, which tells of many things and names the year 1995 by the way, in passing, near the end
"""


def each(table):
    return table.strip().replace("\n", " | ").split(" | ")


@pytest.mark.parametrize(
    ("value", "year"),
    [
        *[(text, 1995) for text in each(IN_1995)],
        *[(text, None) for text in each(IN_NONE)],
        *[(value, 1995) for value in (1995, 1995.0, [1995, 1996], ["TBA", 1995], 19951030, 815011200000)],
        *[(value, None) for value in (0, -1, 95, 1994.5, True, None, {}, [], float("nan"), float("inf"), 10**400)],
        ("June 13, 1980 (United States)", 1980),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_the_year_that_a_value_holds(value, year):
    assert year_in(value) == year


def test_years_that_hold_none_are_one_note_and_cost_no_film():
    rows = "".join(f"Bell {n},{year},{PLOT} {n}\n" for n, year in enumerate(["1999", "TBA", "", r"\N", "2001"]))
    movies, notes = read_with_notes(f"title,year,plot\n{rows}")
    assert [movie.year for movie in movies] == [1999, None, None, None, 2001]
    note = "'TBA' holds no year from 1870 to 2100: the film is stored without it"
    assert notes == [Note("stdin:3", "year", note, count=2)]
    assert str(notes[0]) == f"stdin:3: year: {note} (2 in all)"


def test_a_year_that_is_told_in_another_field_needs_no_note():
    movies, notes = read_with_notes(
        json.dumps([
            {"title": "Bell", "plot": PLOT, "Year": "N/A", "Released": "25 Oct 2008"},
            {"title": "Buoy (2009)", "plot": PLOT, "year": "0"},
            {"title": "Reef", "plot": PLOT, "startYear": 2010},
        ])
    )  # fmt: skip
    assert [(movie.title, movie.year) for movie in movies] == [("Bell", 2008), ("Buoy", 2009), ("Reef", 2010)]
    assert movies[0].extra == {"Released": "25 Oct 2008"}
    assert notes == []


def test_without_anyone_to_tell_notes_go_to_the_log(caplog):
    (movie,) = read("-", stdin=io.BytesIO(json.dumps({"title": "Bell", "plot": PLOT, "year": "soon"}).encode()))
    assert movie == Movie("bell", "Bell", PLOT)
    assert [record.name for record in caplog.records] == ["moviesearch.sources"]
    assert caplog.messages == ["stdin:1: year: 'soon' holds no year from 1870 to 2100: the film is stored without it"]


@pytest.mark.parametrize(
    ("title", "name", "year"),
    [
        ("Lamp, The (1999)", "The Lamp", 1999),
        ("Boat (2001)", "Boat", 2001),
        ("2012 (2009)", "2012", 2009),
        ("Serial (2006–2008)", "Serial", 2006),
        ("Lamp, The", "The Lamp", None),
        ("Aventure, L' (1960)", "L'Aventure", 1960),
        ("Barca, La (1961)", "La Barca", 1961),
        ("Schiff, Das (1981)", "Das Schiff", 1981),
        ("Brücke, Die (1959)", "Die Brücke", 1959),
        ("Barco, O (1971)", "O Barco", 1971),
        ("Båten, Den (1972)", "Den Båten", 1972),
        ("Town of Bells, The (Ville des cloches, La) (1995)", "The Town of Bells (La Ville des cloches)", 1995),
        ("Good, the Bad and the Bell, The (1966)", "The Good, the Bad and the Bell", 1966),
        # No article, no year.
        ("Trois, Deux, Un", "Trois, Deux, Un", None),
        ("Ring, Laugh, Die (1990)", "Ring, Laugh, Die", 1990),
        ("Ring (the bell)", "Ring (the bell)", None),
        ("Ring (1777)", "Ring (1777)", None),
        ("(1999)", "(1999)", None),
    ],
)
def test_a_title_that_is_sorted_by_its_name_and_ends_with_its_year(title, name, year):
    (movie,), _ = read_with_notes(json.dumps({"title": title, "plot": PLOT}))
    assert (movie.title, movie.year) == (name, year)


def test_a_year_of_its_own_leaves_the_title_as_it_is():
    (movie,), _ = read_with_notes(json.dumps({"title": "Summer (1942)", "plot": PLOT, "year": 1971}))
    assert (movie.title, movie.year) == ("Summer (1942)", 1971)


def test_titles_that_are_numbers():
    titles = [1917, 300, 21, 8.5, 12.0]
    movies, notes = read_with_notes(json.dumps([{"title": title, "plot": f"{PLOT} {title}"} for title in titles]))
    assert [movie.title for movie in movies] == ["1917", "300", "21", "8.5", "12"]
    assert notes == []
