"""The tables of a ledger that follow from its films, each in a module of its own.

Whoever stores films keeps them up. The fact `FACT` tells at which generation, and made by which version, a table fits
the films; where an earlier version of the program wrote films without it, it is made again when it is next needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from . import attributes_table, titles_table, watched_table
from .sqlite import Database


class Following(Protocol):
    """A module of a table that follows from the films."""

    FACT: str

    def prepare(self, db: Database) -> Database:
        """Add the table to a ledger that lacks it."""

    def state(self, generation: int) -> str:
        """The fact of a ledger where it fits the films."""

    def enter(self, db: Database, films: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Take in films, given as (id, title, extra)."""

    def remove(self, db: Database, films: Iterable[str]) -> None:
        """Forget films."""

    def clear(self, db: Database) -> None:
        """Forget all films."""

    def make_again(self, db: Database) -> None:
        """Take in all films anew."""


FOLLOWING: tuple[Following, ...] = (titles_table, attributes_table, watched_table)
