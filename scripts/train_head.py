"""Train a token head for a model: how the tokens of a question are compared with those of passages, one by one.

    python scripts/train_head.py MODEL OUT.npz --films films.jsonl --films plots.jsonl \
        --texts scripts/training/memory.jsonl --texts scripts/training/posts.jsonl

Films have `id`, `title` and `plot`; texts are descriptions of films, with `query` and `id` or `relevant` (ids). Each
films file is a collection of its own; texts about films that it lacks are left out of it, and counted. MODEL is a
sentence-transformers name or folder. The same input and seed give the same head. A head is written after each epoch.

The side of the passages is not learned: their tokens are projected on the principal components of the model's own token
vectors, and all tell but function words and marks. So token vectors that are stored stay valid when the questions' side
is trained anew. Learned are, of the questions:

- the projection, which begins as that of the passages;
- the context vector, by which a token's weight changes with what is around it;
- a factor for each token of the vocabulary, by which its rarity is multiplied; a penalty keeps it near 1, and the
  second round, which begins where the first ended, has a smaller one;
- the scales of the parts of the score. They are printed, for `Weights` in moviesearch.retrieval.ranking.

The loss is a softmax over passages: the film's own that are nearest by meaning, against those that a search would
gather by meaning and by words (others of them in each step), and against the other films of the batch. It is that of
the whole score, and half as much that of late interaction alone. A film's weight falls with the number of its texts,
so that a head can't learn which films are asked for; what is written is an average over steps.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from head_data import Corpus, Example, Text, example_of, lines, passages_side, rarity_of, read_corpus, read_texts
from tokenizers import Tokenizer
from torch.nn.functional import normalize, softplus
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from moviesearch.embedding.late_interaction import TokenHead, read_head, write_head
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate
from moviesearch.embedding.onnx_encoder import OnnxEncoder
from moviesearch.embedding.passages import PassageSetting, split
from moviesearch.embedding.vectors import Vectors
from moviesearch.records import Movie

SAMPLE = 500
"""Passages of each films file from which the principal components are found."""
PENALTIES = (0.3, 0.03)
"""On the factors of tokens, one for each round."""
RATES = {"projection": 3e-4, "context": 2e-3, "factors": 1e-3, "scales": 5e-3}
BATCH, WARM_UP, AVERAGE, ALONE = 32, 30, 0.98, 0.5
SAMPLED, SHOWN = 12, 40
"""Passages of other films that are taken in each step; steps between two lines of progress."""


class Question(torch.nn.Module):
    """The questions' side of a head while it learns; `rarity` (v,) is that of the vocabulary's tokens."""

    def __init__(self, side: TokenHead, rarity: Vectors) -> None:
        super().__init__()
        self.side, self.rarity = side, torch.from_numpy(rarity)
        self.projection = torch.nn.Parameter(torch.from_numpy(side.projection.copy()))
        self.context = torch.nn.Parameter(torch.zeros(len(side.projection)))
        self.factors = torch.nn.Parameter(torch.zeros(len(rarity)))  # logarithms, as the scales
        self.scales = torch.nn.Parameter(torch.tensor([25.0, 25.0, 10.0, 6.0]).log())

    def forward(self, text: Text) -> tuple[torch.Tensor, torch.Tensor]:
        """Unit vectors (n, k) of a text's tokens, and their weights (n,), which sum to 1."""
        hidden, ids = torch.from_numpy(text.hidden.astype(np.float32)), torch.from_numpy(text.ids)
        weights = self.rarity[ids] * (self.factors[ids] + hidden @ self.context).clamp(-5, 5).exp()
        return normalize(hidden @ self.projection, dim=1), weights / weights.sum()

    def head(self) -> TokenHead:
        """The head as it is now."""
        weights = self.rarity * self.factors.exp()
        projection, weights_now, context = (p.detach().numpy() for p in (self.projection, weights, self.context))
        return TokenHead(self.side.projection, projection, weights_now, self.side.telling, context)


def batch_loss(
    question: Question, corpus: Corpus, batch: Sequence[Example], often: Counter[int], chance: np.random.Generator
) -> torch.Tensor:
    """The mean loss of a batch, each film with its weight."""
    parts = [np.r_[: one.own, one.own + chance.permutation(len(one.passages) - one.own)[:SAMPLED]] for one in batch]
    needed = sorted({int(row) for one, part in zip(batch, parts, strict=True) for row in one.passages[part]})
    place = {row: at for at, row in enumerate(needed)}
    tokens = corpus.padded(needed)
    alone, late_scale, cosine_scale, words_scale = question.scales.exp()
    loss, total = torch.zeros(()), 0.0
    for one, part in zip(batch, parts, strict=True):
        others = np.array([other.passages[0] for other in batch if other.film != one.film], np.intp)
        cosines = torch.from_numpy(np.append(one.cosines[part], corpus.vectors[others] @ one.text.vector))
        by_words = torch.from_numpy(np.append(one.shares[part], np.zeros(len(others), np.float32)))
        vectors, weights = question(one.text)
        compared = tokens[[place[int(row)] for row in np.append(one.passages[part], others)]]
        late = weights @ (vectors @ compared.flatten(0, 1).T).view(len(vectors), *compared.shape[:2]).amax(2)
        whole = late_scale * late + cosine_scale * cosines + words_scale * by_words
        weight = often[one.film] ** -0.5
        loss = loss + weight * (softmax_loss(whole, one.own) + ALONE * softmax_loss(alone * late, one.own))
        total += weight
    return loss / total


def softmax_loss(scores: torch.Tensor, own: int) -> torch.Tensor:
    """Cross entropy of the mean of the first `own` of some scores against the others."""
    return softplus(torch.logsumexp(scores[own:], 0) - torch.logsumexp(scores[:own], 0) + np.log(own))


def in_batches(examples: Sequence[Example], chance: np.random.Generator) -> list[list[Example]]:
    """Examples in batches of texts of similar length."""
    order, stretch = [examples[at] for at in chance.permutation(len(examples))], 16 * BATCH
    for at in range(0, len(order), stretch):
        order[at : at + stretch] = sorted(order[at : at + stretch], key=lambda one: len(one.text.ids))
    return [order[at : at + BATCH] for at in range(0, len(order), BATCH)]


def train(
    question: Question, data: Sequence[tuple[Corpus, list[Example]]], out: Path, epochs: int, penalty: float, seed: int
) -> Question:
    """One round; the average over its steps, whose head is then in `out`."""
    chance = np.random.default_rng(seed)
    often = [Counter(one.film for one in examples) for _, examples in data]
    steps = epochs * sum(-(-len(examples) // BATCH) for _, examples in data)
    optimizer = torch.optim.Adam({"params": [part], "lr": RATES[name]} for name, part in question.named_parameters())
    decay = LambdaLR(optimizer, lambda step: min(1, (step + 1) / WARM_UP) * max(0.05, 1 - step / steps))
    average = AveragedModel(question, avg_fn=lambda old, now, n: old.lerp(now, 1 - min(AVERAGE, float(n / (n + 10)))))
    mean = average.module
    assert isinstance(mean, Question)
    losses: list[float] = []
    for _ in range(epochs):
        batches = [(at, batch) for at, (_, examples) in enumerate(data) for batch in in_batches(examples, chance)]
        for at, batch in [batches[place] for place in chance.permutation(len(batches))]:
            loss = batch_loss(question, data[at][0], batch, often[at], chance)
            ids = torch.from_numpy(np.concatenate([one.text.ids for one in batch]))
            optimizer.zero_grad()
            (loss + penalty * question.factors[ids].square().mean()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            decay.step()
            average.update_parameters(question)
            losses.append(float(loss.detach()))
            if len(losses) % SHOWN == 0 or len(losses) == steps:
                print(f"step {len(losses)} of {steps}  loss {np.mean(losses[-SHOWN:]):.3f}", flush=True)
        write_head(out, mean.head())
        _, late, cosine, words = mean.scales.detach().exp().tolist()
        print(f"{out}: written; weights: late {late / cosine:.2f}, words {words / cosine:.2f}, cosine 1", flush=True)
    return mean


def main() -> None:
    """Read, embed, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out", type=Path)
    parser.add_argument("--films", type=Path, action="append", required=True, help="JSON lines: id, title, plot")
    parser.add_argument("--texts", type=Path, action="append", required=True, help="JSON lines: query, id or relevant")
    parser.add_argument("--epochs", type=int, default=2, help="of each of the two rounds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path, default=Path.home() / ".cache" / "moviesearch")
    given = parser.parse_args()

    encoder = load(given.model, given.models)
    if not isinstance(encoder, OnnxEncoder):
        raise SystemExit(f"{given.model} has no ONNX graph, and so gives no hidden states; train a head for another")
    setting, chance = PassageSetting(window=encoder.window), np.random.default_rng(given.seed)
    films = [[Movie(str(f["id"]), str(f["title"]), str(f["plot"])) for f in lines(path)] for path in given.films]
    pieces = [{film.id: split(film, encoder.tokenize, setting) for film in of_file} for of_file in films]
    passages = [[text for parts in of_file.values() for text in parts] for of_file in pieces]
    side = passages_side(encoder, [texts[at] for texts in passages for at in chance.permutation(len(texts))[:SAMPLE]])
    encoder.use_head(side)
    tokens = Tokenizer.from_file(str(locate(given.model, given.models).folder / "tokenizer.json"))
    rarity = rarity_of(tokens, [text for texts in passages for text in texts], len(side.telling))
    texts = read_texts(encoder, [record for path in given.texts for record in lines(path)], rarity)
    with tempfile.TemporaryDirectory() as place:
        data: list[tuple[Corpus, list[Example]]] = []
        for path, of_file in zip(given.films, pieces, strict=True):
            corpus = read_corpus(encoder, of_file, Path(place) / str(len(data)))
            data.append((corpus, [example for text in texts if (example := example_of(corpus, text))]))
            count = len(data[-1][1])
            print(f"{path}: {len(of_file):,} films, {count:,} texts; {len(texts) - count:,} about films that it lacks")
        if not any(examples for _, examples in data):
            raise SystemExit("no text is about a film of the films files: the ids have to be the same in both")
        question = Question(side, rarity)
        for penalty in PENALTIES:
            question = train(question, data, given.out, given.epochs, penalty, given.seed)
    read_head(given.out)
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
