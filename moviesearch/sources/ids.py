"""Ids for films that have none, and films that a source tells twice.

A made id is the title and the year, such as `the-departed-2006`, and the same in every run and on every machine.
Nothing that tells two films apart is lost: where the title can't be got back from its words (`M!`, `Don't Look Now`),
and where the film has a page or a director to know it by, eight hexadecimal digits of a digest follow:
`dont-look-now-1973~42f98f22`. A film that still has the id of an earlier one in its source, and another plot, gets
`~2`, the next `~3`, in the source's order.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from hashlib import blake2b

from moviesearch.records import Movie, Rejected

from .fields import MAX_ID_BYTES, shown

_DIGEST_BYTES = 8
# Room for a year, a digest and a number: "-2006~0123abcd~1234567".
_SLUG_BYTES = MAX_ID_BYTES - 24
_SMALL_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with")
)


def made_id(title: str, year: int | None = None, known_by: str = "") -> str:
    """Make an id of a title (as Movie has it), a year, and a page or director the film is known by."""
    words = _words(title)
    slug = "-".join(words)
    short = slug.encode()[:_SLUG_BYTES].decode(errors="ignore")
    # Without its year, "Blade Runner 2049" must not look like a "Blade Runner" of 2049.
    ends_like_year = year is None and len(words) > 1 and len(words[-1]) == 4 and words[-1].isdigit()
    plain = short == slug and _title_of(words) == title and not ends_like_year and not known_by
    dated = short or "film"
    if year is not None:
        dated += f"-{year}"
    return dated if plain else f"{dated}~{_digest(title, known_by, size=4).hex()}"


class FilmIds:
    """The ids of one source so far: a few dozen bytes a film, whatever the length of its plot."""

    def __init__(self) -> None:
        """Start with no film."""
        self._seen: dict[str, bytes] = {}
        self._numbered: dict[str, int] = {}

    def admit(self, movie: Movie, file: str, where: str) -> Movie | Rejected:
        """Give the film its id, or reject it: told before, or under an id that another film has."""
        return self._own(movie, file, where) if movie.id else self._made(movie, file, where)

    def _own(self, movie: Movie, file: str, where: str) -> Movie | Rejected:
        digest = _digest(
            movie.title, movie.plot, movie.year, movie.genres, movie.url, dict(movie.extra), size=_DIGEST_BYTES
        )
        earlier = self._seen.get(movie.id)
        if earlier is None:
            self._seen[movie.id] = digest + where.encode()
            return movie
        line = earlier[_DIGEST_BYTES:].decode()
        if earlier.startswith(digest):
            return _told_before(file, where, line)
        return Rejected(f"{file}:{where}", "id", f"{shown(movie.id)} is the id of another film, in line {line}")

    def _made(self, movie: Movie, file: str, where: str) -> Movie | Rejected:
        known_by = movie.url or _director(movie)
        # Genres and the like may differ: a list that tells one film under two countries tells it twice.
        digest = _digest(movie.title, movie.plot, movie.year, known_by, size=_DIGEST_BYTES)
        first = name = made_id(movie.title, movie.year, known_by)
        # Films of one made id are found again by their digest, not by going through all of them.
        earlier = self._seen.get(name, b"")
        if earlier and not earlier.startswith(digest):
            again = f"{first}\n{digest.hex()}"
            earlier = self._seen.get(again, b"")
            if not earlier:
                self._seen[again] = digest + where.encode()
        if earlier:
            return _told_before(file, where, earlier[_DIGEST_BYTES:].decode())
        number = self._numbered.get(first, 1)
        while name in self._seen:
            number += 1
            name = f"{first}~{number}"
            self._numbered[first] = number
        self._seen[name] = digest + where.encode()
        return replace(movie, id=name)


def _digest(*parts: object, size: int) -> bytes:
    return blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=size).digest()


def _told_before(file: str, where: str, line: str) -> Rejected:
    return Rejected(f"{file}:{where}", "", f"the same film stands in line {line}", duplicate=True)


def _director(movie: Movie) -> str:
    found = next((value for key, value in movie.extra.items() if key.strip().casefold() == "director"), None)
    return found if isinstance(found, str) else json.dumps(found) if found else ""


def _words(title: str) -> list[str]:
    # Marks are part of their letter: without them Hindi and Thai words fall to pieces.
    folded = unicodedata.normalize("NFC", title.replace("'", "").replace("’", "").casefold())
    return "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in folded).split()


def _title_of(words: list[str]) -> str:
    """Write words the usual way. A title that comes out equal needs no digest: no other title has its words so."""
    return " ".join(
        word if place and word in _SMALL_WORDS else word[0].upper() + word[1:] for place, word in enumerate(words)
    )
