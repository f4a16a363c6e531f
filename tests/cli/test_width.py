"""Answers on terminals of any width: what has no room is left out, and nothing is wrapped."""

import pytest
from rich.cells import cell_len
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings

LONG = "The Remarkably Unhurried Postman of the Upper Valley"
FILMS = (
    Movie("kite", "Kite", "A postman flies a kite over the valley.", 1988, ("Comedy", "Family")),
    Movie("long", LONG, "A postman walks the upper valley. He is late.", 1973, ("Drama", "Adventure")),
    Movie("wide", "谷の郵便配達", "A postman rows across the valley.", None, ("Drama",)),
)


@pytest.fixture
def answer(run, tmp_path, monkeypatch):
    """answer(columns) -> what `find` shows on a terminal of so many columns, as lines."""
    with MovieSearch(settings=Settings(store=str(tmp_path / "store")), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)

    def lines(columns, *more):
        result = run("find", "postman kite upper valley late", "--mode", "lexical", *more, COLUMNS=str(columns))
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout.splitlines()

    return lines


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (54, [" 1  The Remarkably Unhurried Postman of the Up… (1973)", " 2  Kite (1988)", " 3  谷の郵便配達"]),
        (46, [" 1  The Remarkably Unhurried Postman o… (1973)", " 2  Kite (1988)", " 3  谷の郵便配達"]),
        (40, [" 1  The Remarkably Unhurried Pos… (1973)", " 2  Kite (1988)", " 3  谷の郵便配達"]),
        (20, [" 1  The Rema… (1973)", " 2  Kite (1988)", " 3  谷の郵便配達"]),
    ],
)
def test_rank_title_and_year_are_what_stays_on_a_narrow_terminal(answer, columns, expected):
    assert answer(columns) == expected
    assert all(cell_len(line) <= columns for line in expected)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_wider_one_has_bar_genres_and_plot(answer, columns):
    shown = answer(columns)
    assert len(shown) == 2 * len(FILMS)
    assert "█" in shown[0] and "Drama, Adventure" in shown[0]
    assert shown[1].startswith("    A postman walks the upper valley.")
    assert all(cell_len(line) <= columns for line in shown)


@pytest.mark.parametrize("columns", [0, "00", "unknown", ""])
def test_a_width_that_is_not_known_is_eighty(answer, columns):
    assert answer(columns) == answer(80)


@pytest.mark.parametrize("columns", [1, 5, 12, 99_999, 10**30])
def test_no_width_is_too_odd(answer, columns):
    assert answer(columns)


def test_an_explanation_fits_too(answer):
    assert all(cell_len(line) <= 40 for line in answer(40, "--explain"))
