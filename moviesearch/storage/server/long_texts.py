"""Films that are too long for one row of a server: what has no room stands in further rows of `NAME.more`.

A film's row says how many there are (`more`), under which key (`key`, the film's content hash), and
how many characters of them belong to the plot (`plot`); the rest is the record. They are written
before the film's own row, and those of an older version go afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from moviesearch.errors import DamagedError
from moviesearch.storage.chroma_client import Client, translated
from moviesearch.storage.entries import Entry
from moviesearch.storage.quotas import Quotas
from moviesearch.storage.rows import Row


class LongTexts:
    """The further rows of one collection; none are made where the quotas have room for everything."""

    def __init__(self, client: Client, name: str, where: str, quotas: Quotas) -> None:
        self._client, self.name, self._where, self._quotas = client, name, where, quotas

    def fitted(self, entry: Entry, metadata: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """A film's document and metadata as they fit its row; the rest is written."""
        most, value = self._quotas.document, self._quotas.value
        document, rest = _split(entry.movie.plot, most)
        told = {**metadata, "more": None, "key": None, "plot": None}
        if value is not None and len((told["genres"] or "").encode()) > value:
            told["genres"] = None  # they stand in the record too
        if value is not None and len(told["record"].encode()) > value:
            more, told["record"] = rest + told["record"], None
        else:
            more = rest
        if more:
            pieces = list(_pieces(more, most or len(more)))
            told |= {"more": len(pieces), "key": entry.hash, "plot": len(rest)}
            self._write(entry, pieces)
        return document, told

    def joined(self, rows: Sequence[Row]) -> list[Row]:
        """Rows with all that belongs to them. Raises DamagedError where a part is gone."""
        keys = {film: _keys(told) for film, told, _ in rows}
        pieces = self._read([key for wanted in keys.values() for key in wanted])
        whole: list[Row] = []
        for film, told, document in rows:
            if keys[film]:
                lacking = next((key for key in keys[film] if key not in pieces), None)
                if lacking is not None:
                    raise DamagedError(f"a part of the film {film!r} is gone from {self._where}")
                more, kept = "".join(pieces[key] for key in keys[film]), int(told["plot"])
                document, told = document + more[:kept], {**told, "record": more[kept:] or told.get("record")}
            whole.append((film, told, document))
        return whole

    def tidy(self, entries: Iterable[Entry]) -> None:
        """Take out what older versions of films had."""
        self._delete({"$and": [{"film": entry.movie.id}, {"key": {"$ne": entry.hash}}]} for entry in entries)

    def forget(self, films: Sequence[str]) -> None:
        """Take out what films had."""
        self._delete({"film": film} for film in films)

    def _rows(self, *, make: bool = False) -> Any:
        from chromadb.errors import NotFoundError

        if make:
            kind = {"spann": {"space": "cosine"}} if self._quotas.spann else {"hnsw": {"space": "cosine"}}
            return self._client.get_or_create_collection(
                self.name, configuration=kind, metadata={"of": "moviesearch"}, embedding_function=None
            )
        try:
            return self._client.get_collection(self.name, embedding_function=None)
        except NotFoundError:
            return None

    def _write(self, entry: Entry, pieces: Sequence[str]) -> None:
        with translated(self._where):
            rows = self._rows(make=True)
            for start in range(0, len(pieces), self._quotas.written):
                part = pieces[start : start + self._quotas.written]
                rows.upsert(
                    ids=[f"{entry.hash}+{start + n}" for n in range(len(part))],
                    embeddings=np.ones((len(part), 1), np.float32),  # nobody looks for them
                    documents=list(part),
                    metadatas=[{"film": entry.movie.id, "key": entry.hash}] * len(part),
                )

    def _read(self, ids: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        if ids:
            with translated(self._where):
                rows = self._rows()
                for start in range(0, len(ids), self._quotas.read) if rows else ():
                    got = rows.get(ids=list(ids[start : start + self._quotas.read]), include=["documents"])
                    found |= zip(got["ids"], got["documents"], strict=True)
        return found

    def _delete(self, wheres: Iterable[dict[str, Any]]) -> None:
        if self._quotas.document is not None:
            with translated(self._where):
                rows = self._rows()
                for where in wheres if rows else ():
                    rows.delete(where=where)


def _keys(told: Mapping[str, Any]) -> list[str]:
    return [f"{told.get('key')}+{n}" for n in range(int(told.get("more") or 0))]


def _split(text: str, most: int | None) -> tuple[str, str]:
    """A text's first `most` bytes, or a few less, and the rest."""
    if most is None or len(text) * 4 <= most:
        return text, ""
    first = text.encode()[:most].decode(errors="ignore")
    return first, text[len(first) :]


def _pieces(text: str, most: int) -> Iterator[str]:
    while text:
        first, text = _split(text, most)
        yield first
