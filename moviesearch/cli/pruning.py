"""Whether films that their sources no longer have go: not where a disk may be missing, unless a person says so."""

from __future__ import annotations

import os
import sys

import click

from moviesearch.records import IngestReport, is_in

from .output import count_of
from .reading import Complaints, Reading

_MANY = 10
"""From so many films on, more than half of those of the folders are too many to go without a question."""


class Pruning:
    """The answer to one ingest, and what it tells of films that are gone. `wanted` says whether any are to go."""

    def __init__(self, wanted: bool, yes: bool, reading: Reading, complaints: Complaints) -> None:
        self.wanted, self._yes, self._reading, self._complaints = wanted, yes, reading, complaints
        self._of = 0
        self._gone = 0

    @property
    def asks(self) -> bool:
        """Whether films were kept because a person is to say first that they go."""
        return bool(self._gone)

    def allows(self, count: int) -> bool:
        """Whether so many films go; it is said if they do."""
        if self._complaints.failures:
            return False
        if not self._yes and self._is_doubtful(count):
            self._gone = count
            return False
        click.echo(f"removing {count_of(count, 'film')} that the sources no longer have", err=True)
        return True

    def _is_doubtful(self, count: int) -> bool:
        """Whether a folder that had films has none now, or most of the films of all folders are gone."""
        known, folders = self._reading.known, self._reading.folders
        roots = self._reading.roots or [folder.path for folder in folders]
        films = {file.film for path, file in known.items() if any(is_in(path, root) for root in roots)}
        self._of = len(films - {""})
        emptied = self._reading.roots is None and any(
            not folder.files and any(is_in(path, folder.path) for path in known) for folder in folders
        )
        return emptied or (count >= _MANY and count * 2 > self._of > 0)

    def tell(self, report: IngestReport) -> None:
        """Say which films stay although they are gone from their folders."""
        if self._gone:
            of = f"{self._gone:,} of the {count_of(self._of, 'film')} that came from there are gone"
            why = "so none was removed: is a disk not there? If they are to go, give --yes too"
            click.echo(f"{of}, {why}", err=True)
        elif report.gone and not self.wanted:
            are = "is no longer in its folder" if report.gone == 1 else "are no longer in their folders"
            click.echo(f"{count_of(report.gone, 'film')} {are}; --prune removes what is gone", err=True)

    def agreed(self) -> bool:
        """Ask the person at the terminal whether the films go after all; False where there is none."""
        if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
            return False
        return click.confirm("Remove them?", default=False, err=True)
