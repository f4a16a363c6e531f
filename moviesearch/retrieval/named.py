"""Which films a question says it does not mean: titles behind "not", "except for", "similar to" and the like. Pure.

"Not" is a word of stories too: "she is not Rebecca". So a title counts where the question speaks of its film
("it's not Jaws", "shark film, not Jaws"), and not where somebody or something in a story is not a person. A title that
goes on ("Not Alien 3", "Not Alien Nation") is another film's, and a year behind it says which film of the title.

Where no film has the title, it may be a part of one: "not Léon", "not the Professional" for "Léon: The Professional".
Parts are names of people more often than titles are, so each is taken as a title of one word is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from .named_behind import ruled_out_behind
from .named_titles import (
    CLAUSE_BEGINS,
    ENDS_FOR_SURE,
    THE_ONE,
    TITLE_ENDS,
    Parts,
    Rare,
    Title,
    Titles,
    goes_on,
    of_year,
    part_at,
    title_at,
)
from .patterns import late

_FILM_NOUNS = (
    r"movies?|films?|flicks?|pictures?|thrillers?|horror|comed(?:y|ies)|dramas?|sci[\s-]?fi|westerns?|cartoons?|anime"
)

_WORD = late(r"[^\W_]+")
_CUE = late(
    r"""(?P<mean>\b(?:(?:do\s+not|don'?t|did\s+not|didn'?t)\s+(?:mean|want|say|suggest|recommend|(?:give|show|tell)\s+me)
        |(?:i'?m\s+|i\s+am\s+)?not\s+(?:meaning|(?:looking|searching)\s+for|(?:thinking|talking)\s+(?:of|about)|after))
        \s+(?:it'?s\s+)?)(?:the\s+(?:movies?|films?)\s+)?
    | (?P<seen>\balready\s+(?:seen|saw|watched|know)\s+)(?:the\s+(?:movies?|films?)\s+)?
    | (?P<not_like>(?:\b(?:not|nothing)|\b(?:is|was)n'?t)\s+(?:really\s+|much\s+|anything\s+)?(?:like|similar\s+to)\s+)
        (?:the\s+(?:movies?|films?)\s+)?
    | (?P<no>\bno\s+)
    | (?P<not>(?:\b(?:not|nor|neither)|\b(?:is|was|are|were|ai)n'?t)\b\s*:?\s*)
        (?:it\s+|called\s+|any\s+(?:of\s+)?)?(?:the\s+)?(?:(?P<year>(?:18|19|20)\d\d)\s+)?
        (?:(?:movies?|films?|one|version)\s*,?\s+)?(?:of\s+|called\s+)?
    | (?P<except>\b(?:other\s+than|besides|minus|except(?:ing)?(?:\s+for)?|excluding|apart\s+from|aside\s+from|unlike
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
_OF_THE_FILM = late(rf"\b(?:{_FILM_NOUNS}|anything|something),?\s+(?:(?:but|and|though)\s+)?$", re.IGNORECASE)

_IT_IS = late(r"(?:^|(?<=[.!?,;(\n\s]))(?:it|this|that)(?:'s|\s+is|\s+was)?\s+$", re.IGNORECASE)
_SENTENCE_BEGINS = late(r"(?:^|[.!?(\n])\s*(?:also\s+|but\s+|ps:?\s+|edit:?\s+)?$", re.IGNORECASE)
_LIKE_A_TITLE = late(
    r"""(?P<quote>["'])?(?!I\b)[A-Z][\w'-]*
    (?:(?:[ ](?:of|the|and|in|a|an|to|for|on|at|with|de|la|le|&))*(?:[ ]|:[ ])(?!I\b)[A-Z0-9][\w'-]*){0,6}
    (?(quote)["'])(?:[ ]\((?:18|19|20)\d\d\))?""",
    re.VERBOSE,
)

_SOFT_WAYS = ("mean", "seen", "not_like", "no")
"""Groups of `_CUE` behind which a title is held to be no word of a story only if it is rare, or of several words."""

_I_HAVE = late(r"\b(?:i|we|i'?ve|we'?ve|i\s+have|we\s+have)\s+$", re.IGNORECASE)
_PLEASE = late(r"[\"'*]*,?\s*(?:please|pls|thanks?)\b", re.IGNORECASE)
_SOMEBODY = late(r"\b(?:he|she|they|we|him|her|his|their)\b[^.!?;\n]*$", re.IGNORECASE)
_QUOTED = late(r"\"(?:it(?:'s|\s+is|\s+was)\s+)?$", re.IGNORECASE)
_FILM_BEFORE = late(rf"\b(?:{_FILM_NOUNS}),?\s+(?:but\s+)?(?:with\s+)?$", re.IGNORECASE)
_BEFORE_NO = late(rf"\b(?:{_FILM_NOUNS}|but|please)\s+(?:with\s+)?$", re.IGNORECASE)
_MOST_CUES = 40
_MOST_LISTED = 100
_LOOK_BACK = 60


@dataclass(frozen=True, slots=True)
class Named:
    """The films that a question says it does not mean: their ids, and where it says so.

    `spans` are the phrases with "not" and the like, those with titles that no film has among them: their words are
    no story. Films that the question is only like are not in them.
    """

    films: frozenset[str] = frozenset()
    spans: tuple[tuple[int, int], ...] = ()


def named_films(
    query: str,
    titles: Titles,
    parts: Parts | None = None,
    rare: Rare | None = None,
    phrases: Collection[tuple[int, int]] = (),
) -> Named:
    """The films that a question says it does not mean, lists of titles included.

    Without `parts` they are named by whole titles; without `rare` fewer ways to say it are understood. `phrases` are
    where the question says of what kind else its film is not: words in them are no titles.
    """
    films: list[str] = []
    spans: list[tuple[int, int]] = []
    for cue in islice(_CUE.finditer(query), _MOST_CUES):
        before = _before(query, cue.start(), phrases)
        if _MAY_BE_THIS.search(before) or _QUOTED.search(before) or _is_within(cue, phrases):
            continue
        first = _first_title(query, cue, titles, parts, rare)
        if first and first.common and any(start <= cue.start() < end for start, end in phrases):
            first = None  # "not zombies" says nothing of "Zombies: Dawn of the Dead"
        if first and any(cue[way] for way in _SOFT_WAYS):
            means_it = _is_ruled_out(cue, before, query, first, titles, rare)
        else:
            means_it = first is not None and _means_a_film(cue, before, query, first, rare)
        found, end = _listed(query, cue, first, titles, parts) if first and means_it else ([], -1)
        if end >= 0 and (which := THE_ONE.match(query, end)):
            end = which.end()
        films += found
        if end < 0 and cue["not"]:
            end = _end_of_unknown_title(query, cue, before)
        if end >= 0 and not cue["like"]:
            subject = _IT_IS.search(before)
            spans.append((cue.start() - (len(before) - subject.start() if subject else 0), end))
    for found, span in ruled_out_behind(query, titles, rare):
        films += found
        spans.append(span)
    return Named(frozenset(films), tuple(spans))


def _before(query: str, start: int, phrases: Collection[tuple[int, int]]) -> str:
    """What stands before a cue, less a phrase that ends there: "no Roy Scheider, not Jaws"."""
    begin = max(0, start - _LOOK_BACK)
    for first, last in phrases:
        if begin <= first < last <= start and not query[last:start].strip(" ,"):
            return query[begin:first] + query[last:start]
    return query[begin:start]


def _is_within(cue: re.Match[str], phrases: Collection[tuple[int, int]]) -> bool:
    """Whether a cue is part of a phrase that says something else; "not aliens" may be both."""
    may_be_both = cue["not"] and cue["not"][:3].lower() not in ("nor", "nei")
    return not may_be_both and any(start <= cue.start() < end for start, end in phrases)


def _listed(query: str, cue: re.Match[str], first: Title, titles: Titles, parts: Parts | None) -> tuple[list[str], int]:
    """The films of a title and of those listed behind it, and the end of the list; -1 where it is no film's."""
    year = int(cue["year"]) if cue["year"] and first.start >= cue.end("year") else None
    found: list[str] = []
    list_end = -1
    title: Title | None = first
    while title is not None and len(found) < _MOST_LISTED:
        films, end = of_year(query, title, year)
        if goes_on(query, end) or (title is not first and not TITLE_ENDS.match(query, end)):
            break
        found += films
        list_end = end + query.startswith(('"', "'"), end)
        following = _AND_THIS.match(query, end)
        year = None
        start = following.end() if following else len(query)
        title = title_at(query, start, titles, lower=first.lower)
        if title is None and parts and not cue["like"]:
            title = part_at(query, start, parts, lower=False)
    return found, list_end


def _end_of_unknown_title(query: str, cue: re.Match[str], before: str) -> int:
    """Where a title that no film here has ends ("Not Alien 3", "it's not Sharknado"); -1 where there is none."""
    title = _LIKE_A_TITLE.match(query, cue.end())
    if not title or query.isupper() or not TITLE_ENDS.match(query, title.end()):
        return -1
    if len(title[0].split()) == 1 and not title["quote"]:
        says_so = _SENTENCE_BEGINS.search(before) or _IT_IS.search(before)
    else:
        says_so = CLAUSE_BEGINS.search(before) or _FILM_IS.search(before)
    return title.end() if says_so else -1


def _first_title(
    query: str, cue: re.Match[str], titles: Titles, parts: Parts | None, rare: Rare | None
) -> Title | None:
    """The title behind a cue, with the words between them that may be its own: "not the" and "The Thing"."""
    lower = cue["like"] is None
    way = next(way for way in (*_SOFT_WAYS, "not", "except", "like") if cue[way])
    starts = dict.fromkeys([cue.end(way), cue.end()])
    short = rare if way == "not" else None
    found = next(filter(None, (title_at(query, start, titles, lower=lower, rare=short) for start in starts)), None)
    if found or cue["like"] or not parts:
        return found
    return next(filter(None, (part_at(query, start, parts, lower=lower) for start in starts)), None)


def _means_a_film(cue: re.Match[str], before: str, query: str, title: Title, rare: Rare | None) -> bool:
    """Whether a title behind a cue is that of a film, and no name or word of a story."""
    if cue["like"]:
        return not (title.one_word and not title.quoted and _PERSON.search(before))
    if title.common:
        return bool(cue["not"] and _SENTENCE_BEGINS.search(before))
    if cue["except"]:
        return not (title.one_word and not title.quoted and _is_person_there(before, query[title.end :][:30]))
    negation = cue["not"].strip().lower()
    is_said = bool(_BE.search(before)) or negation not in ("not", "not:", "nor", "neither")
    if is_said and (before.strip() if negation.startswith("not") else not CLAUSE_BEGINS.search(before)):
        subject = _FILM_IS.search(before)
        if not subject:
            return False
        if "called" in cue[0].lower():
            return True
        said_of = before[: subject.start()]
        if not title.one_word or title.quoted or CLAUSE_BEGINS.search(said_of) or _OF_THE_FILM.search(said_of):
            return True
        is_rare = rare is not None and rare(query[title.start : title.end])
        return is_rare and bool(_FILM.search(said_of)) and not _PERSON.search(said_of)
    if not title.one_word or title.quoted:
        return True
    if name := _AFTER_A_NAME.search(before):
        return name[1].lower() in _PLACING
    if CLAUSE_BEGINS.search(before):
        return True
    words_before = _WORD.findall(before)
    return words_before[-1:] != [] and words_before[-1].islower() and bool(ENDS_FOR_SURE.match(query, title.end))


def _is_ruled_out(cue: re.Match[str], before: str, query: str, title: Title, titles: Titles, rare: Rare | None) -> bool:
    """Whether a title behind "no", "already seen" and the like is that of a film that the person who asks rules out."""
    text = query[title.start : title.end]
    _, end = of_year(query, title, None)
    is_word = title.one_word and not title.quoted and not (rare and rare(text))
    if title.common or (is_word and title.lower) or not TITLE_ENDS.match(query, end):
        return False
    begins = bool(CLAUSE_BEGINS.search(before))
    if cue["not_like"]:
        of_somebody = _SOMEBODY if begins else _PERSON
        return not (title.one_word and not title.quoted and of_somebody.search(before))
    if cue["seen"]:
        return begins or bool(_I_HAVE.search(before))
    if cue["no"]:
        if (
            titles(f"no {text}")
            or titles(query.strip())
            or (cue["no"][0] == "N" and before.strip() and not _SENTENCE_BEGINS.search(before))
        ):
            return False  # "No Retreat, No Surrender"
        begins = begins or bool(_BEFORE_NO.search(before))
        if _PLEASE.match(query, end) or before.lower().endswith("please "):
            return begins
        if title.lower:
            return title.one_word and bool(_SENTENCE_BEGINS.search(before) or _FILM_BEFORE.search(before))
    return begins and not (cue["no"] and is_word)


def _is_person_there(before: str, behind: str) -> bool:
    """Whether people are spoken of beside "except" and the like: "everyone except Laura dies"."""
    if re.match(r",?\s*(?:he|she|they|who)\b", behind, re.IGNORECASE):
        return True
    return bool(_PERSON.search(before)) and not _FILM.search(before)
