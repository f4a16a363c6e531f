"""What a question says its film is not: "not from the 90s", "no horror", "not the American one". Pure.

Each such phrase is cut out of the question, so that its words draw no film. It becomes hints that count against a film
which meets all of them, or a thing that counts against films whose passages speak of it. Stories are full of what is
not, too ("a world without children", "he is not American"): these are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .hints import Hints, genres_in, is_plot
from .named_titles import Titles
from .negations import LOOK_BACK, Found, People, Phrase
from .patterns import late
from .unwanted_kinds import find_kinds
from .unwanted_people import find_people
from .unwanted_things import find_things


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

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Those of them that no record tells."""
        return tuple(dict.fromkeys(phrase.said for phrase in self.phrases if not phrase.counts))


_MAY_BE = late(
    r"\b(?:not?|nor|neither|non\w*|nothing|without|minus|less|hate|avoid|dislike|detest|loathe|can(?:'?|no)t\s+stand"
    r"|(?:is|was|are|were|do|did|does|would)n?'?t|anything\s+but|other\s+than|except|free)\b",
    re.IGNORECASE,
)


def find_unwanted(query: str, people: People | None = None, titles: Titles | None = None) -> Unwanted:
    """What a question says its film is not; a long text that hardly speaks of films is a plot, and says nothing.

    Without `people`, fewer ways to say whom it is not with are understood; without `titles`, a title may be a thing.
    """
    if not _MAY_BE.search(query) or is_plot(query):
        return Unwanted(query)
    found = Found()
    find_kinds(query, found)
    find_people(query, found, people)
    find_things(query, found, titles)
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


def less(query: str, spans: Iterable[tuple[int, int]]) -> str:
    """A question less some spans, and less the commas, brackets and little words that only led to them."""
    pieces: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if start >= position:
            piece = query[position:start]
            tail = max(0, len(piece) - LOOK_BACK)
            led_to_it = _LED_TO_IT.search(piece, tail)
            kept = piece[: led_to_it.start()] if led_to_it else piece
            pieces.append(kept)
            if "(" in piece[len(kept) :] and query.startswith(")", end):
                end += 1
        position = max(position, end)
    return " ".join([*pieces, query[position:].removeprefix(",") if not "".join(pieces).strip() else query[position:]])
