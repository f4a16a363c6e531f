"""A query compared with passages token by token, each passage once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from moviesearch.embedding.late_interaction import QueryTokens
from moviesearch.storage.rows import film_of
from moviesearch.storage.token_index import TokenIndex

from .ranking import best_rows

LateHits = dict[str, tuple[str, float]]
"""Film -> (its passage with the highest score by late interaction, that score)."""


class TokenByToken:
    """What late interaction finds, as passages come. Nothing where there are no token vectors, or no query has tokens.

    `hits` are those of all passages that were compared. The score of several texts is the mean of theirs.
    """

    def __init__(self, index: TokenIndex | None, queries: Sequence[QueryTokens]) -> None:
        self._index, self._queries = index, queries
        self._compared: set[str] = set()
        self.hits: LateHits = {}

    def compare(self, passages: Iterable[str]) -> None:
        """Compare those passages that were not compared before."""
        rows = sorted(set(passages) - self._compared) if self._index is not None and self._queries else []
        if self._index is None or not rows:
            return
        self._compared.update(rows)
        tokens, starts = self._index.tokens(rows)
        scores = np.mean([query.scores(tokens, starts) for query in self._queries], axis=0)
        before = self.hits.values()
        self.hits = best_rows(
            [*(row for row, _ in before), *rows], [*(score for _, score in before), *scores.tolist()], film_of
        )
