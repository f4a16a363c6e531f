"""`moviesearch ingest`: sources in turn, a progress bar, rejected records, one line at the end."""

from __future__ import annotations

import hashlib
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from moviesearch.config import DEFAULT_MODEL, Settings
from moviesearch.errors import SourceError
from moviesearch.records import Movie, NextSource, Note, Rejected
from moviesearch.sources import bundled, read

from .options import opened, store_options
from .output import report_line
from .progress import ingest_bar

if TYPE_CHECKING:
    from moviesearch.collection.ingest import Step
    from moviesearch.collection.ray_cluster import Cluster
    from moviesearch.embedding.models import Precision
    from moviesearch.search import MovieSearch

_MOST_SHOWN = 10


def _parse_shard(ctx: click.Context, option: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """(2, 5) of "2/5"; None without the option. Stands here because the option's decorator needs it."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", value)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise click.BadParameter("takes K/N, such as 2/5 for the second of five parts")
    return int(match[1]), int(match[2])


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--skip-invalid", is_flag=True, help="Exit with 0 although records were rejected.")
@click.option("--strict", is_flag=True, help="Store nothing unless every record is good.")
@click.option("--prune", is_flag=True, help="Remove films that the sources no longer have.")
@click.option(
    "--shard", callback=_parse_shard, metavar="K/N", help="Only the Kth of N parts, for N machines and one server."
)
@click.option("--ray", metavar="ADDRESS", help="Embed on a Ray cluster: HOST:PORT, auto, or local (this machine's).")
@click.option("--rebuild", is_flag=True, help="Make a collection of another model anew, with the films it has.")
@click.option(
    "--precision",
    type=click.Choice(["float32", "int8"]),
    help="int8: embed in two thirds of the time, a little less exactly.  [default: float32]",
)
@store_options
def ingest(
    settings: Settings,
    sources: tuple[str, ...],
    skip_invalid: bool,
    strict: bool,
    prune: bool,
    rebuild: bool,
    shard: tuple[int, int] | None,
    ray: str | None,
    precision: Precision | None,
) -> None:
    """Store films from files, folders or '-' (JSON lines on standard input); none: the bundled films.

    JSON, JSON lines, CSV (Wikipedia Movie Plots, TMDB), the CMU Movie Summary Corpus, and gzip of
    these are told apart by what they hold. Only new and changed films are embedded.
    """
    if precision:
        settings = replace(settings, model=_model_of_precision(settings, precision))
    with opened(settings) as search:
        status = ingest_sources(
            search,
            sources,
            skip_invalid=skip_invalid,
            strict=strict,
            prune=prune,
            rebuild=rebuild,
            shard=shard,
            ray=ray,
        )
    sys.exit(status)


def _model_of_precision(settings: Settings, precision: Precision) -> str:
    """The model that was named, else the collection's, else the default one, to compute in `precision`."""
    from moviesearch.embedding.models import with_precision

    model = settings.model
    if model is None:
        with opened(settings) as search:
            model = search.info().manifest.location if search.exists() else DEFAULT_MODEL
    return with_precision(model, precision)


def ingest_sources(
    search: MovieSearch,
    sources: Sequence[str],
    *,
    skip_invalid: bool,
    strict: bool,
    prune: bool,
    rebuild: bool,
    shard: tuple[int, int] | None = None,
    ray: str | None = None,
) -> int:
    """Ingest sources and print what happened. Returns the exit status: 0, 1 or 130 (stopped)."""
    from moviesearch.collection.ingest import Shard

    with ExitStack() as stack:
        names = list(sources) or ([] if rebuild and search.exists() else [str(bundled())])
        if strict:
            names = [stack.enter_context(_rereadable(name)) for name in names]
            if not _all_good(names):
                click.echo("nothing was stored: --strict wants every record to be good", err=True)
                return 1
        reading = _Reading(names)
        complaints = _Complaints()
        stop = stack.enter_context(stoppable())
        progress = stack.enter_context(_step_callback(reading, stop))
        report = search.ingest(
            reading.movies(complaints.failed, complaints.noted),
            rebuild=rebuild,
            shard=Shard(*shard, _fingerprint(names)) if shard else None,
            cluster=_cluster(ray) if ray else None,
            prune=(lambda count: not complaints.failures and _announce_pruning(count)) if prune else None,
            progress=progress,
            on_rejected=complaints.rejected,
        )
    complaints.finish()
    click.echo(report_line(report))
    if report.stopped:
        click.echo("stopped; what is done is kept, and the same command goes on from there", err=True)
        return 130
    return 1 if complaints.failures or (report.rejected and not skip_invalid) else 0


@contextmanager
def _rereadable(name: str) -> Iterator[str]:
    """The name of a source that can be read twice: standard input is written to a file first."""
    if name != "-" or sys.stdin is None:
        yield name
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield str(path)


def _all_good(names: Sequence[str]) -> bool:
    """Whether every record of every source is good; those that are not are shown."""
    complaints, good = _Complaints(), True
    for record in _Reading(names).movies(complaints.failed, lambda note: None):
        if isinstance(record, Rejected) and not record.duplicate:
            complaints.rejected(record)
            good = False
    complaints.finish()
    return good and not complaints.failures


class _Reading:
    """The films of all sources in turn, and how far the files have been read."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._total = sum(_size(name) for name in names)
        self._bytes = 0
        self.at_end = False

    def movies(
        self, failed: Callable[[SourceError], None], noted: Callable[[Note], None]
    ) -> Iterator[Movie | Rejected | NextSource]:
        for name in self._names:
            yield NextSource()
            try:
                yield from read(name, on_bytes=self._count, on_note=noted)
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
    """Bytes of a file, or of the files in a folder; 0 where it can't be read."""
    path = Path(name)
    try:
        if path.is_dir():
            return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


class _Complaints:
    """At most ten rejected records and ten notes are shown, then counts; an unreadable source is always shown."""

    def __init__(self) -> None:
        self.failures = 0
        self._shown: Counter[str] = Counter()

    def rejected(self, record: Rejected) -> None:
        self._show("", str(record))

    def noted(self, note: Note) -> None:
        self._show(" notes", str(note))

    def _show(self, kind: str, text: str) -> None:
        self._shown[kind] += 1
        if self._shown[kind] <= _MOST_SHOWN:
            click.echo(text, err=True)

    def failed(self, error: SourceError) -> None:
        self.failures += 1
        click.echo(f"Error: {error}", err=True)

    def finish(self) -> None:
        for kind, count in self._shown.items():
            if count > _MOST_SHOWN:
                click.echo(f"... and {count - _MOST_SHOWN:,} more{kind}", err=True)


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Ctrl-C (or SIGTERM) asks to stop after the batch in work; a second one stops at once."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)
        stop.set()
        click.echo("\nstopping ...", err=True)

    kinds = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    previous = {kind: signal.signal(kind, handle) for kind in kinds}
    try:
        yield stop
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)


@contextmanager
def _step_callback(reading: _Reading, stop: threading.Event) -> Iterator[Callable[[Step], None]]:
    """A callback for each step of an ingest: it moves the bar on, and raises Stopped once `stop` is set."""
    from moviesearch.collection.ingest import Stopped

    with ingest_bar() as bar:

        def on_step(step: Step) -> None:
            bar(step.done, reading.expected(step.read))
            if stop.is_set():
                raise Stopped

        yield on_step


def _fingerprint(names: Sequence[str]) -> str:
    """16 hex digits of the files' names and sizes: the same on every machine, whatever folder the files are in."""
    names_and_sizes = [(Path(name).name, _size(name)) for name in names]
    return hashlib.sha256(repr(names_and_sizes).encode()).hexdigest()[:16]


def _cluster(address: str) -> Cluster:
    from moviesearch.collection.ray_cluster import Cluster

    return Cluster(address)


def _announce_pruning(count: int) -> bool:
    """Say how many films go; True lets them."""
    click.echo(f"removing {count:,} films that the sources no longer have", err=True)
    return True
