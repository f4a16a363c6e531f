"""The interface of all encoders, which turn texts into vectors, and the batches that go through a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from .late_interaction import QueryTokens
from .passages import Spans
from .vectors import TokenVectors, Vectors

BATCH_TOKENS, GPU_BATCH_TOKENS = 256, 16_384
"""Tokens that go through the model together. Few are enough to keep a processor busy, and the results of more don't fit
its caches; a GPU needs many."""


class Encoder(Protocol):
    """Turns texts into vectors.

    `name` is the model's, `location` finds it again, `digest` is a sha256 over all that shapes its vectors,
    `dimension` is theirs. `window` is how many tokens of a text the model reads, special ones included.
    `token_digest` names all that shapes its token vectors; None: it gives none. `has_query_encoder` says whether it
    reads questions otherwise than passages, so that no adapter has to move their vectors.
    """

    name: str
    location: str
    digest: str
    dimension: int
    window: int

    @property
    def token_digest(self) -> str | None:
        """What shapes its token vectors, or None."""
        ...

    @property
    def has_query_encoder(self) -> bool:
        """Whether it reads questions otherwise than passages."""
        ...

    def tokenize(self, text: str) -> Spans:
        """(start, end) character offsets of the text's tokens, uncut and without special tokens."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 (texts, dimension), in the texts' order; each text is cut at the model's window."""
        ...

    def encode_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """The texts' vectors, as `encode` gives them, and each text's token vectors, from one run of the model.

        Token vectors are uint8 (tokens, bytes of a token), the bytes the same for all. Raises EncoderError where
        `token_digest` is None.
        """
        ...

    def encode_query(self, pieces: Sequence[str]) -> tuple[Vectors, QueryTokens | None]:
        """A question in pieces that fit the window: the pieces' vectors, and its tokens.

        The vectors are those of the query encoder where there is one, else as `encode` gives them. The tokens are to
        be compared with the token vectors of passages; None where `token_digest` is None.
        """
        ...

    def telling_spans(self, text: str) -> Spans:
        """(start, end) character offsets of those tokens of a text that `encode_tokens` gives vectors for.

        Raises EncoderError where `token_digest` is None.
        """
        ...


@runtime_checkable
class TokenizesTogether(Protocol):
    """An encoder that tokenizes many texts at once, on all cores, while other threads go on."""

    def tokenize_all(self, texts: Sequence[str]) -> list[Spans]:
        """What `Encoder.tokenize` gives for each text."""
        ...


def batches(lengths: Sequence[int], tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Rows in batches of about `tokens` tokens, longest texts first; a batch's lengths are similar, to save padding.

    `lengths` are the texts' numbers of tokens.
    """
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    start = 0
    while start < len(order):
        size = max(1, min(64, tokens // max(1, lengths[order[start]])))
        yield order[start : start + size]
        start += size
