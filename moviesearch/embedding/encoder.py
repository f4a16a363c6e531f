"""What turns texts into vectors, whichever way, and how many texts go through a model together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from .passages import Spans
from .vectors import Vectors

BATCH_TOKENS, GPU_BATCH_TOKENS = 256, 16_384
"""Tokens that go through the model together. A processor has enough for its products with few, and with more their
results outgrow its caches; a GPU wants many."""


class Encoder(Protocol):
    """What turns texts into vectors; `digest` names everything that shapes them."""

    name: str
    location: str
    digest: str
    dimension: int
    window: int

    def tokenize(self, text: str) -> Spans:
        """(start, end) character offsets of the text's tokens, uncut and without special tokens."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 (texts, dimension), in the texts' order; each text is cut at the model's window."""
        ...


def batches(lengths: Sequence[int], tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Row numbers in batches of similar length, longest first, so that little is spent on padding."""
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    start = 0
    while start < len(order):
        size = max(1, min(64, tokens // max(1, lengths[order[start]])))
        yield order[start : start + size]
        start += size
