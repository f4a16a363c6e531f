"""Many readers or one writer at a time, over processes.

Two processes that write through one embedded Chroma lose rows without an error. So a writer holds the
`writer` lock for as long as it works, and a second writer fails at once. It holds the `gate` only
while a batch is written; readers share the gate while they read. A reader therefore sees the state
before a batch or after it, and waits for one batch at most. The operating system frees the locks of a
process that dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from moviesearch.atomic import make_folders
from moviesearch.errors import LockedError, StoreError

from . import file_lock

GATE_PATIENCE = 120.0
"""Seconds that a reader waits for a batch to be written, and a writer for a repair to end."""

_NOTE_PATIENCE = 0.5
"""Seconds within which a process that has taken the writer's lock has written into it who it is."""


@contextmanager
def writing(folder: Path, *, repairing: bool = False) -> Iterator[None]:
    """Be the only writer in a folder. Raises LockedError, naming the holder, when another process writes.

    It is raised at once. Only where the holder took the lock for `repairing`, which ends by itself, is
    it waited for, up to GATE_PATIENCE seconds; one that wants to repair itself never waits.
    """
    path = folder / "writer.lock"
    began = time.monotonic()
    with _opened(path) as file:
        while not _taken(file, path):
            if repairing or time.monotonic() - began > _patience_with(path):
                raise LockedError(
                    f"{folder} is being written by {_holder(path)}. Wait until it is done, or stop it; "
                    "several processes can write at once to a Chroma server"
                )
            time.sleep(0.02)
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]) if sys.argv else "python"
        holder = {"pid": os.getpid(), "host": platform.node(), "command": command, "repairing": repairing}
        _note_holder(file, json.dumps(holder))
        try:
            yield
        finally:
            _note_holder(file, "")
            file_lock.free(file)


@contextmanager
def gate(folder: Path, *, write: bool) -> Iterator[None]:
    """Hold the gate, alone to write a batch, or together with other readers. Raises LockedError after GATE_PATIENCE."""
    path = folder / "gate.lock"
    with _opened(path) as file:
        _wait_for_gate(file, path, shared=not write)
        try:
            yield
        finally:
            file_lock.free(file)


def _opened(path: Path) -> IO[str]:
    """A lock's file, made where there is none. Raises StoreError where that can't be done."""
    try:
        make_folders(path.parent)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{path.parent} can't be written ({error.strerror}). A store must lie where it can be written, "
            "for searching too: check its permissions and free space, or copy it"
        ) from error


def _note_holder(file: IO[str], holder: str) -> None:
    """Write into a lock's file who holds it. A full disk is no error: the lock holds all the same."""
    with contextlib.suppress(OSError):
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), holder.encode("utf-8", "replace"))


def _wait_for_gate(file: IO[str], path: Path, *, shared: bool) -> None:
    deadline = time.monotonic() + GATE_PATIENCE
    pause = 0.001
    while not _taken(file, path, shared=shared):
        if time.monotonic() > deadline:
            raise LockedError(
                f"{path.parent} has been locked for {GATE_PATIENCE:.0f} seconds by another process. Try again when it "
                "is done, or stop it"
            )
        time.sleep(pause)
        pause = min(0.02, pause * 2)


def _taken(file: IO[str], path: Path, *, shared: bool = False) -> bool:
    """Take a lock, or return False where others hold it. Raises StoreError where files there can't be locked."""
    try:
        return file_lock.take(file, shared=shared)
    except OSError as error:
        raise StoreError(
            f"{path} can't be locked ({error.strerror}). A store must lie where files can be locked: choose another "
            "folder"
        ) from error


def _patience_with(path: Path) -> float:
    """Seconds to wait for the holder of a writer's lock: long for a repair, and a moment for one not named yet."""
    try:
        return GATE_PATIENCE if json.loads(path.read_text(encoding="utf-8"))["repairing"] else 0.0
    except (OSError, ValueError, KeyError, TypeError):
        return _NOTE_PATIENCE


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} ({holder['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
