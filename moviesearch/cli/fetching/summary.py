"""What a fetch says: beside its bar, and when it is done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moviesearch.cli.output import count_of
from moviesearch.records import IngestReport
from moviesearch.sources.wikipedia.api.fetch import FetchReport
from moviesearch.sources.wikipedia.api.page_finder import FilmPage, Miss
from moviesearch.sources.wikipedia.api.polite import WikiStoppedError
from moviesearch.sources.wikipedia.output import LeftOut, write_misses

from .job import FetchJob

_SHOWN_MISSES = 10


@dataclass(frozen=True, slots=True)
class Summary:
    """The text to print at the end; `complete` when every film of the list is a record or a lasting miss.

    `ingested` is what came into the collection, and `films` are the pages of those that were named. `ended` says why
    nothing more could be asked for, if so.
    """

    text: str
    complete: bool
    misses: int = 0
    ingested: IngestReport | None = None
    films: tuple[str, ...] = ()
    ended: WikiStoppedError | None = None


def bar_note(result: FilmPage | Miss) -> str:
    """What stands beside the bar when a film was asked for."""
    return result.wanted.title if isinstance(result, FilmPage) else f"not found: {result.wanted.title}"


def fetch_text(job: FetchJob, report: FetchReport, head: str, started: float) -> str:
    """What is printed at the end: `head`, the requests and seconds since `started` (time.monotonic), the misses."""
    lines = [f"{head}; {count_of(report.asked, 'request')}, {time.monotonic() - started:.0f} s"]
    lines += first_misses(list(map(_left_out, report.misses)), job.misses)
    if report.unanswered:
        lines.append(f"{report.unanswered} of them had no answer: run the same command again to ask for those alone.")
    return "\n".join(lines)


def write_all_misses(path: Path | None, report: FetchReport) -> None:
    """Write the misses to a file, where one is named."""
    if path:
        write_misses(path, map(_left_out, report.misses))


def _left_out(miss: Miss) -> LeftOut:
    return LeftOut(miss.wanted.title, miss.wanted.year, miss.wanted.place, miss.reason)


def first_misses(films: Sequence[LeftOut], path: Path | None) -> list[str]:
    """Return the lines that show the first films that are left out, and say where the others are."""
    lines = [f"  {f'{film.place}: ' if film.place else ''}{film}: {film.reason}" for film in films[:_SHOWN_MISSES]]
    if len(films) > _SHOWN_MISSES:
        rest = f"{len(films) - _SHOWN_MISSES} more"
        lines.append(f"  ... and {rest} in {path}" if path else f"  ... and {rest}: --misses FILE has all")
    return lines
