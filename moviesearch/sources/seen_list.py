"""A list of watched films -> (title, year) for `Request.seen`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from moviesearch.errors import SourceError, UsageError

from .lists.entries import dated as dated
from .lists.read import read_film_list


def read_seen(path: Path, note: Callable[[str], None] | None = None) -> list[tuple[str, int | None]]:
    """Return the (title, year) of each film of a list, in its order; the year is None where the list has none.

    `lists.read` says what is read. Of a list that ticks off what was seen, only that is returned. `note` is told how
    the list was taken, and what in it could not be read. Raises UsageError for a file that can't be read or names no
    film.
    """
    try:
        films = read_film_list(path)
    except SourceError as error:
        raise UsageError(str(error)) from error
    notes = list(films.report)
    entries = films.entries
    if any(entry.ticked for entry in entries):
        entries = tuple(entry for entry in entries if entry.ticked is not False)
        if unticked := len(films.entries) - len(entries):
            notes.append(f"{'1 entry has' if unticked == 1 else f'{unticked:,} entries have'} no tick and may answer")
    if note:
        for line in notes:
            note(line)
    return [(entry.title, entry.year) for entry in entries]
