"""The vectors in Chroma, in a folder or on a server.

A collection NAME of films is two Chroma collections: `NAME` has one row a film (the whole-film vector
and the film's record), `NAME.passages` one row a passage, `FILM#0`, `FILM#1`, ... A film's row is
written after its passages, so a film that is there is there whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.errors import DamagedError

from .chroma_client import Client, embedded, translated
from .entries import Entry
from .manifest import Manifest
from .quotas import OWN, Quotas
from .rows import BIGGEST_BATCH, FilmRows, Kind, Row, entry_of, film_metadata, passage_id, passage_metadata

if TYPE_CHECKING:
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection


FOUND = 0.999
"""Cosine similarity from which on a row counts as found by its own vector."""

_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "ef_construction": 200,
    "max_neighbors": 32,
    "ef_search": 200,
    # Rows short of a sync are replayed at every open, so that a batch is synced as soon as it is in.
    "batch_size": 1,
    "sync_threshold": 1,
}


def cosines_of(distances: Sequence[float]) -> list[float]:
    """Cosine similarities, the same whether distances came as float32 or, from a server, as decimal digits."""
    told: list[float] = (1.0 - np.asarray(distances, np.float32).astype(np.float64)).tolist()
    return told


class ChromaStore:
    """One collection of films in a Chroma client."""

    vector_ms = 0.03
    """Milliseconds that it takes to fetch a vector, when many are."""

    def __init__(self, client: Client, name: str, where: str, quotas: Quotas = OWN) -> None:
        self._client, self.name, self.where, self.quotas = client, name, where, quotas
        self._collections: dict[Kind, Collection] = {}

    @classmethod
    def embedded(cls, folder: Path, name: str) -> ChromaStore:
        """Open Chroma's own files in a folder. Raises DamagedError when they can't be read."""
        return cls(embedded(folder), name, str(folder), Quotas(written=BIGGEST_BATCH))

    # the collection as a whole

    def manifest(self) -> Manifest | None:
        """What the collection was made with, or None when there is no such collection.

        Raises MismatchError for one made by a later moviesearch or by another program.
        """
        from chromadb.errors import NotFoundError

        with translated(self.where):
            try:
                told = self._collection("films").metadata or {}
                self._collection("passages")
            except (NotFoundError, ValueError):
                return None
        return Manifest.read(told, self.name, self.where)

    def identity(self) -> str | None:
        """What tells this collection from all others; the same in its ledger."""
        with translated(self.where):
            return (self._collection("films").metadata or {}).get("identity")

    def create(self, manifest: Manifest, identity: str) -> None:
        """Make the collection, empty."""
        told = {**asdict(manifest), "identity": identity}
        for kind in ("passages", "films"):
            self._make(self._chroma_name(kind), told)

    def _make(self, name: str, told: Mapping[str, Any]) -> None:
        with translated(self.where):
            self._client.get_or_create_collection(
                name,
                configuration={"spann": {"space": "cosine"}} if self.quotas.spann else {"hnsw": _HNSW},
                metadata=told,
                embedding_function=None,
            )

    def drop(self) -> None:
        """Delete the collection with all that is in it."""
        from chromadb.errors import NotFoundError

        with translated(self.where):
            for kind in ("passages", "films"):
                self._collections.pop(kind, None)
                try:
                    self._client.delete_collection(self._chroma_name(kind))
                except (NotFoundError, ValueError):
                    continue

    def counts(self) -> tuple[int, int]:
        """(films, passages)."""
        with translated(self.where):
            return self._collection("films").count(), self._collection("passages").count()

    # writing

    def write(self, films: Sequence[FilmRows]) -> None:
        """Put films in, replacing those that are there: passages first, then the films' own rows.

        What is replaced is deleted first: a row that is overwritten in an HNSW index can end up
        where no search comes by.
        """
        self.delete({film.entry.movie.id: film.entry.stale for film in films if film.entry.stale})
        ids = [passage_id(film.entry.movie.id, n) for film in films for n in range(len(film.passages))]
        if films:
            self._upsert(
                "passages",
                ids,
                np.concatenate([film.vectors for film in films]),
                [text for film in films for text in film.passages],
                [passage_metadata(film.entry.movie) for film in films for _ in film.passages],
            )
        self._upsert(
            "films",
            [film.entry.movie.id for film in films],
            np.stack([film.whole for film in films]) if films else np.zeros((0, 1), np.float32),
            [film.entry.movie.plot for film in films],
            [film_metadata(film.entry) for film in films],
        )

    def delete(self, films: Mapping[str, int]) -> None:
        """Take films out; `films` maps an id to its number of passages."""
        self._delete("films", list(films))
        self._delete("passages", [passage_id(film, n) for film, count in films.items() for n in range(count)])

    # reading

    def nearest(
        self, kind: Kind, vector: NDArray[np.float32], limit: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """At most `limit` (row id, cosine similarity), nearest first; only rows `among` these ids where given."""
        if limit < 1 or (among is not None and not among):
            return []
        with translated(self.where):
            found = self._collection(kind).query(
                query_embeddings=np.asarray(vector, np.float32)[None, :],
                n_results=limit,
                include=["distances"],
                ids=list(among) if among is not None else None,
            )
        return list(zip(found["ids"][0], cosines_of((found["distances"] or [[]])[0]), strict=True))

    def unfound(self, kind: Kind, vectors: Mapping[str, NDArray[np.float32]]) -> list[str]:
        """The rows whose own vectors (float32, d) find nothing that is alike."""
        rows, lost = list(vectors), []
        for start in range(0, len(rows), self.quotas.queries):
            part = rows[start : start + self.quotas.queries]
            with translated(self.where):
                got = self._collection(kind).query(
                    query_embeddings=np.stack([vectors[row] for row in part]), n_results=1, include=["distances"]
                )
            near = got["distances"] or [[] for _ in part]
            lost += [row for row, told in zip(part, near, strict=True) if not told or cosines_of(told)[0] < FOUND]
        return lost

    def vectors(self, kind: Kind, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by row id; rows that aren't there are left out."""
        found: dict[str, NDArray[np.float32]] = {}
        with translated(self.where):
            for page in self._pages(ids):
                got = self._collection(kind).get(ids=page, include=["embeddings"])
                if got["embeddings"] is not None:
                    found |= zip(got["ids"], np.asarray(got["embeddings"], np.float32), strict=True)
        return found

    def texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Passages by id."""
        found: dict[str, str] = {}
        with translated(self.where):
            for page in self._pages(ids):
                got = self._collection("passages").get(ids=page, include=["documents"])
                found |= zip(got["ids"], got["documents"] or [], strict=True)
        return found

    def hashes(self) -> dict[str, str]:
        """The content hashes of all films."""
        pages = self._rows(["metadatas"])
        return {film: str(told.get("hash")) for page in pages for film, told, _ in page}

    def entries(self) -> Iterator[Entry]:
        """Every film as its row tells it, in no particular order; from this a ledger can be made again."""
        for page in self._rows(["metadatas", "documents"]):
            yield from self._entries(page)

    def _rows(self, include: list[Any], where: Any = None) -> Iterator[list[Row]]:
        """The films' rows by the page: id, metadata, document (an empty one where it isn't included)."""
        start = 0
        while True:
            with translated(self.where):
                got = self._collection("films").get(limit=self.quotas.read, offset=start, include=include, where=where)
            count = len(got["ids"])
            told, texts = got["metadatas"] or [{}] * count, got["documents"] or [""] * count
            yield list(zip(got["ids"], told, texts, strict=True))
            if count < self.quotas.read:
                return
            start += count

    def _entries(self, rows: Sequence[Row]) -> list[Entry]:
        found: list[Entry] = []
        for film, told, plot in rows:
            try:
                found.append(entry_of(film, told, plot))
            except (KeyError, TypeError, ValueError) as error:
                raise DamagedError(f"the film {film!r} can't be read from {self.where} ({error})") from error
        return found

    def close(self) -> None:
        """Let go of the client; an embedded one writes out what it holds."""
        self._collections.clear()
        self._client.close()

    # Chroma itself

    def _chroma_name(self, kind: Kind) -> str:
        return self.name if kind == "films" else f"{self.name}.passages"

    def _collection(self, kind: Kind) -> Collection:
        if kind not in self._collections:
            self._collections[kind] = self._client.get_collection(self._chroma_name(kind), embedding_function=None)
        return self._collections[kind]

    def _upsert(
        self,
        kind: Kind,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        documents: Sequence[str],
        metadatas: Sequence[dict[str, Any]],
    ) -> None:
        with translated(self.where):
            for start in range(0, len(ids), self.quotas.written):
                part = slice(start, start + self.quotas.written)
                self._collection(kind).upsert(
                    ids=list(ids[part]),
                    embeddings=np.asarray(vectors[part], np.float32),
                    documents=list(documents[part]),
                    metadatas=list(metadatas[part]),
                )

    def _pages(self, ids: Sequence[str]) -> Iterator[list[str]]:
        for start in range(0, len(ids), self.quotas.read):
            yield list(ids[start : start + self.quotas.read])

    def _delete(self, kind: Kind, ids: Sequence[str]) -> None:
        with translated(self.where):
            for page in self._pages(ids):
                self._collection(kind).delete(ids=list(page))
