"""What commands have in common: options that are said once, the collection they open, where they print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from moviesearch.config import DEFAULT_COLLECTION, DEFAULT_MODEL, DEFAULT_TIMEOUT, Settings
from moviesearch.request import MODES

if TYPE_CHECKING:
    from rich.console import Console

    from moviesearch.search import MovieSearch

F = TypeVar("F", bound=Callable[..., Any])


def token_option(name: str, *, hidden: bool = False) -> Callable[[F], F]:
    """A server's token, which is never an argument: others could read it there."""

    def checked(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
        if value is not None and not value.startswith("@"):
            raise click.UsageError(
                f"{name} takes @FILE, a file that holds the token: on the command line others could read it. "
                "Or set MOVIESEARCH_TOKEN"
            )
        return value

    help_text = "The file with a server's token; or set MOVIESEARCH_TOKEN to the token."
    return click.option(name, metavar="@FILE", callback=checked, hidden=hidden, help=help_text)


def timeout_option(*, hidden: bool = False) -> Callable[[F], F]:
    """How long to wait for a server."""
    return click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        envvar="MOVIESEARCH_TIMEOUT",
        hidden=hidden,
        help=f"How long a server may take to answer.  [default: {DEFAULT_TIMEOUT:g}]",
    )


def _settings_options(*, hidden: bool = False) -> list[Callable[[F], F]]:
    """--store with what a server needs, --collection and --model."""
    return [
        click.option(
            "--store",
            metavar="FOLDER|URL",
            envvar="MOVIESEARCH_STORE",
            hidden=hidden,
            help="Where the films are kept: a folder, http(s)://HOST:PORT, or chroma-cloud://TENANT/DATABASE.",
        ),
        token_option("--token", hidden=hidden),
        click.option(
            "--ca-file",
            metavar="FILE",
            envvar="MOVIESEARCH_CA_FILE",
            hidden=hidden,
            help="Certificates (PEM) to trust a server by.",
        ),
        timeout_option(hidden=hidden),
        click.option(
            "--collection",
            metavar="NAME",
            envvar="MOVIESEARCH_COLLECTION",
            hidden=hidden,
            help=f"Which collection there.  [default: {DEFAULT_COLLECTION}]",
        ),
        click.option(
            "--model",
            metavar="NAME|FOLDER",
            envvar="MOVIESEARCH_MODEL",
            hidden=hidden,
            help="A sentence-transformers model; matters at ingest, the collection remembers.  "
            f"[default: {DEFAULT_MODEL}]",
        ),
    ]


SETTINGS = ("store", "token", "ca_file", "timeout", "collection", "model")
"""The options that become `Settings`, by the names they have there."""


def store_options(command: F) -> F:
    """--store and what goes with it; the command gets them as `settings`."""

    @wraps(command)
    def with_settings(**options: Any) -> Any:
        context = click.get_current_context()
        given = {name: options.pop(name) for name in SETTINGS}
        for name, value in (context.obj or {}).items():  # said before the command
            if context.get_parameter_source(name) != ParameterSource.COMMANDLINE:
                given[name] = value
        settings = replace(Settings(), **{name: value for name, value in given.items() if value})
        return command(settings=settings, **options)

    wrapped: Any = with_settings
    for option in reversed(_settings_options()):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def early_store_options(group: F) -> F:
    """The same before the command's name (`moviesearch --store X find`), for the commands that have them."""

    @wraps(group)
    def with_early_options(**options: Any) -> Any:
        context = click.get_current_context()
        given = {name: options.pop(name) for name in SETTINGS}
        context.obj = {
            name: value
            for name, value in given.items()
            if context.get_parameter_source(name) == ParameterSource.COMMANDLINE
        }
        assert isinstance(context.command, click.Group)
        command = context.command.commands.get(context.invoked_subcommand or "")
        known = {parameter.name for parameter in command.params} if command else set(SETTINGS)
        if foreign := next((name for name in context.obj if name not in known), None):
            raise click.UsageError(
                f"--{foreign.replace('_', '-')} does not go with {context.invoked_subcommand}: "
                f"`moviesearch {context.invoked_subcommand} --help` shows what does"
            )
        return group(**options)

    wrapped: Any = with_early_options
    for option in reversed(_settings_options(hidden=True)):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def mode_option(command: F) -> F:
    """--mode."""
    help_text = "Meaning and words, meaning alone, or words alone.  [default: hybrid]"
    return click.option("--mode", type=click.Choice(MODES), help=help_text)(command)


def opened(settings: Settings) -> MovieSearch:
    """The collection; what takes a while is told on standard error."""
    from moviesearch.search import MovieSearch

    return MovieSearch(settings=settings, note=lambda line: click.echo(line, err=True))


def console(*, stderr: bool = False) -> Console:
    """Where tables go; the reader of a pipe may leave early."""
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:  # rich would exit with 1
            raise BrokenPipeError

    return Piped(stderr=stderr, highlight=False, emoji=False, markup=False)
