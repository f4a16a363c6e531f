"""How long a warm search takes, beside the original's loop, numpy over all vectors and txtai where it is installed.

    moviesearch ingest --store STORE films.jsonl
    python benchmarks/search.py STORE vague_dev.jsonl

All in one process, query by query in turns. Encoding the query is the model's own time and is given apart. Then the
same with filters on years, each answer compared with a brute-force one, and on what records say.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from measuring import made, p50, p95, table, timed

from moviesearch import MovieSearch
from moviesearch.config import BUNDLED_QUERIES
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate
from moviesearch.embedding.vectors import Vectors
from moviesearch.request import Filters
from moviesearch.retrieval import evaluation
from moviesearch.retrieval.exact import exact_nearest
from moviesearch.storage.attributes import Kind

Ask = Callable[[str], object]


def original(rows: Vectors, encode: Callable[[str], Vectors]) -> Ask:
    """The original's loop: one cosine after the other in Python."""

    def ask(words: str) -> object:
        query = encode(words)
        scores = [float(np.dot(query, row) / (np.linalg.norm(query) * np.linalg.norm(row))) for row in rows]
        return sorted(range(len(rows)), key=lambda at: -scores[at])[:10]

    return ask


def exact(rows: Vectors, encode: Callable[[str], Vectors]) -> Ask:
    """One matrix product over all vectors, held in memory."""
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return lambda words: np.argpartition(-(units @ encode(words)), 10)[:10]


def txtai(movies: list[dict[str, object]], model: Path) -> Ask | None:
    """txtai's hybrid search with the same model, or None where it isn't installed."""
    try:
        from txtai import Embeddings
    except ImportError:
        return None
    rival = Embeddings(path=str(model), method="sentence-transformers", hybrid=True, content=False, gpu=False)
    rival.index((movie["id"], f"{movie['title']} - {movie['plot']}", None) for movie in movies)
    return lambda words: rival.search(words, 10)


_REST = 0.05
"""Seconds before each try: after a product numpy's threads spin for 30 ms, which would count against the next way."""


def by_turns(asks: dict[str, Ask], queries: list[str]) -> dict[str, list[float]]:
    """Milliseconds of each way for each query."""
    for ask in asks.values():
        ask(queries[0])
    found: dict[str, list[float]] = {name: [] for name in asks}
    for words in queries:
        for name, ask in asks.items():
            time.sleep(_REST)
            found[name].append(timed(partial(ask, words)) * 1e3)
    return found


def agreement(search: MovieSearch, queries: list[str], filters: Filters, rows: Vectors, ids: list[str]) -> float:
    """The share of the ten nearest films (by whole-film vector, in range) that `find --mode dense` has too."""
    years = {movie.id: movie.year for movie in map(search.show, ids)}
    low, high = filters.year_from or -9999, filters.year_to or 9999
    inside = [at for at, film in enumerate(ids) if (year := years[film]) is not None and low <= year <= high]
    encoder = load(search.info().manifest.location, search.settings.cache)
    kept = 0.0
    for words in queries:
        nearest = exact_nearest(
            encoder.encode([words])[0], [([ids[at] for at in inside], rows[inside])], min(10, len(inside))
        )
        answer = search.find([words], mode="dense", intent="similar", filters=filters)
        got = {match.movie.id for match in answer.matches}
        kept += len(got & {film for film, _ in nearest}) / max(1, len(nearest))
    return kept / len(queries)


def by_records(search: MovieSearch) -> list[tuple[str, Filters]]:
    """Filters by the most frequent director, actor, ... of a collection, and what they are called."""
    fields = {Kind.DIRECTOR: "directors", Kind.CAST: "cast", Kind.COUNTRY: "countries", Kind.LANGUAGE: "languages"}
    wishes: list[tuple[str, Filters]] = []
    with search._collection.reading():
        ledger = search._collection.ledger
        genre = next((name for name, _ in ledger.genres()), None)
        for kind, field in fields.items():
            for one in ledger.attributes().all_of(kind)[:1]:
                wishes.append((f"{field}: {one.name} ({one.films:,} films)", Filters(**{field: (one.name,)})))
        lengths = [int(one.value) for one in ledger.attributes().all_of(Kind.RUNTIME) for _ in range(one.films)]
    if genre:
        wishes += [(f"of {genre}", Filters(genres=(genre,))), (f"not of {genre}", Filters(not_genres=(genre,)))]
    if lengths:
        middle = int(np.median(lengths))
        wishes.append((f"{middle} minutes or more", Filters(runtime_from=middle)))
    return wishes


def main() -> None:
    """Ask, time, print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("queries", type=Path, nargs="?", default=BUNDLED_QUERIES)
    parser.add_argument("--most", type=int, default=150, help="queries that are asked; of more, as many by chance")
    parser.add_argument("--agree", type=int, default=25, help="queries that are compared with brute force")
    arguments = parser.parse_args()
    queries = [judged.query for judged in evaluation.read_queries(arguments.queries) if judged.query]
    random.Random(0).shuffle(queries)
    del queries[arguments.most :]
    with MovieSearch(arguments.store) as search, tempfile.TemporaryDirectory() as folder:
        info = search.info()
        search.export(Path(folder))
        rows = np.load(Path(folder) / "embeddings.npy")
        movies = json.loads((Path(folder) / "movies.json").read_bytes())
        ids = [movie["id"] for movie in movies]
        encoder = load(info.manifest.location, search.settings.cache, threads=search.settings.threads)
        model = locate(info.manifest.location, search.settings.cache).folder
        rival = txtai(movies, model)
        asks: dict[str, Ask] = {
            "encoding the query": lambda words: encoder.encode([words]),
            "`find` (hybrid, what it shows included)": lambda words: search.find([words]),
            "`find --mode dense`": lambda words: search.find([words], mode="dense"),
            "numpy over all whole-film vectors": exact(rows, lambda words: encoder.encode([words])[0]),
            "the original's loop over them": original(rows, lambda words: encoder.encode([words])[0]),
        }
        if rival:
            asks["txtai hybrid, one vector a film"] = rival
        found = by_turns(asks, queries)
        encoding = p50(found["encoding the query"])
        print(
            f"### Search\n\n{info.films:,} films, {info.passages:,} passages, {info.manifest.model}; "
            f"{len(queries)} queries by turns in one process. {made('chromadb', 'tantivy')}\n"
        )
        lines = [[name, f"{p50(ms):.1f}", f"{p95(ms):.1f}", f"{p50(ms) - encoding:.1f}"] for name, ms in found.items()]
        print(table(["way", "p50 ms", "p95 ms", "p50 less encoding"], lines))
        if not rival:
            print("\ntxtai is not installed here: pip install txtai")

        first, last = info.years or (1900, 2000)
        middle = int(np.median([movie["year"] for movie in movies if movie.get("year")]))
        spans = {
            "no filter": Filters(),
            f"every year (from {first})": Filters(year_from=first),
            f"half of them (from {middle})": Filters(year_from=middle),
            f"one year ({middle})": Filters(year_from=middle, year_to=middle),
            f"the last one ({last})": Filters(year_from=last),
        }
        filtered = by_turns(
            {
                name: partial(lambda filters, words: search.find([words], filters=filters), filters)
                for name, filters in spans.items()
            },
            queries,
        )
        plain = p50(filtered["no filter"])
        lines = [
            [
                name,
                f"{p50(filtered[name]):.1f}",
                f"{p50(filtered[name]) / plain:.2f}",
                f"{agreement(search, queries[: arguments.agree], filters, rows, ids):.3f}",
            ]
            for name, filters in spans.items()
        ]
        print("\n" + table(["filter on years", "p50 ms", "× unfiltered", "recall@10 against brute force"], lines))
        wishes = by_records(search)
        asks = {
            name: partial(lambda filters, words: search.find([words], filters=filters), filters)
            for name, filters in wishes
        }
        others = by_turns({"no filter": lambda words: search.find([words]), **asks}, queries)
        plain = p50(others.pop("no filter"))
        lines = [[name, f"{p50(ms):.1f}", f"{p50(ms) / plain:.2f}"] for name, ms in others.items()]
        print("\n" + table(["filter on what records say", "p50 ms", "× unfiltered"], lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
