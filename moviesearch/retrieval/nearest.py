"""Candidates for a query: passages near in Chroma, one row a film, within the filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moviesearch.embedding.vectors import Vectors
from moviesearch.storage.chroma import ChromaStore
from moviesearch.storage.rows import Kind, film_of, passage_id

from .scope import Scope
from .similarity import similarity

OVERFETCHED = 1500
"""Neighbours that are asked for where a filter is applied to them afterwards, even if fewer would do: some 10 ms."""

ROWS_A_FILM = 3
"""Rows to ask for, for each film that is needed: some films have many near ones, and filters let through more or fewer
than is to be expected."""

_NEIGHBOUR_MS = 0.007
"""What one more neighbour takes that Chroma is asked for: 3,000 of them take 24 ms, 8,000 take 50."""

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

    A filter is applied to a longer list of neighbours; where so many would be needed that it is quicker to compare
    all that may answer, they are. Chroma's own filters, by `where` or by a list of ids, walk its graph until enough
    of it pass: of a hundred rows among 100,000 it looks at every one.
    """
    least = films if least is None else min(least, films)
    needed = scope.depth_for(kind, ROWS_A_FILM * least)
    ask = max(needed, min(OVERFETCHED, scope.depth_for(kind, films)))
    if scope.rows(kind) * store.vector_ms <= ask * _NEIGHBOUR_MS and (few := scope.to_scan()) is not None:
        return _ranked(_scanned(store, kind, vector, few), films)
    among = scope.id_filter(kind) if store.quotas.results else None
    while True:
        most = scope.depth_for(kind, 10**9) if among is None else len(among)
        rows = store.nearest(kind, vector, min(ask, most), among)
        best: dict[str, DenseHit] = {}
        for row, cosine in rows:
            film = film_of(row) if kind == "passages" else row
            if film not in best:
                best[film] = DenseHit(film, row, cosine)
        admitted = scope.admitted(best)
        best = {film: hit for film, hit in best.items() if film in admitted}
        if len(best) >= least or ask >= most:
            break
        if among is None and (among := scope.id_filter(kind)) is not None:  # those that pass are far from the query
            ask = max(films, ROWS_A_FILM * least)
        else:
            ask *= 4
    if len(best) < least and (left := scope.less(best)):
        best |= _scanned(store, kind, vector, left)
    return _ranked(best, films)


def _ranked(best: Mapping[str, DenseHit], films: int) -> list[DenseHit]:
    return sorted(best.values(), key=lambda match: -match.cosine)[:films]


def _scanned(store: ChromaStore, kind: Kind, vector: Vectors, films: Mapping[str, int]) -> dict[str, DenseHit]:
    """Films compared one by one: where many rows are alike, the graph of an HNSW index may pass others by."""
    rows = list(films) if kind == "films" else [passage_id(film, n) for film in films for n in range(films[film])]
    best: dict[str, DenseHit] = {}
    for start in range(0, len(rows), _PAGE):
        found = store.vectors(kind, rows[start : start + _PAGE])
        if not found:
            continue
        for row, cosine in zip(found, similarity(vector, np.stack(list(found.values()))).tolist(), strict=True):
            film = film_of(row) if kind == "passages" else row
            if film not in best or cosine > best[film].cosine:
                best[film] = DenseHit(film, row, cosine)
    return best


def blend(lists: Sequence[Sequence[DenseHit]]) -> list[DenseHit]:
    """Several lists as one: the mean cosine over the lists, a film that a list lacks counting as its last one."""
    if len(lists) == 1:
        return list(lists[0])
    total: dict[str, float] = {}
    best: dict[str, DenseHit] = {}
    floors = [nearest[-1].cosine if nearest else 0.0 for nearest in lists]
    for nearest, floor in zip(lists, floors, strict=True):
        for match in nearest:
            total[match.film] = total.get(match.film, sum(floors)) + match.cosine - floor
            if match.film not in best or match.cosine > best[match.film].cosine:
                best[match.film] = match
    ranked = sorted(total, key=lambda film: (-total[film], film))
    return [DenseHit(film, best[film].row, total[film] / len(lists)) for film in ranked]
