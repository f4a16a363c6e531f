"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def replacing(path: Path, mode: str = "w", *, shared: bool = False) -> Iterator[IO[Any]]:
    """A file to write ("w", UTF-8, or "wb") that takes the place of `path` when it is whole and on the disk.

    Where the block fails, `path` is as it was, and what a killed process left is overwritten by the next one. With
    `shared` several may write at once, each to a draft of its own, and the last one counts. Raises OSError.
    """
    writer = f"{os.getpid()}-{threading.get_ident()}." if shared else ""
    draft = path.with_name(f"{path.name}.{writer}draft")
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    try:
        with draft.open(mode, **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        _sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
