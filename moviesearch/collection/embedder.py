"""Films -> rows of vectors: cut, look up what the cache knows, embed the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.passages import PassageSetting, split, whole_film
from moviesearch.embedding.vectors import Vectors
from moviesearch.records import Movie
from moviesearch.storage.entries import Entry
from moviesearch.storage.rows import FilmRows
from moviesearch.storage.vector_cache import VectorCache

_STRETCH = 1024
"""Texts that are sorted by length and embedded together; after each the cache is on the disk."""

_BATCH = 64


class Embedder:
    """An encoder with its cache; `embedded` counts the texts that had to be encoded."""

    def __init__(self, encoder: Encoder, cache: VectorCache, setting: PassageSetting) -> None:
        self.encoder, self.cache, self.setting = encoder, cache, setting
        self.embedded = 0

    def passages(self, movie: Movie) -> list[str]:
        """The film's passages, in the order of its plot."""
        return split(movie, self.encoder.tokenize, self.setting)

    def rows(
        self, entries: Sequence[Entry], pieces: Sequence[Sequence[str]], tick: Callable[[float], None] | None = None
    ) -> list[FilmRows]:
        """Films with all their vectors; `pieces` are their passages.

        `tick` is called with the fraction done after each batch and may raise to stop: what was
        embedded by then is in the cache.
        """
        wholes = [whole_film(entry.movie.title, entry.movie.plot) for entry in entries]
        wanted = dict.fromkeys(text for whole, texts in zip(wholes, pieces, strict=True) for text in (whole, *texts))
        known = self.cache.get(self.encoder.digest, list(wanted))
        missing = [text for text in wanted if text not in known]
        for start in range(0, len(missing), _STRETCH):
            stretch = sorted(missing[start : start + _STRETCH], key=len, reverse=True)
            known |= self._encode(stretch, start, len(missing), tick)
        return [
            FilmRows(entry, known[whole], list(texts), np.stack([known[text] for text in texts]))
            for entry, whole, texts in zip(entries, wholes, pieces, strict=True)
        ]

    def _encode(
        self, texts: Sequence[str], before: int, total: int, tick: Callable[[float], None] | None
    ) -> dict[str, Vectors]:
        done: dict[str, Vectors] = {}
        try:
            for start in range(0, len(texts), _BATCH):
                part = texts[start : start + _BATCH]
                done |= zip(part, self.encoder.encode(part), strict=True)
                self.embedded += len(part)
                if tick:
                    tick((before + len(done)) / total)
        finally:
            self.cache.put(self.encoder.digest, done)
        return done
