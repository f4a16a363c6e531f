"""What there is to choose from: the titles of a collection, completed as they are typed, its genres and years."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .storage.entries import fold_title

_FUZZY_FROM = 4
"""Shorter texts are like too many titles."""
_ALIKE = 75
"""Of 100: how alike a text and the beginning of a title must be."""


@dataclass(frozen=True, slots=True)
class Title:
    """A film by name."""

    id: str
    title: str
    year: int | None


class Catalogue:
    """Titles, genres and years of one state of a collection.

    `genres` are (name, number of films), the most frequent first.
    """

    def __init__(
        self,
        titles: Iterable[tuple[str, str, int | None]],
        genres: Sequence[tuple[str, int]] = (),
        years: tuple[int, int] | None = None,
    ) -> None:
        self.genres, self.years = tuple(genres), years
        self._titles = [Title(*title) for title in titles]
        self._folded = [fold_title(title.title) for title in self._titles]
        self._tails = sorted((tail, at) for at, folded in enumerate(self._folded) for tail in _tails(folded))

    def __len__(self) -> int:
        """The number of films."""
        return len(self._titles)

    def complete(self, text: str, limit: int = 8) -> list[Title]:
        """Titles that begin so, then those of which a later word does; where none does, those that look like it."""
        typed = fold_title(text)
        if not typed:
            return []
        found = heapq.nsmallest(limit, self._beginning(typed), key=lambda at: self._order(at, typed))
        if not found and len(typed) >= _FUZZY_FROM:
            found = self._alike(typed, limit)
        return [self._titles[at] for at in found]

    def _beginning(self, typed: str) -> set[int]:
        start = bisect_left(self._tails, (typed, -1))
        end = bisect_left(self._tails, (typed + "\U0010ffff", -1))
        return {at for _, at in self._tails[start:end]}

    def _order(self, at: int, typed: str) -> tuple[bool, int, str, int]:
        folded = self._folded[at]
        return not folded.startswith(typed), len(folded), folded, self._titles[at].year or 0

    def _alike(self, typed: str, limit: int) -> list[int]:
        from rapidfuzz import fuzz, process

        beginnings = [tail[: len(typed) + 1] for tail, _ in self._tails]
        best = process.extract(typed, beginnings, scorer=fuzz.ratio, limit=4 * limit, score_cutoff=_ALIKE)
        return list(dict.fromkeys(self._tails[at][1] for _, _, at in best))[:limit]


def _tails(folded: str) -> Iterator[str]:
    """A title from each of its words on."""
    yield folded
    for at, character in enumerate(folded):
        if character == " ":
            yield folded[at + 1 :]
