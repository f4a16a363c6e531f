"""Questions that tell no story: what a film is not, a decade, or another film that is like it."""

import pytest
from support.hash_encoder import SETTING

from moviesearch import Movie
from moviesearch.request import Filters

PLOT = "A captain flies a ship to a planet."
FILMS = [
    *(
        Movie(f"k{number}", f"Korean film {number}", f"{PLOT} A film.", 1981 + number, extra={"country": "South Korea"})
        for number in range(3)
    ),
    Movie("fr", "Orbit", PLOT, 1995, ("Drama",), extra={"country": "France", "director": ["Ana Lopez"]}),
    Movie("jaws", "Jaws", "A shark bites a swimmer at a beach.", 1975, ("Horror",), extra={"country": "USA"}),
    Movie("deep", "The Deep One", "A shark bites a diver at a reef.", 1999, ("Drama",), extra={"country": "USA"}),
    Movie("wave", "Like the Wave", "A wave comes in at night.", 1960, extra={"country": "Italy"}),
    Movie("old", "Twins", "Two girls swap places.", 1950, extra={"country": "Italy"}),
    Movie("danish", "Sleepless", "A doctor cannot sleep.", 2007, extra={"country": "Denmark"}),
    Movie("english", "Sleepless", "A doctor cannot sleep.", 2012, extra={"country": "USA"}),
    Movie("new", "Twins", "Two boys swap places.", 2000, extra={"country": "Italy"}),
]


@pytest.fixture
def search(open_search):
    search = open_search()
    search.ingest(FILMS, setting=SETTING)
    return search


def films(answer) -> list[str]:
    return [match.movie.id for match in answer.matches]


@pytest.mark.parametrize(
    "question", ["not korean", "no korean films", "not the Korean one", "a film, not from the 80s"]
)
def test_what_a_film_is_not_draws_none_that_is_so(search, question):
    answer = search.find(question, limit=5)
    assert len(films(answer)) == 5 and not {"k0", "k1", "k2"} & set(films(answer))
    assert any(note.startswith("counted against films") for note in answer.notes)
    assert any("nothing of a story is told" in note for note in answer.notes)
    assert answer.confidence is None


def test_a_film_that_is_not_meant_draws_none(search):
    answer = search.find("not like Jaws")
    assert "jaws" not in films(answer) and "deep" in films(answer)


@pytest.mark.parametrize(
    ("question", "film"), [("twins 2000", "new"), ("Twins (1950)", "old"), ("twins, 2000?", "new")]
)
def test_a_title_and_a_year_give_the_film_of_that_year(search, question, film):
    answer = search.find(question)
    assert films(answer)[0] == film
    assert [part.kind for part in answer.understood] == ["years"]


@pytest.mark.parametrize(
    ("question", "film"),
    [
        ("twins original", "old"),
        ("twins, the new one", "new"),
        ("Twins but not the old one", "new"),
        ("twins remake", "new"),
    ],
)
def test_the_older_or_newer_film_of_a_title_is_told_apart(search, question, film):
    assert films(search.find(question))[0] == film


@pytest.mark.parametrize(
    ("question", "film"), [("sleepless danish", "danish"), ("Sleepless (American version)", "english")]
)
def test_a_title_and_a_country_give_the_film_of_that_country(search, question, film):
    assert films(search.find(question))[0] == film


def test_best_films_of_a_decade_are_its_films(search):
    assert set(films(search.find("best movies of the 80s"))) == {"k0", "k1", "k2"}


@pytest.mark.parametrize("question", ["80s film", "the 80s", "80s", "movies from the eighties"])
def test_a_decade_alone_gives_its_films(search, question):
    answer = search.find(question)
    assert set(films(answer)) == {"k0", "k1", "k2"}
    assert any("nothing of a story is told" in note for note in answer.notes)


def test_a_decade_and_a_genre_give_films_of_both(search):
    assert films(search.find("90s drama film"))[0] in {"fr", "deep"}
    assert set(films(search.find("90s horror film"))) == {"fr", "deep"}


def test_a_decade_beside_a_story_or_a_filter_leaves_none_out(search):
    assert len(films(search.find("an 80s film, a shark bites a swimmer"))) > 3
    assert films(search.find("the 80s", filters=Filters(year_from=1990, year_to=1996))) == ["fr"]


def test_a_title_that_sounds_like_a_decade_is_looked_for(open_search):
    search = open_search()
    search.ingest([*FILMS, Movie("mid", "The 80s", "A boy skates.", 2018)], setting=SETTING)
    assert "mid" in films(search.find("the 80s"))


@pytest.mark.parametrize(
    "question",
    ["movies like Jaws", "like Jaws", "like jaws", "something similar to Jaws (1975)", 'a film like "Jaws"?'],
)
def test_films_like_one_are_found_as_by_its_title(search, question):
    answer = search.find(question)
    assert films(answer) == films(search.find(films="jaws"))
    assert "jaws" not in films(answer)
    assert answer.notes == ("taken as a wish for films like Jaws (1975)",)


def test_all_films_of_a_title_are_taken(search):
    assert search.find("like twins").notes == ("taken as a wish for films like Twins (1950) and Twins (2000)",)


@pytest.mark.parametrize(
    "question", ["like the wave", "a man like Jaws", "movies like Jaws but with bears", "like no other"]
)
def test_titles_and_stories_with_like_in_them_are_none_such(search, question):
    assert not any("wish for films like" in note for note in search.find(question).notes)
