"""`moviesearch ingest` on the screen: sources in turn, a progress bar, rejected records, one line at the end."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from .collection.ingest import Shard, Step, Stopped
from .errors import SourceError
from .records import Movie, Rejected
from .screen import report_line
from .sources import bundled, read

if TYPE_CHECKING:
    from rich.console import Console

    from .collection.ray_cluster import Cluster
    from .search import MovieSearch

_SHOWN = 10


def run(
    search: MovieSearch,
    sources: Sequence[str],
    *,
    skip_invalid: bool,
    strict: bool,
    prune: bool,
    rebuild: bool,
    shard: tuple[int, int] | None = None,
    ray: str | None = None,
    console: Console,
) -> int:
    """Ingest sources and say what happened; returns the exit status."""
    with ExitStack() as stack:
        named = list(sources) or ([] if rebuild and search.exists() else [str(bundled())])
        if strict:
            named = [stack.enter_context(_kept(name)) for name in named]
            if not _all_good(named):
                click.echo("nothing was stored: --strict wants every record to be good", err=True)
                return 1
        reading = _Reading(named)
        complaints = _Complaints()
        stop = stack.enter_context(_stoppable())
        progress = stack.enter_context(_bar(reading, stop))
        report = search.ingest(
            reading.movies(complaints.failed),
            rebuild=rebuild,
            shard=Shard(*shard, _told_apart(named)) if shard else None,
            cluster=_cluster(ray) if ray else None,
            prune=(lambda count: not complaints.failures and _say_pruned(count)) if prune else None,
            progress=progress,
            on_rejected=complaints.rejected,
        )
    complaints.finish()
    click.echo(report_line(report))
    if report.stopped:
        click.echo("stopped; what is done is kept, and the same command goes on from there", err=True)
        return 130
    return 1 if complaints.failures or (report.rejected and not skip_invalid) else 0


def _cluster(address: str) -> Cluster:
    from .collection.ray_cluster import Cluster

    return Cluster(address)


class _Complaints:
    """At most ten rejected records are shown, then a count; a source that can't be read is always shown."""

    def __init__(self) -> None:
        self.failures = 0
        self._shown = self._more = 0

    def rejected(self, record: Rejected) -> None:
        if self._shown < _SHOWN:
            click.echo(str(record), err=True)
            self._shown += 1
        else:
            self._more += 1

    def failed(self, error: SourceError) -> None:
        self.failures += 1
        click.echo(f"Error: {error}", err=True)

    def finish(self) -> None:
        if self._more:
            click.echo(f"... and {self._more:,} more", err=True)


class _Reading:
    """The films of all sources in turn, and how far the files have been read."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._total = sum(_size(name) for name in names)
        self._bytes = 0
        self.at_end = False

    def movies(self, failed: Callable[[SourceError], None]) -> Iterator[Movie | Rejected]:
        for name in self._names:
            try:
                yield from read(name, on_bytes=self._count)
            except SourceError as error:
                failed(error)
        self.at_end = True

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
    path = Path(name)
    try:
        if path.is_dir():
            return sum(part.stat().st_size for part in path.iterdir() if part.is_file())
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def _told_apart(names: Sequence[str]) -> str:
    """What the same sources have in common on several machines, whatever folder they are in."""
    told = [(Path(name).name, _size(name)) for name in names]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _all_good(names: Sequence[str]) -> bool:
    complaints, good = _Complaints(), True
    for record in _Reading(names).movies(complaints.failed):
        if isinstance(record, Rejected) and not record.duplicate:
            complaints.rejected(record)
            good = False
    complaints.finish()
    return good and not complaints.failures


@contextmanager
def _kept(name: str) -> Iterator[str]:
    """A source that can be read twice: standard input goes to a file first."""
    if name != "-":
        yield name
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield str(path)


def _say_pruned(count: int) -> bool:
    click.echo(f"removing {count:,} films that the sources no longer have", err=True)
    return True


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Ctrl-C (or SIGTERM) asks to stop after the batch in work; a second one stops at once."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)
        stop.set()
        click.echo("\nstopping ...", err=True)

    kinds = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {kind: signal.signal(kind, ask) for kind in kinds}
    try:
        yield stop
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


@contextmanager
def _bar(reading: _Reading, stop: threading.Event) -> Iterator[Callable[[Step], None]]:
    def check() -> None:
        if stop.is_set():
            raise Stopped

    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda step: check()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("films"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("films", total=None, rate="")

        def show(step: Step) -> None:
            total = reading.expected(step.read)
            speed = bar.tasks[task].speed
            rate = f"{speed:.0f}/s" if speed else ""
            bar.update(task, completed=int(step.done), total=None if total is None else int(total), rate=rate)
            check()

        yield show
