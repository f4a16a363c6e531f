"""How `train_head.py` and `train_query_encoder.py` learn: what both are told, read, lose and step by."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from head_data import Corpus, Example, example_of, lines, passages_side, rarity_of, read_corpus, read_texts
from tokenizers import Tokenizer
from torch.nn.functional import softplus
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from moviesearch.embedding.late_interaction import TokenHead
from moviesearch.embedding.onnx_encoder import OnnxEncoder
from moviesearch.embedding.passages import PassageSetting, split
from moviesearch.embedding.vectors import Vectors
from moviesearch.records import Movie

SAMPLE = 500
"""Passages of each films file from which the principal components are found."""
BATCH, WARM_UP, AVERAGE, ALONE = 32, 30, 0.98, 0.5
LEAST_RATE = 0.05
"""The share of a learning rate at which it stops falling."""
SHOWN = 40
"""Steps between two lines of progress."""

Data = Sequence[tuple[Corpus, list[Example]]]
"""Each films file with the texts about its films."""

Learned = TypeVar("Learned", bound=torch.nn.Module)


def arguments(description: str | None, epochs: int, of_epochs: str | None = None) -> argparse.ArgumentParser:
    """The command line of a script that trains, to which it may add."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out", type=Path)
    parser.add_argument("--films", type=Path, action="append", required=True, help="JSON lines: id, title, plot")
    parser.add_argument("--texts", type=Path, action="append", required=True, help="JSON lines: query, id or relevant")
    parser.add_argument("--epochs", type=int, default=epochs, help=of_epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path, default=Path.home() / ".cache" / "moviesearch")
    return parser


def read_data(
    encoder: OnnxEncoder,
    tokenizer: Tokenizer,
    films_files: Sequence[Path],
    texts_files: Sequence[Path],
    seed: int,
    side: TokenHead | None = None,
) -> tuple[TokenHead, Vectors, Data]:
    """The passages' `side` of the head, made if none is given, the rarity of tokens (v,), and films with their texts.

    Raises SystemExit where no text is about a film of the files.
    """
    setting, chance = PassageSetting(window=encoder.window), np.random.default_rng(seed)
    films = [[Movie(str(f["id"]), str(f["title"]), str(f["plot"])) for f in lines(path)] for path in films_files]
    pieces = [{film.id: split(film, encoder.tokenize, setting) for film in of_file} for of_file in films]
    passages = [[text for parts in of_file.values() for text in parts] for of_file in pieces]
    sample = [texts[at] for texts in passages for at in chance.permutation(len(texts))[:SAMPLE]]
    side = side or passages_side(encoder, sample)
    encoder.use_head(side)
    rarity = rarity_of(tokenizer, [text for texts in passages for text in texts], len(side.telling))
    texts = read_texts(encoder, [record for path in texts_files for record in lines(path)], rarity)
    data: list[tuple[Corpus, list[Example]]] = []
    with tempfile.TemporaryDirectory() as place:
        for path, of_file in zip(films_files, pieces, strict=True):
            corpus = read_corpus(encoder, of_file, Path(place) / str(len(data)))
            data.append((corpus, [example for text in texts if (example := example_of(corpus, text))]))
            count = len(data[-1][1])
            print(f"{path}: {len(of_file):,} films, {count:,} texts; {len(texts) - count:,} about films that it lacks")
    if not any(examples for _, examples in data):
        raise SystemExit("no text is about a film of the films files: the ids have to be the same in both")
    return side, rarity, data


def softmax_loss(scores: torch.Tensor, own: int) -> torch.Tensor:
    """Cross entropy of the mean of the first `own` of some scores against the others."""
    return softplus(torch.logsumexp(scores[own:], 0) - torch.logsumexp(scores[:own], 0) + np.log(own))


def in_batches(examples: Sequence[Example], chance: np.random.Generator) -> list[list[Example]]:
    """Examples in batches of texts of similar length."""
    order, stretch = [examples[at] for at in chance.permutation(len(examples))], 16 * BATCH
    for at in range(0, len(order), stretch):
        order[at : at + stretch] = sorted(order[at : at + stretch], key=lambda one: len(one.text.ids))
    return [order[at : at + BATCH] for at in range(0, len(order), BATCH)]


def fit(
    module: Learned,
    rates: Mapping[str, float],
    data: Data,
    loss_of: Callable[[Learned, Corpus, Sequence[Example], Counter[int], np.random.Generator], torch.Tensor],
    write: Callable[[Learned], None],
    epochs: int,
    seed: int,
) -> Learned:
    """Train a module; the average over its steps, which `write` gets after each epoch.

    `rates` are by the first part of a parameter's name. `loss_of` gives the loss of a batch, from how often each film
    of its corpus is described.
    """
    chance = np.random.default_rng(seed)
    often = [Counter(one.film for one in examples) for _, examples in data]
    steps = epochs * sum(-(-len(examples) // BATCH) for _, examples in data)
    learned = [(name, part) for name, part in module.named_parameters() if part.requires_grad]
    optimizer = torch.optim.Adam([{"params": [part], "lr": rates[name.partition(".")[0]]} for name, part in learned])
    decay = LambdaLR(optimizer, lambda step: min(1, (step + 1) / WARM_UP) * max(LEAST_RATE, 1 - step / steps))
    average = AveragedModel(module, avg_fn=lambda old, now, n: old.lerp(now, 1 - min(AVERAGE, float(n / (n + 10)))))
    mean = average.module
    assert isinstance(mean, type(module))
    losses: list[float] = []
    for _ in range(epochs):
        batches = [(at, batch) for at, (_, examples) in enumerate(data) for batch in in_batches(examples, chance)]
        for at, batch in [batches[place] for place in chance.permutation(len(batches))]:
            loss = loss_of(module, data[at][0], batch, often[at], chance)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            decay.step()
            average.update_parameters(module)
            losses.append(float(loss.detach()))
            if len(losses) % SHOWN == 0 or len(losses) == steps:
                print(f"step {len(losses)} of {steps}  loss {np.mean(losses[-SHOWN:]):.3f}", flush=True)
        write(mean)
    return mean


def tell(out: Path, scales: torch.Tensor) -> None:
    """Print that a file is written, and the weights of a score's parts by the logarithms of their scales."""
    _, late, cosine, words, *_ = scales.detach().exp().tolist()
    print(f"{out}: written; weights: late {late / cosine:.2f}, words {words / cosine:.2f}, cosine 1", flush=True)
