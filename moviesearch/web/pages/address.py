"""What a page's address asks for. The address is all the state there is: any answer can be linked, and Back works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from moviesearch.config import DEFAULT_LIMIT
from moviesearch.request import Filters, Request
from moviesearch.web.api.schemas import MOST_WISHES

FIRST, MOST = DEFAULT_LIMIT, 50
"""Films on a page: at first, and at most."""

_LATEST_YEAR = 9999


@dataclass(frozen=True, slots=True)
class Wish:
    """Plots described, films liked and not (ids), filters, and how many films to show."""

    plots: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    genres: tuple[str, ...] = ()
    limit: int = FIRST
    title: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: QueryParams) -> Wish:
        """The wish in an address. What can't be taken is left out, and a note says so."""
        notes: list[str] = []

        def year(name: str) -> int | None:
            given = told.get(name, "").strip()
            if given and not (given.isascii() and given.isdigit() and int(given[:5]) <= _LATEST_YEAR):
                notes.append(f"“{given[:20]}” is no year and was left out.")
                return None
            return int(given) if given else None

        given = told.get("limit", "")
        limit = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else FIRST
        return cls(
            plots=_some(told.getlist("plot")),
            like=_some(told.getlist("like")),
            unlike=_some(told.getlist("unlike")),
            year_from=year("year_from"),
            year_to=year("year_to"),
            genres=_some(told.getlist("genre"), 20),
            limit=max(1, min(MOST, limit)),
            title=told.get("title", "").strip()[:500],
            notes=tuple(notes),
        )

    @property
    def asks(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.plots or self.like)

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return self.year_from is not None or self.year_to is not None or bool(self.genres)

    @property
    def request(self) -> Request:
        """The wish as the search takes it."""
        return Request(
            plots=self.plots,
            films=self.like,
            unlike=self.unlike,
            filters=Filters(self.year_from, self.year_to, self.genres),
            limit=self.limit,
            explain=True,
        )

    def address(self, path: str = "/") -> str:
        """The address that asks for this."""
        told: list[tuple[str, object]] = [("plot", plot) for plot in self.plots]
        told += [("like", film) for film in self.like] + [("unlike", film) for film in self.unlike]
        told += [("year_from", self.year_from)] if self.year_from is not None else []
        told += [("year_to", self.year_to)] if self.year_to is not None else []
        told += [("genre", genre) for genre in self.genres]
        told += [("limit", self.limit)] if self.limit != FIRST else []
        return f"{path}?{urlencode(told)}" if told else path

    def more_like(self, film: str) -> Wish:
        """Only films like this one, within the same filters."""
        return Wish(like=(film,), year_from=self.year_from, year_to=self.year_to, genres=self.genres)

    def with_like(self, film: str) -> Wish:
        """This film in the blend as well."""
        unlike = tuple(other for other in self.unlike if other != film)
        return replace(self, like=_some([*self.like, film]), unlike=unlike, limit=FIRST)

    def with_unlike(self, film: str) -> Wish:
        """Away from this film."""
        like = tuple(other for other in self.like if other != film)
        return replace(self, unlike=_some([*self.unlike, film]), like=like, limit=FIRST)

    def without(self, kind: str, value: str) -> Wish:
        """Less one part of the blend: a plot, a film liked, or one that is not."""
        left: dict[str, Any] = {kind: tuple(one for one in getattr(self, kind) if one != value)}
        return replace(self, limit=FIRST, **left)

    def unfiltered(self) -> Wish:
        """The same in all years and genres."""
        return replace(self, year_from=None, year_to=None, genres=())

    def longer(self) -> Wish:
        """The same with more films."""
        return replace(self, limit=min(MOST, self.limit * 2))


def _some(given: Iterable[str], most: int = MOST_WISHES) -> tuple[str, ...]:
    """What is not empty, each once, not too many."""
    return tuple(dict.fromkeys(one.strip() for one in given if one.strip()))[:most]
