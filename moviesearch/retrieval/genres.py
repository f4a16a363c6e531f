"""A genre as a person writes it ("scifi", "rom com", "westerns", "horor") -> the genres that a collection has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Genres = Sequence[tuple[str, int]]
"""(genre, number of its films), the most frequent first."""

_MOST_LISTED = 40
"""Genres that a message lists: a collection may have thousands."""

_FILM_WORDS = frozenset(("film", "films", "movie", "movies", "flick", "flicks", "picture", "pictures"))
_SAME = {
    "sf": "sciencefiction",
    "scifi": "sciencefiction",
    "scyfy": "sciencefiction",
    "syfy": "sciencefiction",
    "romcom": "romanticcomedy",
    "romantic": "romance",
    "animated": "animation",
    "cartoon": "animation",
    "docu": "documentary",
    "doc": "documentary",
    "historical": "history",
    "biographical": "biography",
    "biopic": "biography",
    "bio": "biography",
    "adventurou": "adventure",
    "noir": "filmnoir",
    "childrens": "children",
    "kid": "children",
}
"""Other names of a genre, as `_key` has them."""

_NEXT_BEST = {
    "suspense": "thriller",
    "musical": "music",
    "music": "musical",
    "children": "family",
    "family": "children",
    "scary": "horror",
    "slasher": "horror",
    "gangster": "crime",
    "mob": "crime",
    "heist": "crime",
    "cowboy": "western",
    "lovestory": "romance",
    "anime": "animation",
    "whodunit": "mystery",
    "filmnoir": "crime",
    "biography": "history",
}
"""What is taken where a collection has no such genre."""

_TOGETHER = {"romanticcomedy": ("romance", "comedy"), "dramedy": ("drama", "comedy")}


@dataclass(frozen=True, slots=True)
class Meant:
    """The genres meant by a name: a film has to have one of each group. `note` tells a person what was taken."""

    groups: tuple[tuple[str, ...], ...]
    note: str = ""


def meant(asked: str, genres: Genres) -> Meant | None:
    """The genres of a collection that a name means; None where it can be none of them.

    A genre that is called just so, but for upper and lower case, is taken alone.
    """
    if exact := tuple(name for name, _ in genres if name.casefold() == asked.casefold()):
        return Meant((exact,))
    groups = _groups(asked, genres)
    if not groups:
        return None
    names = " and ".join(" or ".join(map(repr, group)) for group in groups)
    return Meant(groups, f"genre: taking {names} for {asked!r}")


def unknown(asked: str, genres: Genres) -> str:
    """What to tell a person who asked for a genre that no film has: the genres that there are."""
    if not genres:
        return f"no film here has the genre {asked!r}: none of them has any"
    listed = ", ".join(f"{_printable(name)} ({count:,})" for name, count in genres[:_MOST_LISTED])
    more = f" and {len(genres) - _MOST_LISTED:,} more" if len(genres) > _MOST_LISTED else ""
    return f"no film here has the genre {asked!r}. The genres are: {listed}{more}"


def _printable(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())


def _groups(asked: str, genres: Genres) -> tuple[tuple[str, ...], ...]:
    by_key: dict[str, list[str]] = {}
    for name, _ in genres:
        by_key.setdefault(_key(name), []).append(name)
    key = _key(asked)
    for keys in ((key,), (_NEXT_BEST.get(key, key),), _TOGETHER.get(key, (key,)), *_pairs(asked)):
        if key and all(part in by_key for part in keys):
            return tuple(tuple(by_key[part]) for part in keys)
    if key and (within := tuple(name for name, _ in genres if key in map(_key, re.split("[/&]", name)))):
        return (within,)  # "Action & Adventure"
    nearest = _misspelt(key, by_key)
    return (tuple(by_key[nearest]),) if nearest else ()


def _key(name: str) -> str:
    """A genre's name for comparing: one of the names that it has, in the singular, without accents and spaces."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    words = [word for word in re.sub(r"[-–_.'’/&+\s]+", " ", plain).split() if word != "and"]
    while len(words) > 1 and words[-1] in _FILM_WORDS:
        words.pop()
    key = _singular("".join(words)) if words else ""
    return _SAME.get(key, key)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _pairs(asked: str) -> Iterator[tuple[str, str]]:
    """Two genres in one name, such as "action comedy" and "Sci-Fi/Horror"."""
    for separator in re.finditer(r"\s*[/,&+|]\s*|\s+and\s+|\s+", asked):
        yield _key(asked[: separator.start()]), _key(asked[separator.end() :])


def _misspelt(key: str, by_key: dict[str, list[str]]) -> str | None:
    from rapidfuzz.distance import OSA

    names = {name: name for name in by_key} | {other: same for other, same in _SAME.items() if same in by_key}
    most = 0 if not key.isalpha() else 2 if len(key) >= 8 else 1 if len(key) >= 5 else 0
    slips = [(OSA.distance(key, name, score_cutoff=most), same) for name, same in names.items() if len(name) >= 5]
    nearest = {same for slip, same in slips if slip == min(slips)[0] <= most}
    return nearest.pop() if len(nearest) == 1 else None
