"""A whole fetch: the list read, the answers kept beside the output, progress shown, the misses summed up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from moviesearch.errors import StoreError, UsageError
from moviesearch.sources.wikipedia.api.answers import Answers
from moviesearch.sources.wikipedia.api.client import WikiClient
from moviesearch.sources.wikipedia.api.fetch import FetchReport, fetch, write_misses
from moviesearch.sources.wikipedia.api.film_lists import Wanted, read_list
from moviesearch.sources.wikipedia.api.page_finder import Film, Miss
from moviesearch.sources.wikipedia.api.polite import Manners, PoliteTransport

from .progress import bar

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
    with Answers(job.state) as answers, bar("films", len(wanted) or None) as move:
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
