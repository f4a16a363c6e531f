"""`moviesearch map` on the screen: make the map, and draw it where a file is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .maps.legend import Colouring, Theme
from .maps.svg import checked_kind, draw

if TYPE_CHECKING:
    from rich.console import Console

    from .search import MovieSearch


def run(
    search: MovieSearch,
    picture: Path | None,
    *,
    colouring: Colouring,
    theme: Theme,
    labels: int,
    anew: bool,
    errors: Console,
) -> None:
    """Bring the map up to date (or make it, `anew` in any case), and write the picture."""
    if picture is not None:
        checked_kind(picture)
    with _busy(errors):
        shown = search.map(anew=anew)
    placed = f", {shown.placed:,} of them placed beside their neighbours since it was laid out" if shown.placed else ""
    click.echo(f"a map of {len(shown.ids):,} films{placed}", err=picture is not None)
    if picture is not None:
        draw(shown, picture, colouring=colouring, theme=theme, labels=labels)
        click.echo(str(picture))


@contextmanager
def _busy(errors: Console) -> Iterator[None]:
    if not errors.is_terminal:
        yield
        return
    with errors.status("laying out the films; a minute or two for 10,000"):
        yield
