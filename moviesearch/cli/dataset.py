"""What `scripts/build_dataset.py` does: films of a list, fetched from Wikipedia, or all films of a dump."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moviesearch.errors import StoreError, UsageError
from moviesearch.sources.wikipedia.api.answers import Answers
from moviesearch.sources.wikipedia.api.client import WikiClient
from moviesearch.sources.wikipedia.api.fetch import FetchReport, fetch, write_misses
from moviesearch.sources.wikipedia.api.film_lists import Wanted, read_list
from moviesearch.sources.wikipedia.api.page_finder import Film, Miss
from moviesearch.sources.wikipedia.api.polite import Manners, PoliteTransport
from moviesearch.sources.wikipedia.dump.read import DumpReport, read_dump
from moviesearch.sources.wikipedia.dump.xml_pages import PART_BYTES

from .progress import noted_bar

_IMDB_TOP = 1000
_SHOWN_MISSES = 10


@dataclass(frozen=True, slots=True)
class FetchJob:
    """What to fetch, from where, to where. Either `titles` or `category` is given."""

    output: Path
    contact: str
    titles: Path | None = None
    ratings: Path | None = None
    category: str | None = None
    top: int | None = None
    min_votes: int = 25_000
    misses: Path | None = None
    seed_json: Path | None = None
    language: str = "en"
    api: str | None = None
    connections: int = 1
    manners: Manners = field(default_factory=Manners)

    @property
    def state(self) -> Path:
        """Where the answers are kept until the output is whole."""
        return self.output.with_name(self.output.name + ".state.sqlite3")


@dataclass(frozen=True, slots=True)
class Summary:
    """What to tell at the end; `complete` when every film of the list is a record or a lasting miss."""

    text: str
    complete: bool


def run_fetch(job: FetchJob) -> Summary:
    """Do the job and remove the kept answers when nothing is left to ask. Raises MovieSearchError."""
    started = time.monotonic()
    if not job.output.parent.is_dir():
        raise StoreError(f"there is no folder {job.output.parent}: make it first")
    named = [path.absolute() for path in (job.output, job.misses, job.seed_json) if path is not None]
    if len(set(named)) < len(named):
        raise UsageError("two of the files to write have the same name: give each its own")
    wanted = _listed(job) if job.titles else []
    with Answers(job.state) as answers, noted_bar("films", len(wanted) or None) as move:
        transport = PoliteTransport(
            answers, api=job.api, manners=job.manners, on_wait=lambda reason: move(0, f"waiting: {reason}")
        )
        client = WikiClient(job.contact, transport, language=job.language, maxlag=job.manners.maxlag)
        try:
            if job.category:
                titles = client.category(job.category)[: job.top]
                wanted = [Wanted(title, place=f"Category:{job.category}", exact=True) for title in titles]
            report = fetch(
                wanted,
                client,
                job.output,
                site=f"{job.language}wiki",
                connections=job.connections,
                seed_json=job.seed_json,
                on_film=lambda result: move(1, _note(result)),
            )
        finally:
            transport.close()
    if job.misses:
        write_misses(job.misses, report.misses)
    if not report.unanswered:
        job.state.unlink(missing_ok=True)
    return Summary(_text(job, report, time.monotonic() - started), complete=not report.unanswered)


def _listed(job: FetchJob) -> list[Wanted]:
    assert job.titles is not None
    films = read_list(job.titles, ratings=job.ratings, top=job.top, min_votes=job.min_votes)
    return films[:_IMDB_TOP] if films[0].imdb_id and job.top is None else films


def _note(result: Film | Miss) -> str:
    return result.wanted.title if isinstance(result, Film) else f"not found: {result.wanted.title}"


def _text(job: FetchJob, report: FetchReport, seconds: float) -> str:
    counts = f"{report.films} films in {job.output}, {len(report.misses)} misses"
    lines = [f"{counts}; {report.asked} requests, {seconds:.0f} s"]
    lines += [f"  {miss.wanted.place}: {miss.wanted}: {miss.reason}" for miss in report.misses[:_SHOWN_MISSES]]
    if len(report.misses) > _SHOWN_MISSES:
        rest = f"{len(report.misses) - _SHOWN_MISSES} more"
        lines.append(f"  ... and {rest} in {job.misses}" if job.misses else f"  ... and {rest}: --misses FILE has all")
    if report.unanswered:
        lines.append(f"{report.unanswered} of them had no answer: run the same command again to ask for those alone.")
    return "\n".join(lines)


def run_dump(paths: Sequence[Path], output: Path, jobs: int | None = None, part_bytes: int = PART_BYTES) -> str:
    """Read the dump files and return what to tell at the end. Raises MovieSearchError."""
    started = time.monotonic()
    if not output.parent.is_dir():
        raise StoreError(f"there is no folder {output.parent}: make it first")
    total = sum(path.stat().st_size for path in paths if path.exists())
    with noted_bar("dump", total or None, counted=False) as move:
        shown = 0

        def on_bytes(done: int, total: int) -> None:
            nonlocal shown
            move(done - shown, "")
            shown = done

        report = read_dump(paths, output, jobs=jobs, part_bytes=part_bytes, on_bytes=on_bytes)
    return _dump_text(report, output, time.monotonic() - started)


def _dump_text(report: DumpReport, output: Path, seconds: float) -> str:
    lines = [
        f"{report.films} films in {output}; {report.pages} pages read, {report.without_plot} film articles without a "
        "plot left out",
        f"{report.new_bytes / 1e6:.0f} MB of XML in {seconds:.0f} s, {report.rate:.1f} MB/s a core",
    ]
    lines += [f"  {fault}" for fault in report.faults]
    return "\n".join(lines)
