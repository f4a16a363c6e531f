"""How the project opens its own SQLite files: durable, patient, and with errors that say what to do."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from moviesearch.errors import DamagedError, MismatchError, StoreError

VERSION = 1
"""Of the tables in our files (`user_version`); a file of a higher one was made by a later moviesearch."""

# A file that is short, overwritten or another's. A full disk or a forbidden folder is none of these.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH}
_DAMAGE_WITHIN_IO = {sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_FORBIDDEN_HINT = "a store must lie where it can be written, for searching too: check its permissions, or copy it"


_ANSWERS = 64

T = TypeVar("T")


class _Cursor(sqlite3.Cursor):
    """A cursor whose errors are ours."""

    def execute(self, *told: Any) -> _Cursor:
        with _translated(self.connection):
            super().execute(*told)
        return self

    def executemany(self, *told: Any) -> _Cursor:
        with _translated(self.connection):
            super().executemany(*told)
        return self

    def fetchone(self) -> Any:
        with _translated(self.connection):
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with _translated(self.connection):
            return super().fetchall()

    def __next__(self) -> Any:
        with _translated(self.connection):
            return super().__next__()


class Database(sqlite3.Connection):
    """A connection whose errors are ours: DamagedError for a broken file, StoreError for all else."""

    path = ""

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        self._recalled: tuple[object, dict[object, Any]] = (None, {})

    def recall(self, question: object, answer: Callable[[], T]) -> T:
        """An answer that holds until the file changes; the last 64 are kept."""
        state = self.state()
        if self._recalled[0] != state:
            self._recalled = state, {}
        answers = self._recalled[1]
        if question not in answers:
            if len(answers) == _ANSWERS:
                del answers[next(iter(answers))]
            answers[question] = answer()
        return answers[question]  # type: ignore[no-any-return]

    def state(self) -> tuple[int, int]:
        """What changes whenever the file does, by this connection or another."""
        return self.execute("PRAGMA data_version").fetchone()[0], self.total_changes

    def cursor(self, factory: Callable[..., Any] = _Cursor) -> Any:  # type: ignore[override]
        """A cursor whose errors are ours."""
        return super().cursor(factory)

    def execute(self, *told: Any) -> Any:
        """Run one statement."""
        return self.cursor().execute(*told)

    def executemany(self, *told: Any) -> Any:
        """Run one statement for many rows."""
        return self.cursor().executemany(*told)

    def __exit__(self, *told: Any) -> Any:
        with _translated(self):
            return super().__exit__(*told)


class PerThread:
    """A file opened once in each thread that uses it, so that no thread sees another's unfinished work."""

    def __init__(self, connecting: Callable[[], Database]) -> None:
        self._connecting = connecting
        self._lock = threading.Lock()
        self._opened: dict[threading.Thread, Database] = {}
        self.get()

    def get(self) -> Database:
        """This thread's connection."""
        thread = threading.current_thread()
        with self._lock:
            if thread not in self._opened:
                for gone in [other for other in self._opened if not other.is_alive()]:
                    self._opened.pop(gone).close()
                self._opened[thread] = self._connecting()
            return self._opened[thread]

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            while self._opened:
                self._opened.popitem()[1].close()


def connect(path: Path, schema: str, mark: int, *, set_aside_if_damaged: bool = False) -> Database:
    """Open or make an SQLite file whose commits survive a power cut.

    `mark` (`application_id`) tells one kind of file from another. A file that is no database, or is
    of another kind, raises DamagedError, or is moved aside (`NAME.damaged-TIME`) and made anew.
    Raises MismatchError for one made by a later moviesearch, StoreError where it can't be opened.
    """
    try:
        return _open(path, schema, mark)
    except DamagedError:
        if not set_aside_if_damaged:
            raise
        set_aside(path)
        return _open(path, schema, mark)


def set_aside(path: Path) -> None:
    """Rename a damaged file, and what SQLite keeps beside it, so that a new one can be begun."""
    now = time.time_ns()
    for tail in ("", "-wal", "-shm"):
        part = path.with_name(path.name + tail)
        if part.exists():
            part.rename(part.with_name(f"{part.name}.damaged-{now}"))


def _open(path: Path, schema: str, mark: int) -> Database:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=60, check_same_thread=False, factory=Database)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} can't be opened ({error}); {_FORBIDDEN_HINT}") from error
    database.path = str(path)
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        kind = database.execute("PRAGMA application_id").fetchone()[0]
        if kind == mark and version > VERSION:
            raise MismatchError(
                f"{path} has format {version}, and this moviesearch knows {VERSION}. "
                "Upgrade it: pip install -U moviesearch"
            )
        if kind != mark and database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise DamagedError(f"{path} is another kind of file")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        if kind != mark or version != VERSION:
            with database:
                database.execute("BEGIN IMMEDIATE")
                for statement in schema.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA application_id = {mark}")
                database.execute(f"PRAGMA user_version = {VERSION}")
        return database
    except BaseException:
        database.close()
        raise


@contextmanager
def _translated(database: sqlite3.Connection) -> Iterator[None]:
    where = getattr(database, "path", "")
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: a text that is no UTF-8
        said = str(error)
        if code in _DAMAGE_WITHIN_IO or code & 0xFF in _DAMAGE or said.startswith("no such"):
            raise DamagedError(f"{where} is damaged ({said})") from error
        hint = _FORBIDDEN_HINT if code & 0xFF in _FORBIDDEN else "check free space, and run it again"
        raise StoreError(f"{where}: {said}; {hint}") from error
