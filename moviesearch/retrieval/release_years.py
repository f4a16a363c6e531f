"""When a film came out, as people say it: "the 90s", "not later than 2005", "I saw it in 2010". Pure; regex only."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .patterns import FILM, late


@dataclass(frozen=True, slots=True)
class Years:
    """Release years that a person has in mind, `first` and `last` included; `said` is how they put it."""

    first: int
    last: int
    said: str


_TENS = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_PART = r"(?:early|mid(?:dle)?|late)"
_TIME = late(
    rf"""(?:(?P<part>{_PART})(?:\s*-?\s*(?:to|or|and|/)?[\s-]*(?P<until>{_PART}))?[\s-]+(?:the\s+)?)?
    (?:'?(?<!\d)(?P<decade>(?:1[89]|20)?\d0)'?s(?![^\W_]) | (?P<word>{"|".join(_TENS)})\b
    | (?<![\d$£€#])(?P<year>(?:18[89]|19\d|20[0-4])\d)(?!\d|[.,]\d|\s*(?:%|dollars|people|miles)))""",
    re.IGNORECASE | re.VERBOSE,
)
TIME = rf"(?:{_PART}[\s-]+(?:the\s+)?)?(?:'?(?<!\d)(?:1[89]|20)?\d0'?s(?![^\W_])|\b(?:{'|'.join(_TENS)})\b)"
"""How people say a decade, as a regular expression."""

_SPAN = late(r"\s*(?:-|–|to|through|and|until|or|/)\s*(?:the\s+)?", re.IGNORECASE)
# What stands before a time and changes what it says about the film's release.
_AN_AGE = late(r"\b(?:his|her|their|my|our)\s+$", re.IGNORECASE)
_NOT_AN_AGE = late(r"\b(?:the|a|an|from|19|classic|old)\s+'?$", re.IGNORECASE)
_A_SETTING = late(
    r"\b(?:set|takes?\s+place|took\s+place|taking\s+place|based|story|placed|happen(?:s|ed)|born|era|year\s+is|like\s+the)\b"
    r"[^.!?\n]{0,25}$",
    re.IGNORECASE,
)
_NOT = r"(?:\b(?:no|not|never|cannot|can\s?t|isnt|wasnt|couldnt|wouldnt|doesnt|didnt)|n't)"  # "cant" as people type it
_THE_YEAR = r"[\s-]*(?:(?:the|about|around|approximately|roughly|circa|like|maybe|probably|at\s+least|year|of)\s+)*$"
_BEFORE = late(rf"\b(?:before|pre|prior\s+to|older\s+than|earlier\s+than){_THE_YEAR}", re.IGNORECASE)
_AFTER = late(rf"\b(?:after|post|since|newer\s+than|later\s+than|more\s+recent\s+than){_THE_YEAR}", re.IGNORECASE)
_NOT_AFTER = late(
    rf"(?:\b(?:up\s+to|at\s+(?:the\s+)?latest)|{_NOT}\s+(?:\w+\s+){{0,4}}(?:after|(?:later|newer|more\s+recent)\s+than))"
    rf"{_THE_YEAR}",
    re.IGNORECASE,
)
_NOT_BEFORE = late(
    rf"(?:\b(?:as\s+old\s+as|at\s+(?:the\s+)?(?:least|earliest)(?:\s+from)?)"
    rf"|{_NOT}\s+(?:\w+\s+){{0,4}}(?:before|(?:earlier|older)\s+than)){_THE_YEAR}",
    re.IGNORECASE,
)
# What stands behind a time: "2005 or older", "the 90s (or even earlier)", "2010 at the latest", "2010+".
_OR = r"\s*[(,]?\s*or\s+(?:(?:even|way|much|maybe|possibly|probably|slightly|a\s+(?:bit|little))\s+)*"
_OR_BEFORE = late(rf"{_OR}(?:earlier|older|before)\b|\s+at\s+(?:the\s+)?(?:very\s+)?latest\b", re.IGNORECASE)
_OR_AFTER = late(
    rf"{_OR}(?:later|newer|after)\b|\s+at\s+(?:the\s+)?(?:very\s+)?earliest\b|\+(?!\s*[-/])|\s*onwards?\b",
    re.IGNORECASE,
)
_SEEN = late(
    r"\b(?:saw|seen|watch\w*|rented|caught|kid|child|young|little|aired|played|tv|school|old)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
# "It was 2006 when I saw it", "in 2006 my class and I watched ...": when it was seen, and not made.
_SEEN_BEHIND = late(
    rf"[^.!?\n]{{0,12}}\bwhen\s+(?:i|we|my)\b|(?:(?!\b{FILM}\b)[^.!?\n]){{0,40}}\b(?:i|we)\s+(?:saw|watched)\b",
    re.IGNORECASE,
)
_AT_A_TIME = late(r"\bin\s+(?:the\s+)?$|\($|\bwas\s+(?:the\s+)?$|\b(?:about|around)\s+(?:the\s+)?$", re.IGNORECASE)
_BEGINS_A_CLAUSE = late(
    r"(?:^|[,.;:!?(/–-])\s*(?:(?:maybe|probably|i\s+think|like|from\s+the|or|and)\s+)*$", re.IGNORECASE
)
_ENDS_A_CLAUSE = late(r"\s*(?:$|[,.;!?)/–-])")
_LISTED = late(r"[\s,/–-]*(?:and|or|to)?\s*", re.IGNORECASE)
_IN = late(r"\b(?:in|the|of|during|since|until|his|her|their|by|and|to)\s+'?$", re.IGNORECASE)
_A_TITLE = late(r"['\"]?-?\s?(?:like|esque)\b", re.IGNORECASE)  # "a 1984-like world"
_SHORT_QUESTION = 160
"""Characters of a question that is so short that it needn't speak of films."""
_EARLIEST, _LATEST = 1870, 2100
_LONG_BEFORE = 30
"""How many years before a time a film may have come out that is said to be of before it."""
_SEEN_LATER = 12
"""How many years before it was seen a film may have come out."""


def release_years(query: str, talks: bool, before_a_film: re.Pattern[str]) -> tuple[Years, ...]:
    """The release years in a query; `talks` says whether it talks about films.

    Where it doesn't, only times count behind which a film comes, as `before_a_film` matches it.
    """
    spans: list[Years] = []
    end = last_end = -1
    for match in _TIME.finditer(query):
        listed = last_end >= 0 and _LISTED.fullmatch(query, last_end, match.start())
        alone = end == last_end if listed else _stands_alone(query, match)
        last_end = match.end()
        before = query[max(0, match.start() - 80) : match.start()]
        first, last = _range_of(match, before)
        phrase = " ".join(match.group().split())
        if first == 0 or _A_SETTING.search(before) or (match["year"] and _A_TITLE.match(query, match.end())):
            continue
        if not (talks or alone or before_a_film.match(query, match.end())):
            continue
        until: int | None = None
        if _NOT_AFTER.search(before) or _OR_BEFORE.match(query, match.end()):
            until = last
        elif _NOT_BEFORE.search(before) or _OR_AFTER.match(query, match.end()):
            last = _LATEST
        elif _BEFORE.search(before):
            until = first
        elif _AFTER.search(before):
            first, last = last, _LATEST
        elif _SEEN.search(before) or (_AT_A_TIME.search(before) and _SEEN_BEHIND.match(query, match.end())):
            first -= _SEEN_LATER
        if until is not None:
            first, last = first - _LONG_BEFORE, until
        if until is not None and spans and spans[-1].last == _LATEST and spans[-1].first < until:
            spans[-1] = Years(spans[-1].first, until, f"{spans[-1].said} - {phrase}")  # "after 1999 but before 2010"
        elif spans and end >= 0 and _SPAN.fullmatch(query, end, match.start()) and spans[-1].first <= last:
            spans[-1] = Years(min(spans[-1].first, first), last, f"{spans[-1].said} - {phrase}")
        else:
            spans.append(Years(first, last, phrase))
        end = match.end()
    return tuple(dict.fromkeys(spans))


def _stands_alone(query: str, match: re.Match[str]) -> bool:
    """Whether a short question has a decade as people note one beside a story: "dance teacher 80s", "a mob boss, 90s".

    "1930s" is rather when a story takes place.
    """
    decade = match["decade"] or ""
    if len(decade) != 2 and not decade.startswith("20"):
        return False
    if _ENDS_A_CLAUSE.match(query, match.end()) is None or len(query) > _SHORT_QUESTION:
        return False
    before = query[: match.start()]
    return bool(_BEGINS_A_CLAUSE.search(before)) or (not query[match.end() :].strip(" .!?") and not _IN.search(before))


def years_in(words: str) -> tuple[Years, ...]:
    """The years and decades that some words name, where they are about when a film came out."""
    spans = ((_range_of(match, "the "), match[0]) for match in _TIME.finditer(words))
    return tuple(Years(first, last, " ".join(phrase.split())) for (first, last), phrase in spans if first)


def _range_of(match: re.Match[str], before: str) -> tuple[int, int]:
    """First and last year of what `_TIME` matched; (0, 0) where it is no release year ("in his 20s")."""
    if match["year"]:
        return int(match["year"]), int(match["year"])
    if _AN_AGE.search(before):
        return 0, 0
    ten = int(match["decade"]) if match["decade"] else 20 + 10 * _TENS.index(match["word"].lower())
    if ten < 100:
        if 20 <= ten <= 40 and not _NOT_AN_AGE.search(before):
            return 0, 0
        ten += 2000 if ten < 20 else 1900
    years_of = {"early": (0, 4), "mid": (3, 7), "middle": (3, 7), "late": (5, 9), "": (0, 9)}
    first = years_of[(match["part"] or "").lower()][0]
    last = years_of[(match["until"] or match["part"] or "").lower()][1]
    return (ten + first, ten + last) if _EARLIEST <= ten <= _LATEST else (0, 0)
