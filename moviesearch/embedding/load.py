"""A model by name or folder -> its encoder.

The transformer runs on ONNX Runtime, which starts in half a second where PyTorch takes eight. The
ONNX file is exported once from the model itself (`export`) and kept in the cache under the model's
digest. A model that can't be exported, or whose export disagrees, runs on sentence-transformers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from moviesearch.errors import EncoderError

from .encoder import Encoder
from .models import ModelFiles, locate
from .onnx_encoder import OnnxEncoder
from .reference_encoder import SentenceTransformersEncoder

ONNX_FORMAT = 2
"""Part of the cache's path: an export made in another way is another file."""


def load(model: str | None, cache: Path, *, threads: int = 0, note: Callable[[str], None] | None = None) -> Encoder:
    """The encoder for a model's name or folder; `note` is told of work that takes a while.

    Raises EncoderError when the model can't be found, trusted or loaded.
    """
    files = locate(model, cache)
    exported = cache / "onnx" / f"{files.digest[:32]}-{ONNX_FORMAT}"
    if not (exported / "checked.json").is_file():
        if note:
            note(f"preparing {files.name} for fast start (once)")
        from .export import export

        if not export(files, exported, threads, lambda: _reference(files)):
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
