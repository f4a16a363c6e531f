"""How Chroma's own files are opened, and its errors as ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from moviesearch.errors import DamagedError, StoreError, is_panic

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

_NO_DAMAGE = (5, 6, 8, 13, 14)
"""SQLite's codes for a database that is busy, locked, read-only, on a full disk, or can't be opened."""


class Client(Protocol):
    """What a store needs of Chroma, in a folder or on a server."""

    def get_collection(self, name: str, *, embedding_function: None) -> Collection:
        """A collection by name. Raises chromadb's NotFoundError where there is none."""

    def get_or_create_collection(
        self, name: str, *, configuration: Any, metadata: Any, embedding_function: None
    ) -> Collection:
        """A collection by name; a new one where there is none, and else as it is."""

    def delete_collection(self, name: str) -> None:
        """Delete a collection. Raises chromadb's NotFoundError where there is none."""

    def close(self) -> None:
        """Let go of files and connections."""


def embedded(folder: Path) -> Client:
    """Open Chroma's own files in a folder. Raises DamagedError when they can't be read.

    Opening writes to the database without changing it; its time is put back, so that a changed
    time means a change.
    """
    import chromadb
    import chromadb.errors
    from chromadb.config import Settings

    database = folder / "chroma.sqlite3"
    with translated(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        before = database.stat() if database.exists() else None
        try:
            client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        except (AttributeError, ValueError, KeyError) as error:  # Chroma trips over its own first error
            raise chromadb.errors.InternalError(first_line(_first(error))) from error
        if before:
            os.utime(database, ns=(before.st_atime_ns, before.st_mtime_ns))
    return client  # type: ignore[return-value]


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Chroma's errors as ours."""
    import chromadb.errors

    try:
        yield
    except chromadb.errors.NotFoundError as error:
        raise DamagedError(f"a collection at {where} is gone ({first_line(error)})") from error
    except chromadb.errors.InternalError as error:
        if any(f"(code: {code})" in str(error) for code in _NO_DAMAGE):
            raise StoreError(
                f"Chroma at {where}: {first_line(error)}; check free space and permissions, and run it again"
            ) from error
        raise DamagedError(
            f"the Chroma files in {where} can't be read or written ({first_line(error)}). Check free space; "
            "if there is enough, `moviesearch repair` makes them again"
        ) from error
    except (chromadb.errors.ChromaError, RuntimeError, OSError) as error:
        raise StoreError(f"Chroma at {where}: {first_line(error)}") from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise DamagedError(f"the Chroma files in {where} can't be read ({first_line(error)})") from error


def _first(error: BaseException) -> BaseException:
    """The error that the others came of."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def first_line(error: BaseException) -> str:
    """What an error says, in one line of 200 characters at most."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
