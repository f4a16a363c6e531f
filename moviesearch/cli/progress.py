"""Progress on standard error: shown on a terminal, and nothing elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .streams import width_to_use

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar; gives a function to call with (done, total), or None where nothing is shown."""
    if not _on_terminal():
        yield None
        return
    with _bar() as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def ingest_bar() -> Iterator[Callable[[float, float | None], None]]:
    """A bar with films a second and the time left; gives a function to call with (done, expected).

    `expected` is None as long as nobody can say how many films there will be.
    """
    if not _on_terminal():
        yield lambda done, expected: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    with _bar(TextColumn("films"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn()) as bar:
        task = bar.add_task("films", total=None, rate="")

        def show(done: float, expected: float | None) -> None:
            speed = bar.tasks[task].speed
            bar.update(
                task,
                completed=int(done),
                total=None if expected is None else int(expected),
                rate=f"{speed:.0f}/s" if speed else "",
            )

        yield show


@contextmanager
def noted_bar(label: str, total: float | None, *, counted: bool = True) -> Iterator[Callable[[float, str], None]]:
    """A bar with a note; gives a function to call with (step, note), which moves the bar on by `step`.

    It shows how many of how many are done, and a percentage where they are not `counted`.
    """
    if not _on_terminal():
        yield lambda step, note: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn() if counted else TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with _bar(*columns) as bar:
        task = bar.add_task(label, total=total, note="")
        yield lambda step, note: bar.update(task, advance=step, note=note[:60])


@contextmanager
def busy(text: str) -> Iterator[None]:
    """A spinner with a text, for what takes long and can't be counted."""
    if not _on_terminal():
        yield
        return
    from rich.console import Console

    with Console(stderr=True, width=width_to_use(), highlight=False, emoji=False, markup=False).status(text):
        yield


def _on_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def _bar(*columns: ProgressColumn) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*columns, console=Console(stderr=True, width=width_to_use()), transient=True) as bar:
        yield bar
