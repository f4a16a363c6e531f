"""moviesearch: find films by what happens in them.

`MovieSearch` is the whole of it; `import moviesearch` alone loads no model and no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import MovieSearchError
from .records import Answer, IngestReport, Match, Movie, Rejected

if TYPE_CHECKING:
    from .search import MovieSearch

__version__ = "0.1.0"
__all__ = ["Answer", "IngestReport", "Match", "Movie", "MovieSearch", "MovieSearchError", "Rejected", "__version__"]


def __getattr__(name: str) -> object:
    if name == "MovieSearch":
        from .search import MovieSearch

        return MovieSearch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
