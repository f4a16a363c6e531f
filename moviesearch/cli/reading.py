"""The sources of an ingest, read in turn, and what is said of them: notes, rejected records, how far the reading is."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.errors import SourceError
from moviesearch.records import FilmFile, FolderEnd, NextSource, Note, Rejected
from moviesearch.sources import read
from moviesearch.sources.file_state import FileState
from moviesearch.sources.read import is_media_folder

if TYPE_CHECKING:
    from moviesearch.collection.steps import Item

_MOST_SHOWN = 10


class Reading:
    """The films of all sources in turn, and how far the files have been read.

    With `known` files, of folders of films only what changed is opened; without, all sources are read alike.
    `on_folder` is called before each folder that is looked into. It is a `steps.Source` of an ingest, which can tell
    what it reads only where that is a single file.
    """

    def __init__(
        self,
        names: Sequence[str],
        known: Mapping[bytes, FilmFile] | None = None,
        on_folder: Callable[[], None] = lambda: None,
    ) -> None:
        self._names, self._on_folder = names, on_folder
        self._knows, self.known = known is not None, known or {}
        self._total = sum(_size(name) for name in names if not self._is_shelf(name))
        self._bytes = 0
        self._file = FileState(names[0]) if len(names) == 1 and os.path.isfile(names[0]) else None
        self._is_spoken_of = False
        self.at_end = False
        self.folders: list[FolderEnd] = []
        """The folders of films that were read to their end."""
        self.roots: list[bytes] | None = None
        """The folders in which these are, where only some parts of folders are read."""

    def movies(self, failed: Callable[[SourceError], None], noted: Callable[[Note], None]) -> Iterator[Item]:
        """What the sources give; `failed` is told of those that can't be read at all."""

        def note(note: Note) -> None:
            self._is_spoken_of = True
            noted(note)

        for name in self._names:
            yield NextSource()
            try:
                if self._is_shelf(name):
                    yield from self._shelf(name, note)
                else:
                    on_raw = self._file.take if self._file else None
                    yield from read(name, on_bytes=self._count, on_raw=on_raw, on_note=note)
            except SourceError as error:
                self._is_spoken_of = True
                failed(error)
        self.at_end = True

    def as_it_is(self) -> str | None:
        """See `steps.Source`."""
        return self._file.as_it_is() if self._file else None

    def as_read(self) -> str | None:
        """See `steps.Source`: None where a note is to be shown each time."""
        return self._file.as_read() if self._file and self.at_end and not self._is_spoken_of else None

    def _is_shelf(self, name: str) -> bool:
        return self._knows and is_media_folder(name)

    def _shelf(self, name: str, noted: Callable[[Note], None]) -> Iterator[Item]:
        from moviesearch.sources.media_folder import read_folder

        found = read_folder(
            name,
            self.known,
            on_bytes=self._count,
            on_size=self._expect,
            on_folder=self._on_folder,
            on_note=noted,
        )
        for item in found:
            if isinstance(item, FolderEnd):
                self.folders.append(item)
            yield item

    def _expect(self, size: int) -> None:
        self._total += size

    def _count(self, count: int) -> None:
        self._bytes += count

    def expected(self, films_read: int) -> float | None:
        """How many films there will be, from those read so far and the share of bytes they took."""
        if self.at_end:
            return float(films_read)
        if not self._total or not self._bytes or not films_read:
            return None
        return films_read * max(1.0, self._total / self._bytes)


def _size(name: str) -> int:
    """Bytes of a file, or of the files in a folder; 0 where it can't be read."""
    path = Path(name)
    try:
        if path.is_dir():
            return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


class Complaints:
    """At most ten rejected records and ten notes are shown, then counts; an unreadable source is always shown."""

    def __init__(self) -> None:
        self.failures = 0
        self._shown: Counter[str] = Counter()

    def rejected(self, record: Rejected) -> None:
        """Show a rejected record."""
        self._show("", str(record))

    def noted(self, note: Note) -> None:
        """Show a note."""
        self._show(" notes", str(note))

    def _show(self, kind: str, text: str) -> None:
        self._shown[kind] += 1
        if self._shown[kind] <= _MOST_SHOWN:
            click.echo(text, err=True)

    def failed(self, error: SourceError) -> None:
        """Show why a source can't be read."""
        self.failures += 1
        click.echo(f"Error: {error}", err=True)

    def finish(self) -> None:
        """Say how many more there were than were shown."""
        for kind, count in self._shown.items():
            if count > _MOST_SHOWN:
                click.echo(f"... and {count - _MOST_SHOWN:,} more{kind}", err=True)


@contextmanager
def rereadable(name: str) -> Iterator[str]:
    """The name of a source that can be read twice: standard input is written to a file first."""
    if name != "-" or sys.stdin is None:
        yield name
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield str(path)


def all_good(names: Sequence[str]) -> bool:
    """Whether every record of every source is good; those that are not are shown."""
    complaints, good = Complaints(), True
    for record in Reading(names).movies(complaints.failed, lambda note: None):
        if isinstance(record, Rejected) and not record.duplicate:
            complaints.rejected(record)
            good = False
    complaints.finish()
    return good and not complaints.failures


def fingerprint(names: Sequence[str]) -> str:
    """16 hex digits of the files' names and sizes: the same on every machine, whatever folder the files are in."""
    names_and_sizes = [(Path(name).name, _size(name)) for name in names]
    return hashlib.sha256(repr(names_and_sizes).encode()).hexdigest()[:16]
