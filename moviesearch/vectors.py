"""The original's side: `embeddings.npy`, one row a film, and the exact search over such rows."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Measure = Literal["cosine", "dot", "euclidean"]
Vectors = NDArray[np.float32]

MEASURES: tuple[Measure, ...] = ("cosine", "dot", "euclidean")


def similarity(query: Vectors, rows: Vectors, measure: Measure = "cosine") -> NDArray[np.float64]:
    """How alike each row is to the query: (d,), (n, d) -> (n,), higher is more alike.

    cosine: q·r / (|q| |r|); dot: q·r; euclidean: -|q - r|, so that the nearest is the highest.
    """
    q, r = query.astype(np.float64), rows.astype(np.float64)
    if measure == "euclidean":
        return -np.asarray(np.linalg.norm(r - q, axis=1), np.float64)
    scores = np.asarray(r @ q, np.float64)
    if measure == "cosine":
        scores /= np.maximum(np.linalg.norm(r, axis=1) * np.linalg.norm(q), 1e-12)
    return scores
