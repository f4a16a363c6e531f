"""The rows of an HNSW index in a folder that a search may not come upon, by the links in Chroma's files.

As the graph of an HNSW index grows, a row may lose the links that lead to it, and is then never found. So the rows to
search for are those to which few others are linked, and those that no way leads to from where a search begins; reading
all links takes a thousandth of the time that searching for all rows does. Chroma has to be closed.

A vector index has a folder, named by Chroma's table `segments`:

    header.bin             layout of a row, number of rows, where a search begins
    data_level0.bin        the rows: number of links (2 bytes, and 2 of flags), rows linked to (4 each), vector, label
    index_metadata.pickle  the label of each id
"""

from __future__ import annotations

import pickle
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW = 3
"""So many links, or fewer, are few. Of 25,000 rows of texts after one pattern, 42 were not found: to three of these
one link led, to the others none."""

_HEADER = struct.Struct("<iQQQQQQiI")
"""Version, offset of the links, room, rows, bytes a row, offsets of label and vector, highest layer, a row there."""

_VERSION = 1
_ROWS_AT_ONCE = 20_000


def hardly_linked(folder: Path, collection: str) -> list[str]:
    """The ids of those rows of a Chroma collection; `folder` is Chroma's.

    None are told where the files are damaged, or of a layout that other versions of Chroma may have.
    """
    try:
        return [row for index in _folders(folder, collection) for row in _hardly_linked(index)]
    except (OSError, sqlite3.Error, struct.error, pickle.UnpicklingError, ValueError, LookupError, TypeError, EOFError):
        return []


def _folders(folder: Path, collection: str) -> Iterator[Path]:
    """The folder of a collection's vector index, if anything was written to it."""
    database = f"{(folder / 'chroma.sqlite3').absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(database, uri=True)) as db:
        rows = db.execute(
            "SELECT segments.id FROM segments JOIN collections ON segments.collection = collections.id "
            "WHERE segments.scope = 'VECTOR' AND collections.name = ?",
            [collection],
        ).fetchall()
    for (segment,) in rows:
        if (folder / segment / "header.bin").exists():
            yield folder / segment


def _hardly_linked(index: Path) -> list[str]:
    head = _HEADER.unpack_from((index / "header.bin").read_bytes())
    version, start, _, count, row_bytes, label_at, vector_at, _, first = head
    if version != _VERSION or start or not first < count or not 4 < vector_at < label_at < row_bytes:
        return []
    rows = np.memmap(index / "data_level0.bin", np.uint8, "r", shape=(count, row_bytes))
    links_to = np.zeros(count, np.int64)
    for at in range(0, count, _ROWS_AT_ONCE):
        links_to += np.bincount(_linked_from(rows[at : at + _ROWS_AT_ONCE, :vector_at], count), minlength=count)
    hardly = np.flatnonzero((links_to <= FEW) | ~_reached(rows[:, :vector_at], first))
    labels = set(np.ascontiguousarray(rows[hardly, label_at : label_at + 8]).view(np.uint64)[:, 0].tolist())
    if not labels:
        return []
    with (index / "index_metadata.pickle").open("rb") as file:
        label_of = _PlainUnpickler(file).load()["id_to_label"]
    return [str(row) for row, label in label_of.items() if label in labels]


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


class _PlainUnpickler(pickle.Unpickler):
    """Reads dicts, texts and numbers, and nothing that could do something."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} has no place here")
