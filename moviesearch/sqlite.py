"""How the project opens its own SQLite files: durable, patient, and checked."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from .errors import DamagedError, StoreError


def connect(path: Path, schema: str, *, set_aside_if_damaged: bool = False) -> sqlite3.Connection:
    """Open or make an SQLite file whose commits survive a power cut.

    A file that is no database, or has other tables than `schema`, raises DamagedError, or is moved
    aside (`NAME.damaged-TIME`) and made anew. Raises StoreError where the file can't be opened.
    """
    try:
        return _open(path, schema)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not _looks_damaged(error):
            raise StoreError(f"{path} can't be opened ({error}); check permissions and free space") from error
        if not set_aside_if_damaged:
            raise DamagedError(f"{path} is damaged ({error})") from error
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        path.rename(aside)
        for tail in ("-wal", "-shm"):
            path.with_name(path.name + tail).unlink(missing_ok=True)
        return _open(path, schema)


def _open(path: Path, schema: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=60, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(schema)
        return database
    except BaseException:
        database.close()
        raise


def _looks_damaged(error: sqlite3.OperationalError) -> bool:
    said = str(error)
    return any(sign in said for sign in ("malformed", "not a database", "disk I/O error", "already exists", "no such"))
