"""Long lists in pieces, since SQLite and Chroma take only so many values in one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def pages(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in their order, `size` at a time; the last piece may be shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
