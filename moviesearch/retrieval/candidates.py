"""The second stage: a wish -> the films that may be meant, by meaning and by words, with the evidence for each.

Words are looked up in a second thread while the query is embedded in the first. Where the collection has token vectors,
the passages that words found are compared with the query token by token while near ones are looked for, and these then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from moviesearch.background import Background
from moviesearch.collection.base import Collection
from moviesearch.embedding.adapter import adapted, adapter_for
from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.late_interaction import QueryTokens
from moviesearch.embedding.passages import split_query
from moviesearch.embedding.vectors import Vectors
from moviesearch.request import Mode
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import film_of, passage_ids

from . import ranking
from .nearest import DenseHit, blend, nearest_films, scan
from .ranking import Evidence
from .scope import Scope
from .similarity import similarity
from .token_by_token import LateHits, TokenByToken
from .wish import Wish

CANDIDATES = 200
"""Passages that meaning and words each give for a query."""

LOOKED_UP = 32
"""Films found by words whose vectors are fetched while the query is embedded; few others can come first."""

LOOKED_INTO = 40
"""Likely films of which every passage is compared token by token, not just the one that was found."""

MOST_OF_PEOPLE = 60
"""Films of people whom a query names that are gathered, found or not."""

_MOST_PASSAGES = 64
"""Passages a film that are looked at for what a film is to be without."""

DIVERSE_POOL = 60
"""Films among which `diverse` chooses, at least."""

ASKED_POOL = 200
"""Films from which a question asked back is chosen, and which replies lift and lower."""

LexicalHits = dict[str, tuple[str, float]]
"""Film -> (its passage with the highest BM25 score, that score)."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The films that may be meant, with the evidence for each.

    `dense_hits`, `lexical_hits` and `late_hits` are by film, for the films that meaning, words and tokens found;
    `hints_met` maps a film to those of the query's hints that it meets, for people to read. `weights` are those of the
    parts of a score, and `tokens` those of each text of the query.
    """

    evidence: list[Evidence]
    dense_hits: Mapping[str, DenseHit]
    lexical_hits: LexicalHits
    hints_met: dict[str, tuple[str, ...]]
    weights: ranking.Weights
    late_hits: LateHits = field(default_factory=dict)
    tokens: tuple[QueryTokens, ...] = ()

    def row(self, film: str) -> str:
        """The id of the passage to show for a film, "" for none.

        It is the one that is best token by token, else the nearest one; where whole films were compared, the one with
        the best words.
        """
        if film in self.late_hits:
            return self.late_hits[film][0]
        hit = self.dense_hits.get(film)
        if hit and hit.row != film:
            return hit.row
        return self.lexical_hits[film][0] if film in self.lexical_hits else ""


@dataclass(frozen=True, slots=True)
class _Queries:
    """What is searched with: unit vectors (d,), and the tokens of each text where the encoder gives them."""

    vectors: list[Vectors] = field(default_factory=list)
    tokens: tuple[QueryTokens, ...] = ()


@dataclass(frozen=True, slots=True)
class _ByWords:
    """What words find, and row -> vector (d,) for the best of these films."""

    hits: LexicalHits = field(default_factory=dict)
    vectors: dict[str, Vectors] = field(default_factory=dict)

    def within(self, scope: Scope) -> _ByWords:
        """The same, for the films that may answer only."""
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
        depth_and_films = self._depth_and_films(wish)
        with Background(lambda: self._by_words(wish, *depth_and_films), "words") as words:
            queries = _Queries() if mode == "lexical" else self._queries(wish)
            late = self._token_by_token(wish, queries)
            # A filter is read from the ledger, for which a new thread would have to open it.
            beside = mode == "hybrid" and wish.scope.is_whole
            with Background(lambda: self._dense_hits(wish, queries.vectors), "meaning", beside) as meaning:
                by_words = words.result().within(wish.scope)
                late.compare(row for row, _ in by_words.hits.values())
        found = meaning.result()
        of_people = self._of_people(wish, queries.vectors, found)
        dense_hits = {**found, **of_people}
        lexical_hits = by_words.hits
        if mode == "hybrid":
            dense_only = sorted(dense_hits.keys() - lexical_hits)
            lexical_hits = lexical_hits | self._lexical_hits(wish.terms, 4 * len(dense_only), dense_only)
            late.compare({hit.row for hit in dense_hits.values()} | {row for row, _ in lexical_hits.values()})
        shares = ranking.shares({film: score for film, (_, score) in lexical_hits.items()}, wish.terms)
        films = sorted({*dense_hits, *lexical_hits})
        weights = ranking.BY_TOKENS if late.hits else wish.weights
        if wish.storyless:
            weights = replace(weights, hints=ranking.NAMES_ALONE)
        contradictions, hints_met = self._by_records(films, wish) if mode == "hybrid" else ({}, {})
        evidence = [
            Evidence(
                film=film,
                cosine=dense_hits[film].cosine if film in dense_hits else None,
                share=shares.get(film),
                late=late.hits[film][1] if film in late.hits else None,
                contradicts=contradictions.get(film, 0.0),
            )
            for film in films
        ]
        if late.hits:
            evidence = self._looked_into(evidence, wish, late, weights)
        if mode == "hybrid" and dense_hits:
            # Films of people may be far from the query: what others may come to is told by those that meaning found.
            others = [film for film in evidence if film.film not in of_people]
            rows = {film: {row} for film, (row, _) in lexical_hits.items()}
            for film, (row, _) in late.hits.items():
                rows.setdefault(film, set()).add(row)
            others = self._with_cosines(others, wish, queries.vectors, rows, by_words.vectors, weights)
            evidence = others + [film for film in evidence if film.film in of_people]
        return Candidates(evidence, dense_hits, lexical_hits, hints_met, weights, late.hits, queries.tokens)

    # by meaning

    def _queries(self, wish: Wish) -> _Queries:
        """What to search with: vectors of the pieces of one text or of a film, else one direction; and the tokens."""
        mode = wish.request.way
        texts = [self._embedded(text, mode) for text in wish.texts]
        tokens = tuple(tokens for _, tokens in texts if tokens is not None)
        positive = [vectors for vectors, _ in texts]
        positive += [self._film_vector(movie.id, mode) for movie in wish.films]
        negative = [self._embedded(text, mode)[0] for text in wish.unlike_plots]
        negative += [self._film_vector(film, mode) for film in wish.unlike_films]
        if len(positive) == 1 and not negative:
            return _Queries(list(positive[0]), tokens)
        away_from = np.stack([ranking.direction(vectors) for vectors in negative]) if negative else None
        towards = np.stack([ranking.direction(vectors) for vectors in positive])
        return _Queries([ranking.direction(towards, away_from)], tokens)

    def _embedded(self, text: str, mode: Mode) -> tuple[Vectors, QueryTokens | None]:
        """Unit vectors (n, d) of a text's pieces, to search with in this mode, and its tokens."""
        encoder = self._encoder()
        pieces = split_query(text, encoder.tokenize, encoder.window)
        if mode == "dense":
            return encoder.encode(pieces), None
        vectors, tokens = encoder.encode_query(pieces)
        return adapted(vectors, None if encoder.has_query_encoder else adapter_for(*self._model)), tokens

    def _film_vector(self, film: str, mode: Mode) -> Vectors:
        """The whole-film unit vector (1, d), without what all plots share unless the mode is dense."""
        whole = self._collection.chroma.vectors("films", [film])[film][None, :]
        return adapted(whole, None if mode == "dense" else adapter_for(*self._model), similar=True)

    def _dense_hits(self, wish: Wish, queries: Sequence[Vectors]) -> dict[str, DenseHit]:
        """Film -> hit, for the films that meaning finds: none where there are no query vectors."""
        if not queries:
            return {}
        least = wish.request.limit + len(wish.named)
        depth = max(least, CANDIDATES // 2)
        chroma = self._collection.chroma
        return {
            hit.film: hit
            for hit in blend([nearest_films(chroma, wish.kind, query, depth, wish.scope, least) for query in queries])
        }

    def _of_people(self, wish: Wish, queries: Sequence[Vectors], found: Mapping[str, DenseHit]) -> dict[str, DenseHit]:
        """Film -> hit, for films of people whom the query names that may answer and that meaning did not find."""
        names = list(dict.fromkeys(name for hints in wish.hints for name in hints.people))
        if wish.request.way != "hybrid" or not names or not queries:
            return {}
        ledger = self._collection.ledger
        films = [film for film in ledger.attributes().films_of(names, MOST_OF_PEOPLE) if film not in found]
        sizes = ledger.sizes_of(sorted(wish.scope.admitted(films)))
        hits = [scan(self._collection.chroma, wish.kind, query, sizes) for query in queries] if sizes else []
        return {hit.film: hit for hit in blend([list(of_query.values()) for of_query in hits])} if hits else {}

    # by words

    def _depth_and_films(self, wish: Wish) -> tuple[int, list[str] | None]:
        """How many passages words are to find, and among which films; None for all, where over-fetching is quicker."""
        passages = max(wish.request.limit, CANDIDATES)
        depth = wish.scope.depth_for("passages", passages)
        films = None if wish.request.way == "dense" else wish.scope.to_scan(depth)
        return (depth, None) if films is None else (passages, sorted(films))

    def _by_words(self, wish: Wish, depth: int, films: Sequence[str] | None) -> _ByWords:
        """The films that words find, and the vectors of the best. Runs in the second thread: it reads no ledger."""
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
        """The `limit` passages with the highest BM25 score, one a film, among `films` where given."""
        hits = self._collection.bm25.search(list(terms), limit, films)
        return ranking.best_rows([row for row, _ in hits], [score for _, score in hits], film_of)

    # token by token

    def _token_by_token(self, wish: Wish, queries: _Queries) -> TokenByToken:
        """What compares; nothing where films are sought that are like others, or in another way than the hybrid one."""
        compares = wish.request.way == "hybrid" and not wish.request.similar
        return TokenByToken(self._collection.tokens if compares else None, queries.tokens)

    def _looked_into(
        self, evidence: Sequence[Evidence], wish: Wish, late: TokenByToken, weights: ranking.Weights
    ) -> list[Evidence]:
        """The same evidence, where the likely films have been compared by all their passages."""
        likely = [film.film for film in ranking.fuse(evidence, weights, wish.named)[:LOOKED_INTO]]
        sizes = self._collection.ledger.sizes_of(likely)
        late.compare(row for film, size in sizes.items() if size > 1 for row in passage_ids(film, size))
        return [
            replace(film, late=late.hits[film.film][1]) if film.film in sizes and film.film in late.hits else film
            for film in evidence
        ]

    # by years, genres and origins

    def _by_records(self, films: Sequence[str], wish: Wish) -> tuple[dict[str, float], dict[str, tuple[str, ...]]]:
        """Film -> how much its year, genres and origins contradict the wish, and film -> the hints that it meets."""
        contradictions: dict[str, float] = {}
        hints_met: dict[str, tuple[str, ...]] = {}
        if wish.hints or wish.models or wish.unwanted or wish.unwanted_terms:
            against = self._with_what_is_unwanted(films, wish)
            people = [name for hints in (*wish.hints, *wish.unwanted) for name in hints.people]
            for film, facts in self._collection.ledger.facts_of(films, people).items():
                judged = [ranking.contradictions(hints, *facts) for hints in wish.hints]
                unlike = [ranking.unlikeness(*facts[:2], movie.year, movie.genres) for movie in wish.models]
                contradictions[film] = sum(cost for cost, _ in judged) + sum(unlike) / max(1, len(unlike))
                contradictions[film] += ranking.held_against(wish.unwanted, *facts) + (film in against)
                hints_met[film] = tuple(dict.fromkeys(hint for _, met in judged for hint in met))
        return contradictions, hints_met

    def _with_what_is_unwanted(self, films: Sequence[str], wish: Wish) -> set[str]:
        """Those of some films whose passages speak of what the film that is meant is without."""
        if not wish.unwanted_terms:
            return set()
        bm25 = self._collection.bm25
        most = min(len(bm25), _MOST_PASSAGES * len(films))
        met: set[str] = set()
        for terms in wish.unwanted_terms:
            rows = set.intersection(*({row for row, _ in bm25.search((term,), most, films)} for term in terms))
            met |= {film_of(row) for row in rows}
        return met

    def _with_cosines(
        self,
        evidence: Sequence[Evidence],
        wish: Wish,
        queries: Sequence[Vectors],
        rows: Mapping[str, set[str]],
        vectors: Mapping[str, Vectors],
        weights: ranking.Weights,
    ) -> list[Evidence]:
        """The same evidence, where each film has a cosine.

        It is computed for films that only words found and that could come first, as that of the nearest of the film's
        `rows`; other films without one are left out.
        """
        request = wish.request
        limit = max(DIVERSE_POOL, 3 * request.limit) if request.diverse else request.limit
        if request.ask or request.replies:
            limit = max(limit, ASKED_POOL)
        contenders = ranking.contenders(evidence, weights, wish.named, limit)
        wanted = contenders if wish.kind == "films" else sorted({row for film in contenders for row in rows[film]})
        vector_of = {row: vectors[row] for row in wanted if row in vectors}
        if missing := [row for row in wanted if row not in vector_of]:
            vector_of |= self._collection.chroma.vectors(wish.kind, missing)
        cosines: dict[str, float] = {}
        if vector_of:
            matrix = np.stack(list(vector_of.values()))
            means = np.mean([similarity(query, matrix) for query in queries], axis=0)
            for row, cosine in zip(vector_of, means.tolist(), strict=True):
                film_id = row if wish.kind == "films" else film_of(row)
                cosines[film_id] = max(cosine, cosines.get(film_id, -1.0))
        completed = [replace(film, cosine=cosines[film.film]) for film in evidence if film.film in cosines]
        return [film for film in evidence if film.cosine is not None] + completed
