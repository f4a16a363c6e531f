"""Films as the pages show them: cards, chips and facts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from moviesearch.records import Answer, Match, Movie
from moviesearch.web.opening import opening

from .address import PageQuery

_WORD = re.compile(r"[^\W_]+|[\W_]+")
_FACTS = ("director", "directors", "cast", "country", "countries", "language", "languages", "studio")
_LONGEST_FACT = 200


@dataclass(frozen=True, slots=True)
class Card:
    """One film of an answer.

    `closeness` is its score in percent of the best one's. `passage` is in pieces (text, marked); marked are words
    of the query. `page`, `more`, `less` and `blend` are addresses: of the film's page, of films like it alone, of
    the same query away from it, and of the same query with it in the blend.
    """

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
    meetings: tuple[str, ...]
    more: str
    less: str
    blend: str | None


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of a query, to be shown and taken away; `without` is the address of the query less this part."""

    kind: str
    text: str
    without: str


def film_address(film_id: str) -> str:
    """The address of a film's page."""
    return f"/films/{quote(film_id, safe='')}"


def cards(answer: Answer, query: PageQuery) -> list[Card]:
    """The cards of an answer to a query, in the order of the answer."""
    best_score = max([1.0, *(match.score for match in answer.matches)])
    return [_card(match, query, best_score) for match in answer.matches]


def _card(match: Match, query: PageQuery, best_score: float) -> Card:
    movie = match.movie
    return Card(
        rank=match.rank,
        id=movie.id,
        title=movie.title,
        year=movie.year,
        genres=movie.genres[:4],
        page=film_address(movie.id),
        closeness=round(100 * max(0.0, min(1.0, match.score / best_score))),
        opening=opening(movie.plot),
        passage=_marked(match.passage, match.words),
        cosine=match.cosine,
        hints=match.hints,
        meetings=tuple(map(str, match.meetings)),
        more=query.more_like(movie.id).address(),
        less=query.with_unlike(movie.id).address(),
        blend=query.with_like(movie.id).address() if query.asks else None,
    )


def _marked(passage: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """The passage in pieces (text, marked): runs of words that are among `words`, and runs of all else."""
    marked_words = {word.casefold() for word in words}
    pieces: list[tuple[str, bool]] = []
    for piece in _WORD.findall(passage):
        marked = piece.casefold() in marked_words
        if pieces and pieces[-1][1] == marked:
            pieces[-1] = (pieces[-1][0] + piece, marked)
        else:
            pieces.append((piece, marked))
    return tuple(pieces)


def chips(query: PageQuery, names: dict[str, str]) -> list[Chip]:
    """The parts of a query, but for its first plot, which stands in the text box. `names` are the films' by id."""
    result = [Chip("plot", plot, query.without("plots", plot).address()) for plot in query.plots[1:]]
    result += [Chip("like", names.get(film, film), query.without("like", film).address()) for film in query.like]
    result += [Chip("unlike", names.get(film, film), query.without("unlike", film).address()) for film in query.unlike]
    return result


def title_and_year(movie: Movie) -> str:
    """A film's name for people: "Title (1999)", or "Title" where the year is unknown."""
    return f"{movie.title} ({movie.year})" if movie.year else movie.title


def facts(movie: Movie) -> list[tuple[str, str]]:
    """(label, text) of what else the film's source says, where it is one of the fields that people want to see.

    A text is cut at 200 characters.
    """
    labelled: list[tuple[str, str]] = []
    for name, value in movie.extra.items():
        values = value if isinstance(value, list) else [value]
        text = ", ".join(part for part in values if isinstance(part, str) and part)
        if name.casefold() in _FACTS and text:
            labelled.append((name.replace("_", " ").capitalize(), text[:_LONGEST_FACT]))
    return labelled
