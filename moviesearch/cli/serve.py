"""`moviesearch serve` and `mcp`. What is slow to import is imported when they run."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from moviesearch.config import read_token
from moviesearch.errors import UsageError

from .options import opened, store_options
from .streams import output_is_closed

if TYPE_CHECKING:
    from moviesearch.config import Settings

PORT = 8765


@click.command()
@store_options
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0: any that is free.")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="Searches at once.  [default: the cores]")
@click.option("--waiting", type=click.IntRange(0, 10_000), default=64, show_default=True, help="Searches in waiting.")
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="NAME",
    multiple=True,
    envvar="MOVIESEARCH_ALLOW_HOST",
    help="A name that others ask it under, such as that of a proxy before it; * is any.",
)
@click.option("--cors", "origins", metavar="ORIGIN", multiple=True, help="Another site's pages that may use the API.")
@click.option("--rerank", metavar="MODEL", help="A CrossEncoder that requests may ask for.")
@click.option(
    "--marks/--no-marks",
    default=None,
    help="Let whoever may search see and mark what was seen.  [default: on this machine alone, or with a token]",
)
@click.option("--log-queries", is_flag=True, help="Write down what is searched for.")
def serve(settings: Settings, **options: Any) -> None:
    """Serve the web page and the HTTP API.

    With --token @FILE or MOVIESEARCH_TOKEN, programs must send the token as a bearer token, and the page asks for
    it. Without, it answers under its own names only: localhost, --host, and each --allow-host.
    """
    token = None if settings.token is None else read_token(settings.token)
    settings = replace(settings, token=token)  # @FILE may be a pipe, which is read once
    with opened(settings) as search:
        search.begin()
        from moviesearch.web.server import run  # takes as long as the model, which is loaded meanwhile

        run(search, **options)


@click.command()
@store_options
def mcp(settings: Settings) -> None:
    """Serve the search to an assistant: a Model Context Protocol server.

    It talks over standard input and output alone, never over a network, and is started by the assistant. Tools:
    find_films, similar_films, get_film, seen_films, mark_seen.
    """
    if sys.stdin is None or output_is_closed():
        raise UsageError("standard input or output is closed, and an assistant talks over both")
    try:
        from moviesearch.web.mcp import run
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise UsageError("this needs one more package: pip install 'moviesearch[mcp]'") from error
    run(settings, lambda line: click.echo(line, err=True))
