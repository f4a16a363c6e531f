"""The pages and categories of a wiki, through the Wikipedia-API library: one request brings all of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import mwparserfromhell
import wikipediaapi

from moviesearch import __version__
from moviesearch.errors import UsageError
from moviesearch.sources.wikipedia.article.categories import facts
from moviesearch.sources.wikipedia.article.languages import words_of
from moviesearch.sources.wikipedia.article.wikitext import NOT_TEXT, bare

from .polite import Manners, PoliteTransport, RefusedError

_PAGE = {
    "prop": "extracts|info|categories|pageprops",
    "explaintext": 1,
    "exsectionformat": "wiki",
    "inprop": "url",
    "cllimit": 500,
    "ppprop": "disambiguation|wikibase_item",
}
_ENGLISH_TITLE = {"prop": f"{_PAGE['prop']}|langlinks", "lllang": "en", "lllimit": 500, "llprop": "url"}
_TITLES_AT_ONCE, _LONGEST_TITLES = 50, 1500
"""Of a request: titles, and their bytes before they are percent-encoded."""
_ILLEGAL = re.compile(r"[#<>\[\]{}|\x00-\x1f\x7f]")
_CONTACT = re.compile(r"https?://[^\s/]+\.[^\s]+|[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class Page:
    """An article as the wiki has it.

    `title` is that of the page to which redirects led, `text` the plain text with `== headings ==`, and `categories`
    have no "Category:" before them. `english_title` is that of the English page, where this one is of another language.
    """

    title: str
    page_id: int
    revision_id: int | None
    url: str
    text: str
    categories: tuple[str, ...]
    disambiguation: bool
    english_title: str = ""
    wikidata_id: str = ""


@dataclass(frozen=True, slots=True)
class NoPage:
    """A title that leads to no article, and why; `missing` where the wiki has no page of that name."""

    title: str
    reason: str
    missing: bool = False


class WikiClient:
    """The pages and categories of one wiki, through the unmodified Wikipedia-API library."""

    def __init__(
        self, contact: str | None, transport: PoliteTransport, *, language: str = "en", maxlag: int | None = None
    ) -> None:
        """Introduce ourselves with `contact`, an e-mail address or a page about the user, as the wiki's policy asks.

        Raises UsageError for a contact that is none, and for a language whose films can't be told.
        """
        self.words = words_of(language)
        if contact is not None and not _CONTACT.fullmatch(contact):
            raise UsageError(
                f"{contact!r} is no contact: give an e-mail address or the address of a page about you; Wikipedia "
                "slows down whoever can't be reached"
            )
        lag: dict[str, object] = {"maxlag": Manners().maxlag if maxlag is None else maxlag}
        # The library puts this before its own name. The extra parameters go before the library's own, so that what it
        # would get in three requests comes in one.
        agent = f"moviesearch/{__version__} ({contact or 'no contact given'})"
        self.transport = transport
        self._is_english = self.words.is_english
        of_page = _PAGE if self._is_english else _PAGE | _ENGLISH_TITLE
        self._pages = _library(agent, language, {**of_page, **lag}, transport)
        self._lists = _library(agent, language, lag, transport)
        self._address = f"https://{language}.wikipedia.org/w/api.php"
        self._queries = httpx.Client(transport=transport, headers={"User-Agent": agent}, params=lag)  # type: ignore[arg-type]

    def page(self, title: str) -> Page | NoPage:
        """Fetch the article of a title, through redirects. Raises WikiStoppedError or NoAnswerError."""
        page_title = legal(title)
        if not page_title:
            return NoPage(title, f"{title!r} can't be the title of a page")
        page = self._pages.page(page_title)
        try:
            if not page.exists():
                return NoPage(title, f"there is no page {page_title!r}", missing=True)
            if page.namespace != wikipediaapi.Namespace.MAIN:
                return NoPage(title, f"{page_title!r} is no article")
            # The same request once more, under the same title: the transport has the answer.
            categories = tuple(name.partition(":")[2] for name in self._pages.page(page_title).categories)
            english = None if self._is_english else self._pages.page(page_title).langlinks.get("en")
        except KeyError:
            return NoPage(title, f"{page_title!r} leads nowhere: a redirect to itself, or to another wiki")
        except RefusedError as error:
            return NoPage(title, str(error))
        revision = page.lastrevid
        text = getattr(page, "extract", None)
        if text is None:
            return NoPage(title, f"the wiki gave no text of {page_title!r}")
        properties = getattr(page, "pageprops", None) or {}
        return Page(
            title=str(page.title),
            page_id=int(page.pageid),
            revision_id=int(revision) if revision else None,
            url=str(page.fullurl),
            text=str(text),
            categories=categories,
            disambiguation="disambiguation" in properties,
            english_title=str(english.title) if english else "",
            wikidata_id=str(properties.get("wikibase_item", "")),
        )

    def category(self, name: str) -> list[str]:
        """Return the titles of the articles in a category, without its subcategories. Raises UsageError for none."""
        namespace, colon, rest = name.partition(":")
        is_named = colon and re.fullmatch(self.words.category, namespace.strip(), re.IGNORECASE)
        title = legal(rest if is_named else name)
        if not title:
            raise UsageError(f"{name!r} can't be the name of a category")
        page = self._lists.page(f"Category:{title}", ns=wikipediaapi.Namespace.CATEGORY)
        try:
            members = page.categorymembers
        except (KeyError, RefusedError) as error:
            raise UsageError(f"the wiki can't list the category {title!r}: {error}") from None
        titles = [name for name, member in members.items() if member.namespace == wikipediaapi.Namespace.MAIN]
        if not titles:
            raise UsageError(f"no article is in the category {title!r}: check the name on the wiki")
        return titles

    def films_on(self, name: str) -> list[str]:
        """Return the titles of the films that a page links to, in its order. Raises UsageError for none.

        A page is of a film that is in a category of a year's films, such as "1995 films".
        """
        title = legal(name)
        parameters = {"titles": title, "prop": "revisions", "rvprop": "content", "rvslots": "main"}
        page = next(iter(self._query(parameters)), {}) if title else {}
        if not page.get("revisions"):
            raise UsageError(f"there is no page {name!r} on the wiki: check the name")
        links = _links(page["revisions"][0]["slots"]["main"]["*"])
        films = [film for film in self._of_films(links) if film != page["title"]]
        if not films:
            raise UsageError(f"the page {page['title']!r} lists no films: none of its {len(links)} links leads to one")
        return films

    def with_imdb_id(self, imdb_id: str) -> list[str]:
        """Return the titles of the articles that link to a film's page at IMDb."""
        answer = self._answer(
            {
                "list": "exturlusage",
                "euprotocol": "https",
                "euquery": f"www.imdb.com/title/{imdb_id}/",
                "eunamespace": 0,
                "eulimit": 10,
            }
        )
        return list(dict.fromkeys(found["title"] for found in answer.get("query", {}).get("exturlusage", ())))

    def _of_films(self, titles: Sequence[str]) -> Iterator[str]:
        """Yield the titles of pages of films, where these titles lead, in their order and each once."""
        seen: set[str] = set()
        for batch in _batches(titles):
            leads_to: dict[str, str] = {}
            categories: dict[str, list[str]] = {}
            parameters = {"titles": "|".join(batch), "prop": "categories", "cllimit": "max", "clshow": "!hidden"}
            for page in self._query(parameters, leads_to):
                if page.get("ns"):
                    continue
                names = [category["title"].partition(":")[2] for category in page.get("categories", ())]
                categories.setdefault(page["title"], []).extend(names)
            for linked in batch:
                title, before = linked, {linked}
                while (title := leads_to.get(title, title)) not in before:
                    before.add(title)
                if title not in seen and facts(categories.get(title, ()), "", self.words).years:
                    yield title
                seen.add(title)

    def _query(self, parameters: dict[str, Any], leads_to: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield the pages of an answer and of those that go on from it; a page comes in each that has more of it.

        `leads_to` gets the titles of redirects, and of other ways to write a title, with where they lead.
        """
        further: dict[str, Any] = {"redirects": 1}
        while further:
            answer = self._answer({**parameters, **further})
            query = answer.get("query", {})
            for step in (*query.get("normalized", ()), *query.get("redirects", ())):
                if leads_to is not None:
                    leads_to[step["from"]] = step["to"]
            yield from query.get("pages", {}).values()
            further = {"redirects": 1, **answer["continue"]} if "continue" in answer else {}

    def _answer(self, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._queries.get(self._address, params={"action": "query", "format": "json", **parameters})
        except RefusedError as error:
            raise UsageError(f"the wiki can't tell: {error}") from None
        found: dict[str, Any] = answer.json()
        return found


def _links(wikitext: str) -> list[str]:
    """Return the titles to which a page links, in its order, each once."""
    links = mwparserfromhell.parse(bare(wikitext)).ifilter_wikilinks(recursive=True)
    titles = (legal(str(link.title).partition("#")[0]) for link in links if not NOT_TEXT.match(str(link.title)))
    return list(dict.fromkeys(title[0].upper() + title[1:] for title in titles if title))


def _batches(titles: Sequence[str]) -> Iterator[list[str]]:
    """Yield the titles in as many parts as requests must be made for them."""
    batch: list[str] = []
    for title in titles:
        if len(batch) == _TITLES_AT_ONCE or sum(len(other.encode()) for other in batch) > _LONGEST_TITLES:
            yield batch
            batch = []
        batch.append(title)
    if batch:
        yield batch


def legal(title: str) -> str:
    """Return the title as a wiki can have it, or "" where it can't: "#Alive" becomes "Alive", "[Rec]" "Rec"."""
    text = " ".join(_ILLEGAL.sub("", title.replace("_", " ")).split()).lstrip(": ")
    try:
        return text if len(text.encode()) <= 255 else ""
    except UnicodeEncodeError:
        return ""


def _library(
    agent: str, language: str, parameters: dict[str, object], transport: PoliteTransport
) -> wikipediaapi.Wikipedia:
    make: Callable[..., wikipediaapi.Wikipedia] = wikipediaapi.Wikipedia
    return make(
        user_agent=agent,
        language=language,
        extract_format=wikipediaapi.ExtractFormat.WIKI,
        extra_api_params=parameters,
        max_retries=0,
        timeout=None,
        transport=transport,
    )
