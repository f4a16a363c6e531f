"""The records that go from source to screen. All are frozen; no stage gives dicts to the next."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


OVERVIEW = "overview"
"""The name in `extra` of the text that stood here as a film's plot before its whole plot was fetched.

Both are searched: they are in `plot`, this text first.
"""
FETCHED = "wikipedia_page_id"
"""The name in `extra` by which a film whose plot was fetched is known."""


@dataclass(frozen=True, slots=True)
class Movie:
    """A film as its source has it.

    `id` is unique in a collection and stable from run to run. `year` is None where the source has none. `extra` holds
    all other fields of the source (director, country, language, ...) under their own names: JSON values only.
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
    """A record of a source that can't be stored: where it stands, which field is wrong, and why.

    `place` is `file:line`. `duplicate` marks a film that the source has twice: it is reported and left out, but it is
    no error.
    """

    place: str
    field: str
    reason: str
    duplicate: bool = False

    def __str__(self) -> str:
        """`films.jsonl:12: plot: missing`, as it is shown on the screen."""
        return f"{self.place}: {self.field}: {self.reason}" if self.field else f"{self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Note:
    """What a source holds that was left out or skipped although no film was rejected for it.

    `place` is `file:line` of the first, `field` its field, empty where it is none, and `count` how many there are.
    """

    place: str
    field: str
    reason: str
    count: int = 1

    def __str__(self) -> str:
        """`films.csv:12: year: 'TBA' holds no year: stored without it`, as it is shown on the screen."""
        more = f" ({self.count:,} in all)" if self.count > 1 else ""
        return ": ".join(filter(None, (self.place, self.field, self.reason))) + more


@dataclass(frozen=True, slots=True)
class NextSource:
    """Stands between the films of two sources. Two films of one source are two; those of two sources may be one."""


FILM = "film"
"""The kind of a file from which a film comes; what else there is is told apart by whoever reads them."""


@dataclass(frozen=True, slots=True)
class FilmFile:
    """A file that tells a film, such as an NFO file, as it is now; it stands behind its film in what a folder gives.

    `path` and `poster`, the picture beside it (empty where there is none), are absolute, in the bytes of the file
    system; `size` is in bytes, `changed` its time of change in nanoseconds (-1: to be read again in any case). `kind`
    says what it is of, and `film` is the id of its film, as it came, empty where it is of none. `is_read` is False for
    a file that is as it was when it was last read: its film does not come.
    """

    path: bytes
    size: int
    changed: int
    poster: bytes
    kind: str
    film: str
    is_read: bool = True

    @property
    def tells_film(self) -> bool:
        """Whether its film comes from it, and not from another file."""
        return self.kind == FILM


@dataclass(frozen=True, slots=True)
class FolderEnd:
    """Stands behind the films of a folder: all its files have come, but for those in the `unreadable` folders in it.

    Paths are absolute, in the bytes of the file system. `files` is how many files that tell films it has.
    """

    path: bytes
    files: int
    unreadable: tuple[bytes, ...] = ()


def is_in(path: bytes, folder: bytes) -> bool:
    """Whether an absolute path is that of a folder, or of something in it."""
    return path == folder or path.startswith(folder.rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep))


@dataclass(frozen=True, slots=True)
class Meeting:
    """A word of a question and the word of a plot that it met, as each has it; `similarity` is .35 to 1.

    `found` has several words where parts of the one that was asked met several.
    """

    asked: str
    found: str
    similarity: float

    def __str__(self) -> str:
        """`janitor ~ floors`, or the word alone where the plot has it too, as it is shown on the screen."""
        return self.found if self.asked.casefold() == self.found.casefold() else f"{self.asked} ~ {self.found}"


@dataclass(frozen=True, slots=True)
class Understood:
    """A part of a question beside its story, as it was understood; `key` takes it back (`Request.ignored`).

    `kind` is years, origin (a country or language), genre or person, which the film should be of; without, for what it
    says that its film lacks or is not; or not, for a film that it does not mean. `text` is for people to read.
    """

    kind: str
    text: str

    @property
    def key(self) -> str:
        """`years:90s`."""
        return f"{self.kind}:{self.text}"


@dataclass(frozen=True, slots=True)
class Match:
    """A film that answers a query.

    `score` can be compared within one answer only. `cosine` is that of the query and the film's best passage by
    meaning, `bm25` the score of its best passage by words; None where meaning or words did not find the film. `words`
    are the query's words in `passage`, `hints` those of the query's hints that the film meets ("1990s", "korean"), and
    `meetings` which words of the query met which of the title and `passage`, those that count most first.
    """

    rank: int
    movie: Movie
    score: float
    cosine: float | None
    passage: str
    bm25: float | None = None
    words: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    meetings: tuple[Meeting, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question asked back, to be answered with yes, no or "I don't know"; `key` is what a `Reply` names it by."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What `find` gives: the matches, best first, and how they were found.

    `took_ms` is in milliseconds. `notes` tell the person who asked what to know about the answer. `confidence` is the
    chance, 0 to 1, that the film that is meant is among the first ten; None where it can't be told, as where similar
    films are sought. `understood` is what the question says beside its story. `question` is one asked back, whose reply
    would tell most; where one was wanted and would help.
    """

    query: Mapping[str, object]
    mode: str
    model: str
    took_ms: float
    matches: tuple[Match, ...]
    notes: tuple[str, ...] = ()
    confidence: float | None = None
    understood: tuple[Understood, ...] = ()
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class SeenFilm:
    """A film that a person has seen. `film` is its id, None where the collection doesn't have it.

    `by_hand` is False where only the film's record says so.
    """

    title: str
    year: int | None
    film: str | None
    by_hand: bool = True


@dataclass(frozen=True, slots=True)
class Marked:
    """What it came to when films were marked as seen, or that was taken back.

    `films` are the ids of those that changed, `titles` (title, year) of those that did and are not in the collection.
    `unchanged` is how many were marked so before, or are not known.
    """

    films: tuple[str, ...] = ()
    titles: tuple[tuple[str, int | None], ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, in films; `passages` were written, `embedded` texts went through the model.

    `duplicates` were in the source twice. `joined` were in the collection twice before, and are now one with another.
    `gone` are stored films whose folders have them no longer: they stay where they are not to be removed. `stopped`
    says that it ended early.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: int = 0
    duplicates: int = 0
    joined: int = 0
    gone: int = 0
    passages: int = 0
    embedded: int = 0
    seconds: float = 0.0
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class FilmMap:
    """All films as points, those of like stories beside each other; row i of each sequence is the same film's.

    `points` are float32 (n, 2) about (0, 0), nearly all between -1 and 1. `placed` is how many films came after the
    others were laid out, and were put beside their neighbours. The map shows the collection as it was at `generation`.
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    years: tuple[int | None, ...]
    genres: tuple[tuple[str, ...], ...]
    points: NDArray[np.float32]
    generation: int
    placed: int


def as_record(movie: Movie) -> dict[str, Any]:
    """All fields of a film by name, as JSON values."""
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
    """The film of such a record. Raises KeyError or TypeError where it is none."""
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
    """A film as the original's JSON has it: the fields of `extra` stand beside the others."""
    record = as_record(movie)
    extra = record.pop("extra")
    return {**record, **extra}


def without_local_paths(record: Mapping[str, Any]) -> dict[str, Any]:
    """Such a record for people elsewhere: without the paths of files on this machine (`nfo`, `poster`)."""

    def is_local(name: str, value: object) -> bool:
        return name in ("nfo", "poster") and isinstance(value, str) and os.path.isabs(value)

    return {name: value for name, value in record.items() if not is_local(name, value)}
