"""A list as a table: what Letterboxd, IMDb, MovieLens, TMDB or Excel write, or anybody, with a header or without."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from moviesearch.sources.years import year_in

from .entries import Reading, dated
from .names import KINDS, OTHER_TITLES, OTHERS, TICKS, TITLES, YEARS, first_of, is_series, is_ticked, key_of

_PREAMBLE = frozenset(("date", "name", "tags", "url", "description"))
"""The columns of the first of two tables in a Letterboxd list: it has the list's own name, and no film."""

_SEPARATORS = ("\t", ";", ",", "|")
_SEP_LINE = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_MOST_LINES_A_ROW = 2000
_ROWS_ABOVE = 20
"""Rows among which a header is looked for."""
_ROWS_LOOKED_AT = 500
"""Rows by which the columns of a table without a header are guessed."""

_YEAR = re.compile(r"[(\[]?(?:1[89]|20)\d\d(?:\.0)?[)\]]?")
_NO_TITLE = re.compile(r"[\d\s.,:/+%$€£-]*|https?://\S*|tt\d+|true|false|yes|no", re.IGNORECASE)
_EPISODE = re.compile(r": (?:season|staffel|saison|temporada|stagione) \d+|: limited series:", re.IGNORECASE)
"""As Netflix writes an episode: "Lamps: Season 2: The Wick"."""
_ENTITY = re.compile(r"&(?:#\d+|[a-z]+);")
_BY_HAND = re.compile(r"\d,\d+\s*/|[(\[](?:1[89]|20)\d\d[)\]]")
_LINE_OF_DASHES = re.compile(r":?-+:?|")


class Row(NamedTuple):
    """A row of a table by its first line; `fault` says why it can't be read."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table holds what; `width` is their number. A table without a title is not of films."""

    width: int
    title: int | None = None
    year: int | None = None
    other_title: int | None = None
    kind: int | None = None
    ticks: int | None = None


def read_table(lines: Sequence[str], reading: Reading) -> bool:
    """Read lines as a table; False, and nothing is read, where they are none."""
    separators: Sequence[str] = _SEPARATORS
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if lines and (sep_line := _SEP_LINE.fullmatch(lines[first])):
        separators, first = (sep_line[1],), first + 1
    for separator in separators:
        if any(_columns(row.cells) for row in islice(_rows(lines, separator, first), _ROWS_ABOVE)):
            _read_below_headers(_rows(lines, separator, first), reading)
            return True
    for separator in separators:
        if separator == ";" and any(_ENTITY.search(line) for line in islice(lines, _ROWS_ABOVE)):
            continue
        rows = list(islice(_rows(lines, separator, first), _ROWS_LOOKED_AT))
        header = _columns_of_half_a_header(rows[0].cells) if rows else None
        if columns := header or _guessed_columns([row.cells for row in rows], separator):
            if not header and _is_unknown_header(rows, columns):
                reading.fail(rows[0].number, "is taken for the header")
                header = columns
            for row in islice(_rows(lines, separator, first), 1 if header else 0, None):
                _read_film(row, columns, reading)
            return True
    return False


def looks_like_a_table(lines: Sequence[str]) -> list[str] | None:
    """The first line's cells where the lines are rows of one length, as no list of titles would be; else None."""
    if any(_BY_HAND.search(line) for line in islice(lines, _ROWS_ABOVE)):
        return None
    for separator in _SEPARATORS:
        rows = [row.cells for row in islice(_rows(lines, separator), _ROWS_ABOVE)]
        widths = {len(row) for row in rows}
        if len(rows) > 1 and len(widths) == 1 and not _is_prose(rows) and all(sum(map(bool, row)) > 1 for row in rows):
            return rows[0]
    return None


# which column holds what


def _columns(cells: Sequence[str], header: Sequence[str] | None = None) -> Columns | None:
    """The columns that a row names; None for a row that is no header.

    Behind a `header` another one has the same names again, or none but known ones.
    """
    keys = [key_of(cell) for cell in cells]
    title = first_of(TITLES, keys)
    named = [key for key in keys if key]
    if title is None or len(set(named)) < 2:
        return None
    known = sum(key in OTHERS or key in TITLES or key in YEARS or key in KINDS for key in named)
    if known < (2 if header is None else len(named)) and cells != header:
        return None
    if set(named) == _PREAMBLE:
        return Columns(len(cells))

    def place(name: str | None) -> int | None:
        return None if name is None else keys.index(name)

    other = first_of([name for name in OTHER_TITLES if name != title], keys)
    year, kind, ticks = (place(first_of(names, keys)) for names in (YEARS, KINDS, TICKS))
    return Columns(len(cells), place(title), year, place(other), kind, ticks)


def _columns_of_half_a_header(cells: Sequence[str]) -> Columns | None:
    """The columns of a first row of which only the title's name is known, and no cell is a film's."""
    keys = [key_of(cell) for cell in cells]
    title = first_of(TITLES, keys)
    if title is None or len(cells) < 2 or any(_NO_TITLE.fullmatch(cell.strip() or "x") for cell in cells):
        return None
    return None if any(dated(cell)[1] for cell in cells) else Columns(len(cells), keys.index(title))


def _guessed_columns(rows: Iterable[Sequence[str]], separator: str) -> Columns | None:
    """The columns of a table without a header: one of years, or of titles with a year, tells that it is one."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    width = Counter(map(len, filled)).most_common(1)[0][0] if filled else 0
    even = [[cell.strip() for cell in row] for row in filled if len(row) == width]
    if width < 2 or len(even) * 5 < len(filled) * 3 or (separator == "," and _is_prose(filled)):
        return None
    columns = list(zip(*even, strict=True))
    years = [_share(column, _YEAR.fullmatch) for column in columns]
    titles_with_years = [_share(column, lambda cell: dated(cell)[1]) for column in columns]
    texts = [_share(column, lambda cell: not _NO_TITLE.fullmatch(cell)) for column in columns]
    year = max(range(width), key=lambda at: (years[at], at))
    if sum(share > 0.5 for share in titles_with_years) > 1:
        return None  # several films a line
    if max(titles_with_years) > 0.5:
        title = titles_with_years.index(max(titles_with_years))
    elif years[year] > 0.5:
        title = max(set(range(width)) - {year}, key=lambda at: (texts[at] > 0.5, len(set(columns[at])), -at))
    else:
        return None
    return Columns(width, title, year if years[year] > 0.5 and year != title else None)


def _is_unknown_header(rows: Sequence[Row], columns: Columns) -> bool:
    """Whether the first row of a guessed table has words only, where all others have a year."""
    if columns.year is None or len(rows) < 3 or any(re.search(r"\d", cell) for cell in rows[0].cells):
        return False
    return all(_YEAR.fullmatch(_cell(row.cells, columns.year).strip()) for row in rows[1:])


def _share(column: Iterable[str], fits: Callable[[str], object]) -> float:
    """The share of a column's cells, less the empty ones, that fit."""
    filled = [cell for cell in column if cell]
    return sum(bool(fits(cell)) for cell in filled) / len(filled) if filled else 0.0


def _is_prose(rows: Sequence[Sequence[str]]) -> bool:
    """Whether blanks follow most separators, as people write, and hardly a program: "Heat, 1995"."""
    cells = [cell for row in rows for cell in row[1:] if cell]
    return sum(cell[0] == " " for cell in cells) * 2 > len(cells)


# rows


def _read_below_headers(rows: Iterable[Row], reading: Reading) -> None:
    """Read rows from a header on; a further header, of a second table behind the first, takes its place."""
    columns: Columns | None = None
    header: list[str] | None = None
    for row in rows:
        if further := _columns(row.cells, header):
            columns, header = further, row.cells
        elif columns is None:
            if "letterboxd" not in "".join(row.cells).casefold():
                reading.fail(row.number, row.fault or "stands above the header")
        elif columns.title is not None:
            _read_film(row, columns, reading)


def _read_film(row: Row, columns: Columns, reading: Reading) -> None:
    cells = [cell.strip() for cell in row.cells]
    if row.fault:
        reading.fail(row.number, row.fault)
    elif cells[0].startswith("# ") or all(_LINE_OF_DASHES.fullmatch(cell) for cell in cells):
        return  # a comment, or a line for the eye
    elif is_series(_cell(cells, columns.kind)) or _EPISODE.search(_cell(cells, columns.title)):
        reading.shows += 1
    else:
        cells = _without_surplus(cells, columns)
        title, year, other = (_cell(cells, column) for column in (columns.title, columns.year, columns.other_title))
        ticked = None if columns.ticks is None else is_ticked(_cell(cells, columns.ticks))
        reading.add(row.number, title, year, other, ticked)


def _cell(cells: Sequence[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _without_surplus(cells: list[str], columns: Columns) -> list[str]:
    """Cells of a row that is too long for a comma in a title without quotes: the title's cells become one."""
    surplus = len(cells) - columns.width
    title, year = columns.title, columns.year
    if surplus <= 0 or title is None or year is None or year < title or year_in(cells[year + surplus]) is None:
        return cells
    return [*cells[:title], ", ".join(cells[title : title + surplus + 1]), *cells[title + surplus + 1 :]]


def _rows(lines: Sequence[str], separator: str, first: int = 0) -> Iterator[Row]:
    """The rows from a line on. A broken quote costs its own line alone."""
    at = first
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif '"' not in line:
            yield Row(at + 1, line.split(separator))
            at += 1
        else:
            taken = _Taken(lines, at)
            try:
                yield Row(at + 1, next(csv.reader(taken, delimiter=separator, strict=True, skipinitialspace=True)))
                at += taken.count
            except (csv.Error, StopIteration):
                yield _row_of_line(line, separator, at + 1)
                at += 1


class _Taken(Iterator[str]):
    """Lines from a place on, and how many of them were taken."""

    def __init__(self, lines: Sequence[str], at: int) -> None:
        self._lines, self._at, self.count = lines, at, 0

    def __next__(self) -> str:
        if self._at + self.count >= len(self._lines) or self.count == _MOST_LINES_A_ROW:
            raise StopIteration
        self.count += 1
        return self._lines[self._at + self.count - 1] + "\n"


def _row_of_line(line: str, separator: str, number: int) -> Row:
    """A line with broken quotes as a row of its own, where its quotes are pairs at least."""
    if line.count('"') % 2:
        return Row(number, [], "has a quote that is never closed")
    try:
        return Row(number, next(csv.reader([line], delimiter=separator, skipinitialspace=True), []))
    except csv.Error as error:
        return Row(number, [], f"is no row of a table: {error}")
