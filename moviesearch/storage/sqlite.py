"""The project's own SQLite files: commits survive a power cut, locks are waited for, errors say what to do."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from moviesearch.atomic import make_folders
from moviesearch.errors import DamagedError, MismatchError, StoreError

VERSION = 1
"""Version of the tables (`user_version`); a file of a higher one was made by a later moviesearch."""

# Codes for a file that is cut short, overwritten or of another program; a full disk or missing rights are no damage.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH}
_DAMAGE_WITHIN_IO = {sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
_FORBIDDEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_FORBIDDEN_HINT = "a store must lie where it can be written, for searching too: check its permissions, or copy it"

_PATIENCE = 60
"""Seconds to wait for a lock."""

_BEGINNING = 1
"""Seconds within which others who begin the same file are done with its first page."""

_RECALLED = 64
"""Answers that `Database.recall` keeps."""

T = TypeVar("T")


class _Cursor(sqlite3.Cursor):
    """A cursor whose errors are ours."""

    def execute(self, *args: Any) -> _Cursor:
        with _translated(self.connection):
            super().execute(*args)
        return self

    def executemany(self, *args: Any) -> _Cursor:
        with _translated(self.connection):
            super().executemany(*args)
        return self

    def fetchone(self) -> Any:
        with _translated(self.connection):
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with _translated(self.connection):
            return super().fetchall()

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        with _translated(self.connection):
            yield from iter(super().__next__, None)  # no row is None

    def __next__(self) -> Any:
        with _translated(self.connection):
            return super().__next__()


class Database(sqlite3.Connection):
    """A connection whose errors are ours: DamagedError for a broken file, StoreError for all else."""

    path = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._recalled_in: object = None
        self._recalled: dict[object, Any] = {}

    def recall(self, question: object, answer: Callable[[], T]) -> T:
        """The answer to a question, computed once for each state of the file; the last 64 are kept."""
        state = self.state()
        if self._recalled_in != state:
            self._recalled_in, self._recalled = state, {}
        answers = self._recalled
        if question not in answers:
            if len(answers) == _RECALLED:
                del answers[next(iter(answers))]
            answers[question] = answer()
        return answers[question]  # type: ignore[no-any-return]

    def state(self) -> tuple[int, int]:
        """Two numbers, of which one changes whenever the file does, through this connection or another."""
        return self.execute("PRAGMA data_version").fetchone()[0], self.total_changes

    def cursor(self, factory: Callable[..., Any] = _Cursor) -> Any:  # type: ignore[override]
        """A cursor whose errors are ours."""
        return super().cursor(factory)

    def execute(self, *args: Any) -> Any:
        """Run one statement."""
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:
        """Run one statement for many rows."""
        return self.cursor().executemany(*args)

    def __exit__(self, *args: Any) -> Any:
        with _translated(self):
            return super().__exit__(*args)


class PerThread:
    """A connection for each thread that uses a file, so that no thread sees what another has not committed."""

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
                for ended in [other for other in self._opened if not other.is_alive()]:
                    self._opened.pop(ended).close()
                self._opened[thread] = self._connecting()
            return self._opened[thread]

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            while self._opened:
                self._opened.popitem()[1].close()


def connect(
    path: Path,
    schema: str,
    mark: int,
    *,
    set_aside_if_damaged: bool = False,
    page_size: int = 4096,
    added: str = "",
) -> Database:
    """Open or make an SQLite file whose commits survive a power cut.

    `mark` (`application_id`) tells one kind of file from another. A file that is no database, or is
    of another kind, raises DamagedError; with `set_aside_if_damaged` it is renamed, and a new one made.
    `page_size` is that of a new file, in bytes. `added` makes a table that files of earlier versions lack.
    Raises MismatchError for one made by a later moviesearch, StoreError where it can't be opened.
    """
    try:
        return _open(path, schema, mark, page_size, added)
    except DamagedError:
        if not set_aside_if_damaged:
            raise
        set_aside(path)
        return _open(path, schema, mark, page_size, added)


def set_aside(path: Path) -> None:
    """Rename a damaged file, and what SQLite keeps beside it, to `NAME.damaged-TIME`, with the time in ns."""
    suffix = f".damaged-{time.time_ns()}"
    for tail in ("", "-wal", "-shm"):
        file = path.with_name(path.name + tail)
        if file.exists():
            file.rename(file.with_name(file.name + suffix))


def _open(path: Path, schema: str, mark: int, page_size: int, added: str) -> Database:
    try:
        make_folders(path.parent)
        database = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False, factory=Database)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} can't be opened ({error}); {_FORBIDDEN_HINT}") from error
    database.path = str(path)
    try:
        with database:
            database.execute("BEGIN")  # all of one moment: another process may be making the file
            version = database.execute("PRAGMA user_version").fetchone()[0]
            kind = database.execute("PRAGMA application_id").fetchone()[0]
            tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if kind == mark and version > VERSION:
            raise MismatchError(
                f"{path} has format {version}, and this moviesearch knows {VERSION}. "
                "Upgrade it: pip install -U moviesearch"
            )
        if kind != mark and tables:
            raise DamagedError(f"{path} is another kind of file")
        database.execute(f"PRAGMA page_size = {page_size}")
        _log_ahead(database, path)
        database.execute("PRAGMA synchronous = FULL")
        if kind != mark or version != VERSION:
            with database:
                database.execute("BEGIN IMMEDIATE")
                for statement in schema.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA application_id = {mark}")
                database.execute(f"PRAGMA user_version = {VERSION}")
        if added:
            database.execute(added)
        return database
    except BaseException:
        database.close()
        raise


def _log_ahead(database: Database, path: Path) -> None:
    """Have a file write ahead. SQLite itself doesn't wait where several do that at once, and would where none will."""
    began = time.monotonic()
    database.execute("PRAGMA busy_timeout = 0")
    while True:
        try:
            database.cursor(sqlite3.Cursor).execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            waited = time.monotonic() - began
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or waited > _PATIENCE:
                with _translated(database):
                    raise
            if waited > _BEGINNING and _was_emptied(path):
                raise DamagedError(f"{path} is damaged (empty, while another process has it open)") from error
        time.sleep(0.01)
    database.execute(f"PRAGMA busy_timeout = {_PATIENCE * 1000}")


def _was_emptied(path: Path) -> bool:
    """Whether a file is empty that once wrote ahead. One that others are just making gets its log after its first page.

    Who has an emptied file open keeps the lock that is waited for, for as long as it is open.
    """
    with contextlib.suppress(FileNotFoundError):  # set aside by another process
        return path.with_name(path.name + "-shm").exists() and path.stat().st_size == 0
    return False


@contextlib.contextmanager
def _translated(database: sqlite3.Connection) -> Iterator[None]:
    """Errors of SQLite as DamagedError or StoreError."""
    where = getattr(database, "path", "")
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # a text that is no UTF-8 has no code
        message = str(error)
        if code in _DAMAGE_WITHIN_IO or code & 0xFF in _DAMAGE or message.startswith("no such"):
            raise DamagedError(f"{where} is damaged ({message})") from error
        hint = _FORBIDDEN_HINT if code & 0xFF in _FORBIDDEN else "check free space, and run it again"
        raise StoreError(f"{where}: {message}; {hint}") from error
