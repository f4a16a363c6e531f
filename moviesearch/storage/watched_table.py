"""The ledger's table of the films that were watched by what their records say (`watched`, `playcount`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .sqlite import Database

FACT = "watched"
"""The fact that tells at which generation the table fits."""

VERSION = 1
_FLAGS = ("watched", "playcount")
_YES = ("true", "yes", "y", "x", "✓", "✔")


def prepare(db: Database) -> Database:
    """Add the table to a ledger that lacks it."""
    db.execute("CREATE TABLE IF NOT EXISTS watched (film TEXT PRIMARY KEY) WITHOUT ROWID")
    return db


def enter(db: Database, films: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
    """Note which of some films, given as (id, title, extra), were watched. Within a transaction."""
    watched: list[tuple[str]] = []
    ids: list[str] = []
    for film, _, extra in films:
        ids.append(film)
        watched += [(film,)] if is_watched(extra) else []
    remove(db, ids)
    db.executemany("INSERT INTO watched VALUES (?)", watched)


def remove(db: Database, films: Iterable[str]) -> None:
    """Forget films. Within a transaction."""
    db.executemany("DELETE FROM watched WHERE film = ?", [(film,) for film in films])


def clear(db: Database) -> None:
    """Forget all films. Within a transaction."""
    db.execute("DELETE FROM watched")


def films(db: Database) -> frozenset[str]:
    """The ids of the films that were watched."""
    return frozenset(str(film) for (film,) in db.execute("SELECT film FROM watched"))


def is_watched(extra: Mapping[str, Any]) -> bool:
    """Whether a record says that its film was watched: `watched`, or a `playcount` above zero."""
    return any(name.casefold().replace("_", "") in _FLAGS and _is_yes(value) for name, value in extra.items())


def _is_yes(value: object) -> bool:
    """Whether a flag or count, or a text of one, says yes."""
    if isinstance(value, str):
        text = value.strip().casefold()
        return text in _YES or (text.isdecimal() and int(text) > 0)
    return isinstance(value, (bool, int, float)) and value > 0
