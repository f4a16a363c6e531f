"""Films that are left out by a part of their title: "not Léon" for "Léon: The Professional"."""

import pytest
from support.hash_encoder import HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.request import Request
from moviesearch.retrieval.wish import understand
from moviesearch.storage.title_parts import title_parts

LONG_TITLES = [
    Movie("leon", "Léon: The Professional", "A hitman and a girl.", 1994),
    Movie("birdman", "Birdman or (The Unexpected Virtue of Ignorance)", "An actor.", 2014),
    Movie("strangelove", "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb", "A bomb.", 1964),
    Movie("hope", "Star Wars: Episode IV – A New Hope", "A farm boy.", 1977),
    Movie("empire", "Star Wars: Episode V – The Empire Strikes Back", "A swamp.", 1980),
    Movie("alien", "Alien", "A ship.", 1979),
    Movie("covenant", "Alien: Covenant", "Another ship.", 2017),
    Movie("dune", "Dune: Part Two", "Sand.", 2024),
    Movie("rebecca", "Rebecca: A Love Story", "A house.", 1990),
    Movie("alias", "Nikita", "A killer.", 1990, extra={"also": ["La Femme - The Assassin"]}),
    Movie("movie", "Owls: The Movie", "Owls.", 2001),
    Movie("dawn", "Owls: The Red Dawn", "Owls.", 2002),
    Movie("blood", "Blood: The Last Owl", "Blood.", 2000),
    Movie("blue", "Three Owls: Blue", "Blue.", 1993),
    Movie("zero", "No Game: Zero", "Zero.", 2017),
    Movie("games", "The Hunger Games", "Teenagers fight.", 2012),
    Movie("godfather", "The Godfather", "A family.", 1972),
    Movie("zombies", "Night", "They rise.", 1978, extra={"also": ["Zombies: Night"]}),
    Movie("other dawn", "Bears: The Red Dawn", "Bears.", 2003),
]


@pytest.fixture(scope="module")
def long_titles(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("long"), encoder=HashEncoder()) as search:
        search.ingest(LONG_TITLES)
        yield search


def excluded(search: MovieSearch, query: str) -> set[str]:
    return set(understand(Request(plots=(query,)), search._collection).named)


@pytest.mark.parametrize(
    ("query", "films"),
    [
        ("a killer teaches a girl, not Léon", {"leon"}),
        ("a killer teaches a girl. Not leon", {"leon"}),
        ("a killer teaches a girl, not the Professional", {"leon"}),
        ("It's not The Professional, it's older", {"leon"}),
        ('it is not "the professional"', {"leon"}),
        ("not Leon: The Professional", {"leon"}),
        ("an actor on Broadway (not Birdman)", {"birdman"}),
        ("not The Unexpected Virtue of Ignorance", {"birdman"}),
        ("a nuclear war comedy, not Dr. Strangelove", {"strangelove"}),
        ("not Star Wars", {"hope", "empire"}),
        ("space opera other than Star Wars", {"hope", "empire"}),
        ("not Star Wars (1977)", {"hope"}),
        ("not the empire strikes back", {"empire"}),
        ("not A New Hope", {"hope"}),
        ("Not Alien", {"alien"}),
        ("not Jaws, Birdman or Léon", set()),  # no film here has the first of these titles
        ("not Birdman, Alien or Léon", {"birdman", "alien", "leon"}),
        ("not The Assassin", {"alias"}),
        ("green slime. not blood, I know that one", {"blood"}),
        ('it is not "Blue"', {"blue"}),
        ("killers in pods, not hunger games", {"games"}),
        ("killers in pods (NOT HUNGER GAMES)", {"games"}),
        ("a mob family, not godfather", {"godfather"}),
    ],
)
def test_a_film_is_left_out_by_a_part_of_its_title(long_titles: MovieSearch, query: str, films: set[str]) -> None:
    assert excluded(long_titles, query) == films


@pytest.mark.parametrize(
    "query",
    [
        "a second wife in a big house; she is not Rebecca",
        "He marries Anna, not Rebecca.",
        "her brother is not Léon",
        "everyone except Rebecca dies",
        "Unlike Rebecca, she is shy",
        "he is an amateur, not the professional he says he is",
        "he is an amateur, not the professional",
        "the killer was not the Professional",
        "Not Alien 3",
        "Not Alien: Resurrection",
        "Not Star Wars Episode I",
        "Not Star Wars: The Clone Wars",
        "not the Star Wars sequels",
        "not Dune",
        "not the movie",
        "there is not a new hope for them",
        "a bird, not the red dawn",
        "green slime, not blood",
        "green slime not blood.",
        "it's not blood, it's jam",
        "everything except blood",
        "it's not Zero dark",
        "Not Blue is the warmest",
        "not the Blue one from France",
        "not The Red Dawn",  # two films end with it
        "a man like Léon",
        "similar to Star Wars",
        "the dead come back (not zombies)",
        "she plays no hunger games, she is not a godfather",
    ],
)
def test_parts_of_titles_that_are_words_of_stories_leave_no_film_out(long_titles: MovieSearch, query: str) -> None:
    assert excluded(long_titles, query) == set()


def test_what_a_part_left_out_is_said_and_taken_back(long_titles: MovieSearch) -> None:
    asked = "a hitman and a girl, not Léon"
    answer = long_titles.find(asked)
    assert "leon" not in {match.movie.id for match in answer.matches}
    assert any("Léon: The Professional (1994)" in note for note in answer.notes)
    part = next(part for part in answer.understood if "Léon" in part.text)
    again = long_titles.find(asked, ignored=(part.key,))
    assert "leon" in {match.movie.id for match in again.matches}


@pytest.mark.parametrize(
    ("title", "beginnings", "ends"),
    [
        ("Birdman: Or (The Unexpected Virtue of Ignorance)", ["birdman"], ["the unexpected virtue of ignorance"]),
        ("Salò, or the 120 Days of Sodom", ["salo"], ["the 120 days of sodom"]),
        ("Mission: Impossible – Fallout", ["mission", "mission impossible"], ["impossible fallout", "fallout"]),
        ("Solaris (Солярис)", ["solaris"], ["солярис"]),
        ("Owls / Eulen", ["owls"], ["eulen"]),
        ("Kill Bill: Volume 1", ["kill bill"], []),
        ("Kill Bill: Volume 2", [], []),
        ("Dead or Alive", [], []),
        ("2:22", [], []),
        ("(500) Days of Summer", [], []),
        ("Part 1: The Movie", [], []),
        (": :", [], []),
        ("", [], []),
    ],
)
def test_parts(title: str, beginnings: list[str], ends: list[str]) -> None:
    parts = list(title_parts(title))
    assert ([part for part, begins in parts if begins], [part for part, begins in parts if not begins]) == (
        beginnings,
        ends,
    )


def test_parts_follow_the_films(tmp_path) -> None:
    with MovieSearch(tmp_path / "store", encoder=HashEncoder()) as search:
        search.ingest(LONG_TITLES)
        assert excluded(search, "not Léon") == {"leon"}
        search.ingest([Movie("leon", "Leo the Professional", "A hitman and a girl.", 1994)])
        assert excluded(search, "not Léon") == set()
        search.repair()
        assert excluded(search, "not Birdman") == {"birdman"}
