"""The parts of long titles by which people name a film: "Léon" and "The Professional" of "Léon: The Professional".

A title's parts are what stands before and behind a colon, a dash, "or", or a bracket at its end. They are no titles of
the film: `parts_table` keeps them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .title_folding import fold_title

_BETWEEN_PARTS = re.compile(
    r""":\s+(?:or\b[\s,:]*(?=[(A-Z]))?
    | ,?\s+(?:or|ou|oder)(?:[:,]\s*|\s+(?=\())
    | ,\s+(?:or|ou|oder)\s+
    | \s+[-–—/]\s+
    | \s+(?=[(\[][^()\[\]]*[)\]]$)""",
    re.IGNORECASE | re.VERBOSE,
)
_MOST_PARTS = 4
_LATER = frozenset("two three four five six seven eight nine ten ii iii iv v vi vii viii ix x 2 3 4 5 6 7 8 9".split())
_TELLING_NOTHING = _LATER | frozenset(
    """a an the this that one i first second third last final new next part pt parts volume vol chapter episode season
    book act number no teil partie parte movie film feature picture video series sequel prequel remake musical special
    documentary short story tale legend beginning origin origins end ending return returns conclusion director directors
    s cut edition version extended original and of""".split()
)
_WORD = re.compile(r"[^\W_]+")


def title_parts(title: str) -> Iterator[tuple[str, bool]]:
    """(part, folded; whether the title begins with it) for the parts of a title.

    Words that would name many films are none ("The Movie"), nor is the name of a series before a later number alone:
    "Dune" is not "Dune: Part Two".
    """
    segments = [segment.strip(" ()[]") for segment in _BETWEEN_PARTS.split(title)]
    segments = [segment for segment in segments if segment][:_MOST_PARTS]
    for cut in range(1, len(segments)):
        beginning, end = " ".join(segments[:cut]), " ".join(segments[cut:])
        words = _WORD.findall(end.lower())
        if _tells(beginning) and (_tells(end) or _LATER.isdisjoint(words)):
            yield fold_title(beginning), True
        if _tells(end):
            yield fold_title(end), False


def _tells(part: str) -> bool:
    """Whether any word of a part tells which film it is."""
    return any(not (word in _TELLING_NOTHING or word.isdecimal()) for word in _WORD.findall(part.lower()))
