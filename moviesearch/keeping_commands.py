"""`moviesearch ingest`, `export`, `map`, `info`, `verify` and `repair`."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .config import DEFAULT_MODEL, Settings
from .options import console, opened, store_options

if TYPE_CHECKING:
    from .embedding.models import Precision


def _shard(ctx: click.Context, option: click.Parameter, told: str | None) -> tuple[int, int] | None:
    if told is None:
        return None
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", told)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter("takes K/N, such as 2/5 for the second of five parts")
    return int(found[1]), int(found[2])


def _of_precision(settings: Settings, precision: Precision) -> str:
    """The model that was named, or the collection's, or the default one, with products of a precision."""
    from .embedding.models import with_precision

    model = settings.model
    if model is None:
        with opened(settings) as search:
            model = search.info().manifest.location if search.exists() else DEFAULT_MODEL
    return with_precision(model, precision)


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--skip-invalid", is_flag=True, help="Exit with 0 although records were rejected.")
@click.option("--strict", is_flag=True, help="Store nothing unless every record is good.")
@click.option("--prune", is_flag=True, help="Remove films that the sources no longer have.")
@click.option("--shard", callback=_shard, metavar="K/N", help="Only the Kth of N parts, for N machines and one server.")
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
    from .ingesting import run

    if precision:
        settings = replace(settings, model=_of_precision(settings, precision))
    with opened(settings) as search:
        status = run(
            search,
            sources,
            skip_invalid=skip_invalid,
            strict=strict,
            prune=prune,
            rebuild=rebuild,
            shard=shard,
            ray=ray,
            console=console(),
        )
    sys.exit(status)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@store_options
def export(settings: Settings, folder: Path) -> None:
    """Write embeddings.npy (float32, one row a film), movies.json and manifest.json, as the original has them."""
    with opened(settings) as search:
        films = search.export(folder)
    click.echo(f"{films:,} films in {folder}: embeddings.npy, movies.json, manifest.json")


@click.command("map")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Draw it: a .svg or a .png.")
@click.option(
    "--colour", type=click.Choice(["genre", "decade"]), default="genre", show_default=True, help="What colours say."
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option(
    "--labels", type=click.IntRange(0, 1000), default=40, show_default=True, help="How many films are named at most."
)
@click.option("--anew", is_flag=True, help="Lay all films out again; without it those that have a place keep it.")
@store_options
def film_map(settings: Settings, output: Path | None, colour: Any, theme: Any, labels: int, anew: bool) -> None:
    """Make the map of films: each a point, those of like stories beside each other."""
    from .mapping import run

    with opened(settings) as search:
        run(search, output, colouring=colour, theme=theme, labels=labels, anew=anew, errors=console(stderr=True))


@click.command()
@click.option("--check", is_flag=True, help="Look at every row, not only at the counts.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@store_options
def info(settings: Settings, check: bool, form: str) -> None:
    """Show what is in the collection: films, passages, model, sizes, health."""
    from . import screen

    with opened(settings) as search:
        told = search.info(check=check)
    if form == "json":
        click.echo(screen.info_json(told))
    else:
        screen.info_table(told, console())
    if told.wrong:
        sys.exit(1)


@click.command()
@store_options
def verify(settings: Settings) -> None:
    """Compare every film and vector with its second home, and look each one up."""
    with opened(settings) as search:
        wrong = search.verify()
    if wrong:
        click.echo(f"damaged: {wrong}; `moviesearch repair` makes the index again", err=True)
        sys.exit(1)
    click.echo("all good")


@click.command()
@store_options
def repair(settings: Settings) -> None:
    """Make the index again from its second home; nothing is embedded that was embedded before."""
    with opened(settings) as search:
        films = search.repair()
    click.echo(f"the index was made again: {films:,} films")
