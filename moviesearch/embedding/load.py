"""A model by name or folder -> its encoder.

The transformer runs on ONNX Runtime, which starts in half a second where PyTorch takes eight. The ONNX file is made
from the model once (`export`) and stored in the cache under the model's digest. A model that can't be exported, or
whose export gives other vectors, runs on sentence-transformers.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from moviesearch.config import BUNDLED_FILMS
from moviesearch.errors import EncoderError

from .bert_graph import QUERY_GRAPH, outline_file
from .early_encoder import EarlyEncoder
from .encoder import Encoder
from .late_interaction import TokenHead, bundled_head, read_head, untrained, write_head
from .models import ModelFiles, locate
from .onnx_encoder import OnnxEncoder
from .query_encoder import query_encoder_file, read_query_encoder
from .reference_encoder import SentenceTransformersEncoder

SAMPLED = 13
"""One of so many bundled films is a sample of texts from which an untrained head is made."""

ONNX_FORMAT = 3
"""Part of the path in the cache; raised whenever exports are made in another way, or of another query encoder."""


def load(
    model: str | None,
    cache: Path,
    *,
    threads: int = 0,
    note: Callable[[str], None] | None = None,
    to_write: Callable[[], Path] | None = None,
    early: bool = False,
) -> Encoder:
    """The encoder for a model's name or folder; `note` is told of work that takes a while.

    What the `cache` lacks is written there, or into the folder that `to_write` gives. If `early`, an encoder that takes
    a moment to be made is returned before it is (see `early_encoder`).

    Raises EncoderError when the model can't be found, trusted or loaded.
    """
    files = locate(model, cache)
    exported = _exported(cache, files)
    if _is_file(exported / "checked.json"):
        return _prepared(files, exported, threads)
    try:
        home = to_write() if to_write else cache
    except OSError:  # there is no room for it anywhere
        return _fallback(files)
    exported = _exported(home, files)
    if note and home == cache:
        note(f"preparing {files.name} for fast start (once)")
    if not early or files.precision != "float32" or not outline_file(files.float_digest).is_file():
        return _prepare(files, exported, threads)
    encoder = OnnxEncoder(files, exported / "model.onnx", threads)
    return EarlyEncoder(encoder, lambda: _prepare(files, exported, threads, encoder))


def _prepare(files: ModelFiles, exported: Path, threads: int, encoder: OnnxEncoder | None = None) -> Encoder:
    """The encoder over a folder of the cache that is made first."""
    from .export import export

    try:
        agrees = export(files, exported, threads, lambda: _reference(files))
    except OSError:
        agrees = False
    return _prepared(files, exported, threads, encoder) if agrees else _fallback(files)


def _prepared(files: ModelFiles, exported: Path, threads: int, encoder: OnnxEncoder | None = None) -> Encoder:
    """The encoder over a folder of the cache that is there; `encoder` is one over it that has only tokenized yet."""
    checked = json.loads((exported / "checked.json").read_text(encoding="utf-8"))
    if not checked["agrees"]:
        return _fallback(files)
    encoder = encoder or OnnxEncoder(files, exported / "model.onnx", threads)
    encoder.use_head(bundled_head(files.name, encoder.dimension) or _untrained_head(encoder, exported / "head.npz"))
    query_encoder, query_graph = query_encoder_file(files.name), exported / QUERY_GRAPH
    if query_encoder is not None and _is_file(query_graph):
        encoder.use_query_encoder(read_query_encoder(query_encoder), query_graph)
    return encoder


def _untrained_head(encoder: OnnxEncoder, path: Path) -> TokenHead:
    """The head of a model for which none was trained: made once, from its token vectors of some bundled films."""
    if not path.is_file():
        films = [json.loads(line) for line in BUNDLED_FILMS.read_text(encoding="utf-8").splitlines()[::SAMPLED]]
        states, ids = encoder.hidden([film["plot"] for film in films])
        head = untrained(states, ids, encoder.vocabulary())
        with contextlib.suppress(OSError):  # then it is made each time
            write_head(path, head)
            return read_head(path)
        return head
    return read_head(path)


def _exported(cache: Path, files: ModelFiles) -> Path:
    return cache / "onnx" / f"{files.digest[:32]}-{ONNX_FORMAT}"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be looked into
        return False


def _fallback(files: ModelFiles) -> SentenceTransformersEncoder:
    """The model on sentence-transformers, where its export is of no use. Raises EncoderError for int8."""
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
