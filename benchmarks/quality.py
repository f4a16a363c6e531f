"""How well films are found: the original's way, txtai, dense passages, BM25, reciprocal rank fusion and ours.

    moviesearch ingest --store STORE films.jsonl
    python benchmarks/quality.py STORE vague_dev.jsonl reddit_dev.jsonl > table.md
    python benchmarks/quality.py STORE themes_dev.jsonl --pool themes_pool.json

Each set of judged queries (as `moviesearch evaluate` reads them) gets a table of metrics with 95 % bootstrap
intervals, a paired comparison of ours with each other way, and, where the films that answer are of several kinds
(ids of one letter and a number, c1 and t1: the letter is the kind), the same by kind: a method that prefers one
kind of record would show there. txtai's hybrid search has the original's vectors, one a film, and its own BM25; it is
left out where it isn't installed. What is written is Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from measuring import commit

from moviesearch import MovieSearch
from moviesearch.config import BUNDLED_QUERIES
from moviesearch.embedding.load import load
from moviesearch.embedding.vectors import Vectors
from moviesearch.errors import MovieSearchError
from moviesearch.request import Mode, Request
from moviesearch.retrieval import evaluation
from moviesearch.retrieval.evaluation import METRICS, Judged, Run
from moviesearch.retrieval.exact import exact_nearest

ORIGINAL, TXTAI, DENSE, BM25 = "original's way", "txtai, hybrid", "dense passages", "BM25"
RRF, OURS = "RRF, k = 60", "**ours**"
MODES: tuple[tuple[str, Mode], ...] = ((DENSE, "dense"), (BM25, "lexical"), (OURS, "hybrid"))
RRF_K = 60
DEPTH = 100
FEWEST = 10
"""Parts of fewer queries are left out: their intervals say nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a set: its queries, by number."""

    name: str
    queries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A way of ranking and what it answered."""

    way: str
    run: Run

    def of(self, part: Part) -> Row:
        """The same way, judged on a part of the queries; without its times."""
        queries = tuple(self.run.queries[at] for at in part.queries)
        return Row(self.way, Run(queries, tuple(self.run.ranked[at] for at in part.queries), {}))


class Original:
    """The original's way: one vector a film, all in memory, each compared with the query's."""

    def __init__(self, search: MovieSearch) -> None:
        info = search.info()
        self._encoder = load(info.manifest.location, search.settings.cache)
        with tempfile.TemporaryDirectory() as folder:
            search.export(Path(folder))
            self._rows = np.load(Path(folder) / "embeddings.npy")
            movies = json.loads((Path(folder) / "movies.json").read_bytes())
        self._texts = [f"{movie['title']} - {movie['plot']}" for movie in movies]
        self._ids = [movie["id"] for movie in movies]
        self._at = {film: at for at, film in enumerate(self._ids)}

    def rank(self, judged: Judged, depth: int) -> list[str]:
        """The films nearest to the words, or to the film's own vector."""
        query = self._encoder.encode([judged.query])[0] if judged.query else self._rows[self._at[judged.film or ""]]
        return [film for film, _ in exact_nearest(query, [(self._ids, self._rows)], depth)]

    def txtai(self) -> evaluation.Rank | None:
        """txtai's hybrid search over the same vectors and the same texts, or None where it isn't installed."""
        try:
            from txtai import Embeddings
        except ImportError:
            return None
        vectors = dict(zip(self._texts, self._rows, strict=True))

        def transform(texts: Sequence[str]) -> Vectors:
            return np.stack([vectors[text] if text in vectors else self._encoder.encode([text])[0] for text in texts])

        rival = Embeddings(method="external", transform=transform, hybrid=True, content=False)
        rival.index((film, text, None) for film, text in zip(self._ids, self._texts, strict=True))
        return lambda judged, depth: [
            film for film, _ in rival.search(judged.query or self._texts[self._at[judged.film or ""]], depth)
        ]


def ways(
    search: MovieSearch, original: Original, queries: Sequence[Judged], pool: Collection[str] | None, name: str
) -> Iterator[Row]:
    """Ask all queries in each way."""

    def asked(way: str, rank: evaluation.Rank) -> Row:
        run = evaluation.run(queries, rank, search.known, depth=DEPTH, pool=pool)
        print(f"{name}, {way}: success@10 {run.metrics['success@10'].mean:.3f}", file=sys.stderr, flush=True)
        return Row(way, run)

    def rank_by(mode: Mode) -> evaluation.Rank:
        return lambda judged, depth: search.rank(
            Request(
                plots=(judged.query,) if judged.query else (),
                films=(judged.film,) if judged.film else (),
                mode=mode,
                limit=depth,
            )
        )

    yield asked(ORIGINAL, original.rank)
    if (rival := original.txtai()) is not None:
        yield asked(TXTAI, rival)
    dense, lexical, ours = (asked(way, rank_by(mode)) for way, mode in MODES)
    yield from (dense, lexical, Row(RRF, fused(dense.run, lexical.run)), ours)


def fused(one: Run, other: Run) -> Run:
    """Two runs as one, by reciprocal rank (Cormack et al. 2009); asking both takes the sum of their times."""
    ranked = tuple(reciprocal_rank_fusion(pair) for pair in zip(one.ranked, other.ranked, strict=True))
    return Run(one.queries, ranked, {name: ms + other.latency_ms[name] for name, ms in one.latency_ms.items()})


def reciprocal_rank_fusion(rankings: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The best films by the sum of 1 / (k + rank) over the rankings; ties by id."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, film in enumerate(ranking, 1):
            scores[film] = scores.get(film, 0.0) + 1 / (RRF_K + rank)
    return tuple(sorted(scores, key=lambda film: (-scores[film], film))[:DEPTH])


def parts(queries: Sequence[Judged], asked_in_training: Collection[str]) -> list[Part]:
    """The queries by the kind of film that answers, and by whether training asked for that film."""
    named: dict[str, list[int]] = {}
    for at, judged in enumerate(queries):
        if kind := kind_of(judged):
            named.setdefault(f"answers {kind}…", []).append(at)
    kinds = sorted(named) if len(named) > 1 else []
    found = [Part(kind, tuple(named[kind])) for kind in kinds]
    described = [at for at, judged in enumerate(queries) if judged.query]
    known = tuple(at for at in described if not queries[at].relevant.keys().isdisjoint(asked_in_training))
    if known:
        found.append(Part("films that the training posts ask for", known))
        found.append(Part("films new to training", tuple(at for at in described if at not in known)))
    return found


def kind_of(judged: Judged) -> str:
    """The letter that all ids judged relevant begin with, where they are one letter and a number; else ''."""
    letters = {match[1] if (match := re.fullmatch(r"([a-z])\d+", film)) else "" for film in judged.relevant}
    return letters.pop() if len(letters) == 1 else ""


def metrics_table(rows: Sequence[Row]) -> Iterator[str]:
    """A row a way, a column a metric."""
    timed = all(row.run.latency_ms for row in rows)
    yield f"| | {' | '.join(METRICS)} |" + timed * " p50 ms |"
    yield f"|---|{'---|' * len(METRICS)}" + timed * "--:|"
    for row in rows:
        cells = (f"{_short(e.mean)} [{_short(e.low)} {_short(e.high)}]" for e in row.run.metrics.values())
        speed = f" {row.run.latency_ms['p50']:.0f} |" if timed else ""
        yield f"| {row.way} | {' | '.join(cells)} |{speed}"


def comparison_table(rows: Sequence[Row]) -> Iterator[str]:
    """Ours less each other way: the difference, its interval, its p by paired randomisation."""
    *others, ours = rows
    yield f"| ours less | {' | '.join(METRICS)} |"
    yield f"|---|{'---|' * len(METRICS)}"
    for other in others:
        found = evaluation.compare(ours.run, other.run).values()
        cells = (
            f"{_short(d.difference.mean, '+')} [{_short(d.difference.low, '+')} {_short(d.difference.high, '+')}] "
            f"p {d.p:.4f}"
            for d in found
        )
        yield f"| {other.way} | {' | '.join(cells)} |"


def _short(value: float, sign: str = "") -> str:
    return f"{value:{sign}.3f}".replace("0.", ".", 1)


def report_set(name: str, rows: Sequence[Row], split: Sequence[Part], *, against_kinds: bool) -> Iterator[str]:
    """A set's tables."""
    yield f"### {name}: {len(rows[0].run.queries)} queries\n"
    yield from metrics_table(rows)
    yield ""
    yield from comparison_table(rows)
    yield ""
    for part in split:
        if len(part.queries) < FEWEST:
            yield f"{name}, {part.name}: {len(part.queries)} queries, too few to judge.\n"
            continue
        of_part = [row.of(part) for row in rows]
        yield f"#### {name}, {part.name}: {len(part.queries)} queries\n"
        yield from metrics_table(of_part)
        yield ""
        if against_kinds:
            yield from comparison_table(of_part)
            yield ""


def made(search: MovieSearch) -> str:
    """With what the figures were made."""
    info = search.info()
    collection = f"Model {info.manifest.model}; {info.films:,} films, {info.passages:,} passages"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{collection}; {machine}; commit {commit()}; {datetime.now(UTC):%Y-%m-%d}."


def main() -> None:
    """Read the arguments, rank, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path, help="a store that holds the films; it is only read")
    parser.add_argument("queries", type=Path, nargs="*", help="judged queries; none: the bundled ones")
    parser.add_argument("--collection", default="films")
    parser.add_argument("--pool", type=Path, help="a JSON list of ids; sets of films like one are ranked among these")
    parser.add_argument("--trained-on", type=Path, help="the posts that the adapter was trained on: a split by them")
    parser.add_argument("--against-kinds", action="store_true", help="compare ours with the others by kind as well")
    arguments = parser.parse_args()
    try:
        pool = frozenset(map(str, json.loads(arguments.pool.read_bytes()))) if arguments.pool else None
        posts = evaluation.read_queries(arguments.trained_on) if arguments.trained_on else []
        trained_on = {film for post in posts for film in post.relevant}
        with MovieSearch(arguments.store, arguments.collection) as search:
            original = Original(search)
            print(f"{made(search)}\n", flush=True)
            for path in arguments.queries or [BUNDLED_QUERIES]:
                queries, name = evaluation.read_queries(path), path.stem
                among = pool if all(judged.query is None for judged in queries) else None
                rows = list(ways(search, original, queries, among, name))
                lines = report_set(name, rows, parts(queries, trained_on), against_kinds=arguments.against_kinds)
                print("\n".join(lines), flush=True)
    except (MovieSearchError, OSError, ValueError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
