"""A table is the same text with rich, as on terminals, and without."""

import io

import pytest
from rich.console import Console

from moviesearch import Answer, Match, Movie
from moviesearch.cli.answer_table import answer_table, plain_table

FILMS = (
    Movie("kite", "Kite", "A postman flies a kite over the valley.", 1988, ("Comedy", "Family")),
    Movie("long", "The Remarkably Unhurried Postman of the Upper Valley", "He walks. " * 60, 1973, ("Drama",) * 5),
    Movie("wide", "谷の郵便配達、長い長い長い長い題名", "郵便配達が谷を渡る。" * 30, None, ("ドラマ",)),
    Movie("odd", "Tab\tand\x1b[31m [bold]:smile:", "Two\n\nlines, and    spaces \x07", -5),
    Movie("accent", "Amélie", "Zoë’s café — naïve 🎬 film. " * 9, 2001, ("Comédie",)),
)


def answer_with(films):
    matches = tuple(Match(rank, movie, 1.2 / rank, None, movie.plot, None) for rank, movie in enumerate(films, start=1))
    return Answer(query={}, mode="hybrid", model="m", took_ms=1.0, matches=matches)


def by_rich(answer, width):
    text = io.StringIO()
    answer_table(answer, Console(file=text, width=width, highlight=False, emoji=False, markup=False))
    return text.getvalue()


@pytest.mark.parametrize("width", [1, 7, 12, 20, 59, 60, 61, 80, 133, 400])
def test_plain_text_is_what_rich_prints_without_styles(width):
    answer = answer_with(FILMS)

    assert plain_table(answer, width) + "\n" == by_rich(answer, width)


def test_no_film():
    assert plain_table(answer_with([]), 80) + "\n" == by_rich(answer_with([]), 80) == "No film matches.\n"
