"""Who made a film, where and how long it is, for people to read. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from moviesearch.records import Movie
from moviesearch.storage.attributes import Kind, attributes_of, runtime_of


@dataclass(frozen=True, slots=True)
class Credits:
    """The people, countries and languages that a film's record names, in its order; `runtime` is in minutes."""

    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    runtime: int | None = None


def credits_of(movie: Movie) -> Credits:
    """What a film's record says of it beside title, year and genres."""
    names: dict[Kind, dict[str, None]] = {kind: {} for kind in Kind}
    for kind, name in attributes_of(movie.extra):
        names[kind][name] = None
    return Credits(
        directors=tuple(names[Kind.DIRECTOR]),
        cast=tuple(names[Kind.CAST]),
        writers=tuple(names[Kind.WRITER]),
        countries=tuple(names[Kind.COUNTRY]),
        languages=tuple(names[Kind.LANGUAGE]),
        runtime=runtime_of(movie.extra),
    )


def as_hours(minutes: int) -> str:
    """`1 h 49 min`."""
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "")))
