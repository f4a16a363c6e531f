"""Tells whether a file of films is the one that was read before, by a digest of all that its films depend on."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_DIGEST_BYTES = 16
_PROGRAM = Path(__file__).parents[1]


class FileState:
    """What a file of films holds, where it lies, and the program that reads it, as one digest of 32 hex digits.

    The folder counts because records name pictures from there; the program, because another one may make other films
    of the same bytes.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.path.abspath(path)
        self._read = self._begun()

    def as_it_is(self) -> str | None:
        """The digest of the file as it is now; None where that can't be told: it is no file, or can't be read."""
        if not _program():
            return None
        try:
            if not stat.S_ISREG(os.stat(self._path).st_mode):
                return None  # a pipe can be read only once
            digest = self._begun()
            with open(self._path, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except (OSError, ValueError):
            return None
        return digest.hexdigest()

    def take(self, raw: bytes) -> None:
        """Count bytes in that were read of the file, in their order."""
        self._read.update(raw)

    def as_read(self) -> str | None:
        """The digest of what was read: that of the file, where it was read whole and is still so.

        None where the program can't be told from others.
        """
        return self._read.hexdigest() if _program() else None

    def _begun(self) -> hashlib.blake2b:
        begin = repr((os.fsencode(self._path), sys.version, _program()))
        return hashlib.blake2b(begin.encode(), digest_size=_DIGEST_BYTES)


@cache
def _program() -> str:
    """The program, by the sizes and times of its modules; empty where they are no files."""
    modules = sorted(_modules(str(_PROGRAM)))
    return hashlib.blake2b(repr(modules).encode()).hexdigest() if modules else ""


def _modules(folder: str) -> Iterator[tuple[str, int, int, int]]:
    """(path, bytes, times of change in nanoseconds) of the modules in and under a folder.

    The second time is that of the file system: the first may come from a wheel, and be the same in all versions.
    """
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            yield from _modules(entry.path)
        elif entry.name.endswith(".py"):
            file = entry.stat()
            yield entry.path, file.st_size, file.st_mtime_ns, file.st_ctime_ns
