"""The map of films as it is kept: laid out once, stored beside the ledger, brought up to date without moving a film.

A film that is new or changed is placed beside its neighbours among the films that were laid out together,
so its place depends on nothing but them. When many are new the map is laid out anew, beginning from where
the films were.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moviesearch.atomic import replacing
from moviesearch.errors import StoreError
from moviesearch.records import FilmMap

from .layout import NEIGHBOURS, Points, beside, lay_out, spacing

if TYPE_CHECKING:
    from moviesearch.collection.base import Collection
    from moviesearch.storage.manifest import Manifest

_FORMAT = 1
_PAGE = 2000
_NEW_SHARE, _NEW_FILMS = 0.1, 20
"""More new films than these (a share, or a number in a small collection), and the map is laid out anew."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """The places of films. `points` are float32 (n, 2); `laid` (n,) says which were laid out together.

    `marks` are the films' content hashes; `made_with` tells the collection and the model, `generation` the
    ledger's when it was brought up to date. `file` tells the file it was read from (time and size).
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
    """What a layout is made of: films in the order of ingest, their vectors (n, d) float32, and earlier points."""

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


def current(archive: Collection, manifest: Manifest, known: Atlas | None = None) -> Atlas | None:
    """The stored map brought up to date (and stored again), or None when it has to be laid out.

    `known` is the one that was read before; it is given back where nothing has changed.
    """
    kept = load(archive.map_path, known)
    if kept is None or kept.made_with != _made_with(archive, manifest):
        return None
    hashes, generation = archive.ledger.hashes(), archive.ledger.generation
    if dict(zip(kept.ids, kept.marks, strict=True)) == hashes:
        same = kept.generation == generation
        return kept if same else save(archive.map_path, replace(kept, generation=generation))
    where = {film: row for row, film in enumerate(kept.ids)}
    ids = [film for film in archive.ledger.ids() if film in hashes]
    still = {film for film in ids if film in where and kept.marks[where[film]] == hashes[film]}
    fresh = [film for film in ids if film not in still]
    unlaid = len(fresh) + sum(not kept.laid[where[film]] for film in still)
    if unlaid > max(_NEW_FILMS, _NEW_SHARE * len(ids)) or unlaid == len(ids):
        return None
    places = {film: kept.points[where[film]] for film in still} | _placed(archive, fresh, kept, still)
    shown = [film for film in ids if film in places]
    atlas = Atlas(
        ids=tuple(shown),
        marks=tuple(hashes[film] for film in shown),
        points=np.array([places[film] for film in shown], np.float32).reshape(-1, 2),
        laid=np.array([film in still and kept.laid[where[film]] for film in shown], bool),
        made_with=kept.made_with,
        generation=generation,
    )
    return save(archive.map_path, atlas)


def material(archive: Collection, manifest: Manifest) -> Material:
    """All that a layout needs, so that nobody has to wait while it is made."""
    hashes, kept = archive.ledger.hashes(), load(archive.map_path)
    wanted = [film for film in archive.ledger.ids() if film in hashes]
    pages: list[NDArray[np.float32]] = [np.zeros((0, manifest.dimension), np.float32)]
    ids: list[str] = []
    for start in range(0, len(wanted), _PAGE):
        found = archive.chroma.vectors("films", wanted[start : start + _PAGE])
        there = [film for film in wanted[start : start + _PAGE] if film in found]
        ids += there
        pages.append(np.array([found[film] for film in there], np.float32).reshape(-1, manifest.dimension))
    made_with, before = _made_with(archive, manifest), None
    if kept is not None and kept.made_with == made_with:
        known = dict(zip(kept.ids, kept.points, strict=True))
        nowhere = np.full(2, np.nan, np.float32)
        before = np.array([known.get(film, nowhere) for film in ids], np.float32).reshape(-1, 2)
    marks = tuple(hashes[film] for film in ids)
    return Material(tuple(ids), marks, np.concatenate(pages), before, made_with, archive.ledger.generation)


def film_map(archive: Collection, atlas: Atlas) -> FilmMap:
    """The map with what the ledger says of the films; those that have gone meanwhile are left out."""
    titles = {film: title for film, title, _ in archive.ledger.titles()}
    rows = [row for row, film in enumerate(atlas.ids) if film in titles]
    ids = tuple(atlas.ids[row] for row in rows)
    facts = archive.ledger.facts_of(ids)
    return FilmMap(
        ids=ids,
        titles=tuple(titles[film] for film in ids),
        years=tuple(facts[film][0] for film in ids),
        genres=tuple(facts[film][1] for film in ids),
        points=atlas.points[rows],
        generation=atlas.generation,
        placed=int((~atlas.laid[rows]).sum()),
    )


def save(path: Path, atlas: Atlas) -> Atlas:
    """Write a map, whole or not at all; returns it as it would be read. Raises StoreError where it can't be written."""
    told = {"format": _FORMAT, "ids": atlas.ids, "marks": atlas.marks}
    told |= {"made_with": atlas.made_with, "generation": atlas.generation}
    try:
        with replacing(path, "wb") as file:
            text = np.frombuffer(json.dumps(told).encode(), np.uint8)
            np.savez_compressed(file, told=text, points=atlas.points, laid=atlas.laid)
            file.flush()
            saved = replace(atlas, file=_stamp(file.fileno()))
        return saved
    except OSError as error:
        raise StoreError(f"the map can't be kept at {path}: {error.strerror}; check space and permissions") from error


def load(path: Path, known: Atlas | None = None) -> Atlas | None:
    """A map as it was stored (`known` if it is that one); None when there is none that this version can read."""
    try:
        file_told = _stamp(path)
        if known is not None and known.file == file_told:
            return known
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            points, laid = np.asarray(file["points"], np.float32), np.asarray(file["laid"], bool)
            told = json.loads(file["told"].tobytes())
        ids, marks = tuple(told["ids"]), tuple(told["marks"])
        if told["format"] != _FORMAT or points.shape != (len(ids), 2) or not len(ids) == len(marks) == len(laid):
            return None
        return Atlas(ids, marks, points, laid, str(told["made_with"]), int(told["generation"]), file_told)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def _placed(archive: Collection, fresh: Sequence[str], kept: Atlas, still: set[str]) -> dict[str, Points]:
    """Places for new films among those that were laid out together and are as they were."""
    anchors = {
        film: point
        for film, point, laid in zip(kept.ids, kept.points, kept.laid, strict=True)
        if laid and film in still
    }
    scale = spacing(np.array(list(anchors.values()), np.float32))
    places: dict[str, Points] = {}
    others = len(fresh) + int((~kept.laid).sum())
    for film, vector in archive.chroma.vectors("films", fresh).items():
        for asked in (4 * NEIGHBOURS, NEIGHBOURS + others):
            found = archive.chroma.nearest("films", vector, asked)
            near = [(row, cosine) for row, cosine in found if row in anchors][:NEIGHBOURS]
            if len(near) == NEIGHBOURS:
                break
        points = np.array([anchors[row] for row, _ in near] or [(0, 0)], np.float32)
        cosines = np.array([cosine for _, cosine in near] or [1], np.float32)
        places[film] = beside(points, cosines, scale, _number(film))
    return places


def _number(film: str) -> int:
    return sum(film.encode("utf-8", "replace"))


def _made_with(archive: Collection, manifest: Manifest) -> str:
    return f"{archive.identity()} {manifest.digest}"


def _stamp(file: Path | int) -> tuple[int, int]:
    """Time (ns) and size of a file, by which it is known again."""
    stat = os.stat(file)
    return stat.st_mtime_ns, stat.st_size
