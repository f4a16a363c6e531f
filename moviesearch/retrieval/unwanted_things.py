"""What a question says its film is without: "no aliens", "a beach without sharks", "no James Bond". Pure.

Worlds and towns of stories are without much, too: what they lack is left as it is.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

from .named_titles import Titles
from .negations import CLAUSE_BEGINS, ENDS, LOOK_BACK, MOST, Found, Phrase
from .patterns import late

_CONTENT = (
    "aliens?|extraterrestrials?|zombies?|vampires?|ghosts?|demons?|monsters?|robots?|superhero(?:es)?|werewol(?:f|ves)"
    "|witch(?:es)?|wizards?|dragons?|dinosaurs?|gore|sex|nudity|violence|torture|cannibals?|sharks?|clowns?|mummies"
    "|mermaids?|pirates?|cowboys?|samurai|ninjas?|nazis?|guns?|serial\\s+killers?|spies|cops|kids|children|animals|dogs"
    "|magic|time\\s+travel|possession|exorcisms?"
)
_SURE_CONTENT = "aliens|extraterrestrials|zombies|vampires|werewolves|superheroes|gore|nudity|dinosaurs|exorcisms"
_SURE_WITHOUT = f"{_SURE_CONTENT}|sharks|ghosts|demons|monsters|robots|clowns|mermaids"
"""What a film is said to be without, where it is said of nothing that could be a place or a group in a story."""

_MAY_LACK = late(
    r"\b(?:world|town|planet|\w*land|village|city|country|earth|future|place|society|school|ocean|sea|kingdom|universe|life"
    r"|house|home|farm|night|live|lives|living)$",
    re.IGNORECASE,
)
_FORM = frozenset(
    "words dialogue dialog talking sound sounds colour colors colours cuts subtitles music plot speech actors credits"
    " names title ending lines songs scenes spoilers luck results success avail dubbing effects".split()
)
_KIND_OF_FILM = (
    r"\b(?:movies?|films?|flicks?|one|thrillers?|horror|sci[\s-]?fi|science\s+fiction|comed(?:y|ies)|dramas?|fantasy|westerns?"
    r"|apocalypse|invasion|stor(?:y|ies))"
)
_LIST = r"(?:\s*(?:,|/|\band\b|\bor\b|\bnor\b)\s*(?:no\s+|any\s+)?(?:{word})\b)"
_UNCOLOURED = r"(?:black\s*(?:and|&|n)\s*white|b\s*(?:&|and|n)\s*w)"
_TAIL = r"(?:\s+(?:in\s+(?:it|this|that)(?:\s+one)?|at\s+all|anywhere|involved|whatsoever|please|pls))?"


@cache
def _things() -> tuple[re.Pattern[str], ...]:
    """How people say what a film is without; `what` is a list of words. Compiled when first needed."""
    plural = r"(?-i:[a-z]{3,}s)"
    content_list = rf"(?P<what>(?:{_CONTENT})\b{_LIST.format(word=_CONTENT)}{{0,4}})"
    any_list = rf"(?P<what>(?:{_CONTENT}|{plural})\b{_LIST.format(word=f'{_CONTENT}|{plural}')}{{0,4}})"
    sure_list = rf"(?P<what>(?:{_SURE_CONTENT})\b{_LIST.format(word=_CONTENT)}{{0,4}})"
    both_lists = rf"(?P<what>(?:{_CONTENT})\b{_LIST.format(word=_CONTENT)}{{1,4}})"
    sure_without = rf"(?P<what>(?:{_SURE_WITHOUT})\b{_LIST.format(word=_CONTENT)}{{0,4}})"
    forms = (
        # "a space film without aliens", "a thriller but with no ghosts"
        rf"{_KIND_OF_FILM}(?:,?\s+(?:but|and))?(?P<cut>\s+(?:without|with\s+no|minus|no)\s+(?:any\s+)?{any_list}{_TAIL})",
        # "space station, no aliens", "but without any ghosts", "(not zombies)", "it's not about vampires"
        rf"(?P<clause>)(?P<cut>\b(?:no|without|minus|nothing\s+(?:with|about))\s+(?:any\s+)?{content_list}{_TAIL})",
        rf"(?P<clause>)(?P<cut>\bnot?\s+(?:about\s+|with\s+)?(?:any\s+)?{sure_list}{_TAIL})",
        rf"(?P<cut>\bnot\s+about\s+(?:any\s+)?{sure_list}{_TAIL})",
        rf"(?P<place>)(?P<cut>\swithout\s+(?:any\s+)?{sure_without}{_TAIL})",
        # "a film with neither sharks nor aliens"
        rf"{_KIND_OF_FILM}(?P<cut>\s+(?:with|has|about)\s+neither\s+{any_list})",
        rf"(?P<clause>)(?P<cut>\b(?:with\s+)?neither\s+{both_lists})",
        # "not in black and white": no record tells
        rf"(?P<cut>(?:\bnot|n't)\s+(?:in\s+{_UNCOLOURED}|(?:a\s+|an\s+)?{_UNCOLOURED}\s+(?:movie|film|one)))",
        rf"(?P<clause>)(?P<cut>\b(?:no|not)\s+{_UNCOLOURED}(?:\s+(?:movies?|films?|ones?))?)",
        r"(?P<cut>\b(?P<what>gore|violence|nudity|sex)-free\b)",
        rf"(?P<cut>\bplease\s+no\s+{any_list})",
        rf"(?P<clause>)(?P<cut>\bno\s+(?P<what>{plural})\s+(?:please|pls)\b)",
    )
    return tuple(re.compile(form + ENDS, re.IGNORECASE) for form in forms)


_WORD = late(r"[^\W_]+")
_SHOWN = late(_CONTENT, re.IGNORECASE)
_FILM_BEFORE = late(rf"{_KIND_OF_FILM},?\s+(?:but\s+)?(?:with\s+)?$", re.IGNORECASE)
_SENTENCE_BEGINS = late(r"[.!?(\n]\s*$")
_LINK = late(r"\s*(?:,|/|\b(?:and|or|nor)\b)\s*(?:no\s+|any\s+)?", re.IGNORECASE)
_NAMED = late(
    r"(?i:\b(?:no|without|minus)\s+(?:any\s+)?)(?P<name>[A-Z][\w-]+(?:\s+[A-Z][\w-]+){1,2})(?![\w'])"
    rf"(?i:{_TAIL}{ENDS})"
)


def find_things(query: str, found: Found, titles: Titles | None = None) -> None:
    """Add what the question says its film is without; words that are a title, and nothing that films show, are not."""
    for form in _things():
        for match in islice(form.finditer(query), MOST):
            start, end = match.span("cut")
            things = _LINK.split(match["what"].lower()) if "what" in form.groupindex else []
            before = query[max(0, start - LOOK_BACK) : start]
            if "clause" in form.groupindex and not CLAUSE_BEGINS.search(before):
                continue
            if "place" in form.groupindex and _MAY_LACK.search(before):
                continue
            if _FORM.intersection(things) or found.holds(start, end):
                continue
            if titles and any(titles(thing) and not _SHOWN.fullmatch(thing) for thing in things):
                continue  # "a shark film, but no jaws"
            _add(query, start, end, things, found)
    for match in islice(_NAMED.finditer(query), MOST):
        before = query[max(0, match.start() - LOOK_BACK) : match.start()]
        begins = _SENTENCE_BEGINS if match[0][0].isupper() else CLAUSE_BEGINS  # ", No Surrender" is part of a title
        quoted = before.endswith(('"', "'"))
        said = begins.search(before) or _FILM_BEFORE.search(before)
        if before.strip() and not quoted and said and not found.holds(*match.span()):
            _add(query, *match.span(), [" ".join(_WORD.findall(match["name"].lower()))], found)


def _add(query: str, start: int, end: int, things: list[str], found: Found) -> None:
    found.spans.append((start, end))
    found.phrases.append(Phrase(" ".join(query[start:end].strip(" ,").split()), things=tuple(filter(None, things))))
