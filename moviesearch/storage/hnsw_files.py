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
from collections.abc import Mapping
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
_ROWS_AT_ONCE = 20_000
_UNIT = 1e-3
"""How far the length of a vector may be from 1."""

UNREADABLE = (
    OSError,
    sqlite3.Error,
    struct.error,
    pickle.UnpicklingError,
    ValueError,
    LookupError,
    TypeError,
    EOFError,
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
    """What the files in Chroma's folder lack of so many rows that were written to a collection, or None.

    Nothing is told of files whose layout other versions of Chroma may have.
    """
    try:
        folder = folder_of(chroma, collection)
        if folder is None:
            return f"{collection} has no vectors" if rows else None
        index = HnswFiles.read(folder)
        if index is None:
            return None
        if len(index.label_of) != rows:
            return f"{collection} has {len(index.label_of)} vectors where {rows} were written"
        damage = index.damage()
    except UNREADABLE as error:
        damage = f"its files can't be read: {error}"
    return damage and f"{collection} is not as it was written; {damage}"


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
    def read(cls, folder: Path) -> HnswFiles | None:
        """The index in a folder; None where its layout is another one. Raises one of UNREADABLE."""
        head = _HEADER.unpack_from((folder / "header.bin").read_bytes())
        version, start, _, count, row_bytes, label_at, vector_at, _, first = head
        if version != _VERSION or start or not 4 < vector_at < label_at < row_bytes:
            return None
        return cls(folder, count, row_bytes, vector_at, label_at, first)

    @cached_property
    def rows(self) -> NDArray[np.uint8]:
        """(count, row_bytes), uint8, from the file's pages."""
        return np.memmap(self.folder / "data_level0.bin", np.uint8, "r", shape=(self.count, self.row_bytes))

    @cached_property
    def labels(self) -> NDArray[np.uint64]:
        """The label of each row, (count,), uint64."""
        return np.ascontiguousarray(self.rows[:, self.label_at : self.label_at + 8]).view(np.uint64)[:, 0]

    @cached_property
    def label_of(self) -> Mapping[str, int]:
        """Id -> label, of all rows that are not deleted."""
        with (self.folder / "index_metadata.pickle").open("rb") as file:
            labels: Mapping[str, int] = _PlainUnpickler(file).load()["id_to_label"]
        return labels

    def damage(self) -> str | None:
        """What of the rows is not in the files as it was written, or None. Raises one of UNREADABLE."""
        is_live = self.rows[:, 2] & 1 == 0
        if set(self.labels[is_live].tolist()) != set(self.label_of.values()):
            return "its rows are others than its ids"
        lengths = np.fromfile(self.folder / "length.bin", np.float32, self.count)
        if len(lengths) < self.count:
            return "length.bin is too short"
        for at in range(0, self.count, _ROWS_AT_ONCE):
            part = slice(at, at + _ROWS_AT_ONCE)
            vectors = np.ascontiguousarray(self.rows[part, self.vector_at : self.label_at]).view(np.float32)
            units = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
            are_whole = np.where(lengths[part] > 0, abs(units - 1) < _UNIT, units == 0)
            if not are_whole[is_live[part]].all():
                return "some of its vectors are not as long as they were"
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
