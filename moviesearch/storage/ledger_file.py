"""The ledger's file: its tables, and facts about the collection as a whole."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from moviesearch.errors import DamagedError

from . import following, seen_table, shelf_table
from .following import FOLLOWING, Following
from .seen_table import SeenTable
from .shelf_table import ShelfTable
from .sqlite import Database, PerThread, connect

_SCHEMA = """
CREATE TABLE IF NOT EXISTS films (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, title TEXT NOT NULL, folded TEXT NOT NULL, year INTEGER,
    genres TEXT NOT NULL, plot TEXT NOT NULL, url TEXT, extra TEXT NOT NULL,
    hash TEXT NOT NULL, passages INTEGER NOT NULL, stale INTEGER NOT NULL, state INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS films_order ON films (seq, id);
CREATE INDEX IF NOT EXISTS films_folded ON films (folded);
CREATE INDEX IF NOT EXISTS films_span ON films (year, passages);
CREATE INDEX IF NOT EXISTS films_genres ON films (genres, year, passages);
CREATE INDEX IF NOT EXISTS films_unsettled ON films (id) WHERE state <> 1;
CREATE INDEX IF NOT EXISTS films_counts ON films (state, passages);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_MARK = 0x6D736C65  # "msle"

T = TypeVar("T")


class LedgerFile:
    """The tables of one collection, in an SQLite file. Raises DamagedError when the file is no ledger."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections = PerThread(lambda: _prepared(connect(path, _SCHEMA, _MARK)))
        self._file = _number_of(path)
        self.seen = SeenTable(path, self._connections)
        self.shelf = ShelfTable(self._connections)

    def close(self) -> None:
        """Close the file, for all threads."""
        self._connections.close()

    def was_replaced(self) -> bool:
        """Whether another file lies in the place of the one that is open: another process made the ledger again."""
        return _number_of(self.path) != self._file

    @property
    def _db(self) -> Database:
        return self._connections.get()

    # facts about the collection as a whole

    def fact(self, name: str) -> str | None:
        """The value of a fact, or None where it is not set."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    @property
    def generation(self) -> int:
        """A number that grows with every change of the films; what is derived from them notes it."""
        return self.number("generation", 0)

    def number(self, name: str, default: int) -> int:
        """The value of a fact that is a number, or `default`. Raises DamagedError where it is no number."""
        value = self.fact(name) or str(default)
        if not value.isascii() or not value.isdigit():
            raise DamagedError(f"{self.path} is damaged ({name} is {value[:40]!r})")
        return int(value)

    def _set(self, facts: Mapping[str, object]) -> None:
        for name, value in facts.items():
            if value is None:
                self._db.execute("DELETE FROM facts WHERE name = ?", [name])
            else:
                self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, str(value)])

    # tables that follow from the films

    def _fits(self, table: Following) -> bool:
        """Whether a table is that of the films there are, as today's program makes it."""
        return self.fact(table.FACT) == following.state(table, self.generation)

    def _fit(self, table: Following) -> None:
        """Make a table again where an earlier version of the program wrote films without it."""
        if not self._fits(table):
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                if not self._fits(table):
                    following.make_again(table, self._db)
                    self._set({table.FACT: following.state(table, self.generation)})

    # answers that are kept until something changes

    def recall(self, question: Hashable, answer: Callable[[], T]) -> T:
        """What `answer` returns for a question; it is called again only when the ledger's file has changed."""
        return self._db.recall(question, answer)

    def _recalled(self, sql: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
        """The only row of a query that goes over all films; it is run again only after a change."""
        db = self._db
        row: tuple[Any, ...] = db.recall((sql, *values), lambda: db.execute(sql, list(values)).fetchone())
        return row


def _prepared(db: Database) -> Database:
    for table in FOLLOWING:
        table.prepare(db)
    return shelf_table.prepare(seen_table.prepare(db))


def _number_of(path: Path) -> int | None:
    """The number of a file in its file system; None where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return None
