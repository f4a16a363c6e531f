"""What the vectors of a collection were made with, and whether others can be mixed with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moviesearch.embedding.passages import PassageSetting
from moviesearch.errors import MismatchError

FORMAT = 1
"""Version of what is written to Chroma; a collection of a higher one was made by a later moviesearch."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the vectors of a collection were made with; kept in the Chroma collection's metadata.

    `location` and `digest` are the model's; `dimension` is that of a vector; `window`, `size` and
    `overlap` (tokens) are those of PassageSetting.
    """

    model: str
    location: str
    digest: str
    dimension: int
    window: int
    size: int
    overlap: int
    format: int = FORMAT

    @classmethod
    def read(cls, record: Mapping[str, Any], collection: str, where: str) -> Manifest:
        """A manifest from its record. Raises MismatchError for one of another program or of a later version."""
        version = record.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise MismatchError(
                f"collection {collection!r} has format {version}, and this moviesearch knows {FORMAT}. "
                "Upgrade it: pip install -U moviesearch"
            )
        try:
            return cls(**{field: record[field] for field in cls.__dataclass_fields__})
        except KeyError as error:
            raise MismatchError(
                f"collection {collection!r} at {where} was not made by moviesearch (no {error}). "
                "Choose another --collection"
            ) from error

    @property
    def setting(self) -> PassageSetting:
        """How the plots were cut into passages."""
        return PassageSetting(self.window, self.size, self.overlap)

    def require(self, other: Manifest, collection: str) -> None:
        """Raise MismatchError, naming both sides and the way out, unless vectors of both can be in one collection."""
        pairs = {
            "model": (f"{self.model} ({self.digest[:12]})", f"{other.model} ({other.digest[:12]})"),
            "passages": (f"{self.size}/{self.overlap} tokens", f"{other.size}/{other.overlap} tokens"),
            "format": (self.format, other.format),
        }
        for what, (stored, requested) in pairs.items():
            if stored != requested:
                raise MismatchError(
                    f"collection {collection!r} was made with {what} {stored}, and this is {what} {requested}. "
                    "Use `ingest --rebuild` to make it anew with the films it has, or another --collection"
                )
