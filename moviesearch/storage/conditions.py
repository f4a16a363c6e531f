"""Filters in a ledger's own terms, as an SQL condition on its films."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .attributes import Kind

Genres = Sequence[str]
"""Genres, of which a film has to have one."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What films have to be, all of it.

    `years` and `runtimes` (in minutes) are the first and the last, None where there is no such end. A film has to have
    one of each of `genres`, and one of each of `attributes`, which are numbers in the table of attributes. Of each of
    `without` it must lack all of one group: `((("Romance",), ("Comedy",)),)` leaves out what is both. `not_films` are
    ids, any number of them.
    """

    years: tuple[int | None, int | None] = (None, None)
    runtimes: tuple[int | None, int | None] = (None, None)
    genres: tuple[Genres, ...] = ()
    without: tuple[tuple[Genres, ...], ...] = ()
    attributes: tuple[Sequence[int], ...] = ()
    not_films: frozenset[str] = frozenset()


def condition(demands: Demands) -> tuple[str, list[object]]:
    """An SQL condition on the columns of `films`, and its values; an empty one where nothing is demanded."""
    clauses: list[str] = []
    values: list[object] = []
    for clause, more in _clauses(demands):
        clauses.append(clause)
        values += more
    return " AND ".join(clauses), values


def _clauses(demands: Demands) -> Iterator[tuple[str, Sequence[object]]]:
    yield from _span("year", demands.years)
    for genres in demands.genres:
        yield _of_genres([genres])
    for groups in demands.without:
        clause, values = _of_genres(groups)
        yield f"NOT ({clause})", values
    if demands.not_films:
        yield "id NOT IN (SELECT value FROM json_each(?))", [json.dumps(sorted(demands.not_films))]
    for numbers in demands.attributes:
        marks = ",".join("?" * len(numbers))
        yield f"id IN (SELECT film FROM film_attributes WHERE attribute IN ({marks}))", numbers
    if demands.runtimes != (None, None):
        spans = list(_span("value", demands.runtimes))
        within = " AND ".join(clause for clause, _ in spans)
        yield (
            "id IN (SELECT film FROM film_attributes WHERE attribute IN"
            f" (SELECT number FROM attributes WHERE kind = {Kind.RUNTIME:d} AND {within}))",
            [minutes for _, values in spans for minutes in values],
        )


def _span(column: str, ends: tuple[int | None, int | None]) -> Iterator[tuple[str, Sequence[object]]]:
    for sign, end in zip((">=", "<="), ends, strict=True):
        if end is not None:
            yield f"{column} {sign} ?", [end]


def _of_genres(groups: Sequence[Genres]) -> tuple[str, Sequence[object]]:
    """The condition that a film has a genre of each group."""
    # LIKE is fast and leaves few films whose genres have to be parsed.
    one = "(genres LIKE ? ESCAPE '!' AND EXISTS (SELECT 1 FROM json_each(genres) WHERE lower(value) = lower(?)))"
    clause = " AND ".join("(" + " OR ".join([one] * len(genres)) + ")" for genres in groups)
    values: list[object] = []
    for genre in (genre for genres in groups for genre in genres):
        values += ["%" + re.sub("[!%_]", r"!\g<0>", json.dumps(genre, ensure_ascii=False)) + "%", genre]
    return clause, values
