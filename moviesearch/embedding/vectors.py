"""Vectors as they travel, and what is done to them everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""(d,) for one text, (n, d) for several."""


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """float32 (d,) or (n, d) of length 1; what has no length stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
