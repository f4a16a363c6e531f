"""Chroma's own files are opened here, and its errors are turned into ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from moviesearch.errors import DamagedError, StoreError, is_panic

from . import chroma_engine
from .shortage import is_shortage, require_memory

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

_NO_DAMAGE = (5, 6, 7, 8, 13, 14)
"""Error codes of SQLite that mean no damage: busy, locked, out of memory, read-only, disk full, can't be opened."""


class Client(Protocol):
    """The part of Chroma's client that a store uses, in a folder or on a server."""

    def get_collection(self, name: str, *, embedding_function: None) -> Collection:
        """A collection by name. Raises chromadb's NotFoundError where there is none."""

    def get_or_create_collection(
        self, name: str, *, configuration: Any, metadata: Any, embedding_function: None
    ) -> Collection:
        """A collection by name, unchanged where there is one; otherwise a new one."""

    def delete_collection(self, name: str) -> None:
        """Delete a collection. Raises chromadb's NotFoundError where there is none."""

    def close(self) -> None:
        """Close files and connections."""


def embedded(folder: Path) -> Client:
    """Open Chroma's own files in a folder: by Chroma's engine alone where it is known, which is far quicker.

    Raises DamagedError when they can't be read.
    """
    require_memory(str(folder))
    with translated(str(folder)), _times_kept(folder):
        return chroma_engine.EngineClient(folder) if chroma_engine.is_known() else _by_client(folder)


def _by_client(folder: Path) -> Client:
    """The same by Chroma's own client."""
    import chromadb
    import chromadb.errors
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(  # type: ignore[return-value]
            str(folder), settings=Settings(anonymized_telemetry=False)
        )
    except (AttributeError, ValueError, KeyError) as error:  # raised while Chroma cleans up after its first error
        raise chromadb.errors.InternalError(first_line(_root_cause(error))) from error


def _client_errors() -> Any:
    """Chroma's module of errors where its client is imported; else None."""
    return sys.modules.get("chromadb.errors")


@contextmanager
def _times_kept(folder: Path) -> Iterator[None]:
    """Set the times of Chroma's database back to what they were.

    Chroma writes to it at every opening, though nothing in it changes: so a newer time means a change.
    """
    database = folder / "chroma.sqlite3"
    folder.mkdir(parents=True, exist_ok=True)
    stat = database.stat() if database.exists() else None
    yield
    if stat:
        os.utime(database, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def no_such_collection() -> tuple[type[BaseException], ...]:
    """What says that there is no collection of a name, for an `except`; chromadb is not imported to find out."""
    errors = _client_errors()
    return (ValueError, errors.NotFoundError) if errors else (ValueError,)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Chroma's errors as DamagedError or StoreError; `where` names the folder or server in the message."""
    try:
        yield
    except BaseException as error:
        if (own := _as_own(error, where)) is None:
            raise
        raise own from error


def _as_own(error: BaseException, where: str) -> StoreError | None:
    """What an error of Chroma's is in our terms; None for any other error."""
    errors = _client_errors()  # loaded where an error of its kind was raised
    if errors and isinstance(error, errors.NotFoundError):
        return DamagedError(f"a collection at {where} is gone ({first_line(error)})")
    internal = bool(errors) and isinstance(error, errors.InternalError)
    if (internal or is_panic(error)) and is_shortage(error):
        return StoreError(f"Chroma at {where}: {first_line(error)}; check memory and free space, and run it again")
    if internal:
        if any(f"(code: {code})" in str(error) for code in _NO_DAMAGE):
            return StoreError(
                f"Chroma at {where}: {first_line(error)}; check free space and permissions, and run it again"
            )
        return DamagedError(
            f"the Chroma files in {where} can't be read or written ({first_line(error)}). Check free space; "
            "if there is enough, `moviesearch repair` makes them again"
        )
    if (errors and isinstance(error, errors.ChromaError)) or isinstance(error, RuntimeError | OSError):
        return StoreError(f"Chroma at {where}: {first_line(error)}")
    if is_panic(error):
        return DamagedError(f"the Chroma files in {where} can't be read ({first_line(error)})")
    return None


def _root_cause(error: BaseException) -> BaseException:
    """The first error of a chain: the others arose while it was handled."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def first_line(error: BaseException) -> str:
    """The first line of an error's message, 200 characters at most; the error's type where it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
