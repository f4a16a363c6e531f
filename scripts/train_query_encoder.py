"""Train a query encoder for a model: how questions are read, where passages are read by the model as it is.

    python scripts/train_query_encoder.py MODEL OUT.npz --films films.jsonl --films plots.jsonl \
        --texts scripts/training/memory.jsonl --texts scripts/training/posts.jsonl

Films, texts and MODEL are those of `train_head.py`, and MODEL has to be a BERT. With `--head HEAD.npz` the tokens' side
begins as that head's, else as that of the passages; `--begin OUT.npz` goes on with an encoder that was written before.
The file is written after each epoch. The same input and seed give the same encoder.

Learned are, of the questions:

- a correction of rank 8 of each dense layer, and a shift of the question's vector;
- the head's side of the questions: projection, context, and a factor for each token of the vocabulary.

The loss is the sum of three: a softmax over all passages of a films file by cosine, in which the film's own count
together; one over passages that a search would gather and those of the batch's other films, by the whole score; and the
same by late interaction alone, the first and the last with half the weight. A film's weight falls with the number of
its texts. What is written is an average over steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from head_data import MOST_TOKENS, Corpus, Example
from learning import ALONE, arguments, fit, read_data, softmax_loss, tell
from tokenizers import Tokenizer
from torch.nn.functional import normalize
from train_head import SAMPLED
from transformers import BertModel

from moviesearch.embedding.late_interaction import TokenHead, read_head
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate
from moviesearch.embedding.onnx_encoder import OnnxEncoder
from moviesearch.embedding.query_encoder import (
    Corrections,
    QueryEncoder,
    read_corrections,
    read_query_encoder,
    write_query_encoder,
)
from moviesearch.embedding.vectors import Vectors

RANK, MOST_READ = 8, 96
"""Of the corrections; tokens of a text that are read, special ones included."""
PENALTY = 0.1
"""On how far the factors of tokens move from where they began."""
RATES = {"model": 2e-4, "shift": 3e-4, "projection": 3e-4, "context": 2e-3, "factors": 1e-3, "scales": 5e-3}


class Corrected(torch.nn.Module):
    """A dense layer with a correction of low rank."""

    def __init__(self, dense: torch.nn.Linear, down: torch.Tensor, up: torch.Tensor) -> None:
        super().__init__()
        self.dense, self.down, self.up = dense, torch.nn.Parameter(down), torch.nn.Parameter(up)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """What the dense layer makes of states (..., in), corrected: (..., out)."""
        made: torch.Tensor = self.dense(states) + (states @ self.down.T) @ self.up.T
        return made


class Reader(torch.nn.Module):
    """The query encoder while it learns; `rarity` (v,) is that of the vocabulary's tokens."""

    def __init__(self, model: BertModel, begin: Corrections, side: TokenHead, shift: Vectors, rarity: Vectors) -> None:
        super().__init__()
        self.rarity = torch.from_numpy(rarity)
        self.model = model.eval().requires_grad_(False)  # type: ignore[no-untyped-call]
        self.layers = [name for name, part in model.encoder.named_modules() if isinstance(part, torch.nn.Linear)]
        for name in self.layers:
            parent, _, leaf = f"encoder.{name}".rpartition(".")
            dense = model.get_submodule(f"encoder.{name}")
            assert isinstance(dense, torch.nn.Linear)
            down, up = 0.02 * torch.randn(RANK, dense.in_features), torch.zeros(dense.out_features, RANK)
            if f"encoder.{name}" in begin:
                down, up = (torch.from_numpy(part) for part in begin[f"encoder.{name}"])
            setattr(model.get_submodule(parent), leaf, Corrected(dense, down, up))
        self.shift = torch.nn.Parameter(torch.from_numpy(shift))
        self.projection = torch.nn.Parameter(torch.from_numpy(side.query_projection.copy()))
        self.context = torch.nn.Parameter(torch.from_numpy(side.context.copy()))
        factors = (
            np.log(np.maximum(side.weights, 1e-3) / np.maximum(rarity, 1e-3)) if side.weights.any() else 0 * rarity
        )
        self.begun = torch.from_numpy(factors.clip(-4, 4).astype(np.float32))
        self.factors = torch.nn.Parameter(self.begun.clone())  # logarithms, as the scales
        self.scales = torch.nn.Parameter(torch.tensor([25.0, 20.0, 8.0, 5.0, 22.0]).log())

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Unit vectors of the texts (b, d), and unit hidden states of their tokens (b, n, d)."""
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        present = mask[:, :, None].float()
        mean = (states * present).sum(1) / present.sum(1)
        return normalize(normalize(mean, dim=1) + self.shift, dim=1), normalize(states, dim=2)

    def tokens(self, states: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Unit vectors (n, k) of a text's rarest tokens, and their weights (n,), which sum to 1."""
        rarest = torch.argsort(-self.rarity[ids], stable=True)[:MOST_TOKENS]
        states, ids = states[rarest], ids[rarest]
        weights = self.rarity[ids] * (self.factors[ids] + states @ self.context).clamp(-5, 5).exp()
        return normalize(states @ self.projection, dim=1), weights / weights.sum()

    def write(self, path: Path) -> None:
        """Write what was learned so far."""
        weights = self.rarity * self.factors.exp()
        parts = (part.detach().numpy() for part in (self.shift, self.projection, weights, self.context))
        layers = {f"encoder.{name}": self.model.encoder.get_submodule(name) for name in self.layers}
        corrections = {
            name: (layer.down.detach().numpy(), layer.up.detach().numpy())
            for name, layer in layers.items()
            if isinstance(layer, Corrected)
        }
        write_query_encoder(path, QueryEncoder(*parts), corrections)


def batch_loss(
    reader: Reader,
    corpus: Corpus,
    batch: Sequence[Example],
    often: Counter[int],
    chance: np.random.Generator,
    tokenizer: Tokenizer,
) -> torch.Tensor:
    """The mean loss of a batch, each film with its weight; with the penalty."""
    read = tokenizer.encode_batch([one.text.piece for one in batch])
    ids, mask = (torch.tensor([getattr(one, name) for one in read]) for name in ("ids", "attention_mask"))
    vectors, states = reader(ids, mask)
    everywhere = vectors @ torch.from_numpy(corpus.vectors).T
    parts = [np.r_[: one.own, one.own + chance.permutation(len(one.passages) - one.own)[:SAMPLED]] for one in batch]
    needed = sorted({int(row) for one, part in zip(batch, parts, strict=True) for row in one.passages[part]})
    place = {row: at for at, row in enumerate(needed)}
    passages = corpus.padded(needed)
    alone, late_scale, cosine_scale, words_scale, everywhere_scale = reader.scales.exp()
    loss, total = torch.zeros(()), 0.0
    for row, (one, part) in enumerate(zip(batch, parts, strict=True)):
        others = [int(other.passages[0]) for other in batch if other.film != one.film]
        compared = [*map(int, one.passages[part]), *others]
        cosines = everywhere[row, compared]
        by_words = torch.from_numpy(np.append(one.shares[part], np.zeros(len(others), np.float32)))
        inner = slice(1, int(mask[row].sum()) - 1)
        tokens, weights = reader.tokens(states[row, inner], ids[row, inner])
        of_passages = passages[[place[passage] for passage in compared]]
        late = weights @ (tokens @ of_passages.flatten(0, 1).T).view(len(tokens), *of_passages.shape[:2]).amax(2)
        whole = late_scale * late + cosine_scale * cosines + words_scale * by_words
        own = torch.arange(int(corpus.first[one.film]), int(corpus.first[one.film + 1]))
        scores = everywhere_scale * everywhere[row]
        among_all = torch.logsumexp(scores, 0) - torch.logsumexp(scores[own], 0)
        weight = often[one.film] ** -0.5
        apart = softmax_loss(alone * late, one.own) + among_all
        loss = loss + weight * (softmax_loss(whole, one.own) + ALONE * apart)
        total += weight
    moved = (reader.factors - reader.begun)[ids.unique()].square().mean()  # type: ignore[no-untyped-call]
    return loss / total + PENALTY * moved


def main() -> None:
    """Read, embed, train, write."""
    parser = arguments(__doc__, 3)
    parser.add_argument("--head", type=Path, help="a head of this model, as train_head.py writes it")
    parser.add_argument("--begin", type=Path, help="a query encoder of this model, as this script writes it")
    given = parser.parse_args()

    torch.manual_seed(given.seed)
    encoder = load(given.model, given.models)
    if not isinstance(encoder, OnnxEncoder):
        raise SystemExit(f"{given.model} has no ONNX graph, and so gives no hidden states; train for another model")
    folder = locate(given.model, given.models).folder
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    head = read_head(given.head) if given.head else None
    side, rarity, data = read_data(encoder, tokenizer, given.films, given.texts, given.seed, head)
    tokenizer.enable_truncation(MOST_READ)
    tokenizer.enable_padding()
    begin: Corrections = {}
    shift = np.zeros(encoder.dimension, np.float32)
    if given.begin:
        begin, earlier = read_corrections(given.begin), read_query_encoder(given.begin)
        side, shift = earlier.head(side), earlier.shift

    def write(mean: Reader) -> None:
        mean.write(given.out)
        tell(given.out, mean.scales)

    reader = Reader(BertModel.from_pretrained(folder), begin, side, shift, rarity)
    fit(reader, RATES, data, partial(batch_loss, tokenizer=tokenizer), write, given.epochs, given.seed)
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
