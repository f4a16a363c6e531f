"""`moviesearch evaluate` on the screen: run judged queries, show the metrics, compare with a saved run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import SourceError
from .request import Intent, Mode, Request
from .retrieval import evaluation
from .sources import bundled

if TYPE_CHECKING:
    from rich.console import Console

    from .search import MovieSearch


def bundled_queries() -> Path:
    """The judged queries that come with the bundled films."""
    return bundled().with_name("queries.jsonl")


def run(
    search: MovieSearch,
    queries: Path,
    *,
    mode: Mode,
    exact: bool,
    intent: Intent | None,
    pool: Path | None,
    save: Path | None,
    against: Path | None,
    console: Console,
) -> None:
    """Evaluate and show; raises what reading the files and ranking raise."""
    judged = evaluation.read_queries(queries)
    other = evaluation.load(against) if against else None

    def rank(query: evaluation.Judged, depth: int) -> list[str]:
        plots = (query.query,) if query.query is not None else ()
        films = (query.film,) if query.film is not None else ()
        return search.rank(Request(plots, films, intent=intent, limit=depth, mode=mode, exact=exact))

    with _bar() as progress:
        done = evaluation.run(judged, rank, search.known, pool=_ids(pool) if pool else None, progress=progress)
    _show(evaluation.table(done), console)
    if save:
        info = search.info()
        evaluation.save(
            done,
            save,
            queries=queries.name,
            mode="exact" if exact else mode,
            model=info.manifest.model,
            films=info.films,
        )
    if other:
        console.print(f"\nagainst {against}:")
        _show(evaluation.table(evaluation.compare(done, other)), console)


def _ids(path: Path) -> list[str]:
    try:
        ids = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} can't be read as a JSON list of ids: {error}") from error
    if not isinstance(ids, list) or not ids:
        raise SourceError(f"{path} holds no JSON list of ids")
    return [str(film) for film in ids]


def _show(rows: list[tuple[str, ...]], console: Console) -> None:
    from rich.table import Table

    head, *body = rows
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(head):
        table.add_column(name, justify="left" if number == 0 else "right")
    for row in body:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("queries", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
