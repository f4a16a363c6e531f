"""What the vectors of a collection were made with, and whether others can be mixed with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from moviesearch.embedding.passages import PassageSetting
from moviesearch.errors import MismatchError

from .word_languages import ENGLISH, LANGUAGES

FORMAT = 2
"""Version of what is written to Chroma; a collection of a higher one was made by a later moviesearch."""

_ENGLISH_FORMAT = 1
"""That of a collection in English: it is as versions wrote it that knew no other language, and they can read it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the vectors of a collection were made with; kept in the Chroma collection's metadata.

    `location` and `digest` are the model's; `dimension` is that of a vector; `window`, `size` and
    `overlap` (tokens) are those of PassageSetting. `language` is the code of that by which words are stemmed.
    """

    model: str
    location: str
    digest: str
    dimension: int
    window: int
    size: int
    overlap: int
    language: str = ENGLISH

    @classmethod
    def read(cls, record: Mapping[str, Any], collection: str, where: str) -> Manifest:
        """A manifest from its record. Raises MismatchError for one of another program or of a later version."""
        version = record.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise MismatchError(
                f"collection {collection!r} has format {version}, and this moviesearch knows {FORMAT}. "
                "Upgrade it: pip install -U moviesearch"
            )
        kept: dict[str, Any] = {"language": ENGLISH, **record}
        if missing := next((field for field in (*cls.__dataclass_fields__, "format") if field not in kept), None):
            raise MismatchError(
                f"collection {collection!r} at {where} was not made by moviesearch (no {missing!r}). "
                "Choose another --collection"
            )
        if not isinstance(kept["language"], str) or kept["language"] not in LANGUAGES:
            raise MismatchError(
                f"collection {collection!r} has words in {kept['language']!r:.80}, a language that this moviesearch "
                "doesn't know. Upgrade it: pip install -U moviesearch"
            )
        return cls(**{field: kept[field] for field in cls.__dataclass_fields__})

    def record(self) -> dict[str, Any]:
        """The manifest as it is kept, for `read`."""
        record = asdict(self)
        if self.language == ENGLISH:
            del record["language"]
        return {**record, "format": _ENGLISH_FORMAT if self.language == ENGLISH else FORMAT}

    @property
    def language_name(self) -> str:
        """The name of the language, in English."""
        return LANGUAGES[self.language]

    @property
    def setting(self) -> PassageSetting:
        """How the plots were cut into passages."""
        return PassageSetting(self.window, self.size, self.overlap)

    def require(self, other: Manifest, collection: str) -> None:
        """Raise MismatchError, naming both sides and the way out, unless vectors of both can be in one collection."""
        pairs = {
            "model": (f"{self.model} ({self.digest[:12]})", f"{other.model} ({other.digest[:12]})"),
            "passages": (f"{self.size}/{self.overlap} tokens", f"{other.size}/{other.overlap} tokens"),
            "language": (self.language_name, other.language_name),
        }
        for what, (stored, requested) in pairs.items():
            if stored != requested:
                raise MismatchError(
                    f"collection {collection!r} was made with {what} {stored}, and this is {what} {requested}. "
                    "Use `ingest --rebuild` to make it anew with the films it has, or another --collection"
                )
