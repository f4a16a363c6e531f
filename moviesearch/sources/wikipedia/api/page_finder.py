"""The right page for a film: found, verified by what the page says of itself, or a miss with its reason."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from moviesearch.sources.wikipedia.article.categories import Facts, facts, is_disambiguation
from moviesearch.sources.wikipedia.article.naming import LICENCE, plain_title
from moviesearch.sources.wikipedia.article.sections import plot_of, sections

from .client import NoPage, Page
from .film_lists import Wanted

_LISTED_FILM = re.compile(r"^.{1,200}? \((?:[^()]* )?film\)", re.MULTILINE)
_MOST_LISTED = 5


class Pages(Protocol):
    """Whatever gives the page of a title."""

    def page(self, title: str) -> Page | NoPage:
        """Return the page, or why there is none."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film with its page and its plot."""

    wanted: Wanted
    page: Page
    facts: Facts
    year: int | None
    plot: str

    def record(self, site: str) -> dict[str, object]:
        """Return the record to be written; `site` (such as "enwiki") and the page's number make the id."""
        title = plain_title(self.page.title)
        record: dict[str, object] = {
            "id": f"{site}-{self.page.page_id}",
            "title": title,
            "year": self.year,
            "genres": list(self.facts.genres),
            "url": self.page.url,
            "plot": self.plot,
            "director": ", ".join(self.facts.directors),
            "country": ", ".join(self.facts.countries),
            "language": ", ".join(self.facts.languages),
            "wikipedia_title": self.page.title,
            "wikipedia_page_id": self.page.page_id,
            "wikipedia_revision_id": self.page.revision_id,
            "imdb_id": self.wanted.imdb_id,
            "listed_title": "" if self.wanted.title in (title, self.page.title) else self.wanted.title,
            "licence": LICENCE,
        }
        return {name: value for name, value in record.items() if value not in ("", None, [])}


@dataclass(frozen=True, slots=True)
class Miss:
    """A film of the list that is not in the result, and why; `unanswered` when asking again may help."""

    wanted: Wanted
    reason: str
    unanswered: bool = False


def find(wanted: Wanted, pages: Pages) -> Film | Miss:
    """Look for a film under its usual titles.

    A page is the film when its categories or its first sentence say that it is a film, and its year is the wanted
    one or next to it; the exact year wins. The titles are tried from the one that most films have.
    """
    queue = deque(_titles(wanted))
    tried: set[str] = set()
    reasons: dict[str, None] = {}
    missing: list[str] = []
    near: Film | Miss | None = None
    while queue:
        title = queue.popleft()
        if title in tried:
            continue
        tried.add(title)
        page = pages.page(title)
        if isinstance(page, NoPage):
            if page.missing:
                missing.append(title)
            else:
                reasons[page.reason] = None
            continue
        if page.title in tried - {title}:
            continue
        tried.add(page.title)
        lead = sections(page.text)[0].text
        if page.disambiguation or is_disambiguation(page.categories, lead):
            listed = [] if wanted.exact else [name for name in _listed(page, wanted) if name not in tried]
            queue.extendleft(reversed(listed))
            if not listed:
                year = f" of {wanted.year}" if wanted.year else ""
                reasons[f"{page.title!r} only lists what the title may mean, and no film{year} among it"] = None
            continue
        told = facts(page.categories, lead)
        reason = _not_it(page, told, wanted)
        if reason:
            reasons[reason] = None
            continue
        found = _film(wanted, page, told)
        if wanted.exact or wanted.year is None or wanted.year in told.years:
            return found
        near = near or found
    if near:
        return near
    if not reasons:
        named = [f"{title!r}" for title in missing]
        return Miss(wanted, f"there is no page {' or '.join([', '.join(named[:-1]), named[-1]][len(named) < 2 :])}")
    return Miss(wanted, "; ".join(reasons))


def _titles(wanted: Wanted) -> Iterator[str]:
    if wanted.exact:
        yield wanted.title
        return
    names = [wanted.title, *([wanted.other_title] if wanted.other_title else [])]
    for name in names:
        yield name
        if wanted.year:
            yield f"{name} ({wanted.year} film)"
        yield f"{name} (film)"
    for name in names if wanted.year else ():
        yield f"{name} ({wanted.year - 1} film)" if wanted.year else name
        yield f"{name} ({wanted.year + 1} film)" if wanted.year else name


def _listed(page: Page, wanted: Wanted) -> Iterator[str]:
    """Find the films that a disambiguation page lists under the wanted title, if they may be of the wanted year."""
    names = {_folded(name) for name in (wanted.title, wanted.other_title) if name}
    found = 0
    for line in _LISTED_FILM.findall(page.text):
        year = re.search(r"\b(\d{4})\b", line[line.rindex("(") :])
        if _folded(plain_title(line)) not in names or found == _MOST_LISTED:
            continue
        if year and wanted.year and abs(int(year[1]) - wanted.year) > 1:
            continue
        found += 1
        yield line


def _folded(title: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", title).casefold() if letter.isalnum())


def _not_it(page: Page, told: Facts, wanted: Wanted) -> str:
    if not told.is_film:
        said = f": {told.first_sentence[:120]}" if told.first_sentence else ""
        return f"the page {page.title!r} is not of a film{said}"
    if wanted.exact or wanted.year is None:
        return ""
    if not told.years:
        return f"the page {page.title!r} is of a film, but doesn't tell its year"
    if min(abs(year - wanted.year) for year in told.years) > 1:
        years = " or ".join(map(str, told.years))
        return f"{page.title!r} is a film of {years}, not of {wanted.year}"
    return ""


def _film(wanted: Wanted, page: Page, told: Facts) -> Film | Miss:
    plot, reason = plot_of(sections(page.text))
    if not plot:
        return Miss(wanted, f"the page {page.title!r} is the film, but {reason}")
    year = min(told.years, key=lambda year: (abs(year - (wanted.year or told.years[0])), year), default=wanted.year)
    return Film(wanted, page, told, year, plot)
