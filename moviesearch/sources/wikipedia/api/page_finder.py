"""A film of a list -> its page, confirmed by what the page says of itself, or a miss with its reason."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from moviesearch.sources.wikipedia.article.categories import Facts, facts, is_disambiguation
from moviesearch.sources.wikipedia.article.languages import ENGLISH, Words
from moviesearch.sources.wikipedia.article.naming import LICENCE, plain_title
from moviesearch.sources.wikipedia.article.sections import plot_of, sections

from .client import NoPage, Page
from .film_lists import ListedFilm

_MOST_CANDIDATES = 5


class Pages(Protocol):
    """Whatever gives the page of a title."""

    def page(self, title: str) -> Page | NoPage:
        """Return the page, or why there is none."""

    def with_imdb_id(self, imdb_id: str) -> list[str]:
        """Return the titles of the pages that link to a film's page at IMDb."""


@dataclass(frozen=True, slots=True)
class FilmPage:
    """A film of a list with its page, and what is read from that."""

    wanted: ListedFilm
    page: Page
    facts: Facts
    year: int | None
    plot: str
    words: Words = ENGLISH

    def record(self, site: str) -> dict[str, object]:
        """Return the record to write; its id is made of `site` (such as "enwiki") and the page's number."""
        title = plain_title(self.page.title, self.words)
        english = plain_title(self.page.english_title)
        record: dict[str, object] = {
            "id": f"{site}-{self.page.page_id}",
            "title": title,
            "year": self.year,
            "also": [english] if english not in ("", title) else [],
            "genres": list(self.facts.genres),
            "url": self.page.url,
            "plot": self.plot,
            "director": ", ".join(self.facts.directors),
            "country": ", ".join(self.facts.countries),
            "language": ", ".join(self.facts.languages),
            "wikipedia_title": self.page.title,
            "wikipedia_page_id": self.page.page_id,
            "wikipedia_revision_id": self.page.revision_id,
            "wikidata_id": self.page.wikidata_id,
            "imdb_id": self.wanted.imdb_id,
            "listed_title": "" if self.wanted.title in (title, self.page.title, english) else self.wanted.title,
            "licence": LICENCE,
        }
        return {name: value for name, value in record.items() if value not in ("", None, [])}


@dataclass(frozen=True, slots=True)
class Miss:
    """A film of the list without a record, and why; `unanswered` where another run may bring it."""

    wanted: ListedFilm
    reason: str
    unanswered: bool = False


def find(listed: ListedFilm, pages: Pages, words: Words = ENGLISH) -> FilmPage | Miss:
    """Find the page of a film under the usual titles of such pages, the most usual first.

    A page is taken for the film's when its categories or its first sentence say that it is of a film, and its year is
    the film's or next to it; the exact year wins. Where no year is known, a title that several films share is a miss.
    """
    queue = deque([*(pages.with_imdb_id(listed.imdb_id) if listed.by_id else ()), *_titles(listed, words)])
    tried: set[str] = set()
    reasons: dict[str, None] = {}
    missing: list[str] = []
    near: FilmPage | Miss | None = None
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
        if page.disambiguation or is_disambiguation(page.categories, lead, words):
            candidates = [name for name in _candidates(page, listed, words) if name not in tried]
            if listed.year is None and len(candidates) > 1:
                choice = "; ".join(candidates)
                return Miss(listed, f"{page.title!r} is the title of several films, so that a year is needed: {choice}")
            queue.extendleft(reversed(candidates))
            if not candidates:
                year = f" of {listed.year}" if listed.year else ""
                reasons[f"{page.title!r} only lists what the title may mean, and no film{year} among it"] = None
            continue
        page_facts = facts(page.categories, lead, words)
        if reason := _why_not(page, page_facts, listed):
            reasons[reason] = None
            continue
        result = _film_page(listed, page, page_facts, words)
        if listed.exact or listed.year is None or listed.year in page_facts.years:
            return result
        near = near or result
    return near or Miss(listed, _why_none(listed, list(reasons), missing))


def _why_none(listed: ListedFilm, reasons: list[str], missing: list[str]) -> str:
    """Say why no page is the film's: what speaks against those that there are, else that there are none."""
    if reasons:
        return "; ".join(reasons)
    if not missing:
        return f"no page links to {listed.imdb_id} at IMDb"
    *others, last = (f"{title!r}" for title in missing)
    return f"there is no page {', '.join(others)} or {last}" if others else f"there is no page {last}"


def _titles(listed: ListedFilm, words: Words) -> Iterator[str]:
    if listed.exact:
        yield listed.title
        return
    names = [name for name in (listed.title, listed.other_title) if name and name != listed.imdb_id]
    for name in names:
        for form in words.film_titles:
            if listed.year or "{year}" not in form:
                yield form.format(title=name, year=listed.year)
    if listed.year:
        dated = next(form for form in words.film_titles if "{year}" in form)
        for name in names:
            yield dated.format(title=name, year=listed.year - 1)
            yield dated.format(title=name, year=listed.year + 1)


def _candidates(page: Page, listed: ListedFilm, words: Words) -> Iterator[str]:
    """Yield the titles on a disambiguation page that may be the film's: of its name, and of no year but its own.

    There are none where the film's page is named `exact`ly.
    """
    if listed.exact:
        return
    names = {_folded(name) for name in (listed.title, listed.other_title) if name}
    count = 0
    for line in page.text.splitlines():
        title = _film_title_before(line, words)
        year = re.search(r"(?<!\d)(\d{4})(?!\d)", re.split(r"[(（]", title)[-1]) if title else None
        if not title or _folded(plain_title(title, words)) not in names or count == _MOST_CANDIDATES:
            continue
        if year and listed.year and abs(int(year[1]) - listed.year) > 1:
            continue
        count += 1
        yield title


def _film_title_before(line: str, words: Words) -> str:
    """Return the title of a film's page with which a line begins, brackets included; empty where there is none."""
    for bracket in re.finditer(r"[)）]", line[:250]):
        title = line[: bracket.end()]
        if words.in_brackets.search(title):
            return title
    return ""


def _folded(title: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", title).casefold() if letter.isalnum())


def _why_not(page: Page, page_facts: Facts, listed: ListedFilm) -> str:
    """Say why a page is not the film's; empty where it is."""
    if not page_facts.is_film:
        sentence = f": {page_facts.first_sentence[:120]}" if page_facts.first_sentence else ""
        return f"the page {page.title!r} is not of a film{sentence}"
    if listed.exact or listed.year is None:
        return ""
    if not page_facts.years:
        return f"the page {page.title!r} is of a film, but doesn't tell its year"
    if min(abs(year - listed.year) for year in page_facts.years) > 1:
        years = " or ".join(map(str, page_facts.years))
        return f"{page.title!r} is a film of {years}, not of {listed.year}"
    return ""


def _film_page(listed: ListedFilm, page: Page, page_facts: Facts, words: Words) -> FilmPage | Miss:
    plot, reason = plot_of(sections(page.text), words)
    if not plot:
        return Miss(listed, f"the page {page.title!r} is the film, but {reason}")
    years = page_facts.years
    nearest = min(years, key=lambda year: (abs(year - (listed.year or years[0])), year), default=listed.year)
    return FilmPage(listed, page, page_facts, nearest, plot, words)
