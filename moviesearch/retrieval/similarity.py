"""How alike two vectors are, by the measures that the original offers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moviesearch.embedding.vectors import Vectors, product
from moviesearch.request import Measure


def similarity(query: Vectors, rows: Vectors, measure: Measure = "cosine") -> NDArray[np.float64]:
    """How alike each row is to the query: (d,), (n, d) -> (n,), higher is more alike.

    cosine: q·r / (|q| |r|); dot: q·r; euclidean: -|q - r|, so that the nearest is the highest.
    """
    q, r = query.astype(np.float64), rows.astype(np.float64)
    if measure == "euclidean":
        return -np.asarray(np.linalg.norm(r - q, axis=1), np.float64)
    scores = np.asarray(product(r, q), np.float64)
    if measure == "cosine":
        scores /= np.maximum(np.linalg.norm(r, axis=1) * np.linalg.norm(q), 1e-12)
    return scores
