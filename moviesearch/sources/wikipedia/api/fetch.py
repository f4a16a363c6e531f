"""A list of films -> their pages, one after the other, or JSON lines. What was stopped anywhere goes on from there."""

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
from .film_lists import ListedFilm
from .page_finder import FilmPage, Miss, find
from .polite import NoAnswerError, WikiStoppedError

_UNANSWERED_IN_A_ROW = 3


@dataclass(slots=True)
class FetchReport:
    """How a fetch ended. `asked` is the number of requests of this run alone."""

    films: int = 0
    misses: list[Miss] = field(default_factory=list)
    asked: int = 0

    @property
    def unanswered(self) -> int:
        """The number of films that got no answer from the wiki; the same command tries them again."""
        return sum(miss.unanswered for miss in self.misses)


def fetch(
    films: Sequence[ListedFilm],
    client: WikiClient,
    output: Path,
    *,
    site: str = "enwiki",
    connections: int = 1,
    seed_json: Path | None = None,
    on_film: Callable[[FilmPage | Miss], None] | None = None,
) -> FetchReport:
    """Write the films of a list, in its order, to `output`, which appears whole or not at all.

    `on_film` is called with each result. Raises WikiStoppedError when several films in a row got no answer from the
    wiki: the answers so far stay stored, and the same call goes on from there. Raises StoreError.
    """
    report = FetchReport()
    with written(output) as file, _opened_seed(seed_json) as seed:
        for result in fetched(films, client, report, connections=connections):
            if isinstance(result, FilmPage):
                record = result.record(site)
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                seed.add({"title": record["title"], "plot": result.plot})
            if on_film:
                on_film(result)
    return report


def fetched(
    films: Sequence[ListedFilm], client: WikiClient, report: FetchReport, *, connections: int = 1
) -> Iterator[FilmPage | Miss]:
    """Yield the page of each film of a list, or the miss, in the list's order; all are counted in `report`.

    Raises WikiStoppedError when several films in a row got no answer from the wiki.
    """
    seen: dict[int, ListedFilm] = {}
    in_a_row = 0
    with _results(films, client, connections) as results:
        for result in results:
            if isinstance(result, FilmPage):
                first = seen.setdefault(result.page.page_id, result.wanted)
                if first is not result.wanted:
                    result = Miss(result.wanted, f"its page {result.page.title!r} is already there for {first}")
            if isinstance(result, FilmPage):
                report.films += 1
            else:
                report.misses.append(result)
            report.asked = client.transport.requests
            in_a_row = in_a_row + 1 if isinstance(result, Miss) and result.unanswered else 0
            if in_a_row == _UNANSWERED_IN_A_ROW and report.films + len(report.misses) < len(films):
                raise WikiStoppedError(f"the wiki gives no answers: {report.misses[-1].reason}")
            yield result


class _Seed:
    """A JSON list of titles and plots, such as the tutorial's movieDataPlot.json; without a file, nothing."""

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
def _opened_seed(path: Path | None) -> Iterator[_Seed]:
    if path is None:
        yield _Seed(None)
        return
    with written(path) as file:
        seed = _Seed(file)
        yield seed
        seed.end()


@contextmanager
def _results(films: Sequence[ListedFilm], client: WikiClient, connections: int) -> Iterator[Iterator[FilmPage | Miss]]:
    """Give the result of each film, in the list's order, whatever the number of connections."""

    def find_or_miss(film: ListedFilm) -> FilmPage | Miss:
        try:
            return find(film, client, client.words)
        except NoAnswerError as error:
            return Miss(film, str(error), unanswered=True)

    if connections == 1:
        yield map(find_or_miss, films)
        return
    pool = ThreadPoolExecutor(connections)
    try:
        yield (future.result() for future in [pool.submit(find_or_miss, film) for film in films])
    finally:
        client.transport.stop()
        pool.shutdown(cancel_futures=True)
