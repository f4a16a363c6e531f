"""What commands share: the options of a store and a server, the collection they open, the console they print to."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from moviesearch.config import DEFAULT_COLLECTION, DEFAULT_MODEL, DEFAULT_TIMEOUT, LONGEST_TIMEOUT, Settings
from moviesearch.errors import not_text
from moviesearch.request import LAST_YEAR, MODES

from .streams import width_to_use

if TYPE_CHECKING:
    from rich.console import Console

    from moviesearch.search import MovieSearch

F = TypeVar("F", bound=Callable[..., Any])


def token_option(name: str, *, hidden: bool = False) -> Callable[[F], F]:
    """An option for a server's token: it takes @FILE, because other users can read a command line."""

    def checked(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
        if value is not None and not value.startswith("@"):
            raise click.UsageError(
                f"{name} takes @FILE, a file that holds the token: on the command line others could read it. "
                "Or set MOVIESEARCH_TOKEN"
            )
        return value

    help_text = "The file with a server's token; or set MOVIESEARCH_TOKEN to the token."
    return click.option(name, metavar="@FILE", callback=checked, hidden=hidden, help=help_text)


class _Text(click.types.StringParamType):
    """A text as people write it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The text, as UTF-8 whatever the locale says. Fails for bytes that are none."""
        text = super().convert(value, param, ctx)
        if fault := not_text(text):
            try:
                text = os.fsencode(text).decode("utf-8")
            except UnicodeError:
                self.fail(fault, param, ctx)
        return text


def expect_texts(command: click.Command, but: Collection[str] = ()) -> None:
    """Have a command refuse words that are no texts, `but` for the options of these names."""
    for parameter in command.params:
        if parameter.type is click.STRING and parameter.name not in but:
            parameter.type = _Text()
    for subcommand in command.commands.values() if isinstance(command, click.Group) and command.name != "main" else ():
        expect_texts(subcommand, but)


def as_text(word: str) -> str:
    """A word of the command line as a text. Raises click's BadParameter where it is none."""
    return str(_Text().convert(word, None, None))


def as_option(command: F) -> F:
    """--as: the name of the person whose films seen are meant."""
    help_text = "Whose films seen: a name, where several people share the collection."
    return click.option("--as", "person", metavar="NAME", default="", envvar="MOVIESEARCH_AS", help=help_text)(command)


class Year(click.types.IntParamType):
    """A year, of four digits at most."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The year as a number."""
        year = super().convert(value, param, ctx)
        return year if -LAST_YEAR <= year <= LAST_YEAR else self.fail(f"{value:.40} is no year", param, ctx)


class Seconds(click.FloatRange):
    """A time to wait that systems can wait for."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The seconds as a number."""
        seconds = super().convert(value, param, ctx)
        if not seconds <= LONGEST_TIMEOUT:  # nor is NaN
            self.fail(f"{value:.40} is too long to wait: at most {LONGEST_TIMEOUT:,} seconds", param, ctx)
        return seconds


def timeout_option(*, hidden: bool = False) -> Callable[[F], F]:
    """--timeout: how many seconds to wait for a server."""
    return click.option(
        "--timeout",
        type=Seconds(0, min_open=True),
        metavar="SECONDS",
        hidden=hidden,
        help=f"How long a server may take to answer.  [default: {DEFAULT_TIMEOUT:g}]",
    )


SETTINGS = ("store", "token", "ca_file", "timeout", "collection", "model")
"""The options that become `Settings`, by the names they have there."""


def store_options(command: F) -> F:
    """--store and the options that go with it. The command gets all of them as `settings`."""

    @wraps(command)
    def with_settings(**options: Any) -> Any:
        context = click.get_current_context()
        values = {name: options.pop(name) for name in SETTINGS}
        for name, value in (context.obj or {}).items():  # said before the command
            if context.get_parameter_source(name) != ParameterSource.COMMANDLINE:
                values[name] = value
        settings = replace(Settings(), **{name: value for name, value in values.items() if value})
        return command(settings=settings, **options)

    return cast(F, _add_settings_options(with_settings))


def early_store_options(group: F) -> F:
    """The same before the command's name (`moviesearch --store X find`), for the commands that have them."""

    @wraps(group)
    def with_early_options(**options: Any) -> Any:
        context = click.get_current_context()
        values = {name: options.pop(name) for name in SETTINGS}
        context.obj = {
            name: value
            for name, value in values.items()
            if context.get_parameter_source(name) == ParameterSource.COMMANDLINE
        }
        assert isinstance(context.command, click.Group)
        command = context.command.commands.get(context.invoked_subcommand or "")
        commands = [command, *command.commands.values()] if isinstance(command, click.Group) else [command]
        accepted = {parameter.name for known in commands if known for parameter in known.params} or set(SETTINGS)
        if foreign := next((name for name in context.obj if name not in accepted), None):
            raise click.UsageError(
                f"--{foreign.replace('_', '-')} does not go with {context.invoked_subcommand}: "
                f"`moviesearch {context.invoked_subcommand} --help` shows what does"
            )
        return group(**options)

    return cast(F, _add_settings_options(with_early_options, hidden=True))


def _add_settings_options(command: Callable[..., Any], *, hidden: bool = False) -> Callable[..., Any]:
    for option in reversed(_settings_options(hidden=hidden)):
        command = option(command)
    return command


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


def mode_option(command: F) -> F:
    """--mode: hybrid, dense or lexical."""
    help_text = "Meaning and words, meaning alone, or words alone.  [default: hybrid]"
    return click.option("--mode", type=click.Choice(MODES), help=help_text)(command)


def opened(settings: Settings) -> MovieSearch:
    """The collection of these settings. Notes on what takes a while go to standard error."""
    from moviesearch.search import MovieSearch

    return MovieSearch(settings=settings, note=lambda line: click.echo(line, err=True))


def console() -> Console:
    """Standard output for tables."""
    from rich.console import Console

    width = width_to_use()
    height = 25 if width else None  # without one, a terminal that says it is dumb would have 80 columns in any case
    return Console(width=width, height=height, highlight=False, emoji=False, markup=False)
