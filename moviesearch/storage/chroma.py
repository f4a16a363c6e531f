"""The vectors in Chroma, in a folder or on a server.

A collection NAME of films is two Chroma collections: `NAME` has a row for each film (its whole-film
vector and its record), `NAME.passages` a row for each passage, `FILM#0`, `FILM#1`, ... A film's row is
written after its passages, so that a film that has a row is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.errors import DamagedError

from .chroma_client import Client, embedded, no_such_collection, translated
from .chroma_engine import EngineClient
from .entries import Entry
from .manifest import Manifest
from .paging import pages
from .quotas import OWN, Quotas
from .rows import BIGGEST_BATCH, FilmRows, Kind, Row, entry_of, film_metadata, passage_ids, passage_metadata

if TYPE_CHECKING:
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection


FOUND = 0.999
"""A row is found by its own vector if the nearest row has this cosine similarity or more."""

_NEIGHBOURS = 3
"""How many rows are asked for then: what an interrupted writer left in the index alone lies beside the row in its
place, and Chroma raises an error when it comes upon that."""

_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "ef_construction": 200,
    "max_neighbors": 32,
    "ef_search": 200,
    # Rows that are not synced are replayed whenever the collection is opened; so every batch is synced at once.
    "batch_size": 1,
    "sync_threshold": 1,
}


def cosines_of(distances: Sequence[float]) -> list[float]:
    """Cosine similarities from cosine distances.

    They are the same whether the distances came as float32 or, from a server, as decimal digits.
    """
    cosines: list[float] = (1.0 - np.asarray(distances, np.float32).astype(np.float64)).tolist()
    return cosines


def _values(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata of a new row without what is None, which Chroma would delete from it, in a statement of its own."""
    return {name: value for name, value in metadata.items() if value is not None}


def collection_name(name: str, kind: Kind) -> str:
    """What a collection's rows of a kind are called in Chroma."""
    return name if kind == "films" else f"{name}.passages"


class ChromaStore:
    """One collection of films in Chroma. `where` names its folder or server in messages.

    `lost` says what Chroma was given and has not written to a folder's files, or is None: Chroma doesn't tell.
    """

    vector_ms = 0.03
    """Milliseconds that it takes to fetch a vector when many are fetched at once."""

    def __init__(self, client: Client, name: str, where: str, quotas: Quotas = OWN) -> None:
        self._client, self.name, self.where, self.quotas = client, name, where, quotas
        self._collections: dict[Kind, Collection] = {}
        self.lost: str | None = None
        self._index_folders: dict[Kind, Path | None] = {}

    @classmethod
    def embedded(cls, folder: Path, name: str) -> ChromaStore:
        """Open Chroma's own files in a folder. Raises DamagedError when they can't be read."""
        return cls(embedded(folder), name, str(folder), Quotas(written=BIGGEST_BATCH))

    # the collection as a whole

    def manifest(self) -> Manifest | None:
        """What the collection was made with, or None when there is no such collection.

        Raises MismatchError for one made by a later moviesearch or by another program.
        """
        with translated(self.where):
            try:
                metadata = self._collection("films").metadata or {}
                self._collection("passages")
            except no_such_collection():
                return None
        return Manifest.read(metadata, self.name, self.where)

    def identity(self) -> str | None:
        """A text that no other collection has; its ledger has the same one. None for a collection without."""
        with translated(self.where):
            return (self._collection("films").metadata or {}).get("identity")

    def create(self, manifest: Manifest, identity: str) -> None:
        """Make the collection, empty."""
        metadata = {**manifest.record(), "identity": identity}
        for kind in ("passages", "films"):
            self._make(self._chroma_name(kind), metadata)

    def _make(self, name: str, metadata: Mapping[str, Any]) -> None:
        with translated(self.where):
            self._client.get_or_create_collection(
                name,
                configuration={"spann": {"space": "cosine"}} if self.quotas.spann else {"hnsw": _HNSW},
                metadata=metadata,
                embedding_function=None,
            )

    def counts(self) -> tuple[int, int]:
        """(films, passages)."""
        with translated(self.where):
            return self._collection("films").count(), self._collection("passages").count()

    # writing

    def write(self, films: Sequence[FilmRows]) -> None:
        """Write films, replacing earlier versions: passages first, then the films' own rows.

        Earlier versions are deleted before, since a row that is overwritten in an HNSW index may lose
        all links to it, and is then never found.
        """
        self.delete({film.entry.movie.id: film.entry.stale for film in films if film.entry.stale})
        ids = [row for film in films for row in passage_ids(film.entry.movie.id, len(film.passages))]
        if films:
            self._upsert(
                "passages",
                ids,
                np.concatenate([film.vectors for film in films]),
                [text for film in films for text in film.passages],
                [_values(passage_metadata(film.entry.movie)) for film in films for _ in film.passages],
            )
        self._upsert(
            "films",
            [film.entry.movie.id for film in films],
            np.stack([film.whole for film in films]) if films else np.zeros((0, 1), np.float32),
            [film.entry.movie.plot for film in films],
            [_values(film_metadata(film.entry)) for film in films],
        )

    def write_again(self, kind: Kind, ids: Sequence[str]) -> None:
        """Delete rows that are here, and write them as they were."""
        with translated(self.where):
            rows = self._collection(kind).get(ids=list(ids), include=["embeddings", "documents", "metadatas"])
        self._delete(kind, rows["ids"])
        vectors = np.asarray(rows["embeddings"], np.float32)
        self._upsert(
            kind, rows["ids"], vectors, rows["documents"] or [], [dict(row) for row in rows["metadatas"] or []]
        )

    def delete(self, films: Mapping[str, int]) -> None:
        """Delete films; `films` maps an id to its number of passages."""
        self._delete("films", list(films))
        self._delete("passages", [row for film, count in films.items() for row in passage_ids(film, count)])

    # reading

    def nearest(
        self, kind: Kind, vector: NDArray[np.float32], limit: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """At most `limit` (row id, cosine similarity), nearest first; only of the rows `among` where given.

        `vector` is (d,), float32.
        """
        if limit < 1 or (among is not None and not among):
            return []
        with translated(self.where):
            answer = self._collection(kind).query(
                query_embeddings=np.asarray(vector, np.float32)[None, :],
                n_results=limit,
                include=["distances"],
                ids=list(among) if among is not None else None,
            )
        return list(zip(answer["ids"][0], cosines_of((answer["distances"] or [[]])[0]), strict=True))

    def unfound(self, kind: Kind, vectors: Mapping[str, NDArray[np.float32]]) -> list[str]:
        """The rows that are not found by their own vectors; `vectors` are float32, (d,), by row id."""
        unfound: list[str] = []
        for page in pages(list(vectors), self.quotas.queries):
            with translated(self.where):
                answer = self._collection(kind).query(
                    query_embeddings=np.stack([vectors[row] for row in page]),
                    n_results=_NEIGHBOURS,
                    include=["distances"],
                )
            nearest = answer["distances"] or [[] for _ in page]
            unfound += [
                row
                for row, distances in zip(page, nearest, strict=True)
                if not distances or cosines_of(distances)[0] < FOUND
            ]
        return unfound

    def vectors(self, kind: Kind, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors (d,), float32, by row id; ids without a row are left out."""
        vectors: dict[str, NDArray[np.float32]] = {}
        with translated(self.where):
            for page in pages(ids, self.quotas.read):
                answer = self._collection(kind).get(ids=list(page), include=["embeddings"])
                if answer["embeddings"] is not None:
                    vectors |= zip(answer["ids"], np.asarray(answer["embeddings"], np.float32), strict=True)
        return vectors

    def texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Passages by id; ids without a row are left out."""
        texts: dict[str, str] = {}
        with translated(self.where):
            for page in pages(ids, self.quotas.read):
                answer = self._collection("passages").get(ids=list(page), include=["documents"])
                texts |= zip(answer["ids"], answer["documents"] or [], strict=True)
        return texts

    def hashes(self) -> dict[str, str]:
        """The content hashes of all films, by id."""
        return {film: str(metadata.get("hash")) for rows in self._rows(["metadatas"]) for film, metadata, _ in rows}

    def entries(self) -> Iterator[Entry]:
        """Every film as its row has it, in no particular order; from this a ledger can be made again."""
        for rows in self._rows(["metadatas", "documents"]):
            yield from self._entries(rows)

    def _rows(self, include: list[Any], where: Any = None) -> Iterator[list[Row]]:
        """The films' rows by the page, of those that meet the condition `where`; what is not included is empty."""
        start = 0
        while True:
            with translated(self.where):
                answer = self._collection("films").get(
                    limit=self.quotas.read, offset=start, include=include, where=where
                )
            count = len(answer["ids"])
            metadatas, documents = answer["metadatas"] or [{}] * count, answer["documents"] or [""] * count
            rows = zip(answer["ids"], metadatas, documents, strict=True)
            yield [(film, metadata or {}, document or "") for film, metadata, document in rows]
            if count < self.quotas.read:
                return
            start += count

    def _entries(self, rows: Sequence[Row]) -> list[Entry]:
        entries: list[Entry] = []
        for film, metadata, plot in rows:
            try:
                entries.append(entry_of(film, metadata, plot))
            except (KeyError, TypeError, ValueError) as error:
                raise DamagedError(f"the film {film!r} can't be read from {self.where} ({error})") from error
        return entries

    def close(self) -> None:
        """Close the client; an embedded one then has written all that it holds."""
        self._collections.clear()
        self._client.close()

    # Chroma itself

    def _chroma_name(self, kind: Kind) -> str:
        return collection_name(self.name, kind)

    def _collection(self, kind: Kind) -> Collection:
        if kind not in self._collections:
            self._collections[kind] = self._client.get_collection(self._chroma_name(kind), embedding_function=None)
        return self._collections[kind]

    def _look_at(self, kind: Kind, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Look whether the files of a folder's index have the vectors (n, d) that were just written."""
        from .hnsw_files import UNREADABLE, HnswFiles, folder_of

        try:
            if kind not in self._index_folders:
                self._index_folders[kind] = folder_of(Path(self.where), self._chroma_name(kind))
            folder = self._index_folders[kind]
            is_held = folder is not None and HnswFiles.read(folder).holds(ids, vectors)
        except UNREADABLE:
            is_held = False
        if not is_held:
            self.lost = f"vectors of {kind}"

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
                embeddings = np.asarray(vectors[part], np.float32)
                self._collection(kind).upsert(
                    ids=list(ids[part]),
                    embeddings=embeddings,
                    documents=list(documents[part]),
                    metadatas=list(metadatas[part]),
                )
                if isinstance(self._client, EngineClient):
                    self._look_at(kind, ids[part], embeddings)

    def _delete(self, kind: Kind, ids: Sequence[str]) -> None:
        with translated(self.where):
            for page in pages(ids, self.quotas.read):
                self._collection(kind).delete(ids=list(page))
