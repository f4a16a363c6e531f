"""What a question says its film is not: "not from the 90s", "no horror", "not the American one". Pure.

Each such phrase is cut out of the question, so that its words draw no film. It becomes hints that count against a film
which meets all of them, or a thing that counts against films whose passages speak of it. Stories are full of what is
not, too ("a world without children", "he is not American"): these are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from .hints import (
    GENRE_WORDS,
    ORIGIN_WORDS,
    Hints,
    genres_in,
    is_plot,
    origins_in,
)
from .patterns import late
from .people import people_in
from .release_years import TIME, years_in

_MOST = 20
"""Phrases of one kind in one question that are looked at."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing that a question says its film is not: as it is said, and as hints or as words in lower case."""

    said: str
    hints: Hints = Hints()
    things: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unwanted:
    """What a question says its film is not.

    `wanted` is the question without such phrases. `spans` are where they stand.
    """

    wanted: str
    phrases: tuple[Phrase, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def hints(self) -> tuple[Hints, ...]:
        """Each of one phrase: a film that meets all of it is held against."""
        return tuple(dict.fromkeys(phrase.hints for phrase in self.phrases if phrase.hints != Hints()))

    @property
    def things(self) -> tuple[str, ...]:
        """Words, in lower case, of what the film is without."""
        return tuple(dict.fromkeys(thing for phrase in self.phrases for thing in phrase.things))

    @property
    def said(self) -> tuple[str, ...]:
        """The phrases, for people to read."""
        return tuple(dict.fromkeys(phrase.said for phrase in self.phrases))


@dataclass(slots=True)
class _Found:
    spans: list[tuple[int, int]] = field(default_factory=list)
    phrases: list[Phrase] = field(default_factory=list)


_MAY_BE = late(r"\b(?:not?|nor|nothing|without|minus|(?:is|was|are|were|do)n'?t)\b", re.IGNORECASE)


def find_unwanted(query: str) -> Unwanted:
    """What a question says its film is not; a long text that hardly speaks of films is a plot, and says nothing."""
    if not _MAY_BE.search(query) or is_plot(query):
        return Unwanted(query)
    found = _Found()
    _find_kinds(query, found)
    _find_people(query, found)
    _find_things(query, found)
    if not found.spans:
        return Unwanted(query)
    wanted = less(query, found.spans)
    kinds = set(genres_in(wanted))  # "animated, but not a cartoon" tells of a style
    phrases = [phrase for phrase in found.phrases if kinds.isdisjoint(phrase.hints.genres)]
    return Unwanted(wanted, tuple(phrases), tuple(found.spans))


_LED_TO_IT = late(
    r"[\s,;(–—-]*(?:\b(?:but|and|with|so|definitely|certainly|probably|also|really|but\s+definitely)\s*)?$",
    re.IGNORECASE,
)
_LOOK_BACK = 40


def less(query: str, spans: Iterable[tuple[int, int]]) -> str:
    """A question less some spans, and less the commas, brackets and little words that only led to them."""
    pieces: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if start >= position:
            piece = query[position:start]
            tail = max(0, len(piece) - _LOOK_BACK)
            led_to_it = _LED_TO_IT.search(piece, tail)
            kept = piece[: led_to_it.start()] if led_to_it else piece
            pieces.append(kept)
            if "(" in piece[len(kept) :] and query.startswith(")", end):
                end += 1
        position = max(position, end)
    return " ".join([*pieces, query[position:].removeprefix(",") if not "".join(pieces).strip() else query[position:]])


# --- of what kind it is not -----------------------------------------------------------------------------------------

_FILM = r"(?:movies?|films?|flicks?|pictures?|one|ones|version|remake|adaptation|show|stor(?:y|ies)|genre|thing|stuff)"
_SUBJECT = (
    r"(?P<it>\b(?:it|this|that)(?:'s|\s+(?:is|was|were)|(?=\s+(?:is|was)n'?t))\s+(?:\w+ly\s+|also\s+|just\s+)?"
    r"|\b(?:its|thats)\s+(?=not\b))?"
)
_NOT = r"(?P<not>\b(?:not|nor)\b|\b(?:is|was|are|were)n'?t\b)"
_FILL = (
    r"(?:(?:a|an|the|really|exactly|actually|quite|necessarily|even|any|some|your|typical|be|from|made|released|shot|in"
    r"|of|another|that|too|very|so|much)\s+){0,4}"
)
_ENDS = (
    r"(?=\s*(?:$|[.,;:!?()\[\]\n/*\"]|[-–—]\s|(?:but|and|or|nor|just|though|tho|more|rather|because|since|please|pls|if|i"
    r"|it|at|btw|lol|either|obviously|thanks?|set|where|about|from)\b))"
)
_SOMEBODY_IS = late(r"(?:'s|'m|'re|\b(?:is|was|are|were|am|be|been|im|hes|shes))\s+(?:\w+\s+)?$", re.IGNORECASE)
_FILM_IS = late(
    rf"\b(?:it|this|that|which|{_FILM}|horror|thriller|comedy|drama)(?:'s|\s+(?:is|was|were))?\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_PERHAPS = late(r"\b(?:might|may|could|whether|or|if|why|sure|certain)\s+(?:it'?s\s+)?$", re.IGNORECASE)
_CLAUSE_BEGINS = late(
    r"(?:^|[.!?;:,()\[\]\n\"–—]|\s-)\s*(?:(?:but|and|also|so|definitely|certainly|there|is|are|has|have|it|it's|with|please"
    r"|ps|edit|note|or|nor|no|again)\b[\s:]*){0,4}$",
    re.IGNORECASE,
)


@cache
def _kinds() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """ "not ..." with what can follow it, and "no ..." with a genre. Compiled when first needed."""
    always, before_film = GENRE_WORDS
    item = rf"(?:{TIME}|\b(?:{ORIGIN_WORDS})\b|\b(?:{always}|{before_film})\b|\b{_FILM}\b|\b(?:19|20)\d\d\b)"
    link = r"(?:[ \t,/-]+(?:(?:from|of|in|made|released|the)\s+){0,3})"
    negated = re.compile(rf"{_SUBJECT}{_NOT}\s+(?P<what>{_FILL}{item}(?:{link}{item}){{0,5}})", re.IGNORECASE)
    none = re.compile(
        r"(?P<no>\b(?:no|without(?:\s+(?:any|the))?|nothing|i\s+(?:do\s+not|don'?t)\s+(?:want|like|need)(?:\s+any)?"
        r"|please\s+no|not\s+into)\s+)"
        rf"(?P<what>(?:(?:{always}|scary|romance)(?:\s+{_FILM})?|(?:{before_film})\s+{_FILM})\b){_ENDS}",
        re.IGNORECASE,
    )
    return negated, none


_ENDS_THERE = late(_ENDS, re.IGNORECASE)
_A_FILM = late(rf"\b{_FILM}\b", re.IGNORECASE)
_IN_TIME = late(r"\s*in\s+(?:the\s+)?\W*(?:early|mid|late|\d)", re.IGNORECASE)
_A_DECADE = late(TIME, re.IGNORECASE)
_MADE_IN = late(r"\b(?:from|made|released|shot|of|in)\s+(?:the\s+)?\d", re.IGNORECASE)


def _find_kinds(query: str, found: _Found) -> None:
    negated, none = _kinds()
    for match in islice(negated.finditer(query), _MOST):
        words = match["what"]
        start = match.start("it") if match["it"] else match.start("not")
        if not match["it"] and _is_of_somebody(query, match):
            continue
        hints = _kind(words)
        a_film = _A_FILM.search(words)
        if hints.years and not (a_film or _MADE_IN.search(words) or _A_DECADE.search(words)):
            continue  # "Not 1984" is a title
        if hints.years and _IN_TIME.match(words):
            continue  # "He wakes up, not in the 90s but in 2050"
        if hints == Hints() or not (a_film or hints.years or _ENDS_THERE.match(query, match.end())):
            continue
        found.spans.append((start, match.end()))
        found.phrases.append(Phrase(" ".join(query[match.start("not") : match.end()].split()), hints))
    for match in islice(none.finditer(query), _MOST):
        found.spans.append(match.span())
        found.phrases.append(Phrase(" ".join(match[0].split()), Hints(genres=genres_in(f"{match['what']} film"))))


_GENRE_ALONE = late(r"\b(?:western|romance|whodunn?it)$", re.IGNORECASE)


def _kind(words: str) -> Hints:
    """The years, origins and genres in the words behind "not"; some words are genres only before "film"."""
    as_film = f"{words} film" if _GENRE_ALONE.search(words) else _A_FILM.sub("film", words)
    return Hints(years_in(words), origins_in(words), genres_in(as_film))


def _is_of_somebody(query: str, match: re.Match[str]) -> bool:
    """Whether a "not" without "it is" before it is no statement on the film: of a person, or not a sure one."""
    before = query[max(0, match.start() - _LOOK_BACK) : match.start()]
    if _PERHAPS.search(before) or re.search(r"\bset\b[^.!?\n]*$", before, re.IGNORECASE):
        return True
    if match["not"].lower() in ("not", "nor"):
        return bool(_SOMEBODY_IS.search(before)) and not _FILM_IS.search(before)
    return not (_CLAUSE_BEGINS.search(before) or _FILM_IS.search(before))


# --- whom it is not with --------------------------------------------------------------------------------------------

_NAME = r"(?:[A-Z][\w.'-]*(?:\s+(?:[A-Z][\w.'-]*|de|del|di|la|van|von)){0,3})"
_NOT_WITH = late(
    rf"(?i:\bnot\s+(?:the\s+)?(?:(?:one|version|movie|film|remake)s?\s+)?(?:with|by|starring|from|directed\s+by)\s+){_NAME}"
    rf"|(?i:\bnot\s+(?:the|a|an)\s+){_NAME}(?i:\s+(?:one|version|movie|film|remake|flick)\b)"
)


def _find_people(query: str, found: _Found) -> None:
    for match in islice(_NOT_WITH.finditer(query), _MOST):
        people = people_in(match[0])
        if people and not any(start < match.end() and match.start() < end for start, end in found.spans):
            found.spans.append(match.span())
            found.phrases.append(Phrase(" ".join(match[0].split()), Hints(people=people)))


# --- what it is without ---------------------------------------------------------------------------------------------

_CONTENT = (
    "aliens?|extraterrestrials?|zombies?|vampires?|ghosts?|demons?|monsters?|robots?|superhero(?:es)?|werewol(?:f|ves)"
    "|witch(?:es)?|wizards?|dragons?|dinosaurs?|gore|sex|nudity|violence|torture|cannibals?|sharks?|clowns?|mummies"
    "|mermaids?|pirates?|cowboys?|samurai|ninjas?|nazis?|guns?|serial\\s+killers?|spies|cops|kids|children|animals|dogs"
    "|magic|time\\s+travel|possession|exorcisms?"
)
_SURE_CONTENT = "aliens|extraterrestrials|zombies|vampires|werewolves|superheroes|gore|nudity|dinosaurs|exorcisms"
_FORM = frozenset(
    "words dialogue dialog talking sound sounds colour colors colours cuts subtitles music plot speech actors credits"
    " names title ending lines songs scenes spoilers luck results success avail dubbing effects".split()
)
_KIND_OF_FILM = (
    r"\b(?:movies?|films?|flicks?|one|thrillers?|horror|sci[\s-]?fi|science\s+fiction|comed(?:y|ies)|dramas?|fantasy|westerns?"
    r"|apocalypse|invasion|stor(?:y|ies))"
)
_LIST = r"(?:\s*(?:,|/|\band\b|\bor\b|\bnor\b)\s*(?:no\s+|any\s+)?(?:{word})\b)"
_TAIL = r"(?:\s+(?:in\s+(?:it|this|that)(?:\s+one)?|at\s+all|anywhere|involved|whatsoever|please|pls))?"


@cache
def _things() -> tuple[re.Pattern[str], ...]:
    """How people say what a film is without; `what` is a list of words. Compiled when first needed."""
    plural = r"[a-z]{3,}s"
    content_list = rf"(?P<what>(?:{_CONTENT})\b{_LIST.format(word=_CONTENT)}{{0,4}})"
    any_list = rf"(?P<what>(?:{_CONTENT}|{plural})\b{_LIST.format(word=f'{_CONTENT}|{plural}')}{{0,4}})"
    sure_list = rf"(?P<what>(?:{_SURE_CONTENT})\b{_LIST.format(word=_CONTENT)}{{0,4}})"
    forms = (
        # "a space film without aliens", "a thriller but with no ghosts"
        rf"{_KIND_OF_FILM}(?:,?\s+(?:but|and))?(?P<cut>\s+(?:without|with\s+no|minus|no)\s+(?:any\s+)?{any_list}{_TAIL})",
        # "space station, no aliens", "but without any ghosts", "(not zombies)", "it's not about vampires"
        rf"(?P<clause>)(?P<cut>\b(?:no|without|minus|nothing\s+(?:with|about))\s+(?:any\s+)?{content_list}{_TAIL})",
        rf"(?P<clause>)(?P<cut>\bnot?\s+(?:about\s+|with\s+)?(?:any\s+)?{sure_list}{_TAIL})",
        rf"(?P<cut>\bnot\s+about\s+(?:any\s+)?{sure_list}{_TAIL})",
        rf"(?<!world)(?<!town)(?<!planet)(?<!land)(?<!village)(?P<cut>\swithout\s+(?:any\s+)?{sure_list}{_TAIL})",
        rf"(?P<cut>\bplease\s+no\s+{any_list})",
        rf"(?P<clause>)(?P<cut>\bno\s+(?P<what>{plural})\s+(?:please|pls)\b)",
    )
    return tuple(re.compile(form + _ENDS, re.IGNORECASE) for form in forms)


_WORD = late(r"[^\W_]+")
_LINKS = frozenset(("and", "or", "nor", "no", "any"))


def _find_things(query: str, found: _Found) -> None:
    for form in _things():
        for match in islice(form.finditer(query), _MOST):
            start, end = match.span("cut")
            things = [word for word in _WORD.findall(match["what"].lower()) if word not in _LINKS]
            before = query[max(0, start - _LOOK_BACK) : start]
            if "clause" in form.groupindex and not _CLAUSE_BEGINS.search(before):
                continue
            if _FORM.intersection(things) or any(first < end and start < last for first, last in found.spans):
                continue
            found.spans.append((start, end))
            found.phrases.append(Phrase(" ".join(match["cut"].strip(" ,").split()), things=tuple(things)))
