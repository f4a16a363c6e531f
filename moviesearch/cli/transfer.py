"""`moviesearch copy`, `backup` and `restore`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.config import Settings

from .options import opened, store_options, timeout_option, token_option
from .progress import progress_bar

if TYPE_CHECKING:
    from moviesearch.collection.transfer import Moved


@click.command()
@click.option("--from", "from_store", required=True, metavar="FOLDER|URL", help="Where the films are.")
@click.option("--to", "to_store", required=True, metavar="FOLDER|URL", help="Where they go.")
@click.option("--collection", metavar="NAME", envvar="MOVIESEARCH_COLLECTION", help="Which collection.")
@click.option("--to-collection", metavar="NAME", help="What it is called there.  [default: the same]")
@click.option("--replace", "replace_others", is_flag=True, help="Have films go that are there and not in --from.")
@token_option("--from-token")
@token_option("--to-token")
@click.option("--ca-file", metavar="FILE", envvar="MOVIESEARCH_CA_FILE", help="Certificates (PEM) to trust servers by.")
@timeout_option()
def copy(
    from_store: str,
    to_store: str,
    collection: str | None,
    to_collection: str | None,
    replace_others: bool,
    from_token: str | None,
    to_token: str | None,
    ca_file: str | None,
    timeout: float | None,
) -> None:
    """Copy a collection with its vectors: folder, server and Chroma Cloud, each to each.

    Run it again to go on with one that was interrupted, or to bring a copy up to date.
    """
    base = Settings()
    base = replace(base, ca_file=ca_file or base.ca_file, timeout=timeout or base.timeout, model=None)
    base = replace(base, collection=collection or base.collection)
    from_settings = replace(base, store=from_store, token=from_token or base.token)
    to_settings = replace(
        base, store=to_store, token=to_token or base.token, collection=to_collection or base.collection
    )
    with opened(from_settings) as source, opened(to_settings) as target, progress_bar("films") as progress:
        report = source.copy(target, replace_others=replace_others, progress=progress)
    click.echo(f"{_counts(report)}; both sides have the checksum {report.checksum[:16]}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@store_options
def backup(settings: Settings, file: Path) -> None:
    """Write a collection with its vectors to one file (a zip)."""
    with opened(settings) as search, progress_bar("films") as progress:
        films, checksum = search.backup(file, progress=progress)
    click.echo(f"{films:,} films in {file}, {file.stat().st_size / 1e6:,.1f} MB; checksum {checksum[:16]}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", "replace_others", is_flag=True, help="Have films go that are there and not in the file.")
@store_options
def restore(settings: Settings, file: Path, replace_others: bool) -> None:
    """Store the films of a backup, vectors included; a damaged file is refused before anything is done."""
    with opened(settings) as search, progress_bar("films") as progress:
        report = search.restore(file, replace_others=replace_others, progress=progress)
    click.echo(f"{_counts(report)}; checksum {report.checksum[:16]}, as in the file")


def _counts(report: Moved) -> str:
    removed = f", {report.removed:,} removed" if report.removed else ""
    seen = f", {report.marks:,} marks of films seen" if report.marks else ""
    return f"{report.films:,} films, {report.written:,} written{removed}{seen}"
