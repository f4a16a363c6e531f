"""Every default once, each with the environment variable that changes it.

| field | variable |
| --- | --- |
| store | MOVIESEARCH_STORE |
| collection | MOVIESEARCH_COLLECTION |
| model | MOVIESEARCH_MODEL |
| token (of a server; `@FILE` reads it from a file) | MOVIESEARCH_TOKEN |
| ca_file | MOVIESEARCH_CA_FILE |
| timeout (seconds, for a request to a server) | MOVIESEARCH_TIMEOUT |
| mirror (passages up to which a server's words are kept here) | MOVIESEARCH_MIRROR |
| cache | MOVIESEARCH_CACHE |
| threads | MOVIESEARCH_THREADS |
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UsageError

DATA = Path(__file__).parent / "data"
"""What comes with the package: the bundled films, adapters, help texts."""
BUNDLED_FILMS = DATA / "films.jsonl"
BUNDLED_QUERIES = DATA / "queries.jsonl"
"""Judged queries over the bundled films."""

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_COLLECTION = "films"
DEFAULT_LIMIT = 10
DEFAULT_TIMEOUT = 60.0
DEFAULT_MIRROR = 500_000


def _data_folder() -> str:
    from platformdirs import user_data_path

    return str(user_data_path("moviesearch"))


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("moviesearch")


def _number(name: str, default: float) -> float:
    told = os.environ.get(name)
    try:
        number = float(told) if told else default
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise UsageError(f"{name} is {told!r}, and should be a number above 0")
    return number


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and what is used when nothing else is said."""

    store: str = field(default_factory=lambda: os.environ.get("MOVIESEARCH_STORE") or _data_folder())
    collection: str = field(default_factory=lambda: os.environ.get("MOVIESEARCH_COLLECTION") or DEFAULT_COLLECTION)
    model: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_MODEL") or None)
    token: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_TOKEN") or None, repr=False)
    ca_file: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_CA_FILE") or None)
    timeout: float = field(default_factory=lambda: _number("MOVIESEARCH_TIMEOUT", DEFAULT_TIMEOUT))
    mirror: int = field(default_factory=lambda: int(_number("MOVIESEARCH_MIRROR", DEFAULT_MIRROR)))
    cache: Path = field(
        default_factory=lambda: (
            Path(os.environ["MOVIESEARCH_CACHE"]) if os.environ.get("MOVIESEARCH_CACHE") else _cache_folder()
        )
    )
    threads: int = field(default_factory=lambda: int(os.environ.get("MOVIESEARCH_THREADS") or os.cpu_count() or 1))
