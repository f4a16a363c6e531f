"""Many readers or one writer, over processes.

Two processes writing through one embedded Chroma lose rows without an error. So a writer holds the
`writer` lock for as long as it works, and a second one fails at once. It takes the `gate` only
while a batch goes in; readers share the gate while they read. A reader therefore sees the state
before a batch or after it, never half, and waits for one batch at most. The operating system frees
the locks of a process that dies.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import portalocker

from .errors import LockedError

GATE_PATIENCE = 120.0
"""Seconds that a reader waits for a batch to go in."""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder as its only writer. Raises LockedError at once, naming the holder, when there is one."""
    path = folder / "writer.lock"
    with path.open("a+", encoding="utf-8") as file:
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException as error:
            raise LockedError(
                f"{folder} is being written by {_holder(path)}. Wait until it is done, or stop it; "
                "several processes can write at once to a Chroma server"
            ) from error
        file.truncate(0)
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]) if sys.argv else "python"
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "command": command}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
            portalocker.unlock(file)


@contextmanager
def gate(folder: Path, *, write: bool) -> Iterator[None]:
    """Go through the gate: alone while a batch is written, together with others while reading."""
    kind = portalocker.LockFlags.EXCLUSIVE if write else portalocker.LockFlags.SHARED
    try:
        file = (folder / "gate.lock").open("a+")
    except OSError:
        if write:
            raise
        yield  # a read-only folder has no writer either
        return
    with file:
        _acquire(file, kind, folder)
        try:
            yield
        finally:
            portalocker.unlock(file)


def _acquire(file: portalocker.types.IO, kind: portalocker.LockFlags, folder: Path) -> None:
    deadline = time.monotonic() + GATE_PATIENCE
    pause = 0.001
    while True:
        try:
            portalocker.lock(file, kind | portalocker.LockFlags.NON_BLOCKING)
            return
        except portalocker.LockException as error:
            if time.monotonic() > deadline:
                raise LockedError(f"{folder} has been locked for {GATE_PATIENCE:.0f} seconds") from error
        time.sleep(pause)
        pause = min(0.02, pause * 2)


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} ({holder['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
