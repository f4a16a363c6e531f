"""The original's way of finding: each film's whole-film vector is compared with the query's, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from moviesearch.collection.base import Collection
from moviesearch.embedding.vectors import Vectors
from moviesearch.records import Match
from moviesearch.request import Measure

from .nearest import DenseHit, blend
from .scope import Scope
from .similarity import similarity

_PAGE = 2000


def nearest(archive: Collection, queries: Sequence[Vectors], scope: Scope, limit: int, measure: Measure) -> list[Match]:
    """The `limit` films nearest to vectors (d,) by a measure, nearest first; several queries by their mean."""
    ids = archive.ledger.ids()
    may = scope.admitted(ids)
    ids = [film for film in ids if film in may]
    lists = [exact_nearest(query, _pages(archive, ids), limit, measure) for query in queries]
    found = blend([[DenseHit(film, film, score) for film, score in best] for best in lists])[:limit]
    movies = archive.ledger.movies([match.film for match in found])
    return [
        Match(rank, movies[match.film], match.cosine, match.cosine, movies[match.film].plot)
        for rank, match in enumerate(found, 1)
    ]


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


def _pages(archive: Collection, ids: Sequence[str]) -> Iterator[tuple[Sequence[str], Vectors]]:
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        found = archive.chroma.vectors("films", page)
        yield page, np.stack([found[film] for film in page])
