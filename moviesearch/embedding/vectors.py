"""The types of all vectors, how they are made unit vectors, and their products."""

from __future__ import annotations

import zipfile
import zlib

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""(d,) for one text, (n, d) for several."""

TokenVectors = NDArray[np.uint8]
"""A text's compressed token vectors, (tokens, bytes of a token)."""


_BY_ONE_THREAD = 1 << 18
"""Multiplications of a product that OpenBLAS makes by one thread; of twice as many it does not."""

UNREADABLE = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What numpy raises for a damaged npz file."""


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Vectors (d,) or (n, d) scaled to length 1, as float32; a vector of length 0 stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def product(rows: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.floating]:
    """`rows @ other`, (n, d) by (d, k) or (d,), in parts so small that OpenBLAS makes each by one thread.

    Several save little on products of this size, and spin for 30 ms or more afterwards: four tenths of a search's
    processor time, and a quarter of an ingest's, which the model would have needed.
    """
    n, d = rows.shape
    step = max(1, _BY_ONE_THREAD // max(1, other.size))
    if n <= step:
        return rows @ other
    result = np.empty((n, *other.shape[1:]), np.result_type(rows, other))
    whole = n - n % step
    parts = (-1, step, *other.shape[1:])
    np.matmul(rows[:whole].reshape(-1, step, d), other, out=result[:whole].reshape(parts))
    np.matmul(rows[whole:], other, out=result[whole:])
    return result
