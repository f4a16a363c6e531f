"""A person, country or language as people write it ("kubrick", "USA") -> attributes that a collection's films have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from moviesearch.storage.attributes import ORIGINS, Kind, fold_name
from moviesearch.storage.attributes_table import Attribute, Attributes

from .origins import known_names, shown_name, spellings

_MOST_TAKEN = 4
"""Names that a note lists of those that were taken."""

_MOST_LISTED = 40
"""Countries or languages that a message lists."""

_MOST_NEAR = 5
_NEAR = 70
"""Names that a message offers, and how alike they are at least, of 100."""

CALLED = {
    Kind.DIRECTOR: "director",
    Kind.CAST: "actor",
    Kind.WRITER: "writer",
    Kind.COUNTRY: "country",
    Kind.LANGUAGE: "language",
}
_PLURAL = {Kind.COUNTRY: "countries", Kind.LANGUAGE: "languages"}


@dataclass(frozen=True, slots=True)
class Meant:
    """The attributes that a name means, any of which will do. `note` tells a person what was taken."""

    attributes: tuple[Attribute, ...]
    note: str = ""


def meant(asked: str, kind: Kind, there_are: Attributes) -> Meant | None:
    """The attributes of a kind that a name means; None where it can be none of them.

    A person who is called just so is taken alone; else those of this surname, those whose names begin so or hold these
    words, the one whose name was misspelt.
    """
    folded = fold_name(asked)
    if not folded:
        return None
    if kind in ORIGINS:
        return _origin(asked, folded, kind, there_are)
    if exact := there_are.having(kind, [folded]):
        return Meant(tuple(exact))
    found = there_are.ending(kind, folded) or there_are.beginning(kind, folded)
    return _taken(asked, kind, found or _written_otherwise(folded, there_are.all_of(kind)))


def unknown(asked: str, kind: Kind, there_are: Attributes) -> str:
    """What to tell a person who asked for a name that no film has: the nearest there are, or all countries."""
    said = f"no film here has the {CALLED[kind]} {asked!r}"
    names = there_are.all_of(kind)
    if not names:
        return f"{said}: none of them says its {_PLURAL.get(kind, CALLED[kind])}"
    if kind in ORIGINS:
        counts: dict[str, int] = {}
        for attribute in names:
            name = shown_name(kind, attribute.name)
            counts[name] = counts.get(name, 0) + attribute.films
        ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        listed = [f"{_printable(name)} ({count:,})" for name, count in ordered]
        more = f" and {len(listed) - _MOST_LISTED:,} more" if len(listed) > _MOST_LISTED else ""
        return f"{said}. The {_PLURAL[kind]} are: {', '.join(listed[:_MOST_LISTED])}{more}"
    near = _nearest(fold_name(asked), names)
    return f"{said}. Did you mean: {', '.join(map(_printable, near))}?" if near else said


def _origin(asked: str, folded: str, kind: Kind, there_are: Attributes) -> Meant | None:
    found = there_are.having(kind, spellings(kind, folded))
    if not found and (known := _misspelt(folded, [*known_names(kind), *(one.value for one in there_are.all_of(kind))])):
        found = there_are.having(kind, spellings(kind, known))
    return _taken(asked, kind, found)


def _taken(asked: str, kind: Kind, found: Sequence[Attribute]) -> Meant | None:
    if not found:
        return None
    names = list(dict.fromkeys(shown_name(kind, one.name) if kind in ORIGINS else one.name for one in found))
    if len(names) == 1 and fold_name(names[0]) == fold_name(asked):
        return Meant(tuple(found))
    quoted = [repr(_printable(name)) for name in names[:_MOST_TAKEN]]
    more = f" and {len(names) - _MOST_TAKEN:,} more" if len(names) > _MOST_TAKEN else ""
    return Meant(tuple(found), f"{CALLED[kind]}: taking {' or '.join(quoted)}{more} for {_printable(asked)!r}")


def _written_otherwise(folded: str, names: Sequence[Attribute]) -> list[Attribute]:
    """Those whose name has these letters, or these words in another order; who holds the words; who was misspelt."""
    letters, words = folded.replace(" ", ""), sorted(folded.split())
    if same := [one for one in names if one.value.replace(" ", "") == letters or sorted(one.value.split()) == words]:
        return same
    if within := [one for one in names if f" {folded} " in one.value]:
        return within
    surnames = {one.value: one.value.rpartition(" ")[2] for one in names} if " " not in folded else {}
    nearest = _misspelt(folded, [*(one.value for one in names), *surnames.values()])
    return [one for one in names if nearest and nearest in (one.value, surnames.get(one.value))]


def _misspelt(folded: str, names: Iterable[str]) -> str | None:
    """The only one of some names that differs in a letter, or two in a long one; None where there are none or more."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    most = 2 if len(folded) >= 8 else 1 if len(folded) >= 5 else 0
    if not most:
        return None
    distinct = [name for name in dict.fromkeys(names) if len(name) >= 5]
    found = process.extract(folded, distinct, scorer=OSA.distance, score_cutoff=most, limit=None)
    least = min((slips for _, slips, _ in found), default=0)
    nearest = [name for name, slips, _ in found if slips == least]
    return nearest[0] if len(nearest) == 1 else None


def _nearest(folded: str, names: Sequence[Attribute]) -> list[str]:
    """The names of people that are most alike, whole ones or surnames."""
    from rapidfuzz import fuzz, process

    whole = [one.value for one in names]
    choices = whole if " " in folded else [one.rpartition(" ")[2] for one in whole]
    found = process.extract(folded, choices, scorer=fuzz.ratio, score_cutoff=_NEAR, limit=_MOST_NEAR)
    return [names[index].name for _, _, index in found]


def _printable(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())
