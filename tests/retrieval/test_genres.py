"""Genres as people type them, over genres as collections have them."""

import pytest
from support.hash_encoder import SETTING

from moviesearch import Movie
from moviesearch.errors import UsageError
from moviesearch.request import Filters
from moviesearch.retrieval.genres import meant, unknown

FOLDER_AND_SERVER = True

GENRES = [("Drama", 50), ("Comedy", 30), ("Science Fiction", 20), ("Romance", 9), ("Horror", 7), ("Sci-Fi", 5),
          ("Western", 4), ("Film-Noir", 3), ("Documentary", 2), ("Musical", 2), ("Émigré", 1),
          ("Action & Adventure", 1)]  # fmt: skip


@pytest.mark.parametrize(
    "typed, groups",
    [
        ("drama", [["Drama"]]),
        ("Sci-Fi", [["Sci-Fi"]]),
        ("émigré", [["Émigré"]]),
        ("emigre", [["Émigré"]]),
        ("scifi", [["Science Fiction", "Sci-Fi"]]),
        ("sf", [["Science Fiction", "Sci-Fi"]]),
        ("science-fiction", [["Science Fiction", "Sci-Fi"]]),
        ("sience fiction", [["Science Fiction", "Sci-Fi"]]),
        ("rom com", [["Romance"], ["Comedy"]]),
        ("rom-com", [["Romance"], ["Comedy"]]),
        ("romantic comedy", [["Romance"], ["Comedy"]]),
        ("Sci-Fi/Horror", [["Science Fiction", "Sci-Fi"], ["Horror"]]),
        ("horror comedy", [["Horror"], ["Comedy"]]),
        ("Westerns", [["Western"]]),
        ("comedies", [["Comedy"]]),
        ("horror movies", [["Horror"]]),
        ("film noir", [["Film-Noir"]]),
        ("noir", [["Film-Noir"]]),
        ("horor", [["Horror"]]),
        ("comdey", [["Comedy"]]),
        ("documentry", [["Documentary"]]),
        ("docu", [["Documentary"]]),
        ("music", [["Musical"]]),
        ("action and adventure", [["Action & Adventure"]]),
        ("action", [["Action & Adventure"]]),
    ],
)
def test_the_genre_that_the_collection_has(typed, groups):
    genre = meant(typed, GENRES)
    assert [list(group) for group in genre.groups] == groups
    same = len(groups) == 1 and groups[0][0].casefold() == typed.casefold()
    assert (genre.note == "") == same
    assert same or all(repr(name) in genre.note for group in groups for name in group)


@pytest.mark.parametrize("typed", ["zombie", "sci", "dram", "x", "", "%", "dramatic irony"])
def test_a_genre_that_nobody_has_is_told_with_those_that_there_are(typed):
    assert meant(typed, GENRES) is None
    assert "Drama (50), Comedy (30), Science Fiction (20)" in unknown(typed, GENRES)
    assert "none of them has any" in unknown(typed, [])
    assert "and 60 more" in unknown(typed, [(f"genre {n}", 1) for n in range(100)])


@pytest.fixture
def shelf(search):
    search.ingest(
        [
            Movie("one", "One", "A robot dreams of rain.", 1982, ("Science Fiction", "Drama")),
            Movie("two", "Two", "A robot dreams of snow.", 1999, ("Sci-Fi",)),
            Movie("three", "Three", "A robot dreams of love.", 2008, ("Romance", "Comedy")),
        ],
        setting=SETTING,
    )
    return search


def found(answer):
    return {match.movie.id for match in answer.matches}


def test_films_of_either_name_of_a_genre_are_found_and_it_is_said(shelf):
    answer = shelf.find(["a robot dreams"], filters=Filters(genres=("scifi",)))
    assert found(answer) == {"one", "two"}
    assert answer.notes == ("genre: taking 'Sci-Fi' or 'Science Fiction' for 'scifi'",)
    assert found(shelf.find(["a robot dreams"], filters=Filters(genres=("scifi", "dramas")))) == {"one"}
    assert found(shelf.find(["a robot dreams"], filters=Filters(genres=("rom com",)))) == {"three"}


def test_a_genre_of_no_film_finds_none_and_says_why(shelf):
    answer = shelf.find(["a robot dreams"], filters=Filters(genres=("zombie",)))
    assert found(answer) == set()
    assert "no film here has the genre 'zombie'. The genres are: Comedy (1)" in answer.notes[0]
    with pytest.raises(UsageError, match="'zombie'. The genres are: "):
        shelf.check_filters(Filters(genres=("scifi", "zombie")))
    shelf.check_filters(Filters(genres=("scifi", "drama")))


def test_years_the_wrong_way_round_are_said(shelf):
    answer = shelf.find(["a robot dreams"], filters=Filters(2000, 1990))
    assert found(answer) == set()
    assert "from 2000 to 1990" in answer.notes[0] and "from 1990 to 2000" in answer.notes[0]
    assert shelf.find(["a robot dreams"], filters=Filters(1999, 1999)).notes == ()
