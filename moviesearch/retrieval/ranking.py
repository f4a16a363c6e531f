"""How films are put in order: pure functions on ids, scores and vectors.

1. A film's cosine is that of its best passage with the (adapted) query; a mean over passages blurs the one
   passage that a person remembers.
2. Its share is what part of the query's information the same film's best passage holds: its BM25 score over the
   sum of the query's inverse document frequencies. A short query of rare words has large shares and is decided
   by its words; in a long rambling one no passage holds much, so meaning decides. That is the weighing by query.
3. Hints (years, places, genres that the query says) cost a film that contradicts them; unknown costs half.
4. score = cosine + `Weights.words` x share - `Weights.hints` x contradictions. Films that the query names as
   not the answer go last, and ties are in the order of film ids: the same query has the same answer.
5. Several wishes are one direction, the mean of their vectors less a part of what is not wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moviesearch.embedding.vectors import Vectors, unit

from .hints import Hints, genre_names

PASSED_OVER = 0.05
"""By how much a film that the index missed may be nearer than the last one it gave."""

LOOKED_FOR = 24
"""Films that are looked at in case the index missed them; more find nothing more."""

MOST_WORDS = 32
"""Words of a query that are looked up: its rarest. More make it slower, and no better."""

FADING_YEARS = 12
"""A film so many years outside the years in a query contradicts it wholly; nearer ones in proportion."""

AWAY = 0.5
"""How far what is not wanted pushes, against what is wanted."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What the parts of a score count beside the cosine, which counts 1."""

    words: float = 1.0
    hints: float = 0.12


IDENTIFY = Weights(words=1.0, hints=0.12)
SIMILAR = Weights(words=1.0, hints=0.14)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a film for a query.

    `cosine` and `share` are those of its best passages, None where that side did not find it.
    `contradicts` is what `contradictions` or `unlikeness` says of it, 0 at best.
    """

    film: str
    cosine: float | None
    share: float | None
    contradicts: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A film in its place, with what its score is made of."""

    film: str
    score: float
    evidence: Evidence


# --- one row a film ------------------------------------------------------------------------------------------------


def best_rows(
    rows: Iterable[str], scores: Iterable[float], film_of: Callable[[str], str]
) -> dict[str, tuple[str, float]]:
    """Film -> (its best row, that row's score); of rows that tie, the one whose id comes first."""
    best: dict[str, tuple[str, float]] = {}
    for row, score in zip(rows, scores, strict=True):
        film = film_of(row)
        if film not in best or (-score, row) < (-best[film][1], best[film][0]):
            best[film] = (row, float(score))
    return best


# --- words ---------------------------------------------------------------------------------------------------------


def idf(documents: int, frequency: int) -> float:
    """BM25's inverse document frequency, as Lucene and tantivy have it: ln(1 + (N - n + .5) / (n + .5))."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


def telling_terms(
    terms: Iterable[str], frequency: Callable[[str], int], documents: int, most: int = MOST_WORDS
) -> dict[str, float]:
    """The `most` rarest of a query's terms that occur at all, with their idf, rarest first.

    The sum of the values is the information in the query: what BM25 scores are divided by to be shares.
    """
    known = {term: frequency(term) for term in dict.fromkeys(terms)}
    found = sorted((count, term) for term, count in known.items() if count > 0)
    return {term: idf(documents, count) for count, term in found[:most]}


def shares(scores: Mapping[str, float], terms: Mapping[str, float]) -> dict[str, float]:
    """BM25 scores -> the share of the query's information that each film holds.

    From 0 to about 1; over 1 only for a very short passage that says its words often.
    """
    information = sum(terms.values())
    return {film: score / information for film, score in scores.items()} if information > 0 else {}


# --- hints ---------------------------------------------------------------------------------------------------------


def contradictions(
    hints: Hints, year: int | None, genres: Collection[str], places: Collection[str]
) -> tuple[float, tuple[str, ...]]:
    """How much a film contradicts a query's hints (0 to 3), and the hints that it meets, for people to read.

    `places` are whatever the film's record gives as its languages and countries. What a record doesn't say
    counts half for years, and nothing for genres and places.
    """
    total = 0.0
    met: list[str] = []
    if hints.years:
        if year is None:
            total += 0.5
        else:
            off = min(max(span.first - year, year - span.last, 0) for span in hints.years)
            total += min(off, FADING_YEARS) / FADING_YEARS
            met += [span.said for span in hints.years if span.first <= year <= span.last]
    if hints.genres and genres:
        own = genre_names(genres)
        missing = [genre for genre in hints.genres if genre not in own]
        total += len(missing) / math.sqrt(len(hints.genres))
        met += [genre for genre in hints.genres if genre in own]
    if hints.origins and places:
        named = {place.lower() for place in places}
        meeting = [names for names in hints.origins if names & named]
        total += 0.0 if meeting else 1.0
        met += [max(names & named, key=lambda name: (len(name), name)) for names in meeting]
    return total, tuple(met)


def unlikeness(
    year: int | None, genres: Collection[str], other_year: int | None, other_genres: Collection[str]
) -> float:
    """How far two films are apart by their records (0 to 1.4): genres in common (Jaccard), and years up to 30."""
    own, theirs = ({genre.casefold() for genre in some} for some in (genres, other_genres))
    apart = 1 - len(own & theirs) / len(own | theirs) if own and theirs else 0.5
    years = min(abs(year - other_year), 30) / 30 if year is not None and other_year is not None else 0.5
    return apart + 0.4 * years


# --- fusion --------------------------------------------------------------------------------------------------------


def fuse(evidence: Iterable[Evidence], weights: Weights = IDENTIFY, named: Collection[str] = ()) -> list[Ranked]:
    """Films, best first; the module's docstring gives the formula.

    Where one side did not find a film, it counts there as the worst that was found (cosine) or as nothing
    (words). `named` are films that the query says are not the answer: left out, unless nothing else is left.
    """
    known = list(evidence)
    floor = _floor(known)
    ranked = [Ranked(film.film, _score(film, weights, floor), film) for film in known]
    ranked.sort(key=lambda film: (-film.score, film.film))
    others = [film for film in ranked if film.film not in named]
    return others or ranked


def contenders(
    evidence: Iterable[Evidence], weights: Weights, named: Collection[str] = (), places: int = 10
) -> list[str]:
    """The films without a cosine that could come among the first `places` if they had one.

    A film that the nearest neighbours passed over has at most the cosine of the last of them. An approximate
    index now and then misses a near one: so the LOOKED_FOR best of those that PASSED_OVER would let in are
    among them.
    """
    known = list(evidence)
    floor = _floor(known)
    sure = sorted(_score(film, weights, floor) for film in known if film.cosine is not None and film.film not in named)
    bar = sure[-places] if len(sure) >= places else -math.inf
    most = sorted((-_score(film, weights, floor), film.film) for film in known if film.cosine is None)
    return [
        film for at, (less, film) in enumerate(most) if -less >= bar or (at < LOOKED_FOR and -less >= bar - PASSED_OVER)
    ]


def _floor(evidence: Iterable[Evidence]) -> float:
    return min((film.cosine for film in evidence if film.cosine is not None), default=0.0)


def _score(film: Evidence, weights: Weights, floor: float) -> float:
    cosine = floor if film.cosine is None else film.cosine
    return cosine + weights.words * (film.share or 0.0) - weights.hints * film.contradicts


# --- vectors -------------------------------------------------------------------------------------------------------


def direction(wanted: Vectors, unwanted: Vectors | None = None, away: float = AWAY) -> Vectors:
    """One unit vector (d,) for several wishes: float32 rows (n, d) wanted and (m, d) unwanted, all of unit length.

    Rocchio's formula: the mean of what is wanted less `away` times the mean of what isn't. What is not wanted
    is first freed of what it shares with the wish, so that "like Alien, unlike Aliens" keeps its space ship.
    """
    wish = unit(wanted.mean(axis=0))
    if unwanted is None or len(unwanted) == 0:
        return wish
    aversion = unwanted.mean(axis=0)
    aversion = aversion - (aversion @ wish) * wish
    return unit(wish - away * aversion)


def diverse(
    films: Sequence[str], scores: Sequence[float], vectors: Vectors, limit: int, spread: float = 0.5
) -> list[int]:
    """Positions of `limit` films that answer well and are unlike each other: maximal marginal relevance.

    `films` and `scores` (n,) are best first and `vectors` float32 (n, d) of unit length. Each step takes the film
    with the greatest (1 - spread) x score - spread x (greatest cosine with those taken), with scores scaled to
    0..1 over the n. From Carbonell & Goldstein, 1998.
    """
    points = np.asarray(scores, np.float64)
    width = float(points.max() - points.min()) if len(points) else 0.0
    points = (points - points.min()) / width if width > 0 else np.zeros(len(points))
    nearest = np.full(len(points), -np.inf)
    taken: list[int] = []
    left = set(range(len(points)))
    while left and len(taken) < limit:
        crowding = nearest if taken else np.zeros(len(points))
        value = (1 - spread) * points - spread * crowding
        pick = min(left, key=lambda at: (-round(float(value[at]), 9), films[at]))
        taken.append(pick)
        left.remove(pick)
        nearest = np.maximum(nearest, vectors @ vectors[pick])
    return taken
