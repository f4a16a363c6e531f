"""Bzip2 read from anywhere in a file, so that all cores can read one dump.

A bzip2 file is a row of blocks, each of which can be unpacked alone once its first bit is known: it starts with 48
bits that hardly occur elsewhere, at any bit of a byte. A chance likeness is noticed, since the block doesn't unpack
or its checksum is wrong, and the block then goes on to the next start.
"""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from typing import BinaryIO

_BLOCK = 0x314159265359
_END = 0x177245385090
_MAGIC_BITS = 48
_READ = 1 << 20
_LONGEST_BLOCK = 8 << 20


class DamagedBzip2Error(Exception):
    """The file is cut off or damaged."""


def blocks(file: BinaryIO, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield (byte at which it starts, unpacked content) of each block from byte `start` of the file on.

    Raises DamagedBzip2Error where a block doesn't unpack, or the file ends within one.
    """
    file.seek(start)
    buffer, base = b"", start * 8
    searched = 0
    marks: list[tuple[int, bool]] = []
    while True:
        more = file.read(_READ)
        buffer += more
        found = _marks(buffer, searched)
        marks += [(base + bit, is_end) for bit, is_end in found if not marks or base + bit > marks[-1][0]]
        searched = max(0, len(buffer) - 6)
        while len(marks) > 1 or (not more and marks):
            if marks[0][1]:
                marks.pop(0)
                continue
            content, used = _unpacked(buffer, base, marks, whole=not more)
            if used == 0:
                break
            yield marks[0][0] // 8, content
            del marks[:used]
        if not more:
            return
        keep = (marks[0][0] - base) // 8 if marks else searched
        if len(buffer) - keep > _LONGEST_BLOCK:
            raise DamagedBzip2Error(f"no bzip2 block from byte {base // 8 + keep} on can be read")
        buffer, base = buffer[keep:], base + keep * 8
        searched -= keep


def _unpacked(buffer: bytes, base: int, marks: list[tuple[int, bool]], *, whole: bool) -> tuple[bytes, int]:
    """Unpack the first block; return it and how many marks it takes, or 0 when more must be read first."""
    start = marks[0][0] - base
    for number, (end, _) in enumerate(marks[1:], 1):
        try:
            return _one(buffer, start, end - base), number
        except (OSError, ValueError, EOFError):
            continue
    if whole:
        raise DamagedBzip2Error(f"the bzip2 block at byte {marks[0][0] // 8} is damaged or cut off")
    return b"", 0


def _one(buffer: bytes, start: int, end: int) -> bytes:
    """Unpack the block between two bits of the buffer, as a bzip2 file of its own."""
    first, last = start // 8, (end + 7) // 8
    bits = end - start
    block = (int.from_bytes(buffer[first:last], "big") >> (last * 8 - end)) & ((1 << bits) - 1)
    checksum = (block >> (bits - _MAGIC_BITS - 32)) & 0xFFFFFFFF
    padding = -(bits + 80) % 8
    stream = ((((block << _MAGIC_BITS) | _END) << 32) | checksum) << padding
    return bz2.decompress(b"BZh9" + stream.to_bytes((bits + 80 + padding) // 8, "big"))


def _marks(buffer: bytes, start: int) -> list[tuple[int, bool]]:
    """Find the bits of the buffer at which a block starts (False) or a stream ends (True)."""
    found: list[tuple[int, bool]] = []
    for shift in range(8):
        for magic, is_end in ((_BLOCK, False), (_END, True)):
            # The five whole bytes that the magic covers at this shift are searched for, then the rest is compared.
            inner = ((magic << (8 - shift)) >> 8 & 0xFFFFFFFFFF).to_bytes(5, "big")
            at = buffer.find(inner, start + 1)
            while at != -1:
                around = int.from_bytes(buffer[at - 1 : at + 6].ljust(7, b"\0"), "big")
                if (around >> (8 - shift)) & 0xFFFFFFFFFFFF == magic:
                    found.append(((at - 1) * 8 + shift, is_end))
                at = buffer.find(inner, at + 1)
    return sorted(found)
