"""A film of which there are two texts, a short overview and the whole plot that was fetched: both stay."""

from __future__ import annotations

from dataclasses import replace

from moviesearch.config import LONGEST_OVERVIEW
from moviesearch.records import FETCHED, OVERVIEW, Movie
from moviesearch.storage.ledger import Ledger

from .same_film import filled


def with_overview(movie: Movie, stored: Movie) -> Movie:
    """A film that comes, with the other text of it that is stored, where one of the two is an overview.

    Where its whole plot was fetched, the overview that is stored stands before that. Where its source tells the
    overview, again or another one, the plot that was fetched stays behind it.
    """
    overview = stored.extra.get(OVERVIEW)
    if OVERVIEW in movie.extra:
        return movie
    if FETCHED in movie.extra:
        if FETCHED not in stored.extra and _is_short(stored):
            overview = stored.plot
        if not isinstance(overview, str):
            return movie
        plot = movie.plot if overview in movie.plot else f"{overview}\n\n{movie.plot}"
        return replace(movie, plot=plot, extra={**movie.extra, OVERVIEW: overview})
    if FETCHED not in stored.extra or not _is_short(movie):
        return movie
    fetched = stored.plot.removeprefix(overview if isinstance(overview, str) else movie.plot).lstrip()
    plot = f"{movie.plot}\n\n{fetched}"
    return filled(replace(movie, plot=plot, extra={**movie.extra, OVERVIEW: movie.plot}), stored)


def overviews_in(ledger: Ledger) -> list[Movie]:
    """The films that have only an overview: a short plot that was not fetched. In the order of ingest."""
    return [entry.movie for entry in ledger.entries() if _is_short(entry.movie) and FETCHED not in entry.movie.extra]


def _is_short(movie: Movie) -> bool:
    return len(movie.plot) <= LONGEST_OVERVIEW
