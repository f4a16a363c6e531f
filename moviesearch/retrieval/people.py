"""The people that a question names: directors and actors, as hints. Pure.

A full name counts ("with Tilda Swinton"), and a surname where it is said of a film ("the Kubrick one"). Films whose
records have a name are gathered, whatever else they are about. Characters of stories have names, too; so a name lifts
such a film, and costs others none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import islice, pairwise

from moviesearch.storage.attributes import last_name
from moviesearch.storage.title_folding import fold_title

from .hints import GENRE_WORDS, LONGEST_ASKING, ORIGIN_WORDS
from .patterns import late

_A_WORD = late(r"[^\W_]+")
_NAME_PART = late(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SHORTEST_SURNAME = 3
_RULED_OUT = late(
    r"(?:\b(?:not|no|without|minus|nor|neither|(?:is|was)nt)|n't)\s+(?:by\s+|with\s+|the\s+)?$", re.IGNORECASE
)
_SHORTEST_UNCUED = 4
_LONGEST_TERSE = 15
"""Words of a question so short that a surname may stand in it without more."""
_MOST = 12
"""Names of one question that are looked for."""

_CAPITAL = r"(?:(?:[A-Z]\.)+|[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’-]*)"
_ONE = rf"{_CAPITAL}(?![\w.'-]|\s+[A-Z])"
_PARTICLE = r"(?:de|del|della|di|da|dos|la|le|van|von|der|den|bin|al|el|ten|ter)"
_FULL = late(rf"\b{_CAPITAL}(?:[^\S\n]+(?:{_PARTICLE}[^\S\n]+){{0,2}}{_CAPITAL}){{1,4}}")
_KIND = r"(?:one|movie|film|flick|thriller|comedy|classic|western)"
_SURNAME = late(
    rf"""(?i:\b(?:directed|made|shot|film|movie|one|something|thriller|classic)\s+by\s+)(?P<by>{_ONE}|[a-z]{{4,}}\b)
    | (?i:\b(?:starring|stars|starred)\s+)(?P<stars>{_ONE})
    | (?i:\bwith\s+)(?P<with>{_ONE})(?=(?i:\s+(?:in\s+it|in\s+the\s+(?:lead|title)|starring|as\s+the\s+(?:lead|star))))
    | (?i:\b(?:the|that|an?|this|some|early|late|old|other)\s+)
      (?:(?P<the>{_CAPITAL})(?:\s+[a-z]\w*)?|(?P<lower>[a-z][\w'-]*))(?=\s+{_KIND}\b)
    | ^\s*(?P<first>{_CAPITAL}|[a-z]{{4,}})(?=\s+{_KIND}\b)""",
    re.VERBOSE,
)
_IN_LOWER_CASE = late(
    r"\b(?:with|by|starring|stars|starred|directed\s+by|played\s+by|director|actor|actress|like)\s+"
    r"([a-z][\w'.-]+)\s+([a-z][\w'.-]+)(?:\s+([a-z][\w'.-]+))?"
)
_A_KIND = late(rf"(?:{ORIGIN_WORDS}|{'|'.join(filter(None, GENRE_WORDS))}|movies?|films?)", re.IGNORECASE)
ALSO_WORDS = frozenset(
    """young old new rose hope love black white brown green gray grey king best day war christmas holiday short long
    hunt stone wood woods fox wolf bird bush hill field rivers rock knight bishop hunter church price power
    crime cage wild rich bond summer winter spring snow rain bridges banks baker cook
    first last only other same whole next second third good great bad big little""".split()
)
"""Surnames that are words, too: "Rose film" is no film with somebody called Rose."""
NO_NAMES = frozenset(
    """a an the and but or in of on to at as is are was were with without no not nor for from by her his its it it's i
    i'm he she they we you who this that these those there my your their our one two three four some any many all both
    man men woman women girl boy kid kids guy old young other which where when while""".split()
)
"""Words that are no part of a name."""


def people_in(text: str) -> tuple[str, ...]:
    """The names in a question that may be a film maker's, folded as titles are: full ones, and surnames with a cue."""
    names = dict.fromkeys(islice((fold_title(name) for name in _names(text)), 4 * _MOST))
    return tuple(name for name in names if name)[:_MOST]


def _names(text: str) -> Iterator[str]:
    for match in _SURNAME.finditer(text):
        name = next(filter(None, match.groups())).removesuffix("'s")
        is_word = name.lower() in NO_NAMES | ALSO_WORDS and not (match["the"] or match["stars"] or match["with"])
        if len(name) >= _SHORTEST_SURNAME and not is_word and not _A_KIND.fullmatch(name):
            yield name
    for match in _FULL.finditer(text):
        words = match[0].replace("'s ", " ").removesuffix("'s").split()
        for size in (2, 3, 4):
            windows = (words[first : first + size] for first in range(len(words) - size + 1))
            yield from (" ".join(name) for name in windows if not NO_NAMES.intersection(map(str.lower, name)))
    for match in _IN_LOWER_CASE.finditer(text):
        words = [word for word in match.groups() if word]
        if not NO_NAMES.intersection(words[:2]):
            yield " ".join(words[:2])
            if len(words) == 3 and words[2] not in NO_NAMES:
                yield " ".join(words)


def possible_names(text: str) -> list[str]:
    """One to three words in a row of a short question that may be a name typed in lower case, folded as titles are.

    Few are anybody's: which ones are has to be looked up. Surnames come last; who is ruled out ("not tom cruise") is
    not among them.
    """
    words = list(islice(_NAME_PART.finditer(text), LONGEST_ASKING + 1))
    if len(words) > LONGEST_ASKING:
        return []
    ruled_out = {
        at for at, word in enumerate(words) if _RULED_OUT.search(text, max(0, word.start() - 20), word.start())
    }
    full = [name for first in range(len(words)) if first not in ruled_out for name in _names_from(words, first, text)]
    names = dict.fromkeys(full)
    if len(words) <= _LONGEST_TERSE:
        alone = [word[0] for at, word in enumerate(words) if ruled_out.isdisjoint((at - 1, at))]
        alone = [word for word in alone if word.islower() and len(word) >= _SHORTEST_UNCUED]
        names |= {fold_title(word): None for word in alone if word not in NO_NAMES | ALSO_WORDS}
    return list(names)


def _names_from(words: Sequence[re.Match[str]], first: int, text: str) -> Iterator[str]:
    """What may be a name of two or three of the words, from the first on, with nothing but spaces between them."""
    parts = [words[first][0].lower()]
    for word, following in pairwise(words[first : first + 3]):
        parts.append(following[0].lower())
        gap = text[word.end() : following.start()]
        if not gap or gap.strip(" ") or not NO_NAMES.isdisjoint(parts):
            return
        is_lower = any(part[0].islower() for part in words[first : first + len(parts)])
        if is_lower and not ALSO_WORDS.issuperset(parts):
            yield fold_title(" ".join(parts))


def surnames_among(known: Collection[str], full_names: Collection[str]) -> list[str]:
    """Those of some names that are one word, no part of the full ones, and say no kind of film, as "french" does."""
    parts = {word for name in full_names for word in name.split()}
    return [name for name in known if " " not in name and name not in parts and not _A_KIND.fullmatch(name)]


def cut_names(text: str, people: Collection[str]) -> tuple[str, list[str]]:
    """A text without the names of people, folded, and the words of these names, in lower case.

    Of those that are one word, only the first goes.
    """
    words = list(_A_WORD.finditer(text))
    folded = [fold_title(word[0]) for word in words]
    longest = max((name.count(" ") + 1 for name in people), default=0)
    kept, position, at = [], 0, 0
    cut: list[str] = []
    single: set[str] = set()
    while at < len(words):
        sizes = range(min(longest, len(words) - at), 0, -1)
        size = next((size for size in sizes if (name := " ".join(folded[at : at + size])) in people), 0)
        name = " ".join(folded[at : at + size])
        if size and name not in single:
            kept.append(text[position : words[at].start()])
            position = words[at + size - 1].end()
            cut += [word[0].lower() for word in words[at : at + size]]
            single |= {name} if size == 1 else set()
        at += max(1, size)
    kept.append(text[position:])
    return " ".join(" ".join(kept).split()), cut


def known_people(names: Collection[str], people: Collection[str]) -> tuple[str, ...]:
    """Those of a film's people, as its record has them, that are among names as `people_in` gives them."""
    met = []
    for person in people:
        folded = _folded(person)
        if folded in names or last_name(folded) in names:
            met.append(person)
    return tuple(met)


@lru_cache(maxsize=8192)
def _folded(person: str) -> str:
    return fold_title(person)
