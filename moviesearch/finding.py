"""A request -> films in their order: the one way from words to matches.

Words are cleaned and encoded; Chroma gives the nearest passages and tantivy those with the telling
words; `ranking` puts the films in order. Nothing is written here, and nothing shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from . import exact, ranking, vectors
from .collection.base import Home
from .embedding.adapter import adapted, adapter_for
from .embedding.encoder import Encoder
from .embedding.passages import split_query, whole_film
from .embedding.vectors import Vectors
from .errors import NotFoundError
from .hints import Hints
from .queries import clean, is_telling
from .ranking import Evidence, Ranked
from .records import Match, Movie
from .request import Mode, Request
from .retrieval import Nearest, Scope, blend, nearest_films
from .storage.manifest import Manifest
from .storage.rows import Kind, film_of

CANDIDATES = 200
"""Passages that each side gives for a query."""

LOOKED_UP = 32
"""Films found by words whose vectors are fetched while the query is embedded: most that can matter."""

SIMILAR_WORDS = 64

_WORD = re.compile(r"[^\W_]+")

_DIVERSE_POOL = 60


@dataclass(frozen=True, slots=True)
class _Wish:
    """A request in the forms that are searched with: texts to embed, terms with their idf, hints, films named."""

    texts: tuple[str, ...]
    kind: Kind
    terms: dict[str, float]
    hints: list[Hints]
    named: frozenset[str]
    like: list[Movie]
    weights: ranking.Weights


@dataclass(frozen=True, slots=True)
class _Words:
    """What words find: film -> (its best passage, BM25 score), and vectors (d,) of the best of these films' rows."""

    said: dict[str, tuple[str, float]] = field(default_factory=dict)
    vectors: dict[str, Vectors] = field(default_factory=dict)

    def within(self, scope: Scope) -> _Words:
        """The same for films that may answer."""
        may = scope.admitted(self.said)
        return replace(self, said={film: hit for film, hit in self.said.items() if film in may})


@dataclass(frozen=True, slots=True)
class _Found:
    """Candidates: what is known of each film, its nearest passage, and its passage with the most telling words."""

    evidence: list[Evidence]
    near: Mapping[str, Nearest]
    said: dict[str, tuple[str, float]]
    met: dict[str, tuple[str, ...]]

    def row(self, film: str) -> str:
        """The passage to show for a film: the nearest; where whole films were compared, the one that shares words."""
        near = self.near.get(film)
        if near and near.row != film:
            return near.row
        return self.said[film][0] if film in self.said else ""


class Finder:
    """Finds films in an archive that is open for reading."""

    def __init__(self, archive: Home, manifest: Manifest, encoder: Callable[[], Encoder]) -> None:
        self._archive, self._encoder = archive, encoder
        self._model = (manifest.model, manifest.dimension)

    def find(self, request: Request, *, explain: bool = False) -> list[Match]:
        """The films that answer, best first; `explain` marks the words that matched.

        Raises UsageError for a request that makes no sense, NotFoundError for a film that isn't there.
        """
        asked, scope = self._understood(request)
        if request.exact:
            return self._original(request, asked, scope)
        ranked, found, wish = self._ranked(request, asked, scope)
        return self._matches(ranked[: request.limit], found, wish, explain=explain)

    def rank(self, request: Request) -> list[str]:
        """The ids of the films that answer, best first: `find` without what is shown."""
        asked, scope = self._understood(request)
        if request.exact:
            return [match.movie.id for match in self._original(request, asked, scope)]
        ranked, _, _ = self._ranked(request, asked, scope)
        return [place.film for place in ranked[: request.limit]]

    def _understood(self, request: Request) -> tuple[list[Movie], Scope]:
        request.check()
        asked = self._films(request.films)
        without = request.seen | self._twins(asked) | set(request.unlike_films)
        return asked, Scope(self._archive.ledger, request.filters, without)

    def _original(self, request: Request, asked: Sequence[Movie], scope: Scope) -> list[Match]:
        queries = list(self._encoder().encode(request.plots)) if request.plots else []
        queries += [self._archive.store.vectors("films", [movie.id])[movie.id] for movie in asked]
        return exact.nearest(self._archive, queries, scope, request.limit, request.measure)

    # hybrid, and its two sides

    def _ranked(self, request: Request, asked: Sequence[Movie], scope: Scope) -> tuple[list[Ranked], _Found, _Wish]:
        wish = self._wish(request, asked)
        # Words are looked up while the query is embedded: neither needs the other, nor holds the interpreter for long.
        with ThreadPoolExecutor(1, "words") as beside:
            words = beside.submit(self._words, wish, request.mode, *self._range(request, scope))
            queries = [] if request.mode == "lexical" else self._vectors(request, wish.texts)
            near = self._near(wish, queries, request, scope)
        found = self._candidates(wish, queries, near, words.result().within(scope), request)
        ranked = ranking.fuse(found.evidence, wish.weights, wish.named)
        if request.diverse:
            ranked = self._spread(ranked, request.limit)
        return ranked, found, wish

    def _wish(self, request: Request, asked: Sequence[Movie]) -> _Wish:
        similar = (request.intent or ("similar" if asked and not request.plots else "identify")) == "similar"
        cleaned = [clean(plot, self._ids_of) for plot in request.plots]
        words = [word for query in cleaned for word in query.words]
        words += [word for movie in asked for word in _WORD.findall(movie.plot.lower()) if is_telling(word)]
        return _Wish(
            texts=request.plots if request.mode == "dense" else tuple(query.text for query in cleaned),
            kind="films" if similar else "passages",
            terms=self._terms(words, SIMILAR_WORDS if similar else ranking.MOST_WORDS)
            if request.mode != "dense"
            else {},
            hints=[query.hints for query in cleaned],
            named=frozenset(film for query in cleaned for film in query.named),
            like=list(asked) if similar else [],
            weights=ranking.SIMILAR if similar else ranking.IDENTIFY,
        )

    def _vectors(self, request: Request, texts: Sequence[str]) -> list[Vectors]:
        """One wish: the unit vectors (d,) of its pieces. Several, or something unwanted: one direction."""
        wanted = [self._of_text(text, request.mode) for text in texts]
        wanted += [self._of_film(film, request.mode) for film in request.films]
        unwanted = [self._of_text(text, request.mode) for text in request.unlike_plots]
        unwanted += [self._of_film(film, request.mode) for film in request.unlike_films]
        if len(wanted) == 1 and not unwanted:
            return list(wanted[0])
        away = np.stack([ranking.direction(wish) for wish in unwanted]) if unwanted else None
        return [ranking.direction(np.stack([ranking.direction(wish) for wish in wanted]), away)]

    def _of_text(self, text: str, mode: Mode) -> Vectors:
        """Unit vectors (n, d) of the text's pieces, moved by the model's adapter unless the mode is dense."""
        encoder = self._encoder()
        vectors_of_pieces = encoder.encode(split_query(text, encoder.tokenize, encoder.window))
        adapter = None if mode == "dense" else adapter_for(encoder.name, encoder.dimension)
        return adapted(vectors_of_pieces, adapter)

    def _of_film(self, film: str, mode: Mode) -> Vectors:
        """The whole-film vector (1, d), less what all plots share unless the mode is dense."""
        whole = self._archive.store.vectors("films", [film])[film][None, :]
        return adapted(whole, None if mode == "dense" else adapter_for(*self._model), similar=True)

    def _ids_of(self, title: str) -> list[str]:
        return [movie.id for movie in self._archive.ledger.by_title(title)]

    def titles_or_plots(self, given: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of texts that may be titles or ids: the ids of the films that they name, and those that name none."""
        films: list[str] = []
        plots: list[str] = []
        for text in given:
            ids = [text] if self._archive.ledger.movie(text) else self._ids_of(text)
            films += ids
            plots += [] if ids else [text]
        return tuple(films), tuple(plots)

    def ids_of_seen(self, seen: Iterable[tuple[str, int | None]]) -> frozenset[str]:
        """The films that a list of (title, year) means: of that title, and of that year give or take one."""
        return frozenset(
            movie.id
            for title, year in seen
            for movie in self._archive.ledger.by_title(title)
            if year is None or movie.year is None or abs(movie.year - year) <= 1
        )

    def _spread(self, ranked: Sequence[Ranked], limit: int) -> list[Ranked]:
        pool = list(ranked[: max(_DIVERSE_POOL, 3 * limit)])
        found = self._archive.store.vectors("films", [place.film for place in pool])
        if not found:
            return pool
        rows = np.stack([found[place.film] for place in pool])
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        order = ranking.diverse([place.film for place in pool], [place.score for place in pool], rows, limit)
        return [pool[at] for at in order]

    def _terms(self, words: Sequence[str], most: int) -> dict[str, float]:
        lexical = self._archive.lexical
        return ranking.telling_terms(lexical.terms(words), lexical.frequency, len(lexical), most)

    def _range(self, request: Request, scope: Scope) -> tuple[int, list[str] | None]:
        """How many passages words are to find, and among which films, where that's quicker than to sift more."""
        wanted = max(request.limit, CANDIDATES)
        reach = scope.reach("passages", wanted)
        few = None if request.mode == "dense" else scope.few(reach)
        return (reach, None) if few is None else (wanted, sorted(few))

    def _words(self, wish: _Wish, mode: Mode, most: int, films: Sequence[str] | None) -> _Words:
        """The films that words find, and the vectors of the best: in a thread of its own, away from the ledger."""
        if mode == "dense":
            return _Words()
        said = self._by_words(wish.terms, most, films)
        if mode == "lexical":
            return _Words(said)
        best = sorted(said, key=lambda film: (-said[film][1], film))[:LOOKED_UP]
        rows = [film if wish.kind == "films" else said[film][0] for film in best]
        return _Words(said, self._archive.store.vectors(wish.kind, rows))

    def _near(self, wish: _Wish, queries: Sequence[Vectors], request: Request, scope: Scope) -> dict[str, Nearest]:
        """The films that meaning finds; none where there are no vectors to search with."""
        if not queries:
            return {}
        least = request.limit + len(wish.named)
        depth = max(least, CANDIDATES // 2)
        lists = [nearest_films(self._archive.store, wish.kind, query, depth, scope, least) for query in queries]
        return {match.film: match for match in blend(lists)}

    def _candidates(
        self,
        wish: _Wish,
        queries: Sequence[Vectors],
        near: Mapping[str, Nearest],
        words: _Words,
        request: Request,
    ) -> _Found:
        said = words.said
        if request.mode == "hybrid":
            silent = sorted(near.keys() - said)
            said = said | self._by_words(wish.terms, 4 * len(silent), silent)
        shares = ranking.shares({film: score for film, (_, score) in said.items()}, wish.terms)
        candidates = sorted({*near, *said})
        against, met = self._hinted(candidates, wish) if request.mode == "hybrid" else ({}, {})
        evidence = [
            Evidence(film, near[film].cosine if film in near else None, shares.get(film), against.get(film, 0.0))
            for film in candidates
        ]
        if request.mode == "hybrid" and near:
            places = max(_DIVERSE_POOL, 3 * request.limit) if request.diverse else request.limit
            wanted = ranking.contenders(evidence, wish.weights, wish.named, places)
            rows = {film if wish.kind == "films" else said[film][0]: film for film in wanted}
            evidence = _completed(evidence, self._cosines(wish.kind, queries, rows, words.vectors))
        return _Found(evidence, near, said, met)

    def _hinted(self, films: Sequence[str], wish: _Wish) -> tuple[dict[str, float], dict[str, tuple[str, ...]]]:
        """What counts against films besides story and words, and the hints that they meet."""
        against: dict[str, float] = {}
        met: dict[str, tuple[str, ...]] = {}
        told = [hint for hint in wish.hints if hint != Hints()]
        if told or wish.like:
            for film, (year, genres, places) in self._archive.ledger.facts_of(films).items():
                judged = [ranking.contradictions(hint, year, genres, places) for hint in told]
                far = [ranking.unlikeness(year, genres, movie.year, movie.genres) for movie in wish.like]
                against[film] = sum(cost for cost, _ in judged) + sum(far) / max(1, len(far))
                met[film] = tuple(dict.fromkeys(hint for _, hints_met in judged for hint in hints_met))
        return against, met

    def _by_words(
        self, terms: Mapping[str, float], limit: int, films: Sequence[str] | None = None
    ) -> dict[str, tuple[str, float]]:
        """Film -> (passage id, BM25 score) for the passages with the most telling words, of these films where given."""
        hits = self._archive.lexical.search(list(terms), limit, films)
        return ranking.best_rows([row for row, _ in hits], [score for _, score in hits], film_of)

    def _cosines(
        self, kind: Kind, queries: Sequence[Vectors], rows: Mapping[str, str], known: Mapping[str, Vectors]
    ) -> dict[str, float]:
        """Film -> cosine, for rows (row id -> film) that the index did not give; some of their vectors are known."""
        found = {row: known[row] for row in rows if row in known}
        if missing := [row for row in rows if row not in found]:
            found |= self._archive.store.vectors(kind, missing)
        if not found:
            return {}
        matrix = np.stack(list(found.values()))
        means = np.mean([vectors.similarity(query, matrix) for query in queries], axis=0)
        return {rows[row]: cosine for row, cosine in zip(found, means.tolist(), strict=True)}

    def _matches(self, ranked: Sequence[Ranked], found: _Found, wish: _Wish, *, explain: bool) -> list[Match]:
        known = self._archive.ledger.known([place.film for place in ranked])
        rows = {place.film: found.row(place.film) for place in ranked}
        # The passage of a film that has but one is its plot.
        texts = self._archive.store.texts([row for film, row in rows.items() if row and known[film][0].passages > 1])
        matches = []
        for rank, place in enumerate(ranked, 1):
            movie = known[place.film][0].movie
            passage = texts.get(rows[place.film], movie.plot).removeprefix(whole_film(movie.title, ""))
            matches.append(
                Match(
                    rank=rank,
                    movie=movie,
                    score=place.score,
                    cosine=place.evidence.cosine,
                    passage=passage or movie.plot,
                    bm25=found.said[place.film][1] if place.film in found.said else None,
                    words=self._words_in(passage, wish.terms) if explain else (),
                    hints=found.met.get(place.film, ()),
                )
            )
        return matches

    def _words_in(self, passage: str, terms: Mapping[str, float]) -> tuple[str, ...]:
        words = dict.fromkeys(_WORD.findall(passage))
        return tuple(word for word in words if any(term in terms for term in self._archive.lexical.terms([word])))

    # films by name

    def _films(self, ids: Sequence[str]) -> list[Movie]:
        found = self._archive.ledger.movies(ids)
        for film in ids:
            if film not in found:
                raise NotFoundError(f"there is no film with the id {film!r} in {self._archive.name!r}")
        return [found[film] for film in ids]

    def _twins(self, asked: Sequence[Movie]) -> set[str]:
        """The films asked for, and others of the same title and year."""
        by_title = self._archive.ledger.by_title
        twins = {twin.id for movie in asked for twin in by_title(movie.title) if twin.year == movie.year}
        return twins | {movie.id for movie in asked}


def _completed(evidence: Sequence[Evidence], cosines: Mapping[str, float]) -> list[Evidence]:
    """Evidence with these cosines of films that words alone have found; those without one are left out."""
    found = [replace(film, cosine=cosines[film.film]) for film in evidence if film.film in cosines]
    return [film for film in evidence if film.cosine is not None] + found
