"""What a record's further fields say, however a source names and writes them."""

import pytest

from moviesearch.storage.attributes import Kind, attributes_of, last_name, runtime_of


def said(**extra):
    return [(kind.name, name) for kind, name in attributes_of(extra)]


@pytest.mark.parametrize(
    "extra, names",
    [
        ({"director": ["Ada Noor", "Bo Li"]}, ["Ada Noor", "Bo Li"]),
        ({"Directors": "Ada Noor, Bo Li"}, ["Ada Noor", "Bo Li"]),
        ({"directed_by": "Ada Noor and Bo Li"}, ["Ada Noor", "Bo Li"]),
        ({"director": "Ada Noor & Bo Li"}, ["Ada Noor", "Bo Li"]),
        ({"director": "Bo Li, Jr., Ada Noor"}, ["Bo Li, Jr.", "Ada Noor"]),
        ({"director": [{"name": "Ada Noor", "id": 7}]}, ["Ada Noor"]),
        ({"director": "[{'id': 7, 'name': 'Ada Noor'}, {'id': 8, 'name': \"Bo O'Li\"}]"}, ["Ada Noor", "Bo O'Li"]),
        ({"director": '["Ada Noor"]'}, ["Ada Noor"]),
        ({"director": "['Ada Noor', 'Bo Li']"}, ["Ada Noor", "Bo Li"]),
        ({"director": "Ada Noor (uncredited)"}, ["Ada Noor"]),
        ({"director": "N/A"}, []),
        ({"director": None}, []),
        ({"director": ["", "Unknown"]}, []),
        ({"director": {"of": "none"}}, []),
    ],
)
def test_directors(extra, names):
    assert said(**extra) == [("DIRECTOR", name) for name in names]


def test_other_kinds():
    assert said(cast="Ada Noor as the clerk; Bo Li") == [("CAST", "Ada Noor"), ("CAST", "Bo Li")]
    assert said(stars=["Ada Noor"], writers=["Bo Li"]) == [("CAST", "Ada Noor"), ("WRITER", "Bo Li")]
    countries = [{"iso_3166_1": "US", "name": "United States of America"}]
    assert ("COUNTRY", "United States of America") in said(production_countries=countries)
    assert said(original_language="ko", country="France / Italy") == [
        ("LANGUAGE", "ko"), ("COUNTRY", "France"), ("COUNTRY", "Italy")
    ]  # fmt: skip
    assert said(studio="Ada Noor", plot="Bo Li") == []


@pytest.mark.parametrize(
    "value, minutes",
    [
        (142, 142),
        (141.9, 141),
        ("142", 142),
        ("142 min", 142),
        ("142 mins.", 142),
        ("2h 22m", 142),
        ("2 hr 22 min", 142),
        ("2 hours", 120),
        ("2:22", 142),
        ("2:22:30", 142),
        ("PT2H22M", 142),
        ("PT142M", 142),
        (0, None),
        ("0", None),
        ("", None),
        ("long", None),
        (None, None),
        (True, None),
        (["142"], None),
        (float("1e30"), None),
    ],
)
def test_running_times(value, minutes):
    assert runtime_of({"Runtime (mins)": value}) == runtime_of({"runtime": value}) == minutes


def test_the_first_field_that_says_how_long_a_film_is_counts():
    assert runtime_of({"runtime": "unknown", "duration": "90 min", "runtimeMinutes": 80}) == 90
    assert runtime_of({"year": 1999}) is None


@pytest.mark.parametrize(
    "name, surname",
    [("ada noor", "noor"), ("bo li jr", "li"), ("lars von trier", "trier"), ("ada", ""), ("li iii", "")],
)
def test_surnames(name, surname):
    assert last_name(name) == surname


def test_kinds_are_stored_by_number():
    assert [int(kind) for kind in Kind] == [0, 1, 2, 3, 4, 5]
