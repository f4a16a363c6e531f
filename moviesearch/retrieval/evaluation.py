"""How good the search is: judged queries -> rankings -> metrics with confidence intervals, and paired comparisons.

`run` is given a callable that ranks. The metrics are pure functions of a ranking: film ids, best first, none twice.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviesearch.atomic import replacing
from moviesearch.errors import MovieSearchError, NotFoundError, SourceError, UsageError
from moviesearch.records import Rejected
from moviesearch.request import says_anything

RESAMPLES, FLIPS, SEED = 1_000, 10_000, 20_250_101
_EQUAL = 1e-9  # values nearer than this differ by rounding only
_FORM = '{"query": "words", "relevant": ["film id"]} or {"id": "film id", "relevant": {"film id": 0.5}}'


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged query: a person's words, or the id of a film for which similar ones are sought.

    `relevant` maps the ids of the films that answer to their gain. `style` is the kind of query, such as "scene".
    """

    query: str | None
    film: str | None
    relevant: Mapping[str, float]
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over the queries and its 95 % bootstrap confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StyleMetrics:
    """How good the answers to the queries of one style are, and how many queries that are."""

    queries: int
    metrics: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Run:
    """Judged queries, the film ids that were answered to each, and how good that is. `latency_ms` has p50 and p95.

    `metrics` are over all queries; `styles`, in the order of the queries, over those of each style.
    """

    queries: tuple[Judged, ...]
    ranked: tuple[tuple[str, ...], ...]
    latency_ms: Mapping[str, float]
    about: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, Estimate] = field(init=False)
    styles: Mapping[str, StyleMetrics] = field(init=False)

    def __post_init__(self) -> None:
        """Score the rankings."""
        values = _values(self)
        object.__setattr__(self, "metrics", _estimates(values))
        object.__setattr__(self, "styles", _by_style(self.queries, values))


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric of two runs: both means, `difference` (mine - other) and its p; `wins` are queries that mine wins."""

    mine: float
    other: float
    difference: Estimate
    p: float
    wins: int
    ties: int
    losses: int


Comparison = Mapping[str, Difference]  # by metric
Rank = Callable[[Judged, int], Sequence[str]]  # (query, n) -> film ids, best first: n or more, if there are so many


def success_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 if any relevant film is among the first k, else 0 (trec_eval's success_k)."""
    return float(any(film in relevant for film in ranked[:k]))


def reciprocal_rank_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """1 / rank of the first relevant film, 0 when it isn't among the first k (Voorhees 1999; the mean is MRR@k)."""
    return next((1 / rank for rank, film in enumerate(ranked[:k], 1) if film in relevant), 0.0)


def recall_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """The share of the relevant films that is among the first k; 0 where nothing is relevant."""
    return sum(film in relevant for film in ranked[:k]) / max(1, len(relevant))


def ndcg_at(ranked: Sequence[str], relevant: Mapping[str, float], k: int) -> float:
    """DCG / best possible DCG, DCG = sum of gain / log2(rank + 1), as trec_eval (Järvelin and Kekäläinen 2002)."""
    gains, best = [relevant.get(film, 0.0) for film in ranked[:k]], sorted(relevant.values(), reverse=True)[:k]
    dcg, ideal = (sum(gain / math.log2(rank + 1) for rank, gain in enumerate(row, 1)) for row in (gains, best))
    return dcg / ideal if ideal else 0.0


METRICS: Mapping[str, Callable[[Sequence[str], Mapping[str, float]], float]] = {
    "success@1": lambda ranked, relevant: success_at(ranked, relevant, 1),
    "success@10": lambda ranked, relevant: success_at(ranked, relevant, 10),
    "MRR@10": lambda ranked, relevant: reciprocal_rank_at(ranked, relevant, 10),
    "recall@100": lambda ranked, relevant: recall_at(ranked, relevant, 100),
    "nDCG@10": lambda ranked, relevant: ndcg_at(ranked, relevant, 10),
}


def _values(run: Run) -> NDArray[np.float64]:
    """One row a query, one column a metric."""
    pairs = zip(run.queries, run.ranked, strict=True)
    return np.array([[metric(films, judged.relevant) for metric in METRICS.values()] for judged, films in pairs])


def _estimates(values: NDArray[np.float64]) -> dict[str, Estimate]:
    """Each column's mean, with its percentile bootstrap over the rows (Efron and Tibshirani 1993)."""
    rng, rows = np.random.default_rng(SEED), len(values)
    means = [values[rng.integers(0, rows, rows)].mean(axis=0) for _ in range(RESAMPLES)]
    columns = np.vstack([values.mean(axis=0), np.percentile(means, [2.5, 97.5], axis=0)]).T.tolist()
    return {name: Estimate(*column) for name, column in zip(METRICS, columns, strict=True)}


def _by_style(queries: Sequence[Judged], values: NDArray[np.float64]) -> dict[str, StyleMetrics]:
    rows: dict[str, list[int]] = {}
    for row, judged in enumerate(queries):
        if judged.style is not None:
            rows.setdefault(judged.style, []).append(row)
    return {style: StyleMetrics(len(of_style), _estimates(values[of_style])) for style, of_style in rows.items()}


def _sign_flip_p(differences: NDArray[np.float64]) -> list[float]:
    """Two-sided p of each mean by paired randomisation (Smucker et al. 2007), never 0 (Phipson and Smyth 2010)."""
    rng, queries = np.random.default_rng(SEED), len(differences)
    flipped = [(rng.integers(0, 2, queries) * 2.0 - 1.0) @ differences for _ in range(FLIPS)]
    as_far = np.sum(np.abs(flipped) >= np.abs(differences.sum(axis=0)) - _EQUAL, axis=0)
    return [float(count + 1) / (FLIPS + 1) for count in as_far]


def compare(mine: Run, other: Run) -> Comparison:
    """Two runs, paired query by query. Raises UsageError unless both have the same queries in the same order."""
    if len(mine.queries) != len(other.queries):
        raise UsageError(f"{len(mine.queries)} queries against {len(other.queries)}. Evaluate both with the same file")
    for number, pair in enumerate(zip(mine.queries, other.queries, strict=True), 1):
        for name in ("query", "film", "relevant"):
            left, right = (getattr(judged, name) for judged in pair)
            if left != right:
                message = f"Query {number}: {name} differs, {left!r:.80} against {right!r:.80}"
                raise UsageError(f"{message}. Evaluate both with the same file")
    my_values, other_values = _values(mine), _values(other)
    differences = np.where(np.abs(my_values - other_values) < _EQUAL, 0.0, my_values - other_values)
    estimates, p = _estimates(differences), _sign_flip_p(differences)
    counts = [[int(np.sum(np.sign(column) == sign)) for sign in (1, 0, -1)] for column in differences.T]
    rows = zip(METRICS, my_values.mean(axis=0).tolist(), other_values.mean(axis=0).tolist(), p, counts, strict=True)
    return {name: Difference(a, b, estimates[name], chance, *count) for name, a, b, chance, count in rows}


def run(
    queries: Sequence[Judged],
    rank: Rank,
    known: Callable[[Sequence[str]], set[str]],
    *,
    depth: int = 100,
    pool: Collection[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Ask every query, time it, and score the answers.

    `known` gives those of some film ids that are in the collection. With a `pool` only its films are ranked, and
    answers are as deep as that takes. A film is no answer to itself. The first query is asked once untimed, so that
    loading a model isn't measured. `progress(done, of)` is called after each query.

    Before anything is asked, NotFoundError is raised for films that are not in the collection, and UsageError for
    relevant films outside the pool, no queries, or a `depth` below 100.
    """
    if not queries or depth < 100:
        raise UsageError("An evaluation needs a judged query or more, and a depth of at least 100 for recall@100")
    relevant = list(dict.fromkeys(film for judged in queries for film in judged.relevant))
    films = list(dict.fromkeys([*relevant, *(judged.film for judged in queries if judged.film), *(pool or ())]))
    present, pooled = known(films), None if pool is None else frozenset(pool)
    if missing := [film for film in films if film not in present]:
        raise NotFoundError(f"Not in the collection: {_few(missing, ', ')}. Ingest them, or choose another collection")
    if pooled is not None and (outside := [film for film in relevant if film not in pooled]):
        raise UsageError(f"Films judged relevant are not in the pool: {_few(outside, ', ')}. Add them to the pool")
    rank(queries[0], depth + 1)
    answers = []
    for done, judged in enumerate(queries, 1):
        answers.append(_ask(judged, rank, depth, pooled))
        if progress is not None:
            progress(done, len(queries))
    ranked, took_ms = zip(*answers, strict=True)
    return Run(tuple(queries), ranked, {f"p{k}": round(float(np.percentile(took_ms, k)), 3) for k in (50, 95)})


def _ask(judged: Judged, rank: Rank, depth: int, pool: frozenset[str] | None) -> tuple[tuple[str, ...], float]:
    """The first `depth` films that count, and the milliseconds that their answer took.

    Deeper answers are asked for until enough films of the pool are among them.
    """
    enough = depth if pool is None else min(depth, len(pool - {judged.film}))
    requested = depth + 1 if pool is None else 10 * depth
    while True:
        start = time.perf_counter()
        answer = rank(judged, requested)
        took_ms = 1000 * (time.perf_counter() - start)
        films = [film for film in dict.fromkeys(answer) if film != judged.film and (pool is None or film in pool)]
        if len(films) >= enough or len(answer) < requested:
            return tuple(films[:depth]), took_ms
        requested *= 4


def read_queries(path: str | Path) -> list[Judged]:
    """Judged queries from JSON lines; further keys are ignored. Raises SourceError, by line and field."""
    queries, problems = list[Judged](), list[Rejected]()
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}. Check the path and its permissions") from error
    for number, line in ((number, line) for number, line in enumerate(lines, 1) if line.strip()):
        try:
            queries += _judged(json.loads(line), f"{path}:{number}", problems)
        except (ValueError, RecursionError) as error:
            problems.append(Rejected(f"{path}:{number}", "", f"not JSON in UTF-8 ({error})"))
    if problems or not queries:
        message = _few(problems, "\n") or f"{path}:1: no judged queries, the file is empty"
        raise SourceError(f"{message}\nEach line must be like {_FORM}")
    return queries


def _judged(record: object, place: str, problems: list[Rejected]) -> list[Judged]:
    """The judged query of a record; or none, after adding to `problems` what is wrong with it."""
    if not isinstance(record, dict):
        problems.append(Rejected(place, "", "not a JSON object"))
        return []
    before = len(problems)
    query, film, relevant = record.get("query"), record.get("id"), record.get("relevant")
    style = record.get("style")
    if isinstance(relevant, list) and all(isinstance(film_id, str | int) for film_id in relevant):
        relevant = {str(film_id): 1.0 for film_id in relevant}
    if not isinstance(relevant, dict) or not relevant:
        relevant = {}
        problems.append(Rejected(place, "relevant", "must list film ids, or be an object of id and gain"))
    for film_id, gain in relevant.items():
        if not (type(gain) in (int, float) and 0 < gain < 1e300):
            problems.append(Rejected(place, f"relevant.{film_id}", f"{gain!r:.40} is not a positive, finite number"))
    film = str(film) if type(film) is int else film
    if film is not None and not (isinstance(film, str) and film.strip()):
        problems.append(Rejected(place, "id", "must be a film's id"))
    elif film in relevant:
        problems.append(Rejected(place, "relevant", f"{film} is judged as an answer to itself, which it never is"))
    if (query is not None or film is None) and not (isinstance(query, str) and says_anything(query)):
        problems.append(Rejected(place, "query", 'must be text with a word in it; or leave it out and give an "id"'))
    if style is not None and not (isinstance(style, str) and style.isprintable() and style.strip()):
        problems.append(Rejected(place, "style", "must be text on one line, and not blank; or leave it out"))
    return [] if len(problems) > before else [Judged(query, film, relevant, style)]


def _few(items: Sequence[object], separator: str) -> str:
    """The first ten, and how many more there are."""
    rest = f"{separator}… and {len(items) - 10} more" if len(items) > 10 else ""
    return separator.join(map(str, items[:10])) + rest


def save(run: Run, path: str | Path, /, **about: object) -> None:
    """Write a run as JSON, whole or not at all; `about` says how it was made (file of queries, model, mode, ...)."""
    records = []
    for judged, ranked in zip(run.queries, run.ranked, strict=True):
        relevant = list(judged.relevant) if set(judged.relevant.values()) == {1.0} else dict(judged.relevant)
        record = {
            "query": judged.query,
            "id": judged.film,
            "relevant": relevant,
            "style": judged.style,
            "ranked": ranked,
        }
        records.append({name: value for name, value in record.items() if value is not None})
    metrics = {name: asdict(estimate) for name, estimate in run.metrics.items()}
    document = {
        "about": {**run.about, **about},
        "metrics": metrics,
        "styles": {style: asdict(of_style) for style, of_style in run.styles.items()},
        "latency_ms": run.latency_ms,
        "queries": records,
    }
    target = Path(path).resolve()  # a link stays a link
    try:
        if target.exists() and not target.is_file():
            raise FileExistsError(0, "it is no ordinary file")
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as file:
            file.write(json.dumps(document, indent=1, default=str) + "\n")
    except OSError as error:
        raise MovieSearchError(f"{path} can't be written: {error.strerror}. Save to another place") from error


def load(path: str | Path) -> Run:
    """A saved run, its metrics computed anew from its rankings. Raises SourceError when the file is something else."""
    queries, problems = list[Judged](), list[Rejected]()
    try:
        document = json.loads(Path(path).read_bytes())
        latency = {name: float(document["latency_ms"][name]) for name in ("p50", "p95")}
        for number, record in enumerate(document["queries"], 1):
            queries += _judged(record, f"query {number}", problems)
            if not isinstance(films := record["ranked"], list) or {*map(type, films)} - {str}:
                problems.append(Rejected(f"query {number}", "ranked", "must be a list of film ids"))
        if problems or not queries:
            raise ValueError(_few(problems, "; ") or "it has no queries")
        ranked = tuple(tuple(dict.fromkeys(record["ranked"])) for record in document["queries"])
        return Run(tuple(queries), ranked, latency, dict(document.get("about", {})))
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        reason = error if isinstance(error, ValueError | OSError) else f"a field is missing or of another kind: {error}"
        raise SourceError(f"{path} is no saved evaluation ({reason}). Make one with `evaluate --save`") from error
