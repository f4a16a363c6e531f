"""A collection on a server that others write to and read from at the same time.

Rows have the ids that they have in a folder, so that writing one twice is writing it once. What a
writer that dies leaves behind is whole: a film's passages come before its own row, and what an older
version of it had more is taken away afterwards. A row's `stamp` (milliseconds since 1970) says when
it was written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.errors import DamagedError
from moviesearch.storage.chroma import cosines_of
from moviesearch.storage.chroma_client import translated
from moviesearch.storage.entries import Entry
from moviesearch.storage.quotas import Quotas
from moviesearch.storage.rows import FilmRows, Kind, Row, film_metadata, film_of, passage_id, passage_metadata

from .long_texts import LongTexts
from .state import SharedStore, State

if TYPE_CHECKING:
    from .http_client import HttpClient

Known = Callable[[Sequence[str]], Mapping[str, int]]
"""Film ids -> those that are known, with their numbers of passages."""

_TRIES = 3


class ServerStore(SharedStore):
    """One collection of films on a server; only rows of films that are `known` are answers."""

    vector_ms = 0.08

    def __init__(self, client: HttpClient, name: str, where: str, quotas: Quotas, known: Known) -> None:
        super().__init__(client, name, where, quotas)
        self._known = known
        self._long = LongTexts(client, f"{name}.more", where, quotas)
        self._strangers: dict[Kind, int] = {"films": 0, "passages": 0}

    def expect(self, films: int, passages: int, state: State) -> None:
        """So many rows are known of those in a state: the others are stepped over in searching."""
        self._strangers = {"films": max(0, state.films - films), "passages": max(0, state.passages - passages)}

    # writing

    def write(self, films: Sequence[FilmRows]) -> None:
        """Put films in: their passages, then their own rows, then what an older version had more is taken out."""
        wanted = list(films)
        for _ in range(_TRIES):
            wanted = self._write(wanted)
            if not wanted:
                return

    def _write(self, films: Sequence[FilmRows]) -> list[FilmRows]:
        """Returns the films that another writer got mixed up with, which have to be written again."""
        there = self._told([film.entry.movie.id for film in films])
        films = [film for film in films if not _is_there(film.entry, there.get(film.entry.movie.id))]
        if not films:
            return []
        rows = _passage_rows(films)
        before = self.texts(list(rows))
        self._put("passages", {row: told for row, told in rows.items() if before.get(row) != told[0]}, set(before))
        own: dict[str, tuple[str, NDArray[np.float32] | None, dict[str, Any]]] = {}
        for film in films:
            movie = film.entry.movie
            document, metadata = self._row(film.entry)
            old = there.get(movie.id)
            same = old is not None and self._story(movie.id, old) == (movie.title, movie.plot)
            own[movie.id] = (document, None if same else film.whole, metadata)
        self._put("films", own, set(there))
        self._delete("passages", list(_surplus(films, there)))
        self._long.tidy([film.entry for film in films if film.entry.movie.id in there])
        return self._mixed_up(films, {row: told[0] for row, told in rows.items()})

    def _mixed_up(self, films: Sequence[FilmRows], wanted: Mapping[str, str]) -> list[FilmRows]:
        now = self._told([film.entry.movie.id for film in films], documents=False)
        texts = self.texts(list(wanted))
        wrong = {film_of(row) for row, text in wanted.items() if texts.get(row) != text}
        mine = [film for film in films if _is_there(film.entry, now.get(film.entry.movie.id))]
        mixed = [film for film in mine if film.entry.movie.id in wrong]
        if mixed:  # so that they are written again, though their own rows are right
            with translated(self.where):
                self._collection("films").update(
                    ids=[film.entry.movie.id for film in mixed], metadatas=[{"hash": ""} for _ in mixed]
                )
        return mixed

    def _put(
        self, kind: Kind, rows: Mapping[str, tuple[str, NDArray[np.float32] | None, dict[str, Any]]], there: set[str]
    ) -> None:
        """Write rows; those without a vector keep the one they have, and their text."""
        kept = [row for row, (_, vector, _) in rows.items() if vector is None]
        for start in range(0, len(kept), self.quotas.written):
            part = kept[start : start + self.quotas.written]
            with translated(self.where):
                self._collection(kind).update(ids=part, metadatas=[rows[row][2] for row in part])
        full = {row: vector for row, (_, vector, _) in rows.items() if vector is not None}
        if full:
            vectors = np.stack(list(full.values()))
            self._upsert(kind, list(full), vectors, [rows[row][0] for row in full], [rows[row][2] for row in full])
        self._assure(kind, {row: vector for row, vector in full.items() if row in there}, rows)

    def _assure(self, kind: Kind, replaced: Mapping[str, NDArray[np.float32]], rows: Mapping[str, Any]) -> None:
        """A row that is overwritten in an HNSW index can end up where no search comes by: then it is put in again."""
        for tried in range(_TRIES):
            lost = self.unfound(kind, replaced)
            if not lost:
                return
            replaced = {row: replaced[row] for row in lost}
            if kind == "passages" and tried:
                self._delete(kind, lost)
            self._upsert(
                kind, lost, np.stack(list(replaced.values())), [rows[r][0] for r in lost], [rows[r][2] for r in lost]
            )

    def assure(self, films: Sequence[FilmRows]) -> None:
        """Put in again what the index does not find by its own vector."""
        rows = _passage_rows(films)
        self._assure("passages", {row: vector for row, (_, vector, _) in rows.items()}, rows)
        lost = self.unfound("films", {film.entry.movie.id: film.whole for film in films})
        again = {film.entry.movie.id: film for film in films if film.entry.movie.id in lost}
        wholes = {film: (*self._row(told.entry), told.whole) for film, told in again.items()}
        self._assure(
            "films",
            {film: told.whole for film, told in again.items()},
            {film: (document, whole, metadata) for film, (document, metadata, whole) in wholes.items()},
        )

    def delete(self, films: Mapping[str, int]) -> None:
        """Take films out; `films` maps an id to its number of passages."""
        super().delete(films)
        self._long.forget(list(films))

    # reading

    def nearest(
        self, kind: Kind, vector: NDArray[np.float32], limit: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """As in a folder, but for rows of films that are not known, such as a writer may have left that died."""
        if limit < 1 or (among is not None and not among):
            return []
        if among is not None:
            step = self.quotas.listed or len(among)
            parts = [among[start : start + step] for start in range(0, len(among), step)]
            found = [row for part in parts for row in super(ServerStore, self).nearest(kind, vector, limit, part)]
            if len(parts) > 1:
                found.sort(key=lambda row: -row[1])
        else:
            found = self._widely(kind, vector, limit + self._strangers[kind])
        return self._of_known(kind, found)[:limit]

    def _widely(self, kind: Kind, vector: NDArray[np.float32], limit: int) -> list[tuple[str, float]]:
        """The nearest rows, where a query gives fewer: again without the films that were found."""
        most = self.quotas.results or limit
        found: list[tuple[str, float]] = []
        without: dict[str, None] = {}
        while len(found) < limit:
            asked = min(most, limit - len(found))
            where: Any = {"film": {"$nin": list(without)}} if without else None
            with translated(self.where):
                got = self._collection(kind).query(
                    query_embeddings=np.asarray(vector, np.float32)[None, :],
                    n_results=asked,
                    include=["distances"],
                    where=where,
                )
            distances = (got["distances"] or [[]])[0]
            found += zip(got["ids"][0], cosines_of(distances), strict=True)
            without |= dict.fromkeys(film_of(row) if kind == "passages" else row for row in got["ids"][0])
            if len(got["ids"][0]) < asked:
                break
        return found

    def _of_known(self, kind: Kind, found: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
        if kind == "films":
            known = self._known([row for row, _ in found])
            return [hit for hit in found if hit[0] in known]
        known = self._known(list({film_of(row) for row, _ in found}))
        return [hit for hit in found if int(hit[0].rpartition("#")[2]) < known.get(film_of(hit[0]), 0)]

    def vectors(self, kind: Kind, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by row id. Raises DamagedError where a film's is gone, which another writer may have removed."""
        found = super().vectors(kind, ids)
        if kind == "films" and len(found) < len(set(ids)):
            gone = next(row for row in ids if row not in found)
            raise DamagedError(f"the film {gone!r} is no longer at {self.where}")
        return found

    def rows_since(self, stamp: int | None) -> Iterator[list[Row]]:
        """The rows (without documents) of films written after a time, or of all."""
        yield from self._rows(["metadatas"], None if stamp is None else {"stamp": {"$gt": stamp}})

    def entries_of(self, ids: Sequence[str]) -> list[Entry]:
        """Films by id, as their rows tell them; those that aren't there are left out."""
        return self._entries([(film, *told) for film, told in self._told(ids).items()])

    def strays(self, known: Mapping[str, int]) -> list[str]:
        """The passages of no film, or that its film has no more; `known` are all films with their passages."""
        found: list[str] = []
        start = 0
        while True:
            with translated(self.where):
                got = self._collection("passages").get(limit=self.quotas.read, offset=start, include=[])
            found += [row for row in got["ids"] if int(row.rpartition("#")[2]) >= known.get(film_of(row), 0)]
            if len(got["ids"]) < self.quotas.read:
                return found
            start += len(got["ids"])

    def sweep(self, rows: Sequence[str]) -> None:
        """Take passages out."""
        self._delete("passages", rows)

    # rows

    def _told(self, ids: Sequence[str], *, documents: bool = True) -> dict[str, tuple[Mapping[str, Any], str]]:
        found: dict[str, tuple[Mapping[str, Any], str]] = {}
        include: list[Any] = ["metadatas", "documents"] if documents else ["metadatas"]
        with translated(self.where):
            for page in self._pages(ids):
                got = self._collection("films").get(ids=page, include=include)
                texts = got["documents"] or [""] * len(got["ids"])
                found |= zip(got["ids"], zip(got["metadatas"] or [], texts, strict=True), strict=True)
        return found

    def _row(self, entry: Entry) -> tuple[str, dict[str, Any]]:
        told = {**film_metadata(entry), "film": entry.movie.id, "stamp": int(time.time() * 1000)}
        return self._long.fitted(entry, told)

    def _entries(self, rows: Sequence[Row]) -> list[Entry]:
        return super()._entries(self._long.joined(rows))

    def _story(self, film: str, row: tuple[Mapping[str, Any], str]) -> tuple[str, str] | None:
        try:
            movie = self._entries([(film, *row)])[0].movie
        except DamagedError:
            return None
        return movie.title, movie.plot


def _is_there(entry: Entry, told: tuple[Mapping[str, Any], str] | None) -> bool:
    return told is not None and (told[0].get("hash"), told[0].get("passages")) == (entry.hash, entry.passages)


def _passage_rows(films: Sequence[FilmRows]) -> dict[str, tuple[str, NDArray[np.float32], dict[str, Any]]]:
    """Row id -> text, vector and metadata."""
    return {
        passage_id(film.entry.movie.id, n): (text, vector, passage_metadata(film.entry.movie))
        for film in films
        for n, (text, vector) in enumerate(zip(film.passages, film.vectors, strict=True))
    }


def _surplus(films: Sequence[FilmRows], there: Mapping[str, tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    for film in films:
        entry = film.entry
        before = there[entry.movie.id][0].get("passages", 0) if entry.movie.id in there else 0
        for number in range(entry.passages, max(int(before), entry.stale)):
            yield passage_id(entry.movie.id, number)
