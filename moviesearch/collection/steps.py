"""What goes in and out of an ingest: how far it is, how it is stopped, and which machine's part it does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from moviesearch.records import FilmFile, FolderEnd, Movie, NextSource, Rejected

Item = Movie | Rejected | NextSource | FilmFile | FolderEnd
"""What comes to an ingest: films, and what stands between them."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far an ingest is: films read so far, and films done, with a fraction for each that is being stored."""

    read: int
    done: float


@dataclass(frozen=True, slots=True)
class Shard:
    """A machine's part of a source: shard `number` (from 1) `of` so many.

    A film's id decides its shard. So one machine stores all records that a source has of a film, in
    their order. `source` names the source, the same on all machines.
    """

    number: int
    of: int
    source: str

    def has(self, film: str) -> bool:
        """Whether a film is for this machine to store."""
        return int.from_bytes(hashlib.sha256(film.encode()).digest()[:8]) % self.of == self.number - 1


class Source(Protocol):
    """Where films come from, if it can tell whether they are those that it gave before, by a digest."""

    def as_it_is(self) -> str | None:
        """The digest of all that its films depend on, as it is now; None where that can't be told."""

    def as_read(self) -> str | None:
        """The same, of what was read; None where that was not all, or something is to be said of it each time."""


Progress = Callable[[Step], None]


class Stopped(Exception):  # noqa: N818 - not an error
    """Raised by a progress callback to stop. What is stored until then stays."""
