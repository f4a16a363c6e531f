"""The original's way of finding: each film's whole-film vector is compared with the query's, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from moviesearch.collection.base import Collection
from moviesearch.embedding.vectors import Vectors
from moviesearch.records import Match
from moviesearch.request import Measure
from moviesearch.storage.paging import pages

from .nearest import DenseHit, blend
from .scope import Scope
from .similarity import similarity

_PAGE = 2000


def nearest(
    collection: Collection, queries: Sequence[Vectors], scope: Scope, limit: int, measure: Measure
) -> list[Match]:
    """The `limit` films nearest to query vectors (d,) by a measure, nearest first; several queries by their mean."""
    ids = collection.ledger.ids()
    admitted = scope.admitted(ids)
    ids = [film for film in ids if film in admitted]
    lists = [exact_nearest(query, _vector_pages(collection, ids), limit, measure) for query in queries]
    hits = blend([[DenseHit(film, film, score) for film, score in best] for best in lists])[:limit]
    movies = collection.ledger.movies([hit.film for hit in hits])
    return [
        Match(rank, movies[hit.film], hit.cosine, hit.cosine, movies[hit.film].plot) for rank, hit in enumerate(hits, 1)
    ]


def exact_nearest(
    query: Vectors, vector_pages: Iterable[tuple[Sequence[str], Vectors]], limit: int, measure: Measure = "cosine"
) -> list[tuple[str, float]]:
    """The `limit` best (id, similarity), best first, equals in the order they came.

    A page is ids (n,) and their vectors (n, d).
    """
    best: list[tuple[float, int, str]] = []
    count = 0
    for ids, rows in vector_pages:
        scores = similarity(query, rows, measure)
        order = np.argsort(-scores, kind="stable")[:limit]
        best += [(-float(scores[row]), count + int(row), ids[row]) for row in order]
        best = sorted(best)[:limit]
        count += len(ids)
    return [(film, -score) for score, _, film in best]


def _vector_pages(collection: Collection, ids: Sequence[str]) -> Iterator[tuple[Sequence[str], Vectors]]:
    for page in pages(ids, _PAGE):
        vectors = collection.chroma.vectors("films", page)
        yield page, np.stack([vectors[film] for film in page])
