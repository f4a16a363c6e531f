"""Looks for the first film of an ingest, so that a source without any makes no collection."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from moviesearch.records import IngestReport, Movie, Rejected

from .steps import Item, Progress, Step, Stopped
from .unfit import unfit

_AT_A_TIME = 64
"""Records after which the progress is told."""


def from_first_film(
    movies: Iterable[Item], progress: Progress | None, on_rejected: Callable[[Rejected], None] | None
) -> Iterator[Item] | IngestReport:
    """All that comes, once there is a film in it that can be stored; else the report of an ingest that stored none.

    Where nothing comes at all, as from a program that wants an empty collection, that is what is given.
    """
    began, coming = time.monotonic(), iter(movies)
    before: list[Item] = []
    stopped = False
    try:
        for item in coming:
            before.append(item)
            if isinstance(item, Movie) and not unfit(item):
                return chain(before, coming)
            if progress and len(before) % _AT_A_TIME == 0:
                progress(Step(len(before), float(len(before))))
    except Stopped:
        stopped = True
    if not before and not stopped:
        return iter(())
    counts: Counter[str] = Counter()
    for item in before:
        refused = unfit(item) if isinstance(item, Movie) else None
        record = Rejected(item.id, *refused) if isinstance(item, Movie) and refused else item
        if isinstance(record, Rejected):
            counts["duplicates" if record.duplicate else "rejected"] += 1
            if on_rejected:
                on_rejected(record)
    return IngestReport(**counts, seconds=time.monotonic() - began, stopped=stopped)
