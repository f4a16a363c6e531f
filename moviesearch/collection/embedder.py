"""Films -> rows of vectors: cut into passages, vectors and token vectors taken from the cache, the rest embedded."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from moviesearch.embedding.encoder import Encoder, TokenizesTogether
from moviesearch.embedding.passages import PassageSetting, Spans, split, tokenized, whole_film
from moviesearch.embedding.shipped import shipped_tokens, shipped_vectors
from moviesearch.embedding.vectors import TokenVectors, Vectors
from moviesearch.records import Movie
from moviesearch.storage.entries import Entry
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import FilmRows
from moviesearch.storage.vector_cache import VectorCache

_STRETCH = 1024
"""Texts that are sorted by length together; after each stretch their vectors are in the cache, on the disk."""

_BATCH = 64
"""Texts that the encoder gets at once."""

Tick = Callable[[float], None]
"""Called after each batch with the fraction that is done. It may raise to stop: what was embedded is in the cache."""


class Embedder:
    """An encoder with its cache. `embedded` counts the texts that were not in the cache.

    `token_digest` is the encoder's; where it is set to None, rows have no token vectors.
    """

    def __init__(self, encoder: Encoder, cache: VectorCache, setting: PassageSetting) -> None:
        self.encoder, self.cache, self.setting = encoder, cache, setting
        self.embedded = 0
        self._tokenized: dict[str, Spans] = {}

    @cached_property
    def token_digest(self) -> str | None:
        """The encoder's, which may still be made when films are cut into passages."""
        return self.encoder.token_digest

    def tokenize_ahead(self, movies: Iterable[Movie]) -> None:
        """Tokenize together, which is quicker, what `passages` will tokenize of these films."""
        if isinstance(self.encoder, TokenizesTogether):
            self._tokenized = tokenized(movies, self.encoder.tokenize_all, self.setting)

    def passages(self, movie: Movie) -> list[str]:
        """The film's passages, in the order of its plot."""
        return split(movie, self._tokenize, self.setting)

    def _tokenize(self, text: str) -> Spans:
        spans = self._tokenized.pop(text, None)
        return self.encoder.tokenize(text) if spans is None else spans

    def rows(
        self, entries: Sequence[Entry], passages: Sequence[Sequence[str]], tick: Tick | None = None
    ) -> list[FilmRows]:
        """Films with all their vectors; `passages` are the passages of each."""
        wholes = [whole_film(entry.movie.title, entry.movie.plot) for entry in entries]
        needed = dict.fromkeys(text for whole, texts in zip(wholes, passages, strict=True) for text in (whole, *texts))
        of_passages = dict.fromkeys(text for texts in passages for text in texts) if self.token_digest else {}
        vectors = self.cache.get(self.encoder.digest, list(needed))
        vectors |= self._shipped([text for text in needed if text not in vectors])
        tokens = self._known_tokens(list(of_passages))
        missing = [text for text in needed if text not in vectors or (text in of_passages and text not in tokens)]
        self._embed(missing, of_passages, vectors, tokens, tick)
        return [
            FilmRows(
                entry,
                vectors[whole],
                list(texts),
                np.stack([vectors[text] for text in texts]),
                [tokens[text] for text in texts] if self.token_digest else (),
                self.token_digest,
            )
            for entry, whole, texts in zip(entries, wholes, passages, strict=True)
        ]

    def rows_for_new_index(self, entries: Sequence[Entry]) -> list[FilmRows]:
        """Films, cut into passages anew, with all their vectors: for an index that has nothing of them yet."""
        passages = [self.passages(entry.movie) for entry in entries]
        fresh = [replace(entry, passages=len(texts), stale=0) for entry, texts in zip(entries, passages, strict=True)]
        return self.rows(fresh, passages)

    def without_tokens(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts that would have to be embedded for their token vectors, in their order."""
        if self.token_digest is None:
            return []
        missing = self.cache.without_tokens(self.encoder.digest, self.token_digest, texts)
        shipped = shipped_tokens(self.encoder.digest, self.token_digest, missing)
        return [text for text in missing if text not in shipped]

    def tokens(self, texts: Sequence[str], tick: Tick | None = None) -> dict[str, TokenVectors]:
        """The token vectors of texts, by text. The encoder has to give some."""
        tokens = self._known_tokens(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in tokens]
        if missing:
            vectors = self.cache.get(self.encoder.digest, missing)
            self._embed(missing, dict.fromkeys(missing), vectors, tokens, tick)
        return tokens

    def _shipped(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """The vectors that come with the package, put into the cache as those that are embedded are."""
        vectors = shipped_vectors(self.encoder.digest, texts)
        if vectors:
            self.cache.put(self.encoder.digest, vectors)
        return vectors

    def _known_tokens(self, texts: Sequence[str]) -> dict[str, TokenVectors]:
        """The token vectors in the cache, and those that come with the package, which are put there."""
        if self.token_digest is None:
            return {}
        tokens = self.cache.get_tokens(self.encoder.digest, self.token_digest, texts)
        missing = [text for text in texts if text not in tokens]
        if missing and (shipped := shipped_tokens(self.encoder.digest, self.token_digest, missing)):
            self.cache.put_tokens(self.encoder.digest, self.token_digest, shipped)
            tokens |= shipped
        return tokens

    def _embed(
        self,
        texts: Sequence[str],
        with_tokens: Container[str],
        vectors: dict[str, Vectors],
        tokens: dict[str, TokenVectors],
        tick: Tick | None,
    ) -> None:
        """Embed texts, into `vectors` where they have none there, into `tokens`, and into the cache."""
        done = 0
        for stretch in pages(texts, _STRETCH):
            fresh: dict[str, Vectors] = {}
            fresh_tokens: dict[str, TokenVectors] = {}
            try:
                for batch in _batches(stretch, with_tokens):
                    if batch[0] in with_tokens:
                        of_batch, tokens_of_batch = self.encoder.encode_tokens(batch)
                        fresh_tokens |= zip(batch, tokens_of_batch, strict=True)
                    else:
                        of_batch = self.encoder.encode(batch)
                    fresh |= {text: vector for text, vector in zip(batch, of_batch, strict=True) if text not in vectors}
                    self.embedded += len(batch)
                    done += len(batch)
                    if tick:
                        tick(done / len(texts))
            finally:
                self._put(fresh, fresh_tokens)
            vectors |= fresh
            tokens |= fresh_tokens

    def _put(self, vectors: dict[str, Vectors], tokens: dict[str, TokenVectors]) -> None:
        if self.token_digest is None:
            self.cache.put(self.encoder.digest, vectors)
        else:
            self.cache.put_tokens(self.encoder.digest, self.token_digest, tokens, vectors)


def _batches(texts: Sequence[str], with_tokens: Container[str]) -> Iterator[Sequence[str]]:
    """Texts in batches, the longest first: those that are to have token vectors, then those that are not."""
    longest_first = sorted(texts, key=len, reverse=True)
    for has_tokens in (True, False):
        yield from pages([text for text in longest_first if (text in with_tokens) is has_tokens], _BATCH)
