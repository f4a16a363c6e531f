"""How much better films are found once a person has answered one, two and three questions asked back.

    python benchmarks/ask.py STORE QUERIES.jsonl [STORE QUERIES.jsonl ...] > ask.md

The person is simulated. They describe a film as a judged question does (as `moviesearch evaluate` reads them), and
answer from that film's record and plot: country, genre, years, a thing of the story. They are wrong
one time in ten (`--wrong`), don't know one time in four (`--unknown`), nor where the record doesn't tell. Replies are
drawn by fixed seeds, several for each question. Where nothing is asked the answer stays as it is.

`--truth FILMS.jsonl` has them answer from other records of the same films (by id): from whole plots, say, where the
collection has short ones, which don't speak of all that is in a film. `--half 0` and `--half 1` are one and the other
half of the questions, so that what was tuned on one can be judged on the other.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from measuring import commit, table

from moviesearch import Movie, MovieSearch
from moviesearch.errors import MovieSearchError, UsageError
from moviesearch.records import Question
from moviesearch.request import Reply, Request, Said
from moviesearch.retrieval import evaluation, topics
from moviesearch.retrieval.evaluation import Judged
from moviesearch.retrieval.questions import MOST
from moviesearch.retrieval.ranking import Ranked
from moviesearch.retrieval.topics import FilmTopics
from moviesearch.retrieval.wish import understand
from moviesearch.sources import read
from moviesearch.storage.manifest import Manifest

AMONG = 100
"""Where a film is not among the first so many, replies seldom help."""


@dataclass(frozen=True, slots=True)
class Person:
    """How a simulated person answers: the shares of replies that are wrong, and of things that they don't know."""

    wrong: float
    unknown: float

    def says(self, question: Question, film: FilmTopics, draw: random.Random) -> Said:
        """What they say, who mean this film; two numbers are drawn for each question."""
        forgets, errs = draw.random() < self.unknown, draw.random() < self.wrong
        (true,) = topics.beliefs(question.key, [film])
        if forgets or math.isnan(true):
            return "unknown"
        return "yes" if (true > 0.5) != errs else "no"


@dataclass(frozen=True, slots=True)
class Asked:
    """One conversation: the rank of the film that is meant (from 1; inf where it was not found), and the confidence.

    Both are at first and after each of MOST questions. `kinds` are those of the questions that were asked.
    """

    ranks: tuple[float, ...]
    confidences: tuple[float, ...]
    kinds: tuple[str, ...]


def conversations(
    search: MovieSearch, judged: Judged, person: Person, seeds: int, truth: Mapping[str, Movie]
) -> list[Asked]:
    """Describe a film and answer what is asked back, `seeds` times."""
    return search._read(lambda manifest: _conversations(search, manifest, judged, person, seeds, truth))


def _conversations(
    search: MovieSearch, manifest: Manifest, judged: Judged, person: Person, seeds: int, truth: Mapping[str, Movie]
) -> list[Asked]:
    finder = search._finder(manifest)
    request = Request(plots=(judged.query or "",), ask=True)
    wish = understand(request, search._collection)
    candidates = finder._gatherer.gather(wish)
    first, first_question = finder._ranked(candidates, wish)
    found = [film.film for film in first if film.film in judged.relevant] or list(judged.relevant)
    movie = truth.get(found[0]) or search._collection.ledger.movie(found[0])
    if movie is None:
        raise UsageError(f"the film {found[0]!r} is in no collection: ingest it, or choose another one")
    meant = topics.of_film(movie)
    asked = []
    for seed in range(seeds):
        draw = random.Random(f"{seed} {judged.query}")
        ranked, question = first, first_question
        replies: tuple[Reply, ...] = ()
        ranks, chances = [_rank(ranked, judged)], [finder._confidence(ranked, candidates) or 0.0]
        while question is not None:
            replies = (*replies, Reply(question.key, person.says(question, meant, draw)))
            ranked, question = finder._ranked(candidates, replace(wish, request=replace(request, replies=replies)))
            ranks.append(_rank(ranked, judged))
            chances.append(finder._confidence(ranked, candidates) or 0.0)
        kinds = tuple(topics.kind_of(reply.key) for reply in replies)
        asked.append(Asked(_to_the_end(ranks), _to_the_end(chances), kinds))
    return asked


def _rank(ranked: Sequence[Ranked], judged: Judged) -> float:
    return next((rank for rank, film in enumerate(ranked, 1) if film.film in judged.relevant), math.inf)


def _to_the_end(values: Sequence[float]) -> tuple[float, ...]:
    """The values, the last of them again for each question that was not asked."""
    return (*values, *[values[-1]] * (MOST + 1 - len(values)))


# --- tables --------------------------------------------------------------------------------------------------------


def report(sets: Mapping[str, Sequence[Asked]], seeds: int) -> Iterator[str]:
    """Success before and after each question, where the film is among the first and over all; and what was asked."""
    head = ["set", "questions", "success@1", "after one", "two", "three", "success@10", "after one", "two", "three"]
    for name, least in ((f"The film is among the first {AMONG}:", AMONG), ("All:", math.inf)):
        rows = []
        for of, asked in sets.items():
            ranks = np.array([one.ranks for one in asked if one.ranks[0] <= least])
            if len(ranks):
                shares = [*(ranks <= 1).mean(axis=0), *(ranks <= 10).mean(axis=0)]
                rows.append([of, f"{len(ranks) // seeds:,}", *(f"{share:.3f}" for share in shares)])
        yield f"{name}\n\n{table(head, rows)}"
    rows = []
    for of, asked in sets.items():
        kinds = Counter(kind for one in asked for kind in one.kinds)
        chances = np.array([one.confidences for one in asked])
        held = np.array([one.ranks for one in asked]) <= 10
        shown = ", ".join(f"{kind} {count / len(asked):.2f}" for kind, count in kinds.most_common())
        surest = [f"{chances[:, step].mean():.2f} / {held[:, step].mean():.2f}" for step in (0, MOST)]
        rows.append([of, f"{sum(kinds.values()) / len(asked):.2f}", *surest, shown])
    head = ["set", "asked, on average", "mean confidence / success@10", "after three", "of which kinds"]
    yield f"All:\n\n{table(head, rows)}"


def main() -> None:
    """Read the arguments, ask, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="STORE QUERIES", help="stores, each with questions about its films")
    parser.add_argument("--collection", default="films")
    parser.add_argument("--wrong", type=float, default=0.1, help="the share of replies that are wrong")
    parser.add_argument("--unknown", type=float, default=0.25, help="the share of questions they can't answer")
    parser.add_argument("--seeds", type=int, default=3, help="conversations for each question")
    parser.add_argument("--half", type=int, choices=(0, 1), help="one half of the questions only")
    parser.add_argument("--truth", type=Path, metavar="FILMS", help="other records of the films, to answer from")
    arguments = parser.parse_args()
    pairs = [Path(path) for path in arguments.pairs]
    if len(pairs) % 2:
        parser.error(f"{pairs[-1]} has no partner: give pairs of a store and its questions")
    person = Person(arguments.wrong, arguments.unknown)
    sets: dict[str, list[Asked]] = {}
    try:
        truth = (
            {movie.id: movie for movie in read(arguments.truth) if isinstance(movie, Movie)} if arguments.truth else {}
        )
        for store, path in zip(pairs[::2], pairs[1::2], strict=True):
            queries = [judged for judged in evaluation.read_queries(path) if judged.query]
            if arguments.half is not None:
                queries = [judged for judged in queries if half_of(judged) == arguments.half]
            asked = sets.setdefault(f"{store.name}/{path.stem}", [])
            with MovieSearch(store, arguments.collection) as search:
                for done, judged in enumerate(queries, 1):
                    asked += conversations(search, judged, person, arguments.seeds, truth)
                    if done % 50 == 0 or done == len(queries):
                        print(f"{path.stem}: {done} of {len(queries)}", file=sys.stderr, flush=True)
        print(f"Commit {commit()}; {datetime.now(UTC):%Y-%m-%d}. Wrong {person.wrong}, unknown {person.unknown}.\n")
        print("\n\n".join(report(sets, arguments.seeds)), flush=True)
    except (MovieSearchError, OSError) as error:
        sys.exit(f"Error: {error}")


def half_of(judged: Judged) -> int:
    """0 or 1, by the words of a question."""
    return zlib.crc32((judged.query or "").encode()) % 2


if __name__ == "__main__":
    main()
