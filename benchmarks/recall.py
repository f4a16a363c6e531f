"""What the index misses: recall@10 of Chroma's HNSW graph with the store's settings, against every vector compared.

    moviesearch ingest --store STORE films.jsonl
    python benchmarks/recall.py STORE vague.jsonl reddit.jsonl --passages 100000 --work FOLDER
    python benchmarks/recall.py ... --settings 16,100,100 --settings 64,400,200       (other graphs of the same vectors)

The passages are real text with real vectors: every one, two and three sentences of the films in STORE that stand
together, drawn by chance, each as a film of its own. Stopped, the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from measuring import made, p50, p95, table

from moviesearch import Movie, MovieSearch
from moviesearch.embedding.load import load
from moviesearch.embedding.vectors import Vectors

SENTENCE = re.compile(r"(?<=[.!?]) +")
WINDOWS = (1, 2, 3)
"""Sentences in a passage."""

ASKED = (10, 50, 128, 400)
"""How many neighbours are asked of Chroma; the ten nearest of all should be among them."""

PAGE = 5000
BATCH = 2500


def nearest_exactly(search: MovieSearch, queries: Vectors, count: int) -> list[list[str]]:
    """The `count` passages nearest to each query (float32, n x d), by comparing every one."""
    best = np.full((len(queries), count), -2.0, np.float32)
    ids = np.full((len(queries), count), "", object)
    with search._collection.reading():
        store, ledger = search._collection.chroma, search._collection.ledger
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
    with search._collection.reading():
        for vector, wanted in zip(queries, truth, strict=True):
            began = time.perf_counter()
            found = search._collection.chroma.nearest("passages", vector, asked)
            times.append((time.perf_counter() - began) * 1e3)
            shares.append(len({row for row, _ in found} & set(wanted)) / len(wanted))
    return float(np.mean(shares)), times


def recall(search: MovieSearch, queries: Vectors, count: int = 10) -> float:
    """Recall@count of the store's passages, for queries of unit length (float32, n x d)."""
    return recalled(search, queries, nearest_exactly(search, queries, count), count)[0]


def tried(vectors: Vectors, queries: Vectors, truth: Vectors, settings: Sequence[int], folder: Path) -> list[str]:
    """A row of figures for a graph of bare Chroma: `settings` are max_neighbors, ef_construction, ef_search.

    `truth` (n, 10) are the rows of `vectors` that are nearest to the queries (n, d).
    """
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    links, built, searched = settings
    graph = {"space": "cosine", "max_neighbors": links, "ef_construction": built, "ef_search": searched}
    graph |= {"batch_size": 1, "sync_threshold": 1}
    collection = client.create_collection("graph", configuration={"hnsw": graph}, embedding_function=None)  # type: ignore[typeddict-item]
    began = time.perf_counter()
    for start in range(0, len(vectors), BATCH):
        part = vectors[start : start + BATCH]
        collection.upsert(ids=[str(start + row) for row in range(len(part))], embeddings=part)
    seconds = time.perf_counter() - began
    row = [f"{links}, {built}, {searched}", f"{seconds / len(vectors) * 1e3:.2f}"]
    index = sum(path.stat().st_size for path in folder.rglob("*.bin")) / 1e6
    row.append(f"{index:,.0f}")
    for count in ASKED[::2]:
        shares, times = [], []
        for query, wanted in zip(queries, truth, strict=True):
            began = time.perf_counter()
            found = collection.query(query_embeddings=query[None], n_results=count, include=["distances"])["ids"][0]
            times.append((time.perf_counter() - began) * 1e3)
            shares.append(len(set(map(int, found)) & set(wanted.tolist())) / len(wanted))
        row += [f"{np.mean(shares):.4f}", f"{p50(times):.1f}"]
    return row


def passages(source: Path, count: int) -> Iterator[Movie]:
    """So many stretches of the films' plots, the same ones each time; no text twice."""
    with MovieSearch(source) as search, search._collection.reading():
        films = [entry.movie for entry in search._collection.ledger.entries()]
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


def compared(search: MovieSearch, queries: Vectors, settings: Sequence[str]) -> list[list[str]]:
    """`tried`, for each of some settings, with the passages of a collection."""
    if not settings:
        return []
    with search._collection.reading():
        store, ledger = search._collection.chroma, search._collection.ledger
        rows = [f"{film}#{n}" for film, count in ledger.sizes("1", []).items() for n in range(count)]
        pages = [store.vectors("passages", rows[start : start + PAGE]) for start in range(0, len(rows), PAGE)]
    vectors = np.stack([vector for page in pages for vector in page.values()])
    near = [queries[start : start + PAGE // 100] @ vectors.T for start in range(0, len(queries), PAGE // 100)]
    truth = np.concatenate([np.argsort(-part, axis=1)[:, :10] for part in near])
    found = []
    for setting in settings:
        with tempfile.TemporaryDirectory() as folder:
            found.append(tried(vectors, queries, truth, [int(part) for part in setting.split(",")], Path(folder)))
    return found


def main() -> None:
    """Store, ask, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path, help="a store with real films")
    parser.add_argument("queries", type=Path, nargs="+", help="judged queries: their words are used, not their answers")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--settings", action="append", metavar="M,EFC,EF", help="try a graph of bare Chroma as well")
    parser.add_argument("--work", type=Path, required=True, help="where the passages' store goes; it stays there")
    arguments = parser.parse_args()
    asked = [json.loads(line) for path in arguments.queries for line in path.read_text(encoding="utf-8").splitlines()]
    words = [query["query"] for query in asked if query.get("query")]
    with MovieSearch(arguments.work / f"recall-{arguments.passages}") as search:
        search.ingest(passages(arguments.store, arguments.passages))
        info = search.info()
        queries = load(info.manifest.location, search.settings.cache).encode(words)
        truth = nearest_exactly(search, queries, 10)
        rows = []
        for count in ASKED:
            share, times = recalled(search, queries, truth, count)
            rows.append([f"{count}", f"{share:.4f}", f"{p50(times):.1f}", f"{p95(times):.1f}"])
        bare = compared(search, queries, arguments.settings or [])
    print(f"### Recall\n\n{info.passages:,} passages, {len(words):,} queries. {made('chromadb')}\n")
    print(table(["asked of Chroma", "of the ten nearest among them", "p50 ms", "p95 ms"], rows))
    if bare:
        head = ["max_neighbors, ef_construction, ef_search", "ms to store a row", "index, MB"]
        print("\n" + table(head + [f"{what} {count}" for count in ASKED[::2] for what in ("recall,", "ms,")], bare))


if __name__ == "__main__":
    main()
