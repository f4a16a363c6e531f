"""The embedding cache: a replica of the vectors.

A vector is in it, on the disk and with a checksum, before its row counts as committed. So a text is
embedded once in the life of a store, and a damaged index is made again without embedding anything.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from moviesearch.embedding.shipped import text_key
from moviesearch.errors import DamagedError

from .paging import pages
from .sqlite import Database, connect, set_aside

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    model BLOB NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (model, text)
);
"""
_MARK = 0x6D736563  # "msec"

_PAGE = 500

T = TypeVar("T")


class VectorCache:
    """(model digest, text) -> float32 vector (d,), in an SQLite file. A damaged file is set aside and begun anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = self._open()

    def get(self, digest: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The cached vectors among those of `texts`, by text; one whose checksum is wrong counts as missing."""
        by_key = {text_key(text): text for text in texts}
        model = _model_key(digest)

        def select(db: Database) -> dict[str, NDArray[np.float32]]:
            vectors: dict[str, NDArray[np.float32]] = {}
            for page in pages(list(by_key), _PAGE):
                marks = ",".join("?" * len(page))
                sql = f"SELECT text, vector, crc FROM vectors WHERE model = ? AND text IN ({marks})"
                for key, blob, crc in db.execute(sql, [model, *page]):
                    if key in by_key and _crc(model, key, blob) == crc:
                        vectors[by_key[key]] = np.frombuffer(blob, np.float32)
            return vectors

        return self._run(select)

    def put(self, digest: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Cache vectors, given by text; on return they are on the disk."""
        model = _model_key(digest)
        rows: list[tuple[bytes, bytes, bytes, int]] = []
        for text, vector in vectors.items():
            key, blob = text_key(text), np.ascontiguousarray(vector, np.float32).tobytes()
            rows.append((model, key, blob, _crc(model, key, blob)))

        def insert(db: Database) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)

        self._run(insert)

    def __len__(self) -> int:
        """The number of vectors, of all models."""
        return int(self._run(lambda db: db.execute("SELECT count(*) FROM vectors").fetchone()[0]))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _open(self) -> Database:
        return connect(self.path, _SCHEMA, _MARK, set_aside_if_damaged=True)

    def _run(self, task: Callable[[Database], T]) -> T:
        """What a task returns; where the file turns out to be damaged, it is run with a new one."""
        try:
            return task(self._db)
        except DamagedError:
            self._db.close()
            set_aside(self.path)
            self._db = self._open()
            return task(self._db)


def _model_key(digest: str) -> bytes:
    return hashlib.sha256(digest.encode()).digest()[:8]


def _crc(*values: object) -> int:
    """CRC-32 of a row's values."""
    return zlib.crc32(b"".join(value for value in values if isinstance(value, bytes)))
