"""Query encoders: what makes a model read a question, where passages are read by the model as it is.

A question is told in other words than a plot: loose ones, with a scene, a guess and an aside. A query encoder is the
model with a correction of low rank in each of its dense layers,

    y = x (W + up down)' + bias,   down (r, in), up (out, r); Hu et al., LoRA, 2021

and a shift of the question's vector. Passages are still read by the model as it is, so stored vectors, `export` and
`find --mode dense` stay what they were. The token head's side of the questions belongs to it, since it was learned on
its hidden states. `scripts/train_query_encoder.py` makes the file, `query-<model>.npz` in the package's data: float16,
under 1 MB. A model without one is searched with its own vectors, moved by an adapter where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.config import DATA
from moviesearch.errors import EncoderError

from .late_interaction import TokenHead
from .vectors import UNREADABLE, Vectors, unit

_DOWN, _UP = ".down", ".up"


Corrections = Mapping[str, tuple[Vectors, Vectors]]
"""Name of a dense layer ("encoder.layer.0.attention.self.query") -> its `down` (r, in) and `up` (out, r)."""


@dataclass(frozen=True, slots=True, eq=False)
class QueryEncoder:
    """What a query encoder has besides its corrections, all float32.

    `shift` (d,) is added to a question's unit vector. `projection` (d, k), `weights` (v,) and `context` (d,) are those
    of a `TokenHead` for questions.
    """

    shift: Vectors
    projection: Vectors
    weights: Vectors
    context: Vectors

    def moved(self, vectors: Vectors) -> Vectors:
        """Questions' unit vectors (n, d) with the shift added; unit length again."""
        return unit(vectors + self.shift)

    def head(self, passages: TokenHead) -> TokenHead:
        """A model's token head with the side of the questions that belongs to this encoder."""
        return replace(passages, query_projection=self.projection, weights=self.weights, context=self.context)


def query_encoder_file(model: str) -> Path | None:
    """The file of the query encoder in the package for a model of this name in float32, or None."""
    if not model.replace("-", "").replace("_", "").replace(".", "").isalnum():
        return None
    path = DATA / f"query-{model}.npz"
    return path if path.is_file() else None


def read_query_encoder(path: Path) -> QueryEncoder:
    """A query encoder from a file. Raises EncoderError when it is none."""
    return QueryEncoder(**_read(path, lambda names: ["shift", "projection", "weights", "context"]))


def read_corrections(path: Path) -> Corrections:
    """The corrections from a query encoder's file. Raises EncoderError when it is none."""
    parts = _read(path, lambda names: [name for name in names if name.endswith((_DOWN, _UP))])
    layers = [name.removesuffix(_DOWN) for name in parts if name.endswith(_DOWN)]
    return {layer: (parts[layer + _DOWN], parts[layer + _UP]) for layer in layers}


def corrected(weights: Mapping[str, NDArray[Any]], corrections: Corrections) -> dict[str, NDArray[Any]]:
    """A model's weights by name, with the corrections added to those of its dense layers.

    Raises EncoderError where they don't fit.
    """
    merged = dict(weights)
    for layer, (down, up) in corrections.items():
        name = f"{layer}.weight"
        if name not in weights or weights[name].shape != (len(up), down.shape[1]):
            raise EncoderError(f"the query encoder doesn't fit the model: {name}; reinstall moviesearch")
        merged[name] = np.asarray(weights[name], np.float32) + up @ down
    return merged


def write_query_encoder(path: Path, encoder: QueryEncoder, corrections: Corrections) -> None:
    """Store a query encoder as float16, compressed."""
    parts = {layer + _DOWN: down for layer, (down, _) in corrections.items()}
    parts |= {layer + _UP: up for layer, (_, up) in corrections.items()}
    parts |= {name: getattr(encoder, name) for name in ("shift", "projection", "weights", "context")}
    arrays: dict[str, Any] = {name: part.astype(np.float16) for name, part in parts.items()}
    np.savez_compressed(path, **arrays)


def _read(path: Path, wanted: Callable[[list[str]], list[str]]) -> dict[str, Vectors]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name].astype(np.float32) for name in wanted(arrays.files)}
    except UNREADABLE as error:
        raise EncoderError(f"{path} can't be read ({error}); delete it, or reinstall moviesearch") from error
