"""Vectors that come with the package: those of the bundled films, so that nobody waits for them to be embedded.

`data/vectors/<the model's digest>.npz` holds `keys`, uint8 (texts, 16), and `vectors`, float32 (texts, d), as the model
gives them. Where it gives token vectors too, `tokens`, uint8 (all tokens, bytes of a token), has those of the texts one
after the other, `token_ends`, int64 (texts,), says where those of each end, and `token_digest` names what made them.
`scripts/make_vectors.py` writes it, and a test embeds all texts anew and compares.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.config import DATA

from .vectors import TokenVectors, Vectors

_KEY_BYTES = 16


def text_key(text: str) -> bytes:
    """The first 16 bytes of a text's sha256, by which its vector is known."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]


def shipped_vectors(digest: str, texts: Iterable[str]) -> dict[str, Vectors]:
    """The vectors (d,) of those of the texts that come with the package for the model of this digest, by text."""
    rows, vectors = _shipped(digest)
    return {text: vectors[rows[key]] for text in texts if (key := text_key(text)) in rows} if rows else {}


def shipped_tokens(digest: str, token_digest: str, texts: Iterable[str]) -> dict[str, TokenVectors]:
    """The token vectors, uint8 (tokens, bytes of a token), of those of the texts that come with the package, by text.

    Those of the model of this digest, and made by what `token_digest` names.
    """
    made_by, rows, tokens, ends = _shipped_tokens(digest)
    if made_by != token_digest:
        return {}
    found = {text: rows[key] for text in texts if (key := text_key(text)) in rows}
    return {text: tokens[ends[row] : ends[row + 1]] for text, row in found.items() if ends[row] < ends[row + 1]}


def shipped_file(digest: str) -> Path:
    """Where the vectors of a model are, if any come with the package."""
    return DATA / "vectors" / f"{digest[:32]}.npz"


def write_shipped(
    digest: str,
    vectors: Mapping[str, Vectors],
    token_digest: str | None = None,
    tokens: Mapping[str, TokenVectors] | None = None,
) -> None:
    """Write the vectors (d,) of texts, and the token vectors of some of them, to where they are looked for."""
    texts = sorted(vectors, key=text_key)
    path = shipped_file(digest)
    path.parent.mkdir(exist_ok=True)
    keys = np.frombuffer(b"".join(map(text_key, texts)), np.uint8).reshape(-1, _KEY_BYTES)
    members: dict[str, NDArray[Any]] = {
        "keys": keys,
        "vectors": np.array([vectors[text] for text in texts], np.float32),
    }
    if token_digest is not None and tokens:
        members["tokens"] = np.concatenate([tokens[text] for text in texts if text in tokens])
        counts = [len(tokens[text]) if text in tokens else 0 for text in texts]
        members |= {"token_ends": np.cumsum(counts, dtype=np.int64), "token_digest": np.array(token_digest)}
    np.savez(path, **members)  # type: ignore[arg-type]


@lru_cache(maxsize=2)
def _shipped_tokens(digest: str) -> tuple[str | None, dict[bytes, int], TokenVectors, NDArray[np.int64]]:
    """What made them, key -> row, all tokens, and where those of each row begin (rows + 1,)."""
    path = shipped_file(digest)
    if path.is_file():
        with np.load(path, allow_pickle=False) as file:
            if "token_digest" in file:
                starts = np.concatenate([np.zeros(1, np.int64), file["token_ends"]])
                return str(file["token_digest"]), _shipped(digest)[0], file["tokens"], starts
    return None, {}, np.zeros((0, 0), np.uint8), np.zeros(1, np.int64)


@lru_cache(maxsize=2)
def _shipped(digest: str) -> tuple[dict[bytes, int], Vectors]:
    """Key -> row, and the rows, float32 (texts, d)."""
    path = shipped_file(digest)
    if not path.is_file():
        return {}, np.zeros((0, 0), np.float32)
    with np.load(path, allow_pickle=False) as file:
        keys, vectors = file["keys"], np.asarray(file["vectors"], np.float32)
    return {key.tobytes(): row for row, key in enumerate(keys)}, vectors
