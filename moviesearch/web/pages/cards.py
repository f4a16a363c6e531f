"""Films as a page shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from moviesearch.records import Answer, Match, Movie
from moviesearch.web.opening import opening

from .address import Wish

_WORD = re.compile(r"[^\W_]+|[\W_]+")
_FACTS = ("director", "directors", "cast", "country", "countries", "language", "languages", "studio")
_LONGEST_FACT = 200


@dataclass(frozen=True, slots=True)
class Card:
    """One answer. `closeness` is in percent of the best; `passage` in pieces, those marked that the query names."""

    rank: int
    id: str
    title: str
    year: int | None
    genres: tuple[str, ...]
    page: str
    closeness: int
    opening: str
    passage: tuple[tuple[str, bool], ...]
    cosine: float | None
    hints: tuple[str, ...]
    more: str
    less: str
    blend: str | None


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of what is asked for, with the address that asks for the rest."""

    kind: str
    text: str
    without: str


def page_of(film: str) -> str:
    """The address of a film's page."""
    return f"/films/{quote(film, safe='')}"


def cards(answer: Answer, wish: Wish) -> list[Card]:
    """The cards of an answer, with links that go on from a wish."""
    most = max([1.0, *(match.score for match in answer.matches)])
    return [_card(match, wish, most) for match in answer.matches]


def _card(match: Match, wish: Wish, most: float) -> Card:
    movie = match.movie
    return Card(
        rank=match.rank,
        id=movie.id,
        title=movie.title,
        year=movie.year,
        genres=movie.genres[:4],
        page=page_of(movie.id),
        closeness=round(100 * max(0.0, min(1.0, match.score / most))),
        opening=opening(movie.plot),
        passage=_marked(match.passage, match.words),
        cosine=match.cosine,
        hints=match.hints,
        more=wish.more_like(movie.id).address(),
        less=wish.with_unlike(movie.id).address(),
        blend=wish.with_like(movie.id).address() if wish.asks else None,
    )


def _marked(passage: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """The passage in pieces, neighbours of a kind joined."""
    wanted = {word.casefold() for word in words}
    pieces: list[tuple[str, bool]] = []
    for piece in _WORD.findall(passage):
        marked = piece.casefold() in wanted
        if pieces and pieces[-1][1] == marked:
            pieces[-1] = (pieces[-1][0] + piece, marked)
        else:
            pieces.append((piece, marked))
    return tuple(pieces)


def chips(wish: Wish, names: dict[str, str]) -> list[Chip]:
    """The parts of a blend. `names` are the films' by id."""
    told = [Chip("plot", plot, wish.without("plots", plot).address()) for plot in wish.plots[1:]]
    told += [Chip("like", names.get(film, film), wish.without("like", film).address()) for film in wish.like]
    told += [Chip("unlike", names.get(film, film), wish.without("unlike", film).address()) for film in wish.unlike]
    return told


def named(movie: Movie) -> str:
    """A film's title and year, which together are rarely those of another."""
    return f"{movie.title} ({movie.year})" if movie.year else movie.title


def facts(movie: Movie) -> list[tuple[str, str]]:
    """What else a film's source told, where it is short and fit for people."""
    told: list[tuple[str, str]] = []
    for name, value in movie.extra.items():
        values = value if isinstance(value, list) else [value]
        text = ", ".join(part for part in values if isinstance(part, str) and part)
        if name.casefold() in _FACTS and text:
            told.append((name.replace("_", " ").capitalize(), text[:_LONGEST_FACT]))
    return told
