"""A model on sentence-transformers: the reference with which exports are compared."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from moviesearch.errors import EncoderError

from .encoder import BATCH_TOKENS, GPU_BATCH_TOKENS, batches
from .late_interaction import QueryTokens
from .models import ModelFiles
from .passages import Spans
from .vectors import TokenVectors, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceTransformersEncoder:
    """An `Encoder` on sentence-transformers: the reference, and what runs models that can't be exported."""

    token_digest: str | None = None
    has_query_encoder = False

    def __init__(self, files: ModelFiles) -> None:
        self.name, self.location, self.digest = files.name, files.location, files.digest
        self.model = quiet_sentence_transformer(files.folder)
        self.window = int(self.model.max_seq_length or 512)
        self.dimension = int(self.model.get_embedding_dimension() or 0)

    def tokenize(self, text: str) -> Spans:
        """See Encoder."""
        encoding = self.model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        spans: Spans = encoding["offset_mapping"]
        return spans

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        tokens = BATCH_TOKENS if self.model.device.type == "cpu" else GPU_BATCH_TOKENS
        for rows in batches([len(text) // 4 + 1 for text in texts], tokens):
            vectors[rows] = self.model.encode([texts[row] for row in rows], show_progress_bar=False)
        return vectors

    def encode_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """See Encoder."""
        raise EncoderError(f"the model {self.name} gives no token vectors")

    def encode_query(self, pieces: Sequence[str]) -> tuple[Vectors, QueryTokens | None]:
        """See Encoder."""
        return self.encode(pieces), None

    def telling_spans(self, text: str) -> Spans:
        """See Encoder."""
        raise EncoderError(f"the model {self.name} gives no token vectors")


def quiet_sentence_transformer(folder: Path) -> SentenceTransformer:
    """A SentenceTransformer from local safetensors: nothing is fetched, no remote code runs, nothing is printed."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import transformers
        from sentence_transformers import SentenceTransformer

        transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
        return SentenceTransformer(
            str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        )
