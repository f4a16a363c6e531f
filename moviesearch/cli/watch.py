"""`moviesearch ingest --watch`: folders of films are read once, then what changes in them, until it is stopped.

Between changes nothing is asked of the disk. Of a change only the folder around it is read, once all has been quiet for
a while: a film that is copied comes with many files.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.errors import SourceError, StoreError
from moviesearch.records import FilmFile, FolderEnd, NextSource, Note
from moviesearch.sources.fields import shown
from moviesearch.sources.media_files import part_to_read
from moviesearch.sources.media_folder import read_folder

from .ingesting import IngestRun, look_for_stop
from .reading import Reading

if TYPE_CHECKING:
    from moviesearch.collection.steps import Item
    from moviesearch.search import MovieSearch

_QUIET, _LONGEST = 2.0, 60.0
"""Seconds without a change after which the changes are read, and after which they are in any case."""

_LOOK = 5.0
"""Seconds between two looks whether the folders are still there."""

_AGAIN = 30.0
"""Seconds until changes that could not be stored are tried again."""

_MOST_PARTS = 200
"""From so many changed folders on all are read."""


def watch_folders(
    search: MovieSearch,
    folders: Sequence[str],
    stop: threading.Event,
    *,
    prune: bool = False,
    yes: bool = False,
    rebuild: bool = False,
) -> int:
    """Follow folders until `stop` is set. Returns the exit status: 0, or 130 where films were left in work.

    Raises UsageError or SourceError for what can't be watched at all.
    """
    roots = [os.path.abspath(folder) for folder in folders]
    if not roots:
        raise click.UsageError("--watch takes folders of films")
    for root, name in zip(roots, folders, strict=True):
        if not os.path.isdir(root):
            what = "is no folder" if os.path.exists(root) else "is not there"
            raise SourceError(f"{shown(name, 1000)} {what}: --watch takes folders of films")
    return _Watch(search, roots, stop, prune, yes).run(rebuild)


class _Watch:
    def __init__(self, search: MovieSearch, roots: list[str], stop: threading.Event, prune: bool, yes: bool) -> None:
        self._search, self._roots, self._stop = search, roots, stop
        self._prune, self._yes = prune, yes
        self._there: dict[str, tuple[int, int]] = {}  # folder -> its device and number
        self._waiting: set[str] = set()  # what changed and is not stored yet: folders
        self._try_at = 0.0
        self._is_read = False

    def run(self, rebuild: bool) -> int:
        self._there = self._look()
        stopped = False
        while not stopped and not self._stop.is_set():
            stopped = self._watch(rebuild)
        if stopped:
            click.echo("stopped; what is done is kept, and the same command goes on from there", err=True)
        return 130 if stopped else 0

    def _watch(self, rebuild: bool) -> bool:
        """Watch the folders that are there, until other ones are, or all is to end; whether storing was stopped.

        They are watched from before they are read, so that nothing is missed that changes meanwhile.
        """
        for changes in self._changes(list(self._there)):
            if not self._is_read:
                if self._read_all(rebuild):
                    return True
                continue
            self._waiting |= {part for path in changes if (part := self._part(path))}
            if (now := self._look()) != self._there:
                self._others_are_there(now)
                return False
            if self._waiting and time.monotonic() >= self._try_at and self._store():
                return True
        return False

    def _read_all(self, rebuild: bool) -> bool:
        """Read the folders for the first time; whether that was stopped."""
        run = IngestRun(self._search, list(self._there), self._stop, prune=self._prune, yes=self._yes, rebuild=rebuild)
        self._is_read = True
        if run.report().stopped:
            return True
        click.echo(f"watching {_listed(self._roots)}; Ctrl-C ends it", err=True)
        return False

    def _changes(self, folders: list[str]) -> Iterator[set[str]]:
        """What changes in folders, once it is quiet: paths.

        At first, when they are watched, and then now and then it gives nothing, so that one may look around.
        """
        if not folders:
            while not self._stop.wait(_LOOK):
                yield set()
            return
        from watchfiles import watch

        changed, since, last, looked = set[str](), 0.0, 0.0, 0.0
        try:
            for found in watch(
                *folders,
                watch_filter=None,
                stop_event=self._stop,
                rust_timeout=500,
                yield_on_timeout=True,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                now = time.monotonic()
                if found:
                    since, last = (since if changed else now), now
                    changed |= {path for _, path in found}
                if changed and (now - last >= _QUIET or now - since >= _LONGEST):
                    yield changed
                    changed = set()
                elif not changed and now - looked >= _LOOK:
                    yield changed
                    looked = time.monotonic()
        except FileNotFoundError:
            yield set()  # it went away just now
        except OSError as error:
            raise SourceError(
                f"{_listed(folders)} can't be watched: {error}. On Linux a higher fs.inotify.max_user_watches helps, "
                "else `moviesearch ingest` now and then"
            ) from None

    def _part(self, path: str) -> str | None:
        root = max((root for root in self._roots if Path(path).is_relative_to(root)), key=len, default=None)
        return part_to_read(root, path) if root else None

    def _look(self) -> dict[str, tuple[int, int]]:
        return {root: place for root in self._roots if (place := _place(root))}

    def _others_are_there(self, now: dict[str, tuple[int, int]]) -> None:
        """Folders have gone away, or come back: those are to be read."""
        before, self._there = self._there, now
        if gone := [root for root in before if root not in now]:
            click.echo(
                f"{_listed(gone)} went away; films of it stay, and it is watched again when it is back", err=True
            )
        if come := [root for root in now if now[root] != before.get(root)]:
            click.echo(f"{_listed(come)} is there again", err=True)
        waiting = {part for part in self._waiting if any(Path(part).is_relative_to(root) for root in now)}
        self._waiting = waiting | set(come)

    def _store(self) -> bool:
        """Store what changed; whether that was stopped. What can't be stored now is tried again later."""
        parts = sorted(self._waiting)
        parts = [part for part in parts if not any(part != o and Path(part).is_relative_to(o) for o in parts)]
        if len(parts) > _MOST_PARTS:
            parts = list(self._there)
        try:
            reading = _Parts(parts, self._there, self._search.film_files(), partial(look_for_stop, self._stop))
            report = IngestRun(self._search, [], self._stop, prune=self._prune, yes=self._yes, reading=reading).report(
                quiet=True
            )
        except StoreError as error:  # another process writes, or a server can't be reached
            click.echo(f"Error: {error}\nIt is tried again every {_AGAIN:.0f} seconds.", err=True)
            self._try_at = time.monotonic() + _AGAIN
            return False
        self._waiting.clear()
        return report.stopped


class _Parts(Reading):
    """Some parts of folders, which may be gone."""

    def __init__(
        self,
        parts: list[str],
        roots: Mapping[str, tuple[int, int]],
        known: Mapping[bytes, FilmFile],
        on_folder: Callable[[], None],
    ) -> None:
        super().__init__([], known, on_folder)
        self._parts, self._places = parts, roots
        self._within = {part: max((r for r in roots if Path(part).is_relative_to(r)), key=len) for part in parts}
        if not set(parts) & set(roots):
            self.roots = [os.fsencode(root) for root in roots]

    def movies(self, failed: Callable[[SourceError], None], noted: Callable[[Note], None]) -> Iterator[Item]:
        """What the parts give, as one source."""
        yield NextSource()
        for part in self._parts:
            root = self._within[part]
            end: FolderEnd | None = FolderEnd(os.fsencode(part), 0)
            if os.path.isdir(part):
                try:
                    end = None
                    for item in read_folder(part, self.known, within=root, on_folder=self._on_folder, on_note=noted):
                        if isinstance(item, FolderEnd):
                            end = item
                        else:
                            yield item
                except SourceError:
                    pass  # it has no NFO files, or is gone just now, which will be told
            if end and _place(root) == self._places[root]:  # else all of it is gone, and its films stay
                self.folders.append(end)
                yield end
        self.at_end = True


def _place(folder: str) -> tuple[int, int] | None:
    """The device and number of a folder; None where it isn't there. Another one may lie there when a disk comes."""
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if os.path.isdir(folder) else None


def _listed(folders: Sequence[str]) -> str:
    return ", ".join(shown(folder, 1000) for folder in folders)
