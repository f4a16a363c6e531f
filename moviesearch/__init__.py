"""moviesearch: find films by what happens in them.

`MovieSearch` is the whole of it. `import moviesearch` alone loads no model and no database.
"""

TYPE_CHECKING = False  # as type checkers know it; importing typing takes longer than all the rest of --help
if TYPE_CHECKING:
    # "X as X" is how type checkers know that a package means to give a name on.
    from .errors import MovieSearchError as MovieSearchError
    from .records import Answer as Answer
    from .records import IngestReport as IngestReport
    from .records import Match as Match
    from .records import Movie as Movie
    from .records import Note as Note
    from .records import Rejected as Rejected
    from .search import MovieSearch as MovieSearch

__version__ = "0.1.0"

_NAMES = {
    "errors": ("MovieSearchError",),
    "records": ("Answer", "IngestReport", "Match", "Movie", "Note", "Rejected"),
    "search": ("MovieSearch",),
}
"""Module -> the public names that it defines; each is imported when it is first used."""

_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted([*_MODULE_OF, "__version__"])


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
