"""The embedding cache: the vectors' second home.

Every vector is here, durably, before its row counts as stored. So a text is embedded once in the
life of a store, and a broken index is rebuilt without embedding anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .sqlite import connect

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    model BLOB NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, text)
) WITHOUT ROWID;
"""

_PAGE = 500


def text_key(text: str) -> bytes:
    """The first 16 bytes of a text's sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


class VectorCache:
    """(model digest, text) -> float32 vector, in an SQLite file. A damaged file is set aside and begun anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = connect(path, _SCHEMA, set_aside_if_damaged=True)

    def get(self, digest: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are known, by text."""
        found: dict[str, NDArray[np.float32]] = {}
        by_key = {text_key(text): text for text in texts}
        keys, model = list(by_key), _model_key(digest)
        for start in range(0, len(keys), _PAGE):
            page = keys[start : start + _PAGE]
            marks = ",".join("?" * len(page))
            for key, blob in self._db.execute(
                f"SELECT text, vector FROM vectors WHERE model = ? AND text IN ({marks})", [model, *page]
            ):
                found[by_key[key]] = np.frombuffer(blob, np.float32)
        return found

    def put(self, digest: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors; on return they are on the disk."""
        model = _model_key(digest)
        rows: Iterable[tuple[bytes, bytes, bytes]] = (
            (model, text_key(text), np.ascontiguousarray(vector, np.float32).tobytes())
            for text, vector in vectors.items()
        )
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def __len__(self) -> int:
        """How many vectors are kept, of all models."""
        return int(self._db.execute("SELECT count(*) FROM vectors").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _model_key(digest: str) -> bytes:
    return hashlib.sha256(digest.encode()).digest()[:8]
