"""What people have seen, on a server: a row a mark in the Chroma collection `NAME.seen`, for all clients.

Rows have their mark's key as id, so that several may write at once and none undoes what another marked. After each
change that collection has a new `version`; whoever finds another one than it knows reads a person's rows again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from moviesearch.storage.chroma_client import Client, translated
from moviesearch.storage.paging import pages
from moviesearch.storage.quotas import Quotas
from moviesearch.storage.seen_table import Mark, mark_of, record_of

from .side_collection import no_vectors, side_collection


class SeenRows:
    """The marks of one collection on a server; there are none before the first is made."""

    def __init__(self, client: Client, name: str, where: str, quotas: Quotas) -> None:
        self._client, self.name, self._where, self._quotas = client, name, where, quotas

    def version(self) -> str:
        """A text that is another one after each change; "" where nothing was ever marked."""
        rows = self._rows()
        return "" if rows is None else str((rows.metadata or {}).get("version", ""))

    def read(self, person: str | None = None) -> list[Mark]:
        """The marks of a person, or of all people where none is given."""
        marks: list[Mark] = []
        rows = self._rows()
        start = 0
        while rows is not None:
            with translated(self._where):
                where: Any = None if person is None else {"person": f"by {person}"}
                answer = rows.get(limit=self._quotas.read, offset=start, where=where, include=["metadatas"])
            metadatas = answer["metadatas"] or []
            marks += [mark for metadata in metadatas if (mark := _mark(metadata)) is not None]
            start += len(metadatas)
            if len(metadatas) < self._quotas.read:
                break
        return sorted(marks, key=lambda mark: (mark.person, mark.title, mark.year or 0, mark.key))

    def change(self, put: Sequence[Mark], drop: Sequence[Mark] = ()) -> None:
        """Make marks, in place of those of the same key, then take others back. On return the server has all."""
        with translated(self._where):
            rows = self._rows(make=True)
            fresh = {_row_id(mark): mark for mark in put}
            for page in pages(list(fresh.items()), self._quotas.written):
                rows.upsert(
                    ids=[row for row, _ in page],
                    embeddings=no_vectors(len(page)),
                    metadatas=[
                        {"person": f"by {mark.person}", "mark": json.dumps(record_of(mark), ensure_ascii=False)}
                        for _, mark in page
                    ],
                )
            for gone in pages([row for mark in drop if (row := _row_id(mark)) not in fresh], self._quotas.written):
                rows.delete(ids=list(gone))
            rows.modify(metadata={"of": "moviesearch", "version": uuid4().hex})

    def _rows(self, *, make: bool = False) -> Any:
        """The Chroma collection; None where there is none and it is not to be made."""
        with translated(self._where):
            return side_collection(self._client, self.name, self._quotas, make=make)


def _row_id(mark: Mark) -> str:
    return hashlib.sha256(f"{mark.person}\0{mark.key}".encode()).hexdigest()[:40]


def _mark(metadata: Any) -> Mark | None:
    """The mark of a row; None for a row that is none of ours, which others may have written."""
    try:
        return mark_of(json.loads(metadata["mark"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
