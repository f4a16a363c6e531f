"""The ledger's table of the parts of long titles, folded, by which people name films (`title_parts`).

The table follows from the films, as `titles_table` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .sqlite import Database
from .title_folding import VERSION as FOLDING
from .title_folding import fold_title, other_titles
from .title_parts import title_parts

FACT = "parts"
"""The fact that tells at which generation the table fits."""

VERSION = 1000 * FOLDING + 1

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS parts (part TEXT, begins INTEGER, film TEXT, PRIMARY KEY (part, begins, film))"
    " WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS parts_film ON parts (film)",
)


class OfPart(NamedTuple):
    """The films whose titles have a part, id -> year, and whether they begin with it.

    They are all that begin with it, else the only one that ends with it.
    """

    films: dict[str, int | None]
    begins: bool


def prepare(db: Database) -> Database:
    """Add the table to a ledger that lacks it."""
    for statement in _SCHEMA:
        db.execute(statement)
    return db


def enter(db: Database, films: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
    """Note the parts of films' titles; films are given as (id, title, extra). Within a transaction."""
    rows: list[tuple[str, bool, str]] = []
    ids: list[str] = []
    for film, title, extra in films:
        ids.append(film)
        rows += [(part, begins, film) for name in (title, *other_titles(extra)) for part, begins in title_parts(name)]
    remove(db, ids)
    db.executemany("INSERT OR IGNORE INTO parts VALUES (?, ?, ?)", rows)


def remove(db: Database, films: Iterable[str]) -> None:
    """Forget films. Within a transaction."""
    db.executemany("DELETE FROM parts WHERE film = ?", [(film,) for film in films])


def clear(db: Database) -> None:
    """Forget all films. Within a transaction."""
    db.execute("DELETE FROM parts")


def films_of(db: Database, part: str) -> OfPart:
    """The films that a part names."""
    sql = (
        "SELECT begins, film, year FROM parts JOIN films ON films.id = parts.film WHERE part = ?"
        " ORDER BY begins, year, film"
    )
    rows = db.execute(sql, (fold_title(part),)).fetchall()
    if beginning := {str(film): year for begins, film, year in rows if begins}:
        return OfPart(beginning, begins=True)
    return OfPart({str(film): year for _, film, year in rows} if len(rows) == 1 else {}, begins=False)
