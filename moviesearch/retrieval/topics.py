"""What a person can be asked about a film, each thing under a key, and how a film's record answers. Pure.

Keys are `country:japan`, `language:french`, `decade:1990`, `before:1980`, `genre:horror`, `animated`,
`director:stanley kubrick` and `word:ship`: they are all that is needed to put the question and to weigh a reply.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from moviesearch.errors import UsageError
from moviesearch.records import Movie, Question
from moviesearch.storage.attributes import Kind, attributes_of, fold_name

from .hints import genre_names
from .origins import known_names, shown_name, spellings
from .patterns import late
from .story_words import story_words, words_of_stories

WRONG = 0.16
"""How often a reply contradicts a record that tells what was asked: people err, and so do records.

With less, replies help a little more where people seldom err, and do harm where they err often.
"""

_ABSENT_WHOLE, _ABSENT_SHORT = 0.15, 0.3
"""How often a film has a thing of which its plot doesn't speak, for a whole plot and for a line."""
_WHOLE_PLOT = 250
"""Words from which a plot is a whole one."""

_ENDING = 0.2
"""The last part of a plot: what is only there is not asked about, and doesn't count."""
_HAS_ENDING = 100
"""Words from which a plot may tell the ending."""

_YEARS_OFF = 2.0
"""By how many years people are mistaken about when a film came out."""

_WORD = late(r"[^\W_]+")
_DECADE = late(r"(?:1[89]|20)\d0")

_GENRES = {
    "comedy": "a comedy",
    "horror": "a horror film",
    "thriller": "a thriller",
    "science fiction": "science fiction",
    "western": "a western",
    "war": "a war film",
    "romance": "a love story",
    "crime": "a crime film",
    "fantasy": "a fantasy film",
    "adventure": "an adventure film",
    "action": "an action film",
    "family": "a film for the whole family",
    "music": "a musical, or a film about music",
    "documentary": "a documentary",
    "mystery": "a mystery",
}
"""Genre, as `hints.genre_names` has it -> how it is asked about. Nobody knows for sure what is a drama."""

_ARTICLES = {
    "united states": "the United States",
    "united kingdom": "Britain",
    "netherlands": "the Netherlands",
    "soviet union": "the Soviet Union",
    "czech republic": "the Czech Republic",
    "philippines": "the Philippines",
}
_SILENT = "silent"
_NOT_SPOKEN = frozenset(("sign language",))

_DIRECTORS = """
Alfred Hitchcock, Stanley Kubrick, Steven Spielberg, Quentin Tarantino, Martin Scorsese, Christopher Nolan, Tim
Burton, David Lynch, Woody Allen, Francis Ford Coppola, George Lucas, James Cameron, Ridley Scott, Clint Eastwood,
Peter Jackson, Wes Anderson, David Fincher, Charlie Chaplin, Akira Kurosawa, Hayao Miyazaki, Ingmar Bergman, Federico
Fellini, Orson Welles, Billy Wilder, Roman Polanski, Sergio Leone, Spike Lee, Wes Craven, John Carpenter, M. Night
Shyamalan, Guillermo del Toro, Pedro Almodóvar, Terry Gilliam, Buster Keaton, Brian De Palma, Oliver Stone, Michael
Bay, Guy Ritchie, Denis Villeneuve, Bong Joon-ho, Lars von Trier, John Hughes, Mel Brooks, John Ford, Mel Gibson, Ron
Howard, Robert Zemeckis, Walt Disney, Fritz Lang, Frank Capra
"""
"""Directors whose names people remember."""


@dataclass(frozen=True, slots=True)
class FilmTopics:
    """What a film's record tells of what may be asked.

    `genres` are as `hints.genre_names` has them, the other names as keys do. Each is None where the record has none.
    `things` are the keys of the things of which its plot speaks, `things_at_end` those of which only its ending does.
    `length` is how many words the plot has.
    """

    year: int | None
    genres: frozenset[str] | None
    countries: frozenset[str] | None
    languages: frozenset[str] | None
    directors: frozenset[str] | None
    things: frozenset[str]
    things_at_end: frozenset[str]
    length: int


def of_film(movie: Movie) -> FilmTopics:
    """What a film's record tells."""
    names: dict[Kind, set[str]] = {Kind.COUNTRY: set(), Kind.LANGUAGE: set(), Kind.DIRECTOR: set()}
    for kind, name in attributes_of(movie.extra):
        if kind in names:
            names[kind].add(name)
    words = _WORD.findall(movie.plot.lower())
    ending = int(len(words) * (1 - _ENDING)) if len(words) >= _HAS_ENDING else len(words)
    things = _things(words[:ending])
    return FilmTopics(
        year=movie.year,
        genres=genre_names(movie.genres) if movie.genres else None,
        countries=_origins(Kind.COUNTRY, names[Kind.COUNTRY]),
        languages=_origins(Kind.LANGUAGE, names[Kind.LANGUAGE]),
        directors=frozenset(fold_name(name) for name in names[Kind.DIRECTOR]) or None,
        things=things,
        things_at_end=_things(words[ending:]) - things,
        length=len(words),
    )


def _things(words: Sequence[str]) -> frozenset[str]:
    keys_of_word = words_of_stories()
    return frozenset(key for word in keys_of_word.keys() & set(words) for key in keys_of_word[word])


def _origins(kind: Kind, names: set[str]) -> frozenset[str] | None:
    """Countries or languages by the folded names that keys have; None where there are none."""
    return frozenset(key for name in names for key in _answering(kind, name)) or None


@cache
def _answering(kind: Kind, name: str) -> tuple[str, ...]:
    """The keys' names for which a record's name is a yes: West Germany for Germany, too."""
    folded = fold_name(name)
    return tuple(key for key in _origin_names(kind) if folded in spellings(kind, key)) or (folded,)


@cache
def _origin_names(kind: Kind) -> dict[str, str]:
    """All countries or languages that may be asked about: folded -> as it is shown."""
    shown = dict.fromkeys(shown_name(kind, name) for name in known_names(kind))
    return {fold_name(name): name for name in shown}


@cache
def _director_names() -> dict[str, str]:
    return {fold_name(name): name for name in " ".join(_DIRECTORS.split()).split(", ")}


# --- keys ----------------------------------------------------------------------------------------------------------


def kind_of(key: str) -> str:
    """The kind of a key: what stands before its colon."""
    return key.partition(":")[0]


def is_single(key: str) -> bool:
    """Whether a film has one of a key's kind at most, or so people think: a yes leaves nothing else of it to ask."""
    return kind_of(key) in ("country", "decade", "director")


def question(key: str) -> Question:
    """The question of a key. Raises UsageError for a key that has none."""
    kind, _, value = key.partition(":")
    text = _text(kind, value)
    if text is None:
        raise UsageError(f"{key!r:.60} is no question's key: an answer's question says which key to reply to")
    return Question(key, text)


def _text(kind: str, value: str) -> str | None:
    if kind == "animated":
        return None if value else "Is it animated?"
    if kind == "genre":
        return f"Is it {_GENRES[value]}?" if value in _GENRES else None
    if kind == "country":
        name = _origin_names(Kind.COUNTRY).get(value)
        return f"Was it made in {_ARTICLES.get(value, name)}?" if name else None
    if kind == "language":
        name = _origin_names(Kind.LANGUAGE).get(value)
        return "Is it a silent film?" if value == _SILENT else f"Do people speak {name} in it?" if name else None
    if kind in ("before", "decade"):
        text = f"Was it made before {value}?" if kind == "before" else f"Is it from the {value}s?"
        return text if _DECADE.fullmatch(value) else None
    if kind == "director":
        name = _director_names().get(value)
        return f"Is it by {name}?" if name else None
    thing = story_words().get(value) if kind == "word" else None
    return thing.question if thing else None


def keys_of(film: FilmTopics) -> Iterator[str]:
    """The keys of what may be asked because of a film: those to which its record says yes."""
    if film.genres is not None:
        yield from (f"genre:{genre}" for genre in film.genres if genre in _GENRES)
        if "animation" in film.genres:
            yield "animated"
    yield from (f"country:{name}" for name in film.countries or () if name in _origin_names(Kind.COUNTRY))
    yield from (
        f"language:{name}"
        for name in film.languages or ()
        if name in _origin_names(Kind.LANGUAGE) and name not in _NOT_SPOKEN
    )
    yield from (f"director:{name}" for name in film.directors or () if name in _director_names())
    if film.year is not None and 1890 <= film.year < 2090:
        decade = film.year // 10 * 10
        yield from (f"decade:{decade}", f"before:{decade + 10}")
    yield from (f"word:{thing}" for thing in film.things)


# --- beliefs -------------------------------------------------------------------------------------------------------


def beliefs(key: str, films: Sequence[FilmTopics]) -> list[float]:
    """How likely a person who means a film, and knows, answers with yes, for each film; NaN where it doesn't tell."""
    kind, _, value = key.partition(":")
    if kind == "word":
        return [_by_plot(value, film) for film in films]
    if kind in ("before", "decade"):
        return [math.nan if film.year is None else _by_year(kind, int(value), film.year) for film in films]
    if kind in ("genre", "animated"):
        names = [film.genres for film in films]
    elif kind == "director":
        names = [film.directors for film in films]
    else:
        names = [film.countries if kind == "country" else film.languages for film in films]
    sought = value or "animation"
    return [math.nan if among is None else 1 - WRONG if sought in among else WRONG for among in names]


def _by_plot(thing: str, film: FilmTopics) -> float:
    if thing in film.things:
        return 1 - WRONG
    if thing in film.things_at_end:
        return math.nan
    whole = min(1.0, film.length / _WHOLE_PLOT)
    return _ABSENT_WHOLE * whole + _ABSENT_SHORT * (1 - whole)


def _by_year(kind: str, year: int, made: int) -> float:
    """By how many years a film is beyond what is asked: from 1 - WRONG well within to WRONG well beyond."""
    beyond = made - year + 0.5 if kind == "before" else max(year - made, made - year - 9) - 0.5
    return WRONG + (1 - 2 * WRONG) / (1 + math.exp(beyond / _YEARS_OFF))
