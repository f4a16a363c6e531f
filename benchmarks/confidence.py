"""How well the chance that an answer gives of itself holds, and the weights that it is computed with, fitted anew.

    python benchmarks/confidence.py STORE QUERIES.jsonl [STORE QUERIES.jsonl ...] > confidence.txt

Each judged question (as `moviesearch evaluate` reads them) is asked twice: as it is, and as if the films that answer it
had been taken out. A logistic regression then learns from the `features` of an answer whether it holds a film that
answers among its first ten. Every chance that is judged here comes from a regression that saw no question about the
same film, under whatever id and in whatever collection: five folds by title. The weights in the last lines are fitted
on all questions; they belong into `moviesearch/retrieval/confidence.py`. Each set weighs the same in a regression, and
each answer the same in the tables. Give collections of several sizes: of one alone, nothing is learnt about size.
"""

from __future__ import annotations

import argparse
import math
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from measuring import commit, table
from numpy.typing import NDArray

from moviesearch import MovieSearch
from moviesearch.errors import MovieSearchError, NotFoundError, UsageError
from moviesearch.request import Request
from moviesearch.retrieval import confidence, evaluation
from moviesearch.retrieval.confidence import Features
from moviesearch.retrieval.evaluation import Judged
from moviesearch.storage.title_folding import fold_title

FOLDS = 5
BINS = 10
PENALTY = 1.0
STEPS, NEAR = 500, 1e-9
"""The most steps of Newton's method, and how small the last one has to be."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of an answer.

    `set` is the number of the set, `titles` are those of the films that answer, folded. `there` says whether these are
    in the collection, `found` whether one is among the first ten.
    """

    set: int
    titles: tuple[str, ...]
    there: bool
    found: bool
    features: Features


@dataclass(frozen=True, slots=True)
class Regression:
    """A logistic regression: `weights` (f,) of the features as they are, and the constant."""

    weights: Floats
    constant: float

    def chances(self, features: Floats) -> Floats:
        """The chances (n,) of features (n, f)."""
        return _logistic(features @ self.weights + self.constant)


def answers(search: MovieSearch, queries: Sequence[Judged], number: int, name: str) -> Iterator[Answer]:
    """Ask each question with its films and without them; those whose chance can't be told are left out, and counted.

    Raises NotFoundError, before anything is asked, for films that are not in the collection.
    """
    films = list(dict.fromkeys(film for judged in queries for film in judged.relevant))
    movies = search.movies(films)
    if missing := [film for film in films if film not in movies]:
        few = ", ".join(missing[:10]) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
        raise NotFoundError(f"{name}: not in the collection: {few}. Ingest them, or choose another collection")
    left_out = 0
    for done, judged in enumerate(queries, 1):
        asked = [(there, *ask(search, judged, () if there else judged.relevant)) for there in (True, False)]
        answered = [(there, shown, features) for there, shown, features in asked if features is not None]
        left_out += len(answered) < len(asked)
        for there, shown, features in answered if len(answered) == len(asked) else ():
            titles = tuple(fold_title(movies[film].title) for film in judged.relevant)
            yield Answer(number, titles, there, not judged.relevant.keys().isdisjoint(shown), features)
        if done % 100 == 0 or done == len(queries):
            print(f"{name}: {done} of {len(queries)} asked", file=sys.stderr, flush=True)
    if left_out:
        why = f"similar films are sought, there are no token vectors, or fewer than {confidence.LEAST} films were found"
        print(f"{name}: {left_out} of {len(queries)} questions are left out ({why}).\n", flush=True)


def ask(search: MovieSearch, judged: Judged, without: Iterable[str]) -> tuple[list[str], Features | None]:
    """The first films for a question, and what tells how sure that answer is, as if some films were not there."""
    request = Request(
        plots=(judged.query,) if judged.query else (),
        films=(judged.film,) if judged.film else (),
    )
    return search._read(lambda manifest: search._finder(manifest).features_of(request, without))


# --- fitting -------------------------------------------------------------------------------------------------------


def folds(titles: Sequence[tuple[str, ...]]) -> NDArray[np.int64]:
    """The fold (n,) of each question; questions that share a film, directly or through others, are in the same one."""
    parent: dict[str, str] = {}

    def first(title: str) -> str:
        while (above := parent.setdefault(title, title)) != title:
            title = above
        return title

    for of_one in titles:
        firsts = sorted(map(first, of_one))
        parent.update(dict.fromkeys(firsts, firsts[0]))
    return np.array([zlib.crc32(first(of_one[0]).encode()) % FOLDS for of_one in titles])


def fit(features: Floats, found: Flags, sets: NDArray[np.int64]) -> Regression:
    """The regression of `found` (n,) on `features` (n, f), by Newton's method; each of the `sets` (n,) weighs the same.

    The penalty is on the weights of standardised features. Raises UsageError where there is nothing to tell apart.
    """
    if found.all() or not found.any():
        held = "all" if found.any() else "none"
        message = f"There is nothing to learn from {len(found)} answers of which {held} hold the film that is meant"
        raise UsageError(f"{message}. Add questions about other films")
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread < NEAR] = 1.0  # the size of the only collection tells nothing, and gets no weight
    inputs = np.c_[(features - mean) / spread, np.ones(len(features))]
    _, numbers, sizes = np.unique(sets, return_inverse=True, return_counts=True)
    weight = len(sets) / len(sizes) / sizes[numbers]
    penalty = np.full(inputs.shape[1], PENALTY)
    penalty[-1] = 0.0
    fitted = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        chances = _logistic(inputs @ fitted)
        gradient = inputs.T @ (weight * (chances - found)) + penalty * fitted
        curvature = (inputs * (weight * chances * (1 - chances))[:, None]).T @ inputs
        # The constant's part is damped too: steps stay short where the answers can be told apart almost perfectly.
        step = np.linalg.solve(curvature + PENALTY * np.eye(len(fitted)), gradient)
        fitted -= step
        if np.abs(step).max() < NEAR:
            weights = fitted[:-1] / spread
            return Regression(weights, float(fitted[-1] - weights @ mean))
    raise UsageError(f"The regression did not settle in {STEPS} steps. Add questions")


def _logistic(values: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(values, -500, 500)))


# --- judging -------------------------------------------------------------------------------------------------------


def auroc(chances: Floats, which: Flags) -> float:
    """How probably one of `which` (n,) has a greater chance than another one, ties half; NaN where there are no two."""
    of_these, of_others = chances[which], np.sort(chances[~which])
    if not len(of_these) or not len(of_others):
        return math.nan
    below = np.searchsorted(of_others, of_these, "left") + np.searchsorted(of_others, of_these, "right")
    return float(below.mean() / 2 / len(of_others))


def bins(chances: Floats) -> NDArray[np.int64]:
    """The number of each chance's bin (n,), of BINS equally wide ones."""
    return np.minimum((chances * BINS).astype(np.int64), BINS - 1)


def calibration_error(chances: Floats, found: Flags) -> float:
    """The mean over all answers of how far the mean chance of a bin is from its share of found films."""
    gaps = np.bincount(bins(chances), weights=chances - found, minlength=BINS)
    return float(np.abs(gaps).sum() / len(chances))


def metrics_table(names: Sequence[str], sets: NDArray[np.int64], chances: Floats, found: Flags, there: Flags) -> str:
    """How well the chances hold, over all and by set."""
    parts = [("all", np.full(len(sets), True)), *((name, sets == number) for number, name in enumerate(names))]
    rows = []
    for name, rows_of in parts:
        chance, held, present = chances[rows_of], found[rows_of], there[rows_of]
        values = [calibration_error(chance, held), auroc(chance, held), auroc(chance, present)]
        values += [float(chance.mean()), float(held.mean())]
        rows.append([name, f"{len(chance):,}", *(_short(value) for value in values)])
    head = ["set", "answers", "ECE", "AUROC, held or not", "AUROC, there or taken out", "mean chance", "held"]
    return table(head, rows)


def reliability_table(chances: Floats, found: Flags) -> str:
    """What chances were given, and how often they came true."""
    numbers, rows = bins(chances), []
    for number in range(BINS):
        of_bin = numbers == number
        means = [float(values[of_bin].mean()) if of_bin.any() else math.nan for values in (chances, found)]
        name = f"{number / BINS:.1f} to {(number + 1) / BINS:.1f}"
        rows.append([name, f"{of_bin.sum():,}", *(_short(mean) for mean in means)])
    return table(["chance", "answers", "mean chance", "held"], rows)


def sentences_table(chances: Floats, found: Flags, there: Flags) -> str:
    """How often each sentence is said, and how rightly."""
    said = np.array([confidence.sentence(chance) or "" for chance in chances.tolist()])
    rows = []
    for sentence in (confidence.sentence(0.0), confidence.sentence(confidence.UNLIKELY)):
        these = said == sentence
        shares = [these.mean(), these[there].mean(), these[~there].mean()]
        shares += [(~found[these]).mean(), (~there[these]).mean()] if these.any() else [math.nan] * 2
        rows.append([sentence or "", *(_short(float(share)) for share in shares)])
    head = [
        "sentence",
        "said",
        "where the film is there",
        "where it was taken out",
        "not among the first ten when said",
    ]
    return table([*head, "taken out when said"], rows)


def _short(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def lines_to_paste(regression: Regression) -> str:
    """The regression as `confidence.py` has it."""
    weights = ", ".join(f"{round(weight, 3) + 0.0:.3f}" for weight in regression.weights.tolist())
    return f"WEIGHTS = np.array([{weights}])\nCONSTANT = {regression.constant:.3f}"


def report(names: Sequence[str], asked: Sequence[Answer]) -> Iterator[str]:
    """Fit, judge, and fit on all."""
    features = np.array([answer.features for answer in asked])
    found = np.array([answer.found for answer in asked])
    there = np.array([answer.there for answer in asked])
    sets = np.array([answer.set for answer in asked])
    fold = folds([answer.titles for answer in asked])
    chances = np.zeros(len(asked))
    for tested in np.unique(fold):
        rest, held_back = fold != tested, fold == tested
        chances[held_back] = fit(features[rest], found[rest], sets[rest]).chances(features[held_back])
    yield metrics_table(names, sets, chances, found, there)
    yield reliability_table(chances, found)
    yield sentences_table(chances, found, there)
    yield lines_to_paste(fit(features, found, sets))


def main() -> None:
    """Read the arguments, ask, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="STORE QUERIES", help="stores, each with questions about its films")
    parser.add_argument("--collection", default="films")
    arguments = parser.parse_args()
    pairs = [Path(path) for path in arguments.pairs]
    if len(pairs) % 2:
        parser.error(f"{pairs[-1]} has no partner: give pairs of a store and its questions")
    names, asked = [], list[Answer]()
    try:
        sets = [
            (store, path, evaluation.read_queries(path)) for store, path in zip(pairs[::2], pairs[1::2], strict=True)
        ]
        for number, (store, path, queries) in enumerate(sets):
            names.append(f"{store.name}/{path.stem}")
            with MovieSearch(store, arguments.collection) as search:
                info = search.info()
                print(f"{names[-1]}: {len(queries):,} questions, {info.films:,} films, model {info.manifest.model}.\n")
                asked += answers(search, queries, number, names[-1])
        if not asked:
            raise UsageError(
                "No question is left to fit on. Ingest with a model that gives token vectors, or more films"
            )
        print(f"Commit {commit()}; {datetime.now(UTC):%Y-%m-%d}.\n")
        print("\n\n".join(report(names, asked)), flush=True)
    except (MovieSearchError, OSError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
