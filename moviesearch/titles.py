"""A title as a person writes it -> the film that is meant."""

from __future__ import annotations

from .errors import NotFoundError
from .records import Movie
from .storage.entries import fold_title
from .storage.ledger import Ledger

LIKE = 75
"""How like a title (rapidfuzz's WRatio, 0 to 100) one must be to be suggested."""


def called(ledger: Ledger, title: str, year: int | None, collection: str) -> Movie:
    """The film of this title. Raises NotFoundError with the films to choose from, or the nearest titles."""
    found = ledger.by_title(title, year)
    if len(found) == 1:
        return found[0]
    if found:
        listing = "; ".join(f"{movie.title} ({movie.year or 'no year'}, --id {movie.id})" for movie in found)
        raise NotFoundError(f"there are {len(found)} films called {title!r}: {listing}. Say which with --year or --id")
    suggested = near(ledger, title)
    hint = f" Did you mean: {'; '.join(suggested)}?" if suggested else ""
    when = f" of {year}" if year is not None else ""
    raise NotFoundError(f"there is no film called {title!r}{when} in {collection!r}.{hint}")


def near(ledger: Ledger, title: str, limit: int = 5) -> list[str]:
    """Titles (with years) that look like the one given, nearest first."""
    from rapidfuzz import fuzz, process

    known = list(ledger.titles())
    folded = [fold_title(name) for _, name, _ in known]
    best = process.extract(fold_title(title), folded, scorer=fuzz.WRatio, limit=limit, score_cutoff=LIKE)
    return [f"{known[at][1]} ({known[at][2]})" if known[at][2] else known[at][1] for _, _, at in best]
