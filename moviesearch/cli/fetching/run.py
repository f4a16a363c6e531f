"""Asks a wiki for the films of a job: into a file, into a collection, or only which they would be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from moviesearch.cli.output import count_of
from moviesearch.cli.progress import noted_bar
from moviesearch.errors import UsageError
from moviesearch.sources.wikipedia.api.answers import Answers
from moviesearch.sources.wikipedia.api.client import WikiClient
from moviesearch.sources.wikipedia.api.fetch import FetchReport, fetch, fetched
from moviesearch.sources.wikipedia.api.page_finder import FilmPage, Miss
from moviesearch.sources.wikipedia.api.polite import PoliteTransport, WikiStoppedError

from .job import FetchJob, check_outputs, states
from .storing import Store, found_film
from .summary import Summary, bar_note, fetch_text, write_all_misses
from .wanted import films_of_files, films_of_wiki, listed

if TYPE_CHECKING:
    from moviesearch.search import MovieSearch


def run_fetch(job: FetchJob, stopped: threading.Event | None = None) -> Summary:
    """Fetch the films into the output. The stored answers are removed when none is missing. Raises MovieSearchError."""
    started = time.monotonic()
    assert job.output
    check_outputs(job.output, job.misses, job.seed_json)
    films = films_of_files(job)
    with _asking(job, job.state(), len(films) or None, stopped) as (client, move):
        films = films or films_of_wiki(job, client)
        report = fetch(
            films,
            client,
            job.output,
            site=job.site,
            connections=job.connections,
            seed_json=job.seed_json,
            on_film=lambda result: move(1, bar_note(result)),
        )
    write_all_misses(job.misses, report)
    if not report.unanswered:
        job.state().unlink(missing_ok=True)
    head = f"{count_of(report.films, 'film')} in {job.output}, {count_of(len(report.misses), 'miss', 'misses')}"
    return Summary(fetch_text(job, report, head, started), not report.unanswered, len(report.misses))


def run_into(job: FetchJob, search: MovieSearch, stopped: threading.Event | None = None) -> Summary:
    """Fetch the films into a collection, where they are stored as they come. Raises MovieSearchError.

    What was stored stays when this is stopped. The same job goes on from there, and asks for no page twice.
    """
    started = time.monotonic()
    check_outputs(job.misses)
    state = job.state(states(search.settings.cache))
    to_enrich = {movie.id: movie for movie in search.overviews()} if job.enrich else {}
    films = [listed(movie, job.language) for movie in to_enrich.values()][: job.top] or films_of_files(job)
    report = FetchReport()
    store = Store(search)
    shown: list[str] = []
    ended: WikiStoppedError | None = None
    if job.enrich and not films:
        return Summary("every film here has its whole plot", complete=True)
    with _asking(job, state, len(films) or None, stopped) as (client, move):
        films = films or films_of_wiki(job, client)
        try:
            for result in fetched(films, client, report, connections=job.connections):
                if stopped and stopped.is_set():
                    raise WikiStoppedError("stopped")
                if isinstance(result, FilmPage):
                    found = found_film(result, job.site, to_enrich)
                    if isinstance(found, Miss):
                        report.films -= 1
                        report.misses.append(found)
                        result = found
                    else:
                        store.add(found)
                        shown.append(f"{found.title}{f' ({found.year})' if found.year else ''}: {result.page.url}")
                move(1, bar_note(result))
        except WikiStoppedError as error:
            ended = error
        move(0, "storing")
        store.finish()
    write_all_misses(job.misses, report)
    if not (report.unanswered or ended):
        state.unlink(missing_ok=True)
    head = f"{count_of(report.films, 'film')}, {count_of(len(report.misses), 'miss', 'misses')}"
    few = tuple(shown) if job.films else ()
    text = fetch_text(job, report, head, started)
    ingested = store.report if report.films else None
    return Summary(text, not report.unanswered, len(report.misses), ingested, few, ended)


def run_dry(job: FetchJob, search: MovieSearch, stopped: threading.Event | None = None) -> list[str]:
    """The films that would be asked for; a wiki is asked for nothing but a list or a category."""
    if job.enrich:
        return [str(listed(movie, job.language)) for movie in search.overviews()][: job.top]
    films = films_of_files(job)
    if not films:
        with _asking(job, job.state(states(search.settings.cache)), None, stopped) as (client, _):
            films = films_of_wiki(job, client)
    return [str(film) for film in films]


@contextmanager
def _asking(
    job: FetchJob, state: Path, count: int | None, stopped: threading.Event | None
) -> Iterator[tuple[WikiClient, Callable[[float, str], None]]]:
    """A client of the job's wiki whose answers are kept in `state`, and a progress bar."""
    try:
        with Answers(state) as answers, noted_bar("films", count) as move:
            transport = PoliteTransport(
                answers,
                api=job.api,
                manners=job.manners,
                on_wait=lambda reason: move(0, f"waiting: {reason}"),
                stopped=stopped,
            )
            try:
                yield WikiClient(job.contact, transport, language=job.language, maxlag=job.manners.maxlag), move
            finally:
                transport.close()
    except UsageError:
        state.unlink(missing_ok=True)  # nothing in it can be gone on from
        raise
