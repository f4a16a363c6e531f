"""The ledger's table of titles: every name of every film, folded, so that a film is found by any of them at once.

A film has its title and the others that its record names (`also`, `original_title`), each in two forms
(`title_folding`). The table follows from the films. Whoever stores films keeps it up; where an earlier version of the
program did not, or folded otherwise, it is made again when a title is next looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from .paging import pages
from .sqlite import Database
from .title_folding import VERSION as VERSION
from .title_folding import fold_title, loose_title, other_titles

FACT = "titles"
"""The fact that tells at which generation the table fits."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS titles (title TEXT, kind INTEGER, film TEXT, PRIMARY KEY (title, kind, film))"
    " WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS titles_film ON titles (film)",
)


_PAGE = 500


class TitleKind(IntEnum):
    """How a title is a film's; of two, the lower one fits better."""

    OWN = 0
    OTHER = 1
    LOOSE_OWN = 2
    LOOSE_OTHER = 3


class Named(NamedTuple):
    """A film that has a title, and how."""

    kind: TitleKind
    film: str
    year: int | None


def prepare(db: Database) -> Database:
    """Add the table to a ledger that lacks it."""
    for statement in _SCHEMA:
        db.execute(statement)
    return db


def enter(db: Database, films: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
    """Note the titles of films, given as (id, title, extra), in place of those that they had. Within a transaction."""
    rows: list[tuple[str, int, str]] = []
    ids: list[str] = []
    for film, title, extra in films:
        ids.append(film)
        rows += _rows(film, title, extra)
    remove(db, ids)
    db.executemany("INSERT OR IGNORE INTO titles VALUES (?, ?, ?)", rows)


def remove(db: Database, films: Iterable[str]) -> None:
    """Forget the titles of films. Within a transaction."""
    db.executemany("DELETE FROM titles WHERE film = ?", [(film,) for film in films])


def clear(db: Database) -> None:
    """Forget all titles. Within a transaction."""
    db.execute("DELETE FROM titles")


def _rows(film: str, title: str, extra: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    yield fold_title(title), TitleKind.OWN, film
    yield loose_title(title), TitleKind.LOOSE_OWN, film
    for other in other_titles(extra):
        yield fold_title(other), TitleKind.OTHER, film
        yield loose_title(other), TitleKind.LOOSE_OTHER, film


def named(db: Database, title: str) -> list[Named]:
    """The films that have a title in any form, the best fit first, then the oldest."""
    sql = (
        "SELECT kind, film, year FROM titles JOIN films ON films.id = titles.film"
        " WHERE titles.title = ? AND kind IN (?, ?) ORDER BY kind, year, film"
    )
    films: list[Named] = []
    for folded, kinds in (
        (fold_title(title), (TitleKind.OWN, TitleKind.OTHER)),
        (loose_title(title), (TitleKind.LOOSE_OWN, TitleKind.LOOSE_OTHER)),
    ):
        films += [Named(TitleKind(kind), film, year) for kind, film, year in db.execute(sql, [folded, *kinds])]
    return films


def present(db: Database, folded: Iterable[str]) -> set[str]:
    """Those of some folded texts that are titles of films, in either form."""
    titles: set[str] = set()
    for page in pages(list(folded), _PAGE):
        sql = f"SELECT DISTINCT title FROM titles WHERE title IN ({','.join('?' * len(page))})"
        titles |= {title for (title,) in db.execute(sql, page)}
    return titles


def all_of(db: Database, *, loosely: bool = False) -> list[tuple[str, str]]:
    """(title, id) for every title of every film, in one of the two forms."""
    kinds = (TitleKind.LOOSE_OWN, TitleKind.LOOSE_OTHER) if loosely else (TitleKind.OWN, TitleKind.OTHER)
    rows = db.execute("SELECT title, film FROM titles WHERE kind IN (?, ?) ORDER BY film, kind, title", kinds)
    return [(str(title), str(film)) for title, film in rows]
