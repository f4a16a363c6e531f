"""A model by name or folder -> its encoder.

The transformer runs on ONNX Runtime, which starts in half a second where PyTorch takes eight. The ONNX file is made
from the model once (`export`) and stored in the cache under the model's digest. A model that can't be exported, or
whose export gives other vectors, runs on sentence-transformers.
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
"""Part of the path in the cache; raised whenever exports are made in another way."""


def load(
    model: str | None,
    cache: Path,
    *,
    threads: int = 0,
    note: Callable[[str], None] | None = None,
    to_write: Callable[[], Path] | None = None,
) -> Encoder:
    """The encoder for a model's name or folder; `note` is told of work that takes a while.

    What the `cache` lacks is written there, or into the folder that `to_write` gives.

    Raises EncoderError when the model can't be found, trusted or loaded.
    """
    files = locate(model, cache)
    exported = _exported(cache, files)
    if not _is_file(exported / "checked.json"):
        try:
            home = to_write() if to_write else cache
            exported = _exported(home, files)
            if note and home == cache:
                note(f"preparing {files.name} for fast start (once)")
            from .export import export

            agrees = export(files, exported, threads, lambda: _reference(files))
        except OSError:  # there is no room for it anywhere
            agrees = False
        if not agrees:
            return _fallback(files)
    checked = json.loads((exported / "checked.json").read_text(encoding="utf-8"))
    if not checked["agrees"]:
        return _fallback(files)
    return OnnxEncoder(files, exported / "model.onnx", threads)


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
