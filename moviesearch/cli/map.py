"""`moviesearch map`: make the map, and draw it where a file is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.config import Settings

from .options import opened, store_options
from .progress import busy

if TYPE_CHECKING:
    from moviesearch.maps.legend import Colouring, Theme


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
def film_map(settings: Settings, output: Path | None, colour: Colouring, theme: Theme, labels: int, anew: bool) -> None:
    """Make the map of films: each a point, those of like stories beside each other."""
    from moviesearch.maps.svg import checked_kind, draw

    if output is not None:
        checked_kind(output)
    with opened(settings) as search, busy("laying out the films; a minute or two for 10,000"):
        film_points = search.map(anew=anew)
    count = film_points.placed
    placed = f", {count:,} of them placed beside their neighbours since it was laid out" if count else ""
    click.echo(f"a map of {len(film_points.ids):,} films{placed}", err=output is not None)
    if output is not None:
        draw(film_points, output, colouring=colour, theme=theme, labels=labels)
        click.echo(str(output))
