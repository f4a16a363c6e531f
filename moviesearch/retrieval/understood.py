"""What a question was taken to say beside its story, in parts that people can read and take back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from moviesearch.records import Understood

from .hints import Hints
from .patterns import late
from .queries import CleanQuery

_WORD = late(r"[^\W_]+")


def understood(
    query: CleanQuery, plot: str, titles: Mapping[str, str], people: Collection[str]
) -> tuple[Understood, ...]:
    """The parts of a question: years, countries and languages, genres and people that it names, and what it is not.

    `plot` is the question as it was asked, `titles` are those of the films in `query.named`, by id, and `people` are
    names that some film's record has, folded.
    """
    return tuple(dict.fromkeys(_parts(query, plot, titles, people)))


def _parts(query: CleanQuery, plot: str, titles: Mapping[str, str], people: Collection[str]) -> Iterator[Understood]:
    yield from (Understood("years", span.said) for span in query.hints.years)
    yield from (Understood("origin", _said(names, plot)) for names in query.hints.origins)
    yield from (Understood("genre", genre) for genre in query.hints.genres)
    yield from (Understood("person", name) for name in query.hints.people if name in people)
    yield from (Understood("without", said) for said in query.unwanted.said)
    yield from (Understood("not", titles[film]) for film in sorted(query.named) if film in titles)


def taken_back(query: CleanQuery, plot: str, keys: Collection[str], titles: Mapping[str, str]) -> CleanQuery:
    """The question without the parts of these keys; their words draw no film, as before. Else as in `understood`."""
    if not keys:
        return query

    def counts(kind: str, text: str) -> bool:
        return Understood(kind, text).key not in keys

    hints = Hints(
        years=tuple(span for span in query.hints.years if counts("years", span.said)),
        origins=tuple(names for names in query.hints.origins if counts("origin", _said(names, plot))),
        genres=tuple(genre for genre in query.hints.genres if counts("genre", genre)),
        people=tuple(name for name in query.hints.people if counts("person", name)),
    )
    phrases = tuple(phrase for phrase in query.unwanted.phrases if counts("without", phrase.said))
    named = frozenset(film for film in query.named if counts("not", titles.get(film, film)))
    return replace(query, hints=hints, unwanted=replace(query.unwanted, phrases=phrases), named=named)


def _said(names: Collection[str], plot: str) -> str:
    """The longest name or code of a country or language that a question holds, else the longest."""
    words = f" {' '.join(_WORD.findall(plot.lower()))} "
    return max(names, key=lambda name: (f" {name} " in words, len(name), name))


def notes_on(parts: Collection[Understood], *, counted: bool = True, uncounted: Collection[str] = ()) -> list[str]:
    """What a person is told of the parts that a film is not to be.

    `counted` is whether words of these count, and `uncounted` are those of them that no record tells.
    """
    said = {kind: [part.text for part in parts if part.kind == kind] for kind in ("not", "without")}
    notes = [f"left out, as not the film that is meant: {', '.join(sorted(said['not']))}"] if said["not"] else []
    for told, phrases in (
        ("counted against films" if counted else "not looked up", [p for p in said["without"] if p not in uncounted]),
        ("not looked up, as no film's record tells it", [p for p in said["without"] if p in uncounted]),
    ):
        notes += [f"{told}: {', '.join(f'“{phrase}”' for phrase in phrases)}"] if phrases else []
    return notes
