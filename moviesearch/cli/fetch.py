"""`moviesearch fetch`: films from Wikipedia, into the collection or a file."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.config import MOST_THREADS, Settings

from .first_films import opened_with_films
from .ingesting import ingest_sources, stoppable
from .options import Seconds, opened, store_options
from .output import count_of, report_line

if TYPE_CHECKING:
    from .fetching.job import FetchJob
    from .fetching.summary import Summary

_RESUME = "the same command goes on from there, and asks for nothing twice"
_LANGUAGES = ("en", "simple", "de", "fr", "es", "it", "ja")
_PATH = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("films", nargs=-1, metavar="[FILM]...")
@click.option("--list", "page", metavar="PAGE", help="The films that a page of Wikipedia lists.")
@click.option("--category", metavar="NAME", help="The films of a category.")
@click.option("--titles", type=_PATH, metavar="FILE", help="The films of a list: an export, a CSV, one title a line.")
@click.option("--imdb", type=_PATH, metavar="FOLDER", help="The best of IMDb's title.basics and title.ratings.")
@click.option(
    "--dump", type=_PATH, metavar="FILE", help="All films of a dump, without a request; more files may follow."
)
@click.option("--enrich", is_flag=True, help="The plots of films that have only an overview; both stay searchable.")
@click.option("--top", type=click.IntRange(1), metavar="N", help="Only the first N.  [default: 1000 with --imdb]")
@click.option(
    "--min-votes", type=click.IntRange(0), default=25_000, show_default=True, help="Of IMDb's films, for --imdb."
)
@click.option("--ratings", type=_PATH, hidden=True)
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Write JSON lines, and store nothing.")
@click.option("--misses", type=_FILE, metavar="FILE", help="Write the films that were not found, and why: JSON lines.")
@click.option("--seed-json", type=_FILE, metavar="FILE", help="With -o, write the tutorial's own JSON list too.")
@click.option("--dry-run", is_flag=True, help="Only show which films would be asked for.")
@click.option("--language", type=click.Choice(_LANGUAGES), default="en", show_default=True, help="Which Wikipedia.")
@click.option(
    "--contact",
    metavar="ADDRESS",
    envvar="MOVIESEARCH_CONTACT",
    help="How Wikipedia can reach you, mail or URL; without it one request a second.",
)
@click.option(
    "--connections", type=click.IntRange(1, 4), default=1, show_default=True, help="Requests in work at once."
)
@click.option("--pause", type=Seconds(0), help="Seconds between requests.")
@click.option("--attempts", type=click.IntRange(1, 1000), default=6, show_default=True, help="Tries of each request.")
@click.option("--jobs", type=click.IntRange(1, MOST_THREADS), help="Processes for --dump.  [default: one a core]")
@click.option("--part-size", type=click.FloatRange(0.001, 100_000, clamp=True), default=32.0, hidden=True)
@click.option("--api", metavar="URL", hidden=True, help="Another MediaWiki's api.php, such as a mirror's.")
@store_options
def fetch(
    settings: Settings,
    films: tuple[str, ...],
    page: str | None,
    category: str | None,
    titles: Path | None,
    imdb: Path | None,
    dump: Path | None,
    enrich: bool,
    top: int | None,
    min_votes: int,
    ratings: Path | None,
    output: Path | None,
    misses: Path | None,
    seed_json: Path | None,
    dry_run: bool,
    language: str,
    contact: str | None,
    connections: int,
    pause: float | None,
    attempts: int,
    jobs: int | None,
    part_size: float,
    api: str | None,
) -> None:
    """Bring films with their plots from Wikipedia into the collection.

    \b
    moviesearch fetch "Memento" "Amélie (2001)"
    moviesearch fetch --list "List of films considered the best"
    moviesearch fetch --enrich

    A page is taken only when it says itself that it is of that film; all else is a miss, with its
    reason. Stop it whenever you like: the same command goes on where it was.
    """
    ways: dict[str, object] = {
        "FILM": films if not dump else (),
        "--list": page,
        "--category": category,
        "--titles": titles,
        "--imdb": imdb,
        "--dump": dump,
        "--enrich": enrich,
    }
    unfit = {
        "-o": output and enrich,
        "--dry-run": dry_run and dump,
        "--top": top and dump,
        "--seed-json": seed_json and dump,
    }
    _check_ways([name for name, value in ways.items() if value], [name for name, value in unfit.items() if value])
    if seed_json and not output:
        raise click.UsageError("--seed-json goes with -o")
    if dump:
        sys.exit(_dump(settings, [dump, *map(Path, films)], output, misses, jobs, part_size))
    from moviesearch.sources.wikipedia.api.polite import Manners

    from .fetching.job import FetchJob

    pause = pause if pause is not None else 0.0 if contact else 1.0
    job = FetchJob(
        output=output,
        contact=contact,
        films=films,
        page=page,
        category=category,
        titles=titles,
        imdb=imdb,
        enrich=enrich,
        ratings=ratings,
        top=top,
        min_votes=min_votes,
        misses=misses,
        seed_json=seed_json,
        language=language,
        api=api,
        connections=connections,
        manners=Manners(attempts=attempts, deadline=settings.timeout, pause=pause),
    )
    with stoppable() as stopped:
        sys.exit(_fetch(settings, job, dry_run, stopped))


def _check_ways(given: list[str], unfit: list[str]) -> None:
    """Raise UsageError unless films are asked for in one way, with no option that does not fit it."""
    if not given:
        raise click.UsageError(
            'say which films: "TITLE", --list PAGE, --category NAME, --titles FILE, --imdb FOLDER, --dump FILE, or '
            "--enrich for those that are here"
        )
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} do not go together: give one of them")
    if unfit:
        raise click.UsageError(f"{unfit[0]} does not go with {given[0]}")


def _fetch(settings: Settings, job: FetchJob, dry_run: bool, stopped: threading.Event) -> int:
    """Do the job and print what happened. Returns the exit status: 0, 1 or 130 (stopped)."""
    from moviesearch.sources.wikipedia.api.polite import WikiStoppedError

    from .fetching.run import run_dry, run_fetch, run_into

    try:
        if job.output and not dry_run:
            return _say(job, run_fetch(job, stopped))
        if not dry_run:
            with opened_with_films(settings) as search:
                return _say(job, run_into(job, search, stopped))
        with opened(settings) as search:
            films = run_dry(job, search, stopped)
        click.echo("\n".join(films))
        click.echo(f"{count_of(len(films), 'film')} would be asked for", err=True)
        return 0
    except WikiStoppedError as error:
        if stopped.is_set():
            click.echo(f"stopped; what is done is kept, and {_RESUME}", err=True)
            return 130
        raise WikiStoppedError(f"{error}\nWhat is done is kept, and {_RESUME}.") from error


def _say(job: FetchJob, summary: Summary) -> int:
    for line in summary.films:
        click.echo(line)
    if summary.ingested:
        click.echo(report_line(summary.ingested))
    click.echo(summary.text, err=True)
    if summary.ended:
        raise summary.ended
    return 1 if not summary.complete or (job.films and summary.misses) else 0


def _dump(
    settings: Settings,
    paths: list[Path],
    output: Path | None,
    misses: Path | None,
    jobs: int | None,
    part_size: float,
) -> int:
    """Read a dump into a file or the collection. Returns the exit status."""
    from .fetching.dump import dump_films, run_dump

    if part_size != part_size:
        raise click.UsageError("--part-size takes a number of megabytes")
    part_bytes = int(part_size * 1_000_000)
    try:
        if output:
            click.echo(run_dump(paths, output, jobs, part_bytes, misses=misses), err=True)
            return 0
        films, left_out, text = dump_films(paths, settings.cache, jobs, part_bytes, misses)
        if text:
            click.echo(text, err=True)
        with opened_with_films(settings) as search:
            status = ingest_sources(search, [str(films)], skip_invalid=True, strict=False, prune=False, rebuild=False)
    except KeyboardInterrupt:
        click.echo(f"stopped; what is done is kept, and {_RESUME.partition(',')[0]}", err=True)
        return 130
    if status == 0:
        films.unlink(missing_ok=True)
        left_out.unlink(missing_ok=True)
    return status
