"""The options of a command that keep its answers to some films."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

from moviesearch.request import LONGEST_RUNTIME, Filters

from .options import Year

F = TypeVar("F", bound=Callable[..., Any])

_Minutes = click.IntRange(0, LONGEST_RUNTIME)

_OPTIONS = {
    "year_from": click.option("--year-from", type=Year(), metavar="YEAR", help="Not older than this."),
    "year_to": click.option("--year-to", type=Year(), metavar="YEAR", help="Not younger than this."),
    "genres": click.option(
        "--genre", "genres", multiple=True, metavar="GENRE", help="Only of this genre; repeat for several at once."
    ),
    "not_genres": click.option(
        "--not-genre", "not_genres", multiple=True, metavar="GENRE", help="Not of this genre; may be repeated."
    ),
    "directors": click.option(
        "--director", "directors", multiple=True, metavar="NAME", help="Only by this director, or one of this surname."
    ),
    "cast": click.option("--cast", multiple=True, metavar="NAME", help="Only with this actor; repeat for several."),
    "countries": click.option("--country", "countries", multiple=True, metavar="NAME", help="Only of this country."),
    "languages": click.option("--language", "languages", multiple=True, metavar="NAME", help="Only in this language."),
    "runtime_from": click.option("--runtime-from", type=_Minutes, metavar="MINUTES", help="Not shorter than this."),
    "runtime_to": click.option("--runtime-to", type=_Minutes, metavar="MINUTES", help="Not longer than this."),
}
"""By the fields of `Filters`."""


def filter_options(command: F) -> F:
    """The options that become `Filters`. The command gets all of them as `filters`."""

    @wraps(command)
    def with_filters(**options: Any) -> Any:
        return command(filters=Filters(**{name: options.pop(name) for name in _OPTIONS}), **options)

    for option in reversed(_OPTIONS.values()):
        option(with_filters)
    return cast(F, with_filters)
