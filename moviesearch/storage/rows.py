"""Films and passages as rows of Chroma: their ids, their metadata, and how many are written together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from moviesearch.embedding.vectors import TokenVectors
from moviesearch.records import Movie, from_record

from .entries import Entry

Kind = Literal["films", "passages"]

Row = tuple[str, Mapping[str, Any], str]
"""Of a film: id, metadata, document (its plot)."""

BATCH, BIGGEST_BATCH = 512, 2500
"""Passages that are written together, at least and at most. The 1,509 of the bundled films make three batches."""


@dataclass(frozen=True, slots=True)
class FilmRows:
    """A film ready to be written: entry, whole-film vector (d,), n passages and their vectors (n, d), float32.

    `tokens` are the passages' token vectors, and `token_digest` is of what made them; without one there are none.
    """

    entry: Entry
    whole: NDArray[np.float32]
    passages: Sequence[str]
    vectors: NDArray[np.float32]
    tokens: Sequence[TokenVectors] = ()
    token_digest: str | None = None


def batch_size(passages: int, least: int = BATCH) -> int:
    """How many passages to write together to a collection that has `passages` of them.

    With each batch Chroma writes its whole list of rows anew (29 bytes a row). With batches of a fixed
    size, all that is written would grow with the square of the collection; so batches grow with it.
    They have an upper limit, since readers wait while a batch is written.
    """
    return max(least, min(BIGGEST_BATCH, passages // 50))


def passage_id(film: str, number: int) -> str:
    """The id of a film's passage."""
    return f"{film}#{number}"


def passage_ids(film: str, count: int) -> list[str]:
    """The ids of a film's passages, in the order of its plot."""
    return [passage_id(film, number) for number in range(count)]


def film_of(passage: str) -> str:
    """The film that a passage belongs to."""
    return passage.rpartition("#")[0]


def passage_metadata(movie: Movie) -> dict[str, Any]:
    """The metadata of a passage's row, which name its film."""
    return {"film": movie.id, "title": movie.title, "year": movie.year}


def film_metadata(entry: Entry) -> dict[str, Any]:
    """The metadata of a film's row: all of it but the plot, which is the row's document."""
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


def entry_of(film: str, metadata: Mapping[str, Any], plot: str) -> Entry:
    """A film from its row. Raises KeyError, TypeError or ValueError where the row is no film's."""
    record = json.loads(metadata["record"])
    movie = from_record({"year": None, "url": None, **metadata, **record, "id": film, "plot": plot})
    seq = whole_number(metadata, "seq", 2**63 - 1)
    passages = whole_number(metadata, "passages", 4 * len(plot) + 1)  # a token is a byte or more
    return Entry(movie, seq, str(metadata["hash"]), passages)


def whole_number(metadata: Mapping[str, Any], name: str, most: int) -> int:
    """A number of a row, from 0 to `most`. Raises KeyError or ValueError where it has none, or one that can't be."""
    value = metadata[name]
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"its {name!r} is {value!r:.40}")
    return value


def word_rows(film: FilmRows) -> list[tuple[str, str]]:
    """A film's rows in the word index: (passage id, passage)."""
    return [(passage_id(film.entry.movie.id, number), text) for number, text in enumerate(film.passages)]


def token_rows(film: FilmRows) -> list[tuple[str, TokenVectors]]:
    """A film's rows in the token index: (passage id, token vectors); none where it has none."""
    return [(passage_id(film.entry.movie.id, number), tokens) for number, tokens in enumerate(film.tokens)]


def batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Films in batches of BATCH; the last one may be smaller."""
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def by_passages(films: Sequence[FilmRows], most: int) -> Iterator[list[FilmRows]]:
    """Films in batches of `most` passages or fewer; a film with more makes a batch of its own."""
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
