"""Titles in a question, found from where they begin or end: capitalised, in quotes, or in lower case. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from .patterns import late

Titles = Callable[[str], Mapping[str, int | None]]
"""A title as a person types it -> the collection's films of that title: id -> year."""

Parts = Callable[[str], tuple[Mapping[str, int | None], bool]]
"""A part of a title as a person types it -> the films: id -> year; and whether their titles begin with it."""

Rare = Callable[[str], bool]
"""Whether words are in few of the collection's plots: a title of one such word is hardly a word of a story."""

_WORD = late(r"[^\W_]+")

CLAUSE_BEGINS = late(
    r"""(?:^|[.!?;:,()\[\]\n"*–—]|\s-)\s*
        (?:(?:and|but|or|so|also|definitely|certainly|obviously|probably|pretty|though|ps|p\.s\.|edit|note|btw|surely|only
        |just|please|sure|no|again|still|i|i'm|the|my|know|think|guess|believe|that|because|for)\b[\s:,.]*){0,5}$""",
    re.IGNORECASE | re.VERBOSE,
)
"""What stands before "not", or a title, that begins a clause."""

# What stands behind a title.
_YEAR = late(
    r",?\s*(?:[(\[]\s*(?:the\s+)?(\d{4})\b[^)\]\n]{0,20}[)\]]|(?:from\s+)?((?:18|19|20)\d\d)\b)", re.IGNORECASE
)
_YEAR_LAST = late(r"\s*[(\[]?(?:18|19|20)\d\d[)\]]\s*$", re.IGNORECASE)
_GOES_ON = late(
    r"""[^\S\n]+(?:(?P<word>[A-Z][^\W_]*)|\d+\b|(?:part|pt|vol|volume|chapter|episode|season|ii|iii|iv|vi{0,3}|ix)\b)
    | \s*:\s*[A-Z0-9] | [-&]\w | \s*&\s*\w | '(?:s|S)\b
    | \s+(?:sequels?|prequels?|remakes?|reboots?|spin-?offs?|series|who|whom|whose)\b""",
    re.VERBOSE,
)
_THE_ONE = r"\s+\(?the\s+(?:[\w.-]+\s+){1,2}(?:one|original|version|remake)\b\)?"
THE_ONE = late(_THE_ONE, re.IGNORECASE)
"""What says behind a title which film it is: "not quarantine the american one"."""
TITLE_ENDS = late(
    rf"""["'*]*(?:\s*(?:$|[.,;!?()\[\]\n/:]|[-–—]\s)|\s+[-–—]|\s+(?:or|and|nor|not|though|tho|lol|btw|either|obviously|because|but
    |i|it|which|please|pls|thanks?|already|since|as|by|from)\b
    |{_THE_ONE})""",
    re.IGNORECASE | re.VERBOSE,
)
ENDS_FOR_SURE = late(
    rf"""["'*]*(?:\s*(?:$|[.,;!?()\[\]\n/])|\s+[-–—]|\s+(?:or|nor|not|though|tho|lol|btw|either|obviously|but\s+similar|please|pls|thanks?)\b
    |{_THE_ONE})""",
    re.IGNORECASE | re.VERBOSE,
)
# Words in lower case that follow "not" in stories; all but a few are titles as well.
_STORY_WORDS = frozenset(
    _WORD.findall(
        """alone home safe dead alive missing lost found guilty innocent human real free wild here there enough sure old
        new good bad great happy fast speed easy gone taken awake drive this that them they him hers his ours yours mine
        true fair right wrong funny scary dark black white blue red green young big small rich poor mad crazy insane
        sane asleep blind deaf mute fat thin tall short single married love hate him so too very much many far near
        close open shut over under together ready afraid welcome allowed able married pregnant interested related
        available possible necessary important obvious clear known seen mentioned included required alike"""
    )
) | {"the one", "the end", "the point", "the same", "the first", "the other", "the others", "the thing", "the fall"}
_SMALL_WORDS = frozenset(
    "a an and are as at be but by for he i if in is it its just more my no nor not of on or please she so that the"
    " they this though thanks thank to we what when where which while who with you".split()
)
ARTICLES = frozenset(("a", "an", "the"))
_LONGEST_TITLE = 8
_LOOK_BACK = 80
_SHORTEST_BARE_TITLE = 4  # "not it" and "not her" name no film
_SHORTEST_CAPITAL_TITLE = 2  # "not It" and "not Her" do
_SHORTEST_RARE_TITLE = 3  # and so does "not ted", where hardly any plot has the word
_SHORT_VERBS = frozenset(("saw", "ran"))
"""Titles that are words of stories, but none that could stand behind "not"."""

_SURE_PART = 3
"""Words, but for an article, from which on the end of a title is known in lower case too."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title found in a question: its films, where it begins and ends, and how it is written.

    `common` is a part of a title that is one word in lower case: it may be any word.
    """

    films: Mapping[str, int | None]
    start: int
    end: int
    quoted: bool
    one_word: bool
    lower: bool
    common: bool = False


def part_at(query: str, start: int, parts: Parts, *, lower: bool) -> Title | None:
    """The longest part of a title that begins at `start`, as `title_at` finds a title.

    The end of a title is one only where it is written as a title of several words, or long.
    """
    quoted = query[start : start + 4].lstrip()[:1] in ('"', "'", "*")

    def films_of(text: str) -> Mapping[str, int | None]:
        films, begins = parts(text)
        words = _WORD.findall(text)
        telling = words[1:] if words[0].lower() in ARTICLES else words
        as_title = len(words) > 1 and any(word[0].isupper() for word in telling)
        return films if begins or quoted or as_title or len(telling) >= _SURE_PART else {}

    title = title_at(query, start, films_of, lower=lower)
    return title and replace(title, one_word=True, common=title.one_word and title.lower)


def title_at(query: str, start: int, titles: Titles, *, lower: bool, rare: Rare | None = None) -> Title | None:
    """The longest title that begins at `start`, within a line.

    It is capitalised or in quotes; one in lower case (if `lower`) ends where a clause may end. With `rare`, a title of
    three letters or less may stand without quotes.
    """
    line_end = query.find("\n", start)
    words = list(islice(_WORD.finditer(query, start, line_end if line_end >= 0 else len(query)), _LONGEST_TITLE))
    if not words or words[0].start() > start + 3:
        return None
    quoted = bool(query[start : words[0].start()].strip())
    in_lower = words[0].group()[0].islower() and not quoted
    in_lower = in_lower or (words[0].group() == "I" and len(words) > 1 and words[1].group()[0].islower())
    if in_lower and not lower:
        return None
    for last in reversed(words):
        text = query[words[0].start() : last.end()]
        one_word = last is words[0]
        if in_lower and (text.lower() in _STORY_WORDS or not _ends_for_sure(query, last.end())):
            continue
        if one_word and not quoted and len(text) < _SHORTEST_BARE_TITLE and not _is_short_title(query, text, rare):
            continue
        if films := titles(text):
            return Title(films, words[0].start(), last.end(), quoted, one_word, in_lower)
    return None


def _is_short_title(query: str, text: str, rare: Rare | None) -> bool:
    """Whether a word of three letters or less is written as a title is, or is hardly any other word."""
    if rare is None:
        return False
    if text[0].isupper() and text != "I":
        return len(text) >= _SHORTEST_CAPITAL_TITLE and not query.isupper()
    return text in _SHORT_VERBS or (len(text) >= _SHORTEST_RARE_TITLE and rare(text))


def title_before(query: str, end: int, titles: Titles) -> Iterator[Title]:
    """The titles that end at `end`, within a line, the longest first: in any case, in quotes or not."""
    year = _YEAR_LAST.search(query, max(0, end - _LOOK_BACK), end)
    stop = year.start() if year else end
    line = query.rfind("\n", 0, stop) + 1
    words = list(_WORD.finditer(query, max(line, stop - _LOOK_BACK), stop))[-_LONGEST_TITLE:]
    if not words or query[words[-1].end() : stop].strip("\"'*"):
        return
    for first in words:
        text = query[first.start() : words[-1].end()]
        one_word = first is words[-1]
        quoted = query[first.start() - 1 : first.start()] in ('"', "'", "*") and words[-1].end() < stop
        in_lower = text[0].islower() and not quoted
        if (in_lower and text.lower() in _STORY_WORDS) or (
            one_word and not quoted and len(text) < _SHORTEST_BARE_TITLE
        ):
            continue
        if films := titles(text):
            start = first.start() - quoted
            yield Title(films, start, words[-1].end(), quoted, one_word, in_lower)


def _ends_for_sure(query: str, end: int) -> bool:
    """Whether a clause ends here, or behind a year that stands here."""
    year = _YEAR.match(query, end)
    return ENDS_FOR_SURE.match(query, year.end() if year else end) is not None


def of_year(query: str, title: Title, year: int | None) -> tuple[list[str], int]:
    """Those films of a title that are of the year beside it, if there is one, and the end of both."""
    end = title.end
    if query.startswith(('"', "'", "*"), end):
        end += 1
    if year_beside := _YEAR.match(query, end):
        year, end = int(year_beside[1] or year_beside[2]), year_beside.end()
    if year is None:
        return list(title.films), title.end
    exact = [film for film, film_year in title.films.items() if film_year == year]
    near = [film for film, film_year in title.films.items() if film_year is None or abs(film_year - year) == 1]
    return exact or near, end


def goes_on(query: str, end: int) -> bool:
    """Whether what stands behind a title makes it another film's title, or no title."""
    more = _GOES_ON.match(query, end)
    return more is not None and not (more["word"] and more["word"].lower() in _SMALL_WORDS)
