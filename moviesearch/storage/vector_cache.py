"""The embedding cache: a replica of the vectors and token vectors.

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
from moviesearch.embedding.vectors import TokenVectors
from moviesearch.errors import DamagedError

from .paging import pages
from .sqlite import Database, connect, set_aside

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    model BLOB NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (model, text)
);
"""
_TOKENS_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
    model BLOB NOT NULL, text BLOB NOT NULL, count INTEGER NOT NULL, tokens BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (model, text)
)
"""
"""Apart, since files of the first version lack this table. `model` is of the model and of what compresses."""

_MARK = 0x6D736563  # "msec"

_PAGE = 500

T = TypeVar("T")

_VectorRow = tuple[bytes, bytes, bytes, int]
_TokenRow = tuple[bytes, bytes, int, bytes, int]


class VectorCache:
    """(model digest, text) -> float32 vector (d,), and (model digest, token digest, text) -> token vectors.

    An SQLite file. A damaged one is set aside and begun anew.
    """

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

    def get_tokens(self, digest: str, token_digest: str, texts: Sequence[str]) -> dict[str, TokenVectors]:
        """The cached token vectors among those of `texts`, by text; where a checksum is wrong they count as missing."""
        by_key = {text_key(text): text for text in texts}
        model = _model_key(digest, token_digest)

        def select(db: Database) -> dict[str, TokenVectors]:
            found: dict[str, TokenVectors] = {}
            for page in pages(list(by_key), _PAGE):
                marks = ",".join("?" * len(page))
                sql = f"SELECT text, count, tokens, crc FROM tokens WHERE model = ? AND text IN ({marks})"
                for key, count, blob, crc in db.execute(sql, [model, *page]):
                    if key in by_key and isinstance(count, int) and _crc(model, key, blob, b"%d" % count) == crc:
                        found[by_key[key]] = np.frombuffer(blob, np.uint8).reshape(count, -1 if count else 0)
            return found

        return self._run(select)

    def without_tokens(self, digest: str, token_digest: str, texts: Sequence[str]) -> list[str]:
        """Those of the texts whose token vectors are not cached, in their order; none are read."""
        keys, model = [text_key(text) for text in texts], _model_key(digest, token_digest)

        def select(db: Database) -> set[bytes]:
            found: set[bytes] = set()
            for page in pages(keys, _PAGE):
                sql = f"SELECT text FROM tokens WHERE model = ? AND text IN ({','.join('?' * len(page))})"
                found.update(row[0] for row in db.execute(sql, [model, *page]))
            return found

        cached = self._run(select)
        return [text for text, key in zip(texts, keys, strict=True) if key not in cached]

    def put(self, digest: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Cache vectors, given by text; on return they are on the disk."""
        self._store(_vector_rows(digest, vectors), [])

    def put_tokens(
        self,
        digest: str,
        token_digest: str,
        tokens: Mapping[str, TokenVectors],
        vectors: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> None:
        """Cache token vectors, and vectors, given by text, in one commit; on return they are on the disk."""
        model = _model_key(digest, token_digest)
        rows: list[_TokenRow] = []
        for text, of_text in tokens.items():
            key, count, blob = text_key(text), len(of_text), np.ascontiguousarray(of_text, np.uint8).tobytes()
            rows.append((model, key, count, blob, _crc(model, key, blob, b"%d" % count)))
        self._store(_vector_rows(digest, vectors or {}), rows)

    def _store(self, vectors: Sequence[_VectorRow], tokens: Sequence[_TokenRow]) -> None:
        def insert(db: Database) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", vectors)
                db.executemany("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?)", tokens)

        self._run(insert)

    def __len__(self) -> int:
        """The number of vectors, of all models."""
        return int(self._run(lambda db: db.execute("SELECT count(*) FROM vectors").fetchone()[0]))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _open(self) -> Database:
        return connect(self.path, _SCHEMA, _MARK, set_aside_if_damaged=True, added=_TOKENS_SCHEMA)

    def _run(self, task: Callable[[Database], T]) -> T:
        """What a task returns; where the file turns out to be damaged, it is run with a new one."""
        try:
            return task(self._db)
        except DamagedError:
            self._db.close()
            set_aside(self.path)
            self._db = self._open()
            return task(self._db)


def _vector_rows(digest: str, vectors: Mapping[str, NDArray[np.float32]]) -> list[_VectorRow]:
    model = _model_key(digest)
    rows: list[_VectorRow] = []
    for text, vector in vectors.items():
        key, blob = text_key(text), np.ascontiguousarray(vector, np.float32).tobytes()
        rows.append((model, key, blob, _crc(model, key, blob)))
    return rows


def _model_key(*digests: str) -> bytes:
    return hashlib.sha256("\n".join(digests).encode()).digest()[:8]


def _crc(*values: object) -> int:
    """CRC-32 of a row's values."""
    return zlib.crc32(b"".join(value for value in values if isinstance(value, bytes)))
