"""What the vectors of a collection were made with, and whether others can be mixed with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moviesearch.embedding.passages import PassageSetting
from moviesearch.errors import MismatchError

FORMAT = 1
"""Of what is written to Chroma; a store of a higher one was made by a later moviesearch."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the vectors of a collection were made with; kept in the Chroma collection's metadata."""

    model: str
    location: str
    digest: str
    dimension: int
    window: int
    size: int
    overlap: int
    format: int = FORMAT

    @classmethod
    def read(cls, told: Mapping[str, Any], collection: str, where: str) -> Manifest:
        """A manifest from what was kept of it. Raises MismatchError for one of another program or a later version."""
        made = told.get("format")
        if isinstance(made, int) and made > FORMAT:
            raise MismatchError(
                f"collection {collection!r} has format {made}, and this moviesearch knows {FORMAT}. "
                "Upgrade it: pip install -U moviesearch"
            )
        try:
            return cls(**{field: told[field] for field in cls.__dataclass_fields__})
        except KeyError as error:
            raise MismatchError(
                f"collection {collection!r} at {where} was not made by moviesearch (no {error}). "
                "Choose another --collection"
            ) from error

    @property
    def setting(self) -> PassageSetting:
        """How the plots were cut."""
        return PassageSetting(self.window, self.size, self.overlap)

    def require(self, other: Manifest, collection: str) -> None:
        """Raise MismatchError, naming both sides and the way out, unless vectors of both can be mixed."""
        pairs = {
            "model": (f"{self.model} ({self.digest[:12]})", f"{other.model} ({other.digest[:12]})"),
            "passages": (f"{self.size}/{self.overlap} tokens", f"{other.size}/{other.overlap} tokens"),
            "format": (self.format, other.format),
        }
        for what, (there, asked) in pairs.items():
            if there != asked:
                raise MismatchError(
                    f"collection {collection!r} was made with {what} {there}, and this is {what} {asked}. "
                    "Use `ingest --rebuild` to make it anew with the films it has, or another --collection"
                )
