"""Vectors that come with the package: those of the bundled films, so that nobody waits for them to be embedded.

`data/vectors/<the model's digest>.npz` holds `keys`, uint8 (texts, 16), and `vectors`, float32 (texts, d), as the model
gives them. `scripts/make_vectors.py` writes it, and a test embeds all texts anew and compares.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from moviesearch.config import DATA

from .vectors import Vectors

_KEY_BYTES = 16


def text_key(text: str) -> bytes:
    """The first 16 bytes of a text's sha256, by which its vector is known."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]


def shipped_vectors(digest: str, texts: Iterable[str]) -> dict[str, Vectors]:
    """The vectors (d,) of those of the texts that come with the package for the model of this digest, by text."""
    rows, vectors = _shipped(digest)
    return {text: vectors[rows[key]] for text in texts if (key := text_key(text)) in rows} if rows else {}


def shipped_file(digest: str) -> Path:
    """Where the vectors of a model are, if any come with the package."""
    return DATA / "vectors" / f"{digest[:32]}.npz"


def write_shipped(digest: str, vectors: Mapping[str, Vectors]) -> None:
    """Write the vectors (d,) of texts to where they are looked for."""
    texts = sorted(vectors, key=text_key)
    path = shipped_file(digest)
    path.parent.mkdir(exist_ok=True)
    keys = np.frombuffer(b"".join(map(text_key, texts)), np.uint8).reshape(-1, _KEY_BYTES)
    np.savez(path, keys=keys, vectors=np.array([vectors[text] for text in texts], np.float32))


@lru_cache(maxsize=2)
def _shipped(digest: str) -> tuple[dict[bytes, int], Vectors]:
    """Key -> row, and the rows, float32 (texts, d)."""
    path = shipped_file(digest)
    if not path.is_file():
        return {}, np.zeros((0, 0), np.float32)
    with np.load(path, allow_pickle=False) as file:
        keys, vectors = file["keys"], np.asarray(file["vectors"], np.float32)
    return {key.tobytes(): row for row, key in enumerate(keys)}, vectors
