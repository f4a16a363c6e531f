"""Films seen are left out, however the list writes them, and it is said how many of them are here."""

import time

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch

FILMS = [
    Movie("hat", "The Hat", "A man loses a hat.", 2001),
    Movie("hat-old", "The Hat", "A woman loses a hat.", 1944),
    Movie("ring-jp", "Ring", "A man finds a hat in a well.", 1998),
    Movie("ring-us", "The Ring", "A woman finds a hat in a well.", 2002),
    Movie("emile", "Émile & Łucja", "A hat flies away.", 1960),
    Movie("sea", "Il Mare", "A hat floats on the sea.", 1962, (), None, {"also": "The Sea; Das Meer"}),
    Movie("walker", "Blade Walker 2049", "A hat in the rain.", 2017),
    Movie("undated", "Owls", "A hat on an owl."),
]
ALL = {film.id for film in FILMS}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("seen"), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        yield search


def left_out(shelf, *seen):
    answer = shelf.find(["a hat"], seen=seen, limit=100)
    return ALL - {match.movie.id for match in answer.matches}, answer.notes


@pytest.mark.parametrize(
    "title, year, films",
    [
        ("the hat", None, {"hat", "hat-old"}),  # a title alone is every film of it
        ("Hat, The", 2001, {"hat"}),
        ("hat", 2002, {"hat"}),  # a year off
        ("The Hat", 1990, set()),
        ("The Ring", 2002, {"ring-us"}),
        ("Ring", 2002, {"ring-us"}),
        ("The Ring", None, {"ring-us"}),
        ("Ring", None, {"ring-jp"}),
        ("emile and lucja", 1960, {"emile"}),
        ("EMILE & LUCJA", None, {"emile"}),
        ("The Sea", 1962, {"sea"}),
        ("Meer, Das", 1962, {"sea"}),
        ("mare", 1962, {"sea"}),
        ("Blade Walker 2049", 2017, {"walker"}),
        ("Blade Walker 2049", None, {"walker"}),
        ("Blade Walker", 2049, {"walker"}),  # a reader took its title apart
        ("The Hat 2001", None, {"hat"}),
        ("The Sea (Il mare)", 1962, {"sea"}),
        ("Owls", 1977, {"undated"}),
        ("The Lamp", None, set()),
    ],
)
def test_a_film_is_left_out_by_any_way_to_write_it(shelf, title, year, films):
    assert left_out(shelf, (title, year)) == (
        films,
        (f"seen: {1 if films else 0} of 1 entry is in this collection",),
    )


def test_how_many_are_here_is_always_said(shelf):
    films, notes = left_out(shelf, ("the hat", None), ("Ring", 1998), ("The Lamp", 1931), ("Ring", 1998))
    assert films == {"hat", "hat-old", "ring-jp"}
    assert notes == ("seen: 3 of 4 entries are in this collection",)
    assert left_out(shelf) == (set(), ())


def test_long_lists_are_looked_up_in_proportion(shelf):
    entries = [(f"A Film Of Number {n}", 1900 + n % 120) for n in range(5000)]

    def seconds(count):
        began = time.process_time()
        _, notes = left_out(shelf, *entries[:count], ("the hat", 1944))
        assert notes == (f"seen: 1 of {count + 1:,} entries are in this collection",)
        return time.process_time() - began

    few, many = min(seconds(250) for _ in range(3)), seconds(5000)
    assert many < 80 * few  # in proportion it is 20, and 400 where each were compared with each
