"""A bar with the time left, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def bar(label: str, total: float | None, *, counted: bool = True) -> Iterator[Callable[[float, str], None]]:
    """Show a bar on stderr; the function it gives moves it on and, where the second argument says one, shows a note.

    Where stderr is no terminal nothing is shown.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step, note: None
        return
    count = (MofNCompleteColumn(),) if counted else (TextColumn("{task.percentage:>3.0f}%"),)
    columns = (TextColumn("{task.description}"), BarColumn(), *count, TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=console, transient=True) as progress:
        task = progress.add_task(label, total=total, note="")

        def move(step: float, note: str) -> None:
            progress.update(task, advance=step, note=note[:60])

        yield move
