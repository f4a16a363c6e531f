"""What people have seen, kept with a collection: in the ledger of a folder, or in rows on a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from moviesearch.storage.ledger import Ledger
from moviesearch.storage.seen_table import Mark

if TYPE_CHECKING:
    from moviesearch.storage.server.seen_rows import SeenRows

_PEOPLE_KEPT = 64
"""People whose marks are kept in memory."""


Titles = dict[tuple[str, int | None], list[str]]
"""(title, year) -> the ids of the films that it means."""


class Meanings:
    """What the titles of marks mean, kept as long as the films are the same: looking them up takes its time."""

    def __init__(self) -> None:
        self._generation: int | None = None
        self._titles: Titles = {}

    def at(self, generation: int) -> Titles:
        """What is known at a generation of the films, to be added to."""
        if self._generation != generation:
            self._generation, self._titles = generation, {}
        return self._titles


class Marks(Protocol):
    """The marks of a collection, each made by one person."""

    meanings: Meanings

    def version(self) -> object:
        """What is another one after each change that the ledger's file does not show."""

    def of(self, person: str) -> Sequence[Mark]:
        """A person's marks. Raises DamagedError where they can't be read."""

    def all(self) -> list[Mark]:
        """The marks of all people."""

    def change(self, put: Sequence[Mark], drop: Sequence[Mark] = ()) -> None:
        """Make marks, in place of those of the same key, and take others back; on return they are on the disk.

        Nothing that others mark meanwhile is lost. It may be called while another process stores films, but not
        within `reading`.
        """


class FolderMarks:
    """The marks in the ledger of a folder. While `changing` nobody puts another ledger in its place."""

    def __init__(self, ledger: Callable[[], Ledger], changing: Callable[[], AbstractContextManager[None]]) -> None:
        self._ledger, self._changing = ledger, changing
        self.meanings = Meanings()

    def version(self) -> None:
        """None: the ledger's file shows each change."""
        return None

    def of(self, person: str) -> list[Mark]:
        """A person's marks. Raises DamagedError where they can't be read."""
        return self._ledger().seen.of(person)

    def all(self) -> list[Mark]:
        """The marks of all people."""
        return self._ledger().seen.all()

    def change(self, put: Sequence[Mark], drop: Sequence[Mark] = ()) -> None:
        """Make marks and take others back, on the disk. Raises StoreError where that can't be."""
        if put or drop:
            with self._changing():
                self._ledger().seen.change(put, drop)


class ServerMarks:
    """The marks on a server. Those of a person are read again when any have changed."""

    def __init__(self, rows: SeenRows) -> None:
        self._rows = rows
        self.meanings = Meanings()
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, list[Mark]]] = {}  # person -> (version, marks)

    def version(self) -> str:
        """The version of the server's rows, which is asked for."""
        return self._rows.version()

    def of(self, person: str) -> list[Mark]:
        """A person's marks."""
        version = self._rows.version()
        with self._lock:
            known = self._known.get(person)
        if known and known[0] == version:
            return known[1]
        marks = self._rows.read(person)
        with self._lock:
            if len(self._known) >= _PEOPLE_KEPT:
                self._known.clear()
            self._known[person] = (version, marks)
        return marks

    def all(self) -> list[Mark]:
        """The marks of all people."""
        return self._rows.read()

    def change(self, put: Sequence[Mark], drop: Sequence[Mark] = ()) -> None:
        """Make marks and take others back; on return the server has them."""
        if put or drop:
            self._rows.change(put, drop)
