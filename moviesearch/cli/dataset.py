"""The work of `scripts/build_dataset.py`: fetch the films of a list from Wikipedia, or read all films of a dump."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from moviesearch.errors import StoreError, UsageError
from moviesearch.sources.wikipedia.api.answers import Answers
from moviesearch.sources.wikipedia.api.client import WikiClient
from moviesearch.sources.wikipedia.api.fetch import FetchReport, fetch
from moviesearch.sources.wikipedia.api.film_lists import ListedFilm, read_list
from moviesearch.sources.wikipedia.api.page_finder import FilmPage, Miss
from moviesearch.sources.wikipedia.api.polite import Manners, PoliteTransport
from moviesearch.sources.wikipedia.dump.read import DumpReport, read_dump
from moviesearch.sources.wikipedia.dump.xml_pages import PART_BYTES
from moviesearch.sources.wikipedia.output import LeftOut, write_misses

from .progress import noted_bar

_IMDB_TOP = 1000
_SHOWN_MISSES = 10


@dataclass(frozen=True, slots=True)
class FetchJob:
    """What to fetch, from where, to where. Either `titles` (a file) or `category` is given."""

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
        """The file that keeps the server's answers until the output is whole."""
        return self.output.with_name(self.output.name + ".state.sqlite3")


@dataclass(frozen=True, slots=True)
class Summary:
    """The text to print at the end; `complete` when every film of the list is a record or a lasting miss."""

    text: str
    complete: bool


def run_fetch(job: FetchJob) -> Summary:
    """Fetch the films. The stored answers are removed when none is missing. Raises MovieSearchError."""
    started = time.monotonic()
    _check_outputs(job.output, job.misses, job.seed_json)
    films = _read_films(job) if job.titles else []
    with Answers(job.state) as answers, noted_bar("films", len(films) or None) as move:
        transport = PoliteTransport(
            answers, api=job.api, manners=job.manners, on_wait=lambda reason: move(0, f"waiting: {reason}")
        )
        client = WikiClient(job.contact, transport, language=job.language, maxlag=job.manners.maxlag)
        try:
            if job.category:
                titles = client.category(job.category)[: job.top]
                films = [ListedFilm(title, place=f"Category:{job.category}", exact=True) for title in titles]
            report = fetch(
                films,
                client,
                job.output,
                site=f"{job.language}wiki",
                connections=job.connections,
                seed_json=job.seed_json,
                on_film=lambda result: move(1, _bar_note(result)),
            )
        finally:
            transport.close()
    if job.misses:
        write_misses(job.misses, map(_left_out, report.misses))
    if not report.unanswered:
        job.state.unlink(missing_ok=True)
    return Summary(_fetch_text(job, report, time.monotonic() - started), complete=not report.unanswered)


def _check_outputs(*paths: Path | None) -> None:
    """Raise StoreError or UsageError for files that can't be written in the end, before any work is done."""
    outputs = [path for path in paths if path is not None]
    for path in outputs:
        if not path.parent.is_dir():
            raise StoreError(f"there is no folder {path.parent}: make it first")
    if len({path.absolute() for path in outputs}) < len(outputs):
        raise UsageError("two of the files to write have the same name: give each its own")


def _read_films(job: FetchJob) -> list[ListedFilm]:
    assert job.titles is not None
    films = read_list(
        job.titles,
        ratings=job.ratings,
        top=job.top,
        min_votes=job.min_votes,
        note=lambda line: click.echo(f"{job.titles}: {line}", err=True),
    )
    return films[:_IMDB_TOP] if films[0].imdb_id and job.top is None else films


def _bar_note(result: FilmPage | Miss) -> str:
    return result.wanted.title if isinstance(result, FilmPage) else f"not found: {result.wanted.title}"


def _fetch_text(job: FetchJob, report: FetchReport, seconds: float) -> str:
    counts = f"{report.films} films in {job.output}, {len(report.misses)} misses"
    lines = [f"{counts}; {report.asked} requests, {seconds:.0f} s"]
    lines += _first_misses(list(map(_left_out, report.misses)), job.misses)
    if report.unanswered:
        lines.append(f"{report.unanswered} of them had no answer: run the same command again to ask for those alone.")
    return "\n".join(lines)


def _left_out(miss: Miss) -> LeftOut:
    return LeftOut(miss.wanted.title, miss.wanted.year, miss.wanted.place, miss.reason)


def _first_misses(films: Sequence[LeftOut], path: Path | None) -> list[str]:
    """Return the lines that show the first films that are left out, and say where the others are."""
    lines = [f"  {film.place}: {film}: {film.reason}" for film in films[:_SHOWN_MISSES]]
    if len(films) > _SHOWN_MISSES:
        rest = f"{len(films) - _SHOWN_MISSES} more"
        lines.append(f"  ... and {rest} in {path}" if path else f"  ... and {rest}: --misses FILE has all")
    return lines


def run_dump(
    paths: Sequence[Path],
    output: Path,
    jobs: int | None = None,
    part_bytes: int = PART_BYTES,
    *,
    misses: Path | None = None,
) -> str:
    """Read the dump files and return the text to print at the end. Raises MovieSearchError."""
    started = time.monotonic()
    _check_outputs(output, misses)
    total = sum(path.stat().st_size for path in paths if path.exists())
    with noted_bar("dump", total or None, counted=False) as move:
        moved = 0

        def on_bytes(done: int, total: int) -> None:
            nonlocal moved
            move(done - moved, "")
            moved = done

        report = read_dump(paths, output, misses=misses, jobs=jobs, part_bytes=part_bytes, on_bytes=on_bytes)
    return _dump_text(report, output, misses, time.monotonic() - started)


def _dump_text(report: DumpReport, output: Path, misses: Path | None, seconds: float) -> str:
    read = f"{report.films} films in {output}, {len(report.left_out)} articles left out; {report.pages} pages read"
    lines = [f"{read}, {report.new_bytes / 1e6:.0f} MB of XML in {seconds:.0f} s, {report.rate:.1f} MB/s a core"]
    lines += [f"  {count} left out: {kind}" for kind, count in report.kinds]
    lines += _first_misses(report.left_out, misses)
    lines += [f"  {fault}" for fault in report.faults]
    return "\n".join(lines)
