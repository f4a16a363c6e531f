"""The wiki's answers, stored on disk: no page is requested twice, however often a fetch is stopped."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from pathlib import Path
from types import TracebackType

from moviesearch.errors import LockedError, StoreError


class Answers:
    """Request -> answer; each is on the disk before it is used. One process at a time has the file."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises LockedError when another process has it, StoreError when it is damaged."""
        self.path = path
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("BEGIN EXCLUSIVE")
            self._database.execute("CREATE TABLE IF NOT EXISTS answers (request TEXT PRIMARY KEY, body BLOB NOT NULL)")
            self._database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise _problem(path, error) from error

    def __enter__(self) -> Answers:
        """Use it in a `with` statement, which closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def __len__(self) -> int:
        """Count the answers."""
        with self._lock:
            return int(self._database.execute("SELECT count(*) FROM answers").fetchone()[0])

    def get(self, request: str) -> bytes | None:
        """Return the answer to a request, or None. Raises StoreError for a damaged file."""
        try:
            with self._lock:
                row = self._database.execute("SELECT body FROM answers WHERE request = ?", (request,)).fetchone()
            return None if row is None else zlib.decompress(row[0])
        except (sqlite3.DatabaseError, zlib.error) as error:
            raise _problem(self.path, error) from error

    def put(self, request: str, body: bytes) -> None:
        """Store an answer; it is on the disk when this returns. Raises StoreError."""
        try:
            with self._lock:
                self._database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (request, zlib.compress(body)))
        except sqlite3.DatabaseError as error:
            raise _problem(self.path, error) from error

    def close(self) -> None:
        """Close the file and let another process have it."""
        with self._lock:
            self._database.close()


def _problem(path: Path, error: Exception) -> StoreError:
    text = str(error)
    if "locked" in text:
        return LockedError(f"another process is working with {path}: wait until it is done, or stop it")
    if "unable to open" in text:
        return StoreError(f"{path} can't be made: check that its folder is there and can be written to")
    if "full" in text:
        return StoreError(f"no room left on the disk for {path}: make room and run the same command again")
    return StoreError(f"{path} is damaged ({text}): delete it and start the fetch anew")
