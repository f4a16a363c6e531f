"""Lists as JSON: what Trakt exports, and other shapes that hold films."""

import json
from pathlib import Path

import pytest

from moviesearch.errors import SourceError
from moviesearch.sources.lists.read import list_of

LAMP = {"title": "The Green Lamp", "year": 1931, "ids": {"trakt": 1, "imdb": "tt1"}}
NOOR = {"title": "Café Noor", "year": 2004, "ids": {"trakt": 2}}
SHOW = {"title": "Lamps", "year": 2011}
BOTH = [("The Green Lamp", 1931), ("Café Noor", 2004)]


def read(data):
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return list_of(text.encode(), Path("list.json"))


def films(data):
    return [(entry.title, entry.year) for entry in read(data).entries]


def test_trakt_has_a_film_in_each_record_and_its_shows_are_counted():
    history = [
        {"id": 9, "watched_at": "2021-05-06T10:00:00.000Z", "action": "watch", "type": "movie", "movie": LAMP},
        {"id": 8, "type": "episode", "episode": {"season": 1, "number": 2, "title": "Two"}, "show": SHOW},
        {"plays": 2, "last_watched_at": "2021-05-06T10:00:00.000Z", "movie": NOOR},
        {"rating": 8, "type": "show", "show": SHOW},
        {"type": "season", "season": {"number": 1}, "show": SHOW},
    ]
    assert films(history) == BOTH
    assert read(history).report == ("3 series and episodes are left out: they are no films",)
    assert films({"movies": [{"movie": LAMP}, {"movie": NOOR}], "shows": [{"show": SHOW}]}) == BOTH


@pytest.mark.parametrize(
    "data",
    [
        [LAMP, NOOR],
        {"results": [LAMP, NOOR], "page": 1},
        {"name": "Rainy evenings", "items": [{"movie": LAMP}, {"movie": NOOR}]},
        {"data": {"list": {"items": [{"node": LAMP}, {"node": NOOR}]}}},
        {"tt1": LAMP, "tt2": NOOR},
        [{"name": "The Green Lamp", "releaseYear": 1931}, {"Name": "Café Noor", "release_date": "2004-01-02"}],
        [{"film": {"name": "The Green Lamp", "year": 1931}}, {"film": {"name": "Café Noor", "releaseYear": "2004"}}],
        [{"movie": "The Green Lamp", "year": "1931"}, {"film": "Café Noor", "year": 2004.0}],
        ["The Green Lamp (1931)", "Café Noor (2004)"],
        {"movies": ["The Green Lamp (1931)", "Café Noor (2004)"]},
        {"title": {"0": "The Green Lamp", "1": "Café Noor"}, "year": {"0": 1931, "1": 2004}},
        {"title": ["The Green Lamp", "Café Noor"], "year": [1931, 2004]},
        {"The Green Lamp": 1931, "Café Noor": 2004},
        [["The Green Lamp", 1931], ["Café Noor", "2004"]],
        json.dumps(LAMP) + "\n\n" + json.dumps(NOOR) + "\n",
        "\ufeff " + json.dumps([LAMP, NOOR], indent=2),
    ],
)  # fmt: skip
def test_films_in_every_layout(data):
    assert films(data) == BOTH
    assert read(data).report == ()


def test_a_single_film():
    assert films(LAMP) == BOTH[:1]


def test_what_has_no_title_is_told_with_its_place():
    result = read([LAMP, {"id": 7}, 5, None, {"title": None}, NOOR])
    assert [(entry.title, entry.year) for entry in result.entries] == BOTH
    assert result.report == ("4 records could not be read, such as record 2: has no title",)
    broken = read(json.dumps(LAMP) + "\n{broken\n" + json.dumps(NOOR) + "\n")
    assert broken.report == ("1 line could not be read: line 2: is broken JSON",)


def test_original_titles_come_along():
    assert read([{"title": "Café Noor", "original_title": "Noor Kahvesi"}]).entries[0].other_title == "Noor Kahvesi"


def test_a_title_in_brackets_is_no_json():
    assert films("[REC] (2007)\nHeat (1995)\n") == [("[REC]", 2007), ("Heat", 1995)]


@pytest.mark.parametrize(
    "text, reason",
    [
        ('[{"title": "Heat"', r"list.json is broken JSON \(line 1: "),
        ("[" * 5000, "nested too deeply|line 1"),
        ("{}", "names no films"),
        ("[]", "names no films"),
        ('{"count": 3}', "names no films"),
    ],
)
def test_what_is_no_list_says_so(text, reason):
    with pytest.raises(SourceError, match=reason):
        read(text)


def test_numbers_in_a_list_are_titles():
    assert films("[1917, 300]") == [("1917", None), ("300", None)]
    assert films({"films": [LAMP], "ids": [1, 2]}) == [BOTH[0]]


def test_one_series_is_told_as_one():
    assert read([LAMP, {"type": "show", "show": SHOW}]).report == ("1 series or episode is left out: it is no film",)
