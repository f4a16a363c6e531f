"""The picture of a film that a record names, by a path from its source's file -> by its whole path."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from moviesearch.records import Movie

from .fields import folded

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
"""What begins so is no path: `https://...`, `data:...`; nor from here is `C:\\Films\\heat.jpg`, which is whole."""


def with_whole_poster(movie: Movie, folder: str) -> Movie:
    """A film whose `poster` is no path from a folder any more, but one from the root. Web addresses stay."""
    for name, value in movie.extra.items():
        if folded(name) == "poster" and isinstance(value, str) and value and not _ADDRESS.match(value):
            whole = os.path.normpath(os.path.join(folder, value))
            return replace(movie, extra={**movie.extra, name: whole})
    return movie
