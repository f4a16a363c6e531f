"""What a film's further fields say of who made it, where, in what language and how long it is. Pure.

Sources name such fields in many ways and write them as a list, as several names in one text, or as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Any

from .title_folding import fold_title

VERSION = 1
"""To be raised with every change of what `attributes_of` returns: stores then read their films' fields again."""


class Kind(IntEnum):
    """What an attribute says; the number is stored."""

    DIRECTOR = 0
    CAST = 1
    WRITER = 2
    COUNTRY = 3
    LANGUAGE = 4
    RUNTIME = 5


PEOPLE = (Kind.DIRECTOR, Kind.CAST, Kind.WRITER)
ORIGINS = (Kind.COUNTRY, Kind.LANGUAGE)

_FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.DIRECTOR: ("director", "directors", "directed by"),
    Kind.CAST: ("cast", "actors", "stars", "starring"),
    Kind.WRITER: ("writer", "writers", "written by", "screenwriter", "screenwriters"),
    Kind.COUNTRY: ("country", "countries", "production countries", "country of origin", "origin/ethnicity", "origin"),
    Kind.LANGUAGE: ("language", "languages", "original language", "spoken languages"),
    Kind.RUNTIME: ("runtime", "running time", "runtime (mins)", "runtimeminutes", "runtime minutes", "duration"),
}
_KIND_OF = {name: kind for kind, names in _FIELDS.items() for name in names}

_SUFFIX = r"(?:jr|sr|i{2,3}|iv)\b"
_SEPARATOR = re.compile(rf"[;/|\n]|,(?!\s*{_SUFFIX})", re.IGNORECASE)
_PEOPLE_SEPARATOR = re.compile(rf"[;/|\n]|,(?!\s*{_SUFFIX})|\s(?:and|&)\s", re.IGNORECASE)
_LAST_WORDS = re.compile(rf"^(?P<name>.+?)(?:\s+{_SUFFIX})*$")
_BESIDE_A_NAME = re.compile(r"\s+as\s+.*|\s*\([^)]*\)\s*$", re.IGNORECASE | re.DOTALL)
_NAMES_IN_DICTS = re.compile(r"""['"](?:name|iso_\d+_1)['"]:\s*(?:'([^']*)'|"([^"]*)")""")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_NOTHING = frozenset(("", "unknown", "n/a", "n.a.", "na", "none", "null", "nan", "\\n", "-", "–", "various"))
_CODES = ("iso_3166_1", "iso_639_1")

_MINUTES = re.compile(r"(\d{1,6})(?:\.\d*)?\s*(?:m|min|mins|minutes?)?\.?")
_HOURS = re.compile(
    r"(?:pt)?\s*(\d{1,3})\s*(?:h|hrs?|hours?)\.?(?:\s*(?:and\s*)?(\d{1,3})\s*(?:m|min|mins|minutes?)?\.?)?"
)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d)?")
_ISO_MINUTES = re.compile(r"pt(\d{1,6})m(?:\d+s)?")


def attributes_of(
    extra: Mapping[str, Any], kinds: Collection[Kind] = (*PEOPLE, *ORIGINS)
) -> Iterator[tuple[Kind, str]]:
    """(kind, name) of each person, country and language that a film's further fields name, as they name them."""
    for field, value in extra.items():
        kind = kind_of(field)
        if kind is None or kind not in kinds:
            continue
        if kind in PEOPLE:
            for name in _values(value, _PEOPLE_SEPARATOR):
                if person := _person(name):
                    yield kind, person
        else:
            for name in _values(value, _SEPARATOR):
                yield kind, name


def _person(name: str) -> str:
    """A name without a role or a remark beside it."""
    return _BESIDE_A_NAME.sub("", name).strip() if name.endswith(")") or " as " in name.casefold() else name


@lru_cache(maxsize=512)
def kind_of(field: str) -> Kind | None:
    """The kind of a record's field, or None where it is another one."""
    return _KIND_OF.get(field.casefold().replace("_", " ").strip())


def runtime_of(extra: Mapping[str, Any]) -> int | None:
    """The running time in minutes, of `142`, `142 min`, `2h 22m`, `2:22` and `PT142M`; None where there is none."""
    for field, value in extra.items():
        if kind_of(field) == Kind.RUNTIME and (minutes := _minutes(value)):
            return minutes
    return None


def last_name(folded: str) -> str:
    """The last word of a folded name but for "jr" and the like; "" where it has one word only."""
    match = _LAST_WORDS.fullmatch(folded)
    name = match["name"] if match else folded
    return name.rpartition(" ")[2] if " " in name else ""


def fold_name(name: str) -> str:
    """A name for comparing, without case, accents and punctuation."""
    return fold_title(name)


def _values(value: object, separator: re.Pattern[str]) -> Iterator[str]:
    """The names that a field's value holds, stripped."""
    for name in _names(value, separator):
        stripped = " ".join(name.split())
        if stripped.casefold() not in _NOTHING:
            yield stripped


def _names(value: object, separator: re.Pattern[str]) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (str(value[key]) for key in ("english_name", "name", *_CODES) if value.get(key))
    elif isinstance(value, list):
        for part in value:
            yield from _names(part, separator) if isinstance(part, dict) else [str(part)]
    elif isinstance(value, str) and value.casefold().strip() not in _NOTHING:
        if value.startswith(("[", "{")):
            yield from _names_in_json(value, separator)
        else:
            yield from separator.split(value)


def _names_in_json(text: str, separator: re.Pattern[str]) -> Iterator[str]:
    """Names in a text that is JSON, or that Python wrote."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        pattern = _NAMES_IN_DICTS if "{" in text else _QUOTED
        quoted = [single or double for single, double in pattern.findall(text)]
        yield from quoted or separator.split(text.strip("[]{}"))
        return
    if isinstance(value, (list, dict)):
        yield from _names(value, separator)


def _minutes(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if 0 < value < 1_000_000 else None
    text = str(value).strip().casefold() if isinstance(value, str) else ""
    if match := _MINUTES.fullmatch(text) or _ISO_MINUTES.fullmatch(text):
        return int(match[1]) or None
    if match := _HOURS.fullmatch(text) or _CLOCK.fullmatch(text):
        return 60 * int(match[1]) + int(match[2] or 0) or None
    return None
