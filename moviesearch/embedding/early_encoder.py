"""An encoder whose graph is still being written: plots are cut meanwhile, since that takes its tokenizer alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from moviesearch.background import Background

from .encoder import Encoder
from .late_interaction import QueryTokens
from .onnx_encoder import OnnxEncoder
from .passages import Spans
from .vectors import TokenVectors, Vectors


class EarlyEncoder:
    """An `Encoder` that tokenizes at once; all else waits for the one that `make` makes, and raises what that raises.

    `early` is of the same model, and runs nothing but its tokenizer.
    """

    def __init__(self, early: OnnxEncoder, make: Callable[[], Encoder]) -> None:
        self.name, self.location, self.digest = early.name, early.location, early.digest
        self.window, self.dimension = early.window, early.dimension
        self.tokenize, self.tokenize_all = early.tokenize, early.tokenize_all
        self._made = Background(make, "graph")

    def wait(self) -> None:
        """Wait until the encoder is made, or has failed to be."""
        self._made.wait()

    @property
    def token_digest(self) -> str | None:
        """See Encoder."""
        return self._made.result().token_digest

    @property
    def has_query_encoder(self) -> bool:
        """See Encoder."""
        return self._made.result().has_query_encoder

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return self._made.result().encode(texts)

    def encode_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """See Encoder."""
        return self._made.result().encode_tokens(texts)

    def encode_query(self, pieces: Sequence[str]) -> tuple[Vectors, QueryTokens | None]:
        """See Encoder."""
        return self._made.result().encode_query(pieces)

    def telling_spans(self, text: str) -> Spans:
        """See Encoder."""
        return self._made.result().telling_spans(text)
