"""moviesearch: find films by what happens in them.

`MovieSearch` is the whole of it. `import moviesearch` alone loads no model and no database.
"""

TYPE_CHECKING = False  # as type checkers know it; importing typing takes longer than all the rest of --help
if TYPE_CHECKING:
    from .errors import MovieSearchError
    from .records import Answer, IngestReport, Match, Movie, Rejected
    from .search import MovieSearch

__version__ = "0.1.0"
__all__ = ["Answer", "IngestReport", "Match", "Movie", "MovieSearch", "MovieSearchError", "Rejected", "__version__"]

_ROOMS = {"MovieSearch": "search", "MovieSearchError": "errors"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_ROOMS.get(name, 'records')}", __name__), name)
