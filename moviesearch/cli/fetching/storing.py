"""What was fetched, into the collection: as films of its own, or as the plots of films that are there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import click

from moviesearch.records import IngestReport, Movie, Rejected
from moviesearch.sources.fields import BadField, film
from moviesearch.sources.wikipedia.api.film_lists import ListedFilm
from moviesearch.sources.wikipedia.api.page_finder import FilmPage, Miss

if TYPE_CHECKING:
    from moviesearch.search import MovieSearch

_STORED_AT_ONCE, _STORED_AFTER = 100, 30.0
"""Films, or seconds, after which what was fetched is stored, so that it can be searched and others can write."""


class Store:
    """Stores films as they come, a hundred at once or what has come in half a minute."""

    def __init__(self, search: MovieSearch) -> None:
        self.report = IngestReport()
        self._search = search
        self._films: list[Movie] = []
        self._since = time.monotonic()

    def add(self, movie: Movie) -> None:
        """Store a film, perhaps a little later."""
        self._films.append(movie)
        if len(self._films) == _STORED_AT_ONCE or time.monotonic() - self._since > _STORED_AFTER:
            self.finish()

    def finish(self) -> None:
        """Store what has come since."""
        if self._films:
            report = self._search.ingest(self._films, on_rejected=_say_rejected)
            counts = [field.name for field in fields(IngestReport) if field.name != "stopped"]
            self.report = IngestReport(**{name: getattr(self.report, name) + getattr(report, name) for name in counts})
            self._films = []
        self._since = time.monotonic()


def _say_rejected(record: Rejected) -> None:
    click.echo(str(record), err=True)


def found_film(result: FilmPage, site: str, to_enrich: Mapping[str, Movie]) -> Movie | Miss:
    """The film of a page, or why it can't be stored.

    Of the films of the collection that are `to_enrich`, by id, it is the one that was asked for, with its plot.
    """
    try:
        record = result.record(site)
        record.pop("listed_title", None)  # the same film under another name is no other record
        fetched = film(record, lambda bad: None)
    except BadField as bad:
        return Miss(result.wanted, f"the page {result.page.title!r}: {bad}")
    stored = to_enrich.get(result.wanted.place)
    return _with_plot(stored, fetched, result.wanted) if stored else fetched


def _with_plot(stored: Movie, fetched: Movie, wanted: ListedFilm) -> Movie | Miss:
    """A film of the collection with the plot that was found for it, or why that is not its own."""
    from moviesearch.collection.same_film import contradict, filled

    # Only what both say of the film itself is compared: the page has an id and an address of its own.
    if contradict(stored, replace(fetched, id="film", url=stored.url)):
        return Miss(wanted, f"{fetched.url} is of another film: its director, year or an id is another one")
    if len(fetched.plot) <= len(stored.plot):
        return Miss(wanted, f"{fetched.url} has no more of its plot than is here")
    licences = [str(extra["licence"]) for extra in (stored.extra, fetched.extra) if "licence" in extra]
    extra = {"wikipedia_url": fetched.url, "licence": "; ".join(dict.fromkeys(licences))}
    movie = filled(stored, fetched)
    return replace(movie, plot=fetched.plot, extra={**movie.extra, **extra})
