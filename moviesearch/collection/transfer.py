"""Moves a collection with its vectors: from store to store, from a store to a file, from a file to a store.

Films that the target has already, just as the source has them, are not written again. So a move that
was interrupted goes on from where it was. At the end every record, passage and vector is compared.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from moviesearch.embedding.passages import whole_film
from moviesearch.embedding.vectors import TokenVectors, Vectors
from moviesearch.errors import DamagedError, StoreError
from moviesearch.storage.entries import Entry, content_hash
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import FilmRows, passage_ids
from moviesearch.storage.seen_table import Mark

from .base import Collection

PAGE = 500
"""Films that are moved at once."""

_ROUNDS = 3
"""Films may come to the source while it is moved: so often it is compared again, and the rest moved."""

_ROUNDING = 1e-6
"""The greatest difference of two numbers that counts as rounding; of numbers above 1, times the largest of them."""

Fingerprints = Mapping[str, tuple[str, int, int]]
"""Film -> (content hash, rank in the order of ingest, number of passages)."""

Progress = Callable[[int, int], None]
"""Called with (films done, films in all)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: films in all, films that had to be written, films removed; and the checksum of the films.

    `marks` is how many marks of films seen had to be written.
    """

    films: int
    written: int
    removed: int
    checksum: str
    marks: int = 0


class Source(Protocol):
    """Where films come from: a collection or a backup."""

    def manifest(self) -> Manifest:
        """What their vectors were made with."""

    def fingerprints(self) -> Fingerprints:
        """The fingerprints of all films, in the order of ingest."""

    def rows(self, films: Sequence[str]) -> list[FilmRows]:
        """Films with their passages and vectors, in the order of ingest; those that are gone are left out."""

    def marks(self) -> list[Mark]:
        """What people have seen."""


class Stored:
    """The films of a collection, as a source."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def manifest(self) -> Manifest:
        """What their vectors were made with."""
        with self._collection.reading() as manifest:
            return manifest

    def fingerprints(self) -> Fingerprints:
        """The fingerprints of all films, in the order of ingest."""
        with self._collection.reading():
            return self._collection.ledger.fingerprints()

    def rows(self, films: Sequence[str]) -> list[FilmRows]:
        """Films with their passages and vectors, in the order of ingest; those that are gone are left out."""
        with self._collection.reading() as manifest:
            states = self._collection.ledger.known(films).values()
            entries = sorted((entry for entry, _ in states), key=lambda entry: (entry.seq, entry.movie.id))
            return _exact(self._collection, manifest, _read_rows(self._collection, entries))

    def marks(self) -> list[Mark]:
        """What people have seen."""
        with self._collection.reading():
            return self._collection.marks.all()


def _read_rows(collection: Collection, entries: Sequence[Entry]) -> list[FilmRows]:
    """Films as Chroma has them. Raises DamagedError where anything of one is missing."""
    rows_of = {entry.movie.id: passage_ids(entry.movie.id, entry.passages) for entry in entries}
    wholes = collection.chroma.vectors("films", list(rows_of))
    rows = [row for rows in rows_of.values() for row in rows]
    texts, vectors = collection.chroma.texts(rows), collection.chroma.vectors("passages", rows)
    token_digest, tokens = _token_vectors(collection, rows)
    missing = next((film for film in rows_of if film not in wholes), None) or next(
        (row for row in rows if row not in texts or row not in vectors), None
    )
    if missing is not None:
        raise DamagedError(f"{missing!r} is missing in {collection.name!r}; `moviesearch repair` makes it again")
    return [
        FilmRows(
            replace(entry, stale=0),
            wholes[entry.movie.id],
            [texts[row] for row in rows_of[entry.movie.id]],
            np.stack([vectors[row] for row in rows_of[entry.movie.id]]),
            [tokens[row] for row in rows_of[entry.movie.id]] if token_digest else (),
            token_digest,
        )
        for entry in entries
    ]


def _token_vectors(collection: Collection, rows: Sequence[str]) -> tuple[str | None, dict[str, TokenVectors]]:
    """What made the token vectors of a collection, and those of rows, by id; None and none where not all are there."""
    index = collection.token_index
    if index is None:
        return None, {}
    tokens, starts = index.tokens(rows)
    of_rows = {row: tokens[start:end] for row, start, end in zip(rows, starts, starts[1:], strict=False)}
    return index.digest, of_rows


def _exact(collection: Collection, manifest: Manifest, rows: Sequence[FilmRows]) -> list[FilmRows]:
    """The rows with the cache's vectors where it has them: Chroma returns vectors that may differ in the last bit."""
    wholes = [whole_film(row.entry.movie.title, row.entry.movie.plot) for row in rows]
    cached = collection.vector_cache.get(manifest.digest, [text for row in rows for text in row.passages] + wholes)

    def exact(text: str, vector: Vectors) -> Vectors:
        return cached[text] if text in cached and _equal_but_for_rounding(cached[text], vector) else vector

    return [
        replace(
            row,
            whole=exact(whole, row.whole),
            vectors=np.stack([exact(text, vector) for text, vector in zip(row.passages, row.vectors, strict=True)]),
        )
        for row, whole in zip(rows, wholes, strict=True)
    ]


def _equal_but_for_rounding(a: Vectors, b: Vectors) -> bool:
    """Whether two vectors (d,), or tables of them (n, d), are equal but for the rounding of float32."""
    return a.shape == b.shape and bool(np.abs(a - b).max() <= _ROUNDING * max(1.0, float(np.abs(a).max())))


def move(
    source: Source, collection: Collection, *, replace_others: bool = False, progress: Progress | None = None
) -> Moved:
    """Make a collection hold just the films of a source, and what people have seen by its marks, beside its own.

    Where it holds others, or other versions of them, `replace_others` removes these; without it
    StoreError is raised before anything is done. Raises MismatchError where the vectors of the
    collection were made otherwise, StoreError where both differ in the end.
    """
    manifest = source.manifest()
    written = removed = 0
    with collection.writing():
        if collection.exists():
            _check_others(source.fingerprints(), collection, replace_others)
        collection.create(manifest)
        for _ in range(_ROUNDS):
            films, present = source.fingerprints(), collection.ledger.fingerprints()
            lacking = [film for film in films if present.get(film) != films[film]]
            surplus = [film for film in present if film not in films]
            if not lacking and not surplus:
                break
            if surplus:
                collection.remove(surplus)
                removed += len(surplus)
            for page in pages(lacking, PAGE):
                written += _write(source.rows(page), manifest, collection)
                if progress:
                    progress(len(films) - len(lacking) + written, len(films))
        present_marks = set(collection.marks.all())
        marks = [mark for mark in source.marks() if mark not in present_marks]
        collection.marks.change(marks)
    return Moved(len(films), written, removed, _compare(source, collection), len(marks))


def _write(rows: Sequence[FilmRows], manifest: Manifest, collection: Collection) -> int:
    """Store films, their vectors in the embedding cache first: it is the replica of Chroma. Returns their number."""
    _cache_vectors(collection, manifest, rows)
    stale = collection.ledger.sizes_of([row.entry.movie.id for row in rows])
    collection.put([replace(row, entry=replace(row.entry, stale=stale.get(row.entry.movie.id, 0))) for row in rows])
    return len(rows)


def _check_others(films: Fingerprints, collection: Collection, replace_others: bool) -> None:
    """Raise StoreError where a collection has other films or versions than these, unless they may be replaced."""
    present = collection.ledger.fingerprints()
    others = [film for film, (digest, *_) in present.items() if film not in films or films[film][0] != digest]
    if others and not replace_others:
        raise StoreError(
            f"{collection.name!r} there has {len(others):,} films that the source has not, or has otherwise, "
            f"such as {others[0]!r}. Choose another collection, or --replace to have them go"
        )


def _cache_vectors(collection: Collection, manifest: Manifest, rows: Sequence[FilmRows]) -> None:
    vectors = {whole_film(row.entry.movie.title, row.entry.movie.plot): row.whole for row in rows}
    for row in rows:
        vectors |= zip(row.passages, row.vectors, strict=True)
    collection.vector_cache.put(manifest.digest, vectors)
    tokens: defaultdict[str, dict[str, TokenVectors]] = defaultdict(dict)
    for row in rows:
        if row.token_digest:
            tokens[row.token_digest] |= zip(row.passages, row.tokens, strict=True)
    for token_digest, of_texts in tokens.items():
        collection.vector_cache.put_tokens(manifest.digest, token_digest, of_texts)


def _compare(source: Source, collection: Collection) -> str:
    """Compare all films; returns their checksum (sha256, hex). Raises StoreError where a film differs."""
    target = Stored(collection)
    in_source, in_target = source.fingerprints(), target.fingerprints()
    if in_source != in_target:
        raise StoreError(
            f"{collection.name!r} and its source still differ: {len(in_target):,} and {len(in_source):,} films. "
            "Films may have come meanwhile; run the same command again"
        )
    total = hashlib.sha256()
    for page in pages(list(in_source), PAGE):
        rows, copies = source.rows(page), target.rows(page)
        for row in rows:
            total.update(checksum(row))
        if len(rows) != len(copies) or not all(map(_same, rows, copies)):
            raise StoreError(
                f"{collection.name!r} and its source differ between {page[0]!r} and {page[-1]!r}. "
                "`moviesearch verify` tells which of the two is damaged"
            )
    return total.hexdigest()


def _same(a: FilmRows, b: FilmRows) -> bool:
    return (
        checksum(a) == checksum(b)
        and _equal_but_for_rounding(a.whole, b.whole)
        and _equal_but_for_rounding(a.vectors, b.vectors)
        and (a.token_digest != b.token_digest or all(map(np.array_equal, a.tokens, b.tokens)))
    )


def checksum(row: FilmRows) -> bytes:
    """sha256 of a film's record and its passages. Its vectors are not in it, since their last bits may differ."""
    record = [row.entry.movie.id, content_hash(row.entry.movie), list(row.passages)]
    return hashlib.sha256(json.dumps(record).encode()).digest()
