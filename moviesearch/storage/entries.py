"""A film as a collection keeps it: its record with its place, its hash, and what of it is looked up."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moviesearch.records import Movie, as_record

_PLACE_KEYS = {
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
    """A film with its place in the order of ingest, its content hash and its number of passages.

    `stale` is how many passages an earlier version of it may have left in the index.
    """

    movie: Movie
    seq: int
    hash: str
    passages: int
    stale: int = 0


def content_hash(movie: Movie) -> str:
    """sha256 (hex, 32 digits) of everything a film says, so that a changed film is known from an unchanged one."""
    text = json.dumps(
        [*as_record(movie).values()], ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def fold_title(title: str) -> str:
    """A title as people type it: no case, no accents, no punctuation ("Amélie" and "amelie" are one)."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    words = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    return " ".join(words) or title.strip().casefold()


def origins_of(extra: Mapping[str, Any]) -> frozenset[str]:
    """The countries and languages that a film's further fields tell, in lower case."""
    told: list[str] = []
    for name, value in extra.items():
        if name.casefold().replace(" ", "_") in _PLACE_KEYS:
            told += [str(part) for part in value] if isinstance(value, list) else re.split(r"[,;/|]", str(value))
    return frozenset(place.strip().casefold() for place in told if place.strip())
