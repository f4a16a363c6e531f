"""The second stage: a wish -> the films that may be meant, by meaning and by words, with what speaks for each.

Words are looked up while the query is embedded: neither needs the other, nor holds the interpreter for long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from moviesearch.collection.base import Collection
from moviesearch.embedding.adapter import adapted, adapter_for
from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.passages import split_query
from moviesearch.embedding.vectors import Vectors
from moviesearch.request import Mode
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import film_of

from . import ranking
from .nearest import DenseHit, blend, nearest_films
from .ranking import Evidence
from .scope import Scope
from .similarity import similarity
from .wish import Wish

CANDIDATES = 200
"""Passages that each side gives for a query."""

LOOKED_UP = 32
"""Films found by words whose vectors are fetched while the query is embedded: most that can matter."""

DIVERSE_POOL = 60
"""Films that are spread out, at least."""

LexicalHits = dict[str, tuple[str, float]]
"""Film -> (its passage with the most telling words, that passage's BM25 score)."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The films that may be meant: what is known of each, where meaning and words found it, and the hints it meets."""

    evidence: list[Evidence]
    dense_hits: Mapping[str, DenseHit]
    lexical_hits: LexicalHits
    hints_met: dict[str, tuple[str, ...]]

    def row(self, film: str) -> str:
        """The passage to show for a film: the nearest; where whole films were compared, the one that shares words."""
        hit = self.dense_hits.get(film)
        if hit and hit.row != film:
            return hit.row
        return self.lexical_hits[film][0] if film in self.lexical_hits else ""


@dataclass(frozen=True, slots=True)
class _ByWords:
    """What words find, and vectors (d,) of the best of these films' rows."""

    hits: LexicalHits = field(default_factory=dict)
    vectors: dict[str, Vectors] = field(default_factory=dict)

    def within(self, scope: Scope) -> _ByWords:
        """The same for films that may answer."""
        admitted = scope.admitted(self.hits)
        return replace(self, hits={film: hit for film, hit in self.hits.items() if film in admitted})


class Gatherer:
    """Gathers candidates from a collection that is open for reading."""

    def __init__(self, collection: Collection, manifest: Manifest, encoder: Callable[[], Encoder]) -> None:
        self._collection, self._encoder = collection, encoder
        self._model = (manifest.model, manifest.dimension)

    def gather(self, wish: Wish) -> Candidates:
        """The candidates for a wish."""
        mode = wish.request.way
        with ThreadPoolExecutor(1, "words") as beside:
            looking_up = beside.submit(self._by_words, wish, *self._depth_and_films(wish))
            queries = [] if mode == "lexical" else self._query_vectors(wish)
            dense_hits = self._dense_hits(wish, queries)
        by_words = looking_up.result().within(wish.scope)
        lexical_hits = by_words.hits
        if mode == "hybrid":
            silent = sorted(dense_hits.keys() - lexical_hits)
            lexical_hits = lexical_hits | self._lexical_hits(wish.terms, 4 * len(silent), silent)
        shares = ranking.shares({film: score for film, (_, score) in lexical_hits.items()}, wish.terms)
        films = sorted({*dense_hits, *lexical_hits})
        against, hints_met = self._by_records(films, wish) if mode == "hybrid" else ({}, {})
        evidence = [
            Evidence(
                film=film,
                cosine=dense_hits[film].cosine if film in dense_hits else None,
                share=shares.get(film),
                contradicts=against.get(film, 0.0),
            )
            for film in films
        ]
        if mode == "hybrid" and dense_hits:
            evidence = self._with_cosines(evidence, wish, queries, lexical_hits, by_words.vectors)
        return Candidates(evidence, dense_hits, lexical_hits, hints_met)

    # by meaning

    def _query_vectors(self, wish: Wish) -> list[Vectors]:
        """One wish: the unit vectors (d,) of its pieces. Several, or something unwanted: one direction."""
        mode = wish.request.way
        wanted = [self._text_vectors(text, mode) for text in wish.texts]
        wanted += [self._film_vector(movie.id, mode) for movie in wish.films]
        unwanted = [self._text_vectors(text, mode) for text in wish.unlike_plots]
        unwanted += [self._film_vector(film, mode) for film in wish.unlike_films]
        if len(wanted) == 1 and not unwanted:
            return list(wanted[0])
        away = np.stack([ranking.direction(vectors) for vectors in unwanted]) if unwanted else None
        return [ranking.direction(np.stack([ranking.direction(vectors) for vectors in wanted]), away)]

    def _text_vectors(self, text: str, mode: Mode) -> Vectors:
        """Unit vectors (n, d) of the text's pieces, moved by the model's adapter unless the mode is dense."""
        encoder = self._encoder()
        vectors = encoder.encode(split_query(text, encoder.tokenize, encoder.window))
        return adapted(vectors, None if mode == "dense" else adapter_for(*self._model))

    def _film_vector(self, film: str, mode: Mode) -> Vectors:
        """The whole-film vector (1, d), less what all plots share unless the mode is dense."""
        whole = self._collection.chroma.vectors("films", [film])[film][None, :]
        return adapted(whole, None if mode == "dense" else adapter_for(*self._model), similar=True)

    def _dense_hits(self, wish: Wish, queries: Sequence[Vectors]) -> dict[str, DenseHit]:
        """The films that meaning finds; none where there are no vectors to search with."""
        if not queries:
            return {}
        least = wish.request.limit + len(wish.named)
        depth = max(least, CANDIDATES // 2)
        chroma = self._collection.chroma
        return {
            hit.film: hit
            for hit in blend([nearest_films(chroma, wish.kind, query, depth, wish.scope, least) for query in queries])
        }

    # by words

    def _depth_and_films(self, wish: Wish) -> tuple[int, list[str] | None]:
        """How many passages words are to find, and among which films, where that's quicker than to over-fetch."""
        wanted = max(wish.request.limit, CANDIDATES)
        depth = wish.scope.depth_for("passages", wanted)
        films = None if wish.request.way == "dense" else wish.scope.to_scan(depth)
        return (depth, None) if films is None else (wanted, sorted(films))

    def _by_words(self, wish: Wish, depth: int, films: Sequence[str] | None) -> _ByWords:
        """The films that words find, and the vectors of the best: in a thread of its own, away from the ledger."""
        mode = wish.request.way
        if mode == "dense":
            return _ByWords()
        hits = self._lexical_hits(wish.terms, depth, films)
        if mode == "lexical":
            return _ByWords(hits)
        best = sorted(hits, key=lambda film: (-hits[film][1], film))[:LOOKED_UP]
        rows = [film if wish.kind == "films" else hits[film][0] for film in best]
        return _ByWords(hits, self._collection.chroma.vectors(wish.kind, rows))

    def _lexical_hits(self, terms: Mapping[str, float], limit: int, films: Sequence[str] | None = None) -> LexicalHits:
        """The passages with the most telling words, of these films where given."""
        hits = self._collection.bm25.search(list(terms), limit, films)
        return ranking.best_rows([row for row, _ in hits], [score for _, score in hits], film_of)

    # by what else is known

    def _by_records(self, films: Sequence[str], wish: Wish) -> tuple[dict[str, float], dict[str, tuple[str, ...]]]:
        """What counts against films besides story and words, and the hints that they meet."""
        against: dict[str, float] = {}
        hints_met: dict[str, tuple[str, ...]] = {}
        if wish.hints or wish.models:
            for film, (year, genres, places) in self._collection.ledger.facts_of(films).items():
                judged = [ranking.contradictions(hint, year, genres, places) for hint in wish.hints]
                far = [ranking.unlikeness(year, genres, movie.year, movie.genres) for movie in wish.models]
                against[film] = sum(cost for cost, _ in judged) + sum(far) / max(1, len(far))
                hints_met[film] = tuple(dict.fromkeys(hint for _, met in judged for hint in met))
        return against, hints_met

    def _with_cosines(
        self,
        evidence: Sequence[Evidence],
        wish: Wish,
        queries: Sequence[Vectors],
        lexical_hits: LexicalHits,
        vectors: Mapping[str, Vectors],
    ) -> list[Evidence]:
        """Evidence with cosines also of the films that only words found and that may come first; the rest go."""
        request = wish.request
        places = max(DIVERSE_POOL, 3 * request.limit) if request.diverse else request.limit
        contenders = ranking.contenders(evidence, wish.weights, wish.named, places)
        rows = {film if wish.kind == "films" else lexical_hits[film][0]: film for film in contenders}
        at_hand = {row: vectors[row] for row in rows if row in vectors}
        if missing := [row for row in rows if row not in at_hand]:
            at_hand |= self._collection.chroma.vectors(wish.kind, missing)
        cosines: dict[str, float] = {}
        if at_hand:
            matrix = np.stack(list(at_hand.values()))
            means = np.mean([similarity(query, matrix) for query in queries], axis=0)
            cosines = {rows[row]: cosine for row, cosine in zip(at_hand, means.tolist(), strict=True)}
        completed = [replace(film, cosine=cosines[film.film]) for film in evidence if film.film in cosines]
        return [film for film in evidence if film.cosine is not None] + completed
