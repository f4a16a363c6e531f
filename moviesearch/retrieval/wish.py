"""The first stage: a request -> a wish, which has it in the forms that are searched with."""

from __future__ import annotations

from collections.abc import Collection as Items
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from moviesearch.collection.base import Collection
from moviesearch.errors import NotFoundError
from moviesearch.records import Movie, Understood
from moviesearch.request import Request
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.rows import Kind
from moviesearch.storage.title_folding import fold_title
from moviesearch.storage.titles_table import TitleKind

from . import ranking
from .filters import narrowed
from .hints import Hints
from .likeness import films_like
from .named_titles import ARTICLES, Rare
from .patterns import WORD
from .queries import CleanQuery, clean, is_telling, without_names
from .scope import Scope
from .seen import seen_by, unseen_note
from .titles import of_title, taken, with_year
from .understood import notes_on, taken_back, understood

SIMILAR_WORDS = 64
"""Words of a film's plot that are looked up, where films with the same soul are sought."""

RARE = 0.006
"""The share of the passages that may hold a word that is rare in a collection."""

NO_STORY = (
    "nothing of a story is told: these are films that fit the rest, in no telling order. Add what happens in the film"
)
LONGEST_TIME = 10
"""Years that a time may span for which films are asked for that are of no other."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request, understood.

    `films` are those that the request names; `unlike_films` are ids. `texts` are to be embedded and compared with rows
    of a `kind`. `terms` maps stems of words to their idf, `hints` are those of each plot that has any, and `named` the
    ids of films that a plot says it is not. `unwanted` is of what kind else it is not, and `unwanted_terms` the stems
    of the words of each thing that it is without. `notes` tell the person who asked how the request was understood, and
    `understood` what counts beside the story. `storyless` says that the plots tell no story, but who made the film,
    when, or what it is not.
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
    unwanted: tuple[Hints, ...] = ()
    unwanted_terms: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    understood: tuple[Understood, ...] = ()
    storyless: bool = False

    @property
    def weights(self) -> ranking.Weights:
        """The weights of the parts of a score, where no passages are compared token by token."""
        return ranking.SIMILAR if self.request.similar else ranking.IDENTIFY

    @property
    def models(self) -> tuple[Movie, ...]:
        """The films to which answers are to be similar; none where one film is to be identified."""
        return self.films if self.request.similar else ()


def understand(request: Request, collection: Collection) -> Wish:
    """What a request means in a collection.

    Raises UsageError for a request that makes no sense, NotFoundError for a film that isn't there.
    """
    request.check()
    if like := films_like(request, collection.ledger):
        wish = understand(like[0], collection)
        return replace(wish, notes=(like[1], *wish.notes))
    ledger, dense = collection.ledger, request.way == "dense"
    films = _films(request.films, collection)
    unlike_films, unlike_plots, unlike_notes = _titles_or_plots(request.unlike, ledger)
    seen, seen_entries = _seen(request.seen, ledger)
    without = {*seen, *_twins(films, ledger), *unlike_films}
    filters = narrowed(request.filters, ledger)
    notes = [*filters.notes, *filters.unknown, *unlike_notes]
    demands = filters.demands
    if request.unseen:
        demands = replace(demands, not_films=seen_by(collection, request.person))
        notes.append(unseen_note(request.person, len(demands.not_films)))
    if request.seen:
        notes.append(f"seen: {seen_entries:,} of {_entries(len(request.seen))} in this collection")
    asked = [_cleaned(plot, collection) for plot in request.plots]
    not_meant = {
        movie.id: with_year(movie.title, movie.year) for movie in ledger.movies(sorted(_named(asked))).values()
    }
    plots = request.plots
    queries = [taken_back(query, plot, request.ignored, not_meant) for query, plot in zip(asked, plots, strict=True)]
    named = _named(queries)
    unwanted = [query.unwanted for query in queries if request.way == "hybrid"]
    people = _people(queries, ledger)
    parts = _understood(request, queries, not_meant, people)
    uncounted = [said for query in queries for said in query.unwanted.uncounted]
    notes += notes_on(parts, counted=request.way == "hybrid", uncounted=uncounted)
    nameless = [without_names(query, people) for query in queries] if request.way == "hybrid" and people else queries
    names_alone = not films and any(query.words for query in queries) and not any(query.words for query in nameless)
    queries = nameless if names_alone else queries
    storyless = _is_storyless(request, queries, films)
    if storyless:
        notes.append(NO_STORY)
        demands = replace(demands, years=_years(queries)) if demands.years == (None, None) else demands
    words = [word for query in queries for word in query.words]
    words += [word for movie in films for word in WORD.findall(movie.plot.lower()) if is_telling(word)]
    return Wish(
        request=request,
        films=films,
        unlike_films=unlike_films,
        unlike_plots=unlike_plots,
        scope=Scope(ledger, demands, without),
        texts=request.plots if dense else tuple(query.text for query in queries),
        kind="films" if request.similar else "passages",
        terms={} if dense else _terms(words, SIMILAR_WORDS if request.similar else ranking.MOST_WORDS, collection),
        hints=tuple(query.hints for query in queries if query.hints != Hints()),
        named=named,
        unwanted=tuple(hints for phrases in unwanted for hints in phrases.hints),
        unwanted_terms=_of_each(collection, (thing for phrases in unwanted for thing in phrases.things)),
        notes=tuple(notes),
        understood=parts,
        storyless=names_alone or storyless,
    )


def _cleaned(plot: str, collection: Collection) -> CleanQuery:
    ledger, bm25 = collection.ledger, collection.bm25
    most = max(2.0, RARE * len(bm25))

    def rare(words: str, most: float = most) -> bool:
        return all(bm25.frequency(term) <= most for term in bm25.terms(WORD.findall(words)))

    return clean(
        plot,
        titles=lambda title: _years_of(title, ledger, rare),
        parts=ledger.of_part,
        people=lambda names: ledger.attributes().people_among(names),
        rare=rare,
        unheard=lambda words: rare(words, 0),
    )


def _understood(
    request: Request, queries: Sequence[CleanQuery], titles: dict[str, str], people: Items[str]
) -> tuple[Understood, ...]:
    """The parts of the queries that count in the request's mode, as `ranking` has it."""
    pairs = zip(queries, request.plots, strict=True)
    parts = dict.fromkeys(part for query, plot in pairs for part in understood(query, plot, titles, people))
    if request.way == "hybrid":
        return tuple(parts)
    counting = () if request.exact else ("not", "without") if request.way == "lexical" else ("not",)
    return tuple(part for part in parts if part.kind in counting)


def _is_storyless(request: Request, queries: Sequence[CleanQuery], films: Items[Movie]) -> bool:
    """Whether the queries say what the film is not, or of what decade it is, and no more."""
    return (
        request.way != "dense"
        and not (films or request.similar or request.unlike)
        and all(query.storyless for query in queries)
    )


def _years(queries: Iterable[CleanQuery]) -> tuple[int | None, int | None]:
    """The first and the last year of the decades that some queries name; (None, None) where it is a longer time."""
    spans = [span for query in queries for span in query.hints.years]
    if not spans or any(span.last - span.first >= LONGEST_TIME for span in spans):
        return None, None
    return min(span.first for span in spans), max(span.last for span in spans)


def _people(queries: Iterable[CleanQuery], ledger: Ledger) -> set[str]:
    """Those of the names in some queries by which a film's record has somebody."""
    named = [name for query in queries for name in query.hints.people]
    return ledger.attributes().people_among(named) if named else set()


def _named(queries: Iterable[CleanQuery]) -> frozenset[str]:
    """The ids of the films that some queries say they do not mean."""
    return frozenset(film for query in queries for film in query.named)


def _terms(words: Sequence[str], most: int, collection: Collection) -> dict[str, float]:
    bm25 = collection.bm25
    return ranking.telling_terms(bm25.terms(words), bm25.frequency, len(bm25), most)


def _of_each(collection: Collection, things: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The stems of the words of each thing."""
    stems = (tuple(dict.fromkeys(collection.bm25.terms(WORD.findall(thing)))) for thing in things)
    return tuple(dict.fromkeys(filter(None, stems)))


def _films(ids: Sequence[str], collection: Collection) -> tuple[Movie, ...]:
    movies = collection.ledger.movies(ids)
    for film in ids:
        if film not in movies:
            raise NotFoundError(f"there is no film with the id {film!r} in {collection.name!r}")
    return tuple(movies[film] for film in ids)


def _years_of(title: str, ledger: Ledger, rare: Rare) -> dict[str, int | None]:
    """The films of a title: id -> year. Where it has several words, or a rare one, it may lack its article."""
    named = ledger.named(title)
    is_loose = bool(named) and named[0].kind > TitleKind.OTHER
    folded = fold_title(title)
    if not named or (is_loose and " " not in folded and not rare(title)):
        return {}
    movies = ledger.movies([film.film for film in named if film.kind == named[0].kind])
    with_article = {f"{article} {folded}" for article in ARTICLES}
    return {
        film: movie.year for film, movie in movies.items() if not is_loose or fold_title(movie.title) in with_article
    }


def _titles_or_plots(texts: Sequence[str], ledger: Ledger) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """Of texts that may be titles or ids: the ids of the films that they name, the texts that name none, and notes."""
    films: list[str] = []
    plots: list[str] = []
    notes: list[str] = []
    for text in texts:
        ids = [text] if ledger.movie(text) else [film.film for film in of_title(ledger, text)[0]]
        for movie in ledger.movies(ids).values():
            if (note := taken(text, movie)) and fold_title(text) != fold_title(movie.title):
                notes.append(f"unlike: {note}")
        films += ids
        plots += [] if ids else [text]
    return tuple(films), tuple(plots), notes


def _seen(titles: Iterable[tuple[str, int | None]], ledger: Ledger) -> tuple[set[str], int]:
    """The ids of the films in a list of (title, year), and how many of its entries have one or more.

    They are of that title, and of that year give or take one.
    """
    seen: set[str] = set()
    entries = 0
    for title, year in titles:
        films, _ = of_title(ledger, title, year)
        seen |= {film.film for film in films}
        entries += bool(films)
    return seen, entries


def _entries(count: int) -> str:
    return "1 entry is" if count == 1 else f"{count:,} entries are"


def _twins(films: Items[Movie], ledger: Ledger) -> set[str]:
    """The ids of films, and of others of the same title and year."""
    twins = {twin.id for movie in films for twin in ledger.by_title(movie.title) if twin.year == movie.year}
    return twins | {movie.id for movie in films}
