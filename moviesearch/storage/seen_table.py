"""The ledger's table of what people have seen, and its copy in a file beside the ledger.

A mark says that a person has seen a film, or has not although the film's record says so. It names the film by its id
and by title and year, so that it outlasts the id; of a film that is not in the collection it has title and year alone.
A mark can't be had again from any source. So each change is written to the ledger and to a copy, `seen.jsonl`, before
it is acknowledged, and a ledger that has to be made again takes the marks from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moviesearch.atomic import replacing
from moviesearch.errors import StoreError

from .sqlite import Database, PerThread, set_aside
from .title_folding import fold_title

COPY = "seen.jsonl"
"""The name of the copy beside the ledger: a mark a line, as JSON."""

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS seen (person TEXT NOT NULL, key TEXT NOT NULL, film TEXT NOT NULL, title TEXT NOT NULL,"
    " year INTEGER, seen INTEGER NOT NULL, PRIMARY KEY (person, key)) WITHOUT ROWID"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """That a person has seen a film, or with `seen` False that they have not. `film` is its id, "" for a film unknown.

    A person without a name is "".
    """

    person: str
    film: str
    title: str
    year: int | None = None
    seen: bool = True

    @property
    def key(self) -> str:
        """What a person has one mark of: the film, or for a film unknown its title, however written, and year."""
        return f"film {self.film}" if self.film else f"title {self.year or ''} {fold_title(self.title)}"


def prepare(db: Database) -> Database:
    """Add the table to a ledger that lacks it."""
    db.execute(SCHEMA)
    return db


class SeenTable:
    """The marks in a ledger's file. Raises DamagedError where they can't be read, StoreError where not written.

    A table without any mark is that of a new ledger, or all were taken back, and then the copy has none either.
    """

    def __init__(self, ledger: Path, connections: PerThread) -> None:
        self._connections = connections
        self._copy = ledger.with_name(COPY)

    def of(self, person: str) -> list[Mark]:
        """A person's marks, by title."""
        return self._read("WHERE person = ?", [person])

    def all(self) -> list[Mark]:
        """The marks of all people."""
        return self._read("")

    def _read(self, condition: str, values: Sequence[str] = ()) -> list[Mark]:
        sql = f"SELECT person, film, title, year, seen FROM seen {condition} ORDER BY person, title, year, key"
        rows = self._connections.get().execute(sql, values).fetchall()
        if not rows and self.take_copy()[0]:
            rows = self._connections.get().execute(sql, values).fetchall()
        return _marks(rows)

    def change(self, put: Sequence[Mark], drop: Sequence[Mark] = ()) -> None:
        """Make marks, in place of those of the same key, and take others back. On return all is on the disk.

        Raises StoreError where that can't be; nothing has changed then.
        """
        self.take_copy()
        db = self._connections.get()
        with db:
            db.execute("BEGIN IMMEDIATE")  # one writer at a time: the copy is of this table
            db.executemany("DELETE FROM seen WHERE person = ? AND key = ?", [(mark.person, mark.key) for mark in drop])
            db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?)", [_row(mark) for mark in put])
            self._write_copy(self.all())

    def _write_copy(self, marks: Iterable[Mark]) -> None:
        try:
            with replacing(self._copy) as file:
                file.writelines(f"{line}\n" for line in lines(marks))
        except OSError as error:
            raise StoreError(f"{self._copy} can't be written ({error.strerror or error}); check free space") from error

    def copy_again(self) -> None:
        """Write the copy anew. Raises StoreError where that can't be."""
        self.take_copy()
        db = self._connections.get()
        with db:
            db.execute("BEGIN IMMEDIATE")
            if marks := self.all():
                self._write_copy(marks)

    def copy_if_gone(self) -> None:
        """Write the copy anew where it is gone, before the ledger may go too. Where that can't be, `wrong` tells."""
        if not self._copy.exists() and self._has_any(self._connections.get()):
            with suppress(StoreError):
                self.copy_again()

    def wrong(self) -> str | None:
        """What is wrong with the copy, or None. A writer that was killed may have left a mark more in it, or less."""
        if not self._has_any(self._connections.get()):
            return None
        copied = self._copied()
        if not copied and not self._copy.exists():
            return f"{self._copy} is gone"
        return f"{self._copy} is damaged" if read(copied)[1] else None

    def take_copy(self) -> tuple[int, int]:
        """Enter the marks of the copy in a table that has none; returns (marks entered, lines that can't be read).

        A copy with such lines is set aside, and so kept.
        """
        db = self._connections.get()
        if db.in_transaction or self._has_any(db) or not self._copied():
            return 0, 0
        with db:
            db.execute("BEGIN IMMEDIATE")
            if self._has_any(db):  # another process was quicker
                return 0, 0
            marks, unread = read(self._copied())
            db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?, ?)", [_row(mark) for mark in marks])
            if unread:
                set_aside(self._copy)
                self._write_copy(marks)
        return len(marks), unread

    def _has_any(self, db: Database) -> bool:
        return bool(db.execute("SELECT EXISTS (SELECT 1 FROM seen)").fetchone()[0])

    def _copied(self) -> str:
        """What the copy holds; nothing where it can't be read."""
        try:
            return self._copy.read_bytes().decode("utf-8", "replace")
        except OSError:
            return ""


def lines(marks: Iterable[Mark]) -> Iterator[str]:
    """Marks as JSON, one a line, without line ends."""
    for mark in marks:
        yield json.dumps(record_of(mark), ensure_ascii=True)


def read(text: str) -> tuple[list[Mark], int]:
    """The marks of such lines, and how many lines could not be read."""
    marks: list[Mark] = []
    unread = 0
    for line in text.splitlines():
        if line.strip():
            try:
                marks.append(mark_of(json.loads(line)))
            except (KeyError, TypeError, ValueError, RecursionError):
                unread += 1
    return marks, unread


def record_of(mark: Mark) -> dict[str, Any]:
    """A mark as a JSON object."""
    # `asdict` takes ten times as long, and there may be thousands.
    return {"person": mark.person, "film": mark.film, "title": mark.title, "year": mark.year, "seen": mark.seen}


def mark_of(record: Mapping[str, Any]) -> Mark:
    """The mark of a JSON object. Raises KeyError, TypeError or ValueError where it is none."""
    mark = Mark(record["person"], record["film"], record["title"], record["year"], record.get("seen", True))
    texts = (mark.person, mark.film, mark.title)
    if not all(isinstance(text, str) for text in texts) or not isinstance(mark.seen, bool):
        raise TypeError("a text or a truth value is none")
    if mark.year is not None and (not isinstance(mark.year, int) or isinstance(mark.year, bool)):
        raise TypeError("the year is no number")
    "".join(texts).encode()  # half a character is no text
    return mark


def _row(mark: Mark) -> tuple[str, str, str, str, int | None, bool]:
    return mark.person, mark.key, mark.film, mark.title, mark.year, mark.seen


def _marks(rows: Iterable[tuple[Any, ...]]) -> list[Mark]:
    """Rows as marks; a year that is no number counts as unknown."""
    return [
        Mark(str(person), str(film), str(title), year if isinstance(year, int) else None, bool(seen))
        for person, film, title, year, seen in rows
    ]
