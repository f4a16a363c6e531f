"""What all ways of saying what a film is not share: a phrase, and what can stand before and behind it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from .hints import Hints
from .patterns import late

People = Callable[[Sequence[str]], Collection[str]]
"""Folded names -> those of them that somebody in a film's record has, as a whole name or a surname."""

MOST = 20
"""Phrases of one kind in one question that are looked at."""

LOOK_BACK = 40
"""Characters before a phrase that are looked at."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing that a question says its film is not: as it is said, and as hints or as things in lower case.

    A thing may be of several words. With neither, it is something that no record tells.
    """

    said: str
    hints: Hints = Hints()
    things: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it can count against films."""
        return self.hints != Hints() or bool(self.things)


@dataclass(slots=True)
class Found:
    """The phrases found in a question so far, and where they stand."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    phrases: list[Phrase] = field(default_factory=list)

    def holds(self, start: int, end: int) -> bool:
        """Whether some of this span is part of a phrase."""
        return any(first < end and start < last for first, last in self.spans)


FILM_NOUN = (
    r"(?:movies?|films?|flicks?|pictures?|one|ones|version|remake|original|adaptation|show|stor(?:y|ies)|genre|thing"
    r"|stuff)"
)
"""What people call a film where they say what it is not, as a regular expression."""

ENDS = (
    r"(?=\s*(?:$|[.,;:!?()\[\]\n/*\"]|[-–—]\s|(?:but|and|or|nor|just|though|tho|more|rather|because|since|please|pls|if|i"
    r"|it|at|btw|lol|either|obviously|exactly|really|per\s+se|thanks?|set|where|about|from)\b))"
)
"""What stands behind a phrase, as a regular expression that takes none of it."""

CLAUSE_BEGINS = late(
    r"(?:^|[.!?;:,()\[\]\n\"–—]|\s-)\s*(?:(?:but|and|also|so|definitely|certainly|there|is|are|has|have|it|it's|with|please"
    r"|ps|edit|note|or|nor|no|again)\b[\s:]*){0,4}$",
    re.IGNORECASE,
)
"""What stands before a phrase that begins a clause."""
