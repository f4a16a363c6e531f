"""What the address of a page asks for. It holds the whole state, so any answer can be linked, and Back works."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from moviesearch.config import DEFAULT_LIMIT, MOST_SHOWN
from moviesearch.request import REPLIES, Filters, Reply, Request, Said
from moviesearch.web.api.filter_fields import MOST_NAMES
from moviesearch.web.api.schemas import MOST_PARTS

FILTER_NAMES = {
    "genre": "genres",
    "not_genre": "not_genres",
    "director": "directors",
    "cast": "cast",
    "country": "countries",
    "language": "languages",
}
"""The parameters of an address that name what films are to be of, and their fields of `Filters`."""

FILTER_NUMBERS = {"year_from": "year", "year_to": "year", "runtime_from": "number", "runtime_to": "number"}
"""The parameters that are numbers, as are the fields of their names, and what one is called."""

_NUMBER = re.compile(r"0*([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class PageQuery:
    """The query of a search page: plots, films to be like and unlike (ids), filters, and how many films to show.

    `ignored` are keys of parts of the question that are not to count, and `replies` those to questions asked back.
    `unseen` leaves out what `person` has seen. `title` is what was typed to name a film, not yet looked up. `notes` say
    what in the address was not understood.
    """

    plots: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    ignored: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()
    unseen: bool = False
    person: str = ""
    limit: int = DEFAULT_LIMIT
    title: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, params: QueryParams) -> PageQuery:
        """The query of an address. A number that is none is left out, and a note says so."""
        notes: list[str] = []

        def number(name: str) -> int | None:
            text = params.get(name, "").strip()
            digits = _NUMBER.fullmatch(text)
            if text and not digits:
                shown = text if len(text) <= 20 else f"{text[:20]}…"
                notes.append(f"“{shown}” is no {FILTER_NUMBERS[name]} and was left out.")
            return int(digits[1]) if digits else None

        limit = params.get("limit", "")
        limited = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 4 else DEFAULT_LIMIT
        filters: dict[str, Any] = {
            name: _distinct(params.getlist(parameter), MOST_NAMES) for parameter, name in FILTER_NAMES.items()
        }
        filters |= {name: number(name) for name in FILTER_NUMBERS}
        return cls(
            plots=_distinct(params.getlist("plot")),
            like=_distinct(params.getlist("like")),
            unlike=_distinct(params.getlist("unlike")),
            filters=Filters(**filters),
            ignored=_distinct(params.getlist("ignore"), MOST_NAMES),
            replies=_replies(params.getlist("reply")),
            unseen=bool(params.get("unseen", "").strip()),
            person=params.get("as", "").strip(),
            limit=max(1, min(MOST_SHOWN, limited)),
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
        return self.filters != Filters() or self.unseen

    @property
    def counting_replies(self) -> tuple[Reply, ...]:
        """The replies, where one film is meant; they don't count for films like others."""
        return self.replies if self.plots else ()

    @property
    def request(self) -> Request:
        """The request that `MovieSearch.find` takes. Where one film is meant, a question may be asked back."""
        return Request(
            plots=self.plots,
            films=self.like,
            unlike=self.unlike,
            filters=self.filters,
            ignored=self.ignored,
            ask=bool(self.plots),
            replies=self.counting_replies,
            unseen=self.unseen,
            person=self.person,
            limit=self.limit,
            explain=True,
        )

    def params(self) -> list[tuple[str, str]]:
        """The address's parameters, in their order."""
        params = [("plot", plot) for plot in self.plots]
        params += [("like", film) for film in self.like] + [("unlike", film) for film in self.unlike]
        for name in FILTER_NUMBERS:
            number = getattr(self.filters, name)
            params += [(name, str(number))] if number is not None else []
        for parameter, name in FILTER_NAMES.items():
            params += [(parameter, value) for value in getattr(self.filters, name)]
        params += [("ignore", key) for key in self.ignored]
        params += [("reply", f"{reply.key}={reply.value}") for reply in self.replies]
        params += [("unseen", "1")] if self.unseen else []
        params += [("as", self.person)] if self.person else []
        return params + ([("limit", str(self.limit))] if self.limit != DEFAULT_LIMIT else [])

    def carried(self) -> list[tuple[str, str]]:
        """The parameters that the form has no field for, or only one to add another."""
        shown = {"genre", "not_genre", "unseen", "as", "limit", *FILTER_NUMBERS}
        first = ("plot", self.plots[0]) if self.plots else None
        return [param for param in self.params() if param[0] not in shown and param != first]

    def address(self, path: str = "/") -> str:
        """The address of a page with this query."""
        params = self.params()
        return f"{path}?{urlencode(params)}" if params else path

    def more_like(self, film: str) -> PageQuery:
        """A query for films like this one alone, within the same filters."""
        return PageQuery(like=(film,), filters=self.filters, unseen=self.unseen, person=self.person)

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
        remaining: dict[str, Any] = {kind: _less(getattr(self, kind), value)}
        return replace(self, limit=DEFAULT_LIMIT, **remaining)

    def ignoring(self, key: str) -> PageQuery:
        """The same query, of which the part with this key is not to count."""
        return replace(self, ignored=_distinct([*self.ignored, key], MOST_NAMES), limit=DEFAULT_LIMIT)

    def replying(self, key: str, value: Said | None) -> PageQuery:
        """The same query with the reply to a question; None takes it back."""
        others = [reply for reply in self.replies if reply.key != key]
        replies = (*others, *([] if value is None else [Reply(key, value)]))
        return replace(self, replies=replies[-MOST_PARTS:], limit=DEFAULT_LIMIT)

    def without_filter(self, name: str, value: str | None = None) -> PageQuery:
        """The same query less a field of `Filters`, or less one value of it."""
        kept = None if value is None else _less(getattr(self.filters, name), value)
        filters: dict[str, Any] = {name: _UNFILTERED[name] if kept is None else kept}
        return replace(self, filters=replace(self.filters, **filters), limit=DEFAULT_LIMIT)

    def unfiltered(self) -> PageQuery:
        """The same query among all films."""
        return replace(self, filters=Filters(), unseen=False)

    def longer(self) -> PageQuery:
        """The same query for twice as many films, if a page may show so many."""
        return replace(self, limit=min(MOST_SHOWN, self.limit * 2))


_UNFILTERED: dict[str, Any] = {one.name: getattr(Filters(), one.name) for one in fields(Filters)}


def _replies(given: Iterable[str]) -> tuple[Reply, ...]:
    """The replies of an address, `KEY=yes` and the like; what is none is left out."""
    pairs = [text.strip().rpartition("=") for text in given]
    said = {key: value for key, _, value in pairs if key and value in REPLIES}
    return tuple(Reply(key, value) for key, value in said.items())[:MOST_PARTS]


def _less(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(other for other in values if other != value)


def _distinct(texts: Iterable[str], most: int = MOST_PARTS) -> tuple[str, ...]:
    """The texts, stripped, without empty ones and repeats; the first `most` of them."""
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))[:most]
