"""How fast films are embedded and stored, beside the original's loop and txtai, as a share of the machine's peak.

    python benchmarks/ingest.py films.jsonl --films 400
    python benchmarks/ingest.py films.jsonl --films 100 --model all-mpnet-base-v2
    python benchmarks/ingest.py films.jsonl --films 1500 --parts 1 --ours

Each gets the same films, a sample of the file in several parts, and they go by turns: after each part the next way
has it. moviesearch embeds every passage and each whole film, and has token vectors of the passages, without which it
is measured too; the others one vector a film, cut at the model's window. Each begins with a loaded model and loaded
libraries. With --ours only moviesearch's ways are measured. Each film gets another title, since the vectors of the
bundled ones come along.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from measuring import PRODUCT, made, peak_gflops, table, timed

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate
from moviesearch.embedding.passages import PassageSetting, split, whole_film
from moviesearch.embedding.reference_encoder import quiet_sentence_transformer
from moviesearch.sources import read

Way = Callable[[list[Movie]], object]


def products(folder: Path) -> tuple[int, int, int]:
    """(weights of the matrices, layers, width) of a BERT-like model: what its arithmetic depends on."""
    import json

    model = json.loads((folder / "config.json").read_text())
    width, layers, inner = model["hidden_size"], model["num_hidden_layers"], model["intermediate_size"]
    return layers * (4 * width * width + 2 * width * inner), layers, width


def operations(folder: Path, lengths: list[int]) -> float:
    """Floating-point operations for texts of these lengths in tokens: two a weight and token, and the attention's."""
    weights, layers, width = products(folder)
    return sum(2.0 * weights * tokens + 4.0 * layers * width * tokens * tokens for tokens in lengths)


def texts_of(movies: list[Movie], encoder: Encoder, setting: PassageSetting) -> tuple[list[str], list[int]]:
    """What moviesearch embeds for films, and the lengths in tokens."""
    texts = {text for movie in movies for text in split(movie, encoder.tokenize, setting)}
    texts |= {whole_film(movie.title, movie.plot) for movie in movies}
    return list(texts), [min(encoder.window, len(encoder.tokenize(text)) + 2) for text in texts]


class WithoutTokens:
    """An encoder that gives no token vectors."""

    token_digest = None

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


OURS, BARE, ALONE, SAME, LOOP = (
    "moviesearch: all passages and whole films, stored and indexed",
    "the same without token vectors",
    "its embedding alone",
    "one vector a film, by its encoder",
    "the original's loop: one text a call",
)


def own_ways(search: MovieSearch, bare: MovieSearch, encoder: Encoder, setting: PassageSetting) -> dict[str, Way]:
    """moviesearch's ways to embed a part of the films; `bare` stores no token vectors."""
    return {
        OURS: search.ingest,
        BARE: bare.ingest,
        ALONE: lambda movies: encoder.encode(texts_of(movies, encoder, setting)[0]),
    }


def other_ways(encoder: Encoder, folder: Path) -> dict[str, Way]:
    """The ways to embed the vectors that the original has."""
    reference = quiet_sentence_transformer(folder)

    def plain(movies: list[Movie]) -> list[str]:
        return [whole_film(movie.title, movie.plot) for movie in movies]

    ways: dict[str, Way] = {
        SAME: lambda movies: encoder.encode(plain(movies)),
        LOOP: lambda movies: [reference.encode(text, show_progress_bar=False) for text in plain(movies)],
        "sentence-transformers in batches, nothing stored": lambda movies: reference.encode(
            plain(movies), show_progress_bar=False
        ),
    }
    try:
        from txtai import Embeddings
    except ImportError:
        print("txtai is not installed here: pip install txtai", file=sys.stderr)
        return ways
    rival = Embeddings(path=str(folder), method="sentence-transformers", hybrid=True, content=False, gpu=False)

    def index(movies: list[Movie]) -> None:
        rows = [(movie.id, text, None) for movie, text in zip(movies, plain(movies), strict=True)]
        (rival.upsert if rival.count() else rival.index)(rows)

    return {**ways, "txtai hybrid, one vector a film": index}


def main() -> None:
    """Embed by each way, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("films", type=Path)
    parser.add_argument("--films", type=int, default=400, dest="count", help="how many of them, drawn by chance")
    parser.add_argument("--parts", type=int, default=4, help="how often the ways take turns")
    parser.add_argument("--model", help="name or folder; none: the default")
    parser.add_argument("--ours", action="store_true", help="leave out the original's loop and others")
    arguments = parser.parse_args()
    movies = [
        replace(movie, title=f"{movie.title} retold")
        for movie in read(str(arguments.films))
        if isinstance(movie, Movie)
    ]
    chosen = random.Random(0).sample(movies, min(arguments.count, len(movies)))
    settings = Settings()
    encoder = load(arguments.model, settings.cache, threads=settings.threads, note=print)
    folder = locate(arguments.model, settings.cache).folder
    setting = PassageSetting(encoder.window)
    with tempfile.TemporaryDirectory() as place:
        search = MovieSearch(Path(place) / "store", encoder=encoder)
        bare = MovieSearch(Path(place) / "bare", encoder=cast(Encoder, WithoutTokens(encoder)))
        ways = own_ways(search, bare, encoder, setting) | ({} if arguments.ours else other_ways(encoder, folder))
        peak = peak_gflops()
        first, *parts = [chosen[at :: arguments.parts + 1] for at in range(arguments.parts + 1)]
        for way in ways.values():  # a part that warms all up
            way(first)
        chosen = [movie for part in parts for movie in part]
        seconds = dict.fromkeys(ways, 0.0)
        for part in parts:
            for name, way in ways.items():
                seconds[name] += timed(partial(way, part))
        again = timed(lambda: search.ingest(chosen))
        search.close()
        bare.close()
    texts, lengths = texts_of(chosen, encoder, setting)
    peak = max(peak, peak_gflops())
    whole = [min(encoder.window, len(encoder.tokenize(whole_film(film.title, film.plot))) + 2) for film in chosen]

    def share(of: list[int], took: float) -> str:
        return f"{operations(folder, of) / took / 1e9 / peak:.0%}"

    print(f"### Ingest, {encoder.name}\n\n{len(chosen):,} films, {len(texts):,} texts of ours. {made('onnxruntime')}\n")
    of = {name: lengths if name in (OURS, BARE, ALONE) else whole for name in ways}
    rows = [[name, f"{took:.1f}", f"{len(chosen) / took:.1f}", share(of[name], took)] for name, took in seconds.items()]
    print(table(["way", "s", "films/s", "of the peak"], rows))
    print(
        f"\nThe peak, a float32 product of {PRODUCT} x {PRODUCT}: {peak:.0f} GFLOP/s. The model's arithmetic for these "
        f"texts, {sum(lengths):,} tokens: {operations(folder, lengths) / 1e9:,.0f} GFLOP. Token vectors take "
        f"{seconds[OURS] / seconds[BARE] - 1:.1%} more time. The same ingest again: {again:.2f} s."
    )
    if not arguments.ours:
        faster = ", ".join(f"{name}: {seconds[LOOP] / took:.2f}" for name, took in seconds.items())
        print(f"\nTimes as many films a second as the original's loop: {faster}.")


if __name__ == "__main__":
    main()
