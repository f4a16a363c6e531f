"""The rows of an HNSW index in a folder that a search may not come upon, by the links in Chroma's files.

As the graph of an HNSW index grows, a row may lose the links that lead to it, and is then never found. So the rows to
search for are those to which few others are linked, and those that no way leads to from where a search begins; reading
all links takes a thousandth of the time that searching for all rows does. Chroma has to be closed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .hnsw_files import ROWS_AT_ONCE, UNREADABLE, HnswFiles, folder_of

FEW = 3
"""So many links, or fewer, are few. Of 25,000 rows of texts after one pattern, 42 were not found: to three of these
one link led, to the others none."""


def hardly_linked(chroma: Path, collection: str) -> list[str]:
    """The ids of those rows of a Chroma collection; `chroma` is Chroma's folder.

    None are told where the files are damaged, or of a layout that other versions of Chroma may have.
    """
    try:
        folder = folder_of(chroma, collection)
        return _hardly_linked(HnswFiles.read(folder)) if folder else []
    except UNREADABLE:
        return []


def _hardly_linked(index: HnswFiles) -> list[str]:
    links_to = np.zeros(index.count, np.int64)
    for part in index.parts():
        links_to += np.bincount(index.links(part), minlength=index.count)
    hardly = np.flatnonzero((links_to <= FEW) | ~_reached(index))
    labels = set(index.labels(slice(None))[hardly].tolist())
    return [row for row, label in index.label_of.items() if label in labels] if labels else []


def _reached(index: HnswFiles) -> NDArray[np.bool_]:
    """Whether links lead from the first row to each, (count,), bool."""
    reached = np.zeros(index.count, np.bool_)
    new = np.array([index.first])
    while new.size:
        reached[new] = True
        is_linked = np.zeros(index.count, np.bool_)
        for at in range(0, len(new), ROWS_AT_ONCE):
            is_linked[index.links(new[at : at + ROWS_AT_ONCE])] = True
        new = np.flatnonzero(is_linked & ~reached)
    return reached
