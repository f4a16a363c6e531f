"""The bundled films: their schema, and that they are the collection that the project promises."""

import json
import lzma
import os
import re
from collections import Counter, defaultdict

import pytest

from moviesearch import Movie
from moviesearch.sources import bundled, read

KEYS = ["id", "title", "year", "director", "cast", "genres", "country", "language", "also", "plot"]
LINES = bundled().read_text(encoding="utf-8").splitlines()
FILMS = [json.loads(line) for line in LINES]
OTHER_TEXTS = os.environ.get("MOVIESEARCH_OTHER_TEXTS", "")
FEW_ACTORS = {"the-adventures-of-prince-achmed-1926", "the-red-balloon-1956", "flow-2024"}
"""A film of silhouettes, one with a boy and a balloon, one with a cat."""
YEARS = {(film["title"], film["year"]) for film in FILMS}


def faults(film):
    """Yield what is wrong with a film by the schema."""
    texts = [film.get(key) for key in ("id", "title", "language", "plot")]
    lists = [film.get(key) for key in ("director", "genres", "country")]
    if list(film) != KEYS:
        yield f"keys {list(film)}"
    if not all(isinstance(text, str) and text and text == text.strip() for text in texts):
        yield "id, title, language and plot are texts"
    if not all(isinstance(names, list) and names and len(set(names)) == len(names) for names in lists):
        yield "director, genres and country are lists without repeats"
    listed = [*lists, film["cast"], film["also"]]
    if not all(isinstance(name, str) and name and name == name.strip() for names in listed for name in names):
        yield "director, cast, genres, country and also hold texts"
    if len({*film["cast"]}) != len(film["cast"]) or not (
        2 <= len(film["cast"]) <= 6 or film["id"] in FEW_ACTORS or "Documentary" in film["genres"]
    ):
        yield f"{len(film['cast'])} leading actors"
    if film["title"] in film["also"] or len({*film["also"]}) != len(film["also"]):
        yield "also holds the title itself, or one twice"
    if type(film["year"]) is not int or not 1888 <= film["year"] <= 2026:
        yield f"year {film['year']!r}"
    if not re.fullmatch(rf"[a-z0-9]+(-[a-z0-9]+)*-{film['year']}", film["id"]):
        yield "id is a slug that ends with the year"
    if not 120 <= len(film["plot"].split()) <= 220:
        yield f"{len(film['plot'].split())} words"
    if re.search(r"\s{2}|[\n\t\[\]{}<>]|https?:|[^\S ]", film["plot"]) or film["plot"][-1] not in ".!?\"'”’":
        yield "plot is one plain paragraph of whole sentences"


def test_every_film_has_the_schema():
    assert {film["id"]: list(faults(film)) for film in FILMS if list(faults(film))} == {}


def test_films_are_read_as_they_stand():
    read_back = list(read(bundled()))
    assert all(isinstance(movie, Movie) for movie in read_back)
    assert [(movie.id, movie.title, movie.year, list(movie.genres), movie.plot) for movie in read_back] == [
        tuple(film[key] for key in ("id", "title", "year", "genres", "plot")) for film in FILMS
    ]
    assert all(movie.extra.keys() == {"director", "cast", "country", "language", "also"} for movie in read_back)


def test_no_film_is_there_twice():
    for key in (lambda film: film["id"], lambda film: (film["title"].casefold(), film["year"]), lambda f: f["plot"]):
        assert [value for value, count in Counter(map(key, FILMS)).items() if count > 1] == []


def test_no_sentence_is_there_twice():
    sentences = Counter(part for film in FILMS for part in re.split(r"(?<=[.!?]) ", film["plot"]) if len(part) > 40)
    assert [sentence for sentence, count in sentences.items() if count > 1] == []


def test_films_of_all_eras_countries_and_genres():
    assert len(FILMS) >= 1000
    decades = Counter(film["year"] // 10 * 10 for film in FILMS)
    assert all(decades[decade] >= 25 for decade in range(1920, 2030, 10))
    assert len({country for film in FILMS for country in film["country"]}) >= 60
    assert len({film["language"] for film in FILMS}) >= 40
    assert len({genre for film in FILMS for genre in film["genres"]}) <= 30
    genres = Counter(genre for film in FILMS for genre in film["genres"])
    for genre in ("Action", "Animation", "Comedy", "Crime", "Drama", "Horror", "Romance", "Science Fiction", "War"):
        assert genres[genre] >= 40, genre
    for genre in ("Documentary", "Fantasy", "Musical", "Sport", "Western"):
        assert genres[genre] >= 12, genre


def test_two_fifths_are_not_in_english():
    assert sum(film["language"] not in ("English", "Silent", "No dialogue") for film in FILMS) >= 0.4 * len(FILMS)


def words(text):
    return re.findall(r"[a-z0-9']+", text.lower())


@pytest.mark.skipif(not OTHER_TEXTS, reason="MOVIESEARCH_OTHER_TEXTS names no files")
def test_no_plot_shares_eight_words_in_a_row_with_other_texts():
    """With MOVIESEARCH_OTHER_TEXTS=FILE:FILE, JSON lines with plots that ours must owe nothing to."""
    runs = {}
    for film in FILMS:
        said = words(film["plot"])
        runs |= {tuple(said[at : at + 8]): film["id"] for at in range(len(said) - 7)}
    shared = set()
    for path in OTHER_TEXTS.split(os.pathsep):
        with lzma.open(path, "rt") if path.endswith(".xz") else open(path, encoding="utf-8") as lines:
            for line in lines:
                said = words(json.loads(line)["plot"])
                shared |= {runs[run] for at in range(len(said) - 7) if (run := tuple(said[at : at + 8])) in runs}
    assert shared == set()


@pytest.mark.parametrize(
    "film", [("Batman Begins", 2005), ("Dunkirk", 2017), ("The Departed", 2006), ("Infernal Affairs", 2002)]
)
def test_films_that_the_original_names_are_there(film):
    assert film in YEARS


@pytest.mark.parametrize(
    "original, remake",
    [
        (("Infernal Affairs", 2002), ("The Departed", 2006)),
        (("Seven Samurai", 1954), ("The Magnificent Seven", 1960)),
        (("Yojimbo", 1961), ("A Fistful of Dollars", 1964)),
    ],
)
def test_remakes_are_there_with_their_originals(original, remake):
    assert {original, remake} <= YEARS


@pytest.mark.parametrize(
    "film, sequel",
    [
        (("The Godfather", 1972), ("The Godfather Part II", 1974)),
        (("Alien", 1979), ("Aliens", 1986)),
        (("The Terminator", 1984), ("Terminator 2: Judgment Day", 1991)),
    ],
)
def test_sequels_are_there(film, sequel):
    assert {film, sequel} <= YEARS


def test_several_films_share_a_title():
    years = defaultdict(set)
    for title, year in YEARS:
        years[title].add(year)
    assert sum(len(of_title) > 1 for of_title in years.values()) >= 3
