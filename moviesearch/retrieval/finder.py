"""A request -> films in their order: the one way from words to matches.

The request is understood (`wish`), candidates are gathered (`candidates`) and put in order (`ranking`); here they are
made into matches. Nothing is written, and nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moviesearch.collection.base import Collection
from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.passages import piece_of, whole_film
from moviesearch.embedding.vectors import unit
from moviesearch.records import Match, Meeting, Question, Understood
from moviesearch.request import Request
from moviesearch.storage.manifest import Manifest

from . import confidence, ranking
from .candidates import ASKED_POOL, DIVERSE_POOL, Candidates, Gatherer
from .confidence import Features
from .patterns import late
from .ranking import Ranked
from .wish import Wish, understand

_WORD = late(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Found:
    """The films that answer, best first, and the fields of that name of an `Answer`."""

    matches: tuple[Match, ...]
    notes: tuple[str, ...] = ()
    confidence: float | None = None
    understood: tuple[Understood, ...] = ()
    question: Question | None = None


class Finder:
    """Finds films in a collection that is open for reading."""

    def __init__(self, collection: Collection, manifest: Manifest, encoder: Callable[[], Encoder]) -> None:
        self._collection, self._encoder = collection, encoder
        self._gatherer = Gatherer(collection, manifest, encoder)

    def find(self, request: Request) -> Found:
        """The films that answer, and how the request was understood.

        Raises UsageError for a request that makes no sense, NotFoundError for a film that isn't there.
        """
        wish = understand(request, self._collection)
        if request.exact:
            return Found(tuple(self._exact(wish)), wish.notes, understood=wish.understood)
        candidates = self._gatherer.gather(wish)
        ranked, question = self._ranked(candidates, wish)
        matches = self._matches(self._shown(ranked, wish), candidates, wish)
        chance = None if wish.storyless else self._confidence(ranked, candidates)
        return Found(tuple(matches), wish.notes, chance, wish.understood, question)

    def rank(self, request: Request) -> list[str]:
        """The ids of the films that answer, best first: `find` without what is shown."""
        wish = understand(request, self._collection)
        if request.exact:
            return [match.movie.id for match in self._exact(wish)]
        ranked, _ = self._ranked(self._gatherer.gather(wish), wish)
        return [film.film for film in self._shown(ranked, wish)]

    def features_of(self, request: Request, without: Iterable[str] = ()) -> tuple[list[str], Features | None]:
        """The first films for a request, and what tells how sure that answer is; as if some films were not there."""
        wish = understand(request, self._collection)
        candidates = self._gatherer.gather(wish)
        left_out = frozenset(without)
        ranked = ranking.fuse(
            [film for film in candidates.evidence if film.film not in left_out], candidates.weights, wish.named
        )
        return [film.film for film in ranked[: confidence.SHOWN]], self._features(ranked, candidates)

    def _ranked(self, candidates: Candidates, wish: Wish) -> tuple[list[Ranked], Question | None]:
        """The candidates in order, replies counted, and the question to ask back."""
        ranked = ranking.fuse(candidates.evidence, candidates.weights, wish.named)
        request = wish.request
        if request.similar or request.rerank or not (request.ask or request.replies):
            return ranked, None
        from .questions import asked_back

        pool = ranked[:ASKED_POOL]
        movies = self._collection.ledger.movies([film.film for film in pool])
        pool, question = asked_back(pool, movies, request, (*wish.hints, *wish.unwanted))
        least = pool[-1].score if pool else 0.0
        return [*pool, *(replace(film, score=min(film.score, least)) for film in ranked[ASKED_POOL:])], question

    def _exact(self, wish: Wish) -> list[Match]:
        """The original's way: whole-film vectors, compared one by one."""
        from . import exact

        queries = list(self._encoder().encode(wish.texts)) if wish.texts else []
        queries += [self._collection.chroma.vectors("films", [movie.id])[movie.id] for movie in wish.films]
        return exact.nearest(self._collection, queries, wish.scope, wish.request.limit, wish.request.measure)

    def _features(self, ranked: Sequence[Ranked], candidates: Candidates) -> Features | None:
        """What tells how sure an answer is; None where it can't be told, as where films like another are sought."""
        if not confidence.can_tell(ranked):
            return None
        tokens = sum(len(query.weights) for query in candidates.tokens)
        return confidence.features(ranked, tokens, self._collection.ledger.counts()[0])

    def _confidence(self, ranked: Sequence[Ranked], candidates: Candidates) -> float | None:
        features = self._features(ranked, candidates)
        return None if features is None else confidence.chance(features)

    def _shown(self, ranked: list[Ranked], wish: Wish) -> list[Ranked]:
        if wish.request.diverse:
            ranked = self._spread(ranked, wish.request.limit)
        return ranked[: wish.request.limit]

    def _spread(self, ranked: Sequence[Ranked], limit: int) -> list[Ranked]:
        pool = list(ranked[: max(DIVERSE_POOL, 3 * limit)])
        ids = [film.film for film in pool]
        vectors = self._collection.chroma.vectors("films", ids)
        if not vectors:
            return pool
        rows = unit(np.stack([vectors[film] for film in ids]))
        order = ranking.diverse(ids, [film.score for film in pool], rows, limit)
        return [pool[index] for index in order]

    def _matches(self, ranked: Sequence[Ranked], candidates: Candidates, wish: Wish) -> list[Match]:
        entries = self._collection.ledger.known([film.film for film in ranked])
        rows = {film.film: candidates.row(film.film) for film in ranked}
        # A film with one passage only needs no text from Chroma: the passage is its plot.
        cut = [row for film, row in rows.items() if row and entries[film][0].passages > 1]
        texts = self._collection.chroma.texts(cut)
        matches = []
        for rank, film in enumerate(ranked, 1):
            movie = entries[film.film][0].movie
            embedded = texts.get(rows[film.film], whole_film(movie.title, movie.plot))
            # None where a writer on a server is in the middle of this film, or died there: passages come first.
            piece = piece_of(movie, embedded)
            passage = piece or movie.plot
            explain = wish.request.explain and piece is not None
            lexical_hit = candidates.lexical_hits.get(film.film)
            matches.append(
                Match(
                    rank=rank,
                    movie=movie,
                    score=film.score,
                    cosine=film.evidence.cosine,
                    passage=passage,
                    bm25=lexical_hit[1] if lexical_hit else None,
                    words=self._words_in(passage, wish.terms) if explain else (),
                    hints=candidates.hints_met.get(film.film, ()),
                    meetings=self._meetings(film.film, embedded, candidates) if explain else (),
                )
            )
        return matches

    def _meetings(self, film: str, text: str, candidates: Candidates) -> tuple[Meeting, ...]:
        """The words that met in a film's passage, given as it was embedded; none where no tokens were compared."""
        index = self._collection.tokens if film in candidates.late_hits else None
        if index is None:
            return ()
        from .meetings import meetings

        tokens, _ = index.tokens([candidates.row(film)])
        return meetings(candidates.tokens, tokens, text, self._encoder().telling_spans(text))

    def _words_in(self, passage: str, terms: Mapping[str, float]) -> tuple[str, ...]:
        """The words of a passage whose stems were looked up."""
        words = dict.fromkeys(_WORD.findall(passage))
        return tuple(word for word in words if any(term in terms for term in self._collection.bm25.terms([word])))
