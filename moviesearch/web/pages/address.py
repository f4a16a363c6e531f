"""What the address of a page asks for. It holds the whole state, so any answer can be linked, and Back works."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from moviesearch.config import DEFAULT_LIMIT, MOST_SHOWN
from moviesearch.request import Filters, Request
from moviesearch.web.api.schemas import MOST_PARTS

_YEAR = re.compile(r"0*([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class PageQuery:
    """The query of a search page: plots, films to be like and unlike (ids), filters, and how many films to show.

    `title` is what was typed to name a film, not yet looked up. `notes` say what in the address was not understood.
    """

    plots: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    genres: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    title: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, params: QueryParams) -> PageQuery:
        """The query of an address. A year that is none is left out, and a note says so."""
        notes: list[str] = []

        def year(name: str) -> int | None:
            text = params.get(name, "").strip()
            digits = _YEAR.fullmatch(text)
            if text and not digits:
                shown = text if len(text) <= 20 else f"{text[:20]}…"
                notes.append(f"“{shown}” is no year and was left out.")
            return int(digits[1]) if digits else None

        number = params.get("limit", "")
        limit = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else DEFAULT_LIMIT
        return cls(
            plots=_distinct(params.getlist("plot")),
            like=_distinct(params.getlist("like")),
            unlike=_distinct(params.getlist("unlike")),
            year_from=year("year_from"),
            year_to=year("year_to"),
            genres=_distinct(params.getlist("genre"), 20),
            limit=max(1, min(MOST_SHOWN, limit)),
            title=params.get("title", "").strip()[:500],
            notes=tuple(notes),
        )

    @property
    def asks(self) -> bool:
        """Whether there is a plot or a film to search by."""
        return bool(self.plots or self.like)

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return self.year_from is not None or self.year_to is not None or bool(self.genres)

    @property
    def request(self) -> Request:
        """The request that `MovieSearch.find` takes."""
        return Request(
            plots=self.plots,
            films=self.like,
            unlike=self.unlike,
            filters=Filters(self.year_from, self.year_to, self.genres),
            limit=self.limit,
            explain=True,
        )

    def address(self, path: str = "/") -> str:
        """The address of a page with this query."""
        params: list[tuple[str, object]] = [("plot", plot) for plot in self.plots]
        params += [("like", film) for film in self.like] + [("unlike", film) for film in self.unlike]
        params += [("year_from", self.year_from)] if self.year_from is not None else []
        params += [("year_to", self.year_to)] if self.year_to is not None else []
        params += [("genre", genre) for genre in self.genres]
        params += [("limit", self.limit)] if self.limit != DEFAULT_LIMIT else []
        return f"{path}?{urlencode(params)}" if params else path

    def more_like(self, film: str) -> PageQuery:
        """A query for films like this one alone, within the same filters."""
        return PageQuery(like=(film,), year_from=self.year_from, year_to=self.year_to, genres=self.genres)

    def with_like(self, film: str) -> PageQuery:
        """The same query, with this film in the blend."""
        unlike = tuple(other for other in self.unlike if other != film)
        return replace(self, like=_distinct([*self.like, film]), unlike=unlike, limit=DEFAULT_LIMIT)

    def with_unlike(self, film: str) -> PageQuery:
        """The same query, away from this film."""
        like = tuple(other for other in self.like if other != film)
        return replace(self, unlike=_distinct([*self.unlike, film]), like=like, limit=DEFAULT_LIMIT)

    def without(self, kind: str, value: str) -> PageQuery:
        """The same query less one `value` of `plots`, `like` or `unlike`, which `kind` names."""
        remaining: dict[str, Any] = {kind: tuple(part for part in getattr(self, kind) if part != value)}
        return replace(self, limit=DEFAULT_LIMIT, **remaining)

    def unfiltered(self) -> PageQuery:
        """The same query in all years and genres."""
        return replace(self, year_from=None, year_to=None, genres=())

    def longer(self) -> PageQuery:
        """The same query for twice as many films, if a page may show so many."""
        return replace(self, limit=min(MOST_SHOWN, self.limit * 2))


def _distinct(texts: Iterable[str], most: int = MOST_PARTS) -> tuple[str, ...]:
    """The texts, stripped, without empty ones and repeats; the first `most` of them."""
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))[:most]
