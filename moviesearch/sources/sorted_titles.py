"""Titles as catalogues sort them, with the year behind: "Lamp, The (1999)" -> "The Lamp", 1999."""

from __future__ import annotations

import re

from .years import year_in

_SURE = r"The|A|An|Le|La|Les|Der|Das|El|Los|Las|Il|Gli|Het"
_ONLY_WITH_YEAR = r"Un|Une|Des|Die|Den|Dem|Ein|Eine|Una|Uno|Lo|I|O|Os|As|Um|Uma|De|Een|Det|En|Ett|Et|Az|Al"
"""These end titles of their own too ("Trois, Deux, Un"): beside a year and behind the only comma they are articles."""

_YEAR_OR_YEARS = re.compile(r"(\d{4})(?:\s*[-–]\s*(?:\d{4})?)?")
_PART = re.compile(r"\((?:a\.k\.a\. |aka )?([^()]+)\)")


def without_year(title: str) -> tuple[str, int | None]:
    """(title, year) of a title that ends with "(1999)" or "(1999–2001)"; (title, None) of any other."""
    name, _, behind = title.rpartition("(")
    years = _YEAR_OR_YEARS.fullmatch(behind[:-1]) if behind.endswith(")") else None
    year = year_in(years[1]) if years else None
    return (name.rstrip(), year) if name.strip() and year else (title, None)


def article_first(title: str, *, beside_year: bool = False) -> str:
    """A title with its article in front: "Lamp, The" -> "The Lamp", "Avventura, L'" -> "L'Avventura".

    `beside_year` tells that a year stood behind it. Only then words that may be no articles count as such too, and
    other names in brackets are put right as well: "Lamp, The (Lampe, La)" -> "The Lamp (La Lampe)".
    """
    if ", " not in title:
        return title
    if not beside_year:
        return _moved(title, _SURE_END)
    name, bracket, rest = title.partition(" (")
    return _moved(name, _ANY_END) + _PART.sub(lambda part: _within(part, _ANY_END), bracket + rest)


_SURE_END = re.compile(rf"(.*\S), ({_SURE}|the|L['’])")
_ANY_END = re.compile(rf"(.*\S), ({_SURE}|L['’]|'t)|([^,]*[^,\s]), ({_ONLY_WITH_YEAR})", re.IGNORECASE)


def _within(part: re.Match[str], end: re.Pattern[str]) -> str:
    return part[0].replace(part[1], _moved(part[1], end))


def _moved(name: str, end: re.Pattern[str]) -> str:
    found = end.fullmatch(name)
    if not found:
        return name
    rest, article = (part for part in found.groups() if part)
    return article[0].upper() + article[1:] + ("" if article[-1] in "'’" else " ") + rest
