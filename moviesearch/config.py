"""Every default once, each with the environment variable that changes it.

| field | variable |
| --- | --- |
| store | MOVIESEARCH_STORE |
| collection | MOVIESEARCH_COLLECTION |
| model | MOVIESEARCH_MODEL |
| token | MOVIESEARCH_TOKEN |
| cache | MOVIESEARCH_CACHE |
| threads | MOVIESEARCH_THREADS |
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_COLLECTION = "films"
DEFAULT_LIMIT = 10


def _data_folder() -> str:
    from platformdirs import user_data_path

    return str(user_data_path("moviesearch"))


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("moviesearch")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and what is used when nothing else is said."""

    store: str = field(default_factory=lambda: os.environ.get("MOVIESEARCH_STORE") or _data_folder())
    collection: str = field(default_factory=lambda: os.environ.get("MOVIESEARCH_COLLECTION") or DEFAULT_COLLECTION)
    model: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_MODEL") or None)
    token: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_TOKEN") or None, repr=False)
    cache: Path = field(
        default_factory=lambda: (
            Path(os.environ["MOVIESEARCH_CACHE"]) if os.environ.get("MOVIESEARCH_CACHE") else _cache_folder()
        )
    )
    threads: int = field(default_factory=lambda: int(os.environ.get("MOVIESEARCH_THREADS") or os.cpu_count() or 1))
