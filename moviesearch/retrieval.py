"""Candidates for a query: passages near in Chroma, one row a film, within the filters."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .embedding.vectors import Vectors
from .storage.chroma import ChromaStore
from .storage.ledger import Ledger
from .storage.rows import Kind, film_of, passage_id
from .vectors import similarity

MOST_LISTED = 6000
"""Films and rows that are looked at as a list, at most: where more pass a filter, they are counted."""

SIFTED = 1500
"""Neighbours that are asked for to be sifted by a filter, even if fewer would do: some 10 ms."""

ROWS_A_FILM = 3
"""Rows to ask for, for each film that is needed: some films have many near ones, and filters let through more or fewer
than is to be expected."""

_NEIGHBOUR_MS = 0.007
"""What one more neighbour takes that Chroma is asked for: 3,000 of them take 24 ms, 8,000 take 50."""

_PAGE = 2000


@dataclass(frozen=True, slots=True)
class Filters:
    """What a film must be to be an answer; all that are set must hold."""

    year_from: int | None = None
    year_to: int | None = None
    genres: tuple[str, ...] = ()

    def condition(self) -> tuple[str, list[object]]:
        """The filter over the ledger's columns; an empty condition where nothing is asked."""
        parts: list[str] = []
        values: list[object] = []
        if self.year_from is not None:
            parts.append("year >= ?")
            values.append(self.year_from)
        if self.year_to is not None:
            parts.append("year <= ?")
            values.append(self.year_to)
        for genre in self.genres:
            # LIKE goes over all films in an instant, and leaves few of them to be looked at one by one.
            parts.append(
                "(genres LIKE ? ESCAPE '!' AND EXISTS (SELECT 1 FROM json_each(genres) WHERE lower(value) = lower(?)))"
            )
            values += ["%" + re.sub("[!%_]", r"!\g<0>", json.dumps(genre, ensure_ascii=False)) + "%", genre]
        return " AND ".join(parts), values


@dataclass(frozen=True, slots=True)
class Nearest:
    """A film by its best row: the row's id and its cosine with the query."""

    film: str
    row: str
    cosine: float


class Scope:
    """Which films may answer: those that pass the filters, less some that are left out."""

    def __init__(self, ledger: Ledger, filters: Filters, without: Collection[str] = ()) -> None:
        self._condition, self._values = filters.condition()
        self._ledger = ledger
        self.without = frozenset(without)
        total_films, total_passages, _ = ledger.counts()
        self._totals: dict[Kind, int] = {"films": total_films, "passages": total_passages}
        self._passing = self._totals
        if self._condition:
            films, passages = ledger.count(self._condition, self._values)
            self._passing = {"films": films, "passages": passages}
        self._few: dict[str, int] | None = None

    def few(self, most: int = MOST_LISTED) -> dict[str, int] | None:
        """The films that may answer with their numbers of passages, where a filter lets so many pass at most."""
        if not self._condition or self.rows("films") > most:
            return None
        if self._few is None:
            self._few = self._sizes(self._condition)
        return self._few

    def _sizes(self, condition: str) -> dict[str, int]:
        films = self._ledger.sizes(condition, self._values)
        return {film: count for film, count in films.items() if film not in self.without}

    def admitted(self, films: Iterable[str]) -> set[str]:
        """Those of some films that may be answers."""
        wanted = [film for film in films if film not in self.without]
        if not self._condition:
            return set(wanted)
        if self._few is not None:
            return self._few.keys() & wanted
        return self._ledger.meeting(wanted, self._condition, self._values)

    def rows(self, kind: Kind) -> int:
        """How many rows may answer."""
        return self._passing[kind]

    def listed(self, kind: Kind) -> list[str] | None:
        """The rows that may answer, where they are few enough to be named to Chroma."""
        few = self.few() if self.rows(kind) <= MOST_LISTED else None
        if few is None:
            return None
        if kind == "films":
            return list(few)
        return [passage_id(film, n) for film, count in few.items() for n in range(count)]

    def others(self, found: Collection[str]) -> dict[str, int]:
        """The films that may answer, less those found, with their numbers of passages."""
        films = self.few() or self._sizes(self._condition or "1")
        return {film: count for film, count in films.items() if film not in found}

    def reach(self, kind: Kind, wanted: int) -> int:
        """How many neighbours to ask for so that about `wanted` of them may answer."""
        total, admitted = self._totals[kind], max(1, self.rows(kind))
        return min(total, int((wanted + len(self.without)) * total / admitted * 1.2) + 8)


def nearest_films(
    store: ChromaStore, kind: Kind, vector: Vectors, films: int, scope: Scope, least: int | None = None
) -> list[Nearest]:
    """The `films` nearest films that may answer, each by its nearest row.

    There may be fewer where some films have many near rows, or where a filter lets few films pass, but never less
    than `least` (`films` where it isn't given) unless there are no more.

    A filter is applied to a longer list of neighbours; where so many would be needed that it is quicker to compare
    all that may answer, they are. Chroma's own filters, by `where` or by a list of ids, walk its graph until enough
    of it pass: of a hundred rows among 100,000 it looks at every one.
    """
    least = films if least is None else min(least, films)
    needed = scope.reach(kind, ROWS_A_FILM * least)
    ask = max(needed, min(SIFTED, scope.reach(kind, films)))
    if scope.rows(kind) * store.vector_ms <= ask * _NEIGHBOUR_MS and (few := scope.few()) is not None:
        return _ranked(_one_by_one(store, kind, vector, few), films)
    among = scope.listed(kind) if store.quotas.results else None
    while True:
        most = scope.reach(kind, 10**9) if among is None else len(among)
        rows = store.nearest(kind, vector, min(ask, most), among)
        best: dict[str, Nearest] = {}
        for row, cosine in rows:
            film = film_of(row) if kind == "passages" else row
            if film not in best:
                best[film] = Nearest(film, row, cosine)
        may = scope.admitted(best)
        best = {film: match for film, match in best.items() if film in may}
        if len(best) >= least or ask >= most:
            break
        if among is None and (among := scope.listed(kind)) is not None:  # those that pass are far from the query
            ask = max(films, ROWS_A_FILM * least)
        else:
            ask *= 4
    if len(best) < least and (left := scope.others(best)):
        best |= _one_by_one(store, kind, vector, left)
    return _ranked(best, films)


def _ranked(best: Mapping[str, Nearest], films: int) -> list[Nearest]:
    return sorted(best.values(), key=lambda match: -match.cosine)[:films]


def _one_by_one(store: ChromaStore, kind: Kind, vector: Vectors, films: Mapping[str, int]) -> dict[str, Nearest]:
    """Films that the graph of an HNSW index did not lead to: where many rows are alike, it may pass others by."""
    rows = list(films) if kind == "films" else [passage_id(film, n) for film in films for n in range(films[film])]
    best: dict[str, Nearest] = {}
    for start in range(0, len(rows), _PAGE):
        found = store.vectors(kind, rows[start : start + _PAGE])
        if not found:
            continue
        for row, cosine in zip(found, similarity(vector, np.stack(list(found.values()))).tolist(), strict=True):
            film = film_of(row) if kind == "passages" else row
            if film not in best or cosine > best[film].cosine:
                best[film] = Nearest(film, row, cosine)
    return best


def blend(lists: Sequence[Sequence[Nearest]]) -> list[Nearest]:
    """Several lists as one: the mean cosine over the lists, a film that a list lacks counting as its last one."""
    if len(lists) == 1:
        return list(lists[0])
    total: dict[str, float] = {}
    best: dict[str, Nearest] = {}
    floors = [nearest[-1].cosine if nearest else 0.0 for nearest in lists]
    for nearest, floor in zip(lists, floors, strict=True):
        for match in nearest:
            total[match.film] = total.get(match.film, sum(floors)) + match.cosine - floor
            if match.film not in best or match.cosine > best[match.film].cosine:
                best[match.film] = match
    ranked = sorted(total, key=lambda film: (-total[film], film))
    return [Nearest(film, best[film].row, total[film] / len(lists)) for film in ranked]
