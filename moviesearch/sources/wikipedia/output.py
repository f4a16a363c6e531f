"""What is taken from Wikipedia, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from moviesearch.atomic import replacing
from moviesearch.errors import StoreError


@contextmanager
def written(path: Path) -> Iterator[IO[str]]:
    """A file to write that is put in its place when it is whole and on the disk. Raises StoreError."""
    try:
        with replacing(path) as file:
            yield file
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error.strerror or error}") from error
