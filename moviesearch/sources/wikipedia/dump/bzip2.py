"""Bzip2 read from anywhere in a file, so that all cores can read one dump.

A bzip2 file is a sequence of blocks. A block can be unpacked alone once its first bit is known. It starts, at any bit
of a byte, with 48 bits that hardly occur elsewhere. Where they do, the block before them doesn't unpack or its
checksum is wrong; it is then taken to go on up to the next such start.
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
        data = file.read(_READ)
        buffer += data
        new_marks = _marks(buffer, searched)
        marks += [(base + bit, is_end) for bit, is_end in new_marks if not marks or base + bit > marks[-1][0]]
        searched = max(0, len(buffer) - 6)
        while len(marks) > 1 or (not data and marks):
            if marks[0][1]:
                marks.pop(0)
                continue
            content, used = _first_block(buffer, base, marks, at_end=not data)
            if used == 0:
                break
            yield marks[0][0] // 8, content
            del marks[:used]
        if not data:
            return
        keep = (marks[0][0] - base) // 8 if marks else searched
        if len(buffer) - keep > _LONGEST_BLOCK:
            raise DamagedBzip2Error(f"no bzip2 block from byte {base // 8 + keep} on can be read")
        buffer, base = buffer[keep:], base + keep * 8
        searched -= keep


def _first_block(buffer: bytes, base: int, marks: list[tuple[int, bool]], *, at_end: bool) -> tuple[bytes, int]:
    """Unpack the first block; return it and how many marks it takes: 0 where more must be read first."""
    start = marks[0][0] - base
    for number, (end, _) in enumerate(marks[1:], 1):
        try:
            return _unpacked(buffer, start, end - base), number
        except (OSError, ValueError, EOFError):
            continue
    if at_end:
        raise DamagedBzip2Error(f"the bzip2 block at byte {marks[0][0] // 8} is damaged or cut off")
    return b"", 0


def _unpacked(buffer: bytes, start: int, end: int) -> bytes:
    """Unpack the block between two bits of the buffer: it is made a bzip2 file of one block."""
    first, last = start // 8, (end + 7) // 8
    bits = end - start
    block = (int.from_bytes(buffer[first:last], "big") >> (last * 8 - end)) & ((1 << bits) - 1)
    checksum = (block >> (bits - _MAGIC_BITS - 32)) & 0xFFFFFFFF
    padding = -(bits + 80) % 8
    stream = ((((block << _MAGIC_BITS) | _END) << 32) | checksum) << padding
    return bz2.decompress(b"BZh9" + stream.to_bytes((bits + 80 + padding) // 8, "big"))


def _marks(buffer: bytes, start: int) -> list[tuple[int, bool]]:
    """Find the bits of the buffer at which a block starts (False) or a stream ends (True)."""
    marks: list[tuple[int, bool]] = []
    for shift in range(8):
        for magic, is_end in ((_BLOCK, False), (_END, True)):
            # The five whole bytes that the magic covers at this shift are searched for, then the rest is compared.
            inner = ((magic << (8 - shift)) >> 8 & 0xFFFFFFFFFF).to_bytes(5, "big")
            index = buffer.find(inner, start + 1)
            while index != -1:
                around = int.from_bytes(buffer[index - 1 : index + 6].ljust(7, b"\0"), "big")
                if (around >> (8 - shift)) & 0xFFFFFFFFFFFF == magic:
                    marks.append(((index - 1) * 8 + shift, is_end))
                index = buffer.find(inner, index + 1)
    return sorted(marks)
