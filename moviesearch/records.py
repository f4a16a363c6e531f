"""The records that travel from source to screen. All are frozen; no dicts travel between stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Movie:
    """One film as its source tells it.

    `id` is unique in a collection and stable from run to run. `year` is None where the source has
    none. `extra` holds whatever else the source said (director, country, language, ...): JSON
    values only, under the source's own keys.
    """

    id: str
    title: str
    plot: str
    year: int | None = None
    genres: tuple[str, ...] = ()
    url: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record of a source that can't be stored: where it stands, which field, and why.

    `place` is `file:line`. `duplicate` marks a film that the source tells twice: it is reported and
    left out, but nothing is lost by it and it is no error.
    """

    place: str
    field: str
    reason: str
    duplicate: bool = False

    def __str__(self) -> str:
        """`films.jsonl:12: plot: missing`, as it is shown on the screen."""
        return f"{self.place}: {self.field}: {self.reason}" if self.field else f"{self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Match:
    """A film that answers a query.

    `score` orders the films of one answer and can be compared within it only. `cosine` is that of
    the best-matching passage with the query (None where only its words matched), `bm25` its words'
    score (None where only its meaning matched). `words` are the query's words found in the passage,
    `hints` what else counted ("1990s", "South Korea").
    """

    rank: int
    movie: Movie
    score: float
    cosine: float | None
    passage: str
    bm25: float | None = None
    words: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What `find` gives: the matches, best first, and how they were found. `took_ms` is in milliseconds."""

    query: Mapping[str, object]
    mode: str
    model: str
    took_ms: float
    matches: tuple[Match, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, in films; `passages` were written, `embedded` texts went through the model."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: int = 0
    duplicates: int = 0
    passages: int = 0
    embedded: int = 0
    seconds: float = 0.0
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class FilmMap:
    """All films as points, those of like stories beside each other; row i of each field is the same film's.

    `points` are float32 (n, 2) about (0, 0), nearly all within -1 and 1. `placed` films came after the rest
    and were put beside their neighbours. The map shows the collection as it was at `generation`.
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    years: tuple[int | None, ...]
    genres: tuple[tuple[str, ...], ...]
    points: NDArray[np.float32]
    generation: int
    placed: int


def as_record(movie: Movie) -> dict[str, Any]:
    """Everything that a film says, field by field."""
    return {
        "id": movie.id,
        "title": movie.title,
        "plot": movie.plot,
        "year": movie.year,
        "genres": list(movie.genres),
        "url": movie.url,
        "extra": dict(movie.extra),
    }


def from_record(record: Mapping[str, Any]) -> Movie:
    """The film of a record as `as_record` makes it. Raises KeyError or TypeError where it is none."""
    return Movie(
        id=record["id"],
        title=record["title"],
        plot=record["plot"],
        year=record["year"],
        genres=tuple(record["genres"]),
        url=record["url"],
        extra=record["extra"],
    )


def as_json(movie: Movie) -> dict[str, object]:
    """A film as the original's JSON has it, with what else is known beside its fields."""
    record = as_record(movie)
    extra = record.pop("extra")
    return {**record, **extra}
