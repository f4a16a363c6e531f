"""Puts rows in again that an HNSW index in a folder has left without links to them, and that are never found therefore.

A row that is put in again is linked from the rows next to it. Where these have all the links that they may have, it may
lose its own at once; so the nearest of them are put in again before it, and have room then. Where that is not enough,
more of them are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moviesearch.storage import hnsw_links
from moviesearch.storage.chroma import collection_name
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import BATCH, Kind

from .stamped_files import StampedFiles

_ROUNDS = 6


def link_rows(files: StampedFiles, unfound: Iterable[str] = ()) -> list[str]:
    """Put in again these rows, of films or passages, and others that are not found; returns those that never are."""
    suspects = set(unfound)
    for neighbours in range(1, 1 + _ROUNDS):
        files.close_index()
        left: list[str] = []
        for kind in ("passages", "films"):
            hardly_linked = hnsw_links.hardly_linked(files.chroma_folder(), collection_name(files.name, kind))
            rows = _unfound(files, kind, list(dict.fromkeys([*hardly_linked, *suspects])))
            for page in pages(rows, BATCH):
                suspects |= _put_again(files, kind, page, neighbours)
            left += rows
        if not left:
            break
    return left


def _unfound(files: StampedFiles, kind: Kind, rows: Sequence[str]) -> list[str]:
    """Those rows of this kind that are not found by their own vectors."""
    return files.chroma.unfound(kind, files.chroma.vectors(kind, rows)) if rows else []


def _put_again(files: StampedFiles, kind: Kind, rows: Sequence[str], neighbours: int) -> set[str]:
    """Put in rows again, after so many `neighbours` of each; returns all that were put in."""
    vectors = files.chroma.vectors(kind, rows)
    nearest = [row for vector in vectors.values() for row, _ in files.chroma.nearest(kind, vector, neighbours)]
    others = [row for row in dict.fromkeys(nearest) if row not in vectors]
    files.put_again(kind, [others, rows] if others else [rows])
    return {*others, *rows}
