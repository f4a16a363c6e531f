"""The original's way: each film's whole-film vector is compared with the query's, one by one, and no index is asked.

Its files as well: `embeddings.npy` and the films beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from . import vectors
from .embedding.passages import whole_film
from .embedding.vectors import Vectors
from .home import Home
from .records import Match
from .retrieval import Nearest, Scope, blend
from .storage.manifest import Manifest

_PAGE = 2000


def nearest(
    archive: Home, queries: Sequence[Vectors], scope: Scope, limit: int, measure: vectors.Measure
) -> list[Match]:
    """The `limit` films nearest to vectors (d,) by a measure, nearest first; several queries by their mean."""
    ids = archive.ledger.ids()
    may = scope.admitted(ids)
    ids = [film for film in ids if film in may]
    lists = [vectors.exact_nearest(query, _pages(archive, ids), limit, measure) for query in queries]
    found = blend([[Nearest(film, film, score) for film, score in best] for best in lists])[:limit]
    movies = archive.ledger.movies([match.film for match in found])
    return [
        Match(rank, movies[match.film], match.cosine, match.cosine, movies[match.film].plot)
        for rank, match in enumerate(found, 1)
    ]


def export(archive: Home, manifest: Manifest, folder: Path) -> int:
    """Write `embeddings.npy`, `movies.json` and `manifest.json` to a folder; returns the number of films."""
    ledger, ids = archive.ledger, archive.ledger.ids()
    pages = (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
    movies = ([found[film] for film in page] for page in pages for found in [ledger.movies(page)])

    def whole(page: Sequence[str]) -> Vectors:
        found = archive.store.vectors("films", page)
        return np.stack([found[film] for film in page])

    told = {
        "model": manifest.model,
        "model_digest": manifest.digest,
        "dimension": manifest.dimension,
        "films": len(ids),
        "text": whole_film("{title}", "{plot}"),
    }
    vectors.export(folder, movies, whole, (len(ids), manifest.dimension), told)
    return len(ids)


def _pages(archive: Home, ids: Sequence[str]) -> Iterator[tuple[Sequence[str], Vectors]]:
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        found = archive.store.vectors("films", page)
        yield page, np.stack([found[film] for film in page])
