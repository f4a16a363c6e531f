"""Whether a film can be stored at all. Sources give only such films; a program may make others itself."""

from __future__ import annotations

import json

from moviesearch.errors import not_text
from moviesearch.records import Movie
from moviesearch.request import LAST_YEAR


def unfit(movie: Movie) -> tuple[str, str] | None:
    """(field, reason) where no collection can store a film, else None."""
    texts = [("id", movie.id), ("title", movie.title), ("plot", movie.plot)]
    texts += [("genres", genre) for genre in movie.genres]
    texts += [("url", movie.url)] if movie.url is not None else []
    for field, text in texts:
        if not isinstance(text, str):
            return field, f"is a {type(text).__name__}, and should be a text"
        if fault := not_text(text):
            return field, fault
    if movie.year is not None and not (isinstance(movie.year, int) and -LAST_YEAR <= movie.year <= LAST_YEAR):
        return "year", f"{movie.year!r:.40} is no year"
    if movie.extra == {}:
        return None
    try:
        json.dumps(movie.extra if isinstance(movie.extra, dict) else dict(movie.extra), ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return "extra", f"can't be kept as JSON ({error})"
    return None
