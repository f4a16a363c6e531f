"""A title as a person writes it -> the film that is meant."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from moviesearch.errors import NotFoundError
from moviesearch.records import Movie
from moviesearch.storage.entries import fold_title
from moviesearch.storage.ledger import Ledger

LIKE = 75
"""How like a title (rapidfuzz's WRatio, 0 to 100) one must be to be suggested."""


def called(ledger: Ledger, title: str, year: int | None, collection: str) -> Movie:
    """The film of this title. Raises NotFoundError with the films to choose from, or the nearest titles."""
    found = ledger.by_title(title, year)
    if len(found) == 1:
        return found[0]
    if found:
        listing = "; ".join(f"{movie.title} ({movie.year or 'no year'}, --id {movie.id})" for movie in found)
        raise NotFoundError(f"there are {len(found)} films called {title!r}: {listing}. Say which with --year or --id")
    suggested = near(ledger, title)
    hint = f" Did you mean: {'; '.join(suggested)}?" if suggested else ""
    when = f" of {year}" if year is not None else ""
    raise NotFoundError(f"there is no film called {title!r}{when} in {collection!r}.{hint}")


def near(ledger: Ledger, title: str, limit: int = 5) -> list[str]:
    """Titles (with years) that look like the one given, nearest first."""
    from rapidfuzz import fuzz, process

    known = list(ledger.titles())
    folded = [fold_title(name) for _, name, _ in known]
    best = process.extract(fold_title(title), folded, scorer=fuzz.WRatio, limit=limit, score_cutoff=LIKE)
    return [f"{known[at][1]} ({known[at][2]})" if known[at][2] else known[at][1] for _, _, at in best]


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
