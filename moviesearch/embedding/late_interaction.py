"""Late interaction: the tokens of a question compared with those of a passage, one by one.

A model's vector of a passage is the mean over its tokens, in which a detail is lost. Here the tokens' own vectors are
kept: each token of a question counts with its greatest similarity with any token of the passage, by the token's weight
(MaxSim: Khattab and Zaharia, ColBERT, 2020):

    score(q, p) = sum over i of w_i x max over j of q_i . p_j,   with w_i that sum to 1

A `TokenHead` belongs to a model and makes the token vectors: of passages those of telling tokens, projected to k
dimensions, scaled to length 1 and rounded to int8; of questions all, projected likewise, each with a weight: its
rarity times what was learned about words and turns of phrase that do or don't tell a story. `scripts/train_head.py`
makes the file, `head-<model>.npz` in the package's data. For a model without one `untrained` makes a head from the
model's own token vectors: their principal components, and rarity alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviesearch.atomic import replacing
from moviesearch.config import DATA
from moviesearch.errors import EncoderError

from .vectors import UNREADABLE, TokenVectors, Vectors, product, unit

FORMAT = 1
"""Version of the bytes of token vectors; part of what names them."""

UNTRAINED_BYTES = 64
"""Dimensions, of a byte each, to which a head that was not trained projects."""

EVERYWHERE = 0.4
"""Of texts: a token that more of them have tells nothing."""

MOST_TOKENS = 64
"""Tokens of a question that are compared, at most: those with the greatest weights."""

COMPARED = 0.97
"""Of the weight of these, so much is compared: half of a description's tokens have it."""

_SCALE = 254.0
"""A component of a token vector, -.5 to .5, times this is its byte; greater ones are cut, and there are few."""

_LIMIT = 5.0
"""The most that was learned can add to the logarithm of a weight, or take from it."""

Ids = Sequence[int] | NDArray[np.integer]
"""The numbers of tokens in the model's vocabulary."""


@dataclass(frozen=True, slots=True, eq=False)
class QueryTokens:
    """The telling tokens of a question: `vectors` (n, k), scaled so that the product with a passage's bytes as int8 is
    a cosine; `weights` (n,) that sum to 1; `texts` are the words of the question that the tokens are, or are parts of.
    """

    vectors: Vectors
    weights: Vectors
    texts: tuple[str, ...]

    def scores(self, tokens: TokenVectors, starts: NDArray[np.integer]) -> Vectors:
        """The scores (p,) of p passages, whose tokens (t, k) lie one after the other from `starts` (p + 1,).

        They are -1 to 1; a passage without tokens has -1.
        """
        scores = np.full(len(starts) - 1, -1.0, np.float32)
        with_tokens = np.flatnonzero(np.diff(starts))
        if len(with_tokens) and len(self.weights):
            similarities = product(tokens.view(np.int8).astype(np.float32), self.vectors.T)
            scores[with_tokens] = np.maximum.reduceat(similarities, starts[:-1][with_tokens], axis=0) @ self.weights
        return scores

    def best(self, tokens: TokenVectors) -> tuple[NDArray[np.intp], Vectors]:
        """For each token of the question the row of the most similar one of a passage's (t, k), and the similarity."""
        similarities = product(tokens.view(np.int8).astype(np.float32), self.vectors.T)
        return similarities.argmax(axis=0), similarities.max(axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class TokenHead:
    """What makes token vectors of a model's hidden states (tokens, d).

    `projection` and `query_projection` are float32 (d, k). By number in the vocabulary, `weights` (v,) float32 are
    those of a question's tokens, and `telling` (v,) bool says which tokens of passages are kept. `context` (d,)
    float32 changes a token's weight by what is around it: to weight x exp(h . context), h being the
    token's hidden state scaled to length 1.
    """

    projection: Vectors
    query_projection: Vectors
    weights: Vectors
    telling: NDArray[np.bool_]
    context: Vectors

    @property
    def digest(self) -> str:
        """Names all that shapes the token vectors of passages."""
        digest = hashlib.sha256(f"{FORMAT} {self.projection.shape}".encode())
        digest.update(np.ascontiguousarray(self.projection, np.float32).tobytes())
        digest.update(np.packbits(self.telling).tobytes())
        return digest.hexdigest()[:32]

    def passage(self, hidden: Vectors, ids: Ids) -> TokenVectors:
        """The token vectors of a passage: hidden states (tokens, d), special ones left out -> uint8 (kept, k)."""
        kept = hidden[self.telling[np.asarray(ids, np.intp)]]
        vectors = unit(product(kept, self.projection))
        rounded: NDArray[np.int8] = np.rint(vectors * _SCALE).clip(-127, 127).astype(np.int8)
        return np.asarray(rounded.view(np.uint8))

    def query(self, hidden: Vectors, ids: Ids) -> tuple[Vectors, Vectors]:
        """Vectors (tokens, k) and weights (tokens,), not yet scaled to a sum, of a question's tokens.

        Hidden states (tokens, d) are those of the tokens with special ones left out.
        """
        states = unit(hidden)
        learned = np.exp(np.clip(states @ self.context, -_LIMIT, _LIMIT))
        weights = self.weights[np.asarray(ids, np.intp)] * learned
        return unit(product(states, self.query_projection)) / np.float32(_SCALE), weights


def query_tokens(
    pieces: Sequence[str], parts: Sequence[tuple[Vectors, Vectors, Sequence[tuple[int, int]]]]
) -> QueryTokens:
    """The pieces of a question, of each its tokens' vectors, weights and spans, as one.

    Only the tokens with the greatest weights are kept: of MOST_TOKENS those that have COMPARED of the weight.
    """
    words = tuple(
        whole_word(piece, start, end)
        for piece, (_, _, spans) in zip(pieces, parts, strict=True)
        for start, end in spans
    )
    vectors = np.concatenate([vectors for vectors, _, _ in parts])
    weights = np.concatenate([weights for _, weights, _ in parts])
    by_weight = np.argsort(-weights, kind="stable")[:MOST_TOKENS]
    sums = np.cumsum(weights[by_weight])
    kept = np.sort(by_weight[: 1 + np.count_nonzero(sums < COMPARED * sums[-1:])])
    return QueryTokens(
        np.ascontiguousarray(vectors[kept], np.float32),
        np.asarray(weights[kept] / max(float(weights[kept].sum()), 1e-12), np.float32),
        tuple(words[row] for row in kept),
    )


def whole_word(text: str, start: int, end: int) -> str:
    """The word of which a token is a part."""
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end]


def untrained(hidden: Sequence[Vectors], ids: Sequence[Ids], vocabulary: Mapping[str, int]) -> TokenHead:
    """A head from a model's hidden states of some texts: each (tokens, d), with the tokens' numbers.

    The projection is on the principal components of the hidden states, scaled to length 1. A token's weight is its
    inverse document frequency over the texts. Tokens that tell are those with a letter or digit, unless they are in
    more than EVERYWHERE of the texts, as function words are.
    """
    dimension, size = hidden[0].shape[1], max(vocabulary.values()) + 1
    products = np.zeros((dimension, dimension))
    frequency = np.zeros(size)
    for states, tokens in zip(hidden, ids, strict=True):
        rows = unit(states).astype(np.float64)
        products += rows.T @ rows
        frequency[np.unique(np.asarray(tokens, np.intp))] += 1
    _, components = np.linalg.eigh(products)
    projection = np.ascontiguousarray(components[:, ::-1][:, :UNTRAINED_BYTES], np.float32)
    telling = np.zeros(size, np.bool_)
    telling[[number for token, number in vocabulary.items() if any(map(str.isalnum, token))]] = True
    telling &= frequency <= EVERYWHERE * len(hidden)
    weights = np.log(1 + (len(hidden) - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
    return TokenHead(projection, projection, weights, telling, np.zeros(dimension, np.float32))


def bundled_head(model: str, dimension: int) -> TokenHead | None:
    """The head in the package for a model of this name and dimension, whatever its precision; None where there is none.

    Raises EncoderError for a damaged file.
    """
    plain = model.removesuffix("@int8")
    if not plain.replace("-", "").replace("_", "").replace(".", "").isalnum():
        return None
    path = DATA / f"head-{plain}.npz"
    head = read_head(path) if path.is_file() else None
    return head if head is not None and len(head.projection) == dimension else None


def read_head(path: Path) -> TokenHead:
    """A head from a file. Raises EncoderError when it is none."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            projection, query_projection, weights, context = (
                arrays[name].astype(np.float32) for name in ("projection", "query_projection", "weights", "context")
            )
            telling = np.unpackbits(arrays["telling"], count=len(weights)).astype(np.bool_)
    except UNREADABLE as error:
        raise EncoderError(f"{path} can't be read ({error}); delete it, or reinstall moviesearch") from error
    if projection.shape != query_projection.shape or context.shape != projection.shape[:1]:
        raise EncoderError(f"the parts of {path} don't fit together; delete it, or reinstall moviesearch")
    return TokenHead(projection, query_projection, weights, telling, context)


def write_head(path: Path, head: TokenHead) -> None:
    """Store a head: float16, and a bit for each token of the vocabulary."""
    with replacing(path, "wb") as file:
        np.savez_compressed(
            file,
            projection=head.projection.astype(np.float16),
            query_projection=head.query_projection.astype(np.float16),
            weights=head.weights.astype(np.float16),
            context=head.context.astype(np.float16),
            telling=np.packbits(head.telling),
        )
