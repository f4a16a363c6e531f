"""Files that are written whole or not at all, and folders that stay when the current is lost."""

from __future__ import annotations

import contextlib
import errno
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
        sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def make_folders(folder: Path) -> None:
    """Make a folder and those above it, where they are missing; on return they are on the disk. Raises OSError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where a system can do that and we may. Raises OSError."""
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
