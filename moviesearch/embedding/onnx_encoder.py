"""A model on ONNX Runtime: its own tokenizer, the transformer's graph, its pooling and normalisation."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.errors import EncoderError

from . import onnx_graph
from .encoder import BATCH_TOKENS, GPU_BATCH_TOKENS, batches
from .models import ModelFiles
from .passages import Spans
from .vectors import TokenVectors, Vectors, unit

FEW = 3
"""With so many batches a thread, each batch runs on one thread; for fewer a second session is not worth opening."""


class OnnxEncoder:
    """An `Encoder` over a model's folder and the ONNX file that was exported of it."""

    token_digest: str | None = None

    def __init__(self, files: ModelFiles, graph: Path, threads: int) -> None:
        from tokenizers import Tokenizer

        shape = Shape.of(files.folder)
        self.name, self.location, self.digest = files.name, files.location, files.digest
        self.window = shape.window
        self._shape = shape
        self._tokenizer = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._closing = _closing_tokens(self._tokenizer.encode("a").special_tokens_mask)
        self._graph, self._threads = graph, threads or os.cpu_count() or 1
        self._batch_tokens = BATCH_TOKENS if onnx_graph.on_processor() else GPU_BATCH_TOKENS
        self.dimension = shape.dimension

    def tokenize(self, text: str) -> Spans:
        """See Encoder."""
        spans: Spans = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return spans

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        token_ids = [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        work = list(batches([len(ids) for ids in token_ids], self._batch_tokens))

        def run(session: Any, rows: list[int]) -> None:
            feed, mask = self._feed([token_ids[row] for row in rows])
            (hidden,) = session.run(None, _inputs_of(session, feed))
            vectors[rows] = self._shape.pool(hidden, mask)

        if len(work) < FEW * self._threads or self._threads < 2 or not onnx_graph.on_processor():
            for rows in work:
                run(self._shared_session, rows)
        else:
            with ThreadPoolExecutor(self._threads, "encoding") as pool:
                list(pool.map(partial(run, self._single_session), work))
        return vectors

    def encode_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """See Encoder."""
        raise EncoderError(f"the model {self.name} gives no token vectors")

    @cached_property
    def _shared_session(self) -> Any:
        """A session whose threads share the work of one batch: the quickest for a few."""
        return onnx_graph.session(self._graph, self._threads)

    @cached_property
    def _single_session(self) -> Any:
        """A session that runs each batch on one thread: the quickest for many, since no thread waits for another."""
        return onnx_graph.session(self._graph, 1)

    def inputs(self, text: str) -> dict[str, NDArray[np.int64]]:
        """The graph's inputs by name for a text, int64 (1, tokens) each."""
        return _inputs_of(self._shared_session, self._feed([self._cut(self._tokenizer.encode(text).ids)])[0])

    def _feed(self, texts: Sequence[Sequence[int]]) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.int64]]:
        """All inputs that a graph may have, for texts as token ids, and the mask (texts, tokens): 0 for padding."""
        ids = np.full((len(texts), max(map(len, texts))), self._shape.pad, np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(texts):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}, mask

    def _cut(self, tokens: list[int]) -> list[int]:
        """At most a window of tokens, with the closing special ones, as sentence-transformers cuts."""
        if len(tokens) <= self.window:
            return tokens
        return tokens[: self.window - self._closing] + tokens[len(tokens) - self._closing :]


def _inputs_of(session: Any, feed: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    return {node.name: feed[node.name] for node in session.get_inputs()}


class Shape:
    """What a sentence-transformers folder says about window, pooling ("mean" or "cls") and normalisation.

    `pad` is the id of the padding token.
    """

    def __init__(self, window: int, dimension: int, pad: int, pooling: str, normalise: bool) -> None:
        self.window, self.dimension, self.pad = window, dimension, pad
        self.pooling, self.normalise = pooling, normalise

    @classmethod
    def of(cls, folder: Path) -> Shape:
        """The shape of a folder's model. Raises EncoderError for an architecture that this encoder doesn't run."""
        modules = [module["type"].rsplit(".", 1)[-1] for module in json.loads((folder / "modules.json").read_text())]
        if modules not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
            raise EncoderError(f"{folder}: modules {modules} have no ONNX path")
        config = json.loads((folder / "config.json").read_text())
        pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
        modes = [mode for mode, on in pooling.items() if mode.startswith("pooling_mode_") and on is True]
        kinds = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
        if len(modes) != 1 or modes[0] not in kinds:
            raise EncoderError(f"{folder}: pooling {modes} has no ONNX path")
        settings = folder / "sentence_bert_config.json"
        window = json.loads(settings.read_text()).get("max_seq_length") if settings.is_file() else None
        return cls(
            window=int(window or config["max_position_embeddings"]),
            dimension=int(pooling["word_embedding_dimension"]),
            pad=int(config.get("pad_token_id") or 0),
            pooling=kinds[modes[0]],
            normalise=modules[-1] == "Normalize",
        )

    def pool(self, hidden: Vectors, mask: NDArray[np.int64]) -> Vectors:
        """Hidden states (batch, tokens, dimension) -> vectors (batch, dimension): the tokens' mean or the first."""
        if self.pooling == "cls":
            pooled = hidden[:, 0]
        else:
            weight = mask[:, :, None].astype(np.float32)
            pooled = (hidden * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
        return unit(pooled) if self.normalise else np.asarray(pooled, np.float32)


def _closing_tokens(special: Sequence[int]) -> int:
    """How many special tokens are at the end, from a mask in which 1 is a special one."""
    count = 0
    while count < len(special) and special[-1 - count]:
        count += 1
    return count
