"""The library that sees and fails what a process asks of the file system: built here, told what to do, and read."""

import errno
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

KINDS = ("open", "write", "sync", "rename", "map", "other")
"""The kinds of calls that are counted apart. `other` makes or takes away a name: mkdir, unlink, rmdir."""

_CONTROL = struct.Struct("1024s1024s4i8i")
_RECORD = struct.Struct("4I2Q")


@cache
def library(folder: Path) -> Path:
    """The library, compiled into a folder. Skips the test where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt install gcc libc6-dev")
    built = folder / "calls.so"
    source = Path(__file__).with_name("calls.c")
    made = subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", built, source, "-ldl", "-lpthread"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"{compiler} can't build the library: {made.stderr.strip().splitlines()[-1]}")
    return built


@dataclass(frozen=True)
class Failure:
    """Calls that fail: the `first` to the `last` of a kind, with an error's name; "half" writes half instead."""

    kind: str
    error: str
    first: int
    last: int

    @property
    def number(self) -> int:
        """The error as errno has it."""
        return 0 if self.error == "half" else getattr(errno, self.error)


def control(path: Path, root: Path, log: Path | None = None, failure: Failure | None = None) -> Path:
    """Write a control file: what counts lies under `root`."""
    told = (KINDS.index(failure.kind), failure.number, failure.first, failure.last) if failure else (-1, 0, 0, 0)
    path.write_bytes(_CONTROL.pack(str(root).encode(), str(log or "").encode(), *told, *[0] * 8))
    return path


def counts(path: Path) -> dict[str, int]:
    """The calls that there were, by kind."""
    return dict(zip(KINDS, _CONTROL.unpack(path.read_bytes())[6:], strict=False))


@dataclass(frozen=True)
class Record:
    """A change: C(reate a file), M(ake a folder), W(rite), T(runcate), R(ename), L(ink), U(nlink), S(ync), P (map).

    `offset` is where a write begins, the length that a truncation leaves, or the time of change, in ns, at a sync.
    """

    op: str
    inode: int
    offset: int
    path: str
    other: str
    data: bytes


def records(log: Path) -> Iterator[Record]:
    """The records of a log, in order."""
    content, at = log.read_bytes(), 0
    while at < len(content):
        op, *lengths, inode, offset = _RECORD.unpack_from(content, at)
        at += _RECORD.size
        parts = []
        for length in lengths:
            parts.append(content[at : at + length])
            at += length
        yield Record(chr(op), inode, offset, parts[0].decode(), parts[1].decode(), parts[2])
