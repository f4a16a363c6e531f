"""The token index: the compressed token vectors of every passage, for late interaction, in an SQLite file.

It is derived from the collection. Facts in the same file name the generation of the collection that it was made from,
the collection itself, and what made the vectors; they change in one commit with the rows. An index that is missing,
damaged or of another generation is made again from the embedding cache.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviesearch.embedding.vectors import TokenVectors
from moviesearch.errors import DamagedError, StoreError

from .paging import pages
from .rows import film_of, passage_ids
from .sqlite import Database, PerThread, connect

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
    passage TEXT NOT NULL UNIQUE, film TEXT NOT NULL, count INTEGER NOT NULL, crc INTEGER NOT NULL, tokens BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_film ON tokens (film);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value NOT NULL);
"""
_MARK = 0x6D737469  # "msti"

_FILE = "tokens.sqlite3"

_PAGE_SIZE = 32_768
"""Bytes. The bundled films have rows of 6.5 kB; the file is a sixth larger than they are, with 16 kB a page a third."""

_MAPPED = 1 << 40
"""Bytes of the file that are mapped into memory: all that SQLite maps, 2 GB; reading then takes half the time."""

_PAGE = 500

UNFINISHED = -1
"""The generation of an index to which more is to come."""


class TokenIndex:
    """The passages' token vectors of one collection. Raises DamagedError where the file is no token index.

    For several threads.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / _FILE
        self._connections = PerThread(self._connected)
        self._inode = self.path.stat().st_ino
        self._has_written = False

    def _connected(self) -> Database:
        database = connect(self.path, _SCHEMA, _MARK, page_size=_PAGE_SIZE)
        database.execute(f"PRAGMA mmap_size = {_MAPPED}")
        return database

    @classmethod
    def opened(cls, folder: Path) -> TokenIndex | None:
        """The index in a folder; None where there is none. Raises DamagedError."""
        return cls(folder) if (folder / _FILE).exists() else None

    @classmethod
    def anew(cls, folder: Path, digest: str, collection: str) -> TokenIndex:
        """An empty, unfinished index in a folder, in place of what was there.

        `digest` is of what makes the vectors (`Encoder.token_digest`), `collection` the id of the collection.
        """
        cls.remove(folder)
        index = cls(folder)
        index.clear(digest, collection)
        return index

    @staticmethod
    def remove(folder: Path) -> None:
        """Delete the index in a folder, whatever state it is in."""
        for tail in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                (folder / f"{_FILE}{tail}").unlink()
        with contextlib.suppress(OSError):
            folder.rmdir()

    @property
    def _db(self) -> Database:
        return self._connections.get()

    def was_replaced(self) -> bool:
        """Whether another process has put another file in the place of the one that is open."""
        try:
            return self.path.stat().st_ino != self._inode
        except OSError:
            return True

    # facts

    def _fact(self, name: str) -> object:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return None if row is None else row[0]

    def _number(self, name: str, default: int) -> int:
        value = self._fact(name)
        if not isinstance(value, int | None):
            raise DamagedError(f"{self.path} is damaged ({name} is {str(value)[:40]!r})")
        return default if value is None else value

    def _set(self, facts: Mapping[str, object]) -> None:
        for name, value in facts.items():
            if value is None:
                self._db.execute("DELETE FROM facts WHERE name = ?", [name])
            else:
                self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, value])

    @property
    def generation(self) -> int:
        """The generation of the collection that the index was made from, or UNFINISHED."""
        return self._number("generation", UNFINISHED)

    @property
    def digest(self) -> str | None:
        """The `token_digest` of the encoder that made the vectors."""
        digest = self._fact("digest")
        return None if digest is None else str(digest)

    @property
    def collection(self) -> str | None:
        """The id of the collection that the index belongs to."""
        collection = self._fact("collection")
        return None if collection is None else str(collection)

    # writing

    def write(self, films: Mapping[str, Sequence[tuple[str, TokenVectors]]], generation: int | None) -> None:
        """Replace the rows of films, given as (passage id, token vectors); a film without rows is taken out.

        On return the rows are on the disk. `generation` is that of the collection as it then is; None says that more is
        to come, and leaves the index unfinished. Raises StoreError.
        """
        widths = {tokens.shape[1] for rows in films.values() for _, tokens in rows if len(tokens)}
        self._has_written = True
        with self._db as db:
            db.execute("BEGIN IMMEDIATE")
            widths |= {width} if (width := self._number("bytes", 0)) else set()
            if len(widths) > 1:
                raise StoreError(
                    f"{self.path}: tokens of {sorted(widths)} bytes, where all have as many; "
                    "`moviesearch repair` makes them again"
                )
            db.executemany("DELETE FROM tokens WHERE film = ?", [(film,) for film in films])
            db.executemany(
                "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?)",
                (_row(film, passage, tokens) for film, rows in films.items() for passage, tokens in rows),
            )
            self._set({"generation": generation, "bytes": next(iter(widths), None)})

    def clear(self, digest: str, collection: str) -> None:
        """Delete all rows and facts; see `anew`."""
        self._has_written = True
        with self._db as db:
            db.execute("DELETE FROM tokens")
            db.execute("DELETE FROM facts")
            self._set({"digest": digest, "collection": collection})

    def close(self) -> None:
        """Close the file, for all threads. What was written is in the file itself then, not in SQLite's log."""
        if self._has_written:
            with contextlib.suppress(StoreError):  # what stays in the log is read from there
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._has_written = False
        self._connections.close()

    # reading

    def __len__(self) -> int:
        """The number of passages."""
        db = self._db
        return int(db.recall("passages", lambda: db.execute("SELECT count(*) FROM tokens").fetchone()[0]))

    def tokens(self, passages: Sequence[str]) -> tuple[TokenVectors, NDArray[np.int64]]:
        """The token vectors of passages, given by id: uint8 (all their tokens, bytes of a token), one after the other.

        The second, int64 (passages + 1,), says where each begins, and where the last ends. An unknown passage has none.
        Raises DamagedError.
        """
        blobs: dict[str, bytes] = {}
        for page in pages(passages, _PAGE):
            sql = f"SELECT passage, tokens FROM tokens WHERE passage IN ({','.join('?' * len(page))})"
            blobs.update(self._db.execute(sql, page).fetchall())
        width = self._number("bytes", 0)
        in_turn = [blobs.get(passage, b"") for passage in passages]
        starts = np.zeros(len(in_turn) + 1, np.int64)
        np.cumsum([len(blob) for blob in in_turn], out=starts[1:])
        try:
            joined = np.frombuffer(b"".join(in_turn), np.uint8)
        except TypeError as error:
            raise DamagedError(f"{self.path} is damaged ({error})") from error
        if not len(joined):
            return joined.reshape(0, width), starts
        if not width or (starts % width).any():
            raise DamagedError(f"{self.path} is damaged (a row is no whole number of tokens)")
        return joined.reshape(-1, width), starts // width

    def check(self, sizes: Mapping[str, int]) -> str | None:
        """What is wrong with the rows of films, given by their numbers of passages; None when nothing is."""
        result = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if result != "ok":
            return f"{self.path} is damaged ({result})"
        lacking = {passage for film, size in sizes.items() for passage in passage_ids(film, size)}
        for passage, film, count, crc, blob in self._db.execute("SELECT passage, film, count, crc, tokens FROM tokens"):
            if not isinstance(blob, bytes) or _crc(passage, count, blob) != crc:
                return f"{self.path} is damaged (the token vectors of {passage!r} are not as they were stored)"
            if passage not in lacking or film != film_of(passage):
                return f"{self.path} has token vectors of {passage!r}, which is no passage of {film!r}"
            lacking.remove(passage)
        return f"{self.path} has no token vectors of {min(lacking)!r}" if lacking else None


def _row(film: str, passage: str, tokens: TokenVectors) -> tuple[str, str, int, int, bytes]:
    blob = np.ascontiguousarray(tokens, np.uint8).tobytes()
    return passage, film, len(tokens), _crc(passage, len(tokens), blob), blob


def _crc(passage: str, count: int, tokens: bytes) -> int:
    """CRC-32 of a row's values."""
    return zlib.crc32(tokens, zlib.crc32(f"{passage} {count}".encode()))
