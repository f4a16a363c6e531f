"""How far an ingest is and what became of its films: counted for whoever watches it, and for its report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from moviesearch.records import IngestReport, Rejected

from .steps import Progress, Step

_NEARLY = 0.95
"""What a film counts in the progress when it is embedded and not yet stored."""

_EACH = 64
"""Films read from one report of the progress to the next, while none is embedded."""


class Tally:
    """The counts of one ingest. What reports the progress may raise `Stopped`, and so may `read_one` and `tick`."""

    def __init__(self, progress: Progress | None, on_rejected: Callable[[Rejected], None] | None) -> None:
        self._progress, self._on_rejected = progress, on_rejected
        self._counts: Counter[str] = Counter()
        self._began = time.monotonic()
        self.read = 0
        self.done = 0.0
        self.being_stored = 0

    def count(self, **counts: int) -> None:
        """Add to the fields of the report."""
        self._counts.update(counts)

    def tick(self, embedding: float = 0.0) -> None:
        """Report the progress; `embedding` is what the films count that are being embedded."""
        if self._progress:
            self._progress(Step(self.read, self.done + self.being_stored * _NEARLY + embedding))

    def embedded(self, films: int, fraction: float) -> None:
        """Report that a fraction of so many films' texts is embedded."""
        self.tick(fraction * films * _NEARLY)

    def read_one(self) -> None:
        """A film was read, or a record that is none."""
        self.read += 1
        if self.read % _EACH == 0:
            self.tick()

    def unchanged(self, films: int = 1) -> None:
        """Films are here as they came."""
        self.done += films
        self.count(unchanged=films)

    def reject(self, record: Rejected) -> None:
        """A record can't be stored, or is a film that came before."""
        self.done += 1
        self.count(**{"duplicates" if record.duplicate else "rejected": 1})
        if self._on_rejected:
            self._on_rejected(record)

    @property
    def has_rejected(self) -> bool:
        """Whether any record can't be stored."""
        return self._counts["rejected"] > 0

    def report(self, embedded: int, *, stopped: bool = False) -> IngestReport:
        """The counts so far, with how many texts were embedded."""
        return IngestReport(embedded=embedded, seconds=time.monotonic() - self._began, stopped=stopped, **self._counts)
