"""How sure an answer is of itself: the chance that the film that is meant is among the first ten.

A logistic regression on how the best films stand out from those behind them. Its weights were fitted on judged
questions, each asked twice: with its film in the collection and with it taken out. `benchmarks/confidence.py` fits
them, and tells how well such chances hold for questions that they were not fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .ranking import Ranked

SHOWN = 10
"""Films among which the one that is meant is looked for."""

LEAST = 30
"""Films that must have been found; among fewer, nothing can stand out."""

UNLIKELY, POOR = 0.15, 0.3
"""Chances below which the person who asked is told."""

WEIGHTS = np.array([0.444, 4.588, 7.772, -1.127, -2.403, 0.952, 2.681, 0.709, -0.094])
CONSTANT = -6.44


Features = NDArray[np.float64]
"""What tells how sure an answer is, float64 (9,)."""


def can_tell(ranked: Sequence[Ranked]) -> bool:
    """Whether enough films were found, and compared token by token."""
    return len(ranked) >= LEAST and ranked[0].evidence.late is not None


def features(ranked: Sequence[Ranked], tokens: int, films: int) -> Features:
    """What tells how sure an answer is, of a ranking for which `can_tell` holds.

    `tokens` is how many tokens the question has, `films` how many the collection.
    """
    best = ranked[:LEAST]
    score = np.array([film.score for film in best])
    late = np.array([film.evidence.late or 0.0 for film in best])
    share = np.array([film.evidence.share or 0.0 for film in best])
    others = slice(1, SHOWN)
    return np.array(
        [
            score[0] - score[1],
            score[0] - score[others].mean(),
            late[0],
            share[0],
            best[0].evidence.cosine or 0.0,
            late.max() - late[others].mean(),
            share[0] - share[others].mean(),
            math.log(max(1, tokens)),
            math.log(max(1, films)),
        ]
    )


def chance(features: Features) -> float:
    """The chance, .01 to .99, that the film that is meant is among the first SHOWN."""
    return min(0.99, max(0.01, 1 / (1 + math.exp(-float(features @ WEIGHTS) - CONSTANT))))


def is_unlikely(chance: float | None) -> bool:
    """Whether the film that is meant is probably not in the collection."""
    return chance is not None and chance < UNLIKELY


def sentence(chance: float | None) -> str | None:
    """What to tell the person who asked where the chance is low, else None."""
    if is_unlikely(chance):
        return "The film that you mean is probably not in this collection."
    return "None of these fits well." if chance is not None and chance < POOR else None
