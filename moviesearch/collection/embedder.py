"""Films -> rows of vectors: cut into passages, vectors taken from the cache, the rest embedded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.passages import PassageSetting, split, whole_film
from moviesearch.embedding.shipped import shipped_vectors
from moviesearch.embedding.vectors import Vectors
from moviesearch.records import Movie
from moviesearch.storage.entries import Entry
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import FilmRows
from moviesearch.storage.vector_cache import VectorCache

_STRETCH = 1024
"""Texts that are sorted by length together; after each stretch their vectors are in the cache, on the disk."""

_BATCH = 64
"""Texts that the encoder gets at once."""


class Embedder:
    """An encoder with its cache. `embedded` counts the texts that were not in the cache."""

    def __init__(self, encoder: Encoder, cache: VectorCache, setting: PassageSetting) -> None:
        self.encoder, self.cache, self.setting = encoder, cache, setting
        self.embedded = 0

    def passages(self, movie: Movie) -> list[str]:
        """The film's passages, in the order of its plot."""
        return split(movie, self.encoder.tokenize, self.setting)

    def rows(
        self, entries: Sequence[Entry], passages: Sequence[Sequence[str]], tick: Callable[[float], None] | None = None
    ) -> list[FilmRows]:
        """Films with all their vectors; `passages` are the passages of each.

        `tick` is called after each batch with the fraction that is done. It may raise to stop: what
        was embedded until then is in the cache.
        """
        wholes = [whole_film(entry.movie.title, entry.movie.plot) for entry in entries]
        needed = dict.fromkeys(text for whole, texts in zip(wholes, passages, strict=True) for text in (whole, *texts))
        vectors = self.cache.get(self.encoder.digest, list(needed))
        vectors |= self._shipped([text for text in needed if text not in vectors])
        missing = [text for text in needed if text not in vectors]
        for number, stretch in enumerate(pages(missing, _STRETCH)):
            longest_first = sorted(stretch, key=len, reverse=True)
            vectors |= self._encode(longest_first, number * _STRETCH, len(missing), tick)
        return [
            FilmRows(entry, vectors[whole], list(texts), np.stack([vectors[text] for text in texts]))
            for entry, whole, texts in zip(entries, wholes, passages, strict=True)
        ]

    def _shipped(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """The vectors that come with the package, put into the cache as those that are embedded are."""
        vectors = shipped_vectors(self.encoder.digest, texts)
        if vectors:
            self.cache.put(self.encoder.digest, vectors)
        return vectors

    def _encode(
        self, texts: Sequence[str], before: int, total: int, tick: Callable[[float], None] | None
    ) -> dict[str, Vectors]:
        """Text -> vector, and into the cache; `before` of the `total` texts are done already."""
        vectors: dict[str, Vectors] = {}
        try:
            for batch in pages(texts, _BATCH):
                vectors |= zip(batch, self.encoder.encode(batch), strict=True)
                self.embedded += len(batch)
                if tick:
                    tick((before + len(vectors)) / total)
        finally:
            self.cache.put(self.encoder.digest, vectors)
        return vectors
