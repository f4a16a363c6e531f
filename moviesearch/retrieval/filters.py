"""Filters as a person gives them -> what films of a collection have to be, and what was taken for what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moviesearch.request import Filters
from moviesearch.storage.attributes import Kind
from moviesearch.storage.conditions import Demands
from moviesearch.storage.ledger import Ledger

from . import filter_names, genres
from .filter_names import CALLED

_SAYS = {
    Kind.DIRECTOR: "who directed them",
    Kind.CAST: "who plays in them",
    Kind.COUNTRY: "their countries",
    Kind.LANGUAGE: "their languages",
    Kind.RUNTIME: "how long they are",
}

NONE_CAN = "so no film matches"
"""What a note says of filters that no film of any collection can pass."""

_NO_RUNTIMES = (
    "no film here says how long it is, so none can be chosen by that: leave the running time out, or store films whose "
    "records have a runtime, as NFO files and the TMDB table do"
)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What films have to be. `notes` tell a person what was taken, `unknown` which names no film has."""

    demands: Demands
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def narrowed(filters: Filters, ledger: Ledger) -> Narrowed:
    """What the films of a ledger have to be to pass filters. A name that none has lets none pass."""
    notes = [
        *_turned_round("years", "year", filters.year_from, filters.year_to),
        *_turned_round("runtime", "number of minutes", filters.runtime_from, filters.runtime_to),
    ]
    unknown: list[str] = []
    there_are = ledger.genres() if filters.genres or filters.not_genres else []
    meant_genres: dict[str, genres.Meant] = {}
    for name in dict.fromkeys((*filters.genres, *filters.not_genres)):
        if (meant := genres.meant(name, there_are)) is None:
            unknown.append(genres.unknown(name, there_are))
            meant = genres.Meant(((name,),))
        meant_genres[name] = meant
        notes += [meant.note] if meant.note else []
    attributes: list[tuple[int, ...]] = []
    for kind, asked in _asked(filters):
        found = filter_names.meant(asked, kind, ledger.attributes())
        if found is None:
            unknown.append(filter_names.unknown(asked, kind, ledger.attributes()))
        attributes.append(tuple(one.number for one in found.attributes) if found else ())
        notes += [found.note] if found and found.note else []
    notes += _opposed(filters, meant_genres)
    few, none = _few_say(filters, ledger)
    notes += few
    unknown += none
    demands = Demands(
        years=(filters.year_from, filters.year_to),
        runtimes=(filters.runtime_from, filters.runtime_to),
        genres=tuple(group for name in filters.genres for group in meant_genres[name].groups),
        without=tuple(meant_genres[name].groups for name in filters.not_genres),
        attributes=tuple(attributes),
    )
    return Narrowed(demands, tuple(notes), tuple(unknown))


def _asked(filters: Filters) -> Iterator[tuple[Kind, str]]:
    yield from ((Kind.DIRECTOR, name) for name in filters.directors)
    yield from ((Kind.CAST, name) for name in filters.cast)
    yield from ((Kind.COUNTRY, name) for name in filters.countries)
    yield from ((Kind.LANGUAGE, name) for name in filters.languages)


def _turned_round(name: str, unit: str, first: int | None, last: int | None) -> list[str]:
    """That no film can be of a span, if so."""
    if first is None or last is None or first <= last:
        return []
    return [f"{name}: from {first} to {last} there is no {unit}, {NONE_CAN}; did you mean from {last} to {first}?"]


def _opposed(filters: Filters, meant: dict[str, genres.Meant]) -> list[str]:
    """That no film can be of a genre and not of it, if so; a film of each of some groups is of any that holds one."""
    wanted = [(name, set(group)) for name in filters.genres for group in meant[name].groups]
    notes = []
    for unwanted in filters.not_genres:
        names = [
            next((name for name, group in wanted if group <= set(without)), None) for without in meant[unwanted].groups
        ]
        if names and None not in names:
            notes.append(f"genre: no film is of {names[0]!r} and not of {unwanted!r}, {NONE_CAN}")
    return notes


def _few_say(filters: Filters, ledger: Ledger) -> tuple[list[str], list[str]]:
    """That most films can't be found by a filter, or none by one of running time: their records don't say."""
    kinds = list(dict.fromkeys(kind for kind, _ in _asked(filters)))
    if filters.runtime_from is not None or filters.runtime_to is not None:
        kinds.append(Kind.RUNTIME)
    films = ledger.counts()[0] if kinds else 0
    half = (films + 1) // 2
    said = [(kind, ledger.attributes().with_any(kind, half)) for kind in kinds]
    few = [
        f"{CALLED.get(kind, 'runtime')}: of {films:,} films {count:,} say {_SAYS[kind]}"
        for kind, count in said
        if 0 < count < half
    ]
    return few, [_NO_RUNTIMES] if (Kind.RUNTIME, 0) in said and films else []
