"""Of what kind a question says its film is not: "not from the 90s", "no Korean films", "non-horror". Pure."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

from .hints import GENRE_WORDS, ORIGIN_WORDS, Hints, genres_in, origins_in
from .negations import CLAUSE_BEGINS, ENDS, FILM_NOUN, LOOK_BACK, MOST, Found, Phrase
from .patterns import FILM, late
from .release_years import TIME, years_in

_SUBJECT = (
    r"(?P<it>\b(?:it|this|that)(?:(?:\s+most)?\s+\w+ly)?(?:'s|\s+(?:is|was|were)|(?=\s+(?:is|was)n'?t))"
    r"\s+(?:\w+ly\s+|also\s+|just\s+)?"
    r"|\b(?:its|thats)\s+(?=not\b))?"
)
_NOT = r"(?P<not>\b(?:not|nor|neither)\b|\b(?:is|was|are|were)n'?t\b)"
_FILL = (
    r"(?:(?:a|an|the|really|exactly|actually|quite|necessarily|even|any|some|your|typical|be|from|made|released|shot|in"
    r"|of|another|that|too|very|so|much)\s+){0,4}"
)
_SOMEBODY_IS = late(r"(?:'s|'m|'re|\b(?:is|was|are|were|am|be|been|im|hes|shes))\s+(?:\w+\s+)?$", re.IGNORECASE)
_FILM_IS = late(
    rf"\b(?:it|this|that|which|{FILM_NOUN}|horror|thriller|comedy|drama)(?:'s|\s+(?:is|was|were))?\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_NOUN_BEFORE = late(
    rf"\b(?!(?:{FILM_NOUN}|horror|thriller|comedy|drama|something|anything|everything|but|and|so|or|then|though|because|if"
    r"|think|believe|say|know|sure|certain|remember|guess)\b)[a-z]+\s+$",
    re.IGNORECASE,
)
"""What makes a "that" behind it one of a story's: "a woman that isn't American"."""
_A_TITLE = late(r",?\s+[\"'*]?[A-Z][a-z]")
_PERHAPS = late(r"\b(?:might|may|could|whether|or|if|why|sure|certain)\s+(?:it'?s\s+)?$", re.IGNORECASE)
_NEITHER = late(r"\bneither\b[^.!?\n]*$", re.IGNORECASE)
_SOMEBODY = late(r"\b(?:i|he|she|they|we|you|who|life|love|reality)\s*$", re.IGNORECASE)

_ENDS_THERE = late(ENDS, re.IGNORECASE)
_A_FILM = late(rf"\b{FILM_NOUN}\b", re.IGNORECASE)
_FILM_LAST = late(rf"\b{FILM}$", re.IGNORECASE)
_THE_FILM = late(rf"^(?:the|that)\b.*\b{FILM_NOUN}$", re.IGNORECASE | re.DOTALL)
_OF_ANOTHER = late(
    r"\s+(?:with|starring|featuring|by)\s+(?:(?!\bbut\b)[^.,;:!?()\n]){1,60}(?=\s+but\b|\s*(?:$|[.,;:!?()\n]))",
    re.IGNORECASE,
)
"""What tells more of a film that is not meant: "not the American remake with Jeff Bridges"."""
_IN_TIME = late(r"\s*in\s+(?:the\s+)?\W*(?:early|mid|late|\d)", re.IGNORECASE)
_A_DECADE = late(TIME, re.IGNORECASE)
_MADE_IN = late(r"\b(?:from|made|released|shot|of|in)\s+(?:the\s+)?\d", re.IGNORECASE)
_OR_TEXT = (
    r"\s*(?:(?:,\s*)?\b(?:and|or|nor)\s+(?:no\s+|any\s+)?|/\s*|,\s*no\s+|,\s*(?=\w+(?:\s\w+)?(?:,\s*\w+)?,?\s+n?or\b))"
)
_OR = late(_OR_TEXT, re.IGNORECASE)

_GENRE_ALONE = late(r"\b(?:western|romance|whodunn?it|scary|funny|romantic|suspenseful)$", re.IGNORECASE)
_ONLY_OF_A_FILM = late(r"\b(?:funny|romantic|suspenseful)$", re.IGNORECASE)
"""What people in stories are, too: it counts only where the film is said not to be so."""

_SCARY = late(r"\bscary$", re.IGNORECASE)


_SAYS_NOT = late(r"\b(?:not|nor|neither)\b|\b(?:is|was|are|were)n'?t\b", re.IGNORECASE)
_SAYS_NO = late(
    r"\b(?:no|less|without|nothing|hate|dislike|detest|loathe|stand|avoid|anything\s+but|other\s+than|except|do(?:n'?|\s+no)t"
    r"|not\s+(?:really\s+)?(?:into|a\s+fan|in\s+the\s+mood))\b",
    re.IGNORECASE,
)
_SAYS_NOT_THOUGHT = late(r"\b(?:think|believe|call|classify|consider|describe)\b", re.IGNORECASE)
_SAYS_NON = late(r"\bnon|\bfree\b", re.IGNORECASE)
"""What a question has that says so in one of four ways: to look for it first is quicker than to compile the ways."""


@cache
def _not_a_kind() -> re.Pattern[str]:
    """What says "not" of a kind. Compiled when first needed, as the others are."""
    always, before_film = GENRE_WORDS
    item = rf"(?:{TIME}|\b(?:{ORIGIN_WORDS})\b|\b(?:{always}|{before_film})\b|\b{FILM_NOUN}\b|\b(?:19|20)\d\d\b)"
    link = r"(?:[ \t,/-]+(?:(?:from|of|in|made|released|the)\s+){0,3})"
    return re.compile(rf"{_SUBJECT}{_NOT}\s+(?P<what>{_FILL}{item}(?:{link}{item}){{0,5}})", re.IGNORECASE)


@cache
def _no_kind() -> re.Pattern[str]:
    """What says "no" and the like of a genre, or of films of a kind."""
    always, before_film = GENRE_WORDS
    kind = rf"(?:{TIME}|\b(?:{ORIGIN_WORDS}|{always}|{before_film})\b)"
    alone = rf"\b(?:{always}|scary|romance)\b(?:\s+(?:{FILM_NOUN}|scenes?|moments?|elements?|parts?)\b)?"
    films = rf"{kind}(?:[\s-]+{kind}){{0,2}}[\s-]+(?:{FILM}|cinema|stuff)\b"
    one = rf"(?:{films}|{alone}|\b(?:{before_film})\s+{FILM_NOUN}\b)"
    some = rf"(?:{kind}{_OR_TEXT}){{0,3}}{one}(?:{_OR_TEXT}{one}){{0,3}}"
    return re.compile(
        r"(?P<no>\b(?:no|less|without(?:\s+(?:any|the))?|nothing(?:\s+(?:with|of|like|in))?"
        r"|i\s+(?:really\s+|just\s+)?(?:do\s+not|don'?t)\s+(?:really\s+)?(?:want|like|need|enjoy)(?:\s+any)?"
        r"|i\s+(?:really\s+|absolutely\s+)?(?:hate|dislike|detest|loathe|can'?t\s+stand|cannot\s+stand)"
        r"|please\s+no|(?:i'?m\s+)?not\s+(?:really\s+)?(?:into|a\s+fan\s+of|in\s+the\s+mood\s+for)"
        r"|anything\s+but|other\s+than|except(?:\s+for)?)\s+(?:an?\s+)?)"
        rf"(?P<what>{some}){ENDS}"
        rf"|(?P<clause>)(?P<none>\b(?:no|nothing|hate|avoid)\s+)(?P<of>\b(?:{ORIGIN_WORDS})\b(?:{_OR_TEXT}(?:{ORIGIN_WORDS})\b){{0,3}}){ENDS}"
        rf"|\bi\s+(?:do\s+not|don'?t)\s+(?:want|like)\s+anything\s+(?P<any>(?:{ORIGIN_WORDS}|{always}|scary)\b){ENDS}"
        rf"|\bnothing\s+(?:made\s+|shot\s+)?(?:from|in)\s+(?P<time>(?:the\s+)?{TIME}|(?:{ORIGIN_WORDS})\b){ENDS}",
        re.IGNORECASE,
    )


@cache
def _not_thought() -> re.Pattern[str]:
    """What says that the person who asks does not think that the film is of a kind."""
    always, _ = GENRE_WORDS
    genre = rf"(?:{always}|scary|children'?s|kids'?)\b(?:[\s/-]+(?:{always})\b)?(?:\s+{FILM_NOUN}\b)?"
    origin = rf"(?:{ORIGIN_WORDS})\b(?:\s+{FILM_NOUN}\b)?"
    kind = rf"\b(?:{genre}|{origin}|romance\s+{FILM_NOUN}\b)"
    film = r"(?:it|this|the\s+(?:movie|film))"
    return re.compile(
        r"\b(?:(?:i\s+)?(?:do\s+not|don'?t)\s+(?:really\s+)?(?:think|believe)\s+(?:that\s+)?"
        rf"(?:{film}(?:'s|\s+(?:is|was))|its)(?:\s+(?:really|originally|actually|exactly|from|in|the|of))*"
        r"|(?:i\s+would\s+not|(?:i\s+)?wouldn'?t|nor\s+would\s+i)\s+(?:\w+ly\s+)?(?:call|classify|consider|describe)\s+"
        rf"{film}(?:\s+as)?)\s+(?:an?\s+)?(?P<thought>{kind}(?:{_OR_TEXT}{kind}){{0,3}}){ENDS}",
        re.IGNORECASE,
    )


@cache
def _non_kind() -> re.Pattern[str]:
    """What says "non-" of a kind, or "-free" of a genre."""
    always, before_film = GENRE_WORDS
    before_a_film = rf"(?:[\s,/-]+\w+){{0,2}}?[\s,/-]+(?:{FILM}|{always})\b"
    return re.compile(
        rf"\bnon[\s-]?(?P<kind>{ORIGIN_WORDS}|{always}|{before_film})\b(?={before_a_film})"
        rf"|\b(?P<free>{always})(?:-free\b|\s+free\b{ENDS})|\bnon[\s-]?(?P<genre>{always})\b{ENDS}"
        rf"|(?P<clause>)\bnon[\s-]?(?P<origin>{ORIGIN_WORDS})\b{ENDS}",
        re.IGNORECASE,
    )


def find_kinds(query: str, found: Found) -> None:
    """Add the kinds of film that the question says its own is not."""
    _find_opinions(query, found)
    for match in islice(_not_a_kind().finditer(query), MOST) if _SAYS_NOT.search(query) else ():
        words = match["what"]
        start = match.start("it") if match["it"] else match.start("not")
        if not match["it"] and _is_of_somebody(query, match):
            continue
        is_that = bool(match["it"]) and match["it"][:4].lower() == "that" and not _SCARY.search(words)
        if is_that and _NOUN_BEFORE.search(query, max(0, start - LOOK_BACK), start):
            continue
        if _ONLY_OF_A_FILM.search(words) and not _is_of_the_film(query, match):
            continue
        if _SCARY.search(words) and match["not"].lower().startswith(("are", "were")):  # "the bears aren't scary"
            continue
        hints = _kind(words)
        a_film = _A_FILM.search(words)
        if hints.years and not (a_film or _MADE_IN.search(words) or _A_DECADE.search(words)):
            continue  # "Not 1984" is a title
        if hints.years and _IN_TIME.match(words):
            continue  # "He wakes up, not in the 90s but in 2050"
        if hints.years and not (hints.origins or hints.genres) and _A_TITLE.match(query, match.end()):
            continue  # "Not the 1999 film Double Jeopardy" says nothing of other films of 1999
        if hints == Hints() or not (a_film or hints.years or _ENDS_THERE.match(query, match.end())):
            continue
        other = _OF_ANOTHER.match(query, match.end()) if _THE_FILM.search(words) else None
        end = other.end() if other else match.end()
        found.spans.append((start, end))
        found.phrases.append(Phrase(" ".join(query[match.start("not") : end].split()), hints))
    for match in islice(_no_kind().finditer(query), MOST) if _SAYS_NO.search(query) else ():
        words = match["what"] or match["of"] or match["any"] or match["time"]
        if _in_place(query, match, found):
            _add(match, _OR.split(words), found)
    for match in islice(_non_kind().finditer(query), MOST) if _SAYS_NON.search(query) else ():
        if _in_place(query, match, found):
            _add(match, [next(filter(None, (match[name] for name in ("kind", "free", "genre", "origin"))))], found)


def _find_opinions(query: str, found: Found) -> None:
    """Add the kinds of film that the person who asks does not think their own is."""
    for match in islice(_not_thought().finditer(query), MOST) if _SAYS_NOT_THOUGHT.search(query) else ():
        if not found.holds(*match.span()):
            _add(match, _OR.split(match["thought"]), found)


def _in_place(query: str, match: re.Match[str], found: Found) -> bool:
    """Whether a phrase is part of no other, and begins a clause where it has to."""
    if found.holds(*match.span()):
        return False
    before = query[max(0, match.start() - LOOK_BACK) : match.start()]
    return match["clause"] is None or bool(CLAUSE_BEGINS.search(before))


def _add(match: re.Match[str], kinds: list[str], found: Found) -> None:
    """Add a phrase that names several kinds, of which the film is none."""
    said = " ".join(match[0].split())
    phrases = [Phrase(said, hints) for kind in kinds if (hints := _kind(kind, a_film=True)) != Hints()]
    if phrases:
        found.spans.append(match.span())
        found.phrases += phrases


def _kind(words: str, *, a_film: bool = False) -> Hints:
    """The years, origins and genres in the words behind "not"; some words are genres only before "film"."""
    as_film = f"{words} film" if a_film or _GENRE_ALONE.search(words) else _A_FILM.sub("film", words)
    return Hints(years_in(words), origins_in(words), genres_in(as_film))


def _is_of_somebody(query: str, match: re.Match[str]) -> bool:
    """Whether a "not" without "it is" before it is no statement on the film: of a person, or not a sure one."""
    before = query[max(0, match.start() - LOOK_BACK) : match.start()]
    negation = match["not"].lower()
    if negation == "nor" and (neither := _NEITHER.search(before)):
        before = before[: neither.start()]
    if _PERHAPS.search(before) or re.search(r"\bset\b[^.!?\n]*$", before, re.IGNORECASE):
        return True
    if negation in ("not", "nor", "neither"):
        return bool(_SOMEBODY_IS.search(before)) and not _FILM_IS.search(before)
    if _FILM_LAST.search(match["what"]) and _ENDS_THERE.match(query, match.end()):
        return bool(_SOMEBODY.search(before))
    return not (CLAUSE_BEGINS.search(before) or _FILM_IS.search(before))


def _is_of_the_film(query: str, match: re.Match[str]) -> bool:
    """Whether the film is said not to be something, in so many words."""
    before = query[max(0, match.start() - LOOK_BACK) : match.start()]
    return bool(match["it"]) or bool(_FILM_IS.search(before))
