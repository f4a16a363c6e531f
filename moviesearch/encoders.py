"""Texts -> float32 vectors.

The transformer runs on ONNX Runtime, which starts in half a second where PyTorch takes eight. The
ONNX file is exported once from the model itself (`exporting`) and kept in the cache under the model's
digest. A model that can't be exported, or whose export disagrees, runs on sentence-transformers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import graphs
from .errors import EncoderError
from .models import ModelFiles, locate
from .passages import Spans

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

BATCH_TOKENS, GPU_BATCH_TOKENS = 256, 16_384
"""Tokens that go through the model together. A processor has enough for its products with few, and with more their
results outgrow its caches; a GPU wants many."""
FEW = 3
"""Batches a thread, from which on each has a thread to itself: a query in pieces is not worth a second session."""
ONNX_FORMAT = 2
"""Part of the cache's path: an export made in another way is another file."""


class Encoder(Protocol):
    """What turns texts into vectors; `digest` names everything that shapes them."""

    name: str
    location: str
    digest: str
    dimension: int
    window: int

    def tokenize(self, text: str) -> Spans:
        """(start, end) character offsets of the text's tokens, uncut and without special tokens."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 (texts, dimension), in the texts' order; each text is cut at the model's window."""
        ...


def load(model: str | None, cache: Path, *, threads: int = 0, note: Callable[[str], None] | None = None) -> Encoder:
    """The encoder for a model's name or folder; `note` is told of work that takes a while.

    Raises EncoderError when the model can't be found, trusted or loaded.
    """
    files = locate(model, cache)
    exported = cache / "onnx" / f"{files.digest[:32]}-{ONNX_FORMAT}"
    if not (exported / "checked.json").is_file():
        if note:
            note(f"preparing {files.name} for fast start (once)")
        from . import exporting

        if not exporting.export(files, exported, threads, lambda: _reference(files)):
            return _fallen_back(files)
    checked = json.loads((exported / "checked.json").read_text(encoding="utf-8"))
    if not checked["agrees"]:
        return _fallen_back(files)
    return OnnxEncoder(files, exported / "model.onnx", threads)


def _fallen_back(files: ModelFiles) -> SentenceTransformersEncoder:
    if files.precision != "float32":
        raise EncoderError(
            f"{files.name} can't be had: its int8 graph could not be written, or its vectors are too far from the "
            "model's own. Use the model in float32"
        )
    return _reference(files)


def _reference(files: ModelFiles) -> SentenceTransformersEncoder:
    try:
        return SentenceTransformersEncoder(files)
    except ImportError as error:
        raise EncoderError(
            f"{files.name} can't be prepared on this machine without sentence-transformers: "
            "pip install sentence-transformers"
        ) from error


class OnnxEncoder:
    """The model's transformer on ONNX Runtime, with its own tokenizer, pooling and normalisation."""

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
        self._batch_tokens = BATCH_TOKENS if graphs.on_processor() else GPU_BATCH_TOKENS
        self.dimension = shape.dimension

    def tokenize(self, text: str) -> Spans:
        """See Encoder."""
        spans: Spans = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return spans

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        cut = [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        work = list(batches([len(tokens) for tokens in cut], self._batch_tokens))

        def run(session: Any, rows: list[int]) -> None:
            feed, mask = self._feed([cut[row] for row in rows])
            (hidden,) = session.run(None, _asked_for(session, feed))
            out[rows] = self._shape.pool(hidden, mask)

        if len(work) < FEW * self._threads or self._threads < 2 or not graphs.on_processor():
            for rows in work:
                run(self._together, rows)
        else:
            with ThreadPoolExecutor(self._threads, "encoding") as pool:
                list(pool.map(partial(run, self._apart), work))
        return out

    @cached_property
    def _together(self) -> Any:
        """A session whose threads share the work of one batch: an answer is soonest so."""
        return graphs.session(self._graph, self._threads)

    @cached_property
    def _apart(self) -> Any:
        """A session that runs each batch on one thread: of many batches most get done so, as none waits for another."""
        return graphs.session(self._graph, 1)

    def inputs(self, text: str) -> dict[str, NDArray[np.int64]]:
        """What the graph gets for a text: (1, tokens) each."""
        return _asked_for(self._together, self._feed([self._cut(self._tokenizer.encode(text).ids)])[0])

    def _feed(self, texts: Sequence[Sequence[int]]) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.int64]]:
        """What a graph may ask for of texts as token ids, and the mask (texts, tokens) of what is no padding."""
        ids = np.full((len(texts), max(map(len, texts))), self._shape.pad, np.int64)
        mask = np.zeros_like(ids)
        for at, tokens in enumerate(texts):
            ids[at, : len(tokens)] = tokens
            mask[at, : len(tokens)] = 1
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}, mask

    def _cut(self, tokens: list[int]) -> list[int]:
        """At most a window of tokens, the closing special ones kept, as sentence-transformers cuts."""
        if len(tokens) <= self.window:
            return tokens
        return tokens[: self.window - self._closing] + tokens[len(tokens) - self._closing :]


class SentenceTransformersEncoder:
    """The model as sentence-transformers runs it: the reference, and the way for models that don't export."""

    def __init__(self, files: ModelFiles) -> None:
        self.name, self.location, self.digest = files.name, files.location, files.digest
        self.model = quiet_sentence_transformer(files.folder)
        self.window = int(self.model.max_seq_length or 512)
        self.dimension = int(self.model.get_embedding_dimension() or 0)

    def tokenize(self, text: str) -> Spans:
        """See Encoder."""
        cut = self.model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        spans: Spans = cut["offset_mapping"]
        return spans

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        tokens = BATCH_TOKENS if self.model.device.type == "cpu" else GPU_BATCH_TOKENS
        for rows in batches([len(text) // 4 + 1 for text in texts], tokens):
            out[rows] = self.model.encode([texts[row] for row in rows], show_progress_bar=False)
        return out


def _asked_for(session: Any, feed: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    return {node.name: feed[node.name] for node in session.get_inputs()}


def batches(lengths: Sequence[int], tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Row numbers in batches of similar length, longest first, so that little is spent on padding."""
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    start = 0
    while start < len(order):
        size = max(1, min(64, tokens // max(1, lengths[order[start]])))
        yield order[start : start + size]
        start += size


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


class Shape:
    """What a sentence-transformers folder says about window, pooling and normalisation."""

    def __init__(self, window: int, dimension: int, pad: int, pooling: str, normalise: bool) -> None:
        self.window, self.dimension, self.pad = window, dimension, pad
        self.pooling, self.normalise = pooling, normalise

    @classmethod
    def of(cls, folder: Path) -> Shape:
        """Raises EncoderError for an architecture that this encoder doesn't run."""
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
        """(batch, tokens, dimension) -> (batch, dimension): the mean over real tokens, or the first one's."""
        if self.pooling == "cls":
            pooled = hidden[:, 0]
        else:
            weight = mask[:, :, None].astype(np.float32)
            pooled = (hidden * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
        if self.normalise:
            pooled = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return np.asarray(pooled, np.float32)


def _closing_tokens(special: Sequence[int]) -> int:
    """How many special tokens end a text, from a mask in which 1 is a special one."""
    count = 0
    while count < len(special) and special[-1 - count]:
        count += 1
    return count
