"""The command line: a group of commands that parse, call `MovieSearch` and show.

A command imports what is slow to import when it runs.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import click

from moviesearch import __version__
from moviesearch.errors import MovieSearchError, UsageError

from .options import early_store_options, expect_texts

COMMANDS = {
    "ingest": "ingest",
    "fetch": "fetch",
    "find": "find",
    "evaluate": "evaluate",
    "show": "find",
    "seen": "seen",
    "export": "maintain",
    "map": "map",
    "info": "maintain",
    "verify": "maintain",
    "repair": "maintain",
    "copy": "transfer",
    "backup": "transfer",
    "restore": "transfer",
    "serve": "serve",
    "mcp": "serve",
}
"""Command -> the file here that defines it, which is imported when the command is asked for."""

SHORT = {"find", "show"}
"""Commands that end within a second: in these nobody looks for garbage."""

FILES = {"sources", "files", "plot_files", "token", "from_token", "to_token", "ca_file"}
"""Options that name files of a person's own, which may have any name that the system allows."""


class _Commands(MutableMapping[str, click.Command]):
    """The commands by name, each imported when it is asked for: all of them take longer to import than one to run."""

    def __init__(self) -> None:
        self._imported: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._imported:
            found = vars(import_module(f".{COMMANDS[name]}", __package__)).values()
            command = next(value for value in found if isinstance(value, click.Command) and value.name == name)
            expect_texts(command, but=FILES)
            self._imported[name] = command
        return self._imported[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._imported[name] = command

    def __delitem__(self, name: str) -> None:
        del self._imported[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class FriendlyGroup(click.Group):
    """A group of commands whose errors become one message and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; 1 when it can't be done, 2 for wrong usage, 130 when stopped."""
        try:
            return super().invoke(ctx)
        except (MovieSearchError, OSError, MemoryError) as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"Error: {_printable(_message(error))}", err=True)
            ctx.exit(2 if isinstance(error, UsageError) else 1)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            ctx.exit(130)


def _message(error: BaseException) -> str:
    """What an error says, without the number that Python puts before the system's own words."""
    if isinstance(error, OSError) and type(error).__str__ is OSError.__str__ and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    if isinstance(error, MemoryError):
        return str(error) or "memory ran out"
    return str(error) or type(error).__name__


def _printable(text: str) -> str:
    """A message without what could steer a terminal, as a film's title may hold it.

    Bytes of a file's name that are no text stay: standard error shows them as they are escaped.
    """
    return "".join(
        letter for letter in text if letter.isprintable() or letter in "\n\t" or "\udc80" <= letter <= "\udcff"
    )


@click.group(cls=FriendlyGroup, commands=_Commands(), context_settings={"help_option_names": ["-h", "--help"]})
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
    # numpy's products here are small: its threads take longer to begin, and to wait for each other, than their work
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if click.get_current_context().invoked_subcommand not in SHORT:
        gc.enable()


expect_texts(main, but=FILES)
