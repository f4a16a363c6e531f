"""Query adapters: a small learned correction of query vectors, which moves people's words nearer to plots.

People describe a scene that they remember, in loose words; the passage that answers tells the story. An adapter moves
a query by the average difference between the two: q' = (q + (q down) up + shift) / |…|, with `down` (d, r) and `up`
(r, d) of low rank. Passages are untouched, so a collection need not be embedded anew, and `cosine` stays a cosine.
`scripts/train_adapter.py` makes the file, `adapter-<model>.npz` in the package's data: float16, under 1 MB.

Described stories are adapted so (`Adapter.identify`). A film that stands for its like has a plot's vector already; only
`centre`, the mean of all passages, is taken from it (`Adapter.similar`), since what all plots share says nothing about
likeness. Vectors of a model without an adapter stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np

from moviesearch.config import DATA
from moviesearch.errors import EncoderError

from .vectors import UNREADABLE, Vectors, unit


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """An adapter's parts, all float32: `down` (d, r), `up` (r, d), `shift` (d,), `centre` (d,)."""

    down: Vectors
    up: Vectors
    shift: Vectors
    centre: Vectors

    @property
    def dimension(self) -> int:
        """d, the number of the vectors' components."""
        return len(self.shift)

    def identify(self, queries: Vectors) -> Vectors:
        """Query vectors, float32 (d,) or (n, d) of unit length, moved to where passages are; unit length again."""
        return unit(queries + (queries @ self.down) @ self.up + self.shift)

    def similar(self, films: Vectors) -> Vectors:
        """Film vectors, float32 (d,) or (n, d) of unit length, without what all plots share; unit length again."""
        return unit(films - self.centre)


def adapter_for(model: str, dimension: int) -> Adapter | None:
    """The adapter in the package for a model of this name and dimension, whatever its precision, or None.

    Raises EncoderError for a damaged file.
    """
    adapter = _bundled(model.removesuffix("@int8"))
    return adapter if adapter is not None and adapter.dimension == dimension else None


def adapted(queries: Vectors, adapter: Adapter | None, *, similar: bool = False) -> Vectors:
    """Query vectors to search with: adapted ones, or the very same where there is no adapter."""
    if adapter is None:
        return queries
    return adapter.similar(queries) if similar else adapter.identify(queries)


def read_adapter(source: Path | IO[bytes]) -> Adapter:
    """An adapter from a file. Raises EncoderError when it is none."""
    try:
        with np.load(source, allow_pickle=False) as arrays:
            parts = [arrays[name].astype(np.float32) for name in ("down", "up", "shift", "centre")]
    except UNREADABLE as error:
        raise EncoderError(f"the query adapter can't be read ({error}); reinstall moviesearch") from error
    adapter = Adapter(*parts)
    d, r = adapter.down.shape if adapter.down.ndim == 2 else (0, 0)
    if (adapter.up.shape, adapter.shift.shape, adapter.centre.shape) != ((r, d), (d,), (d,)) or not all(
        np.isfinite(part).all() for part in parts
    ):
        raise EncoderError("the query adapter's parts don't fit together; reinstall moviesearch")
    return adapter


def write_adapter(path: Path, adapter: Adapter) -> None:
    """Store an adapter as float16, compressed."""
    np.savez_compressed(
        path,
        down=adapter.down.astype(np.float16),
        up=adapter.up.astype(np.float16),
        shift=adapter.shift.astype(np.float16),
        centre=adapter.centre.astype(np.float16),
    )


@lru_cache(maxsize=4)
def _bundled(model: str) -> Adapter | None:
    if not model.replace("-", "").replace("_", "").replace(".", "").isalnum():
        return None
    resource = DATA / f"adapter-{model}.npz"
    if not resource.is_file():
        return None
    with resource.open("rb") as stream:
        return read_adapter(stream)
