"""The first question needs no ingest: where nothing was ever stored, it stores the films that come with moviesearch."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.atomic import make_folders
from moviesearch.config import Settings
from moviesearch.errors import LockedError

from .options import opened

if TYPE_CHECKING:
    from moviesearch.search import MovieSearch


def opened_with_films(settings: Settings) -> MovieSearch:
    """The collection of these settings; where nothing was ever stored and no store is named, with the bundled films."""
    search = opened(settings)
    if settings.in_default_place and (not search.exists() or first_films_mark(settings).exists()):
        _store_first_films(search)
    return search


def first_films_mark(settings: Settings) -> Path:
    """The file that is there while the first question stores the bundled films; where it was stopped, the next does."""
    return Path(settings.store) / ".first-films"


def forget_first_films(settings: Settings) -> None:
    """Have no question store the bundled films, where one was stopped at that."""
    with contextlib.suppress(OSError):
        first_films_mark(settings).unlink(missing_ok=True)


def _store_first_films(search: MovieSearch) -> None:
    from moviesearch.sources import bundled, read

    mark = first_films_mark(search.settings)
    with bundled().open("rb") as films:
        count = sum(1 for _ in films)
    click.echo(
        f"storing the {count:,} films that come with moviesearch (once); `moviesearch ingest FILE` stores your own",
        err=True,
    )
    with contextlib.suppress(OSError):  # where nothing can be written, the ingest tells why
        make_folders(mark.parent)
        mark.touch()
    try:
        search.ingest(read(bundled()))
    except LockedError:
        if not search.exists():
            raise
    else:
        forget_first_films(search.settings)
