"""`moviesearch export`, `info`, `verify` and `repair`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moviesearch.config import Settings

from .options import console, opened, store_options


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@store_options
def export(settings: Settings, folder: Path) -> None:
    """Write embeddings.npy (float32, one row a film), movies.json and manifest.json, as the original has them."""
    with opened(settings) as search:
        films = search.export(folder)
    click.echo(f"{films:,} films in {folder}: embeddings.npy, movies.json, manifest.json")


@click.command()
@click.option("--check", is_flag=True, help="Look at every row, not only at the counts.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@store_options
def info(settings: Settings, check: bool, form: str) -> None:
    """Show what is in the collection: films, passages, model, sizes, health."""
    from . import output

    with opened(settings) as search:
        report = search.info(check=check)
    if form == "json":
        click.echo(output.info_json(report))
    else:
        output.info_table(report, console())
    if report.wrong:
        sys.exit(1)


@click.command()
@store_options
def verify(settings: Settings) -> None:
    """Compare every film and vector with its replica, and look each one up."""
    with opened(settings) as search:
        wrong = search.verify()
    if wrong:
        click.echo(f"damaged: {wrong}; `moviesearch repair` makes the index again", err=True)
        sys.exit(1)
    click.echo("all good")


@click.command()
@store_options
def repair(settings: Settings) -> None:
    """Make the index again from its replica; nothing is embedded that was embedded before."""
    with opened(settings) as search:
        films = search.repair()
    click.echo(f"the index was made again: {films:,} films")
