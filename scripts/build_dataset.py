"""Films with their plots from Wikipedia, as JSON lines for `moviesearch ingest`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from moviesearch.cli.options import Seconds, expect_texts
from moviesearch.cli.streams import run_process
from moviesearch.config import MOST_THREADS
from moviesearch.errors import MovieSearchError


@contextmanager
def _plain_errors(resume: str) -> Iterator[None]:
    """Turn what went wrong into one message and exit status 1."""
    try:
        yield
    except MovieSearchError as error:
        from moviesearch.sources.wikipedia.api.polite import WikiStoppedError

        hint = f"\n{resume}" if isinstance(error, WikiStoppedError) else ""
        raise click.ClickException(f"{error}{hint}") from error
    except KeyboardInterrupt:
        click.echo(f"\nstopped. {resume}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is not installed: pip install 'moviesearch[wikipedia]' brings it"
        ) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build a collection's source from Wikipedia: a list of films, or all films there are."""


@main.command()
@click.option(
    "--titles",
    "titles",
    type=click.Path(path_type=Path),
    metavar="LIST",
    help="IMDb's title.basics.tsv.gz, or any list of titles: a CSV, an export, one a line.",
)
@click.option("--ratings", type=click.Path(path_type=Path), help="IMDb's title.ratings.tsv.gz, if not beside LIST.")
@click.option("--category", metavar="NAME", help="Take the articles of a Wikipedia category instead of a list.")
@click.option(
    "--top", type=click.IntRange(1), help="Take the first N films; of IMDb's, the N best rated (default 1000)."
)
@click.option(
    "--min-votes",
    type=click.IntRange(0),
    default=25_000,
    show_default=True,
    help="IMDb: leave out films with fewer votes.",
)
@click.option(
    "--contact", required=True, metavar="MAIL-OR-URL", help="How Wikipedia can reach you; its policy asks for it."
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSON lines.")
@click.option("--misses", type=click.Path(path_type=Path, dir_okay=False), help="Write the films not found, and why.")
@click.option(
    "--seed-json",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a JSON list of titles and plots, such as movieDataPlot.json.",
)
@click.option("--language", default="en", show_default=True, help="Which Wikipedia; films are known by English words.")
@click.option("--api", metavar="URL", help="Another MediaWiki's api.php, such as a mirror's.")
@click.option("--connections", type=click.IntRange(1, 4), default=1, show_default=True)
@click.option("--pause", type=Seconds(0), default=0.0, show_default=True, help="Seconds between requests.")
@click.option("--timeout", type=Seconds(0.1), default=60.0, show_default=True, help="Seconds for an answer.")
@click.option("--attempts", type=click.IntRange(1, 1000), default=6, show_default=True, help="Tries for each request.")
def fetch(
    titles: Path | None,
    ratings: Path | None,
    category: str | None,
    top: int | None,
    min_votes: int,
    contact: str,
    output: Path,
    misses: Path | None,
    seed_json: Path | None,
    language: str,
    api: str | None,
    connections: int,
    pause: float,
    timeout: float,
    attempts: int,
) -> None:
    """Fetch the plots of a list of films.

    Stop it whenever you like: the same command goes on where it was, and asks for no page twice.
    """
    if (titles is None) == (category is None):
        raise click.UsageError("give either --titles LIST or --category NAME")
    with _plain_errors("Run the same command again: it goes on from here."):
        from moviesearch.cli.dataset import FetchJob, run_fetch
        from moviesearch.sources.wikipedia.api.polite import Manners

        summary = run_fetch(
            FetchJob(
                output=output,
                contact=contact,
                titles=titles,
                ratings=ratings,
                category=category,
                top=top,
                min_votes=min_votes,
                misses=misses,
                seed_json=seed_json,
                language=language,
                api=api,
                connections=connections,
                manners=Manners(attempts=attempts, deadline=timeout, pause=pause),
            )
        )
        click.echo(summary.text, err=True)
        if not summary.complete:
            sys.exit(1)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DUMP...")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSON lines.")
@click.option("--misses", type=click.Path(path_type=Path, dir_okay=False), help="Write the films left out, and why.")
@click.option("--jobs", type=click.IntRange(1, MOST_THREADS), help="Processes at once.  [default: one a core]")
@click.option(
    "--part-size",
    type=click.FloatRange(0.001, 100_000, clamp=True),
    default=32.0,
    show_default=True,
    help="Megabytes of DUMP that one process reads, and that stopping it costs at most.",
)
def dump(files: tuple[Path, ...], output: Path, misses: Path | None, jobs: int | None, part_size: float) -> None:
    """Take every film out of a dump, such as enwiki-latest-pages-articles.xml.bz2.

    Also takes the dump in several files, and .xml or .xml.gz. Stop it whenever you like: the same command goes on
    where it was.
    """
    if part_size != part_size:
        raise click.UsageError("--part-size takes a number of megabytes")
    with _plain_errors("Run the same command again: it goes on from here."):
        from moviesearch.cli.dataset import run_dump

        click.echo(run_dump(files, output, jobs, int(part_size * 1_000_000), misses=misses), err=True)


expect_texts(main)

if __name__ == "__main__":
    run_process(main)
