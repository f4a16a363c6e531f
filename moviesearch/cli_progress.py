"""A progress bar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .collection.transfer import Told


@contextmanager
def progress_bar() -> Iterator[Told | None]:
    """A bar on a terminal, and nothing elsewhere."""
    import sys

    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("films", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
