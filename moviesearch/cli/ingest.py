"""`moviesearch ingest`: films from files and folders into a collection."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from moviesearch.config import DEFAULT_MODEL, Settings

from .first_films import forget_first_films
from .ingesting import ingest_sources, stoppable
from .options import opened, store_options

if TYPE_CHECKING:
    from moviesearch.embedding.models import Precision


def _parse_shard(ctx: click.Context, option: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """(2, 5) of "2/5"; None without the option. Stands here because the option's decorator needs it."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", value)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise click.BadParameter("takes K/N, such as 2/5 for the second of five parts")
    return int(match[1]), int(match[2])


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--skip-invalid", is_flag=True, help="Exit with 0 although records were rejected.")
@click.option("--strict", is_flag=True, help="Store nothing unless every record is good.")
@click.option("--prune", is_flag=True, help="Remove films that the sources no longer have.")
@click.option("--yes", is_flag=True, help="With --prune: also where most films of a folder are gone.")
@click.option("--watch", is_flag=True, help="Then follow what changes in folders of films, until Ctrl-C.")
@click.option(
    "--shard", callback=_parse_shard, metavar="K/N", help="Only the Kth of N parts, for N machines and one server."
)
@click.option("--ray", metavar="ADDRESS", help="Embed on a Ray cluster: HOST:PORT, auto, or local (this machine's).")
@click.option("--rebuild", is_flag=True, help="Make a collection of another model anew, with the films it has.")
@click.option(
    "--language",
    metavar="LANGUAGE",
    envvar="MOVIESEARCH_LANGUAGE",
    help="Stem words as German (or de), French, Russian, ...; the collection remembers.  [default: English]",
)
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
    yes: bool,
    watch: bool,
    rebuild: bool,
    shard: tuple[int, int] | None,
    ray: str | None,
    language: str | None,
    precision: Precision | None,
) -> None:
    """Store films from files, folders or '-' (JSON lines on standard input); none: the bundled films.

    A folder is one of films with NFO files beside them, as Kodi, Jellyfin, Emby and Radarr write them.
    JSON, JSON lines, CSV (Wikipedia Movie Plots, TMDB), the CMU Movie Summary Corpus, and gzip of
    these are told apart by what they hold. Only new and changed films are embedded.
    """
    if yes and not prune:
        raise click.UsageError("--yes goes with --prune")
    if watch and (
        unfit := [name for name, given in {"--strict": strict, "--shard": shard, "--ray": ray}.items() if given]
    ):
        raise click.UsageError(f"{unfit[0]} does not go with --watch")
    if language:
        settings = replace(settings, language=language)
    if precision:
        settings = replace(settings, model=_model_of_precision(settings, precision))
    if settings.in_default_place:
        forget_first_films(settings)
    with opened(settings) as search:
        if watch:
            from .watch import watch_folders

            with stoppable() as stop:
                sys.exit(watch_folders(search, sources, stop, prune=prune, yes=yes, rebuild=rebuild))
        status = ingest_sources(
            search,
            sources,
            skip_invalid=skip_invalid,
            strict=strict,
            prune=prune,
            rebuild=rebuild,
            shard=shard,
            ray=ray,
            yes=yes,
        )
    sys.exit(status)


def _model_of_precision(settings: Settings, precision: Precision) -> str:
    """The model that was named, else the collection's, else the default one, to compute in `precision`."""
    from moviesearch.embedding.models import with_precision

    model = settings.model
    if model is None:
        with opened(settings) as search:
            model = search.info().manifest.location if search.exists() else DEFAULT_MODEL
    return with_precision(model, precision)
