r"""Bytes of a file, a pipe or a gzip -> lines or pieces of text, in bounded memory.

Whoever reads a `Text` gets UTF-8 text with `\n` line ends and line numbers, whatever the bytes were.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from moviesearch.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LIMIT = 16 << 20
"""The longest line or record, in bytes. What is longer is no film, and may be a decompression bomb."""
TOO_LONG = f"is longer than {LIMIT >> 20} MiB"

MARKUP = re.compile(r"\s*<(?:\?xml|!doctype|html|[a-z]+[\s>])", re.IGNORECASE)
"""How a web page or XML begins."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, with whose mark it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""What a text may begin with, and its encoding then."""

_BLOCK = 1 << 16
_BLANK = b" \t\r\n\v\f"
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_ADVICE = "give JSON, JSON lines or CSV, as UTF-8 text"
_KINDS = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook: unpack it, or save the sheet as CSV"),
    (b"\x1f\x8b", "gzip inside gzip: unpack it once"),
    (b"BZh", "a bzip2 file: unpack it first"),
    (b"\xfd7zXZ", "an xz file: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd file: unpack it first"),
    (b"PAR1", "a Parquet file: save it as CSV or JSON lines first"),
    (b"SQLite format 3", "an SQLite database: export a table as CSV first"),
    (b"%PDF", f"a PDF: {_ADVICE}"),
    (codecs.BOM_UTF32_LE, "UTF-32 text: save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "UTF-32 text: save it as UTF-8"),
)


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, gzipped or not. Raises SourceError, also for faults that come up while it is read."""
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2).startswith(b"\x1f\x8b")
            yield cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
    except FileNotFoundError:
        raise SourceError(f"there is no file {path}: check the name") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path} is not UTF-8 text: save the list as UTF-8") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise SourceError(f"{path} is a damaged or incomplete gzip file: download it again") from None
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror or error}") from None


class Line(NamedTuple):
    """One line with its line end. `fault` says why its text can't be used; it is empty where it can."""

    number: int
    text: str
    fault: str = ""


class SourceRecord(NamedTuple):
    """One record of a source: its values by name, or None and the fault.

    `where` is `line`, or `line:column` for a record that doesn't begin its line. `metadata_place` is `file:line` in a
    second file, which holds the fault, or the values other than id and plot.
    """

    where: str
    values: Mapping[str, object] | None
    fault: str = ""
    metadata_place: str = ""


class _Pipe(io.RawIOBase):
    """Bytes from a function, which can be peeked at. A failure to read ends them and stays in `failure`."""

    def __init__(self, fetch: Callable[[int], bytes | None]) -> None:
        self._fetch = fetch
        self.ahead = b""
        self.failure = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self.ahead or self._next(len(view))
        taken = data[: len(view)]
        view[: len(taken)] = taken
        self.ahead = data[len(view) :]
        return len(taken)

    def peek(self) -> bytes:
        """Return the next block; it is still to be read."""
        while len(self.ahead) < _BLOCK and (block := self._next(_BLOCK)):
            self.ahead += block
        return self.ahead

    def _next(self, size: int) -> bytes:
        if self.failure:
            return b""
        try:
            return self._fetch(size) or b""
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self.failure = "the gzip data is damaged or cut off from here on: get the file again"
        except (OSError, ValueError) as exc:
            self.failure = f"can't be read any further: {getattr(exc, 'strerror', None) or exc}"
        return b""


class Text:
    """The text of one source; `head` is its first block, by which its format can be detected.

    Raises SourceError for what is empty or isn't text: a binary file, an archive, UTF-32.
    """

    def __init__(self, fetch: Callable[[int], bytes | None], label: str) -> None:
        """Take bytes from `fetch(size)`, which returns none at the end; messages call the source `label`."""
        self.label = label
        self._not_text = ""
        self._pipes = [_Pipe(fetch)]
        if self._pipes[0].peek().startswith(b"\x1f\x8b"):
            self._pipes.append(_Pipe(gzip.GzipFile(fileobj=io.BufferedReader(self._pipes[0], _BLOCK)).read1))
        pipe = self._decoded(self._pipes[-1])
        self.first_line = 1
        while head := pipe.peek():
            rest = head.lstrip(_BLANK)
            # The white space before the first word stays: it may be an empty first column.
            start = head.rfind(b"\n", 0, len(head) - len(rest)) + 1 if rest else len(head)
            self.first_line += head.count(b"\n", 0, start)
            pipe.ahead = head[start:]
            if rest:
                break
        if not head:
            raise SourceError(f"{label}: {self.failure}" if self.failure else f"{label} is empty: {_ADVICE}")
        self.head = pipe.peek()
        self._reader = io.BufferedReader(pipe, _BLOCK)
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    @property
    def failure(self) -> str:
        """Why the rest of the text can't be read; empty where it can."""
        return next((pipe.failure for pipe in self._pipes if pipe.failure), self._not_text)

    def lines(self) -> Iterator[Line]:
        """Yield every line, blank ones too. One that is too long, not UTF-8 or cut off comes with its fault."""
        number = self.first_line - 1
        while raw := self._reader.readline(LIMIT + 1):
            number += 1
            if len(raw) > LIMIT:
                while raw and not raw.endswith(b"\n"):
                    raw = self._reader.readline(1 << 20)
                yield Line(number, "\n", TOO_LONG)
            elif self.failure and not raw.endswith(b"\n"):
                yield Line(number, "\n", self.failure)
                return
            else:
                try:
                    yield Line(number, raw.decode())
                except UnicodeDecodeError as exc:
                    yield Line(number, raw.decode(errors="surrogateescape"), _not_utf8(exc))
        if self.failure:
            yield Line(number + 1, "\n", self.failure)

    def piece(self, size: int) -> str:
        """Return the next `size` bytes or so of the text, whatever its lines; empty at the end or at a failure."""
        if self._not_text:
            return ""
        raw = self._reader.read(size)
        try:
            return self._decoder.decode(raw, final=len(raw) < size and not self.failure)
        except UnicodeDecodeError as exc:
            self._not_text = _not_utf8(exc)
            return exc.object[: exc.start].decode()

    def _decoded(self, pipe: _Pipe) -> _Pipe:
        """Convert UTF-16 with a byte order mark and old Macintosh line ends. Raises SourceError for what is no text."""
        head = pipe.peek()
        kind = next((kind for magic, kind in _KINDS if head.startswith(magic)), "")
        if head[257:262] == b"ustar":
            kind = "a tar archive: unpack it, and give the file or folder in it"
        if kind:
            raise SourceError(f"{self.label} is {kind}")
        if head.startswith(codecs.BOM_UTF8):
            pipe.ahead = head[3:]
        elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            pipe = self._through(pipe, _from_utf16(little_endian=head.startswith(codecs.BOM_UTF16_LE)))
        head = pipe.peek()
        if len(_CONTROL.findall(head)) * 20 > len(head):
            raise SourceError(f"{self.label} is a binary file (or UTF-16 without a byte order mark): {_ADVICE}")
        if b"\r" in head[:-1] and b"\n" not in head:
            pipe = self._through(pipe, lambda block: block.replace(b"\r", b"\n"))
        return pipe

    def _through(self, pipe: _Pipe, change: Callable[[bytes], bytes]) -> _Pipe:
        reader = io.BufferedReader(pipe, _BLOCK)

        def fetch(size: int) -> bytes:
            while block := reader.read1(size):
                if changed := change(block):
                    return changed
            return change(b"")

        self._pipes.append(_Pipe(fetch))
        return self._pipes[-1]


def _from_utf16(*, little_endian: bool) -> Callable[[bytes], bytes]:
    # Lone surrogates become bytes that aren't UTF-8, so that only the line they are in is refused.
    codec = "utf-16-le" if little_endian else "utf-16-be"
    decoder = codecs.getincrementaldecoder(codec)("surrogatepass")
    start = True

    def change(block: bytes) -> bytes:
        nonlocal start
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            decoder.reset()
            return b"\xff"
        if start and text:
            start, text = False, text[1:]
        return text.encode(errors="surrogatepass")

    return change


def _not_utf8(exc: UnicodeDecodeError) -> str:
    return f"isn't UTF-8 text (byte 0x{exc.object[exc.start]:02x}): save the file as UTF-8"
