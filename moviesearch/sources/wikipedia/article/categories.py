"""An article's categories and first sentence -> whether it is of a film, its years, genres, countries and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .languages import ENGLISH, Words
from .vocabulary import COUNTRIES, GENRES

_RELEASED = re.compile(r"(\d{4}) (?:[\w' -]+ )?films$")
_LEADING_TIME = re.compile(r"^(?:\d{4}s?|\d{2}th-century) ")
_NOT_OF_ONE_FILM = re.compile(
    r"adapted (?:into|for)|made into|multiple films|lists? of|film series|upcoming|cancelled|unproduced|redirects",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\b(?:is|was|are) (?:an?|the|one of the)\b ?(?P<what>[^.;]*)", re.IGNORECASE)
_HEAD_ENDS = re.compile(
    r",| (?:directed|written|produced|co-written|co-directed|starring|based|loosely|adapted|made|released|set|shot"
    r"|about|by|from|in|of|on|that|which|who|with|for|and)\b"
)
_FILM_NOUN = re.compile(
    r"(?:^|[\s-])(?:film|movie|motion picture|telefilm|film noir|documentary|mockumentary|featurette|biopic)$",
    re.IGNORECASE,
)
_OTHER_WORK = re.compile(
    r"(?:^|[\s-])(?:novel|novella|novelette|short story|book|memoir|comic strip|manga|poem|opera|ballet|play"
    r"|stage musical|video game|album|song)$",
    re.IGNORECASE,
)
_OF_BOOKS = re.compile(
    r"(?!.*(?:based on|films.*(?:novel|stories)))(?:.*\b)?(?:novels|novellas|short stories)\b", re.IGNORECASE
)
_YEAR = re.compile(r"\b(18[89]\d|19\d\d|20\d\d)\b")
_YEAR_ANYWHERE = re.compile(r"(?<!\d)(18[89]\d|19\d\d|20\d\d)(?!\d)")
_JAPANESE_TITLE = re.compile(r"^『[^』]*』")
"""The words of a title may end a sentence, or say what something is."""
_BRACKETS = re.compile(r" ?[(（][^()（）]*[)）]")


@dataclass(frozen=True, slots=True)
class Facts:
    """What categories and the first sentence say. `years` may be several: that of a festival and of the release."""

    is_film: bool
    years: tuple[int, ...] = ()
    genres: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    first_sentence: str = ""


def facts(categories: Iterable[str], lead: str, words: Words = ENGLISH) -> Facts:
    """Read an article's categories (with or without "Category:") and its lead's first sentence."""
    if not words.is_english:
        return _facts_by_words(categories, lead, words)
    names = sorted(name.removeprefix("Category:").strip() for name in categories)
    film_categories = [name for name in names if _is_of_films(name)]
    years = {int(released[1]) for name in film_categories if (released := _RELEASED.match(name))}
    sentence = first_sentence(lead)
    is_film, year = _sentence_facts(sentence)
    if is_film is None:
        # An article on a novel that was filmed may be in the film's categories too.
        is_film = bool(years) and not any(map(_OF_BOOKS.match, names))
    if not years and year:
        years.add(year)
    genres, countries, languages = _genres_countries_languages(film_categories)
    return Facts(
        is_film=is_film,
        years=tuple(sorted(years)),
        genres=genres,
        countries=countries,
        languages=languages,
        directors=tuple(name.removeprefix("Films directed by ") for name in film_categories if " directed by " in name),
        first_sentence=sentence,
    )


def _facts_by_words(categories: Iterable[str], lead: str, words: Words) -> Facts:
    """The same in another language than English, as far as its words go."""
    names = sorted(name.strip() for name in categories)
    years = {int(released[1]) for name in names if (released := words.released.search(name))}
    sentence = first_sentence(_JAPANESE_TITLE.sub("", lead.lstrip()))
    is_film, year = _sentence_by_words(sentence, words)
    is_film = bool(years) if is_film is None else is_film
    if not years and year:
        years.add(year)
    film_categories = [name.casefold() for name in names if words.of_films.search(name)]
    genres = {genre: None for name in film_categories for part, genre in words.genres.items() if part in name}
    adjectives = [adjective for name in film_categories for adjective in words.of_country.findall(name)]
    countries = {words.countries[adjective]: None for adjective in adjectives if adjective in words.countries}
    return Facts(
        is_film=is_film,
        years=tuple(sorted(years)),
        genres=tuple(genres),
        countries=tuple(countries),
        first_sentence=sentence,
    )


def _sentence_by_words(sentence: str, words: Words) -> tuple[bool | None, int | None]:
    """Return whether a sentence says that something is a film, and of which year; None where it doesn't tell."""
    match = words.copula.search(_BRACKETS.sub("", sentence))
    if not match:
        return None, None
    predicate = match.string[match.end() :]
    works = [
        (match.start(), is_film)
        for is_film, pattern in ((True, words.film), (False, words.other_work))
        for match in pattern.finditer(predicate)
    ]
    if not works:
        return None, None
    if not (max(works) if words.noun_last else min(works))[1]:
        return False, None
    year = _YEAR_ANYWHERE.search(predicate)
    return True, int(year[1]) if year else None


def is_disambiguation(categories: Iterable[str], lead: str, words: Words = ENGLISH) -> bool:
    """Tell whether a page only lists what its title may mean."""
    if any(words.disambiguation.search(name) for name in categories):
        return True
    return bool(re.search(r"\bmay (?:also )?refer to\b[^.]*:?\s*$", lead[:300].partition("\n")[0]))


def first_sentence(lead: str) -> str:
    """Return the first sentence, not ended by an abbreviation or an initial."""
    line = lead.strip().partition("\n")[0]
    end = re.search(r"(?<!\b[A-Z])(?<!\b(?:Mr|Dr|St|Jr|vs))(?<!\bMrs)\.(?=\s+[A-Z\"'“(]|$)|。", line)
    return line[: end.end()] if end else line


def _is_of_films(name: str) -> bool:
    if _NOT_OF_ONE_FILM.search(name):
        return False
    return name.startswith("Films ") or name.endswith(" films")


def _sentence_facts(sentence: str) -> tuple[bool | None, int | None]:
    """Return whether a sentence says that something is a film, and of which year; None where it doesn't tell."""
    match = _SENTENCE.search(_BRACKETS.sub("", sentence))
    if not match:
        return None, None
    head = _HEAD_ENDS.split(match["what"], maxsplit=1)[0].strip()
    if not _FILM_NOUN.search(head):
        return (False if _OTHER_WORK.search(head) else None), None
    year = _YEAR.search(head)
    return True, int(year[1]) if year else None


def _genres_countries_languages(
    film_categories: Iterable[str],
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Read genres, countries and languages out of names such as "1990s American crime comedy films"."""
    genres: dict[str, None] = {}
    countries: dict[str, None] = {}
    languages: dict[str, None] = {}
    for name in film_categories:
        if not name.endswith(" films"):
            continue
        rest = _LEADING_TIME.sub("", name.removesuffix("films")).strip()
        if rest.endswith("-language"):
            languages[rest.removesuffix("-language")] = None
            continue
        rest = _take_countries(rest, countries).casefold()
        for word in _genre_words(rest):
            genres[word] = None
    return tuple(genres), tuple(countries), tuple(languages)


def _take_countries(rest: str, countries: dict[str, None]) -> str:
    """Add the countries at the start of a phrase to `countries`; return what follows them."""
    for adjective, country in COUNTRIES.items():
        if re.match(rf"{adjective}\b", rest):
            countries[country] = None
            return _take_countries(rest[len(adjective) :].lstrip(" -"), countries)
    return rest


def _genre_words(rest: str) -> list[str]:
    """Return the genres of a phrase that holds nothing but genres: of "crime comedy", not of "crime comedy about"."""
    genres: list[str] = []
    while rest:
        for phrase, genre in GENRES.items():
            if re.match(rf"{re.escape(phrase)}\b", rest):
                genres.append(genre)
                rest = rest[len(phrase) :].lstrip(" -/")
                break
        else:
            return []
    return genres
