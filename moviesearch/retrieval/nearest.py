"""The films nearest to a query's vector, within the filters: rows near in Chroma, the best one of each film."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moviesearch.embedding.vectors import Vectors
from moviesearch.storage.chroma import ChromaStore
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import Kind, film_of, passage_ids

from .scope import Scope
from .similarity import similarity

OVERFETCHED = 1500
"""Neighbours that are asked for where a filter is applied to them afterwards, even if fewer may do: they take 10 ms."""

ROWS_A_FILM = 3
"""Rows that are asked for, for each film that is needed: a film may have many near rows, and of the near rows a filter
may let fewer pass than of all."""

_NEIGHBOUR_MS = 0.007
"""Milliseconds for each neighbour that Chroma is asked for: 3,000 of them take 24, 8,000 take 50."""

_PAGE = 2000


@dataclass(frozen=True, slots=True)
class DenseHit:
    """A film that meaning found, by its best row: the row's id and its cosine with the query."""

    film: str
    row: str
    cosine: float


def nearest_films(
    store: ChromaStore, kind: Kind, vector: Vectors, films: int, scope: Scope, least: int | None = None
) -> list[DenseHit]:
    """The `films` nearest films that may answer, each by its nearest row.

    There may be fewer where some films have many near rows, or where a filter lets few films pass, but never less
    than `least` (`films` where it isn't given) unless there are no more.

    Of three ways to filter, the quickest one is taken:

    - scan: all rows that may answer are compared, where they are few;
    - over-fetch: the filter is applied to a longer list of neighbours than is needed;
    - id filter: Chroma is given the ids that may answer, where over-fetching gave too few. Chroma's own filters, by
      `where` or by a list of ids, walk its graph until enough of it pass: of a hundred rows among 100,000 every row.
    """
    least = films if least is None else min(least, films)
    needed = scope.depth_for(kind, ROWS_A_FILM * least)
    depth = max(needed, min(OVERFETCHED, scope.depth_for(kind, films)))
    if scope.rows(kind) * store.vector_ms <= depth * _NEIGHBOUR_MS and (few := scope.to_scan()) is not None:
        return _best_first(scan(store, kind, vector, few), films)
    hits = _fetch(store, kind, vector, scope, depth, films, least)
    if len(hits) < least and (missed := scope.less(hits)):
        hits |= scan(store, kind, vector, missed)
    return _best_first(hits, films)


def _fetch(
    store: ChromaStore, kind: Kind, vector: Vectors, scope: Scope, depth: int, films: int, least: int
) -> dict[str, DenseHit]:
    """Film -> its nearest row, of at least `least` films if the index gives so many: over-fetch, then id filter."""
    ids = scope.id_filter(kind) if store.quotas.results else None
    while True:
        deepest = scope.depth_for(kind, 10**9) if ids is None else len(ids)
        hits = _admitted(store.nearest(kind, vector, min(depth, deepest), ids), kind, scope)
        if len(hits) >= least or depth >= deepest:
            return hits
        if ids is None and (ids := scope.id_filter(kind)) is not None:  # the films that pass are far from the query
            depth = max(films, ROWS_A_FILM * least)
        else:
            depth *= 4


def _admitted(neighbours: Iterable[tuple[str, float]], kind: Kind, scope: Scope) -> dict[str, DenseHit]:
    """Film -> its nearest row, of (row, cosine), nearest first, for films that may answer."""
    hits: dict[str, DenseHit] = {}
    for row, cosine in neighbours:
        film = _film_of(row, kind)
        if film not in hits:
            hits[film] = DenseHit(film, row, cosine)
    admitted = scope.admitted(hits)
    return {film: hit for film, hit in hits.items() if film in admitted}


def scan(store: ChromaStore, kind: Kind, vector: Vectors, films: Mapping[str, int]) -> dict[str, DenseHit]:
    """Film -> its nearest row, every row compared: where many are alike, the graph of an HNSW index may miss some.

    `films` maps film ids to their numbers of passages.
    """
    rows = (
        list(films)
        if kind == "films"
        else [row for film, passages in films.items() for row in passage_ids(film, passages)]
    )
    hits: dict[str, DenseHit] = {}
    for page in pages(rows, _PAGE):
        vectors = store.vectors(kind, page)
        if not vectors:
            continue
        cosines = similarity(vector, np.stack(list(vectors.values()))).tolist()
        for row, cosine in zip(vectors, cosines, strict=True):
            film = _film_of(row, kind)
            if film not in hits or cosine > hits[film].cosine:
                hits[film] = DenseHit(film, row, cosine)
    return hits


def _film_of(row: str, kind: Kind) -> str:
    return film_of(row) if kind == "passages" else row


def _best_first(hits: Mapping[str, DenseHit], films: int) -> list[DenseHit]:
    return sorted(hits.values(), key=lambda hit: -hit.cosine)[:films]


def blend(lists: Sequence[Sequence[DenseHit]]) -> list[DenseHit]:
    """Several lists as one, best first: the mean cosine over the lists.

    A film that a list lacks counts there as that list's last one.
    """
    if len(lists) == 1:
        return list(lists[0])
    total: dict[str, float] = {}
    best: dict[str, DenseHit] = {}
    floors = [hits[-1].cosine if hits else 0.0 for hits in lists]
    for hits, floor in zip(lists, floors, strict=True):
        for hit in hits:
            total[hit.film] = total.get(hit.film, sum(floors)) + hit.cosine - floor
            if hit.film not in best or hit.cosine > best[hit.film].cosine:
                best[hit.film] = hit
    ranked = sorted(total, key=lambda film: (-total[film], film))
    return [DenseHit(film, best[film].row, total[film] / len(lists)) for film in ranked]
