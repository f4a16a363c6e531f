"""What a question was taken to say beside its story can be read, and taken back part by part."""

from dataclasses import replace

import pytest
from support.hash_encoder import SETTING

from moviesearch import Movie
from moviesearch.records import Understood

FILMS = [
    Movie(
        film,
        title,
        f"A monster rises from the {place} and takes a {who}.",
        year,
        (genre,),
        None,
        {"country": [country]},
    )
    for film, title, place, who, year, genre, country in [
        ("host", "The Host", "river", "girl", 2006, "Horror", "South Korea"),
        ("tremor", "Tremor", "river", "boy", 1991, "Comedy", "France"),
        ("jaws", "Jaws", "sea", "girl", 1975, "Thriller", "USA"),
    ]
]
ASKED = "a Korean film from the 2000s, a monster rises from the river. No comedy. Not Jaws."


@pytest.fixture
def search(open_search):
    search = open_search()
    search.ingest(FILMS, setting=SETTING)
    return search


def test_the_parts_are_said(search):
    assert search.find(ASKED).understood == (
        Understood("years", "2000s"),
        Understood("origin", "korean"),
        Understood("without", "No comedy"),
        Understood("not", "Jaws (1975)"),
    )


def test_a_part_that_is_taken_back_no_longer_counts(search):
    before, after = search.find(ASKED), search.find(ASKED, ignored="not:Jaws (1975)")
    assert {match.movie.id for match in before.matches} == {"host", "tremor"}
    assert {match.movie.id for match in after.matches} == {"host", "tremor", "jaws"}
    assert [part.kind for part in after.understood] == ["years", "origin", "without"]
    assert not any("Jaws" in note for note in after.notes)


@pytest.mark.parametrize("key", ["years:2000s", "origin:korean", "without:No comedy"])
def test_the_film_that_it_spoke_against_comes_nearer(search, key):
    def behind(answer):
        scores = {match.movie.id: match.score for match in answer.matches}
        return scores["host"] - scores["tremor"]

    assert behind(search.find(ASKED, ignored=[key])) < behind(search.find(ASKED))


@pytest.mark.parametrize(
    "mode, exact, kinds", [("dense", False, ["not"]), ("dense", True, []), ("lexical", False, ["without", "not"])]
)
def test_what_does_not_count_in_a_mode_is_not_said(search, mode, exact, kinds):
    answer = search.find(ASKED, mode=mode, exact=exact)
    assert [part.kind for part in answer.understood] == kinds


def test_a_person_whom_some_film_names_is_said(open_search):
    search = open_search()
    films = [
        replace(film, extra={"director": ["Bong Joon-ho"] if film.id == "host" else ["Ron Underwood"]})
        for film in FILMS
    ]
    search.ingest(films, setting=SETTING)
    assert search.find("the Underwood one with a monster").understood == (Understood("person", "underwood"),)
    assert search.find("the Kubrick one with a monster").understood == ()
