"""What 8-bit products give and cost, beside float32 by turns: texts a second, and how near the vectors are.

    python benchmarks/precision.py films.jsonl --films 300
    python benchmarks/precision.py films.jsonl --films 60 --model all-mpnet-base-v2

How well films are found with them is for quality.py, on a store made by `moviesearch ingest --precision int8`.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from measuring import made, p50, table, turns

from moviesearch import Movie
from moviesearch.config import DEFAULT_MODEL, Settings
from moviesearch.embedding.load import load
from moviesearch.embedding.models import with_precision
from moviesearch.embedding.passages import whole_film
from moviesearch.sources import read

ROUNDS = 5


def main() -> None:
    """Encode with both, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("films", type=Path)
    parser.add_argument("--films", type=int, default=300, dest="count", help="how many of them, drawn by chance")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    arguments = parser.parse_args()
    movies = [movie for movie in read(str(arguments.films)) if isinstance(movie, Movie)]
    chosen = random.Random(0).sample(movies, min(arguments.count, len(movies)))
    texts = [whole_film(movie.title, movie.plot) for movie in chosen]
    settings = Settings()
    plain, small = (
        load(with_precision(arguments.model, precision), settings.cache, threads=settings.threads, note=print)
        for precision in ("float32", "int8")
    )
    cosines = (plain.encode(texts) * small.encode(texts)).sum(axis=1)
    ways = {"float32": lambda: plain.encode(texts), "int8": lambda: small.encode(texts)}
    seconds = {name: p50(times) for name, times in turns(ways, ROUNDS).items()}
    query = texts[0][:120]
    asking = {"float32": lambda: plain.encode([query]), "int8": lambda: small.encode([query])}
    alone = {name: p50(times) * 1e3 for name, times in turns(asking, 50).items()}
    print(f"### 8-bit products, {plain.name}\n\n{len(texts):,} texts, a median of {ROUNDS}. {made('onnxruntime')}\n")
    near = {"float32": "1", "int8": f"{cosines.mean():.4f}, least {cosines.min():.4f}"}
    rows = [
        [
            name,
            f"{len(texts) / took:.1f}",
            f"{seconds['float32'] / took:.2f}",
            f"{alone[name]:.1f}",
            near[name],
        ]
        for name, took in seconds.items()
    ]
    print(table(["products of", "texts/s", "× float32", "a query, ms", "cosine with float32's vectors"], rows))


if __name__ == "__main__":
    main()
