"""The types of all vectors, and how they are made unit vectors."""

from __future__ import annotations

import zipfile
import zlib

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""(d,) for one text, (n, d) for several."""

TokenVectors = NDArray[np.uint8]
"""A text's compressed token vectors, (tokens, bytes of a token)."""


UNREADABLE = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What numpy raises for a damaged npz file."""


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Vectors (d,) or (n, d) scaled to length 1, as float32; a vector of length 0 stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
