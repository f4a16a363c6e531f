"""An article's wikitext with a film infobox -> the film's record. Pure functions."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass

import mwparserfromhell

from .categories import facts
from .naming import LICENCE, plain_title
from .sections import Section, clean, is_plot_title, plot_of, sections
from .wikitext import bare, plain

_INFOBOX = r"\{\{\s*(?:template:)?\s*(?:infobox[ _]+(?:\w+[ _]+)?(?:film|movie)|film[ _]+infobox)\s*"
FILM_XML = re.compile((_INFOBOX + r"(?:\||\}\}|&lt;!--)").encode(), re.IGNORECASE)
"""Finds a film infobox in a page's XML, before anything is parsed."""

_START = re.compile(_INFOBOX + r"(?=\||\}\})", re.IGNORECASE)
_BRACES = re.compile(r"\{\{|\}\}")
_CATEGORY = re.compile(r"\[\[\s*category\s*:\s*([^\]|]+)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(18[89]\d|19\d\d|20\d\d)(?!\d)")
_IMDB = re.compile(r"\{\{\s*IMDb (?:title|movie)\s*\|\s*(?:id\s*=\s*|1\s*=\s*)?(?:tt)?(\d{5,9})", re.IGNORECASE)
_SEPARATORS = re.compile(r"\n|,\s|;\s|\s/\s|\s•\s")
_NAME_SEPARATORS = re.compile(r"\n|\s•\s")


@dataclass(frozen=True, slots=True)
class Site:
    """The wiki a dump comes from: "enwiki", and where its articles are read."""

    name: str
    base: str

    def url(self, title: str) -> str:
        """Return the address of an article."""
        return self.base + urllib.parse.quote(title.replace(" ", "_"), safe="/:@!$()*,;~")


def film_record(
    title: str, page_id: int, revision_id: int | None, wikitext: str, site: Site
) -> tuple[dict[str, object], str]:
    """Return the film's record and "", or an empty record and the reason why there is none.

    Director, country, language and year come from the infobox, the year from the categories where the infobox has
    none; genres from both.
    """
    text = bare(wikitext)
    fields = _fields(text)
    if fields is None:
        return {}, "it has no film infobox"
    plot, reason = plot_of(_told(text))
    if not plot:
        return {}, reason
    known = facts(_CATEGORY.findall(text), "")
    genres = [genre.casefold() for genre in _values(fields, _SEPARATORS, "genre")]
    record: dict[str, object] = {
        "id": f"{site.name}-{page_id}",
        "title": plain_title(title),
        "year": _year(fields) or next(iter(known.years), None),
        "genres": list(dict.fromkeys([*genres, *known.genres])),
        "url": site.url(title),
        "plot": plot,
        "director": ", ".join(_values(fields, _NAME_SEPARATORS, "director", "directors")),
        "country": ", ".join(_values(fields, _SEPARATORS, "country", "countries") or known.countries),
        "language": ", ".join(_values(fields, _SEPARATORS, "language", "languages") or known.languages),
        "wikipedia_title": title,
        "wikipedia_page_id": page_id,
        "wikipedia_revision_id": revision_id,
        "imdb_id": f"tt{imdb[1].zfill(7)}" if (imdb := _IMDB.search(text)) else "",
        "licence": LICENCE,
    }
    return {name: value for name, value in record.items() if value not in ("", None, [])}, ""


def _told(text: str) -> Iterator[Section]:
    """Yield an article's sections, as plain text where they may tell the plot: the rest isn't worth parsing."""
    outermost, tells = 7, False
    for part in sections(text):
        title = part.title.strip("' ")
        if part.level <= outermost:
            tells = is_plot_title(title)
            outermost = part.level or outermost
        yield Section(part.level, title, plain(part.text) if tells else "")


def _fields(text: str) -> dict[str, str] | None:
    """Return the parameters of the first film infobox, as wikitext."""
    start = _START.search(text)
    if not start:
        return None
    depth, end = 0, len(text)
    for brace in _BRACES.finditer(text, start.start()):
        depth += 1 if brace[0] == "{{" else -1
        if depth == 0:
            end = brace.end()
            break
    templates = mwparserfromhell.parse(text[start.start() : end]).filter_templates(recursive=False)
    if not templates:
        return {}
    return {str(param.name).strip().casefold(): str(param.value) for param in templates[0].params}


def _values(fields: dict[str, str], separators: re.Pattern[str], *names: str) -> list[str]:
    for name in names:
        text = clean(plain(fields.get(name, "")))
        found = [value.strip(" ,;*") for value in separators.split(text)]
        if any(found):
            return list(dict.fromkeys(value for value in found if value))
    return []


def _year(fields: dict[str, str]) -> int | None:
    years = _YEAR.findall(fields.get("released") or fields.get("release_date") or fields.get("release date") or "")
    return min(map(int, years), default=None)
