"""A film as a collection keeps it: its record, its position in the order of ingest, and its content hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moviesearch.records import Movie, as_record

from .title_folding import fold_title as fold_title

_ORIGIN_FIELDS = {
    "country",
    "countries",
    "language",
    "languages",
    "original_language",
    "spoken_languages",
    "production_countries",
    "origin/ethnicity",
    "origin",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A film with its ordinal of ingest (`seq`), its content hash and its number of passages.

    `stale` is the number of passages that an earlier version of it may have left in the index.
    """

    movie: Movie
    seq: int
    hash: str
    passages: int
    stale: int = 0


def content_hash(movie: Movie) -> str:
    """The first 32 hex digits of the sha256 of a film's whole record; a change of any field changes it."""
    text = json.dumps(
        [*as_record(movie).values()], ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def origins_of(extra: Mapping[str, Any]) -> frozenset[str]:
    """The countries and languages that a film's further fields name, in lower case."""
    origins: list[str] = []
    for name, value in extra.items():
        if name.casefold().replace(" ", "_") in _ORIGIN_FIELDS:
            origins += [str(part) for part in value] if isinstance(value, list) else re.split(r"[,;/|]", str(value))
    return frozenset(origin.strip().casefold() for origin in origins if origin.strip())
