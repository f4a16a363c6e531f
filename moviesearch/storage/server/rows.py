"""A collection on a server that others write to and read from at the same time.

Rows have the same ids as in a folder, so that a row that is written twice is there once. A film that
has a row is whole, even if its writer dies: its passages are written before its own row, and the
passages that only an older version of it had are deleted afterwards. The `stamp` in a film's row is
the time at which it was written, in milliseconds since 1970.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.errors import DamagedError
from moviesearch.storage.chroma import cosines_of
from moviesearch.storage.chroma_client import translated
from moviesearch.storage.entries import Entry
from moviesearch.storage.paging import pages
from moviesearch.storage.quotas import Quotas
from moviesearch.storage.rows import (
    FilmRows,
    Kind,
    Row,
    film_metadata,
    film_of,
    passage_id,
    passage_metadata,
    whole_number,
)

from .long_texts import LongTexts
from .seen_rows import SeenRows
from .state import SharedStore, State

if TYPE_CHECKING:
    from .http_client import HttpClient

Known = Callable[[Sequence[str]], Mapping[str, int]]
"""Film ids -> those of them that are in the ledger, with their numbers of passages."""

_StoredRow = tuple[Mapping[str, Any], str]
"""Metadata and document of a film's row."""

_NewRow = tuple[str, NDArray[np.float32] | None, dict[str, Any]]
"""Document, vector (d,) and metadata of a row to write; without a vector it keeps document and vector."""

_TRIES = 3

_MOST_PASSAGES = 10_000
"""Passages of an older version that are deleted with it. Where its row says more, it lies, or they stay as strays."""


class ServerStore(SharedStore):
    """One collection of films on a server. A search gives only rows of films that are `known`."""

    vector_ms = 0.08

    def __init__(self, client: HttpClient, name: str, where: str, quotas: Quotas, known: Known) -> None:
        super().__init__(client, name, where, quotas)
        self._known = known
        self._long_texts = LongTexts(client, f"{name}.more", where, quotas)
        self.seen = SeenRows(client, f"{name}.seen", where, quotas)
        self._unknown_rows: dict[Kind, int] = {"films": 0, "passages": 0}

    def expect(self, films: int, passages: int, state: State) -> None:
        """Note how many films and passages are known. A search asks for as many more rows as `state` has besides."""
        self._unknown_rows = {"films": max(0, state.films - films), "passages": max(0, state.passages - passages)}

    # writing

    def write(self, films: Sequence[FilmRows]) -> None:
        """Write films: passages, then the films' own rows; then passages that only older versions had are deleted."""
        unwritten = list(films)
        for _ in range(_TRIES):
            unwritten = self._write(unwritten)
            if not unwritten:
                return

    def _write(self, films: Sequence[FilmRows]) -> list[FilmRows]:
        """Write films once; returns those that have to be written again, since another writer interfered."""
        present = self._stored_rows([film.entry.movie.id for film in films])
        films = [film for film in films if not _is_of(film.entry, present.get(film.entry.movie.id))]
        if not films:
            return []
        passages = _passage_rows(films)
        texts = self.texts(list(passages))
        self._put("passages", {row: new for row, new in passages.items() if texts.get(row) != new[0]}, set(texts))
        new_rows: dict[str, _NewRow] = {}
        for film in films:
            movie = film.entry.movie
            document, metadata = self._new_row(film.entry)
            old = present.get(movie.id)
            same_text = old is not None and self._title_and_plot(movie.id, old) == (movie.title, movie.plot)
            new_rows[movie.id] = (document, None if same_text else film.whole, metadata)
        self._put("films", new_rows, set(present))
        self._delete("passages", list(_surplus(films, present)))
        self._long_texts.tidy([film.entry for film in films if film.entry.movie.id in present])
        return self._mixed_up(films, {row: text for row, (text, _, _) in passages.items()})

    def _mixed_up(self, films: Sequence[FilmRows], passages: Mapping[str, str]) -> list[FilmRows]:
        """The films whose own row is as it was written, while passages are another writer's."""
        present = self._stored_rows([film.entry.movie.id for film in films], documents=False)
        texts = self.texts(list(passages))
        overwritten = {film_of(row) for row, text in passages.items() if texts.get(row) != text}
        mixed_up = [
            film
            for film in films
            if film.entry.movie.id in overwritten and _is_of(film.entry, present.get(film.entry.movie.id))
        ]
        if mixed_up:  # without a hash they are written again, though their own rows are right
            with translated(self.where):
                self._collection("films").update(
                    ids=[film.entry.movie.id for film in mixed_up], metadatas=[{"hash": ""} for _ in mixed_up]
                )
        return mixed_up

    def _put(self, kind: Kind, rows: Mapping[str, _NewRow], present: set[str]) -> None:
        """Write rows, of which those `present` replace others."""
        without_vector = [row for row, (_, vector, _) in rows.items() if vector is None]
        for page in pages(without_vector, self.quotas.written):
            with translated(self.where):
                self._collection(kind).update(ids=list(page), metadatas=[rows[row][2] for row in page])
        vectors = {row: vector for row, (_, vector, _) in rows.items() if vector is not None}
        self._upsert_rows(kind, vectors, rows)
        self._assure(kind, {row: vector for row, vector in vectors.items() if row in present}, rows)

    def _upsert_rows(self, kind: Kind, vectors: Mapping[str, NDArray[np.float32]], rows: Mapping[str, _NewRow]) -> None:
        """Write the rows that have `vectors`, with their documents and metadata."""
        if vectors:
            documents, metadatas = [rows[row][0] for row in vectors], [rows[row][2] for row in vectors]
            self._upsert(kind, list(vectors), np.stack(list(vectors.values())), documents, metadatas)

    def _assure(self, kind: Kind, vectors: Mapping[str, NDArray[np.float32]], rows: Mapping[str, _NewRow]) -> None:
        """Write rows again, up to 3 times, until each is found by its own vector.

        A row that is overwritten in an HNSW index may lose all links to it, and is then never found.
        """
        for tries in range(_TRIES):
            unfound = self.unfound(kind, vectors)
            if not unfound:
                return
            vectors = {row: vectors[row] for row in unfound}
            if kind == "passages" and tries:
                self._delete(kind, unfound)
            self._upsert_rows(kind, vectors, rows)

    def assure(self, films: Sequence[FilmRows]) -> None:
        """Write again the rows of films that are not found by their own vectors."""
        passages = _passage_rows(films)
        self._assure("passages", {row: vector for row, (_, vector, _) in passages.items()}, passages)
        unfound = self.unfound("films", {film.entry.movie.id: film.whole for film in films})
        again = [film for film in films if film.entry.movie.id in unfound]
        rows: dict[str, _NewRow] = {}
        for film in again:
            document, metadata = self._new_row(film.entry)
            rows[film.entry.movie.id] = (document, film.whole, metadata)
        self._assure("films", {film.entry.movie.id: film.whole for film in again}, rows)

    def delete(self, films: Mapping[str, int]) -> None:
        """Delete films; `films` maps an id to its number of passages."""
        super().delete(films)
        self._long_texts.forget(list(films))

    # reading

    def nearest(
        self, kind: Kind, vector: NDArray[np.float32], limit: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """As in a folder, without rows of films that are not known; a writer that died may have left some."""
        if limit < 1 or (among is not None and not among):
            return []
        if among is not None:
            step = self.quotas.listed or len(among)
            hits = [
                hit
                for page in pages(among, step)
                for hit in super(ServerStore, self).nearest(kind, vector, limit, page)
            ]
            if len(among) > step:
                hits.sort(key=lambda hit: -hit[1])
        else:
            hits = self._nearest_of_all(kind, vector, limit + self._unknown_rows[kind])
        return self._of_known(kind, hits)[:limit]

    def _nearest_of_all(self, kind: Kind, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        """At most `limit` (row id, cosine similarity), nearest first.

        Where one query may give fewer rows, another one asks for rows of films that have none yet.
        """
        most = self.quotas.results or limit
        hits: list[tuple[str, float]] = []
        films: dict[str, None] = {}
        while len(hits) < limit:
            requested = min(most, limit - len(hits))
            where: Any = {"film": {"$nin": list(films)}} if films else None
            with translated(self.where):
                answer = self._collection(kind).query(
                    query_embeddings=np.asarray(vector, np.float32)[None, :],
                    n_results=requested,
                    include=["distances"],
                    where=where,
                )
            rows, distances = answer["ids"][0], (answer["distances"] or [[]])[0]
            hits += zip(rows, cosines_of(distances), strict=True)
            films |= dict.fromkeys(film_of(row) if kind == "passages" else row for row in rows)
            if len(rows) < requested:
                break
        return hits

    def _of_known(self, kind: Kind, hits: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
        """The hits of known films; of passages only those that the film still has."""
        if kind == "films":
            known = self._known([film for film, _ in hits])
            return [hit for hit in hits if hit[0] in known]
        known = self._known(list({film_of(row) for row, _ in hits}))
        return [hit for hit in hits if _is_passage(hit[0], known)]

    def vectors(self, kind: Kind, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """As in a folder. Raises DamagedError where a film is missing, which another writer may have removed."""
        vectors = super().vectors(kind, ids)
        if kind == "films" and len(vectors) < len(set(ids)):
            missing = next(row for row in ids if row not in vectors)
            raise DamagedError(f"the film {missing!r} is no longer at {self.where}")
        return vectors

    def rows_since(self, stamp: int | None) -> Iterator[list[Row]]:
        """The rows, without documents, of all films, or of those written after a time in ms; by the page."""
        yield from self._rows(["metadatas"], None if stamp is None else {"stamp": {"$gt": stamp}})

    def entries_of(self, ids: Sequence[str]) -> list[Entry]:
        """The films of these ids, as their rows have them; ids without a row are left out."""
        return self._entries([(film, *row) for film, row in self._stored_rows(ids).items()])

    def strays(self, known: Mapping[str, int]) -> list[str]:
        """The ids of passages that belong to no film; `known` has all films with their numbers of passages."""
        strays: list[str] = []
        start = 0
        while True:
            with translated(self.where):
                rows = self._collection("passages").get(limit=self.quotas.read, offset=start, include=[])["ids"]
            strays += [row for row in rows if not _is_passage(row, known)]
            if len(rows) < self.quotas.read:
                return strays
            start += len(rows)

    # rows

    def _stored_rows(self, ids: Sequence[str], *, documents: bool = True) -> dict[str, _StoredRow]:
        """Films' rows by id, with empty documents where those are not asked for; ids without a row are left out."""
        rows: dict[str, _StoredRow] = {}
        include: list[Any] = ["metadatas", "documents"] if documents else ["metadatas"]
        with translated(self.where):
            for page in pages(ids, self.quotas.read):
                answer = self._collection("films").get(ids=list(page), include=include)
                texts = answer["documents"] or [""] * len(answer["ids"])
                metadatas = [metadata or {} for metadata in answer["metadatas"] or []]
                rows |= zip(answer["ids"], zip(metadatas, [text or "" for text in texts], strict=True), strict=True)
        return rows

    def _new_row(self, entry: Entry) -> tuple[str, dict[str, Any]]:
        """The document and metadata of a film's row; what they have no room for is written to further rows."""
        metadata = {**film_metadata(entry), "film": entry.movie.id, "stamp": int(time.time() * 1000)}
        return self._long_texts.fitted(entry, metadata)

    def _entries(self, rows: Sequence[Row]) -> list[Entry]:
        return super()._entries(self._long_texts.joined(rows))

    def _title_and_plot(self, film: str, row: _StoredRow) -> tuple[str, str] | None:
        """A film's title and plot from its row; None where it can't be read."""
        try:
            movie = self._entries([(film, *row)])[0].movie
        except DamagedError:
            return None
        return movie.title, movie.plot


def _is_of(entry: Entry, row: _StoredRow | None) -> bool:
    """Whether a row is of just this version of a film."""
    return row is not None and (row[0].get("hash"), row[0].get("passages")) == (entry.hash, entry.passages)


def _is_passage(row: str, known: Mapping[str, int]) -> bool:
    """Whether a passage is one of those that its film has; `known` has films with their numbers of passages."""
    number = row.rpartition("#")[2]
    return number.isascii() and number.isdigit() and len(number) < 10 and int(number) < known.get(film_of(row), 0)


def _passage_rows(films: Sequence[FilmRows]) -> dict[str, tuple[str, NDArray[np.float32], dict[str, Any]]]:
    """All passages of films: row id -> text, vector and metadata."""
    return {
        passage_id(film.entry.movie.id, number): (text, vector, passage_metadata(film.entry.movie))
        for film in films
        for number, (text, vector) in enumerate(zip(film.passages, film.vectors, strict=True))
    }


def _surplus(films: Sequence[FilmRows], present: Mapping[str, _StoredRow]) -> Iterator[str]:
    """The ids of passages that only older versions of films have; `present` are these versions' rows."""
    for film in films:
        entry, before = film.entry, 0
        if entry.movie.id in present:
            with suppress(KeyError, ValueError):
                before = min(whole_number(present[entry.movie.id][0], "passages", 2**63), _MOST_PASSAGES)
        for number in range(entry.passages, max(before, entry.stale)):
            yield passage_id(entry.movie.id, number)
