"""A model on ONNX Runtime: its own tokenizer, the transformer's graph, its pooling and normalisation."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.errors import EncoderError

from . import onnx_graph
from .encoder import BATCH_TOKENS, GPU_BATCH_TOKENS, batches
from .late_interaction import QueryTokens, TokenHead, query_tokens
from .models import ModelFiles
from .passages import Spans
from .query_encoder import QueryEncoder
from .vectors import TokenVectors, Vectors, unit

_NOTHING: tuple[Vectors, Vectors, Spans] = np.zeros((0, 1), np.float32), np.zeros(0, np.float32), ()

AT_ONCE = 3
"""Runs of a few texts for which a session is not made ready to run fast, which takes longer than such a run."""

FEW = 3
"""With so many batches a thread, each batch runs on one thread; for fewer a second session is not worth opening."""


class OnnxEncoder:
    """An `Encoder` over a model's folder and the ONNX file that was exported of it."""

    def __init__(self, files: ModelFiles, graph: Path, threads: int) -> None:
        from tokenizers import Tokenizer

        shape = Shape.of(files.folder)
        self.name, self.location, self.digest = files.name, files.location, files.digest
        self.window = shape.window
        self._shape = shape
        self._tokenizer = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._opening, self._closing = _special_tokens(self._tokenizer.encode("a").special_tokens_mask)
        self._threads = threads or os.cpu_count() or 1
        self._sessions = self._query_sessions = _Sessions(graph, self._threads)
        self._batch_tokens = BATCH_TOKENS if onnx_graph.on_processor() else GPU_BATCH_TOKENS
        self.dimension = shape.dimension
        self._head: TokenHead | None = None
        self._query_encoder: QueryEncoder | None = None
        self.token_digest: str | None = None
        self.has_query_encoder = False

    def use_head(self, head: TokenHead) -> None:
        """Make token vectors with a head of this model."""
        self._head = head
        self.token_digest = f"{self.digest[:16]}{head.digest[:16]}"

    def use_query_encoder(self, encoder: QueryEncoder, graph: Path) -> None:
        """Read questions with a query encoder of this model, over the graph that was written of it."""
        self._query_encoder, self._query_sessions = encoder, _Sessions(graph, self._threads)
        self.has_query_encoder = True

    def tokenize(self, text: str) -> Spans:
        """See Encoder."""
        spans: Spans = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return spans

    def tokenize_all(self, texts: Sequence[str]) -> list[Spans]:
        """See TokenizesTogether."""
        return [encoding.offsets for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)

        def pool(rows: Sequence[int], hidden: Vectors, mask: NDArray[np.int64]) -> None:
            vectors[rows] = self._shape.pool(hidden, mask)

        self._run(self._token_ids(texts), pool)
        return vectors

    def encode_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """See Encoder."""
        head = self._required_head()
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        tokens = [np.zeros((0, 0), np.uint8)] * len(texts)
        token_ids = self._token_ids(texts)

        def keep(rows: Sequence[int], hidden: Vectors, mask: NDArray[np.int64]) -> None:
            vectors[rows] = self._shape.pool(hidden, mask)
            for row, states in zip(rows, hidden, strict=True):
                inner = slice(self._opening, len(token_ids[row]) - self._closing)
                tokens[row] = head.passage(states[inner], token_ids[row][inner])

        self._run(token_ids, keep)
        return vectors, tokens

    def encode_query(self, pieces: Sequence[str]) -> tuple[Vectors, QueryTokens | None]:
        """See Encoder."""
        if self._head is None:
            return self.encode(pieces), None
        head = self._query_encoder.head(self._head) if self._query_encoder else self._head
        vectors = np.zeros((len(pieces), self.dimension), np.float32)
        encodings = self._tokenizer.encode_batch(list(pieces))
        token_ids = [self._cut(encoding.ids) for encoding in encodings]
        parts: list[tuple[Vectors, Vectors, Sequence[tuple[int, int]]]] = [_NOTHING] * len(pieces)

        def keep(rows: Sequence[int], hidden: Vectors, mask: NDArray[np.int64]) -> None:
            vectors[rows] = self._shape.pool(hidden, mask)
            for row, states in zip(rows, hidden, strict=True):
                inner = slice(self._opening, len(token_ids[row]) - self._closing)
                parts[row] = (*head.query(states[inner], token_ids[row][inner]), encodings[row].offsets[inner])

        self._run(token_ids, keep, self._query_sessions)
        if self._query_encoder:
            vectors = self._query_encoder.moved(vectors)
        return vectors, query_tokens(pieces, parts)

    def telling_spans(self, text: str) -> Spans:
        """See Encoder."""
        head, encoding = self._required_head(), self._tokenizer.encode(text)
        inner = slice(self._opening, min(len(encoding.ids), self.window) - self._closing)
        return [
            span
            for span, token in zip(encoding.offsets[inner], encoding.ids[inner], strict=True)
            if head.telling[token]
        ]

    def hidden(self, texts: Sequence[str]) -> tuple[list[Vectors], list[list[int]]]:
        """The hidden states (tokens, dimension) of texts, and the tokens' numbers; special tokens left out."""
        token_ids = self._token_ids(texts)
        states: list[Vectors] = [np.zeros((0, self.dimension), np.float32)] * len(texts)
        inner = [slice(self._opening, len(ids) - self._closing) for ids in token_ids]

        def keep(rows: Sequence[int], hidden: Vectors, mask: NDArray[np.int64]) -> None:
            for row, state in zip(rows, hidden, strict=True):
                states[row] = state[inner[row]].copy()

        self._run(token_ids, keep)
        return states, [ids[part] for ids, part in zip(token_ids, inner, strict=True)]

    def vocabulary(self) -> dict[str, int]:
        """The tokens that the model knows, and their numbers."""
        known: dict[str, int] = self._tokenizer.get_vocab()
        return known

    def _required_head(self) -> TokenHead:
        if self._head is None:
            raise EncoderError(f"the model {self.name} gives no token vectors")
        return self._head

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def _run(
        self,
        token_ids: Sequence[Sequence[int]],
        take: Callable[[Sequence[int], Vectors, NDArray[np.int64]], None],
        sessions: _Sessions | None = None,
    ) -> None:
        """Run the model, or another one by its sessions, over texts as token ids, in batches.

        `take` gets the rows of a batch, their hidden states (rows, tokens, dimension) and the mask (rows, tokens);
        several threads may call it at once.
        """
        sessions = sessions or self._sessions
        work = list(batches([len(ids) for ids in token_ids], self._batch_tokens))

        def run(session: Any, rows: list[int]) -> None:
            feed, mask = self._feed([token_ids[row] for row in rows])
            (hidden,) = session.run(None, _inputs_of(session, feed))
            take(rows, hidden, mask)

        if len(work) < FEW * self._threads or self._threads < 2 or not onnx_graph.on_processor():
            session = sessions.for_few()
            for rows in work:
                run(session, rows)
        else:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(self._threads, "encoding") as pool:
                list(pool.map(partial(run, sessions.for_many), work))

    def inputs(self, text: str) -> dict[str, NDArray[np.int64]]:
        """The graph's inputs by name for a text, int64 (1, tokens) each."""
        return _inputs_of(self._sessions.for_few(), self._feed([self._cut(self._tokenizer.encode(text).ids)])[0])

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


class _Sessions:
    """The sessions over one graph, each opened when it is first needed."""

    def __init__(self, graph: Path, threads: int) -> None:
        self.graph, self._threads = graph, threads
        self._lock = threading.Lock()
        self._runs = 0
        self._at_once: Any = None

    def for_few(self) -> Any:
        """A session for a few batches: at first one that is there at once, then the one that runs fastest."""
        with self._lock:
            self._runs += 1
            if self._runs > AT_ONCE or not onnx_graph.on_processor():
                self._at_once = None
                return self._shared
            if self._at_once is None:
                self._at_once = onnx_graph.session(self.graph, self._threads, at_once=True)
            return self._at_once

    @cached_property
    def _shared(self) -> Any:
        """A session whose threads share the work of one batch: the quickest for a few."""
        return onnx_graph.session(self.graph, self._threads)

    @cached_property
    def for_many(self) -> Any:
        """A session that runs each batch on one thread: the quickest for many, since no thread waits for another."""
        return onnx_graph.session(self.graph, 1)


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


def _special_tokens(mask: Sequence[int]) -> tuple[int, int]:
    """How many special tokens are at the beginning and at the end, from a mask in which 1 is a special one."""
    ordinary = [place for place, special in enumerate(mask) if not special]
    return (ordinary[0], len(mask) - 1 - ordinary[-1]) if ordinary else (0, len(mask))
