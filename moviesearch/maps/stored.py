"""The map of films in its file: laid out once, stored beside the ledger, brought up to date without moving a film.

A film that is new or changed is put beside its neighbours among the films that were laid out together,
so where it lies depends on nothing but them. When many are new the map is laid out anew, beginning from where
the films were.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moviesearch.atomic import replacing
from moviesearch.embedding.vectors import UNREADABLE
from moviesearch.errors import StoreError
from moviesearch.records import FilmMap
from moviesearch.storage.paging import pages

from .layout import NEIGHBOURS, Points, beside, lay_out, spacing

if TYPE_CHECKING:
    from moviesearch.collection.base import Collection
    from moviesearch.storage.manifest import Manifest

_FORMAT = 1
_PAGE = 2000
_NEW_SHARE, _NEW_FILMS = 0.1, 20
"""The map is laid out anew when more films are new than this share of all, and more than this number."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """Where the films lie, as the map's file has it; row i of each field is the same film's.

    `marks` are the films' content hashes, `points` float32 (n, 2), `laid` (n,) whether a film was laid out with the
    others (or put beside them later). `made_with` names the collection and the model; `generation` is the ledger's
    when the map was brought up to date. `file` is the time (ns) and size of the file that it was read from.
    """

    ids: tuple[str, ...]
    marks: tuple[str, ...]
    points: Points
    laid: NDArray[np.bool_]
    made_with: str
    generation: int
    file: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Material:
    """What a layout is made of: films in the order of ingest, their vectors (n, d) float32, and earlier points.

    `before` is float32 (n, 2), NaN for films that had no point, or None where there is no earlier map.
    """

    ids: tuple[str, ...]
    marks: tuple[str, ...]
    vectors: NDArray[np.float32]
    before: Points | None
    made_with: str
    generation: int

    def laid_out(self) -> Atlas:
        """Lay the films out; this is what takes time (a minute or two for 10,000 films)."""
        points = lay_out(self.vectors, self.before)
        return Atlas(self.ids, self.marks, points, np.ones(len(self.ids), bool), self.made_with, self.generation)


class StoredMap:
    """The stored map of a collection; what was read last is not read again while its file is the same.

    All methods but `save` need the collection open for reading.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._last: tuple[Atlas, FilmMap] | None = None

    def current(self, manifest: Manifest) -> FilmMap | None:
        """The map brought up to date (and stored again), or None when it has to be laid out."""
        last = self._last
        atlas = self._current_atlas(manifest, last[0] if last else None)
        if atlas is None:
            return None
        if last is None or atlas is not last[0]:
            self._last = last = atlas, self.film_map(atlas)
        return last[1]

    def _current_atlas(self, manifest: Manifest, last: Atlas | None) -> Atlas | None:
        """The same as an atlas: `last` itself where nothing has changed since it was read."""
        stored = _read(self._collection.map_path, last)
        if stored is None or stored.made_with != _made_with(self._collection, manifest):
            return None
        ledger = self._collection.ledger
        hashes, generation = ledger.hashes(), ledger.generation
        if dict(zip(stored.ids, stored.marks, strict=True)) != hashes:
            updated = _updated(stored, self._collection, hashes, generation)
            return self.save(updated) if updated else None
        return stored if stored.generation == generation else self.save(replace(stored, generation=generation))

    def material(self, manifest: Manifest) -> Material:
        """All that a layout needs, so that nobody has to wait while it is made."""
        ledger = self._collection.ledger
        hashes, stored = ledger.hashes(), _read(self._collection.map_path)
        ids: list[str] = []
        vectors: list[NDArray[np.float32]] = [np.zeros((0, manifest.dimension), np.float32)]
        for page in pages([film for film in ledger.ids() if film in hashes], _PAGE):
            vector_of = self._collection.chroma.vectors("films", page)
            present = [film for film in page if film in vector_of]
            ids += present
            rows = np.array([vector_of[film] for film in present], np.float32)
            vectors.append(rows.reshape(-1, manifest.dimension))
        made_with, before = _made_with(self._collection, manifest), None
        if stored is not None and stored.made_with == made_with:
            point_of = dict(zip(stored.ids, stored.points, strict=True))
            nowhere = np.full(2, np.nan, np.float32)
            before = np.array([point_of.get(film, nowhere) for film in ids], np.float32).reshape(-1, 2)
        marks = tuple(hashes[film] for film in ids)
        return Material(tuple(ids), marks, np.concatenate(vectors), before, made_with, ledger.generation)

    def film_map(self, atlas: Atlas) -> FilmMap:
        """The map with what the ledger says of the films; those that have gone meanwhile are left out."""
        ledger = self._collection.ledger
        titles = {film: title for film, title, _ in ledger.titles()}
        rows = [row for row, film in enumerate(atlas.ids) if film in titles]
        ids = tuple(atlas.ids[row] for row in rows)
        facts = ledger.facts_of(ids)
        return FilmMap(
            ids=ids,
            titles=tuple(titles[film] for film in ids),
            years=tuple(facts[film].year for film in ids),
            genres=tuple(facts[film].genres for film in ids),
            points=atlas.points[rows],
            generation=atlas.generation,
            placed=int((~atlas.laid[rows]).sum()),
        )

    def save(self, atlas: Atlas) -> Atlas:
        """Write the map, whole or not at all; returns it as it would be read. Raises StoreError where it can't."""
        path = self._collection.map_path
        head = {"format": _FORMAT, "ids": atlas.ids, "marks": atlas.marks}
        head |= {"made_with": atlas.made_with, "generation": atlas.generation}
        try:
            with replacing(path, "wb", shared=True) as file:
                text = np.frombuffer(json.dumps(head).encode(), np.uint8)
                np.savez_compressed(file, told=text, points=atlas.points, laid=atlas.laid)
                file.flush()
                saved = replace(atlas, file=_stamp(file.fileno()))
            return saved
        except OSError as error:
            raise StoreError(
                f"the map can't be kept at {path}: {error.strerror}; check space and permissions"
            ) from error


def _read(path: Path, last: Atlas | None = None) -> Atlas | None:
    """The map in a file (`last` if that was read from it); None when there is none that this version can read."""
    try:
        stamp = _stamp(path)
        if last is not None and last.file == stamp:
            return last
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            points, laid = np.asarray(file["points"], np.float32), np.asarray(file["laid"], bool)
            head = json.loads(file["told"].tobytes())
        ids, marks = tuple(head["ids"]), tuple(head["marks"])
        if head["format"] != _FORMAT or points.shape != (len(ids), 2) or not len(ids) == len(marks) == len(laid):
            return None
        return Atlas(ids, marks, points, laid, str(head["made_with"]), int(head["generation"]), stamp)
    except (*UNREADABLE, TypeError):
        return None


def _updated(stored: Atlas, collection: Collection, hashes: Mapping[str, str], generation: int) -> Atlas | None:
    """A map without the films that have gone, and with new and changed ones put beside their neighbours.

    `hashes` are those of the films that there are now. None where so many are new that they are to be laid out.
    """
    row_of = {film: row for row, film in enumerate(stored.ids)}
    ids = [film for film in collection.ledger.ids() if film in hashes]
    unchanged = {film for film in ids if film in row_of and stored.marks[row_of[film]] == hashes[film]}
    anchors = {
        film: point
        for film, point, laid in zip(stored.ids, stored.points, stored.laid, strict=True)
        if laid and film in unchanged
    }
    if _too_many(len(ids) - len(anchors), len(ids)):
        return None
    new = [film for film in ids if film not in unchanged]
    points = {film: stored.points[row_of[film]] for film in unchanged}
    points |= _points_beside(anchors, collection, new, len(new) + int((~stored.laid).sum()))
    placed = [film for film in ids if film in points]
    return Atlas(
        ids=tuple(placed),
        marks=tuple(hashes[film] for film in placed),
        points=np.array([points[film] for film in placed], np.float32).reshape(-1, 2),
        laid=np.array([film in anchors for film in placed], bool),
        made_with=stored.made_with,
        generation=generation,
    )


def _too_many(new: int, films: int) -> bool:
    """Whether so many films are new, or put beside others, that all are to be laid out anew."""
    return new > max(_NEW_FILMS, _NEW_SHARE * films) or new == films


def _points_beside(
    anchors: Mapping[str, Points], collection: Collection, new: Sequence[str], others: int
) -> dict[str, Points]:
    """Points (2,) for new films, each beside its nearest anchors: unchanged films that were laid out together.

    At most `others` films are none of the anchors, and may stand between a film and its nearest ones.
    """
    scale = spacing(np.array(list(anchors.values()), np.float32))
    points: dict[str, Points] = {}
    for film, vector in collection.chroma.vectors("films", new).items():
        for depth in (4 * NEIGHBOURS, NEIGHBOURS + others):
            hits = collection.chroma.nearest("films", vector, depth)
            near = [(row, cosine) for row, cosine in hits if row in anchors][:NEIGHBOURS]
            if len(near) == NEIGHBOURS:
                break
        neighbours = np.array([anchors[row] for row, _ in near] or [np.zeros(2, np.float32)])
        cosines = np.array([cosine for _, cosine in near] or [1], np.float32)
        points[film] = beside(neighbours, cosines, scale, _number(film))
    return points


def _number(film: str) -> int:
    return sum(film.encode("utf-8", "replace"))


def _made_with(collection: Collection, manifest: Manifest) -> str:
    return f"{collection.identity()} {manifest.digest}"


def _stamp(file: Path | int) -> tuple[int, int]:
    """Time (ns) and size of a file, by which it is known again."""
    stat = os.stat(file)
    return stat.st_mtime_ns, stat.st_size
