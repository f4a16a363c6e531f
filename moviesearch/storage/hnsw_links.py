"""The rows of an HNSW index in a folder that a search may not come upon, by the links in Chroma's files.

As the graph of an HNSW index grows, a row may lose the links that lead to it, and is then never found. So the rows to
search for are those to which few others are linked, and those that no way leads to from where a search begins; reading
all links takes a thousandth of the time that searching for all rows does. Chroma has to be closed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .hnsw_files import UNREADABLE, HnswFiles, folder_of

FEW = 3
"""So many links, or fewer, are few. Of 25,000 rows of texts after one pattern, 42 were not found: to three of these
one link led, to the others none."""

_ROWS_AT_ONCE = 20_000


def hardly_linked(chroma: Path, collection: str) -> list[str]:
    """The ids of those rows of a Chroma collection; `chroma` is Chroma's folder.

    None are told where the files are damaged, or of a layout that other versions of Chroma may have.
    """
    try:
        folder = folder_of(chroma, collection)
        index = folder and HnswFiles.read(folder)
        return _hardly_linked(index) if index else []
    except UNREADABLE:
        return []


def _hardly_linked(index: HnswFiles) -> list[str]:
    links, count = index.rows[:, : index.vector_at], index.count
    links_to = np.zeros(count, np.int64)
    for at in range(0, count, _ROWS_AT_ONCE):
        links_to += np.bincount(_linked_from(links[at : at + _ROWS_AT_ONCE], count), minlength=count)
    hardly = np.flatnonzero((links_to <= FEW) | ~_reached(links, index.first))
    labels = set(index.labels[hardly].tolist())
    return [row for row, label in index.label_of.items() if label in labels] if labels else []


def _linked_from(rows: NDArray[np.uint8], count: int) -> NDArray[np.uint32]:
    """All rows that some rows are linked to, each as often as it is; deleted ones are linked like others."""
    links = np.ascontiguousarray(rows).view(np.uint32)
    linked = links[:, 1:][np.arange(links.shape[1] - 1) < (links[:, :1] & 0xFFFF)]
    if linked.size and linked.max() >= count:
        raise ValueError("a link leads nowhere")
    return linked


def _reached(rows: NDArray[np.uint8], first: int) -> NDArray[np.bool_]:
    """Whether links lead from the first row to each."""
    reached = np.zeros(len(rows), np.bool_)
    new = np.array([first])
    while new.size:
        reached[new] = True
        is_linked = np.zeros(len(rows), np.bool_)
        for at in range(0, len(new), _ROWS_AT_ONCE):
            is_linked[_linked_from(rows[new[at : at + _ROWS_AT_ONCE]], len(rows))] = True
        new = np.flatnonzero(is_linked & ~reached)
    return reached
