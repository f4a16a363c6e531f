"""The first stage: a request in the forms that are searched with."""

from __future__ import annotations

import re
from collections.abc import Collection as Items
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from moviesearch.collection.base import Collection
from moviesearch.errors import NotFoundError
from moviesearch.records import Movie
from moviesearch.request import Request
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.rows import Kind

from . import ranking
from .hints import Hints
from .queries import clean, is_telling
from .scope import Scope

SIMILAR_WORDS = 64
"""Words of a film's own plot that are looked up."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """A request, understood.

    `films` are those asked for; `unlike_films` are ids. `texts` are to be embedded and compared with rows of a `kind`;
    `terms` are words with their idf, `hints` those of each plot, `named` the films that a plot says it is not.
    """

    request: Request
    films: tuple[Movie, ...]
    unlike_films: tuple[str, ...]
    unlike_plots: tuple[str, ...]
    scope: Scope
    texts: tuple[str, ...]
    kind: Kind
    terms: dict[str, float]
    hints: tuple[Hints, ...]
    named: frozenset[str]

    @property
    def weights(self) -> ranking.Weights:
        """What the parts of a score count."""
        return ranking.SIMILAR if self.request.similar else ranking.IDENTIFY

    @property
    def models(self) -> tuple[Movie, ...]:
        """The films whose like is wanted."""
        return self.films if self.request.similar else ()


def understand(request: Request, collection: Collection) -> Wish:
    """What a request means in a collection.

    Raises UsageError for a request that makes no sense, NotFoundError for a film that isn't there.
    """
    request.check()
    ledger, dense = collection.ledger, request.way == "dense"
    films = _films(request.films, collection)
    unlike_films, unlike_plots = _titles_or_plots(request.unlike, ledger)
    without = {*_seen(request.seen, ledger), *_twins(films, ledger), *unlike_films}
    queries = [clean(plot, lambda title: _ids_of(title, ledger)) for plot in request.plots]
    words = [word for query in queries for word in query.words]
    words += [word for movie in films for word in _WORD.findall(movie.plot.lower()) if is_telling(word)]
    return Wish(
        request=request,
        films=films,
        unlike_films=unlike_films,
        unlike_plots=unlike_plots,
        scope=Scope(ledger, request.filters, without),
        texts=request.plots if dense else tuple(query.text for query in queries),
        kind="films" if request.similar else "passages",
        terms={} if dense else _terms(words, SIMILAR_WORDS if request.similar else ranking.MOST_WORDS, collection),
        hints=tuple(query.hints for query in queries if query.hints != Hints()),
        named=frozenset(film for query in queries for film in query.named),
    )


def _terms(words: Sequence[str], most: int, collection: Collection) -> dict[str, float]:
    bm25 = collection.bm25
    return ranking.telling_terms(bm25.terms(words), bm25.frequency, len(bm25), most)


def _films(ids: Sequence[str], collection: Collection) -> tuple[Movie, ...]:
    there = collection.ledger.movies(ids)
    for film in ids:
        if film not in there:
            raise NotFoundError(f"there is no film with the id {film!r} in {collection.name!r}")
    return tuple(there[film] for film in ids)


def _ids_of(title: str, ledger: Ledger) -> list[str]:
    return [movie.id for movie in ledger.by_title(title)]


def _titles_or_plots(texts: Sequence[str], ledger: Ledger) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of texts that may be titles or ids: the ids of the films that they name, and those that name none."""
    films: list[str] = []
    plots: list[str] = []
    for text in texts:
        ids = [text] if ledger.movie(text) else _ids_of(text, ledger)
        films += ids
        plots += [] if ids else [text]
    return tuple(films), tuple(plots)


def _seen(titles: Iterable[tuple[str, int | None]], ledger: Ledger) -> set[str]:
    """The films that a list of (title, year) means: of that title, and of that year give or take one."""
    return {
        movie.id
        for title, year in titles
        for movie in ledger.by_title(title)
        if year is None or movie.year is None or abs(movie.year - year) <= 1
    }


def _twins(films: Items[Movie], ledger: Ledger) -> set[str]:
    """The films asked for, and others of the same title and year."""
    twins = {twin.id for movie in films for twin in ledger.by_title(movie.title) if twin.year == movie.year}
    return twins | {movie.id for movie in films}
