"""`moviesearch evaluate`: run judged queries, show the metrics, compare with a saved run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.config import BUNDLED_QUERIES, Settings
from moviesearch.errors import SourceError
from moviesearch.request import INTENTS, Intent, Mode, Request

from .options import console, mode_option, opened, store_options
from .progress import progress_bar

if TYPE_CHECKING:
    from rich.console import Console

    from moviesearch.retrieval.evaluation import Comparison, Judged, Run


@click.command()
@click.argument("queries", type=click.Path(path_type=Path), metavar="[QUERIES.jsonl]", required=False)
@mode_option
@click.option("--exact", is_flag=True, help="The original's way: whole-film vectors, one by one.")
@click.option("--intent", type=click.Choice(INTENTS), help="As in find.")
@click.option("--pool", type=click.Path(path_type=Path), metavar="FILE", help="Rank only the ids in this JSON list.")
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Write metrics and rankings here (JSON).")
@click.option(
    "--against", type=click.Path(path_type=Path), metavar="FILE", help="Compare with a saved run, query by query."
)
@store_options
def evaluate(
    settings: Settings,
    queries: Path | None,
    mode: Mode | None,
    exact: bool,
    intent: Intent | None,
    pool: Path | None,
    save: Path | None,
    against: Path | None,
) -> None:
    """Measure the ranking on judged queries; none: those that come with the bundled films.

    Each line is {"query": "...", "relevant": [ids]}, or {"id": "...", "relevant": {id: gain}} for
    films like one. Metrics come with bootstrap 95 % confidence intervals.
    """
    from moviesearch.retrieval import evaluation

    queries = queries or BUNDLED_QUERIES
    judged = evaluation.read_queries(queries)
    saved_run = evaluation.load(against) if against else None
    output = console()

    def request(query: Judged, depth: int) -> Request:
        return Request(
            plots=(query.query,) if query.query is not None else (),
            films=(query.film,) if query.film is not None else (),
            limit=depth,
            mode=mode,
            intent=intent,
            exact=exact,
        )

    with opened(settings) as search:
        with progress_bar("queries") as progress:
            measured = evaluation.run(
                judged,
                lambda query, depth: search.rank(request(query, depth)),
                search.known,
                pool=_read_ids(pool) if pool else None,
                progress=progress,
            )
        _print_table(table(measured), output)
        if measured.styles:
            output.print()
            _print_table(style_table(measured), output)
        if save:
            info = search.info()
            mode_name = "exact" if exact else request(judged[0], 1).way
            evaluation.save(
                measured, save, queries=queries.name, mode=mode_name, model=info.manifest.model, films=info.films
            )
        if saved_run:
            output.print(f"\nagainst {against}:")
            _print_table(table(evaluation.compare(measured, saved_run)), output)


def _read_ids(path: Path) -> list[str]:
    try:
        ids = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} can't be read as a JSON list of ids: {error}") from error
    if not isinstance(ids, list) or not ids:
        raise SourceError(f"{path} holds no JSON list of ids")
    return [str(film_id) for film_id in ids]


def _print_table(rows: list[tuple[str, ...]], console: Console) -> None:
    from rich.table import Table

    heading, *body = rows
    table = Table(box=None, pad_edge=False)
    for column, name in enumerate(heading):
        table.add_column(name, justify="left" if column == 0 else "right")
    for row in body:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)


def table(result: Run | Comparison) -> list[tuple[str, ...]]:
    """A run or a comparison as rows of cells, all rows of one length, the heading first."""
    from moviesearch.retrieval.evaluation import Run

    if isinstance(result, Run):
        rows = [
            (name, f"{estimate.mean:.3f}", f"{estimate.low:.3f}", f"{estimate.high:.3f}")
            for name, estimate in result.metrics.items()
        ]
        speed = [(f"latency {name}, ms", f"{ms:.1f}", "", "") for name, ms in result.latency_ms.items()]
        return [("metric", "mean", "95 % low", "95 % high"), *rows, *speed]
    heading = ("metric", "mine", "other", "difference", "95 % low", "95 % high", "p", "wins", "ties", "losses")
    lines: list[tuple[str, ...]] = [heading]
    for name, metric in result.items():
        change, counts = metric.difference, map(str, (metric.wins, metric.ties, metric.losses))
        signed = (f"{value:+.3f}" for value in (change.mean, change.low, change.high))
        lines.append((name, f"{metric.mine:.3f}", f"{metric.other:.3f}", *signed, f"{metric.p:.4f}", *counts))
    return lines


def style_table(run: Run) -> list[tuple[str, ...]]:
    """All queries and those of each style as rows of cells, the heading first: how many, and the metrics' means."""
    shown = ("success@1", "success@10", "MRR@10")
    groups = [("total", len(run.queries), run.metrics)]
    groups += [(style, of_style.queries, of_style.metrics) for style, of_style in run.styles.items()]
    rows = [(name, str(count), *(f"{metrics[metric].mean:.3f}" for metric in shown)) for name, count, metrics in groups]
    return [("style", "queries", *shown), *rows]
