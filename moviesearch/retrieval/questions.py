"""A question asked back: which one tells most among the films that may be meant, and how replies weigh. Pure.

1. Each film that was found has a chance, in proportion to exp(STEEPNESS x score) / (better + 2) ^ FADING, with `better`
   the number of films whose scores are greater; fitted on judged questions.
2. `topics.beliefs` says how likely a person who means a film answers a question with yes, by what the film's record and
   plot tell. Where they don't, it is the mean of the others.
3. The question asked has the greatest expected information gain (the mutual information of its reply and the film) and
   rise of the likeliest film's chance, times the share of people who know such a thing.
4. A reply multiplies a film's chance by how likely it is (Bayes). It weighs, so that a wrong one loses no film.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moviesearch.records import Movie, Question
from moviesearch.request import Reply, Request

from . import topics
from .hints import Hints
from .patterns import late
from .ranking import Ranked
from .story_words import words_of_stories
from .topics import FilmTopics

Floats = NDArray[np.float64]

MOST = 3
"""Questions that a person is asked, at most."""

CLEAR = 0.9
"""The chance from which the first film is clear, and nothing is asked."""

STEEPNESS, FADING = 8.0, 0.5
_SAME = 1e-4
"""Scores that are no further apart are the same."""

_LEAST_CHANCE = 0.0005
"""Films that are less likely have no say in what is asked first."""

_LEAST_SHARE = 0.02
"""The share of the chances that films have to have, together, to which a question's answer is yes."""

_LEAST_GAIN = 0.02
"""Bits that a question must promise."""

_BITS_FOR_RISE = 4.0
"""The bits that a rise of the first film's chance from 0 to 1 is worth."""

_KNOWN = {
    "word": 0.8,
    "animated": 1.0,
    "genre": 0.85,
    "language": 0.9,
    "country": 0.8,
    "before": 0.8,
    "decade": 0.7,
    "director": 0.5,
}
"""Kind of question -> the share of people who know what it asks."""

_WORD = late(r"[^\W_]+")


def asked_back(
    ranked: Sequence[Ranked], movies: Mapping[str, Movie], request: Request, hints: Iterable[Hints]
) -> tuple[list[Ranked], Question | None]:
    """Films, best first, in their order once the request's replies count; and what to ask next, if anything.

    `movies` are the films by id, and `hints` what the request's plots say about their film beside its story. Raises
    UsageError for a reply to what is no question.
    """
    for reply in request.replies:
        topics.question(reply.key)
    scores = [film.score for film in ranked]
    likely = chances(scores)
    weighs = any(reply.value != "unknown" for reply in request.replies)
    asks = request.ask and len(request.replies) < MOST
    if not weighs:
        asks = asks and bool(len(likely)) and likely[0] < CLEAR
        likely = likely[: np.count_nonzero(likely >= _LEAST_CHANCE)]
    if not (weighs or asks):
        return list(ranked), None
    films = [topics.of_film(movies[film.film]) for film in ranked[: len(likely)]]
    likely = weighed(likely, films, request.replies)
    question = choose(likely, films, request.replies, set(_said(request.plots, hints))) if asks else None
    if not weighs:
        return list(ranked), question
    order = np.argsort(-likely, kind="stable").tolist()
    behind = np.log(likely / likely.max()) / STEEPNESS
    return [replace(ranked[row], score=scores[0] + float(behind[row])) for row in order], question


def chances(scores: Sequence[float]) -> Floats:
    """The chance (n,) of each film that may be meant, by the scores (n,), greatest first."""
    falling = -np.asarray(scores, np.float64)
    better = np.searchsorted(falling, falling - _SAME)
    exponent = -STEEPNESS * falling - FADING * np.log(better + 2)
    likely = np.exp(exponent - exponent.max(initial=-np.inf))
    return np.asarray(likely / likely.sum())


def weighed(likely: Floats, films: Sequence[FilmTopics], replies: Sequence[Reply]) -> Floats:
    """The films' chances (n,) once replies are known."""
    answered = [reply for reply in replies if reply.value != "unknown"]
    if not answered or not films:
        return likely
    yes = beliefs([reply.key for reply in answered], films, likely)
    said_yes = np.array([reply.value == "yes" for reply in answered])[:, None]
    after = likely * np.prod(np.where(said_yes, yes, 1 - yes), axis=0)
    return np.asarray(after / after.sum())


def choose(
    likely: Floats, films: Sequence[FilmTopics], replies: Sequence[Reply], said: Collection[str] = ()
) -> Question | None:
    """The question that tells most, of the films' chances (n,) once replies are known; None where none is worth it.

    `said` are keys, and kinds of keys, of what the person has told already.
    """
    if len(replies) >= MOST or likely.max(initial=1.0 if not films else 0.0) >= CLEAR:
        return None
    keys = _worth_asking(likely, films, replies, said)
    if not keys:
        return None
    known = np.array([_KNOWN[topics.kind_of(key)] for key in keys])
    yes = beliefs(keys, films, likely)
    gain = known * (gains(likely, yes) + _BITS_FOR_RISE * rises(likely, yes))
    best = int(np.argmax(gain))
    return topics.question(keys[best]) if gain[best] >= _LEAST_GAIN else None


def _worth_asking(
    likely: Floats, films: Sequence[FilmTopics], replies: Sequence[Reply], said: Collection[str]
) -> list[str]:
    """The keys of what has not been asked or told, and is true of some likely films."""
    share: dict[str, float] = {}
    for chance, film in zip(likely.tolist(), films, strict=True):
        for key in topics.keys_of(film):
            share[key] = share.get(key, 0.0) + chance
    closed = {*said, *(reply.key for reply in replies)}
    closed |= {topics.kind_of(reply.key) for reply in replies if reply.value == "yes" and topics.is_single(reply.key)}
    worth = [key for key, of in share.items() if of >= _LEAST_SHARE]
    return sorted(key for key in worth if key not in closed and topics.kind_of(key) not in closed)


def beliefs(keys: Sequence[str], films: Sequence[FilmTopics], likely: Floats) -> Floats:
    """How likely the answer to each question is yes for each film (k, n); `likely` (n,) are the films' chances."""
    rows = np.array([topics.beliefs(key, films) for key in keys])
    known = ~np.isnan(rows)
    weight = known @ likely
    mean = np.where(weight > 0, np.nan_to_num(rows) @ likely / np.where(weight > 0, weight, 1), 0.5)
    return np.where(known, rows, mean[:, None])


def gains(likely: Floats, yes: Floats) -> Floats:
    """The bits (k,) that each question is expected to tell of the film, by the chances (n,) and beliefs (k, n)."""
    return _entropy(yes @ likely) - _entropy(yes) @ likely


def rises(likely: Floats, yes: Floats) -> Floats:
    """By how much (k,) the chance of the likeliest film is expected to rise with the reply to each question."""
    return np.asarray((yes * likely).max(axis=1) + ((1 - yes) * likely).max(axis=1) - likely.max())


def _entropy(chance: Floats) -> Floats:
    inside = np.clip(chance, 1e-9, 1 - 1e-9)
    return -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))


def _said(plots: Sequence[str], hints: Iterable[Hints]) -> Iterator[str]:
    """The keys, and kinds of keys, of what a request tells already."""
    things = words_of_stories()
    yield from (f"word:{key}" for plot in plots for word in _WORD.findall(plot.lower()) for key in things.get(word, ()))
    for hint in hints:
        yield from (("before", "decade") if hint.years else ())
        yield from (("country", "language") if hint.origins else ())
        yield from (f"genre:{genre}" for genre in hint.genres)
        yield from (("animated",) if "animation" in hint.genres else ())
