"""Which films a question says it does not mean: titles behind "not", "except for", "similar to" and the like. Pure.

"Not" is a word of stories too: "she is not Rebecca". So a title counts where the question speaks of its film
("it's not Jaws", "shark film, not Jaws"), and not where somebody or something in a story is not a person. A title that
goes on ("Not Alien 3", "Not Alien Nation") is another film's, and a year behind it says which film of the title.

Where no film has the title, it may be a part of one: "not Léon", "not the Professional" for "Léon: The Professional".
Parts are names of people more often than titles are, so each is taken as a title of one word is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from .patterns import late

Titles = Callable[[str], Mapping[str, int | None]]
"""A title as a person types it -> the collection's films of that title: id -> year."""

Parts = Callable[[str], tuple[Mapping[str, int | None], bool]]
"""A part of a title as a person types it -> the films: id -> year; and whether their titles begin with it."""

_FILM_NOUNS = (
    r"movies?|films?|flicks?|pictures?|thrillers?|horror|comed(?:y|ies)|dramas?|sci[\s-]?fi|westerns?|cartoons?|anime"
)

_WORD = late(r"[^\W_]+")
_CUE = late(
    r"""(?P<not>(?:\b(?:not|nor|neither)|\b(?:is|was|are|were|ai)n'?t)\b\s*:?\s*)
        (?:it\s+|called\s+|any\s+(?:of\s+)?)?(?:the\s+)?(?:(?P<year>(?:18|19|20)\d\d)\s+)?
        (?:(?:movies?|films?|one|version)\s*,?\s+)?(?:of\s+|called\s+)?
    | (?P<except>\b(?:other\s+than|besides|except(?:ing)?(?:\s+for)?|excluding|apart\s+from|aside\s+from|unlike
        |anything\s+but)\b\s*:?\s*)(?:the\s+(?:movies?|films?)\s+|called\s+)?
    | (?P<like>\b(?:similar\s+to|remind(?:s|ed)?\s+me\s+(?:\w+\s+)?of|reminiscent\s+of
        |in\s+the\s+(?:vein|style)\s+of|(?:movies?|films?|something|kinda|bit|lot|much|was|is|it's|just)\s+like)\s+)
        (?:the\s+(?:movies?|films?)\s+)?""",
    re.IGNORECASE | re.VERBOSE,
)
_MAY_BE_THIS = late(
    r"\b(?:titled?|called|named?|words?|might|could|may)\b[^.!?\n]{0,30}$"
    r"|\b(?:whether|why|if|or)\s+(?:it'?s\s+|it\s+is\s+)?$",
    re.IGNORECASE,
)
_AND_THIS = late(r"[\s\"'*]*(?:,|/|\bor\b|\band\b|\bnor\b)\s*(?:or\s+|and\s+)?(?:it's\s+not\s+|not\s+)?", re.IGNORECASE)

# What stands before "not".
_CLAUSE_BEGINS = late(
    r"""(?:^|[.!?;:,()\[\]\n"*–—]|\s-)\s*
        (?:(?:and|but|or|so|also|definitely|certainly|obviously|probably|pretty|though|ps|p\.s\.|edit|note|btw|surely|only
        |just|please|sure|no|again|still|i|i'm|the|my|know|think|guess|believe|that|because|for)\b[\s:,.]*){0,5}$""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER_A_NAME = late(r"(\w+)\s+([A-Z][\w'-]+),\s*$")
_PLACING = frozenset("in at with by from of to on like than starring".split())
_BE = late(
    r"(?:'s|'re|'m|\b(?:is|was|are|were|be|been|am|its|thats|im|hes|shes))\s+(?:\w+ly\s+|also\s+|just\s+|still\s+)?$",
    re.IGNORECASE,
)
_FILM_IS = late(
    rf"\b(?:its?|this|that|thats|these|those|which|title|answer|one|two|both|{_FILM_NOUNS})(?:'s|\s+(?:is|was|are|were))?"
    r"\s+(?:\w+ly\s+|also\s+|just\s+|still\s+)?$",
    re.IGNORECASE,
)
_PERSON = late(
    r"\b(?:i|he|she|they|we|you|him|her|them|who|everyone|everybody|nobody|no\s+one|none|all|anyone|people|family|"
    r"crew|girl|woman|man|boy|wife|husband|sister|brother|daughter|son|looks?|acts?|dress(?:ed|es)?)\b[^.!?;\n]*$",
    re.IGNORECASE,
)
_FILM = late(rf"\b(?:{_FILM_NOUNS}|anything|something)\b[^.!?;\n]*$", re.IGNORECASE)

_IT_IS = late(r"(?:^|(?<=[.!?,;(\n\s]))(?:it|this|that)(?:'s|\s+is|\s+was)?\s+$", re.IGNORECASE)
_SENTENCE_BEGINS = late(r"(?:^|[.!?(\n])\s*(?:also\s+|but\s+|ps:?\s+|edit:?\s+)?$", re.IGNORECASE)
_LIKE_A_TITLE = late(
    r"""(?P<quote>["'])?(?!I\b)[A-Z][\w'-]*
    (?:(?:[ ](?:of|the|and|in|a|an|to|for|on|at|with|de|la|le|&))*(?:[ ]|:[ ])(?!I\b)[A-Z0-9][\w'-]*){0,6}
    (?(quote)["'])(?:[ ]\((?:18|19|20)\d\d\))?""",
    re.VERBOSE,
)

# What stands behind a title.
_YEAR = late(
    r",?\s*(?:[(\[]\s*(?:the\s+)?(\d{4})\b[^)\]\n]{0,20}[)\]]|(?:from\s+)?((?:18|19|20)\d\d)\b)", re.IGNORECASE
)
_GOES_ON = late(
    r"""[^\S\n]+(?:(?P<word>[A-Z][^\W_]*)|\d+\b|(?:part|pt|vol|volume|chapter|episode|season|ii|iii|iv|vi{0,3}|ix)\b)
    | \s*:\s*[A-Z0-9] | [-&]\w | \s*&\s*\w | '(?:s|S)\b
    | \s+(?:sequels?|prequels?|remakes?|reboots?|spin-?offs?|series|who|whom|whose)\b""",
    re.VERBOSE,
)
_TITLE_ENDS = late(
    r"""["'*]*(?:\s*(?:$|[.,;!?()\[\]\n/:]|[-–—]\s)|\s+[-–—]|\s+(?:or|and|nor|though|tho|lol|btw|either|obviously|because|but
    |i|it|which|please|pls|thanks?|already|since|as|by|from)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_ENDS_FOR_SURE = late(
    r"""["'*]*(?:\s*(?:$|[.,;!?()\[\]\n/])|\s+[-–—]|\s+(?:or|nor|though|tho|lol|btw|either|obviously|but\s+similar)\b)""",
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
_ARTICLES = frozenset(("a", "an", "the"))
_LONGEST_TITLE = 8
_SHORTEST_BARE_TITLE = 4  # "not No" and "It" are titles only in quotes
_SURE_PART = 3
"""Words, but for an article, from which on the end of a title is known in lower case too."""
_MOST_CUES = 40
_LOOK_BACK = 60


@dataclass(frozen=True, slots=True)
class _Title:
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


@dataclass(frozen=True, slots=True)
class Named:
    """The films that a question says it does not mean: their ids, and where it says so.

    `spans` are the phrases with "not" and the like, those with titles that no film has among them: their words are
    no story. Films that the question is only like are not in them.
    """

    films: frozenset[str] = frozenset()
    spans: tuple[tuple[int, int], ...] = ()


def named_films(query: str, titles: Titles, parts: Parts | None = None) -> Named:
    """The films that a question says it does not mean, lists of titles included. Without `parts` by whole titles."""
    films: list[str] = []
    spans: list[tuple[int, int]] = []
    for cue in islice(_CUE.finditer(query), _MOST_CUES):
        before = query[max(0, cue.start() - _LOOK_BACK) : cue.start()]
        if _MAY_BE_THIS.search(before) or before.endswith('"'):
            continue
        first = _first_title(query, cue, titles, parts)
        found, end = (
            _listed(query, cue, first, titles, parts)
            if first and _means_a_film(cue, before, query, first)
            else ([], -1)
        )
        films += found
        if end < 0 and cue["not"]:
            end = _end_of_unknown_title(query, cue, before)
        if end >= 0 and not cue["like"]:
            subject = _IT_IS.search(before)
            spans.append((cue.start() - (len(before) - subject.start() if subject else 0), end))
    return Named(frozenset(films), tuple(spans))


def _listed(
    query: str, cue: re.Match[str], first: _Title, titles: Titles, parts: Parts | None
) -> tuple[list[str], int]:
    """The films of a title and of those listed behind it, and the end of the list; -1 where it is no film's."""
    year = int(cue["year"]) if cue["year"] and first.start >= cue.end("year") else None
    found: list[str] = []
    list_end = -1
    title: _Title | None = first
    while title is not None:
        films, end = _of_year(query, title, year)
        if _goes_on(query, end) or (title is not first and not _TITLE_ENDS.match(query, end)):
            break
        found += films
        list_end = end + query.startswith(('"', "'"), end)
        following = _AND_THIS.match(query, end)
        year = None
        start = following.end() if following else len(query)
        title = _title_at(query, start, titles, lower=first.lower)
        if title is None and parts and not cue["like"]:
            title = _part_at(query, start, parts, lower=False)
    return found, list_end


def _end_of_unknown_title(query: str, cue: re.Match[str], before: str) -> int:
    """Where a title that no film here has ends ("Not Alien 3", "it's not Sharknado"); -1 where there is none."""
    title = _LIKE_A_TITLE.match(query, cue.end())
    if not title or query.isupper() or not _TITLE_ENDS.match(query, title.end()):
        return -1
    if len(title[0].split()) == 1 and not title["quote"]:
        says_so = _SENTENCE_BEGINS.search(before) or _IT_IS.search(before)
    else:
        says_so = _CLAUSE_BEGINS.search(before) or _FILM_IS.search(before)
    return title.end() if says_so else -1


def _first_title(query: str, cue: re.Match[str], titles: Titles, parts: Parts | None) -> _Title | None:
    """The title behind a cue, with the words between them that may be its own: "not the" and "The Thing"."""
    lower = cue["like"] is None
    starts = dict.fromkeys(
        [cue.end("not") if cue["not"] else cue.end("except") if cue["except"] else cue.end("like"), cue.end()]
    )
    found = next(filter(None, (_title_at(query, start, titles, lower=lower) for start in starts)), None)
    if found or cue["like"] or not parts:
        return found
    return next(filter(None, (_part_at(query, start, parts, lower=lower) for start in starts)), None)


def _part_at(query: str, start: int, parts: Parts, *, lower: bool) -> _Title | None:
    """The longest part of a title that begins at `start`, as `_title_at` finds a title.

    The end of a title is one only where it is written as a title of several words, or long.
    """
    quoted = query[start : start + 4].lstrip()[:1] in ('"', "'", "*")

    def films_of(text: str) -> Mapping[str, int | None]:
        films, begins = parts(text)
        words = _WORD.findall(text)
        telling = words[1:] if words[0].lower() in _ARTICLES else words
        as_title = len(words) > 1 and any(word[0].isupper() for word in telling)
        return films if begins or quoted or as_title or len(telling) >= _SURE_PART else {}

    title = _title_at(query, start, films_of, lower=lower)
    return title and replace(title, one_word=True, common=title.one_word and title.lower)


def _title_at(query: str, start: int, titles: Titles, *, lower: bool) -> _Title | None:
    """The longest title that begins at `start`, within a line.

    It is capitalised or in quotes; one in lower case (if `lower`) ends where a clause may end.
    """
    line_end = query.find("\n", start)
    words = list(islice(_WORD.finditer(query, start, line_end if line_end >= 0 else len(query)), _LONGEST_TITLE))
    if not words or words[0].start() > start + 3:
        return None
    quoted = bool(query[start : words[0].start()].strip())
    in_lower = words[0].group()[0].islower() and not quoted
    if in_lower and not lower:
        return None
    for last in reversed(words):
        text = query[words[0].start() : last.end()]
        one_word = last is words[0]
        if in_lower and (text.lower() in _STORY_WORDS or not _ENDS_FOR_SURE.match(query, last.end())):
            continue
        if one_word and not quoted and len(text) < _SHORTEST_BARE_TITLE:
            continue
        if films := titles(text):
            return _Title(films, words[0].start(), last.end(), quoted, one_word, in_lower)
    return None


def _of_year(query: str, title: _Title, year: int | None) -> tuple[list[str], int]:
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


def _goes_on(query: str, end: int) -> bool:
    """Whether what stands behind a title makes it another film's title, or no title."""
    more = _GOES_ON.match(query, end)
    return more is not None and not (more["word"] and more["word"].lower() in _SMALL_WORDS)


def _means_a_film(cue: re.Match[str], before: str, query: str, title: _Title) -> bool:
    """Whether a title behind a cue is that of a film, and no name or word of a story."""
    if cue["like"]:
        return not (title.one_word and not title.quoted and _PERSON.search(before))
    if title.common:
        return bool(cue["not"] and _SENTENCE_BEGINS.search(before))
    if cue["except"]:
        return not (title.one_word and not title.quoted and _is_person_there(before, query[title.end :][:30]))
    negation = cue["not"].strip().lower()
    is_said = bool(_BE.search(before)) or negation not in ("not", "not:", "nor", "neither")
    if is_said and (before.strip() if negation.startswith("not") else not _CLAUSE_BEGINS.search(before)):
        subject = _FILM_IS.search(before)
        if not subject:
            return False
        return not title.one_word or title.quoted or bool(_CLAUSE_BEGINS.search(before[: subject.start()]))
    if not title.one_word or title.quoted:
        return True
    if name := _AFTER_A_NAME.search(before):
        return name[1].lower() in _PLACING
    if _CLAUSE_BEGINS.search(before):
        return True
    words_before = _WORD.findall(before)
    return words_before[-1:] != [] and words_before[-1].islower() and bool(_ENDS_FOR_SURE.match(query, title.end))


def _is_person_there(before: str, behind: str) -> bool:
    """Whether people are spoken of beside "except" and the like: "everyone except Laura dies"."""
    if re.match(r",?\s*(?:he|she|they|who)\b", behind, re.IGNORECASE):
        return True
    return bool(_PERSON.search(before)) and not _FILM.search(before)
