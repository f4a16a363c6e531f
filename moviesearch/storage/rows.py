"""Films and passages as rows: their ids, what a row says, and how many go together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from moviesearch.records import Movie, from_record

from .entries import Entry

Kind = Literal["films", "passages"]

Row = tuple[str, Mapping[str, Any], str]

BATCH, BIGGEST_BATCH = 500, 2500
"""Passages that are written together, at least and at most."""


@dataclass(frozen=True, slots=True)
class FilmRows:
    """A film ready to be written: its entry, whole-film vector (d,), passages and their vectors (n, d), float32."""

    entry: Entry
    whole: NDArray[np.float32]
    passages: Sequence[str]
    vectors: NDArray[np.float32]


def batch_size(passages: int, least: int = BATCH) -> int:
    """How many passages to write together to a collection of so many.

    With each batch Chroma writes anew which row has which place in the index (29 bytes a row): batches of a fixed
    size would write what grows with the square of the collection. Readers wait while a batch is written, so that
    it does not grow for ever.
    """
    return max(least, min(BIGGEST_BATCH, passages // 50))


def passage_id(film: str, number: int) -> str:
    """The id of a film's passage."""
    return f"{film}#{number}"


def film_of(passage: str) -> str:
    """The film that a passage belongs to."""
    return passage.rpartition("#")[0]


def passage_metadata(movie: Movie) -> dict[str, Any]:
    """What a passage's row says of its film."""
    return {"film": movie.id, "title": movie.title, "year": movie.year}


def film_metadata(entry: Entry) -> dict[str, Any]:
    """A film's row, but for its plot, which is the document."""
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


def entry_of(film: str, told: Mapping[str, Any], plot: str) -> Entry:
    """A film as its row tells it. Raises KeyError, TypeError or ValueError where it is no film's."""
    movie = from_record({"year": None, "url": None, **told, **json.loads(told["record"]), "id": film, "plot": plot})
    return Entry(movie, int(told["seq"]), str(told["hash"]), int(told["passages"]))


def words(film: FilmRows) -> list[tuple[str, str]]:
    """A film's rows in the word index."""
    return [(passage_id(film.entry.movie.id, number), text) for number, text in enumerate(film.passages)]


def batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Films by the batch."""
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def by_passages(films: Sequence[FilmRows], most: int) -> Iterator[list[FilmRows]]:
    """Batches of films with at most so many passages (or one film with more)."""
    batch: list[FilmRows] = []
    size = 0
    for film in films:
        if batch and size + len(film.passages) > most:
            yield batch
            batch, size = [], 0
        batch.append(film)
        size += len(film.passages)
    if batch:
        yield batch
