"""The original's side: `embeddings.npy`, one row a film, and the exact search over such rows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .records import Movie

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


def exact_nearest(
    query: Vectors, pages: Iterable[tuple[Sequence[str], Vectors]], limit: int, measure: Measure = "cosine"
) -> list[tuple[str, float]]:
    """The `limit` best (id, similarity) over all pages of rows, best first, equals in the order they came."""
    best: list[tuple[float, int, str]] = []
    count = 0
    for ids, rows in pages:
        scores = similarity(query, rows, measure)
        order = np.argsort(-scores, kind="stable")[:limit]
        best += [(-float(scores[at]), count + int(at), ids[at]) for at in order]
        best = sorted(best)[:limit]
        count += len(ids)
    return [(film, -score) for score, _, film in best]


def export(
    folder: Path,
    movies: Iterable[Sequence[Movie]],
    vectors: Callable[[Sequence[str]], Vectors],
    shape: tuple[int, int],
    manifest: dict[str, object],
) -> None:
    """Write embeddings.npy (float32, `shape`), movies.json and manifest.json, page by page.

    `vectors` gives the whole-film vectors of a page's ids, in their order. The files appear under
    their names only when they are complete.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {name: folder / f".{name}.draft" for name in ("embeddings.npy", "movies.json", "manifest.json")}
    rows = np.lib.format.open_memmap(drafts["embeddings.npy"], mode="w+", dtype=np.float32, shape=shape)
    at = 0
    with drafts["movies.json"].open("w", encoding="utf-8") as listing:
        listing.write("[")
        for page in movies:
            rows[at : at + len(page)] = vectors([movie.id for movie in page])
            for number, movie in enumerate(page, at):
                listing.write("," if number else "")
                listing.write("\n" + json.dumps(as_json(movie), ensure_ascii=False))
            at += len(page)
        listing.write("\n]\n")
    rows.flush()
    del rows
    drafts["manifest.json"].write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, draft in drafts.items():
        os.replace(draft, folder / name)


def as_json(movie: Movie) -> dict[str, object]:
    """A film as the original's JSON has it, with what else is known."""
    told: dict[str, object] = {"id": movie.id, "title": movie.title, "plot": movie.plot, "year": movie.year}
    told["genres"] = list(movie.genres)
    return {**told, "url": movie.url, **movie.extra}
