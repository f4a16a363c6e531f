"""An encoder whose vectors follow from the words by a rule, so that scores can be worked out by hand.

Every word (lower case) has a place in the vector, found by hashing; a text's vector counts its words there, and
place 0 is 1 for every text, so that no vector is nothing. Texts that share words are alike:

    cosine(a, b) = (1 + shared) / sqrt((1 + words of a) * (1 + words of b))      where no word comes twice

A text's token vectors are 16 bytes of each word's hash, in the words' order.
"""

import hashlib
import re

import numpy as np

from moviesearch.embedding.late_interaction import QueryTokens
from moviesearch.embedding.passages import SPECIAL_TOKENS, PassageSetting

SETTING = PassageSetting(window=32, size=24, overlap=6)
"""Plots of a few sentences make several passages."""

_TOKEN = re.compile(r"\w+|[^\w\s]")


class HashEncoder:
    """An `Encoder` of the project. `texts` are those it has encoded, in order."""

    token_digest = "words"
    has_query_encoder = False

    def __init__(self, window=32, name="hash", dimension=256):
        self.name, self.location, self.window, self.dimension = name, name, window, dimension
        self.digest = hashlib.sha256(f"{name} {window} {dimension}".encode()).hexdigest()
        self.texts = []

    def tokenize(self, text):
        """Words and punctuation marks, each a token."""
        return [match.span() for match in _TOKEN.finditer(text)]

    def encode(self, texts):
        self.texts += texts
        return np.stack([self.vector(text) for text in texts]) if texts else np.zeros((0, self.dimension), np.float32)

    def encode_tokens(self, texts):
        return self.encode(texts), [self.tokens(text) for text in texts]

    def encode_query(self, pieces):
        """Each word weighs the same, and is as like itself as can be (1) and little like others."""
        words = [word for piece in pieces for word in self._words(piece)]
        tokens = np.concatenate([self.tokens(piece) for piece in pieces]).view(np.int8).astype(np.float32)
        vectors = tokens / (tokens**2).sum(axis=1, keepdims=True)
        weights = np.full(len(words), 1 / max(1, len(words)), np.float32)
        return self.encode(pieces), QueryTokens(vectors, weights, tuple(words))

    def telling_spans(self, text):
        return [
            (start, end)
            for start, end in self.tokenize(text)[: self.window - SPECIAL_TOKENS]
            if text[start:end].isalnum()
        ]

    def vector(self, text):
        """One text's vector, not counted as encoded."""
        vector = np.zeros(self.dimension, np.float32)
        vector[0] = 1
        for word in self._words(text):
            digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
            vector[1 + int.from_bytes(digest) % (self.dimension - 1)] += 1
        return vector

    def tokens(self, text):
        """One text's token vectors, not counted as encoded: uint8 (words, 16)."""
        digests = [hashlib.blake2b(word.encode(), digest_size=16).digest() for word in self._words(text)]
        return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16)

    def _words(self, text):
        """The words within the window, in lower case."""
        spans = self.tokenize(text)[: self.window - SPECIAL_TOKENS]
        return [word for start, end in spans if (word := text[start:end].lower()).isalnum()]


def cosine(a, b):
    """Cosine similarity, in double precision."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))
