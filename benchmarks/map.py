"""How much of the neighbourhood the map keeps: python benchmarks/map.py STORE [COLLECTION].

For all films, the share of a film's ten nearest (cosine of whole-film vectors) that are its ten nearest on the map. For
50 films held back and placed afterwards, the same beside what a layout of all gives them. The store is only read.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from moviesearch import MovieSearch
from moviesearch.maps.layout import NEIGHBOURS, beside, lay_out, spacing

HELD_BACK = 50


def nearest(vectors, rows, among=None, k=10):
    """The k rows most alike for each of `rows`, only `among` these where given, and their cosines."""
    alike = vectors[rows] @ vectors.T
    alike[np.arange(len(rows)), rows] = -2
    if among is not None:
        alike[:, np.setdiff1d(np.arange(len(vectors)), among)] = -2
    found = np.argsort(-alike, axis=1)[:, :k]
    return found, np.take_along_axis(alike, found, axis=1)


def kept(points, vectors, rows):
    """The share of the ten nearest that stay near."""
    shown = cKDTree(points).query(points[rows], 11)[1]
    shares = []
    for start in range(0, len(rows), 1000):
        page = rows[start : start + 1000]
        for row, wanted, found in zip(page, nearest(vectors, page)[0], shown[start : start + 1000], strict=True):
            shares.append(len({*wanted.tolist()} & {*found.tolist()} - {row}) / 10)
    return float(np.mean(shares))


def main() -> None:
    """Measure a store."""
    with MovieSearch(sys.argv[1], *sys.argv[2:3]) as search, tempfile.TemporaryDirectory() as folder:
        search.export(Path(folder))
        vectors = np.load(Path(folder) / "embeddings.npy")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    films = np.arange(len(vectors))
    began = time.perf_counter()
    points = lay_out(vectors)
    took = time.perf_counter() - began
    print(f"{len(films):,} films laid out in {took:.1f} s; kept {kept(points, vectors, films):.3f}", end="")
    print(f" (chance {10 / max(len(films) - 1, 1):.4f})")

    held = np.sort(np.random.default_rng(0).choice(films, min(HELD_BACK, len(films) // 4), replace=False))
    rest = np.setdiff1d(films, held)
    placed = np.zeros_like(points)
    placed[rest] = lay_out(vectors[rest])
    scale = spacing(placed[rest])
    for row, near, cosines in zip(held, *nearest(vectors, held, rest, NEIGHBOURS), strict=True):
        placed[row] = beside(placed[near], cosines.astype(np.float32), scale, int(row))
    print(f"{len(held)} films placed afterwards: kept {kept(placed, vectors, held):.3f}", end="")
    print(f" (in the layout of all: {kept(points, vectors, held):.3f}); the others moved by 0")


if __name__ == "__main__":
    main()
