"""What has been watched: a Letterboxd or IMDb export (CSV), or a plain list of titles -> (title, year)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from moviesearch.errors import UsageError

_TITLE = ("name", "title", "primary title", "film", "movie")
_YEAR = ("year", "release year")


def read_seen(path: Path) -> list[tuple[str, int | None]]:
    """The films of a list, in its order; the year is None where the list has none.

    A first line with a `Name` or `Title` column makes it a CSV; otherwise each line is a title, with
    or without "(YEAR)" behind it. Raises UsageError for a file that can't be read or holds no title.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{path} can't be read as a list of films: {why}") from error
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        films = list(_films(lines))
    except csv.Error as error:
        raise UsageError(f"{path} can't be read as a list of films: {error}. A quote may not be closed") from error
    if not films:
        raise UsageError(f"{path} names no films: give a Letterboxd or IMDb export, or a list of titles, one a line")
    return films


def _films(lines: list[str]) -> Iterator[tuple[str, int | None]]:
    try:
        header = next(csv.reader(lines[:1]), [])
    except csv.Error:  # no header, then
        header = []
    columns = [column.strip().casefold() for column in header]
    title = next((columns.index(name) for name in _TITLE if name in columns), None)
    if title is None or (len(columns) == 1 and columns[0] not in ("title", "name")):
        yield from map(dated, lines)
        return
    year = next((columns.index(name) for name in _YEAR if name in columns), None)
    for row in csv.reader(lines[1:]):
        if len(row) > title and row[title].strip():
            told = row[year].strip() if year is not None and len(row) > year else ""
            yield row[title].strip(), int(told) if told.isascii() and told.isdigit() and len(told) == 4 else None


def dated(line: str) -> tuple[str, int | None]:
    """A title with or without "(YEAR)" behind it -> (title, year or None)."""
    told = line.strip()
    year, title = told[-5:-1], told[:-6].rstrip()
    if title and told.endswith(")") and told[-6] == "(" and year.isdecimal():
        return title, int(year)
    return told, None
