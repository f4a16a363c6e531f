"""The command line: a group of commands that parse, call `MovieSearch` and show.

A command imports what is slow to import when it runs.
"""

from __future__ import annotations

from typing import Any

import click

from moviesearch import __version__
from moviesearch.errors import MovieSearchError, UsageError

from .evaluate import evaluate
from .fetch import fetch
from .find import find, show
from .ingest import ingest
from .maintain import export, info, repair, verify
from .map import film_map
from .options import early_store_options, expect_texts
from .serve import mcp, serve
from .transfer import backup, copy, restore

COMMANDS = (
    ingest,
    fetch,
    find,
    evaluate,
    show,
    export,
    film_map,
    info,
    verify,
    repair,
    copy,
    backup,
    restore,
    serve,
    mcp,
)


class FriendlyGroup(click.Group):
    """A group of commands whose errors become one message and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; 1 when it can't be done, 2 for wrong usage, 130 when stopped."""
        try:
            return super().invoke(ctx)
        except (MovieSearchError, OSError, MemoryError) as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"Error: {_message(error)}", err=True)
            ctx.exit(2 if isinstance(error, UsageError) else 1)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            ctx.exit(130)


def _message(error: BaseException) -> str:
    """What an error says, without the number that Python puts before the system's own words."""
    if isinstance(error, OSError) and type(error).__str__ is OSError.__str__ and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    return str(error) or type(error).__name__


FILES = {"sources", "plot_files", "token", "from_token", "to_token", "ca_file"}
"""Options that name files of a person's own, which may have any name that the system allows."""


@click.group(cls=FriendlyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="moviesearch")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@early_store_options
def main(debug: bool) -> None:
    """Find films by what happens in them.

    \b
    moviesearch ingest                               store the bundled films
    moviesearch find --plot "a man relives one day"  describe a film
    moviesearch find --title "The Departed"          films like one you know
    """


for command in COMMANDS:
    main.add_command(command)
expect_texts(main, but=FILES)
