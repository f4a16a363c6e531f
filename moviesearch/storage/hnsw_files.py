"""The files of an HNSW index in a folder, as Chroma writes them, and whether they hold all that was written.

Chroma doesn't look whether it could open and write them: what they lack is missing in silence, and the next process
searches what is there. Chroma has to be closed while they are read here.

A vector index has a folder, named by Chroma's table `segments`:

    header.bin             layout of a row, number of rows, where a search begins
    data_level0.bin        the rows: number of links (2 bytes), whether deleted (1), nothing (1), rows linked to (4
                           each), vector of length 1 (float32), label (8)
    length.bin             the lengths that the vectors had (float32)
    link_lists.bin         for each row the bytes of its links in higher layers (4), and these
    index_metadata.pickle  the label of each id
"""

from __future__ import annotations

import pickle
import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEADER = struct.Struct("<iQQQQQQiI")
"""Version, offset of the links, room, rows, bytes a row, offsets of label and vector, highest layer, a row there."""

_VERSION = 1

ROWS_AT_ONCE = 20_000
"""So many rows are read at a time."""

_UNIT = 1e-3
"""How far the length of a vector may be from 1."""

_TINY = 1e-18
"""Vectors of such a length can't be scaled to length 1 in float32."""

UNREADABLE = (
    OSError,
    sqlite3.Error,
    struct.error,
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    TypeError,
    ValueError,
)
"""What reading raises where files are damaged, or are others than Chroma's."""


def folder_of(chroma: Path, collection: str) -> Path | None:
    """The folder of a collection's vector index in Chroma's folder; None where nothing was ever written to it."""
    database = f"{(chroma / 'chroma.sqlite3').absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(database, uri=True)) as db:
        row = db.execute(
            "SELECT segments.id FROM segments JOIN collections ON segments.collection = collections.id "
            "WHERE segments.scope = 'VECTOR' AND collections.name = ?",
            [collection],
        ).fetchone()
    folder = chroma / row[0] if row else None
    return folder if folder and folder.is_dir() else None


def unwritten(chroma: Path, collection: str, rows: int) -> str | None:
    """What the files in Chroma's folder lack of so many rows that were written to a collection, or None."""
    try:
        folder = folder_of(chroma, collection)
        if folder is None:
            return "there are no vectors" if rows else None
        if not rows and not (folder / "header.bin").exists():
            return None
        index = HnswFiles.read(folder)
        if len(index.label_of) != rows:
            return f"{len(index.label_of)} vectors where {rows} were written"
        return index.damage()
    except UNREADABLE as error:
        return f"the files of the vectors can't be read: {error}"


@dataclass(frozen=True)
class HnswFiles:
    """An index of `count` rows of `row_bytes`; `first` is the row where a search begins."""

    folder: Path
    count: int
    row_bytes: int
    vector_at: int
    label_at: int
    first: int

    @classmethod
    def read(cls, folder: Path) -> HnswFiles:
        """The index in a folder. Raises one of UNREADABLE, ValueError for one of another layout."""
        head = _HEADER.unpack_from((folder / "header.bin").read_bytes())
        version, start, room, count, row_bytes, label_at, vector_at, _, first = head
        if version != _VERSION or start or not first < count <= room or not 4 < vector_at < label_at < row_bytes:
            raise ValueError("header.bin is no header")
        return cls(folder, count, row_bytes, vector_at, label_at, first)

    @cached_property
    def rows(self) -> NDArray[np.uint8]:
        """(count, row_bytes), uint8, from the file's pages."""
        return np.memmap(self.folder / "data_level0.bin", np.uint8, "r", shape=(self.count, self.row_bytes))

    def labels(self, part: slice) -> NDArray[np.uint64]:
        """The labels of some rows, (rows,), uint64."""
        return np.ascontiguousarray(self.rows[part, self.label_at : self.label_at + 8]).view(np.uint64)[:, 0]

    @cached_property
    def lengths(self) -> NDArray[np.float32]:
        """The lengths that the rows' vectors had, (count,), float32."""
        return np.memmap(self.folder / "length.bin", np.float32, "r", shape=(self.count,))

    @cached_property
    def label_of(self) -> Mapping[str, int]:
        """Id -> label, of all rows that are not deleted."""
        with (self.folder / "index_metadata.pickle").open("rb") as file:
            labels = _PlainUnpickler(file).load()["id_to_label"]
        if not isinstance(labels, dict):
            raise ValueError("index_metadata.pickle has no labels")
        return labels

    def vectors(self, part: slice | NDArray[np.intp]) -> NDArray[np.float32]:
        """The vectors of some rows, of length 1, (rows, d), float32."""
        return np.ascontiguousarray(self.rows[part, self.vector_at : self.label_at]).view(np.float32)

    def links(self, part: slice | NDArray[np.intp]) -> NDArray[np.uint32]:
        """All rows that some rows are linked to, each as often as it is; deleted ones are linked like others."""
        rows = np.ascontiguousarray(self.rows[part, : self.vector_at]).view(np.uint32)
        linked = rows[:, 1:][np.arange(rows.shape[1] - 1) < (rows[:, :1] & 0xFFFF)]
        if linked.size and linked.max() >= self.count:
            raise ValueError("a link leads nowhere")
        return linked

    def parts(self) -> Iterator[slice]:
        """All rows, by the part."""
        return (slice(at, at + ROWS_AT_ONCE) for at in range(0, self.count, ROWS_AT_ONCE))

    def holds(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> bool:
        """Whether rows that were written last have these vectors (n, d), float32. Raises one of UNREADABLE.

        New rows get labels that rise with their order. A row that is overwritten keeps its place, and is looked up.
        """
        last = slice(max(0, self.count - len(ids)), self.count)
        if self._have(last.start + np.argsort(self.labels(last)), vectors):
            return True
        labels = self.labels(slice(None))
        by_label = np.argsort(labels)
        of_ids = np.array([self.label_of[row] for row in ids], np.uint64)
        at = np.searchsorted(labels, of_ids, sorter=by_label)
        return bool((at < self.count).all()) and self._have(by_label[at], vectors)

    def _have(self, rows: NDArray[np.intp], vectors: NDArray[np.float32]) -> bool:
        kept = self.vectors(rows) * self.lengths[rows, None]
        margin = 1e-5 * float(abs(vectors).max(initial=0.0))
        return kept.shape == vectors.shape and np.allclose(kept, vectors, rtol=1e-3, atol=margin)

    def damage(self) -> str | None:
        """What of the rows is not in the files as it was written, or None. Raises one of UNREADABLE."""
        is_live = self.rows[:, 2] & 1 == 0
        of_ids = np.fromiter(self.label_of.values(), np.uint64, len(self.label_of))
        if not np.array_equal(np.sort(self.labels(slice(None))[is_live]), np.sort(of_ids)):
            return "the vectors are those of other rows"
        for part in self.parts():
            self.links(part)
            vectors, lengths = self.vectors(part), self.lengths[part]
            units = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
            are_whole = np.where(lengths == 0, units == 0, (abs(units - 1) < _UNIT) & (lengths > 0))
            if not (are_whole | (lengths < _TINY) & (lengths > 0))[is_live[part]].all():
                return "some vectors were not written whole"
        return None if self._has_all_links() else "link_lists.bin is of another length"

    def _has_all_links(self) -> bool:
        """Whether link_lists.bin ends with the last row's links."""
        links = (self.folder / "link_lists.bin").read_bytes()
        read_bytes, at = struct.Struct("<I").unpack_from, 0
        for _ in range(self.count):
            at += 4 + read_bytes(links, at)[0]
        return at == len(links)


class _PlainUnpickler(pickle.Unpickler):
    """Reads dicts, texts and numbers, and nothing that could do something."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} has no place here")
