"""The standard streams of a command: they take any letter, and say so where nothing can be written to them."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import unicodedata

TYPE_CHECKING = False  # importing typing and contextlib takes as long as all the rest of --help
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, TextIO

_STAND_IN = "moviesearch.stand-in"
"""The name of the handler of letters that a stream's encoding lacks."""

_USUAL = 80
_WIDEST = 10_000
"""Columns that a table may have: with many more a single line would fill the memory."""

_SIGNS = str.maketrans(
    {"█": "#", "▌": "=", "·": ".", "•": "*", "…": "~", "–": "-", "—": "-", "−": "-", "×": "x", "\xa0": " "}
    | dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("‘’‚‹›", "'")
    | {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D"}
)


class OutputError(OSError):
    """Standard output can't be written: it is closed, or its disk is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.errno, error.strerror)

    def __str__(self) -> str:
        return f"standard output can't be written: {self.strerror}"


class _Stream(io.TextIOWrapper):
    """A stream for text with any letter; those that its encoding lacks have stand-ins."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding; UTF-8 for ASCII, since click and rich try to mend a stream that says ASCII."""
        return "utf-8" if _is_ascii(super().encoding) else super().encoding

    def lacks(self, text: str) -> bool:
        """Whether stand-ins are written for letters of a text."""
        try:
            text.encode(super().encoding)
        except UnicodeEncodeError:
            return True
        return False


class _Output(_Stream):
    """Standard output. Where its reader has left, the command ends, and that is no error."""

    def write(self, text: str) -> int:
        """Write. Raises OutputError, or SystemExit where the reader of a pipe has left."""
        try:
            return super().write(text)
        except OSError as error:
            _give_up(error)

    def flush(self) -> None:
        """Write out what is held back. Raises as `write` does."""
        try:
            super().flush()
        except OSError as error:
            _give_up(error)


def _give_up(error: OSError) -> NoReturn:
    if isinstance(error, BrokenPipeError):
        _to_nowhere(1)  # what is still held back
        raise SystemExit(0) from None
    raise error if isinstance(error, OutputError) else OutputError(error)


class _Notes(_Stream):
    """Standard error. Where it can't be written, notes are lost: nobody is there to tell."""

    def write(self, text: str) -> int:
        """Write, as far as that is possible."""
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Write out what is held back, as far as that is possible."""
        try:
            super().flush()
        except OSError:
            return


class _Closed(io.RawIOBase):
    """The file under a standard output that the command was started without."""

    def writable(self) -> bool:
        """As a file that is open."""
        return True

    def write(self, data: object) -> int:
        """Refuse."""
        raise OSError(errno.EBADF, "it is closed")


def run_process(work: Callable[[], object]) -> NoReturn:
    """Do all the work of a process, with streams that are fit for it, and end it with the right status."""
    _prepare()
    try:
        work()
        sys.stdout.flush()
        status: str | int | None = 0
    except SystemExit as end:
        status = end.code
    except OSError as error:
        status = f"Error: {error}"
    except KeyboardInterrupt:
        status = 130
    _leave(status)


def _leave(status: str | int | None) -> NoReturn:
    """End the process at once: all is closed and written by now, and Python's own shutdown takes 0.2 s."""
    if isinstance(status, str):
        sys.stderr.write(f"{status}\n")
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, SystemExit):
            continue
    os._exit(status if isinstance(status, int) else 1 if status else 0)


def _prepare() -> None:
    """Make the standard streams fit for any text, open or not."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _to_nowhere(number)  # else the next file would get the number, and notes would be written into it
    codecs.register_error(_STAND_IN, _stand_ins)
    nowhere = io.FileIO(os.devnull, "w")
    sys.stdout = _over(_Output, sys.stdout) if sys.stdout else _Output(io.BufferedWriter(_Closed()), "utf-8")
    sys.stderr = _over(_Notes, sys.stderr) if sys.stderr else _Notes(io.BufferedWriter(nowhere), "utf-8")


def output_is_closed() -> bool:
    """Whether the command was started without a standard output."""
    return isinstance(getattr(getattr(sys.stdout, "buffer", None), "raw", None), _Closed)


def takes_all_letters() -> bool:
    """Whether standard output has no need of stand-ins: its encoding is one of Unicode."""
    return not isinstance(sys.stdout, _Stream) or not sys.stdout.lacks("\N{SNOWMAN}\N{FILM PROJECTOR}")


def lacks_letters(text: str) -> bool:
    """Whether standard output will show a text by stand-ins."""
    return isinstance(sys.stdout, _Stream) and sys.stdout.lacks(text)


def width_to_use() -> int | None:
    """The columns of COLUMNS, where it holds a number; 0 is none, so that the terminal's own count, or 80.

    None where rich finds the right ones.
    """
    if os.environ.get("COLUMNS", "").isdigit():
        return min(_terminal_columns(), _WIDEST)
    if os.environ.get("TERM") in ("dumb", "unknown") and sys.stdout.isatty():
        return min(_terminal_columns(), _USUAL)  # where rich asks nobody
    return None


def shows_styles() -> bool:
    """Whether rich would print colours, as it does on a terminal, or where the environment says so."""
    return sys.stdout.isatty() or any(os.environ.get(name) for name in ("FORCE_COLOR", "TTY_COMPATIBLE"))


def plain_width() -> int:
    """The columns that rich has where it prints no colours."""
    if width := width_to_use():
        return width
    for number in range(3):
        try:
            return os.get_terminal_size(number).columns or _USUAL
        except (OSError, ValueError):
            continue
    return _USUAL


def _terminal_columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _is_ascii(encoding: str) -> bool:
    """Whether an encoding is plain ASCII, by whatever name."""
    return codecs.lookup(encoding).name == "ascii"


def _over(kind: type[_Stream], stream: TextIO) -> TextIO:
    """The same stream as one of this kind; one that is no file's, such as a notebook's, as it is."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    return kind(
        stream.buffer,
        stream.encoding,
        errors=_STAND_IN,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _to_nowhere(number: int) -> None:
    """Have what is written to a file descriptor be dropped."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)


def _stand_ins(error: UnicodeError) -> tuple[str, int]:
    """ASCII for the letters that an encoding lacks, as wide as they are on a terminal wherever that is possible."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_stand_in, error.object[error.start : error.end])), error.end


def _stand_in(letter: str) -> str:
    r"""`e` for `é`, `#` for a block, `\xe9` for a byte that is no text, `?` for what has no like."""
    if "\udc80" <= letter <= "\udcff":  # how Python keeps a byte of a file's name
        return f"\\x{ord(letter) - 0xDC00:02x}"
    parts = unicodedata.normalize("NFKD", letter.translate(_SIGNS))
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    if plain.isascii():
        return plain
    of_letter, _, mark = unicodedata.name(letter, "").partition(" WITH ")
    base = of_letter.rpartition(" LETTER ")[2]
    if mark and len(base) == 1 and of_letter.startswith("LATIN"):
        return base if " CAPITAL " in of_letter else base.lower()
    return "??" if unicodedata.east_asian_width(letter) in "WF" else "?"
