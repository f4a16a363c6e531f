"""What Chroma takes to keep to some rows: by a list of ids, by fetching their vectors, by sifting more neighbours.

    python benchmarks/filters.py STORE

What `moviesearch.retrieval` chooses by. STORE is a folder with many passages, such as recall.py leaves behind.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import made, p50, table, timed

from moviesearch import MovieSearch
from moviesearch.storage.chroma import ChromaStore

ROUNDS = 9


def medians(store: ChromaStore, rows: list[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Rows of figures: for lists of so many passages, and for so many neighbours; milliseconds."""
    chance = random.Random(1)
    asked = list(store.vectors("passages", chance.sample(rows, ROUNDS)).values())
    noise = np.random.default_rng(1)
    queries = [vector + 0.04 * noise.normal(size=vector.shape).astype(np.float32) for vector in asked]

    def time_of(ask: Callable[[np.ndarray], object]) -> str:
        return f"{p50([timed(lambda query=query: ask(query)) * 1e3 for query in queries]):.1f}"

    time_of(lambda query: store.nearest("passages", query, 10))
    listed = []
    for count in (10, 100, 1000, 4000, 16_000):
        if count > len(rows) / 3:
            break
        some = chance.sample(rows, count)
        ways = (
            lambda query, some=some: store.nearest("passages", query, min(100, len(some)), some),
            lambda query, some=some: store.vectors("passages", some),
        )
        listed.append([f"{count:,}", *map(time_of, ways)])
    counts = [count for count in (10, 100, 1000, 3000, 8000) if count <= len(rows)]
    return listed, [[f"{n:,}", time_of(lambda query, n=n: store.nearest("passages", query, n))] for n in counts]


def main() -> None:
    """Ask, print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path)
    arguments = parser.parse_args()
    with MovieSearch(arguments.store) as search:
        search.find(["a man lost at sea"], mode="dense")
        with search._collection.reading():
            sizes = search._collection.ledger.sizes("1", [])
            rows = [f"{film}#{n}" for film, count in sizes.items() for n in range(count)]
            listed, neighbours = medians(search._collection.chroma, rows)
    print(f"### Filters\n\n{len(rows):,} passages. {made('chromadb')}\n")
    print(table(["rows that may answer", "100 nearest, given their ids, ms", "their vectors, ms"], listed))
    print("\n" + table(["neighbours asked for", "ms"], neighbours))


if __name__ == "__main__":
    main()
