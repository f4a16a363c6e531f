"""What the index misses: recall@10 of Chroma's HNSW graph with the store's settings, against every vector compared.

    moviesearch ingest --store STORE films.jsonl
    python benchmarks/recall.py STORE vague.jsonl reddit.jsonl --passages 100000 --work FOLDER

The passages are real text with real vectors: every one, two and three sentences of the films in STORE that stand
together, drawn by chance, each as a film of its own. Stopped, the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from measuring import made, p50, p95, table

from moviesearch import Movie, MovieSearch
from moviesearch.encoders import Vectors, load

SENTENCE = re.compile(r"(?<=[.!?]) +")
WINDOWS = (1, 2, 3)
"""Sentences in a passage."""

ASKED = (10, 50, 128, 400)
"""How many neighbours are asked of Chroma; the ten nearest of all should be among them."""

PAGE = 5000


def nearest_exactly(search: MovieSearch, queries: Vectors, count: int) -> list[list[str]]:
    """The `count` passages nearest to each query (float32, n x d), by comparing every one."""
    best = np.full((len(queries), count), -2.0, np.float32)
    ids = np.full((len(queries), count), "", object)
    with search._archive.reading():
        store, ledger = search._archive.store, search._archive.ledger
        rows = [f"{film}#{n}" for film, passages in ledger.sizes("1", []).items() for n in range(passages)]
        for start in range(0, len(rows), PAGE):
            found = store.vectors("passages", rows[start : start + PAGE])
            page = np.stack(list(found.values()))
            page /= np.linalg.norm(page, axis=1, keepdims=True)
            scores = np.concatenate([best, queries @ page.T], axis=1)
            names = np.concatenate([ids, np.tile(np.array(list(found), object), (len(queries), 1))], axis=1)
            order = np.argsort(-scores, axis=1)[:, :count]
            best, ids = np.take_along_axis(scores, order, 1), np.take_along_axis(names, order, 1)
    return [list(row) for row in ids]


def recalled(search: MovieSearch, queries: Vectors, truth: list[list[str]], asked: int) -> tuple[float, list[float]]:
    """(the share of `truth` that is among `asked` neighbours of Chroma, milliseconds of each query)."""
    shares, times = [], []
    with search._archive.reading():
        for vector, wanted in zip(queries, truth, strict=True):
            began = time.perf_counter()
            found = search._archive.store.nearest("passages", vector, asked)
            times.append((time.perf_counter() - began) * 1e3)
            shares.append(len({row for row, _ in found} & set(wanted)) / len(wanted))
    return float(np.mean(shares)), times


def recall(search: MovieSearch, queries: Vectors, count: int = 10) -> float:
    """Recall@count of the store's passages, for queries of unit length (float32, n x d)."""
    return recalled(search, queries, nearest_exactly(search, queries, count), count)[0]


def passages(source: Path, count: int) -> Iterator[Movie]:
    """So many stretches of the films' plots, the same ones each time; no text twice."""
    with MovieSearch(source) as search, search._archive.reading():
        films = [entry.movie for entry in search._archive.ledger.entries()]
    texts: dict[str, str] = {}
    for film in films:
        sentences = SENTENCE.split(film.plot)
        for window in WINDOWS:
            for start in range(max(1, len(sentences) - window + 1)):
                texts.setdefault(" ".join(sentences[start : start + window]), film.title)
    drawn = list(texts.items())
    random.Random(1).shuffle(drawn)
    for number, (text, title) in enumerate(drawn[:count]):
        yield Movie(f"stretch{number}", title, text, None)


def main() -> None:
    """Store, ask, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path, help="a store with real films")
    parser.add_argument("queries", type=Path, nargs="+", help="judged queries: their words are used, not their answers")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--work", type=Path, required=True, help="where the passages' store goes; it stays there")
    arguments = parser.parse_args()
    asked = [json.loads(line) for path in arguments.queries for line in path.read_text(encoding="utf-8").splitlines()]
    words = [told["query"] for told in asked if told.get("query")]
    with MovieSearch(arguments.work / f"recall-{arguments.passages}") as search:
        search.ingest(passages(arguments.store, arguments.passages))
        told = search.info()
        queries = load(told.manifest.location, search.settings.cache).encode(words)
        truth = nearest_exactly(search, queries, 10)
        rows = []
        for count in ASKED:
            share, times = recalled(search, queries, truth, count)
            rows.append([f"{count}", f"{share:.4f}", f"{p50(times):.1f}", f"{p95(times):.1f}"])
    print(f"### Recall\n\n{told.passages:,} passages, {len(words):,} queries. {made('chromadb')}\n")
    print(table(["asked of Chroma", "of the ten nearest among them", "p50 ms", "p95 ms"], rows))


if __name__ == "__main__":
    main()
