"""How fast films are embedded and stored, beside the original's loop and txtai, as a share of the machine's peak.

    python benchmarks/ingest.py films.jsonl --films 400
    python benchmarks/ingest.py films.jsonl --films 100 --model all-mpnet-base-v2

Each gets the same films, a sample of the file in several parts, and they go by turns: after each part the next way
has it. moviesearch embeds every passage and each whole film; the others one vector a film, cut at the model's window.
Each begins with a loaded model and loaded libraries.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

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


def ways_to(search: MovieSearch, encoder: Encoder, folder: Path, setting: PassageSetting) -> dict[str, Way]:
    """The ways to embed a part of the films."""
    reference = quiet_sentence_transformer(folder)

    def plain(movies: list[Movie]) -> list[str]:
        return [whole_film(movie.title, movie.plot) for movie in movies]

    ways: dict[str, Way] = {
        "moviesearch: all passages and whole films, stored and indexed": search.ingest,
        "its embedding alone": lambda movies: encoder.encode(texts_of(movies, encoder, setting)[0]),
        "one vector a film, by its encoder": lambda movies: encoder.encode(plain(movies)),
        "the original's loop: one text a call": lambda movies: [
            reference.encode(text, show_progress_bar=False) for text in plain(movies)
        ],
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
    arguments = parser.parse_args()
    movies = [movie for movie in read(str(arguments.films)) if isinstance(movie, Movie)]
    chosen = random.Random(0).sample(movies, min(arguments.count, len(movies)))
    settings = Settings()
    encoder = load(arguments.model, settings.cache, threads=settings.threads, note=print)
    folder = locate(arguments.model, settings.cache).folder
    setting = PassageSetting(encoder.window)
    with tempfile.TemporaryDirectory() as place:
        search = MovieSearch(Path(place) / "store", encoder=encoder)
        ways = ways_to(search, encoder, folder, setting)
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
    texts, lengths = texts_of(chosen, encoder, setting)
    ours, alone, same, loop = list(seconds.values())[:4]
    peak = peak_gflops()
    whole = [min(encoder.window, len(encoder.tokenize(whole_film(film.title, film.plot))) + 2) for film in chosen]

    def share(of: list[int], took: float) -> str:
        return f"{operations(folder, of) / took / 1e9 / peak:.0%}"

    print(f"### Ingest, {encoder.name}\n\n{len(chosen):,} films, {len(texts):,} texts of ours. {made('onnxruntime')}\n")
    rows = [[name, f"{took:.1f}", f"{len(chosen) / took:.1f}", f"{loop / took:.2f}"] for name, took in seconds.items()]
    print(table(["way", "s", "films/s", "× the original's loop"], rows))
    print(
        f"\nThe same vectors as the original's loop in 1 / {loop / same:.2f} of its time. Of the machine's peak (a "
        f"float32 product of {PRODUCT} x {PRODUCT}) {share(lengths, ours)} end to end, {share(lengths, alone)} "
        f"embedding alone, the loop {share(whole, loop)}. The same ingest again: {again:.2f} s."
    )


if __name__ == "__main__":
    main()
