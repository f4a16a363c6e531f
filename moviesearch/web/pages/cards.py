"""Films as the pages show them: cards, chips and facts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from moviesearch.errors import UsageError
from moviesearch.records import Answer, Match, Movie, Question, Understood
from moviesearch.request import Said
from moviesearch.retrieval.credits import as_hours, credits_of
from moviesearch.retrieval.topics import question as question_of
from moviesearch.web.opening import opening
from moviesearch.web.posters import Posters

from .address import PageQuery

_WORD = re.compile(r"[^\W_]+|[\W_]+")
_LONGEST_FACT = 200
_MOST_NAMES = 3
"""Actors whom a card names, and directors and countries."""


@dataclass(frozen=True, slots=True)
class Card:
    """One film of an answer.

    `facts` are its genres, countries and running time; `directors` and `cast` name the first of them. `closeness` is
    its score in percent of the best one's, and `seen` whether who asks has seen it. `passage` is in pieces (text,
    marked); marked are words of the query. `page`, `poster`, `more`, `less` and `blend` are addresses: of the film's
    page, its picture, films like it alone, the same query away from it, and the same query with it in the blend.
    """

    rank: int
    id: str
    title: str
    year: int | None
    facts: tuple[str, ...]
    directors: str
    cast: str
    poster: str | None
    page: str
    closeness: int
    opening: str
    passage: tuple[tuple[str, bool], ...]
    seen: bool
    cosine: float | None
    hints: tuple[str, ...]
    meetings: tuple[str, ...]
    more: str
    less: str
    blend: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question asked back, and the addresses of the same query with its replies, by what a person says."""

    text: str
    replies: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, question: Question, query: PageQuery) -> Asked:
        """What is asked back about a query."""
        said: tuple[tuple[str, Said], ...] = (("Yes", "yes"), ("No", "no"), ("I don’t know", "unknown"))
        return cls(
            question.text, tuple((words, query.replying(question.key, value).address()) for words, value in said)
        )


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of a query, to be shown and taken away; `without` is the address of the query less this part.

    `kind` is plot, like, unlike, filter, or that of an `Understood`.
    """

    kind: str
    text: str
    without: str


def film_address(film_id: str) -> str:
    """The address of a film's page."""
    return f"/films/{quote(film_id, safe='')}"


def poster_address(movie: Movie, posters: Posters) -> str | None:
    """The address of a film's picture; None where it has none on this machine."""
    version = posters.version(movie)
    return None if version is None else f"/posters/{quote(movie.id, safe='')}?v={version}"


def cards(answer: Answer, query: PageQuery, posters: Posters, seen: Collection[str] = ()) -> list[Card]:
    """The cards of an answer to a query, in the order of the answer. `seen` are ids of films."""
    best_score = max([1.0, *(match.score for match in answer.matches)])
    return [_card(match, query, best_score, posters, match.movie.id in seen) for match in answer.matches]


def _card(match: Match, query: PageQuery, best_score: float, posters: Posters, seen: bool) -> Card:
    movie = match.movie
    made = credits_of(movie)
    runtime = () if made.runtime is None else (as_hours(made.runtime),)
    return Card(
        rank=match.rank,
        id=movie.id,
        title=movie.title,
        year=movie.year,
        facts=(*movie.genres[:4], *made.countries[:_MOST_NAMES], *runtime),
        directors=", ".join(made.directors[:_MOST_NAMES]),
        cast=", ".join(made.cast[:_MOST_NAMES]),
        poster=poster_address(movie, posters),
        page=film_address(movie.id),
        closeness=round(100 * max(0.0, min(1.0, match.score / best_score))),
        opening=opening(movie.plot),
        passage=_marked(match.passage, match.words),
        seen=seen,
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


_FILTERS_SAID = {
    "year_from": "from {}",
    "year_to": "until {}",
    "runtime_from": "{} minutes or more",
    "runtime_to": "{} minutes or less",
    "genres": "{}",
    "not_genres": "no {}",
    "directors": "by {}",
    "cast": "with {}",
    "countries": "made in {}",
    "languages": "in {}",
}


def understood_chips(understood: Sequence[Understood], query: PageQuery) -> list[Chip]:
    """What counts beside the story: the filters, and what the question says of its film."""
    chips: list[Chip] = []
    for name, said in _FILTERS_SAID.items():
        value = getattr(query.filters, name)
        if isinstance(value, tuple):
            kind = "without" if name == "not_genres" else "filter"
            chips += [Chip(kind, said.format(one), query.without_filter(name, one).address()) for one in value]
        elif value is not None:
            chips.append(Chip("filter", said.format(value), query.without_filter(name).address()))
    if query.unseen:
        chips.append(Chip("filter", "not seen yet", replace(query, unseen=False).address()))
    chips += [
        Chip("filter", f"{_question(reply.key)} {reply.value}", query.replying(reply.key, None).address())
        for reply in query.counting_replies
        if reply.value != "unknown"
    ]
    return chips + [Chip(part.kind, _said(part), query.ignoring(part.key).address()) for part in understood]


def _question(key: str) -> str:
    try:
        return question_of(key).text
    except UsageError:  # an address may hold any key; the answer says what is wrong with it
        return key


def _said(part: Understood) -> str:
    if part.kind in ("origin", "person"):
        return part.text.title()
    return f"not {part.text}" if part.kind == "not" else part.text


def facts(movie: Movie) -> list[tuple[str, str]]:
    """(label, text) of who made a film, where and in what language, and how long it is. A text has 200 characters."""
    made = credits_of(movie)
    labelled = [
        ("Director", made.directors),
        ("Writer", made.writers),
        ("Cast", made.cast),
        ("Country", made.countries),
        ("Language", made.languages),
        ("Length", () if made.runtime is None else (as_hours(made.runtime),)),
    ]
    return [(label, ", ".join(names)[:_LONGEST_FACT]) for label, names in labelled if names]
