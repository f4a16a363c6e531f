"""Which words of a question met which words of a passage when the two were compared token by token."""

from __future__ import annotations

import string
from collections.abc import Sequence
from itertools import groupby

from moviesearch.embedding.late_interaction import QueryTokens, whole_word
from moviesearch.embedding.passages import Spans
from moviesearch.embedding.vectors import TokenVectors
from moviesearch.records import Meeting

MOST = 6
LEAST_SIMILARITY = 0.35

LEAST_WEIGHT = 0.5
"""Of an even share of the question: a token that weighs less is of a function word, or a mark."""

_LONGEST_WORD = 40
"""Characters. What is longer is no word: Chinese and Japanese have no spaces between theirs."""

_MARKS = string.punctuation + "…“”‘’«»–—"
"""What a token of a mark ends with: whole_word makes "beach," of the comma of "on a beach, they say"."""


def meetings(queries: Sequence[QueryTokens], tokens: TokenVectors, text: str, spans: Spans) -> tuple[Meeting, ...]:
    """The words of a question's texts and the words of a passage that they met, those that count most first.

    `tokens` (t, k) are the passage's, and `spans` (t,) where they are in its `text`. None where the two are not of one
    length, since then they are not of one text.
    """
    if not len(tokens) or len(spans) != len(tokens):
        return ()
    # of each token that tells something: (key of its word, its word, the word it met, weight, similarity)
    met: list[tuple[str, str, str, float, float]] = []
    for query in queries:
        rows, similarities = query.best(tokens)
        for asked, weight, row, similarity in zip(query.texts, query.weights, rows, similarities, strict=True):
            word, found = asked.strip(), whole_word(text, *spans[row]).strip()
            is_word = word and word == word.strip(_MARKS) and max(len(word), len(found)) <= _LONGEST_WORD
            if is_word and weight * len(query.weights) >= LEAST_WEIGHT:
                met.append((word.casefold(), word, found, float(weight), float(similarity)))
    counted: list[tuple[float, Meeting]] = []
    for key, group in groupby(sorted(met, key=lambda token: token[0]), key=lambda token: token[0]):
        pieces = list(group)
        counts = sum(weight * similarity for *_, weight, similarity in pieces)
        similarity = counts / sum(weight for *_, weight, _ in pieces)
        words = {found.casefold(): found for _, _, found, _, likeness in pieces if likeness >= LEAST_SIMILARITY}
        if words and similarity >= LEAST_SIMILARITY:
            found = words[key] if key in words else " ".join(words.values())
            counted.append((counts, Meeting(pieces[0][1], found, min(1.0, similarity))))
    counted.sort(key=lambda scored: -scored[0])
    return tuple(meeting for _, meeting in counted[:MOST])
