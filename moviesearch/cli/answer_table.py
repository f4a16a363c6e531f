"""Answers as a table for people: two lines a film. Where no terminal is, it is plain text, and rich is not imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moviesearch.records import Answer, Match, Movie

from .output import printable

if TYPE_CHECKING:
    from rich.console import Console

_BAR_WIDTH = 10
_GENRES_WIDTH = 28
_NARROW = 60
"""Columns below which a table has room for rank, title and year alone."""

_NOTHING = "No film matches."

_Line = list[tuple[str, str]]
"""Pieces of text, each with its style."""


def answer_table(answer: Answer, console: Console, *, explain: bool = False) -> None:
    """Two lines a film: what it is and how close, then how its plot begins; with `explain`, why it matched.

    On a narrow terminal it is one line: rank, title and year.
    """
    from rich.text import Text

    if not answer.matches:
        console.print(_NOTHING)
    for match in answer.matches:
        for line in _lines(match, _best(answer), console.width):
            console.print(Text.assemble(*line, no_wrap=True), no_wrap=True, overflow="crop", soft_wrap=False)
        if explain:
            _print_explanation(match, console)


def plain_table(answer: Answer, width: int) -> str:
    """The same as plain text of so many columns, without why films matched."""
    if not answer.matches:
        return _NOTHING
    lines = [line for match in answer.matches for line in _lines(match, _best(answer), width)]
    return "\n".join(_cropped("".join(text for text, _ in line), width) for line in lines)


def _best(answer: Answer) -> float:
    return max([1.0, *(match.score for match in answer.matches)])


def _lines(match: Match, best: float, width: int) -> list[_Line]:
    if width < _NARROW:
        return [_film_line(match, width)]
    left_width = width - _BAR_WIDTH - 32
    left = _film_line(match, left_width)
    filling = " " * (left_width - _cells("".join(text for text, _ in left)) + 2)
    genres = f"  {_fitting_genres(match.movie)}".rstrip()
    plot = f"    {printable(' '.join(match.movie.plot[: 4 * width].split()))}"
    return [
        [*left, (filling, ""), (_bar(match.score / best), "cyan"), (genres, "dim")],
        [(_cut(plot, width - 1), "dim")],
    ]


def _film_line(match: Match, width: int) -> _Line:
    """Rank, title and year; a title that is too long for the width is cut."""
    rank = f"{match.rank:>2}  "
    year = f" ({match.movie.year})" if match.movie.year else ""
    title = _cut(printable(match.movie.title), max(1, width - len(rank) - len(year)))
    return [(rank, "dim"), (title, "bold"), (year, "")]


def _bar(share: float) -> str:
    """A bar of block characters, full at 1."""
    filled = max(0.0, min(1.0, share)) * _BAR_WIDTH
    whole = int(filled)
    return ("█" * whole + ("▌" if filled - whole >= 0.5 else "")).ljust(_BAR_WIDTH, "·")


def _fitting_genres(movie: Movie) -> str:
    """The first genres, as many as fit in the column."""
    text = ""
    for genre in map(printable, movie.genres):
        longer = f"{text}, {genre}" if text else genre[:_GENRES_WIDTH]
        if len(longer) > _GENRES_WIDTH:
            break
        text = longer
    return text


def _cells(text: str) -> int:
    """The columns that a text takes up: wide letters have two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, width: int) -> str:
    """A text in so many columns, with an ellipsis where it was longer."""
    return text if _cells(text) <= width else f"{_cropped(text, width - 1)}…"


def _cropped(text: str, width: int) -> str:
    if _cells(text) <= width:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, width)


def _print_explanation(match: Match, console: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    figures = [f"score {match.score:.3f}"]
    if match.cosine is not None:
        figures.append(f"cosine {match.cosine:.3f}")
    if match.bm25 is not None:
        figures.append(f"BM25 {match.bm25:.1f}")
    console.print(Padding(Text(" · ".join(figures + list(match.hints)), style="green"), (0, 0, 0, 4)))
    if match.meetings:
        met = printable(" · ".join(map(str, match.meetings)))
        console.print(Padding(Text(met, style="green"), (0, 0, 0, 4)))
    passage = Text(printable(match.passage))
    if match.words:
        either = "|".join(map(re.escape, match.words))
        passage.highlight_regex(rf"(?i)(?<![^\W_])(?:{either})(?![^\W_])", style="bold yellow")
    console.print(Padding(passage, (0, 0, 1, 4)))
