"""A film as a collection keeps it: its record, its position in the order of ingest, and its content hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from moviesearch.records import Movie, as_record

from .attributes import ORIGINS, PEOPLE, attributes_of
from .title_folding import fold_title as fold_title

PENDING, COMMITTED, TOMBSTONE = 0, 1, 2
"""The states of a film in the ledger: not yet whole in Chroma, whole in Chroma, to be removed from Chroma."""


class Facts(NamedTuple):
    """What a film's record says beside its story.

    `origins` are countries and languages in lower case, `people` directors, actors and writers as the record has them.
    """

    year: int | None
    genres: tuple[str, ...]
    origins: frozenset[str]
    people: tuple[str, ...]


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
    return frozenset(name.casefold() for _, name in attributes_of(extra, ORIGINS))


def people_of(extra: Mapping[str, Any]) -> tuple[str, ...]:
    """The directors, actors and writers that a film's further fields name, as they name them."""
    return tuple(dict.fromkeys(name for _, name in attributes_of(extra, PEOPLE)))
