"""A title as a person writes it -> the film that is meant, or the films to choose from.

`called` goes from sure to less sure: the title itself, the title less its year, another title of the film, the title
without its article ("departed", "godfather 2"), a typing error. It takes a film where it is the only one left, and
`taken` says which.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moviesearch.errors import HOW_TO_FILL, NotFoundError, SeveralFilmsError
from moviesearch.records import Movie
from moviesearch.storage.attributes import Kind
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.title_folding import fold_title, loose_title
from moviesearch.storage.titles_table import Named, TitleKind

from .patterns import late

LIKE = 75
"""The least likeness (rapidfuzz's WRatio, 0 to 100) to what was typed of a title that is suggested."""

_MOST_LISTED = 20
"""Films of one title that a message lists."""

_MOST_WRITTEN = 4
"""Films of one title that a message shows with their years, as they can be asked for."""

_MOST_BRACKETS = 3
"""Brackets behind a title that may hold other titles."""

_YEAR = late(r"(?:1[89]|20)\d\d", re.ASCII)
_OTHER_NAME = late(r"(?:a\.?k\.?a\.? )?(.+)", re.IGNORECASE)
_DIGITS = late(r"\d+")


def called(ledger: Ledger, title: str, year: int | None, collection: str) -> Movie:
    """The film of this title. Raises SeveralFilmsError with the films, else NotFoundError with the nearest titles.

    `collection` is the name that the message gives.
    """
    films, when = of_title(ledger, title, year)
    if when is not None:
        films = [film for film in films if film.year == when] or films
    movies = list(ledger.movies([film.film for film in films]).values()) or _misspelt(ledger, title, year)
    if len(movies) == 1:
        return movies[0]
    if movies:
        listed = sorted(movies, key=lambda movie: (movie.year or 0, movie.id))[:_MOST_LISTED]
        listing = "; ".join(f"{movie.title} ({movie.year or 'no year'}, id {movie.id})" for movie in listed)
        more = f"; and {len(movies) - len(listed)} more" if len(movies) > len(listed) else ""
        raise SeveralFilmsError(
            f"there are {len(movies)} films called {title!r}: {listing}{more}. {_told_apart(listed)}"
            "Say which by its year or id"
        )
    if not ledger.counts()[0]:
        raise NotFoundError(f"there are no films in {collection!r}: {HOW_TO_FILL}")
    suggested = near(ledger, title)
    hint = f" Did you mean: {'; '.join(suggested)}?" if suggested else ""
    when_text = f" of {year}" if year is not None else ""
    raise NotFoundError(f"there is no film called {title!r}{when_text} in {collection!r}.{hint}")


def _told_apart(movies: Sequence[Movie]) -> str:
    """A question that shows how to write films of one title with their years; "" where no years tell them apart."""
    years = {movie.year: movie for movie in movies if movie.year is not None}
    if len(years) < 2:
        return ""
    written = [repr(with_year(movie.title, year)) for year, movie in years.items()][:_MOST_WRITTEN]
    *others, last = written if len(years) <= _MOST_WRITTEN else [*written, "another year"]
    return f"Did you mean {', '.join(others)} or {last}? "


def taken(typed: str, movie: Movie, year: int | None = None) -> str | None:
    """What to tell a person whose words were taken for a film; None where they are its title or id, and its year."""
    is_title = " ".join(typed.split()).casefold() == " ".join(movie.title.split()).casefold()
    if (is_title or typed == movie.id) and year in (None, movie.year):
        return None
    return f"taking {with_year(movie.title, movie.year)!r}"


def of_title(ledger: Ledger, title: str, year: int | None = None) -> tuple[list[Named], int | None]:
    """The films that a title can mean, and the year in it, by the first way to read it that fits any film.

    They are of that year, give or take one; a film without a year may be of any.
    """
    readings = [(name, when, ledger.named(name)) for name, when in _readings(title, year)]
    for loosely in (False, True):
        for _, when, films in readings:
            fitting = [
                film
                for film in films
                if (film.kind > TitleKind.OTHER) == loosely
                and (when is None or film.year is None or abs(film.year - when) <= 1)
            ]
            if fitting:
                return [film for film in fitting if film.kind == fitting[0].kind], when
    return [], year


def nameable(ledger: Ledger, titles: Sequence[tuple[str, int | None]]) -> list[bool]:
    """Whether each (title, year) can mean any film, for a long list of which few may: `of_title` takes its time."""
    forms: list[set[str]] = []
    for title, year in titles:
        names = {name for name, _ in _readings(title, year)}
        forms.append({fold_title(name) for name in names} | {loose_title(name) for name in names})
    present = ledger.titles_among(set().union(*forms)) if forms else set()
    return [not forms_of_title.isdisjoint(present) for forms_of_title in forms]


def _readings(title: str, year: int | None) -> Iterator[tuple[str, int | None]]:
    """The (title, year) that a text can be: as it stands, with a year or further titles behind it, less these."""
    text = title.strip()
    name, bracket = _last_bracket(text)
    if _YEAR.fullmatch(bracket):
        year = year or int(bracket)
        yield name, year
        yield text, None
        text = name
        name, bracket = _last_bracket(text)
    else:
        yield text, year
        words, behind = text[:-4].rstrip(), text[-4:]
        if year is not None:
            yield f"{text} {year}", None
        elif words.rstrip(" ,-–") and text[-5:-4] in (" ", ",") and _YEAR.fullmatch(behind):
            yield words.rstrip(" ,-–"), int(behind)
    for _ in range(_MOST_BRACKETS):
        if not bracket:
            break
        yield name, year
        if other := _OTHER_NAME.fullmatch(bracket):
            yield other[1], year
        name, bracket = _last_bracket(name)


def _last_bracket(text: str) -> tuple[str, str]:
    """What stands before the brackets at a text's end, and what in them; (text, "") where there are none."""
    start = text.rfind("(") if text.endswith(")") else text.rfind("[") if text.endswith("]") else -1
    name, inside = text[:start].rstrip(), text[start + 1 : -1].strip()
    return (name, inside) if start > 0 and name and inside else (text, "")


def _misspelt(ledger: Ledger, title: str, year: int | None) -> list[Movie]:
    """The film whose title was typed with a slip; none where several films may be meant."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    strict = [(name.replace(" ", ""), film) for name, film in ledger.folded_titles()]
    loose = ledger.folded_titles(loosely=True)
    for typed_title, when in _readings(title, year):
        films: set[str] = set()
        for typed, names in ((fold_title(typed_title).replace(" ", ""), strict), (loose_title(typed_title), loose)):
            choices = [name for name, _ in names]
            nearest = process.extract(typed, choices, scorer=OSA.distance, score_cutoff=2, limit=None)
            films |= {names[row][1] for name, slips, row in nearest if _is_slip(typed, name, slips)}
        movies = [
            movie
            for movie in ledger.movies(sorted(films)).values()
            if when is None or movie.year is None or abs(movie.year - when) <= 1
        ]
        if movies:
            return movies if len(movies) == 1 else []
    return []


def _is_slip(typed: str, name: str, slips: int) -> bool:
    """Whether texts that differ in a letter or two are one title typed badly, and no other title.

    Numbers never are ("Jaws 2"), nor is an s at the end ("Aliens"); short titles are like too many.
    """
    if _DIGITS.findall(typed) != _DIGITS.findall(name) or typed in (
        f"{name}s",
        name[:-1] if name.endswith("s") else "",
    ):
        return False
    shorter = min(len(typed), len(name))
    if slips == 2:
        return shorter >= 10
    if sorted(typed) == sorted(name):
        return shorter >= 4
    return shorter >= (6 if len(typed) != len(name) else 7)


def near(ledger: Ledger, title: str, limit: int = 5) -> list[str]:
    """Titles (with years) that look like the one given, nearest first."""
    from rapidfuzz import fuzz, process

    films = {film: with_year(name, year) for film, name, year in ledger.titles()}
    names = [(name, film) for name, film in ledger.folded_titles() if film in films]
    typed, _ = next(_readings(title, None))
    best = process.extract(
        fold_title(typed), [name for name, _ in names], scorer=fuzz.WRatio, limit=4 * limit, score_cutoff=LIKE
    )
    # WRatio alone takes a title that is part of what was typed for as like it as one that is the same but for a letter
    best = sorted(best, key=lambda found: -(found[1] + fuzz.ratio(fold_title(typed), found[0])))
    nearest = dict.fromkeys(names[row][1] for _, _, row in best)
    return [films[film] for film in nearest][:limit]


_LONGEST_TYPED = 60
"""Characters of a question that may be a title with a slip in it."""


def meant_by_slip(ledger: Ledger, question: str) -> str | None:
    """The film whose title, with a slip in it, is all that a question says."""
    if len(question) > _LONGEST_TYPED or of_title(ledger, question)[0]:
        return None
    movies = _misspelt(ledger, question, None)
    return with_year(movies[0].title, movies[0].year) if movies else None


def with_year(title: str, year: int | None) -> str:
    """A film's name for people: `Solaris (1972)`, or its title where the year is unknown."""
    return f"{title} ({year})" if year else title


_FUZZY_FROM = 4
"""The least length of a text for which similar titles are sought: shorter ones are like too many."""

_ALIKE = 75
"""The least likeness (rapidfuzz's ratio, 0 to 100) of a text and the beginning of a title."""


@dataclass(frozen=True, slots=True)
class Title:
    """A film by name."""

    id: str
    title: str
    year: int | None


class Catalogue:
    """Titles, genres, years, countries and languages of one state of a collection.

    `genres` are (name, number of films), and as `countries` and `languages` the most frequent ones come first.
    """

    def __init__(self, ledger: Ledger) -> None:
        attributes = ledger.attributes()
        self.genres, self.years = tuple(ledger.genres()), ledger.years()
        self.countries = tuple(country.name for country in attributes.all_of(Kind.COUNTRY))
        self.languages = tuple(language.name for language in attributes.all_of(Kind.LANGUAGE))
        self._titles = {title[0]: Title(*title) for title in ledger.titles()}
        self._names = [(name, film) for name, film in ledger.folded_titles() if film in self._titles]
        self._tails = sorted((tail, row) for row, (name, _) in enumerate(self._names) for tail in _tails(name))

    def __len__(self) -> int:
        """The number of films."""
        return len(self._titles)

    def complete(self, text: str, limit: int = 8) -> list[Title]:
        """Titles that begin with a text, then those in which a later word does; if there are none, similar titles."""
        typed = fold_title(text)
        if not typed:
            return []
        rows = heapq.nsmallest(4 * limit, self._beginning(typed), key=lambda row: self._order(row, typed))
        if not rows and len(typed) >= _FUZZY_FROM:
            rows = self._alike(typed, 4 * limit)
        films = dict.fromkeys(self._names[row][1] for row in rows)
        return [self._titles[film] for film in films][:limit]

    def _beginning(self, typed: str) -> set[int]:
        start = bisect_left(self._tails, (typed, -1))
        end = bisect_left(self._tails, (typed + "\U0010ffff", -1))
        return {row for _, row in self._tails[start:end]}

    def _order(self, row: int, typed: str) -> tuple[bool, int, str, int]:
        name, film = self._names[row]
        return not name.startswith(typed), len(name), name, self._titles[film].year or 0

    def _alike(self, typed: str, limit: int) -> list[int]:
        from rapidfuzz import fuzz, process

        beginnings = [tail[: len(typed) + 1] for tail, _ in self._tails]
        best = process.extract(typed, beginnings, scorer=fuzz.ratio, limit=limit, score_cutoff=_ALIKE)
        return list(dict.fromkeys(self._tails[index][1] for _, _, index in best))


def _tails(folded: str) -> Iterator[str]:
    """A title from each of its words to its end."""
    yield folded
    for index, character in enumerate(folded):
        if character == " ":
            yield folded[index + 1 :]
