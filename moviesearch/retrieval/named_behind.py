"""Titles ruled out by what stands behind them: "Jaws excluded", "my friend says Jaws, but it isn't". Pure.

People of stories are not who others think, too ("she thinks it is Laura, but it isn't"). So the title has to begin a
clause, or to be what somebody said whom the person who asks speaks of as their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from .named_titles import CLAUSE_BEGINS, Rare, Title, Titles, of_year, title_before
from .patterns import late

_ENDS = r"(?=\s*(?:$|[.,;:!?()\[\]\n]|[-–—]\s|(?:but|and|or|though|tho|i|because|since|so|please)\b))"
_IT_IS_NOT = (
    r"(?:(?:it|that)(?:'?s|\s+is|\s+was)\s+(?:definitely\s+|certainly\s+|really\s+)?not|(?:it|that)\s+(?:is|was|ai)n'?t)"
    r"(?:\s+(?:it|that|that\s+one|the\s+one))?"
)
_BEHIND = late(
    rf"""(?<=[\w"'*)\]])(?:
    (?P<excluded>[\s,:(–-]{{1,3}}(?:(?:is|was)\s+)?(?:excluded|excepted|ruled\s+out|not\s+included|doesn'?t\s+count))\)?
    | (?P<not_it>[\s,;:.–-]{{1,3}}(?:{_IT_IS_NOT}
        |(?:is|was)(?:n'?t|\s+not)\s+(?:it|what\s+i'?\w*|the\s+(?:movie|film|one\s+i'?\w*))))
    | (?P<already>\s{{1,3}}already)
    | (?P<said>[\s,;:.–-]{{1,3}}(?:but|though|and|yet)?\s*(?:{_IT_IS_NOT}|no|nope|wrong))
    ){_ENDS}""",
    re.IGNORECASE | re.VERBOSE,
)
_SAYS = late(
    r"""\b(?:i|we|my\s+\w+(?:\s+\w+)?|people|google|chatgpt|gpt|reddit|imdb|everyone|everybody|friends?)\s+(?:\w+\s+){0,2}?
    (?:says?|said|saying|suggest(?:s|ed|ing)?|think|thinks|thought|guess(?:ed)?|told\s+me|tell(?:s|ing)?\s+me|recommend(?:s|ed)?
    |mention(?:s|ed)?|insists?|claims?)\s+(?:that\s+)?(?:it'?s\s+|it\s+(?:is|was|might\s+be|could\s+be|must\s+be)\s+|of\s+
    |maybe\s+)?(?:the\s+(?:movie|film)\s+)?["'*]?$""",
    re.IGNORECASE | re.VERBOSE,
)
_SEEN = late(
    r"(?:^|[.!?;:,(\n]|\b(?:i|we|i'?ve|we'?ve|have))\s*(?P<seen>\b(?:seen|saw|watched|know(?:\s+about)?)\s+)$",
    re.IGNORECASE,
)
_MAY_BE = late(r"\b(?:not|no|nope|wrong|excluded|excepted|ruled|count|already|(?:is|was|ai)n'?t)\b", re.IGNORECASE)
_MOST = 20
_LOOK_BACK = 80


def ruled_out_behind(
    query: str, titles: Titles, rare: Rare | None = None
) -> Iterator[tuple[list[str], tuple[int, int]]]:
    """The ids of the films of each such title, and where the question says so."""
    for match in islice(_BEHIND.finditer(query), _MOST) if _MAY_BE.search(query) else ():
        for title in title_before(query, match.start(), titles):
            start = _begins(query, title, match, rare)
            if start >= 0:
                films, _ = of_year(query, title, None)
                yield films, (start, match.end())
                break


def _begins(query: str, title: Title, match: re.Match[str], rare: Rare | None) -> int:
    """Where the statement begins that rules a title out; -1 where the title may be a word or a name of a story."""
    before = query[max(0, title.start - _LOOK_BACK) : title.start]
    is_rare = bool(rare and rare(query[title.start : title.end].strip("\"'*")))
    if title.one_word and not title.quoted and title.lower and not is_rare:
        return -1
    if match["already"]:
        seen = _SEEN.search(before)
        return title.start - len(before) + seen.start("seen") if seen else -1
    if says := _SAYS.search(before):
        return title.start - len(before) + says.start()
    if not CLAUSE_BEGINS.search(before) or (title.one_word and not title.quoted and not (match["excluded"] or is_rare)):
        return -1
    return title.start if match["excluded"] or match["not_it"] else -1
