"""What is in a collection, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from moviesearch.config import Settings
from moviesearch.storage.manifest import Manifest

from .base import Collection


@dataclass(frozen=True, slots=True)
class Info:
    """What is in a collection. `bytes` is the size of its files here, `wrong` what `verify` said, if it was asked."""

    store: str
    collection: str
    films: int
    passages: int
    manifest: Manifest
    bytes: int
    years: tuple[int, int] | None
    wrong: str | None


def info_of(collection: Collection, settings: Settings, manifest: Manifest) -> Info:
    """The collection that the settings name, in numbers. Within `reading`."""
    films, passages, _ = collection.ledger.counts()
    return Info(
        store=settings.store,
        collection=settings.collection,
        films=films,
        passages=passages,
        manifest=manifest,
        bytes=collection.size(),
        years=collection.ledger.years(),
        wrong=None,
    )
