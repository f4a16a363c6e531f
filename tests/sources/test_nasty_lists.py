"""Lists that nobody would write, found by fuzzing (tests/fuzz): each is read, or refused with the reason."""

import pytest

from moviesearch.errors import UsageError
from moviesearch.sources.seen_list import dated, read_seen


def seen(tmp_path, text):
    path = tmp_path / "seen.csv"
    path.write_text(text, encoding="utf-8")
    return read_seen(path)


def test_a_year_of_many_digits_is_none(tmp_path):
    assert seen(tmp_path, f"Name,Year\nAlien,{'9' * 5000}\nHeat,1995\n") == [("Alien", None), ("Heat", 1995)]


def test_a_quote_that_is_never_closed_is_named(tmp_path):
    with pytest.raises(UsageError, match="quote"):
        seen(tmp_path, 'Name,Year\n"' + "x" * 140_000)


def test_a_long_blank_takes_no_time(tmp_path):
    # With a regular expression for the year it took hours.
    assert seen(tmp_path, f"a{' ' * 300_000}b (1999)\n") == [(f"a{' ' * 300_000}b", 1999)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Alien (1979)", ("Alien", 1979)),
        (" Heat ", ("Heat", None)),
        ("(2000)", ("(2000)", None)),
        ("2001 (19688)", ("2001 (19688)", None)),
        ("1984(1984) ", ("1984", 1984)),
    ],
)
def test_titles_with_and_without_a_year(line, expected):
    assert dated(line) == expected


def test_a_pool_nested_too_deeply_is_named(run, bundled_store, tmp_path):
    pool = tmp_path / "pool.json"
    pool.write_text("[" * 5000)
    result = run("evaluate", "--pool", pool, "--store", bundled_store)
    assert result.exit_code == 1 and "pool.json" in result.stderr
