"""What a list holds: its entries, what could not be read, and a title with its year taken apart."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape

from moviesearch.sources.placeholders import is_no_title, is_nothing
from moviesearch.sources.sorted_titles import article_first
from moviesearch.sources.years import YEARS, year_in


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A film of a list. `number` is its line, or its place in a JSON list.

    `ticked` is whether a list that ticks off what was seen has ticked it; None where it doesn't say.
    """

    title: str
    year: int | None = None
    number: int = 0
    other_title: str = ""
    ticked: bool | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no film, and why: `place` is "line 17"."""

    place: str
    reason: str

    def __str__(self) -> str:
        """`line 17: has no title`."""
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class FilmList:
    """A list as it was read. `notes` tell a person how it was taken."""

    entries: tuple[ListEntry, ...]
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def report(self) -> tuple[str, ...]:
        """What a person should know: the notes, and how much could not be read."""
        return (*self.notes, *([_counted(self.unread)] if self.unread else []))


@dataclass(slots=True)
class Reading:
    """A list while it is read. `unit` is what its places are called."""

    unit: str = "line"
    entries: list[ListEntry] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    odd_years: list[Unread] = field(default_factory=list)
    shows: int = 0
    notes: list[str] = field(default_factory=list)

    def add(
        self, number: int, title: str, year: object = None, other_title: str = "", ticked: bool | None = None
    ) -> None:
        """Add a film whose title may hold its year too; `year` is whatever the list has in its place for it."""
        stated_year = year_in(year)
        name, year_in_title = dated(unescape(title) if "&" in title else title)
        if is_no_title(name):
            self.fail(number, "has no title")
            return
        if year_in_title is None and stated_year is None and not _is_no_year(year):
            self.odd_years.append(Unread(f"{self.unit} {number}", repr(str(year)[:40])))
        year = year_in_title or stated_year
        name = article_first(name, beside_year=year is not None)
        other_title = article_first(other_title.strip()) or _before_brackets(name)
        self.entries.append(ListEntry(name, year, number, "" if other_title == name else other_title, ticked))

    def fail(self, number: int, reason: str) -> None:
        """Note a line that is no film."""
        self.unread.append(Unread(f"{self.unit} {number}", reason))

    def result(self) -> FilmList:
        """The list as far as it was read."""
        notes = list(self.notes)
        if self.shows:
            several = f"{self.shows:,} series and episodes are left out: they are no films"
            notes.append("1 series or episode is left out: it is no film" if self.shows == 1 else several)
        if self.odd_years:
            years = "1 year is" if len(self.odd_years) == 1 else f"{len(self.odd_years):,} years are"
            notes.append(f"{years} not understood and left open, such as {self.odd_years[0]}")
        return FilmList(tuple(self.entries), tuple(self.unread), tuple(notes))


_BRACKETS = re.compile(r"[(\[]([^()\[\]]{1,100})[)\]]")
_YEAR_IN_BRACKETS = re.compile(
    r"(?:[^,;]*(?:[,;][^,;]*)*[,;]\s*)?(\d{4})(?:\s*[-–—/]\s*(?:\d{2,4}|[IVX]+)?)?(?:\s*[,;].*)?", re.DOTALL
)
_NAMESAKE = re.compile(r" \([IVX]+\)$")
"""As IMDb numbers films of one name and year: "Split (II) (2016)"."""


def dated(line: str) -> tuple[str, int | None]:
    """Return (title, year) of a title with "(YEAR)" behind it, or (title, None) of one without.

    "(Director, YEAR)" and "(YEAR–YEAR)" count as well, and what follows is a remark and goes.
    """
    text = line.strip()
    for bracket in _BRACKETS.finditer(text):
        year = _YEAR_IN_BRACKETS.fullmatch(bracket[1].strip())
        title = text[: bracket.start()].rstrip()
        if year and title and int(year[1]) in YEARS:
            namesake = _NAMESAKE.search(title[-10:])
            return title.removesuffix(namesake[0]) if namesake else title, int(year[1])
    return text, None


def _before_brackets(title: str) -> str:
    """A title less other titles in brackets: "The Lamp" of "The Lamp (La Lampe)"; "" where it has none."""
    name, bracket, _ = title.partition(" (")
    return name if bracket and title.endswith(")") else ""


def latest_year() -> int:
    """The last year that a number at a title's end is taken for: "Blade Runner 2049" is none of this time."""
    return time.gmtime().tm_year + 3


def _is_no_year(value: object) -> bool:
    return value is None or value == 0 or (isinstance(value, str) and (is_nothing(value) or value.strip(" .0") == ""))


def _counted(unread: Sequence[Unread]) -> str:
    unit = unread[0].place.split()[0]
    if len(unread) == 1:
        return f"1 {unit} could not be read: {unread[0]}"
    return f"{len(unread):,} {unit}s could not be read, such as {unread[0]}"
