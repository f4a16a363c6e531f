"""The films and texts that `train_head.py` and `train_query_encoder.py` learn from, as a search has them.

And what of a head is not learned.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from moviesearch.embedding.adapter import adapted, adapter_for
from moviesearch.embedding.late_interaction import _SCALE, TokenHead
from moviesearch.embedding.onnx_encoder import OnnxEncoder
from moviesearch.embedding.passages import split_query
from moviesearch.embedding.vectors import Vectors, unit
from moviesearch.retrieval.queries import _FUNCTION_WORDS, clean
from moviesearch.retrieval.ranking import best_rows, shares, telling_terms
from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.rows import film_of, passage_ids

Numbers = NDArray[np.intp]
DIMENSIONS = 64
"""Principal components that are kept."""
OWN, BY_MEANING, BY_WORDS, DEPTH = 3, 60, 60, 120
"""Passages of the film itself; passages of others by meaning, and films by words (among DEPTH passages)."""
MOST_TOKENS, FEWEST_TOKENS = 48, 3
"""Tokens of a text: of more the rarest are taken, and a text with fewer is left out."""
STRETCH = 2048
"""Texts that are embedded between two lines of progress."""


@dataclass(frozen=True, eq=False)
class Text:
    """A description of one of the films `answers`, and its words without those of asking.

    `piece` is the first of the pieces in which it is read. Of that one's rarest tokens `hidden` (n, d) float16 are the
    model's states, scaled to length 1, and `ids` (n,) the numbers; `vector` (d,) is what a search by meaning takes.
    """

    answers: tuple[str, ...]
    words: tuple[str, ...]
    piece: str
    hidden: NDArray[np.float16]
    ids: Numbers
    vector: Vectors


@dataclass(frozen=True, eq=False)
class Corpus:
    """A films file as a search has it: `row` is film -> its number.

    Film f has the passages first[f] to first[f + 1] of `vectors` (p, d), and passage p the tokens starts[p] to
    starts[p + 1] of `tokens` (t, k) int8.
    """

    row: dict[str, int]
    first: Numbers
    vectors: Vectors
    tokens: NDArray[np.int8]
    starts: Numbers
    words: Bm25Index

    def padded(self, passages: Sequence[int]) -> torch.Tensor:
        """The token vectors of passages (passages, tokens, k) as a search compares them, filled up with zeros."""
        spans = [self.tokens[self.starts[row] : self.starts[row + 1]] for row in passages]
        padded = np.zeros((len(spans), max(1, *map(len, spans)), self.tokens.shape[1]), np.float32)
        for row, span in enumerate(spans):
            padded[row, : len(span)] = span / np.float32(_SCALE)
        return torch.from_numpy(padded)


@dataclass(frozen=True, eq=False)
class Example:
    """A text with its film and what a search gathers for it.

    `passages` (n,) are `own` of the film's, then those of others; `cosines` and `shares` (n,) are theirs.
    """

    text: Text
    film: int
    own: int
    passages: Numbers
    cosines: Vectors
    shares: Vectors


def example_of(corpus: Corpus, text: Text) -> Example | None:
    """A text with what a search would gather for it; None where the corpus lacks its film."""
    film = next((corpus.row[answer] for answer in text.answers if answer in corpus.row), None)
    if film is None:
        return None
    cosines = corpus.vectors @ text.vector
    terms = telling_terms(corpus.words.terms(text.words), corpus.words.frequency, len(corpus.words))
    hits = corpus.words.search(list(terms), DEPTH)
    best = best_rows([row for row, _ in hits], [score for _, score in hits], film_of)
    by_words = shares({found: score for found, (_, score) in best.items()}, terms)
    owner = np.repeat(np.arange(len(corpus.row)), np.diff(corpus.first))

    def nearest(film: int, most: int) -> list[int]:
        first, end = corpus.first[film : film + 2]
        return [int(first + row) for row in np.argsort(-cosines[first:end], kind="stable")[:most]]

    own = nearest(film, OWN)
    by_meaning = np.argsort(-np.where(owner == film, -2, cosines), kind="stable")[:BY_MEANING]
    others = {int(row) for row in by_meaning} | {
        row for found in list(by_words)[:BY_WORDS] for row in nearest(corpus.row[found], 1)
    }
    passages = np.array([*own, *sorted(row for row in others if owner[row] != film)], np.intp)
    films = list(corpus.row)
    held = np.array([by_words.get(films[owner[row]], 0.0) for row in passages], np.float32)
    return Example(text, film, len(own), passages, cosines[passages], held)


def read_corpus(encoder: OnnxEncoder, pieces: dict[str, list[str]], folder: Path) -> Corpus:
    """Films' passages, embedded; their word index is made in the folder."""
    texts = [text for passages in pieces.values() for text in passages]
    vectors: list[Vectors] = []
    tokens: list[NDArray[np.int8]] = []
    for start in range(0, len(texts), STRETCH):
        of_texts, of_tokens = encoder.encode_tokens(texts[start : start + STRETCH])
        vectors.append(of_texts)
        tokens += [part.view(np.int8) for part in of_tokens]
        print(f"embedded {len(tokens):,} of {len(texts):,} passages", flush=True)
    words = Bm25Index(folder)
    words.write({film: [*zip(passage_ids(film, len(p)), p, strict=True)] for film, p in pieces.items()}, 1)
    words.close()
    words.refresh()
    first, starts = (np.cumsum([0, *map(len, parts)]) for parts in (pieces.values(), tokens))
    row = {film: at for at, film in enumerate(pieces)}
    return Corpus(row, first, unit(np.concatenate(vectors)), np.concatenate(tokens), starts, words)


def read_texts(encoder: OnnxEncoder, records: Sequence[dict[str, object]], rarity: Vectors) -> list[Text]:
    """Texts, embedded; of long ones the tokens of the first piece. Those with hardly a token are left out."""
    adapter, texts = adapter_for(encoder.name, encoder.dimension), []
    for start in range(0, len(records), STRETCH):
        some = records[start : start + STRETCH]
        asked = [clean(str(record["query"])) for record in some]
        pieces = [split_query(query.text, encoder.tokenize, encoder.window) for query in asked]
        states, numbers = encoder.hidden([parts[0] for parts in pieces])
        vectors = adapted(unit(encoder.encode([piece for parts in pieces for piece in parts])), adapter)
        first = np.cumsum([0, *map(len, pieces)])
        for at, record in enumerate(some):
            ids = np.asarray(numbers[at], np.intp)
            rarest = np.argsort(-rarity[ids], kind="stable")[:MOST_TOKENS]
            hidden = unit(states[at][rarest]).astype(np.float16)
            answers = record["relevant"] if "relevant" in record else [record["id"]]
            vector = vectors[first[at] : first[at + 1]].mean(0)
            answering = tuple(map(str, answers))  # type: ignore[call-overload]
            text = Text(answering, asked[at].words, pieces[at][0], hidden, ids[rarest], vector)
            texts += [text] if len(ids) >= FEWEST_TOKENS else []
        print(f"embedded {start + len(some):,} of {len(records):,} texts", flush=True)
    print(f"{len(texts):,} texts; {len(records) - len(texts):,} with hardly a word left out")
    return texts


def passages_side(encoder: OnnxEncoder, sample: Sequence[str]) -> TokenHead:
    """The part of a head that is not learned, from a sample of passages."""
    units = [unit(states).astype(np.float64) for states in encoder.hidden(sample)[0] if len(states)]
    _, components = np.linalg.eigh(sum(states.T @ states / len(states) for states in units))
    projection = np.ascontiguousarray(components[:, ::-1][:, :DIMENSIONS], np.float32)
    vocabulary = encoder.vocabulary()
    telling = np.zeros(max(vocabulary.values()) + 1, np.bool_)
    for token, number in vocabulary.items():
        bare = token.lstrip("Ġ▁").lower()  # without the space in front, as some tokenizers write it
        telling[number] = any(map(str.isalnum, bare)) and bare not in _FUNCTION_WORDS
    nothing = np.zeros(len(telling), np.float32)
    return TokenHead(projection, projection, nothing, telling, np.zeros(len(projection), np.float32))


def rarity_of(tokens: Tokenizer, passages: Sequence[str], size: int) -> Vectors:
    """The inverse document frequency of each token of a vocabulary (size,), over passages."""
    frequency = np.zeros(size)
    tokens.no_truncation()
    tokens.no_padding()
    for encoding in tokens.encode_batch_fast(list(passages), add_special_tokens=False):
        frequency[np.unique(np.asarray(encoding.ids, np.intp))] += 1
    return np.asarray(np.log(1 + (len(passages) - frequency + 0.5) / (frequency + 0.5)), np.float32)


def lines(path: Path) -> list[dict[str, object]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
