"""The vectors in Chroma: the only room that imports chromadb.

A collection NAME of films is two Chroma collections: `NAME` has one row a film (the whole-film vector
and the film's record), `NAME.passages` one row a passage, `FILM#0`, `FILM#1`, ... A film's row is
written after its passages, so a film that is there is there whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import DamagedError, MismatchError, StoreError
from .ledger import Entry
from .passages import PassageSetting
from .records import Movie

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

Kind = Literal["films", "passages"]

FORMAT = 1
"""Of what is written here; a store of a higher one was made by a later moviesearch."""

BATCH = 500
_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "ef_construction": 200,
    "max_neighbors": 32,
    "ef_search": 200,
    # Rows short of a sync are replayed at every open, so that a batch is synced as soon as it is in.
    "batch_size": 1,
    "sync_threshold": 1,
}
_PAGE = 2000
_NO_DAMAGE = (5, 6, 8, 13, 14)
"""SQLite's codes for a database that is busy, locked, read-only, on a full disk, or can't be opened."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the vectors of a collection were made with; kept in the Chroma collection's metadata."""

    model: str
    location: str
    digest: str
    dimension: int
    window: int
    size: int
    overlap: int
    format: int = FORMAT

    @classmethod
    def read(cls, told: Mapping[str, Any], collection: str, where: str) -> Manifest:
        """A manifest from what was kept of it. Raises MismatchError for one of another program or a later version."""
        made = told.get("format")
        if isinstance(made, int) and made > FORMAT:
            raise MismatchError(
                f"collection {collection!r} has format {made}, and this moviesearch knows {FORMAT}. "
                "Upgrade it: pip install -U moviesearch"
            )
        try:
            return cls(**{field: told[field] for field in cls.__dataclass_fields__})
        except KeyError as error:
            raise MismatchError(
                f"collection {collection!r} at {where} was not made by moviesearch (no {error}). "
                "Choose another --collection"
            ) from error

    @property
    def setting(self) -> PassageSetting:
        """How the plots were cut."""
        return PassageSetting(self.window, self.size, self.overlap)

    def require(self, other: Manifest, collection: str) -> None:
        """Raise MismatchError, naming both sides and the way out, unless vectors of both can be mixed."""
        pairs = {
            "model": (f"{self.model} ({self.digest[:12]})", f"{other.model} ({other.digest[:12]})"),
            "passages": (f"{self.size}/{self.overlap} tokens", f"{other.size}/{other.overlap} tokens"),
            "format": (self.format, other.format),
        }
        for what, (there, asked) in pairs.items():
            if there != asked:
                raise MismatchError(
                    f"collection {collection!r} was made with {what} {there}, and this is {what} {asked}. "
                    "Use `ingest --rebuild` to make it anew with the films it has, or another --collection"
                )


@dataclass(frozen=True, slots=True)
class FilmRows:
    """A film ready to be written: its entry, whole-film vector (d,), passages and their vectors (n, d), float32."""

    entry: Entry
    whole: NDArray[np.float32]
    passages: Sequence[str]
    vectors: NDArray[np.float32]


def passage_id(film: str, number: int) -> str:
    """The id of a film's passage."""
    return f"{film}#{number}"


def film_of(passage: str) -> str:
    """The film that a passage belongs to."""
    return passage.rpartition("#")[0]


class ChromaStore:
    """One collection of films in a Chroma client."""

    def __init__(self, client: ClientAPI, name: str, where: str) -> None:
        self._client, self.name, self.where = client, name, where
        self._collections: dict[Kind, Collection] = {}

    @classmethod
    def embedded(cls, folder: Path, name: str) -> ChromaStore:
        """Open Chroma's own files in a folder. Raises DamagedError when they can't be read.

        Opening writes to the database without changing it; its time is put back, so that a changed
        time means a change.
        """
        import chromadb
        import chromadb.errors
        from chromadb.config import Settings

        database = folder / "chroma.sqlite3"
        with _translated(str(folder)):
            folder.mkdir(parents=True, exist_ok=True)
            before = database.stat() if database.exists() else None
            try:
                client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
            except (AttributeError, ValueError, KeyError) as error:  # Chroma trips over its own first error
                raise chromadb.errors.InternalError(_first_line(_first(error))) from error
            if before:
                os.utime(database, ns=(before.st_atime_ns, before.st_mtime_ns))
        return cls(client, name, str(folder))

    # the collection as a whole

    def manifest(self) -> Manifest | None:
        """What the collection was made with, or None when there is no such collection.

        Raises MismatchError for one made by a later moviesearch or by another program.
        """
        from chromadb.errors import NotFoundError

        with _translated(self.where):
            try:
                told = self._collection("films").metadata or {}
                self._collection("passages")
            except (NotFoundError, ValueError):
                return None
        return Manifest.read(told, self.name, self.where)

    def identity(self) -> str | None:
        """What tells this collection from all others; the same in its ledger."""
        with _translated(self.where):
            return (self._collection("films").metadata or {}).get("identity")

    def create(self, manifest: Manifest, identity: str) -> None:
        """Make the collection, empty."""
        with _translated(self.where):
            for kind in ("passages", "films"):
                self._collections[kind] = self._client.get_or_create_collection(
                    self._chroma_name(kind),
                    configuration={"hnsw": _HNSW},
                    metadata={**asdict(manifest), "identity": identity},
                    embedding_function=None,
                )

    def drop(self) -> None:
        """Delete the collection with all that is in it."""
        from chromadb.errors import NotFoundError

        with _translated(self.where):
            for kind in ("passages", "films"):
                self._collections.pop(kind, None)
                try:
                    self._client.delete_collection(self._chroma_name(kind))
                except (NotFoundError, ValueError):
                    continue

    def counts(self) -> tuple[int, int]:
        """(films, passages)."""
        with _translated(self.where):
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
                [_passage_metadata(film.entry.movie) for film in films for _ in film.passages],
            )
        self._upsert(
            "films",
            [film.entry.movie.id for film in films],
            np.stack([film.whole for film in films]) if films else np.zeros((0, 1), np.float32),
            [film.entry.movie.plot for film in films],
            [_film_metadata(film.entry) for film in films],
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
        with _translated(self.where):
            found = self._collection(kind).query(
                query_embeddings=np.asarray(vector, np.float32)[None, :],
                n_results=limit,
                include=["distances"],
                ids=list(among) if among is not None else None,
            )
        distances = (found["distances"] or [[]])[0]
        return [(row, 1.0 - distance) for row, distance in zip(found["ids"][0], distances, strict=True)]

    def vectors(self, kind: Kind, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by row id; rows that aren't there are left out."""
        found: dict[str, NDArray[np.float32]] = {}
        with _translated(self.where):
            for page in _pages(ids):
                got = self._collection(kind).get(ids=page, include=["embeddings"])
                if got["embeddings"] is not None:
                    found |= zip(got["ids"], np.asarray(got["embeddings"], np.float32), strict=True)
        return found

    def texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Passages by id."""
        found: dict[str, str] = {}
        with _translated(self.where):
            for page in _pages(ids):
                got = self._collection("passages").get(ids=page, include=["documents"])
                found |= zip(got["ids"], got["documents"] or [], strict=True)
        return found

    def hashes(self) -> dict[str, str]:
        """The content hashes of all films."""
        found: dict[str, str] = {}
        films, _ = self.counts()
        for start in range(0, films, _PAGE):
            with _translated(self.where):
                got = self._collection("films").get(limit=_PAGE, offset=start, include=["metadatas"])
            found |= {
                film: str(told.get("hash")) for film, told in zip(got["ids"], got["metadatas"] or [], strict=True)
            }
        return found

    def entries(self) -> Iterator[Entry]:
        """Every film as its row tells it, in no particular order; from this a ledger can be made again."""
        start = 0
        while True:
            with _translated(self.where):
                got = self._collection("films").get(limit=_PAGE, offset=start, include=["metadatas", "documents"])
            rows = zip(got["ids"], got["metadatas"] or [], got["documents"] or [], strict=True)
            for film, told, plot in rows:
                try:
                    yield _entry(film, told, plot)
                except (KeyError, TypeError, ValueError) as error:
                    raise DamagedError(f"the film {film!r} can't be read from {self.where} ({error})") from error
            if len(got["ids"]) < _PAGE:
                return
            start += _PAGE

    def close(self) -> None:
        """Let go of the client; an embedded one writes out what it holds."""
        self._collections.clear()
        self._client.close()  # type: ignore[attr-defined]

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
        with _translated(self.where):
            for start in range(0, len(ids), BATCH):
                part = slice(start, start + BATCH)
                self._collection(kind).upsert(
                    ids=list(ids[part]),
                    embeddings=np.asarray(vectors[part], np.float32),
                    documents=list(documents[part]),
                    metadatas=list(metadatas[part]),
                )

    def _delete(self, kind: Kind, ids: Sequence[str]) -> None:
        with _translated(self.where):
            for page in _pages(ids):
                self._collection(kind).delete(ids=list(page))


def _passage_metadata(movie: Movie) -> dict[str, Any]:
    return {"film": movie.id, "title": movie.title, "year": movie.year}


def _film_metadata(entry: Entry) -> dict[str, Any]:
    movie = entry.movie
    record = {"genres": movie.genres, "extra": dict(movie.extra)}
    return {
        "title": movie.title,
        "year": movie.year,
        "genres": ", ".join(movie.genres) or None,
        "url": movie.url,
        "seq": entry.seq,
        "hash": entry.hash,
        "passages": entry.passages,
        "record": json.dumps(record, ensure_ascii=False),
    }


def _entry(film: str, told: Mapping[str, Any], plot: str) -> Entry:
    record = json.loads(told["record"])
    movie = Movie(
        id=film,
        title=told["title"],
        plot=plot,
        year=told.get("year"),
        genres=tuple(record["genres"]),
        url=told.get("url"),
        extra=record["extra"],
    )
    return Entry(movie, int(told["seq"]), str(told["hash"]), int(told["passages"]))


def _pages(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _PAGE):
        yield list(ids[start : start + _PAGE])


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """Chroma's errors as ours."""
    import chromadb.errors

    try:
        yield
    except chromadb.errors.NotFoundError:
        raise
    except chromadb.errors.InternalError as error:
        if any(f"(code: {code})" in str(error) for code in _NO_DAMAGE):
            raise StoreError(
                f"Chroma at {where}: {_first_line(error)}; check free space and permissions, and run it again"
            ) from error
        raise DamagedError(
            f"the Chroma files in {where} can't be read or written ({_first_line(error)}). Check free space; "
            "if there is enough, `moviesearch repair` makes them again"
        ) from error
    except (chromadb.errors.ChromaError, RuntimeError, OSError) as error:
        raise StoreError(f"Chroma at {where}: {_first_line(error)}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's panics come as a BaseException without a home
            raise
        raise DamagedError(f"the Chroma files in {where} can't be read ({_first_line(error)})") from error


def _first(error: BaseException) -> BaseException:
    """The error that the others came of."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
