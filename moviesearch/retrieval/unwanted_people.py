"""Whom a question says its film is not with, or not by. Pure.

Characters of stories are gone without, too ("a life without Anna Lee"). So behind "without" and "no" a name counts
only where the record of some film has it; behind "not with" and in "not the Spike Lee version" any name does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from moviesearch.storage.title_folding import fold_title

from .hints import Hints
from .negations import ENDS, LOOK_BACK, MOST, Found, People, Phrase
from .patterns import FILM, late
from .people import ALSO_WORDS, NO_NAMES, people_in

_CAPITAL = r"(?:(?:[A-Z]\.)+|[A-Z][\w'-]*)"
_NAME = rf"(?:{_CAPITAL}(?:\s+(?:{_CAPITAL}|de|del|di|la|van|von)){{0,3}})"
_NOT_WITH = late(
    rf"(?i:\bnot\s+(?:the\s+|that\s+)?(?:(?:one|version|movie|film|remake)s?\s+)?(?:with|by|starring|from|directed\s+by)\s+){_NAME}"
    rf"|(?i:\bnot\s+(?:the|a|an)\s+){_NAME}(?i:\s+(?:one|version|movie|film|remake|flick)\b)"
)
_WITHOUT = late(
    r"""\b(?:without|minus|(?:with\s+)?(?:no|neither)|nothing\s+(?:with|by|from)|anything\s+but|except(?:\s+for)?|other\s+than
    |(?P<by>(?:is|was)(?:n'?t|\s+not)\s+(?:with|by|starring|directed\s+by)|not\s+(?:by|starring|directed\s+by))
    |not\s+(?:the\s+|that\s+)?(?:(?:one|version|movie|film|remake)s?\s+)?(?:with|by|starring|featuring|from|directed\s+by)
    |(?:do|does|did|should|must)(?:n'?t|\s+not)\s+(?:have|star|feature|include|involve)|(?P<not>not))
    \s+(?:any\s+)?(?=\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_NOT_THE = late(
    rf"\bnot\s+(?:the|that|an?)\s+(?P<name>[^\W\d_][^\n.,;!?()]{{2,40}}?)\s+(?:one|version|movie|film|remake|flick)\b{ENDS}",
    re.IGNORECASE,
)
_NOT_IN_IT = late(
    r"(?<=\w)\s{1,3}(?:(?:is|was)(?:n'?t|\s+not)\s+in\s+(?:it|this|that)(?:\s+(?:one|movie|film))?|(?:does|did)(?:n'?t|\s+not)"
    rf"\s+(?:star|play|appear|act)(?:\s+in\s+(?:it|this|that)(?:\s+(?:one|movie|film))?)?){ENDS}",
    re.IGNORECASE,
)
_A_WORD = late(r"[^\W_]+(?:['’-][^\W_]+)*\.?")
_BEHIND = late(
    rf"(?:\s+(?:in\s+(?:it|this|that)|at\s+all|involved|anywhere))?{ENDS}|\s+(?:in|as|this)\b", re.IGNORECASE
)
_FILM_BEFORE = late(rf"\b(?:{FILM}|thriller|comedy|western|one)[\s,(]*(?:but\s+)?$", re.IGNORECASE)
_SOMEBODY_IS = late(r"(?:'s|'m|'re|\b(?:is|was|are|were|am|be|been|its|im|hes|shes))\s+(?:\w+\s+)?$", re.IGNORECASE)
_IT_IS = late(r"\b(?:it'?s|(?:it|actor|actress|star|director|lead|guy)\s+(?:is|was))\s+(?:\w+ly\s+)?$", re.IGNORECASE)
_AND_THEN = late(r"\s*(?:,\s*|,?\s*\b(?:and|or|nor)\s+)(?:no\s+|without\s+|with\s+|by\s+)?(?=\w)", re.IGNORECASE)
_PARTICLES = frozenset("de del della di da la le van von der den".split())
_LONGEST_NAME = 4
_SHORTEST_SURNAME = 4


def find_people(query: str, found: Found, people: People | None) -> None:
    """Add the people that the question says its film is not with; without `people`, who is in no record counts too."""
    if people:
        _find_other_versions(query, found, people)
    for match in islice(_NOT_WITH.finditer(query), MOST):
        names = people_in(match[0])
        if names and not found.holds(*match.span()):
            _add(query, *match.span(), names, found)
    if not people:
        return
    for match in islice(_WITHOUT.finditer(query), MOST):
        ends, names = _names_behind(query, match, people)
        if names and not found.holds(match.start(), ends):
            _add(query, match.start(), ends, names, found)
    for match in islice(_NOT_IN_IT.finditer(query), MOST):
        if (before := _name_before(query, match.start(), people)) and not found.holds(before[0], match.end()):
            _add(query, before[0], match.end(), before[1], found)


def _find_other_versions(query: str, found: Found, people: People) -> None:
    """Add the people by whom the question tells a film from its own: "not the al pacino one"."""
    for match in islice(_NOT_THE.finditer(query), MOST):
        name = match["name"]
        forms = dict.fromkeys([*_forms(name), (fold_title(name),)], match.start())
        is_word = name.lower() in ALSO_WORDS | NO_NAMES or len(name) < _SHORTEST_SURNAME
        if not is_word and (known := next(_known(forms, people), None)):
            _add(query, *match.span(), known, found)


def _add(query: str, start: int, end: int, names: tuple[str, ...], found: Found) -> None:
    found.spans.append((start, end))
    found.phrases.append(Phrase(" ".join(query[start:end].split()), Hints(people=names)))


def _names_behind(query: str, cue: re.Match[str], people: People) -> tuple[int, tuple[str, ...]]:
    """Where the names of people that begin behind a cue end, and the names, folded; none where nobody has the first."""
    before = query[max(0, cue.start() - LOOK_BACK) : cue.start()]
    of_film = bool(cue["by"] or _FILM_BEFORE.search(before))
    by_full_name = of_film or bool(_IT_IS.search(before)) or not _SOMEBODY_IS.search(before)
    names: tuple[str, ...] = ()
    end = at = cue.end()
    while not (cue["not"] and not by_full_name) and len(names) < MOST:
        found = _name_at(query, at, people, surnames=of_film or bool(names), lower=bool(cue["by"]))
        following = found and _AND_THEN.match(query, found[0])
        names, end = (names + found[1], found[0]) if found else (names, end)
        if not following:
            break
        at = following.end()
    return end, names


def _name_at(
    query: str, start: int, people: People, *, surnames: bool, lower: bool
) -> tuple[int, tuple[str, ...]] | None:
    """Where the name of somebody that begins at `start` ends, and the name, folded; None where nobody has it.

    It may be a surname where `surnames` says so, and one in lower case where `lower` does.
    """
    words = list(islice(_A_WORD.finditer(query, start, start + 80), _LONGEST_NAME))
    names: dict[tuple[str, ...], int] = {}
    for last in range(len(words), 0, -1):
        name = query[start : words[last - 1].end()].rstrip(".")
        end = start + len(name)
        if words[0].start() == start and "\n" not in name and _BEHIND.match(query, end):
            if last > 1:
                names |= dict.fromkeys(_forms(name), end)
            elif surnames and _is_surname(name, lower=lower):
                names[(fold_title(name),)] = end
    return next(((names[form], form) for form in _known(names, people)), None)


def _name_before(query: str, end: int, people: People) -> tuple[int, tuple[str, ...]] | None:
    """Where the full name of somebody that ends at `end` begins, and the name, folded."""
    words = list(_A_WORD.finditer(query, max(0, end - LOOK_BACK), end))[-_LONGEST_NAME:]
    names = {form: word.start() for word in words[:-1] for form in _forms(query[word.start() : end])}
    return next(((names[form], form) for form in _known(names, people)), None)


def _forms(name: str) -> Iterator[tuple[str, ...]]:
    """The folded forms of a full name: as it stands, and behind a particle ("de Niro") its last word."""
    words = name.split()
    lowered = {word.lower() for word in words}
    if len(words) < 2 or lowered & NO_NAMES or lowered <= ALSO_WORDS:
        return
    yield (fold_title(name),)
    if len(words) == 2 and words[0].lower() in _PARTICLES:
        yield (fold_title(words[1]),)


def _known(names: dict[tuple[str, ...], int], people: People) -> Iterator[tuple[str, ...]]:
    """Those of some names that somebody has, in their order."""
    known = people([form[0] for form in names]) if names else ()
    return (form for form in names if form[0] in known)


def _is_surname(name: str, *, lower: bool) -> bool:
    is_written_so = lower or name[0].isupper()
    return len(name) >= _SHORTEST_SURNAME and is_written_so and name.lower() not in ALSO_WORDS | NO_NAMES
