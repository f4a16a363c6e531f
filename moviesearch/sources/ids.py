"""Ids for films that have none, and the check for films that a source holds twice.

A made id is the title and the year, such as `the-departed-2006`. It is the same in every run and on every machine.
Eight hexadecimal digits of a digest follow (`dont-look-now-1973~42f98f22`) where the title can't be rebuilt from its
words (`M!`, `Don't Look Now`), or where the film has a page or a director: films that differ in these get different
ids. A film that still has the id of an earlier one in its source, and another plot, gets `~2`, the next `~3`, in the
source's order. Ids that a source gives itself stay: where it gives one twice, title and year decide whether that is one
film, told again, or a mistake.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from hashlib import blake2b
from zlib import crc32

from moviesearch.records import Movie, Rejected

from .fields import MAX_ID_BYTES, shown
from .placeholders import is_nothing

# Room for a year, a digest and a number: "-2006~0123abcd~1234567".
_SLUG_BYTES = MAX_ID_BYTES - 24
_MOST_FIELDS = 250
_SMALL_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with")
)


def made_id(title: str, year: int | None = None, page_or_director: str = "") -> str:
    """Make an id of a title (as Movie has it), a year, and the film's page or, without one, its director."""
    words = _words(title)
    slug = "-".join(words)
    short = slug.encode()[:_SLUG_BYTES].decode(errors="ignore")
    # Without its year, "Blade Runner 2049" must not look like a "Blade Runner" of 2049.
    ends_like_year = year is None and len(words) > 1 and len(words[-1]) == 4 and words[-1].isdigit()
    lossless = short == slug and _title_of(words) == title and not ends_like_year and not page_or_director
    dated = short or "film"
    if year is not None:
        dated += f"-{year}"
    return dated if lossless else f"{dated}~{_digest(title, page_or_director, size=4).hex()}"


def id_of(movie: Movie) -> str:
    """Make an id of a film's title and year, and its page or director where they are known."""
    return made_id(movie.title, movie.year, _page_or_director(movie))


class FilmIds:
    """The ids that one source's films have so far; a film takes little memory, however long its plot."""

    def __init__(self) -> None:
        """Start with no film."""
        self._traces: dict[str, _Trace] = {}  # by id
        # Of films that nothing but their plots tell apart: their facts -> where the first with that plot stands.
        self._plots: dict[bytes, str] = {}
        # Made id -> the last number that followed it ("~2").
        self._numbered: dict[str, int] = {}

    def admit(self, movie: Movie, file: str, where: str) -> Movie | Rejected:
        """Return the film with its id, or reject it: as a duplicate, or for an id that another film has.

        Of a film that is told several times with one id, the first is kept.
        """
        return self._with_own_id(movie, file, where) if movie.id else self._with_made_id(movie, file, where)

    def _with_own_id(self, movie: Movie, file: str, where: str) -> Movie | Rejected:
        trace = _Trace.of(movie, where)
        earlier = self._traces.setdefault(movie.id, trace)
        if earlier is trace:
            return movie
        line, title, year = earlier.where_title_year()
        if not _one_film((title, year), (movie.title, movie.year)):
            here = _named(movie.title, movie.year)
            reason = f"{shown(movie.id)} is the id of {_named(title, year)} in line {line}, and here of {here}"
            return Rejected(f"{file}:{where}", "id", reason)
        if differing := earlier.differing(movie):
            reason = f"the same film stands in line {line}, with another {_listed(differing)}; the first is kept"
            return Rejected(f"{file}:{where}", "", reason, duplicate=True)
        return _duplicate(file, where, line)

    def _with_made_id(self, movie: Movie, file: str, where: str) -> Movie | Rejected:
        trace = _Trace.of(movie, where)
        base = name = id_of(movie)
        earlier = self._traces.get(name)
        if earlier is None:
            self._traces[name] = trace
            return replace(movie, id=name)
        # Genres and the like don't count: a list that has one film under two countries has it twice.
        if earlier.identity == trace.identity:
            return _duplicate(file, where, earlier.where_title_year()[0])
        # Films of one made id are found again by their digest, not by going through all of them.
        line = self._plots.setdefault(trace.identity, where)
        if line != where:
            return _duplicate(file, where, line)
        number = self._numbered.get(base, 1)
        while name in self._traces:
            number += 1
            name = f"{base}~{number}"
            self._numbered[base] = number
        self._traces[name] = trace
        return replace(movie, id=name)


class _Trace(bytes):
    """What is remembered of a film: digests of all it says, its year, where it stands, and its title."""

    __slots__ = ()
    _IDENTITY, _YEAR, _FIELD = 8, 2, 2

    @classmethod
    def of(cls, movie: Movie, where: str) -> _Trace:
        """Remember a film that stands at a line."""
        identity = _digest(movie.title, movie.plot, movie.year, _page_or_director(movie), size=cls._IDENTITY)
        fields = _fields(movie)
        digests = b"".join(_checksum(name, value) for name, value in fields)
        year = (movie.year or 0).to_bytes(cls._YEAR)
        return cls(identity + year + bytes([len(fields)]) + digests + f"{where}\n{movie.title}".encode())

    @property
    def identity(self) -> bytes:
        """The digest of title, plot, year, and page or director."""
        return self[: self._IDENTITY]

    def where_title_year(self) -> tuple[str, str, int | None]:
        """(line, title, year)."""
        text = self[self._end_of_fields() :].decode()
        where, _, title = text.partition("\n")
        return where, title, int.from_bytes(self[self._IDENTITY : self._IDENTITY + self._YEAR]) or None

    def differing(self, movie: Movie) -> list[str]:
        """The names of the fields of which another telling of the film says something else, or something more."""
        start = self._IDENTITY + self._YEAR + 1
        checksums = {self[at : at + self._FIELD] for at in range(start, self._end_of_fields(), self._FIELD)}
        _, _, year = self.where_title_year()
        names = [name for name, value in _fields(movie) if _checksum(name, value) not in checksums]
        return ["year", *names] if year != movie.year else names

    def _end_of_fields(self) -> int:
        start = self._IDENTITY + self._YEAR + 1
        return start + self[start - 1] * self._FIELD


def _fields(movie: Movie) -> list[tuple[str, object]]:
    """(name, value) of what a film says beside its title and year."""
    fields: list[tuple[str, object]] = [("plot", movie.plot), ("genres", movie.genres), ("url", movie.url)]
    return [*fields, *sorted(movie.extra.items())][:_MOST_FIELDS]


def _one_film(a: tuple[str, int | None], b: tuple[str, int | None]) -> bool:
    """Whether title and year agree, as far as they are known."""
    (title, year), (other, other_year) = a, b
    same_title = "".join(_words(title)) == "".join(_words(other)) and bool(_words(title) or title == other)
    return same_title and (year is None or other_year is None or abs(year - other_year) <= 1)


def _named(title: str, year: int | None) -> str:
    return f"{shown(title)!r} ({year})" if year else repr(shown(title))


def _listed(names: list[str]) -> str:
    """Up to three names, as a message shows them."""
    names = [shown(name, 30) for name in names]
    if len(names) > 3:
        return f"{', '.join(names[:3])} and more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _digest(*parts: object, size: int) -> bytes:
    return blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=size).digest()


def _checksum(name: str, value: object) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return (crc32(f"{name}\n{text}".encode()) & 0xFFFF).to_bytes(2)


def _duplicate(file: str, where: str, line: str) -> Rejected:
    return Rejected(f"{file}:{where}", "", f"the same film stands in line {line}", duplicate=True)


def _page_or_director(movie: Movie) -> str:
    return movie.url or _director(movie)


def _director(movie: Movie) -> str:
    director = next((value for key, value in movie.extra.items() if key.strip().casefold() == "director"), None)
    if isinstance(director, str):
        return "" if is_nothing(director) else director
    return json.dumps(director) if director else ""


def _words(title: str) -> list[str]:
    # Marks are part of their letter: without them Hindi and Thai words fall to pieces.
    folded = unicodedata.normalize("NFC", title.replace("'", "").replace("’", "").casefold())
    return "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in folded).split()


def _title_of(words: list[str]) -> str:
    """Write words as titles usually are. A title that comes out equal needs no digest: only it has these words so."""
    return " ".join(
        word if index and word in _SMALL_WORDS else word[0].upper() + word[1:] for index, word in enumerate(words)
    )
