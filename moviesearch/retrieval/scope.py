"""Which films may answer, and how many rows to ask for so that enough of them do."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from moviesearch.storage.conditions import Demands, condition
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.rows import Kind, passage_ids

LONGEST_ID_FILTER = 6000
"""Films or rows that are listed one by one, at most; where more pass a filter, they are only counted."""


class Scope:
    """Which films may answer: those that are as the filters demand, less those of `without` (ids)."""

    def __init__(self, ledger: Ledger, demands: Demands, without: Collection[str] = ()) -> None:
        self._condition, self._values = condition(demands)
        self._ledger = ledger
        self.without = frozenset(without)
        total_films, total_passages, _ = ledger.counts()
        self._totals: dict[Kind, int] = {"films": total_films, "passages": total_passages}
        self._passing = self._totals
        if self._condition:
            films, passages = ledger.count(self._condition, self._values)
            self._passing = {"films": films, "passages": passages}
        self._admitted: dict[str, int] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether there is no filter: then nothing is read from the ledger to know which films may answer."""
        return not self._condition

    def to_scan(self, most: int = LONGEST_ID_FILTER) -> dict[str, int] | None:
        """Film -> its number of passages, for all that may answer; None without a filter, or where more pass it."""
        if not self._condition or self.rows("films") > most:
            return None
        if self._admitted is None:
            self._admitted = self._sizes(self._condition)
        return self._admitted

    def _sizes(self, condition: str) -> dict[str, int]:
        films = self._ledger.sizes(condition, self._values)
        return {film: count for film, count in films.items() if film not in self.without}

    def admitted(self, films: Iterable[str]) -> set[str]:
        """Those of some films that may answer."""
        ids = [film for film in films if film not in self.without]
        if not self._condition:
            return set(ids)
        if self._admitted is not None:
            return self._admitted.keys() & ids
        return self._ledger.meeting(ids, self._condition, self._values)

    def rows(self, kind: Kind) -> int:
        """How many rows pass the filters."""
        return self._passing[kind]

    def id_filter(self, kind: Kind) -> list[str] | None:
        """The ids of the rows that may answer; None without a filter, or where they are too many to list to Chroma."""
        films = self.to_scan() if self.rows(kind) <= LONGEST_ID_FILTER else None
        if films is None:
            return None
        if kind == "films":
            return list(films)
        return [row for film, count in films.items() for row in passage_ids(film, count)]

    def less(self, hits: Collection[str]) -> dict[str, int]:
        """Film -> its number of passages, for all that may answer but these."""
        films = self.to_scan() or self._sizes(self._condition or "1")
        return {film: count for film, count in films.items() if film not in hits}

    def depth_for(self, kind: Kind, count: int) -> int:
        """How many neighbours to ask for so that about `count` of them may answer."""
        total, passing = self._totals[kind], max(1, self.rows(kind))
        return min(total, int((count + len(self.without)) * total / passing * 1.2) + 8)
