"""Which films may answer, and how many rows to ask for so that enough of them do."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from moviesearch.request import Filters
from moviesearch.storage.ledger import Ledger, condition
from moviesearch.storage.rows import Kind, passage_id

LONGEST_ID_FILTER = 6000
"""Films and rows that are named one by one, at most: where more pass a filter, they are counted."""


class Scope:
    """Which films may answer: those that pass the filters, less some that are left out."""

    def __init__(self, ledger: Ledger, filters: Filters, without: Collection[str] = ()) -> None:
        self._condition, self._values = condition(filters)
        self._ledger = ledger
        self.without = frozenset(without)
        total_films, total_passages, _ = ledger.counts()
        self._totals: dict[Kind, int] = {"films": total_films, "passages": total_passages}
        self._passing = self._totals
        if self._condition:
            films, passages = ledger.count(self._condition, self._values)
            self._passing = {"films": films, "passages": passages}
        self._admitted: dict[str, int] | None = None

    def to_scan(self, most: int = LONGEST_ID_FILTER) -> dict[str, int] | None:
        """The films that may answer with their numbers of passages, where a filter lets so many pass at most."""
        if not self._condition or self.rows("films") > most:
            return None
        if self._admitted is None:
            self._admitted = self._sizes(self._condition)
        return self._admitted

    def _sizes(self, condition: str) -> dict[str, int]:
        films = self._ledger.sizes(condition, self._values)
        return {film: count for film, count in films.items() if film not in self.without}

    def admitted(self, films: Iterable[str]) -> set[str]:
        """Those of some films that may be answers."""
        wanted = [film for film in films if film not in self.without]
        if not self._condition:
            return set(wanted)
        if self._admitted is not None:
            return self._admitted.keys() & wanted
        return self._ledger.meeting(wanted, self._condition, self._values)

    def rows(self, kind: Kind) -> int:
        """How many rows may answer."""
        return self._passing[kind]

    def id_filter(self, kind: Kind) -> list[str] | None:
        """The rows that may answer, where they are few enough to be named to Chroma."""
        films = self.to_scan() if self.rows(kind) <= LONGEST_ID_FILTER else None
        if films is None:
            return None
        if kind == "films":
            return list(films)
        return [passage_id(film, n) for film, count in films.items() for n in range(count)]

    def less(self, found: Collection[str]) -> dict[str, int]:
        """The films that may answer, less those found, with their numbers of passages."""
        films = self.to_scan() or self._sizes(self._condition or "1")
        return {film: count for film, count in films.items() if film not in found}

    def depth_for(self, kind: Kind, wanted: int) -> int:
        """How many neighbours to ask for so that about `wanted` of them may answer."""
        total, admitted = self._totals[kind], max(1, self.rows(kind))
        return min(total, int((wanted + len(self.without)) * total / admitted * 1.2) + 8)
