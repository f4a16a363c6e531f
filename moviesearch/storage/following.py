"""The tables of a ledger that follow from its films, each in a module of its own.

Whoever stores films keeps them up. The fact `FACT` tells at which generation, and made by which version, a table fits
the films; where an earlier version of the program wrote films without it, it is made again when it is next needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from moviesearch.errors import DamagedError

from . import attributes_table, parts_table, titles_table, watched_table
from .sqlite import Database


class Following(Protocol):
    """A module of a table that follows from the films."""

    FACT: str
    VERSION: int

    def prepare(self, db: Database) -> Database:
        """Add the table to a ledger that lacks it."""

    def enter(self, db: Database, films: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Take in films, given as (id, title, extra)."""

    def remove(self, db: Database, films: Iterable[str]) -> None:
        """Forget films."""

    def clear(self, db: Database) -> None:
        """Forget all films."""


FOLLOWING: tuple[Following, ...] = (titles_table, parts_table, attributes_table, watched_table)


def state(table: Following, generation: int) -> str:
    """The fact of a ledger whose table fits its films at a generation."""
    return f"{table.VERSION} {generation}"


def make_again(table: Following, db: Database) -> None:
    """Take all films into a table anew. Within a transaction. Raises DamagedError for a film that can't be read."""
    try:
        rows = db.execute("SELECT id, title, extra FROM films")
        films = [(film, title, json.loads(extra)) for film, title, extra in rows]
    except (TypeError, ValueError) as error:
        raise DamagedError(f"{db.path} is damaged (the other fields of a film: {error})") from error
    table.clear(db)
    table.enter(db, films)
