"""How fast films are embedded and stored, beside the original's loop and txtai, as a share of the machine's peak.

    python benchmarks/ingest.py films.jsonl --films 400
    python benchmarks/ingest.py films.jsonl --films 100 --model all-mpnet-base-v2

Each gets the same films, a sample of the file, and starts from nothing but a loaded model. moviesearch embeds every
passage and each whole film; the others one vector a film, cut at the model's window.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from measuring import PRODUCT, made, peak_gflops, table, timed

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.encoders import load, quiet_sentence_transformer
from moviesearch.models import locate
from moviesearch.passages import PassageSetting, split, whole_film
from moviesearch.sources import read


def products(folder: Path) -> tuple[int, int, int]:
    """(weights of the matrices, layers, width) of a BERT-like model: what its arithmetic depends on."""
    import json

    told = json.loads((folder / "config.json").read_text())
    width, layers, inner = told["hidden_size"], told["num_hidden_layers"], told["intermediate_size"]
    return layers * (4 * width * width + 2 * width * inner), layers, width


def operations(folder: Path, lengths: list[int]) -> float:
    """Floating-point operations for texts of these lengths in tokens: two a weight and token, and the attention's."""
    weights, layers, width = products(folder)
    return sum(2.0 * weights * tokens + 4.0 * layers * width * tokens * tokens for tokens in lengths)


def main() -> None:
    """Embed by each way, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("films", type=Path)
    parser.add_argument("--films", type=int, default=400, dest="count", help="how many of them, drawn by chance")
    parser.add_argument("--model", help="name or folder; none: the default")
    arguments = parser.parse_args()
    movies = [movie for movie in read(str(arguments.films)) if isinstance(movie, Movie)]
    chosen = random.Random(0).sample(movies, min(arguments.count, len(movies)))
    settings = Settings()
    encoder = load(arguments.model, settings.cache, threads=settings.threads, note=print)
    folder = locate(arguments.model, settings.cache).folder
    setting = PassageSetting(encoder.window)
    texts = {text for movie in chosen for text in split(movie, encoder.tokenize, setting)}
    texts |= {whole_film(movie.title, movie.plot) for movie in chosen}
    lengths = [min(encoder.window, len(encoder.tokenize(text)) + 2) for text in texts]

    import chromadb  # noqa: F401 - libraries are loaded before any clock starts, as PyTorch is for the others
    import tantivy  # noqa: F401

    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place:
        search = MovieSearch(Path(place) / "store", encoder=encoder)
        seconds["moviesearch: all passages and whole films, stored and indexed"] = timed(lambda: search.ingest(chosen))
        again = timed(lambda: search.ingest(chosen))
        search.close()
    reference = quiet_sentence_transformer(folder)
    plain = [whole_film(movie.title, movie.plot) for movie in chosen]
    seconds["the original's loop: one text a call"] = timed(
        lambda: [reference.encode(text, show_progress_bar=False) for text in plain]
    )
    seconds["sentence-transformers in batches, nothing stored"] = timed(
        lambda: reference.encode(plain, show_progress_bar=False)
    )
    try:
        from txtai import Embeddings

        rival = Embeddings(path=str(folder), method="sentence-transformers", hybrid=True, content=False, gpu=False)
        seconds["txtai hybrid, one vector a film"] = timed(
            lambda: rival.index((movie.id, text, None) for movie, text in zip(chosen, plain, strict=True))
        )
    except ImportError:
        print("txtai is not installed here: pip install txtai", file=sys.stderr)
    ours, loop = list(seconds.values())[:2]
    alone = timed(lambda: encoder.encode(sorted(texts, key=len, reverse=True)))
    peak = peak_gflops()
    share = operations(folder, lengths) / ours / 1e9 / peak
    print(f"### Ingest, {encoder.name}\n\n{len(chosen):,} films, {len(texts):,} texts of ours. {made('onnxruntime')}\n")
    rows = [[name, f"{took:.1f}", f"{len(chosen) / took:.1f}", f"{loop / took:.2f}"] for name, took in seconds.items()]
    print(table(["way", "s", "films/s", "× the original's loop"], rows))
    print(
        f"\nOurs reaches {share:.0%} of the machine's peak (a float32 product of {PRODUCT} x {PRODUCT}), end to end; "
        f"{len(texts) / ours / (len(chosen) / loop):.2f} texts for each of the original's. "
        f"Embedding alone: {alone:.1f} s. The same ingest again: {again:.2f} s."
    )


if __name__ == "__main__":
    main()
