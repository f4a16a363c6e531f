"""What goes in and out of an ingest: how far it is, how it is stopped, and which machine's part it does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

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


Progress = Callable[[Step], None]


class Stopped(Exception):  # noqa: N818 - not an error
    """Raised by a progress callback to stop. What is stored until then stays."""
