"""A film -> the passages that are embedded. Pure functions.

A model reads only its window (256 tokens for MiniLM). So a long plot is cut into passages at sentence ends; each has
the title in front, and overlaps the one before by whole sentences. Nothing of the plot is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from moviesearch.records import Movie

Spans = Sequence[tuple[int, int]]
"""(start, end) character offsets of tokens."""

Tokenize = Callable[[str], Spans]
"""A text -> the spans of its tokens, without special tokens and uncut."""

SPECIAL_TOKENS = 2
"""Tokens that every encoder adds to a text: a start and an end mark."""

# A sentence ends at . ! ? or … with any closing quotes, before white space; at full-width marks; at a line's end.
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[^\Wa-z_])|[。！？]+[」』”]*|\n+")

# From a letter or digit to the next space: at least one token, whatever a tokenizer drops or joins within.
_WORD = re.compile(r"\w[^ \n]*")


@dataclass(frozen=True, slots=True)
class PassageSetting:
    """How plots are cut; part of the collection's manifest, since vectors of two settings don't mix.

    `window` is the model's, `size` the most that a passage has of the plot, `overlap` the most that two share; all in
    the model's tokens.
    """

    window: int
    size: int = 200
    overlap: int = 48


def whole_film(title: str, plot: str) -> str:
    """The text of a whole film, as the original embeds it: `title - plot`."""
    return f"{title} - {plot}"


def piece_of(movie: Movie, passage: str) -> str | None:
    """The piece of a film's plot that a passage holds behind the title, which may be cut short.

    None where the passage is not of this film, or of another version of it.
    """
    dash = passage.find(" - ")
    while dash >= 0:
        if movie.title.startswith(passage[:dash]) and passage[dash + 3 :] in movie.plot:
            return passage[dash + 3 :]
        dash = passage.find(" - ", dash + 1)
    return None


def split(movie: Movie, tokenize: Tokenize, setting: PassageSetting) -> list[str]:
    """The passages to embed for a film, in the order of its plot; at least one.

    A film whose `title - plot` fits the model's window is one passage, the whole-film text itself, so that this is
    embedded only once.
    """
    room = setting.window - SPECIAL_TOKENS
    whole = whole_film(movie.title, movie.plot)
    if not _has_more_words(whole, room) and len(tokenize(whole)) <= room:
        return [whole]
    title = _title_that_fits(movie.title, tokenize, room // 4)
    size = min(setting.size, room - len(tokenize(whole_film(title, ""))) - 1)
    return [
        whole_film(title, movie.plot[start:end]) for start, end in _cut(movie.plot, tokenize, size, setting.overlap)
    ]


def tokenized(
    movies: Iterable[Movie], tokenize_all: Callable[[Sequence[str]], Sequence[Spans]], setting: PassageSetting
) -> dict[str, Spans]:
    """The spans of all long texts that `split` tokenizes of these films, tokenized together."""
    room = setting.window - SPECIAL_TOKENS
    plots = {whole_film(movie.title, movie.plot): movie.plot for movie in movies}
    wholes = [whole for whole in plots if not _has_more_words(whole, room)]
    spans = dict(zip(wholes, tokenize_all(wholes), strict=True))
    cut = [plot for whole, plot in plots.items() if whole not in spans or len(spans[whole]) > room]
    return spans | dict(zip(cut, tokenize_all(cut), strict=True))


def _has_more_words(text: str, count: int) -> bool:
    """Whether a text has more words than `count`, and so more tokens; found out without tokenizing it."""
    return next(islice(_WORD.finditer(text), count, None), None) is not None


def split_query(text: str, tokenize: Tokenize, window: int) -> list[str]:
    """A query in pieces that fit the model's window, cut at sentence ends; most queries are one piece."""
    room = window - SPECIAL_TOKENS
    if len(text) <= room or len(tokenize(text)) <= room:
        return [text]
    return [text[start:end] for start, end in _cut(text, tokenize, room, 0)]


def _title_that_fits(title: str, tokenize: Tokenize, most: int) -> str:
    spans = tokenize(title)
    return title if len(spans) <= most else title[: spans[most - 1][1]]


def _cut(text: str, tokenize: Tokenize, size: int, overlap: int) -> list[tuple[int, int]]:
    """(start, end) character ranges of at most `size` tokens, about equally long, each beginning at a sentence."""
    sentences = _sentences(text, tokenize(text), size)
    total = sum(tokens for _, _, tokens in sentences)
    if not total:
        return [(0, len(text))]
    pieces = -(-total // max(1, size - overlap // 2))
    target = min(size, -(-total // pieces) + overlap // 2)
    ranges: list[tuple[int, int]] = []
    first = 0
    while first < len(sentences):
        last, used = first, sentences[first][2]
        while last + 1 < len(sentences) and used < target and used + sentences[last + 1][2] <= size:
            last += 1
            used += sentences[last][2]
        ranges.append((sentences[first][0], sentences[last][1]))
        if last + 1 == len(sentences):
            break
        following, shared = last + 1, 0
        while following - 1 > first and shared + sentences[following - 1][2] <= overlap:
            following -= 1
            shared += sentences[following][2]
        first = following
    return ranges


def _sentences(text: str, spans: Spans, size: int) -> list[tuple[int, int, int]]:
    """(start, end, number of tokens) of each sentence; one of more than `size` tokens is cut between tokens."""
    if not spans:
        return [(0, len(text), 0)]
    ends = [match.end() for match in _SENTENCE_END.finditer(text)] + [len(text)]
    sentences: list[tuple[int, int, int]] = []
    start, token = 0, 0
    for end in ends:
        first = token
        while token < len(spans) and spans[token][0] < end:
            token += 1
            if token - first == size and token < len(spans) and spans[token][0] < end:
                sentences.append((start, spans[token][0], size))
                start, first = spans[token][0], token
        if token > first:
            sentences.append((start, end, token - first))
            start = end
    if start < len(text):
        begin, _, tokens = sentences[-1]
        sentences[-1] = (begin, len(text), tokens)
    return sentences
