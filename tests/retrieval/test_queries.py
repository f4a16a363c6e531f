import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviesearch.retrieval.hints import Hints, find_hints, genre_names
from moviesearch.retrieval.queries import clean, is_telling
from moviesearch.retrieval.release_years import Years

FILMS: dict[str, dict[str, int | None]] = {
    "inception": {"i": 2010},
    "oldboy": {"o": 2003},
    "nerve": {"n": 2016},
    "the thing": {"t": 1982},
    "alien": {"a": 1979},
    "jaws": {"j": 1975},
}


def titles(text: str) -> dict[str, int | None]:
    return FILMS.get(text.casefold(), {})


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("I think a man is stabbed.", "a man is stabbed."),
        ("Thanks in advance! A shark eats a swimmer.", "A shark eats a swimmer."),
        ("I watched this on TV when I was a kid. A robot learns to dance.", "A robot learns to dance."),
        ("A robot learns to dance. Any help would be appreciated!", "A robot learns to dance."),
        ("see https://example.org/x?y=1 two brothers rob a bank", "two brothers rob a bank"),
        ("TV anchor goes mad as hell on air", "TV anchor goes mad as hell on air"),
        ("**Two** brothers &amp; a bank", "Two brothers a bank"),
    ],
)
def test_what_tells_no_story_is_cut(query: str, kept: str) -> None:
    assert clean(query).text.removeprefix("see ") == kept


def test_words_for_bm25_are_those_that_tell() -> None:
    words = clean("I remember a movie from the 90s where a plumber finds a cursed lamp").words
    assert words == ("plumber", "finds", "cursed", "lamp")


@pytest.mark.parametrize("query", ["", "   ", "the of and", "movie?", "!!!", "I think I saw it"])
def test_a_query_without_a_story_is_passed_on(query: str) -> None:
    assert clean(query).text == " ".join(query.split())
    assert clean(query).named == frozenset()


def test_other_scripts_are_kept() -> None:
    assert clean("七人の侍が村を守る").text == "七人の侍が村を守る"
    assert "самурай" in clean("Самурай защищает деревню").words


@given(st.text(max_size=400))
def test_any_text_is_cleaned(text: str) -> None:
    cleaned = clean(text, titles)
    assert cleaned == clean(text, titles)
    assert all(word == word.lower() for word in cleaned.words)


@pytest.mark.parametrize(
    "piece", ["a", "movie ", "not ", "in the 90s ", "\n", "(((", "I think ", "early or late ", "similar to "]
)
def test_a_megabyte_takes_no_longer_than_a_moment(piece: str) -> None:
    began = time.perf_counter()
    clean(piece * (1_000_000 // len(piece)), titles)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("A heist in dreams, not Inception", {"i"}),
        ("It wasn't Oldboy. It's Korean.", {"o"}),
        ("similar to Nerve or Alien", {"n", "a"}),
        ('it is not "the thing", Jaws or Alien', {"t", "j", "a"}),
        ("the title was something like Nerve", set()),
        ("he has the nerve to smile", set()),
        ("a man like jaws", set()),
        ("Alien", set()),
    ],
)
def test_films_said_not_to_be_the_answer(query: str, ids: set[str]) -> None:
    assert clean(query, titles).named == ids


@pytest.mark.parametrize(
    ("query", "spans"),
    [
        ("a movie from the 90s", [(1990, 1999)]),
        ("90s thriller with a clown", [(1990, 1999)]),
        ("an early 2000s film", [(2000, 2004)]),
        ("movie from the late '80s or early 90s", [(1985, 1994)]),
        ("I think the film is from 1997-2004", [(1997, 2004)]),
        ("I saw the movie in 2005", [(1993, 2005)]),
        ("a film made before 1980", [(1950, 1980)]),
        ("the movie is set in the 1920s", []),
        ("a movie about a woman in her 20s", []),
        ("Boys' boarding school in the 50s", []),
        ("a movie about 1200 soldiers", []),
        ("the seventies, a film about oil", [(1970, 1979)]),
        ("a film about a mirror world, cant be later than 2016", [(1986, 2016)]),
        ("the movie is no newer than the 90s", [(1960, 1999)]),
        ("a movie, not older than 1990", [(1990, 2100)]),
        ("the film could be as old as 2000", [(2000, 2100)]),
        ("a movie from the 2000s (or even older)", [(1970, 2009)]),
        ("a film of 2008 at the latest", [(1978, 2008)]),
        ("a film of 1990 or later", [(1990, 2100)]),
        ("some movie after 1999 but before 2010", [(1999, 2010)]),
        ("the movie is 2010+ I think", [(2010, 2100)]),
        ("a film from 2000 onwards", [(2000, 2100)]),
        ("it has to be a film that was released before about 2010", [(1980, 2010)]),
        ("a 1984-like movie about a clone", []),
        ("A movie about a dragon. It was 2006 when I watched this", [(1994, 2006)]),
        ("In 2006 my class and I watched this movie", [(1994, 2006)]),
        ("A 2006 movie that I watched in class", [(2006, 2006)]),
        ("dance teacher in a holiday camp 80s", [(1980, 1989)]),
        ("a boss falls ill, 90s, very sad", [(1990, 1999)]),
        ("a slum, a boy takes photographs, early 2000s", [(2000, 2004)]),
        ("pod people, the 70s version", [(1970, 1979)]),
        ("remake of the 1978 one with pods, 90s", [(1990, 1999)]),
        ("it came out in 2005 or so, a heist", [(2005, 2005)]),
        ("he came out of the closet in 1990", []),
        ("growing up in the 80s", []),
        ("gangsters in chicago 1930s", []),
        ("he lived through the 60s, 70s, and 80s", []),
        ("she is in her 70s", []),
    ],
)
def test_release_years(query: str, spans: list[tuple[int, int]]) -> None:
    assert [(years.first, years.last) for years in find_hints(query).years] == spans


def test_places_and_genres() -> None:
    hints = find_hints("a 90s Korean horror movie, I think")
    assert hints.years == (Years(1990, 1999, "90s"),)
    assert len(hints.origins) == 1 and "ko" in hints.origins[0]
    assert hints.genres == ("horror",)
    assert find_hints("a Korean woman at war with her family") == Hints()
    assert not find_hints("a horror film with English subtitles").origins
    assert "ja" in find_hints("cursed tape, the JAPANESE version").origins[0]
    (american,) = clean("american remake of the swedish vampire movie").hints.origins
    assert "us" in american


@pytest.mark.parametrize(
    ("query", "origins"),
    [
        ("girl takes revenge, french, very brutal", ["fr"]),
        ("a poor family. korean i think", ["ko"]),
        ("two boys, probably japanese or chinese", ["ja"]),
        ("the movie was in color. Maybe Spanish?", ["es"]),
        ("a dutch film about a farm", ["nl"]),
        ("greek film with strange parents", ["el"]),
        ("not sure, maybe an argentinian movie", ["argentina"]),
        ("a South American film from the 90s", ["peru"]),
        ("scandinavian thriller", ["da"]),
        ("a cursed tape but japanese", ["ja"]),
        ("he is american, she is french", []),
        ("two pals, French and Austrian, share a flat", []),
        ("a fat (German?) villain", []),
        ("a dutch painter at sea", []),
    ],
)
def test_origins_of_films(query: str, origins: list[str]) -> None:
    found = find_hints(query).origins
    assert len(found) == len(origins)
    assert all(name in names for name, names in zip(origins, found, strict=True))


def test_a_plot_has_no_hints() -> None:
    plot = "In 1945 the family moves to Rome. He thinks of the horror of war and buys a French car. " * 20
    assert find_hints(plot) == Hints()


def test_genres_of_records_are_told_alike() -> None:
    assert genre_names(["Sci-Fi/Horror", "romantic comedy"]) == {"science fiction", "horror", "romance", "comedy"}
    assert genre_names([]) == frozenset()


def test_telling_words() -> None:
    assert is_telling("lighthouse")
    assert not any(map(is_telling, ("the", "movie", "1990s", "90s")))
