"""A list of films -> JSON lines, one film after the other, to be stopped and taken up again anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from moviesearch.sources.wikipedia.output import written

from .client import WikiClient
from .film_lists import Wanted
from .page_finder import Film, Miss, find
from .polite import NoAnswerError, WikiStoppedError

_UNANSWERED_IN_A_ROW = 3


@dataclass(slots=True)
class FetchReport:
    """How a fetch ended. `asked` counts the requests of this run alone."""

    films: int = 0
    misses: list[Miss] = field(default_factory=list)
    asked: int = 0

    @property
    def unanswered(self) -> int:
        """The films to which the wiki gave no answer: the same command asks for them again."""
        return sum(miss.unanswered for miss in self.misses)


def fetch(
    wanted: Sequence[Wanted],
    client: WikiClient,
    output: Path,
    *,
    site: str = "enwiki",
    connections: int = 1,
    seed_json: Path | None = None,
    on_film: Callable[[Film | Miss], None] | None = None,
) -> FetchReport:
    """Write the films of a list, in its order, to `output`; it appears there whole, or not at all.

    Raises WikiStoppedError when the wiki has left several films in a row without an answer: what has been answered
    is kept, and the same call goes on from there.
    """
    report = FetchReport()
    seen: dict[int, Wanted] = {}
    in_a_row = 0
    with written(output) as lines, _seed(seed_json) as seed, _all(wanted, client, connections) as results:
        for result in results:
            if isinstance(result, Film):
                first = seen.setdefault(result.page.page_id, result.wanted)
                if first is not result.wanted:
                    result = Miss(result.wanted, f"its page {result.page.title!r} is already there for {first}")
            if isinstance(result, Film):
                record = result.record(site)
                lines.write(json.dumps(record, ensure_ascii=False) + "\n")
                seed.add({"title": record["title"], "plot": result.plot})
                report.films += 1
            else:
                report.misses.append(result)
            in_a_row = in_a_row + 1 if isinstance(result, Miss) and result.unanswered else 0
            if in_a_row == _UNANSWERED_IN_A_ROW and report.films + len(report.misses) < len(wanted):
                raise WikiStoppedError(f"the wiki gives no answers: {report.misses[-1].reason}")
            if on_film:
                on_film(result)
        report.asked = client.transport.asked
    return report


def write_misses(path: Path, misses: Sequence[Miss]) -> None:
    """Write the misses as JSON lines: title, year, where the list has it, and the reason."""
    with written(path) as lines:
        for miss in misses:
            entry = {"title": miss.wanted.title, "year": miss.wanted.year, "place": miss.wanted.place}
            lines.write(json.dumps({**entry, "reason": miss.reason}, ensure_ascii=False) + "\n")


class _Seed:
    """The tutorial's own file: one JSON list of titles and plots."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file
        self._count = 0

    def add(self, entry: dict[str, object]) -> None:
        if self._file:
            self._file.write((",\n " if self._count else "[") + json.dumps(entry, ensure_ascii=False))
            self._count += 1

    def end(self) -> None:
        if self._file:
            self._file.write("]\n" if self._count else "[]\n")


@contextmanager
def _seed(path: Path | None) -> Iterator[_Seed]:
    if path is None:
        yield _Seed(None)
        return
    with written(path) as file:
        seed = _Seed(file)
        yield seed
        seed.end()


@contextmanager
def _all(wanted: Sequence[Wanted], client: WikiClient, connections: int) -> Iterator[Iterator[Film | Miss]]:
    """Look for all films, over several connections at once where asked; results come in the list's order."""

    def one(film: Wanted) -> Film | Miss:
        try:
            return find(film, client)
        except NoAnswerError as error:
            return Miss(film, str(error), unanswered=True)

    if connections == 1:
        yield map(one, wanted)
        return
    pool = ThreadPoolExecutor(connections)
    try:
        yield (future.result() for future in [pool.submit(one, film) for film in wanted])
    finally:
        client.transport.stop()
        pool.shutdown(cancel_futures=True)
