"""Files of what was taken from Wikipedia, each written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from moviesearch.atomic import replacing
from moviesearch.errors import StoreError


@contextmanager
def written(path: Path) -> Iterator[IO[str]]:
    """Give a text file to write; it gets the name `path` once it is whole and on the disk. Raises StoreError."""
    try:
        with replacing(path) as file:
            yield file
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A film without a record.

    `place` is where it stands in what was read, `reason` says why it is left out; what stands before its colon is its
    kind.
    """

    title: str
    year: int | None
    place: str
    reason: str

    def __str__(self) -> str:
        """`Heat (1995)`, or `Heat` without a year."""
        return f"{self.title} ({self.year})" if self.year else self.title

    @property
    def kind(self) -> str:
        """What many films have in common, such as "it has no plot section"."""
        return self.reason.partition(":")[0]


def write_misses(path: Path, films: Iterable[LeftOut]) -> None:
    """Write films that are left out as JSON lines: title, year, place and reason. Raises StoreError."""
    with written(path) as file:
        for film in films:
            file.write(json.dumps(asdict(film), ensure_ascii=False) + "\n")
