"""How films are put in order: pure functions on ids, scores and vectors.

1. A film's cosine is that of its best passage with the (adapted) query; a mean over passages blurs the one
   passage that a person remembers.
2. Its share is the part of the query's information that its best passage by words holds: that passage's BM25 score
   over the sum of the query's inverse document frequencies. A short query of rare words has large shares, so its
   words decide; in a long rambling one no passage holds much, so meaning decides.
3. Hints (years, origins, genres that the query gives) cost a film that contradicts them; an unknown year costs half.
   People that it names lift a film of theirs. What it says its film is not costs a film that is, or speaks of, it.
4. Late interaction (`embedding.late_interaction`) compares the query's tokens with those of the passages that meaning
   and words found; a film has the score of its best passage.
5. score = cosine + `Weights.late` x late + `Weights.words` x share - `Weights.hints` x contradictions. Films that the
   query names as not the answer go last, and ties are in the order of film ids: the same query has the same answer.
6. Several texts and films are searched with as one direction: the mean of their vectors, less a part of the mean of
   what the answers are to be unlike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moviesearch.embedding.vectors import Vectors, unit

from .hints import Hints, genre_names
from .people import known_people

PASSED_OVER = 0.05
"""How much greater than the least cosine that the index gave that of a film which it missed may be."""

LOOKED_FOR = 24
"""Films that are compared in case the index missed them; with more, no further ones are found."""

MOST_WORDS = 32
"""Words of a query that are looked up: its rarest. More make it slower, and no better."""

FADING_YEARS = 12
"""A film so many years outside the years in a query contradicts it wholly; nearer ones in proportion."""

BY_PEOPLE = 5.0
"""How much a film of people whom the query names is lifted: more where they are right, at the cost of wrong ones."""

WITHOUT_PEOPLE = 20.0
"""How much a film of people without whom it is to be is lowered: behind all others, since its record is sure."""

NAMES_ALONE = 2.0
"""The weight of hints where a query names people and tells no story: a film of theirs comes before all others."""

AWAY = 0.5
"""The weight of what the answers are to be unlike, where what they are to be like has 1."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of the parts of a score; the cosine's is 1."""

    words: float = 1.0
    hints: float = 0.12
    late: float = 0.0


IDENTIFY = Weights(words=1.0, hints=0.12)
BY_TOKENS = Weights(words=1.25, hints=0.16, late=2.0)
"""Where passages were compared token by token."""
SIMILAR = Weights(words=1.0, hints=0.14)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a film for a query.

    `cosine` is that of its best passage by meaning, `share` that of its best by words; None where meaning or words
    did not find it. `late` is its score by late interaction, None where there are no token vectors. `contradicts` sums
    its `contradictions`, `held_against` and `unlikeness`; less is better.
    """

    film: str
    cosine: float | None
    share: float | None
    contradicts: float = 0.0
    late: float | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A film with its score, and what the score is made of."""

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
    """Term -> idf, for the `most` rarest of a query's terms that occur at all, rarest first.

    `frequency` gives the number of documents with a term. The sum of the values is the query's information: BM25
    scores divided by it are shares.
    """
    counts = {term: frequency(term) for term in dict.fromkeys(terms)}
    rarest = sorted((count, term) for term, count in counts.items() if count > 0)[:most]
    return {term: idf(documents, count) for count, term in rarest}


def shares(scores: Mapping[str, float], terms: Mapping[str, float]) -> dict[str, float]:
    """Film -> BM25 score to film -> the share of the query's information that it holds.

    From 0 to about 1; above 1 only for a very short passage that repeats its words.
    """
    information = sum(terms.values())
    return {film: score / information for film, score in scores.items()} if information > 0 else {}


# --- hints ---------------------------------------------------------------------------------------------------------


def contradictions(
    hints: Hints,
    year: int | None,
    genres: Collection[str],
    origins: Collection[str],
    people: Collection[str] = (),
) -> tuple[float, tuple[str, ...]]:
    """How much a film contradicts a query's hints, and the hints that it meets.

    It is about 1 more for each kind of hint (years, genres, origins) that is wholly contradicted, and BY_PEOPLE less
    for people that the query names and the film's record has.

    `origins` are the names or codes of countries and languages in the film's record, `people` those in it. An unknown
    year counts half, unknown genres or origins nothing. The hints that it meets are for people to read.
    """
    total = 0.0
    met: list[str] = []
    if hints.years:
        if year is None:
            total += 0.5
        else:
            distance = min(max(span.first - year, year - span.last, 0) for span in hints.years)
            total += min(distance, FADING_YEARS) / FADING_YEARS
            met += [span.said for span in hints.years if span.first <= year <= span.last]
    if hints.genres and genres:
        film_genres = genre_names(genres)
        missing = [genre for genre in hints.genres if genre not in film_genres]
        total += len(missing) / math.sqrt(len(hints.genres))
        met += [genre for genre in hints.genres if genre in film_genres]
    if hints.origins and origins:
        film_origins = {origin.lower() for origin in origins}
        common = [names & film_origins for names in hints.origins if names & film_origins]
        total += 0.0 if common else 1.0
        met += [max(names, key=lambda name: (len(name), name)) for names in common]
    if hints.people and (known := known_people(hints.people, people)):
        total -= BY_PEOPLE
        met += known
    return total, tuple(met)


def held_against(
    unwanted: Iterable[Hints],
    year: int | None,
    genres: Collection[str],
    origins: Collection[str],
    people: Collection[str],
) -> float:
    """How many of the things that a query says its film is not a film is; each with people counts WITHOUT_PEOPLE.

    It has to meet all of one: "not the Korean one from the 90s" is no word against other Korean films. What is unknown
    meets nothing.
    """
    genres, origins = genre_names(genres), {origin.lower() for origin in origins}
    met = (such for such in unwanted if _is_such(such, year, genres, origins, people))
    return sum(WITHOUT_PEOPLE if such.people else 1.0 for such in met)


def _is_such(
    such: Hints, year: int | None, genres: Collection[str], origins: Collection[str], people: Collection[str]
) -> bool:
    meets = [year is not None and any(span.first <= year <= span.last for span in such.years)] if such.years else []
    meets += [genre in genres for genre in such.genres]
    meets += [not names.isdisjoint(origins) for names in such.origins]
    meets += [bool(known_people(such.people, people))] if such.people else []
    return bool(meets) and all(meets)


def unlikeness(
    year: int | None, genres: Collection[str], other_year: int | None, other_genres: Collection[str]
) -> float:
    """How far two films are apart by their records, 0 to 1.4: 1 for no genre in common, 0.4 for 30 years or more.

    Genres count by Jaccard's distance. What is unknown counts half.
    """
    folded, other_folded = ({genre.casefold() for genre in names} for names in (genres, other_genres))
    both = len(folded & other_folded)
    by_genre = 1 - both / len(folded | other_folded) if folded and other_folded else 0.5
    by_year = min(abs(year - other_year), 30) / 30 if year is not None and other_year is not None else 0.5
    return by_genre + 0.4 * by_year


# --- fusion --------------------------------------------------------------------------------------------------------


def fuse(evidence: Iterable[Evidence], weights: Weights = IDENTIFY, named: Collection[str] = ()) -> list[Ranked]:
    """Films, best first; the module's docstring gives the formula.

    A film that meaning did not find counts as the least cosine that was found; one that words did not find has a
    share of 0. `named` are films that the query says are not the answer: left out, unless nothing else is left.
    """
    films = list(evidence)
    floor = _floor(films)
    ranked = [Ranked(film.film, _score(film, weights, floor), film) for film in films]
    ranked.sort(key=lambda film: (-film.score, film.film))
    others = [film for film in ranked if film.film not in named]
    return others or ranked


def contenders(
    evidence: Iterable[Evidence], weights: Weights, named: Collection[str] = (), limit: int = 10
) -> list[str]:
    """The ids of the films without a cosine that could come among the first `limit` if they had one, best first.

    A film that is not among the nearest neighbours has at most the cosine of the last of them. But an approximate
    index now and then misses a near one, whose cosine may be greater by PASSED_OVER: so of the films that this would
    let in, the LOOKED_FOR best are contenders too.
    """
    films = list(evidence)
    floor = _floor(films)
    scores = sorted(
        _score(film, weights, floor) for film in films if film.cosine is not None and film.film not in named
    )
    bar = scores[-limit] if len(scores) >= limit else -math.inf
    highest = sorted((-_score(film, weights, floor), film.film) for film in films if film.cosine is None)
    return [
        film
        for rank, (negated, film) in enumerate(highest)
        if -negated >= bar or (rank < LOOKED_FOR and -negated >= bar - PASSED_OVER)
    ]


def _floor(evidence: Iterable[Evidence]) -> float:
    return min((film.cosine for film in evidence if film.cosine is not None), default=0.0)


def _score(film: Evidence, weights: Weights, floor: float) -> float:
    cosine = floor if film.cosine is None else film.cosine
    late = weights.late * (film.late or 0.0)
    return cosine + late + weights.words * (film.share or 0.0) - weights.hints * film.contradicts


# --- vectors -------------------------------------------------------------------------------------------------------


def direction(positive: Vectors, negative: Vectors | None = None, away: float = AWAY) -> Vectors:
    """One float32 unit vector (d,) for positive (n, d) and negative (m, d) examples, all float32 of unit length.

    Rocchio's formula: the mean of the positive ones, less `away` times the mean of the negative ones. What the
    negative mean shares with the positive one is taken from it first, so that "like Alien, unlike Aliens" keeps its
    space ship.
    """
    towards = unit(positive.mean(axis=0))
    if negative is None or len(negative) == 0:
        return towards
    aversion = negative.mean(axis=0)
    aversion = aversion - (aversion @ towards) * towards
    return unit(towards - away * aversion)


def diverse(
    films: Sequence[str], scores: Sequence[float], vectors: Vectors, limit: int, spread: float = 0.5
) -> list[int]:
    """Rows of `limit` films that answer well and are unlike each other, in order: maximal marginal relevance.

    `films` and `scores` (n,) are best first and `vectors` float32 (n, d) of unit length. Each step takes the film
    with the greatest (1 - spread) x score - spread x (greatest cosine with those taken), with scores scaled to
    0..1 over the n. From Carbonell & Goldstein, 1998.
    """
    scaled = np.asarray(scores, np.float64)
    width = float(scaled.max() - scaled.min()) if len(scaled) else 0.0
    scaled = (scaled - scaled.min()) / width if width > 0 else np.zeros(len(scaled))
    nearest = np.full(len(scaled), -np.inf)
    taken: list[int] = []
    left = set(range(len(scaled)))
    while left and len(taken) < limit:
        crowding = nearest if taken else np.zeros(len(scaled))
        value = (1 - spread) * scaled - spread * crowding
        pick = min(left, key=lambda row: (-round(float(value[row]), 9), films[row]))
        taken.append(pick)
        left.remove(pick)
        nearest = np.maximum(nearest, vectors @ vectors[pick])
    return taken
