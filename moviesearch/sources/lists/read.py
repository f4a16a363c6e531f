"""A file with a list of films -> its entries, whatever program wrote it. `docs/sources.md` says what is read, and how.

A line that is no film is told as such, and reading goes on: one odd row or year never costs the list.
"""

from __future__ import annotations

import re
from pathlib import Path

from moviesearch.errors import SourceError
from moviesearch.sources.fields import shown
from moviesearch.sources.text import BYTE_ORDER_MARKS, MARKUP, unpacked

from .entries import FilmList, Reading
from .json_lists import read_json
from .lines import read_lines
from .names import TITLES, key_of
from .tables import looks_like_a_table, read_table

LARGEST = 64 << 20
"""Bytes of a list, unpacked; more is no list that a person keeps."""

_KINDS = (
    (b"PK", "a zip archive or a workbook: unpack it (Letterboxd's holds watched.csv), or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV"),
    (b"%PDF", "a PDF: give the list as text or CSV"),
    (b"SQLite format 3", "an SQLite database: export a table as CSV"),
)
_COLONS = re.compile(r"^\d+::", re.MULTILINE)


def read_film_list(path: Path) -> FilmList:
    """Read a list of films. Raises SourceError where the file can't be read as one, or names no film."""
    with unpacked(path) as file:
        raw = file.read(LARGEST + 1)
    return list_of(raw, path)


def list_of(raw: bytes, path: Path) -> FilmList:
    """The films of a list's bytes; `path` is what messages call it. Raises SourceError."""
    if len(raw) > LARGEST:
        raise SourceError(
            f"{path} is larger than {LARGEST >> 20} MB, and no list that a person keeps: give a part of it"
        )
    reading = Reading()
    text = _text(raw, path, reading)
    if MARKUP.match(text[:1000]):
        raise SourceError(f"{path} is a web page or XML: give the list as text, CSV or JSON")
    if len(_COLONS.findall(text[:4096])) > 1:  # MovieLens' movies.dat
        text = text.replace("::", "\t")
    lines = text.split("\n")
    if not read_json(text, str(path), reading) and not read_table(lines, reading):
        first = next((at for at, line in enumerate(lines) if line.strip()), 0)
        if cells := looks_like_a_table(lines):
            names = shown(", ".join(cell.strip() for cell in cells if cell.strip()), 200)
            raise SourceError(
                f"{path}:{first + 1}: a list needs the columns title and year; its first line has {names}"
            )
        if key_of(lines[first]) in TITLES and any(line.strip() for line in lines[first + 1 :]):
            first += 1  # a header of one column
        read_lines(lines[first:], reading, first + 1)
    films = reading.result()
    if not films.entries:
        why = f" ({'; '.join(films.report)})" if films.report else ""
        raise SourceError(
            f"{path} names no films{why}: give an export of Letterboxd, IMDb or Trakt, a table with the columns title "
            "and year, or a list of titles, one a line"
        )
    return films


def _text(raw: bytes, path: Path, reading: Reading) -> str:
    """The text, with one kind of line end; what is not UTF-8 is read as Windows writes it, and noted."""
    for magic, kind in _KINDS:
        if raw.startswith(magic) and not (magic == b"PK" and raw[2:3] not in (b"\x03", b"\x05")):
            raise SourceError(f"{path} is {kind}")
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if raw.startswith(mark)), "") or _utf16_without_mark(raw)
    if encoding and encoding != "utf-8":
        text = raw.decode(encoding, "replace")
    else:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = _mixed_text(raw, path, reading)
    if text.count("\0") * 20 > len(text):
        raise SourceError(f"{path} is a binary file: give the list as text or CSV")
    return text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")


def _utf16_without_mark(raw: bytes) -> str:
    head = raw[:2000]
    if len(head) < 8:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    return "utf-16-le" if odd * 3 > len(head) and not even else "utf-16-be" if even * 3 > len(head) and not odd else ""


def _mixed_text(raw: bytes, path: Path, reading: Reading) -> str:
    """A text of which some lines are no UTF-8: these are read as Windows-1252."""
    lines: list[str] = []
    others = 0
    for line in raw.split(b"\n"):
        try:
            lines.append(line.decode())
        except UnicodeDecodeError:
            lines.append(line.decode("cp1252", "replace"))
            others += 1
    where = "1 line" if others == 1 else f"{others:,} lines"
    reading.notes.append(
        f"{where} of {path.name} {'is' if others == 1 else 'are'} not UTF-8 and read as Windows-1252 (cp1252): if "
        "letters look wrong, save the list as UTF-8"
    )
    return "\n".join(lines)
