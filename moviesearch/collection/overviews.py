"""A film of which there are two texts, a short overview and the whole plot that was fetched: both stay."""

from __future__ import annotations

from dataclasses import replace

from moviesearch.config import LONGEST_OVERVIEW
from moviesearch.records import FETCHED, OVERVIEW, Movie

from .same_film import filled


def with_overview(movie: Movie, stored: Movie) -> Movie:
    """A film that comes, with the other text of it that is stored, where one of the two is an overview.

    Where its whole plot was fetched, the overview that is stored stands before that. Where its source tells the
    overview again, or another one, the plot that was fetched stays behind it.
    """
    if OVERVIEW in movie.extra:
        return movie
    kept = stored.extra.get(OVERVIEW)
    if FETCHED in movie.extra:
        overview = kept or (stored.plot if FETCHED not in stored.extra and _is_short(stored) else None)
        if not isinstance(overview, str) or overview in movie.plot:
            return movie
        return replace(movie, plot=f"{overview}\n\n{movie.plot}", extra={**movie.extra, OVERVIEW: overview})
    if not isinstance(kept, str) or not _is_short(movie):
        return movie
    fetched = stored.plot.removeprefix(kept).lstrip()
    plot = f"{movie.plot}\n\n{fetched}"
    return filled(replace(movie, plot=plot, extra={**movie.extra, OVERVIEW: movie.plot}), stored)


def _is_short(movie: Movie) -> bool:
    return len(movie.plot) <= LONGEST_OVERVIEW
