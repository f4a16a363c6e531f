"""A collection from one place to another, vectors included: store to store, store to file, file to store.

Films that are there already, just as they are in the source, are not written again; so what was
interrupted goes on from where it was. At the end both sides are compared: every record, passage and
vector.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from moviesearch.embedding.passages import whole_film
from moviesearch.embedding.vectors import Vectors
from moviesearch.errors import DamagedError, StoreError
from moviesearch.storage.entries import Entry, content_hash
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import FilmRows, passage_id

from .base import Collection

PAGE = 500
"""Films that are moved at once."""

_ROUNDS = 3
_ROUNDING = 1e-6

Fingerprints = Mapping[str, tuple[str, int, int]]
"""Film -> (content hash, place in the order of ingest, number of passages)."""

Progress = Callable[[int, int], None]
"""Is told how many films of how many are done."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: films in all, those that had to be written, films removed; and the checksum of both sides."""

    films: int
    written: int
    removed: int
    checksum: str


class Source(Protocol):
    """Where films come from."""

    def manifest(self) -> Manifest:
        """What their vectors were made with."""

    def fingerprints(self) -> Fingerprints:
        """The films that there are."""

    def rows(self, films: Sequence[str]) -> list[FilmRows]:
        """Films with their passages and vectors, in the order of ingest; those that are gone are left out."""


class Stored:
    """The films of a collection, as a source."""

    def __init__(self, home: Collection) -> None:
        self._home = home

    def manifest(self) -> Manifest:
        """What their vectors were made with."""
        with self._home.reading() as manifest:
            return manifest

    def fingerprints(self) -> Fingerprints:
        """The films that there are."""
        with self._home.reading():
            return self._home.ledger.fingerprints()

    def rows(self, films: Sequence[str]) -> list[FilmRows]:
        """Films with their passages and vectors, in the order of ingest; those that are gone are left out."""
        with self._home.reading() as manifest:
            known = self._home.ledger.known(films)
            entries = sorted((entry for entry, _ in known.values()), key=lambda entry: (entry.seq, entry.movie.id))
            return _exact(self._home, manifest, read_rows(self._home, entries))


def read_rows(home: Collection, entries: Sequence[Entry]) -> list[FilmRows]:
    """Films as Chroma has them. Raises DamagedError where anything of one is missing."""
    ids = {entry.movie.id: [passage_id(entry.movie.id, n) for n in range(entry.passages)] for entry in entries}
    wholes = home.chroma.vectors("films", list(ids))
    every = [row for rows in ids.values() for row in rows]
    texts, vectors = home.chroma.texts(every), home.chroma.vectors("passages", every)
    lacking = next((film for film in ids if film not in wholes), None) or next(
        (row for row in every if row not in texts or row not in vectors), None
    )
    if lacking is not None:
        raise DamagedError(f"{lacking!r} is missing in {home.name!r}; `moviesearch repair` makes it again")
    return [
        FilmRows(
            replace(entry, stale=0),
            wholes[entry.movie.id],
            [texts[row] for row in ids[entry.movie.id]],
            np.stack([vectors[row] for row in ids[entry.movie.id]]),
        )
        for entry in entries
    ]


def _exact(home: Collection, manifest: Manifest, rows: Sequence[FilmRows]) -> list[FilmRows]:
    """The same with vectors from the cache, where it has them: Chroma gives them back a last bit apart."""
    wholes = [whole_film(row.entry.movie.title, row.entry.movie.plot) for row in rows]
    kept = home.vector_cache.get(manifest.digest, [text for row in rows for text in row.passages] + wholes)

    def best(text: str, there: Vectors) -> Vectors:
        return kept[text] if text in kept and _alike(kept[text], there) else there

    return [
        replace(
            row,
            whole=best(whole, row.whole),
            vectors=np.stack([best(text, there) for text, there in zip(row.passages, row.vectors, strict=True)]),
        )
        for row, whole in zip(rows, wholes, strict=True)
    ]


def _alike(a: Vectors, b: Vectors) -> bool:
    """Whether two vectors, or tables of them, are the same but for the rounding of float32."""
    return a.shape == b.shape and bool(np.abs(a - b).max() <= _ROUNDING * max(1.0, float(np.abs(a).max())))


def move(source: Source, home: Collection, *, replace_others: bool = False, progress: Progress | None = None) -> Moved:
    """Bring a collection to hold just the films of a source.

    Where it holds others, or other versions of them, they go with `replace_others`, and without it
    StoreError is raised before anything is done. Raises MismatchError where it was made otherwise.
    """
    manifest = source.manifest()
    written = removed = 0
    with home.writing():
        if home.exists():
            _look_before(source.fingerprints(), _places(home), home, replace_others)
        home.create(manifest)
        for _ in range(_ROUNDS):
            ours, theirs = source.fingerprints(), _places(home)
            wanted = [film for film in ours if theirs.get(film) != ours[film]]
            surplus = [film for film in theirs if film not in ours]
            if not wanted and not surplus:
                break
            if surplus:
                home.remove(surplus)
                removed += len(surplus)
            for page in _pages(wanted):
                rows = source.rows(page)
                _keep(home, manifest, rows)
                stale = home.ledger.sizes_of(page)
                home.put(
                    [replace(row, entry=replace(row.entry, stale=stale.get(row.entry.movie.id, 0))) for row in rows]
                )
                written += len(rows)
                if progress:
                    progress(len(ours) - len(wanted) + written, len(ours))
    return Moved(len(ours), written, removed, _compared(source, home))


def _places(home: Collection) -> Fingerprints:
    return home.ledger.fingerprints()


def _look_before(ours: Fingerprints, theirs: Fingerprints, home: Collection, replace_others: bool) -> None:
    others = [film for film, place in theirs.items() if film not in ours or ours[film][0] != place[0]]
    if others and not replace_others:
        raise StoreError(
            f"{home.name!r} there has {len(others):,} films that the source has not, or has otherwise, "
            f"such as {others[0]!r}. Choose another collection, or --replace to have them go"
        )


def _keep(home: Collection, manifest: Manifest, rows: Sequence[FilmRows]) -> None:
    """Vectors go to the embedding cache first: their second home."""
    vectors = {whole_film(row.entry.movie.title, row.entry.movie.plot): row.whole for row in rows}
    for row in rows:
        vectors |= zip(row.passages, row.vectors, strict=True)
    home.vector_cache.put(manifest.digest, vectors)


def _compared(source: Source, home: Collection) -> str:
    """The checksum of all films, which is the same on both sides. Raises StoreError where it is not."""
    target = Stored(home)
    ours, theirs = source.fingerprints(), target.fingerprints()
    if ours != theirs:
        raise StoreError(
            f"{home.name!r} and its source still differ: {len(theirs):,} and {len(ours):,} films. "
            "Films may have come meanwhile; run the same command again"
        )
    total = hashlib.sha256()
    for page in _pages(list(ours)):
        rows, there = source.rows(page), target.rows(page)
        for row in rows:
            total.update(checksum(row))
        if len(rows) != len(there) or not all(map(_same, rows, there)):
            raise StoreError(
                f"{home.name!r} and its source differ between {page[0]!r} and {page[-1]!r}. "
                "`moviesearch verify` tells which of the two is damaged"
            )
    return total.hexdigest()


def _same(a: FilmRows, b: FilmRows) -> bool:
    return checksum(a) == checksum(b) and _alike(a.whole, b.whole) and _alike(a.vectors, b.vectors)


def checksum(row: FilmRows) -> bytes:
    """sha256 of a film's record and its passages; vectors are compared number by number, but for their rounding."""
    told = [row.entry.movie.id, content_hash(row.entry.movie), list(row.passages)]
    return hashlib.sha256(json.dumps(told).encode()).digest()


def _pages(films: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(films), PAGE):
        yield films[start : start + PAGE]
