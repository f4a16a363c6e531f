"""The work of `moviesearch ingest`: one run over some sources, shown as it goes, stopped by Ctrl-C, told at its end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

import click

from moviesearch.records import IngestReport
from moviesearch.sources import bundled
from moviesearch.sources.read import is_media_folder

from .output import report_line
from .progress import ingest_bar
from .pruning import Pruning
from .reading import Complaints, Reading, all_good, fingerprint, rereadable

if TYPE_CHECKING:
    from moviesearch.collection.ray_cluster import Cluster
    from moviesearch.collection.steps import Step
    from moviesearch.search import MovieSearch


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
    yes: bool = False,
) -> int:
    """Ingest sources and print what happened. Returns the exit status: 0, 1 or 130 (stopped)."""
    with ExitStack() as stack:
        names = list(sources) or ([] if rebuild and search.exists() else [str(bundled())])
        if strict:
            names = [stack.enter_context(rereadable(name)) for name in names]
            if not all_good(names):
                click.echo("nothing was stored: --strict wants every record to be good", err=True)
                return 1
        stop = stack.enter_context(stoppable())
        run = IngestRun(search, names, stop, prune=prune, yes=yes, rebuild=rebuild, shard=shard, ray=ray)
        report = run.report()
        if run.pruning.asks and not report.stopped and run.pruning.agreed():
            run = IngestRun(search, names, stop, prune=True, yes=True)
            report = run.report()
    if report.stopped:
        click.echo("stopped; what is done is kept, and the same command goes on from there", err=True)
        return 130
    return 1 if run.failed or (report.rejected and not skip_invalid) else 0


class IngestRun:
    """One run over some sources, with what there is to say of it."""

    def __init__(
        self,
        search: MovieSearch,
        names: Sequence[str],
        stop: threading.Event,
        *,
        prune: bool = False,
        yes: bool = False,
        rebuild: bool = False,
        shard: tuple[int, int] | None = None,
        ray: str | None = None,
        reading: Reading | None = None,
    ) -> None:
        from moviesearch.collection.steps import Shard

        self._search, self._stop, self._rebuild = search, stop, rebuild
        self._shard = Shard(*shard, fingerprint(names)) if shard else None
        self._cluster = _cluster(ray) if ray else None
        if reading is None:
            # Machines that share a source have to read all of it.
            knows = not shard and not ray and any(map(is_media_folder, names))
            reading = Reading(names, search.film_files() if knows else None, partial(look_for_stop, stop))
        self._reading, self._complaints = reading, Complaints()
        self.pruning = Pruning(prune, yes, reading, self._complaints)

    def report(self, *, quiet: bool = False) -> IngestReport:
        """Do it, and print what was done; if `quiet` only where something was."""
        with _step_callback(self._reading, self._stop) as progress:
            report = self._search.ingest(
                self._reading.movies(self._complaints.failed, self._complaints.noted),
                source=None if self._rebuild or self._shard or self._cluster else self._reading,
                rebuild=self._rebuild,
                shard=self._shard,
                cluster=self._cluster,
                prune=self.pruning.allows if self.pruning.wanted else None,
                progress=progress,
                on_rejected=self._complaints.rejected,
            )
        self._complaints.finish()
        if not quiet or report.added or report.updated or report.removed or report.stopped:
            click.echo(report_line(report))
        self.pruning.tell(report)
        return report

    @property
    def failed(self) -> bool:
        """Whether a source could not be read, or films that were to go were kept."""
        return bool(self._complaints.failures) or self.pruning.asks


def look_for_stop(stop: threading.Event) -> None:
    """Raise Stopped, upon which an ingest keeps what is done, if `stop` is set."""
    from moviesearch.collection.steps import Stopped

    if stop.is_set():
        raise Stopped


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
def _step_callback(reading: Reading, stop: threading.Event) -> Iterator[Callable[[Step], None]]:
    """A callback for each step of an ingest: it moves the bar on, and raises Stopped when it is to stop."""
    with ingest_bar() as bar:

        def on_step(step: Step) -> None:
            bar(step.done, reading.expected(step.read))
            look_for_stop(stop)

        yield on_step


def _cluster(address: str) -> Cluster:
    from moviesearch.collection.ray_cluster import Cluster

    return Cluster(address)
