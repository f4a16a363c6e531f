"""The pages and categories of a wiki, through the Wikipedia-API library: one request brings all of a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import wikipediaapi

from moviesearch.errors import UsageError

from .polite import Manners, PoliteTransport, RefusedError

_PAGE = {
    "prop": "extracts|info|categories|pageprops",
    "explaintext": 1,
    "exsectionformat": "wiki",
    "inprop": "url",
    "cllimit": 500,
    "ppprop": "disambiguation",
}
_ILLEGAL = re.compile(r"[#<>\[\]{}|\x00-\x1f\x7f]")
_CONTACT = re.compile(r"https?://[^\s/]+\.[^\s]+|[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class Page:
    """An article as the wiki has it.

    `title` is that of the page to which redirects led, `text` the plain text with `== headings ==`, and `categories`
    have no "Category:" before them.
    """

    title: str
    page_id: int
    revision_id: int | None
    url: str
    text: str
    categories: tuple[str, ...]
    disambiguation: bool


@dataclass(frozen=True, slots=True)
class NoPage:
    """A title that leads to no article, and why; `missing` where the wiki has no page of that name."""

    title: str
    reason: str
    missing: bool = False


class WikiClient:
    """The pages and categories of one wiki, through the unmodified Wikipedia-API library."""

    def __init__(
        self, contact: str, transport: PoliteTransport, *, language: str = "en", maxlag: int | None = None
    ) -> None:
        """Introduce ourselves with `contact`, an e-mail address or a page about the user, as the wiki's policy asks."""
        if not _CONTACT.fullmatch(contact):
            raise UsageError(
                f"{contact!r} is no contact: give an e-mail address or the address of a page about you; Wikipedia "
                "slows down whoever can't be reached"
            )
        lag: dict[str, object] = {"maxlag": Manners().maxlag if maxlag is None else maxlag}
        # The library puts this before its own name. The extra parameters go before the library's own, so that what it
        # would get in three requests comes in one.
        agent = f"moviesearch-dataset ({contact})"
        self.transport = transport
        self._pages = _library(agent, language, {**_PAGE, **lag}, transport)
        self._lists = _library(agent, language, lag, transport)

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
        except KeyError:
            return NoPage(title, f"{page_title!r} leads nowhere: a redirect to itself, or to another wiki")
        except RefusedError as error:
            return NoPage(title, str(error))
        revision = page.lastrevid
        text = getattr(page, "extract", None)
        if text is None:
            return NoPage(title, f"the wiki gave no text of {page_title!r}")
        return Page(
            title=str(page.title),
            page_id=int(page.pageid),
            revision_id=int(revision) if revision else None,
            url=str(page.fullurl),
            text=str(text),
            categories=categories,
            disambiguation="disambiguation" in (getattr(page, "pageprops", None) or {}),
        )

    def category(self, name: str) -> list[str]:
        """Return the titles of the articles in a category, without its subcategories. Raises UsageError for none."""
        title = legal(name.removeprefix("Category:"))
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
