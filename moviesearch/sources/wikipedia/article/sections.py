"""The plain text of an article -> its sections -> its plot. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

PLOT_TITLES = (
    "plot",
    "plot summary",
    "synopsis",
    "plot synopsis",
    "story",
    "storyline",
    "premise",
    "plot outline",
    "plot overview",
    "summary",
)
"""What a plot section is called, the best name first."""

_HEADING = re.compile(r"^[ \t]*(={1,6})[ \t]*(.+?)[ \t]*\1[ \t]*$", re.MULTILINE)
_MARKS = re.compile(
    r"\[(?:\d+|[a-z]|(?:note|nb|n|lower-alpha) ?\d+|citation needed|clarification needed|sic|who\?|when\?|edit)\]",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"\{\\displaystyle[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_EMPTY_BRACKETS = re.compile(r" ?\([\s,;:/–—-]*\)|(?<=\()[\s,;]+(?=\w)")
_ODD_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u200e\u200f\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
_SPACE_BEFORE_MARK = re.compile(r" +([,.;:!?])(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of an article with the text up to the next heading; the lead has level 0 and no title."""

    level: int
    title: str
    text: str


def sections(text: str) -> list[Section]:
    """Cut a text at its `== headings ==`; the lead is always first, empty where the page has none."""
    found: list[Section] = []
    level, title, start = 0, "", 0
    for heading in _HEADING.finditer(text):
        found.append(Section(level, title, text[start : heading.start()].strip()))
        level, title, start = len(heading[1]), heading[2].strip(), heading.end()
    found.append(Section(level, title, text[start:].strip()))
    return found


def is_plot_title(title: str) -> bool:
    """Tell whether a section of this title is a plot section."""
    return _named(title) in PLOT_TITLES


def plot_sections(parts: Iterable[Section]) -> tuple[Section, ...]:
    """Return the plot section with all below it, in order; nothing where there is none.

    Only an outermost section counts: a "Plot" below "Sequel" tells another film. An empty plot section gives way to
    one of another usual name.
    """
    trees: list[list[Section]] = []
    outermost = 0
    for part in parts:
        if part.level and (not trees or part.level <= outermost):
            outermost = part.level
            trees.append([])
        if part.level:
            trees[-1].append(part)
    empty: tuple[Section, ...] = ()
    for name in PLOT_TITLES:
        told = [part for tree in trees if _named(tree[0].title) == name for part in tree]
        if any(part.text for part in told):
            return tuple(told)
        empty = empty or tuple(told)
    return empty


def _named(title: str) -> str:
    return title.casefold().rstrip(" :")


def clean(text: str) -> str:
    """Take out what page layout leaves in a text; one paragraph, or item of a list, is one line."""
    text = _FORMULA.sub("", _INVISIBLE.sub("", _MARKS.sub("", text)))
    text = _SPACE_BEFORE_MARK.sub(r"\1", _ODD_SPACES.sub(" ", _EMPTY_BRACKETS.sub("", text)))
    return "\n".join(line for part in text.splitlines() if (line := part.strip()))


def plot_of(parts: Iterable[Section]) -> tuple[str, str]:
    """Return the plot as clean text and "", or "" and the reason why there is none."""
    told = plot_sections(parts)
    if not told:
        return "", "it has no plot section"
    text = "\n".join(line for part in told if (line := clean(part.text)))
    return (text, "") if text else ("", f"its section {told[0].title!r} is empty")
