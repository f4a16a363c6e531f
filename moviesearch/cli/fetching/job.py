"""What a fetch is to do, and the files in which it keeps what it has until it is done."""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from moviesearch.errors import StoreError, UsageError
from moviesearch.sources.wikipedia.api.polite import Manners

_STALE_DAYS = 7
"""Answers of a fetch that nobody went on with are thrown away after so long."""


@dataclass(frozen=True, slots=True)
class FetchJob:
    """What to fetch, and from which wiki. One of `films`, `page`, `category`, `titles`, `imdb` and `enrich` is given.

    `films` are titles as people type them, `page` is one that lists films, `titles` a file, `imdb` a folder of IMDb's
    tables. `enrich` is for the films of the collection that have only an overview.
    """

    output: Path | None = None
    contact: str | None = None
    films: tuple[str, ...] = ()
    page: str | None = None
    category: str | None = None
    titles: Path | None = None
    imdb: Path | None = None
    enrich: bool = False
    ratings: Path | None = None
    top: int | None = None
    min_votes: int = 25_000
    misses: Path | None = None
    seed_json: Path | None = None
    language: str = "en"
    api: str | None = None
    connections: int = 1
    manners: Manners = field(default_factory=Manners)

    @property
    def site(self) -> str:
        """The wiki's name, as its films' ids begin."""
        return f"{self.language}wiki"

    def state(self, cache: Path | None = None) -> Path:
        """The file that keeps the server's answers until all is done: beside the output, else in a cache's folder."""
        if self.output and cache is None:
            return self.output.with_name(self.output.name + ".state.sqlite3")
        assert cache is not None
        files = [path.absolute() if path else None for path in (self.titles, self.imdb, self.ratings)]
        which = (self.films, self.page, self.category, files, self.enrich, self.top, self.min_votes)
        return cache / f"{fingerprint(self.language, self.api, *which)}.sqlite3"


def states(cache: Path) -> Path:
    """The folder of answers to jobs that have no file to write; those that nobody went on with are removed."""
    folder = cache / "fetch"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if time.time() - path.stat().st_mtime > _STALE_DAYS * 86400:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"{folder} can't be used ({reason}): MOVIESEARCH_CACHE names another folder") from error
    return folder


def fingerprint(*values: object) -> str:
    """16 hex digits that are the same for the same values."""
    return hashlib.sha256(repr(values).encode(errors="surrogatepass")).hexdigest()[:16]


def check_outputs(*paths: Path | None) -> None:
    """Raise StoreError or UsageError for files that can't be written in the end, before any work is done."""
    outputs = [path for path in paths if path is not None]
    for path in outputs:
        if not path.parent.is_dir():
            raise StoreError(f"there is no folder {path.parent}: make it first")
    if len({path.absolute() for path in outputs}) < len(outputs):
        raise UsageError("two of the files to write have the same name: give each its own")
