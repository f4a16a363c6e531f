"""The groups that colour the map: the genres that lie together best, or decades. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from moviesearch.records import FilmMap

from .layout import Points

Colouring = Literal["genre", "decade"]
Theme = Literal["light", "dark"]

MOST_GENRES = 8
MOST_DECADES = 9
_NEIGHBOURS = 8
_LEAST_SHARE = 0.01
"""A genre of fewer films than this share is no group of its own."""


@dataclass(frozen=True, slots=True)
class Legend:
    """The names of groups, and the group of each film (n,) as an index into them; the last group is all the rest."""

    names: tuple[str, ...]
    group_of_film: tuple[int, ...]


def legend(shown: FilmMap, colouring: Colouring) -> Legend:
    """The groups of a map."""
    return by_genre(shown.genres, shown.points) if colouring == "genre" else by_decade(shown.years)


def by_genre(genres: Sequence[Sequence[str]], points: Points) -> Legend:
    """At most MOST_GENRES genres, those whose films lie together most, and "other".

    A film of several has the group of the one whose films lie together most: "Horror" rather than "Drama".
    """
    spellings: dict[str, Counter[str]] = {}
    folded = [[name.strip().casefold() for name in names if name.strip()] for names in genres]
    for names in genres:
        for name in names:
            spellings.setdefault(name.strip().casefold(), Counter())[name.strip()] += 1
    counts = Counter(name for names in folded for name in set(names))
    near = _near(points)
    lifts: dict[str, float] = {}
    for name, count in counts.items():
        if count > 1 and count >= _LEAST_SHARE * len(folded):
            has = np.array([name in names for names in folded])
            near_share = float(has[near[has]].mean()) if near.size else 0.0
            lifts[name] = max(near_share * len(folded) / count, 1.0)
    chosen = _telling(folded, lifts)
    chosen.sort(key=lambda name: (-counts[name], name))
    group_of = {name: group for group, name in enumerate(chosen)}

    def group(names: Sequence[str]) -> int:
        best = max(group_of.keys() & set(names), key=lambda name: (lifts[name], name), default=None)
        return len(chosen) if best is None else group_of[best]

    names = (*(_shown(spellings[name]) for name in chosen), "other")
    return Legend(names, tuple(group(names_of_film) for names_of_film in folded))


def by_decade(years: Sequence[int | None]) -> Legend:
    """Decades in their order, the earliest ones as one where there are many, and "no year"."""
    decades = sorted({year // 10 * 10 for year in years if year is not None})
    first = decades[-MOST_DECADES] if len(decades) > MOST_DECADES else None
    groups = [decade for decade in decades if first is None or decade >= first]
    names = [f"{decade}s" for decade in groups]
    if first is not None:
        names[0] = f"to {first + 9}"
    group_of = {decade: group for group, decade in enumerate(groups)}
    group_of_film = [len(groups) if year is None else group_of.get(year // 10 * 10, 0) for year in years]
    return Legend((*names, "no year"), tuple(group_of_film))


def _telling(folded: Sequence[Sequence[str]], lifts: Mapping[str, float]) -> list[str]:
    """The genres that tell most about the films together, chosen greedily.

    A film's genre tells log2 of its lift: how much more frequent the genre is among neighbours than among all.
    """
    chosen: list[str] = []
    covered = np.zeros(len(folded))
    bits_of = {name: np.array([name in names for names in folded]) * np.log2(lifts[name]) for name in sorted(lifts)}
    while bits_of and len(chosen) < MOST_GENRES:
        gains = {name: float(np.maximum(bits - covered, 0).sum()) for name, bits in bits_of.items()}
        best = max(gains, key=lambda name: gains[name])
        chosen.append(best)
        covered = np.maximum(covered, bits_of.pop(best))
    return chosen


def _near(points: Points) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The rows of each point's nearest other points, int64 (n, k)."""
    from scipy.spatial import cKDTree

    k = min(_NEIGHBOURS, len(points) - 1)
    if k < 1:
        return np.zeros((len(points), 0), np.int64)
    return np.asarray(cKDTree(points).query(points, k + 1)[1][:, 1:], np.int64)


def _shown(spellings: Counter[str]) -> str:
    """The most frequent spelling, capitalised."""
    name = max(spellings, key=lambda spelling: (spellings[spelling], spelling))
    return name[:1].upper() + name[1:]


# After Okabe and Ito: told apart by people of any colour vision (a test says so), and clear of their ground.
_GENRES: dict[Theme, tuple[str, ...]] = {
    "light": ("#0a66b0", "#dc8409", "#00875f", "#a22a18", "#45aae0", "#b3558c", "#8d7300", "#23262b"),
    "dark": ("#4f93ef", "#f0a020", "#17b890", "#f0683a", "#8fd4ff", "#d98bbb", "#f2e55c", "#f4f4f0"),
}
# Viridis: later is lighter (and the other way round on white).
_DECADES: dict[Theme, tuple[str, ...]] = {
    "light": ("#a8db34", "#5cc863", "#2ab07f", "#1f948c", "#297a8e", "#365d8d", "#433e85", "#481f70", "#440154"),
    "dark": ("#3b528b", "#306a8e", "#26828e", "#1f9a8a", "#28ae80", "#4ec36b", "#86d549", "#c2df23", "#fde725"),
}
_REST: dict[Theme, str] = {"light": "#b4b5b3", "dark": "#59616d"}


def colours(groups: Legend, colouring: Colouring, theme: Theme) -> tuple[str, ...]:
    """A colour for each group, as #rrggbb."""
    count = len(groups.names) - 1
    if colouring == "genre":
        return (*_GENRES[theme][:count], _REST[theme])
    return (*(_DECADES[theme][len(_DECADES[theme]) - count :]), _REST[theme])
