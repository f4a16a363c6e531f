"""A stretch of a dump file -> its pages as XML."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from moviesearch.errors import SourceError

from .bzip2 import DamagedBzip2Error, blocks

PART_BYTES = 32_000_000
"""The size of a part in bytes of the file; of a bzip2 file they are about 150 MB of XML."""

_PAGE, _PAGE_END = b"<page>", b"</page>"
_READ = 1 << 20
_LONGEST_PAGE = 64 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a dump file, from byte `start` up to `end`: the pages that start in it."""

    path: Path
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some XML. `in_part`: pages that start in it belong to the part; `file_bytes`: how much of the part it took."""

    xml: bytes
    in_part: bool
    file_bytes: int


def parts(path: Path, size: int = PART_BYTES) -> list[Part]:
    """Cut a dump into parts. Gzip is one part: it can only be read from its start. Raises SourceError."""
    try:
        with path.open("rb") as file:
            kind = _kind(file.read(6))
            length = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        raise SourceError(f"there is no file {path}: check the name") from None
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror or error}") from None
    if not length:
        raise SourceError(f"{path} is empty: download it again")
    if kind == "gzip":
        return [Part(path, 0, length)]
    if kind == "other":
        raise SourceError(
            f"{path} is no MediaWiki dump, or one that is packed as 7-Zip or in another way: give .xml, .xml.bz2 or "
            ".xml.gz"
        )
    return [Part(path, start, min(start + size, length)) for start in range(0, length, size)]


def head(path: Path) -> bytes:
    """Return the XML up to a dump's first page. Raises SourceError for what isn't a dump."""
    text = b""
    try:
        for chunk in chunks(Part(path, 0, PART_BYTES)):
            text += chunk.xml
            if _PAGE in text or len(text) > _READ:
                break
    except DamagedBzip2Error as error:
        raise SourceError(f"{path}: {error}; download it again") from None
    before, page, _ = text.partition(_PAGE)
    if b"<mediawiki" not in before or not (page or b"</mediawiki>" in before):
        raise SourceError(f"{path} is no MediaWiki dump: it doesn't start with <mediawiki>, a <siteinfo> and pages")
    return before


def chunks(part: Part) -> Iterator[Chunk]:
    """Yield the XML of a part and of all that follows it: its last page may end there.

    Raises DamagedBzip2Error or SourceError for a damaged file.
    """
    with part.path.open("rb") as file:
        kind = _kind(file.read(6))
        if kind == "bzip2":
            last = part.start
            for start, xml in blocks(file, part.start):
                if start >= part.end and last < part.end:
                    last = part.end
                yield Chunk(xml, start < part.end, max(0, min(start, part.end) - last))
                last = max(last, start)
        elif kind == "gzip":
            file.seek(0)
            yield from _gzipped(file, part.path)
        else:
            file.seek(part.start)
            while data := file.read(min(_READ, max(0, part.end - file.tell())) or _READ):
                in_part = file.tell() <= part.end
                yield Chunk(data, in_part, len(data) if in_part else 0)


def pages(source: Iterator[Chunk], name: str = "the file") -> Iterator[bytes]:
    """Yield each page that starts in a part, from `<page>` to `</page>`.

    A page of more than 64 MB, as dumps with all revisions have, is left out. Raises SourceError where the file ends
    within a page; messages call the file `name`.
    """
    buffer, position, part_end = b"", 0, 0
    source = chain(source, [Chunk(b"", False, 0)])
    at_end = False
    for chunk in source:
        at_end = not chunk.xml
        buffer, part_end, position = buffer[position:] + chunk.xml, max(0, part_end - position), 0
        if chunk.in_part:
            part_end = len(buffer)
        while True:
            start = buffer.find(_PAGE, position)
            if start < 0 or start >= part_end:
                # A "<page>" may straddle the end of what is read.
                position = max(position, len(buffer) - len(_PAGE) + 1) if start < 0 else position
                if (start >= 0 or position >= part_end) and not chunk.in_part:
                    return
                break
            end = buffer.find(_PAGE_END, start)
            if end < 0:
                position = start
                break
            position = end + len(_PAGE_END)
            yield buffer[start:position]
        if len(buffer) - position > _LONGEST_PAGE:
            position += len(_PAGE)
    if at_end and buffer.find(_PAGE, position, part_end + len(_PAGE)) >= 0:
        raise SourceError(f"{name} ends within a page: download it again")


def _gzipped(file: BinaryIO, path: Path) -> Iterator[Chunk]:
    before = 0
    try:
        with gzip.GzipFile(fileobj=file) as text:
            while data := text.read(_READ):
                yield Chunk(data, True, file.tell() - before)
                before = file.tell()
    except (EOFError, OSError, zlib.error):
        raise SourceError(f"{path} is a damaged or incomplete gzip file: download it again") from None


def _kind(start: bytes) -> str:
    if start.startswith(b"BZh"):
        return "bzip2"
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    return "xml" if re.match(rb"\s*(?:\xef\xbb\xbf)?\s*<", start) else "other"
