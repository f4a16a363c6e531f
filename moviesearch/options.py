"""What commands have in common: options that are said once, the collection they open, where they print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .config import DEFAULT_COLLECTION, DEFAULT_MODEL, DEFAULT_TIMEOUT, Settings

if TYPE_CHECKING:
    from rich.console import Console

    from .search import MovieSearch

F = TypeVar("F", bound=Callable[..., Any])


def token_option(name: str) -> Callable[[F], F]:
    """A server's token, which is never an argument: others could read it there."""

    def checked(ctx: click.Context, option: click.Parameter, told: str | None) -> str | None:
        if told is not None and not told.startswith("@"):
            raise click.UsageError(
                f"{name} takes @FILE, a file that holds the token: on the command line others could read it. "
                "Or set MOVIESEARCH_TOKEN"
            )
        return told

    help_text = "The file with a server's token; or set MOVIESEARCH_TOKEN to the token."
    return click.option(name, metavar="@FILE", callback=checked, help=help_text)


timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    envvar="MOVIESEARCH_TIMEOUT",
    help=f"How long a server may take to answer.  [default: {DEFAULT_TIMEOUT:g}]",
)


def store_options(command: F) -> F:
    """--store with what a server needs, --collection and --model, said once."""

    @click.option(
        "--store",
        metavar="FOLDER|URL",
        envvar="MOVIESEARCH_STORE",
        help="Where the films are kept: a folder, http(s)://HOST:PORT, or chroma-cloud://TENANT/DATABASE.",
    )
    @token_option("--token")
    @click.option(
        "--ca-file", metavar="FILE", envvar="MOVIESEARCH_CA_FILE", help="Certificates (PEM) to trust a server by."
    )
    @timeout_option
    @click.option(
        "--collection",
        metavar="NAME",
        envvar="MOVIESEARCH_COLLECTION",
        help=f"Which collection there.  [default: {DEFAULT_COLLECTION}]",
    )
    @click.option(
        "--model",
        metavar="NAME|FOLDER",
        envvar="MOVIESEARCH_MODEL",
        help=f"A sentence-transformers model; matters at ingest, the collection remembers.  [default: {DEFAULT_MODEL}]",
    )
    @wraps(command)
    def wrapped(
        store: str | None,
        token: str | None,
        ca_file: str | None,
        timeout: float | None,
        collection: str | None,
        model: str | None,
        **rest: Any,
    ) -> Any:
        base = Settings()
        settings = replace(
            base,
            store=store or base.store,
            token=token or base.token,
            ca_file=ca_file or base.ca_file,
            timeout=timeout or base.timeout,
            collection=collection or base.collection,
            model=model or base.model,
        )
        return command(settings=settings, **rest)

    return wrapped  # type: ignore[return-value]


def mode_option(command: F) -> F:
    """--mode, said once."""
    choices = click.Choice(["hybrid", "dense", "lexical"])
    help_text = "Meaning and words, meaning alone, or words alone.  [default: hybrid]"
    return click.option("--mode", type=choices, help=help_text)(command)


def opened(settings: Settings) -> MovieSearch:
    """The collection; what takes a while is told on standard error."""
    from .search import MovieSearch

    return MovieSearch(settings=settings, note=lambda line: click.echo(line, err=True))


def console(*, stderr: bool = False) -> Console:
    """Where tables go; the reader of a pipe may leave early."""
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:  # rich would exit with 1
            raise BrokenPipeError

    return Piped(stderr=stderr, highlight=False, emoji=False, markup=False)
