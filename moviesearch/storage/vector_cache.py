"""The embedding cache: the vectors' second home.

Every vector is here, durably and with a checksum, before its row counts as stored. So a text is
embedded once in the life of a store, and a broken index is rebuilt without embedding anything.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from moviesearch.errors import DamagedError

from .sqlite import Database, connect, set_aside

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    model BLOB NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (model, text)
);
"""
_MARK = 0x6D736563  # "msec"

_PAGE = 500

T = TypeVar("T")


def text_key(text: str) -> bytes:
    """The first 16 bytes of a text's sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


class VectorCache:
    """(model digest, text) -> float32 vector, in an SQLite file. A damaged file is set aside and begun anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = self._open()

    def get(self, digest: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are known, by text."""
        by_key = {text_key(text): text for text in texts}
        keys, model = list(by_key), _model_key(digest)

        def look(db: Database) -> dict[str, NDArray[np.float32]]:
            found: dict[str, NDArray[np.float32]] = {}
            for start in range(0, len(keys), _PAGE):
                page = keys[start : start + _PAGE]
                marks = ",".join("?" * len(page))
                sql = f"SELECT text, vector, crc FROM vectors WHERE model = ? AND text IN ({marks})"
                for key, blob, crc in db.execute(sql, [model, *page]):
                    if key in by_key and _crc(model, key, blob) == crc:
                        found[by_key[key]] = np.frombuffer(blob, np.float32)
            return found

        return self._done(look)

    def put(self, digest: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors; on return they are on the disk."""
        model = _model_key(digest)
        rows: list[tuple[bytes, bytes, bytes, int]] = []
        for text, vector in vectors.items():
            key, blob = text_key(text), np.ascontiguousarray(vector, np.float32).tobytes()
            rows.append((model, key, blob, _crc(model, key, blob)))

        def keep(db: Database) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

        self._done(keep)

    def __len__(self) -> int:
        """How many vectors are kept, of all models."""
        return int(self._done(lambda db: db.execute("SELECT count(*) FROM vectors").fetchone()[0]))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _open(self) -> Database:
        return connect(self.path, _SCHEMA, _MARK, set_aside_if_damaged=True)

    def _done(self, work: Callable[[Database], T]) -> T:
        """Do some work; where the file turns out to be damaged, with a new one."""
        try:
            return work(self._db)
        except DamagedError:
            self._db.close()
            set_aside(self.path)
            self._db = self._open()
            return work(self._db)


def _model_key(digest: str) -> bytes:
    return hashlib.sha256(digest.encode()).digest()[:8]


def _crc(*parts: object) -> int:
    """Of what a row says: one that was overwritten counts as not there."""
    return zlib.crc32(b"".join(part for part in parts if isinstance(part, bytes)))
