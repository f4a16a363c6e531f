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

from collections import Counter
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from head_data import Corpus, Example, Text
from learning import ALONE, arguments, fit, read_data, softmax_loss, tell
from tokenizers import Tokenizer
from torch.nn.functional import normalize

from moviesearch.embedding.late_interaction import TokenHead, read_head, write_head
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate
from moviesearch.embedding.onnx_encoder import OnnxEncoder
from moviesearch.embedding.vectors import Vectors

PENALTIES = (0.3, 0.03)
"""On the factors of tokens, one for each round."""
RATES = {"projection": 3e-4, "context": 2e-3, "factors": 1e-3, "scales": 5e-3}
SAMPLED = 12
"""Passages of other films that are taken in each step."""


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
    question: Question,
    corpus: Corpus,
    batch: Sequence[Example],
    often: Counter[int],
    chance: np.random.Generator,
    penalty: float,
) -> torch.Tensor:
    """The mean loss of a batch, each film with its weight; with the penalty."""
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
    ids = torch.from_numpy(np.concatenate([one.text.ids for one in batch]))
    return loss / total + penalty * question.factors[ids].square().mean()


def main() -> None:
    """Read, embed, train, write."""
    given = arguments(__doc__, 2, "of each of the two rounds").parse_args()

    encoder = load(given.model, given.models)
    if not isinstance(encoder, OnnxEncoder):
        raise SystemExit(f"{given.model} has no ONNX graph, and so gives no hidden states; train a head for another")
    tokenizer = Tokenizer.from_file(str(locate(given.model, given.models).folder / "tokenizer.json"))
    side, rarity, data = read_data(encoder, tokenizer, given.films, given.texts, given.seed)

    def write(mean: Question) -> None:
        write_head(given.out, mean.head())
        tell(given.out, mean.scales)

    question = Question(side, rarity)
    for penalty in PENALTIES:
        question = fit(question, RATES, data, partial(batch_loss, penalty=penalty), write, given.epochs, given.seed)
    read_head(given.out)
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
