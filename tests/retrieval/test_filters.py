"""Filters by people, countries, languages, running time and unwanted genres, as people write them."""

import pytest
from support.hash_encoder import SETTING

from moviesearch import Movie
from moviesearch.errors import UsageError
from moviesearch.request import Filters, Request
from moviesearch.retrieval.origins import known_names, shown_name, spellings
from moviesearch.storage.attributes import Kind, fold_name

FOLDER_AND_SERVER = True


def film(name, plot, genres=(), **extra):
    return Movie(name, name.title(), f"A robot dreams of {plot}.", 1990, genres, None, extra)


FILMS = [
    film("rain", "rain", ("Drama",), director=["Stanley Noor"], country="United States", language="en", runtime=80),
    film("snow", "snow", ("Drama", "Comedy"), director=["Bo Noor"], country=["USA", "Japan"], language="English"),
    film("love", "love", ("Romance", "Comedy"), director="Park Joon-ho", country="KR", language="ko", runtime=150),
    film("war", "war", director="Park Joon-ho & Ada Berg", cast=["Cy von Trapp", "Dee Dow"], country="West Germany"),
    film("sleep", "sleep", ("Horror",), cast=["Cy von Trapp"], country="Germany", language="Deutsch", runtime="2h"),
    film("none", "nothing at all"),
]


@pytest.fixture
def shelf(search):
    search.ingest(FILMS, setting=SETTING)
    return search


def found(search, **filters):
    answer = search.find(["a robot dreams"], filters=Filters(**filters))
    return {match.movie.id for match in answer.matches}


@pytest.mark.parametrize(
    "filters, films",
    [
        ({"directors": "stanley noor"}, "rain"),
        ({"directors": "Noor, Stanley"}, "rain"),
        ({"directors": "stanleynoor"}, "rain"),
        ({"directors": "noor"}, "rain snow"),
        ({"directors": "park"}, "love war"),
        ({"directors": "joon-ho"}, "love war"),
        ({"directors": "Joon-ho Park"}, "love war"),
        ({"directors": "stanlei noor"}, "rain"),
        ({"directors": ("park", "berg")}, "war"),
        ({"directors": ("park", "noor")}, ""),
        ({"directors": "dow"}, ""),
        ({"cast": "dow"}, "war"),
        ({"cast": "von trapp"}, "war sleep"),
        ({"cast": ("Cy von Trapp", "Dee Dow")}, "war"),
        ({"countries": "USA"}, "rain snow"),
        ({"countries": "america"}, "rain snow"),
        ({"countries": "us"}, "rain snow"),
        ({"countries": ("american", "japanese")}, "snow"),
        ({"countries": "South Korea"}, "love"),
        ({"countries": "korea"}, "love"),
        ({"countries": "germany"}, "war sleep"),
        ({"countries": "Germny"}, "war sleep"),
        ({"countries": "west germany"}, "war"),
        ({"languages": "english"}, "rain snow"),
        ({"languages": "Korean"}, "love"),
        ({"languages": "german"}, "sleep"),
        ({"runtime_to": 120}, "rain sleep"),
        ({"runtime_from": 81}, "love sleep"),
        ({"runtime_from": 120, "runtime_to": 120}, "sleep"),
        ({"not_genres": "comedy"}, "rain war sleep none"),
        ({"not_genres": "rom com"}, "rain snow war sleep none"),
        ({"not_genres": ("comedies", "scary")}, "rain war none"),
        ({"genres": "drama", "not_genres": "comedy"}, "rain"),
        ({"countries": "usa", "year_from": 1990, "genres": "comedy", "runtime_to": None}, "snow"),
    ],
)
def test_films_that_pass(shelf, filters, films):
    assert found(shelf, **filters) == set(films.split())


def test_what_was_taken_is_said(shelf):
    notes = shelf.find(["a robot"], filters=Filters(directors=("NOOR",), countries=("usa",), languages=("en",))).notes
    assert notes == (
        "director: taking 'Bo Noor' or 'Stanley Noor' for 'NOOR'",
        "country: taking 'United States' for 'usa'",
        "language: taking 'English' for 'en'",
    )
    assert shelf.find(["a robot"], filters=Filters(directors=("stanley noor",), countries=("japan",))).notes == ()


@pytest.mark.parametrize(
    "filters, message",
    [
        ({"directors": "Bruno"}, "no film here has the director 'Bruno'$"),
        ({"directors": "Stanlay Nord"}, "no film here has the director 'Stanlay Nord'. Did you mean: Stanley Noor"),
        ({"cast": "trupp pop"}, "no film here has the actor 'trupp pop'"),
        (
            {"countries": "Atlantis"},
            r"'Atlantis'. The countries are: United States \(2\), Germany \(1\), Japan \(1\)",
        ),
        ({"languages": "Klingon"}, r"'Klingon'. The languages are: English \(2\), German \(1\), Korean \(1\)$"),
        ({"not_genres": "zombie"}, "'zombie'. The genres are: Comedy"),
        ({"directors": "?!"}, "no film here has the director"),
    ],
)
def test_a_name_that_no_film_has_finds_none_and_the_nearest_are_said(shelf, filters, message):
    with pytest.raises(UsageError, match=message):
        shelf.check_filters(Filters(**filters))
    if "not_genres" not in filters:
        assert found(shelf, **filters) == set()
    notes = shelf.find(["a robot"], filters=Filters(**filters)).notes
    with pytest.raises(UsageError) as error:
        shelf.check_filters(Filters(**filters))
    assert str(error.value) in notes


def test_a_filter_that_few_films_can_pass_says_so(search):
    search.ingest([FILMS[0], *(film(f"bare{n}", f"word{n}") for n in range(4))], setting=SETTING)
    assert search.find(["a robot"], filters=Filters(runtime_to=90)).notes == (
        "runtime: of 5 films 1 say how long they are",
    )
    assert "director: of 5 films 1 say who directed them" in search.find(
        ["a robot"], filters=Filters(directors=("Stanley Noor",))
    ).notes  # fmt: skip
    with pytest.raises(UsageError, match="no film here has the actor 'Dow': none of them says its actor"):
        search.check_filters(Filters(cast=("Dow",)))
    search.ingest([film("rain", "rain")], setting=SETTING)
    with pytest.raises(UsageError, match="no film here says how long it is.*leave the running time out"):
        search.check_filters(Filters(runtime_to=90))


def test_running_times_the_wrong_way_round_are_said(shelf):
    notes = shelf.find(["a robot"], filters=Filters(runtime_from=120, runtime_to=90)).notes
    assert "from 120 to 90" in notes[0] and "from 90 to 120" in notes[0]


@pytest.mark.parametrize(
    "filters", [{"runtime_from": -1}, {"runtime_to": 10**9}, {"directors": (3,)}, {"cast": ("\ud800",)}]
)
def test_a_filter_that_makes_no_sense_is_refused(filters):
    with pytest.raises(UsageError):
        Request(plots=("a robot",), filters=Filters(**filters)).check()


@pytest.mark.parametrize("way", [{}, {"mode": "dense"}, {"mode": "lexical"}, {"exact": True}])
def test_filters_hold_in_every_mode_and_shorten_no_list(search, way):
    many = [film(f"film{n}", f"rain and word{n}", country=["Chad"] if n % 9 == 0 else ["Mali"]) for n in range(90)]
    search.ingest(many, setting=SETTING)
    for asked in (["a robot dreams of rain and word1"], []):
        films = [] if asked else ["film1"]
        matches = search.find(asked, films, filters=Filters(countries=("chad",)), limit=10, **way).matches
        assert {match.movie.id for match in matches} == {f"film{n}" for n in range(0, 90, 9)}


def test_people_whom_a_question_names_gather_their_films_found_or_not(search):
    others = [film(f"film{n}", f"a duel at dawn and word{n}") for n in range(300)]
    baker = Movie("baker", "Baker", "Somebody bakes bread.", None, (), None, {"director": "Ida Noor"})
    search.ingest([*others, baker], setting=SETTING)
    for asked in ("a film by Ida Noor", "the Noor one"):
        answer = search.find(asked, limit=3)
        assert (answer.matches[0].movie.id, answer.matches[0].hints) == ("baker", ("Ida Noor",))
        assert (len(answer.matches), answer.confidence) == (3, None)
    assert "baker" not in search.rank(Request(plots=("the Noor one",), filters=Filters(year_from=1980), limit=400))
    assert "baker" in search.rank(Request(plots=("the Noor one",), limit=400))


def test_a_name_of_nobody_here_stays_a_word_of_the_story(search):
    search.ingest([film("one", "Ida Noor"), film("two", "rain", cast=["Bo Li"])], setting=SETTING)
    matches = search.find("a film with Ida Noor", mode="lexical").matches
    assert [match.movie.id for match in matches] == ["one"]
    assert search.find("a film with Ida Noor", limit=1).matches[0].movie.id == "one"


def test_names_of_countries_and_languages():
    assert spellings(Kind.COUNTRY, "uk")[0] == "uk" and "united kingdom" in spellings(Kind.COUNTRY, "uk")
    assert "soviet union" in spellings(Kind.COUNTRY, "russian")
    assert "russia" not in spellings(Kind.COUNTRY, "soviet union")
    assert "es" not in spellings(Kind.COUNTRY, "mexico") and "es" in spellings(Kind.LANGUAGE, "spanish")
    assert spellings(Kind.COUNTRY, "atlantis") == ["atlantis"]
    assert shown_name(Kind.LANGUAGE, "Français") == "French"
    assert shown_name(Kind.COUNTRY, "Atlantis") == "Atlantis"
    for kind in (Kind.COUNTRY, Kind.LANGUAGE):
        assert all(fold_name(name) == name for name in known_names(kind))


@pytest.mark.parametrize(
    ("wanted", "unwanted", "is_told"),
    [
        (("Horror",), ("horror",), True),
        (("Romance", "Comedy"), ("rom com",), True),
        (("rom com",), ("Comedy",), True),
        (("Comedy",), ("rom com",), False),
        (("Drama",), ("Horror",), False),
    ],
)
def test_a_genre_that_is_wanted_and_unwanted_is_said_to_match_nothing(shelf, wanted, unwanted, is_told):
    answer = shelf.find("a robot dreams", filters=Filters(genres=wanted, not_genres=unwanted))
    assert bool([note for note in answer.notes if "so no film matches" in note]) == is_told
    assert not (is_told and answer.matches)
