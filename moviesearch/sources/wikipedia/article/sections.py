"""The plain text of an article -> its sections -> its plot. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from moviesearch.sources.placeholders import is_no_plot

from .languages import ENGLISH, Words

PLOT_TITLES = (
    "film plot",
    "plot",
    "plotline",
    "plot details",
    "plot summary",
    "synopsis",
    "plot synopsis",
    "plot and synopsis",
    "story",
    "storyline",
    "story summary",
    "premise",
    "plot outline",
    "plot overview",
    "summary",
)
"""The titles of plot sections as `_usual_title` gives them, the best first."""

_SPACES = r"[ \t\u00a0\u2000-\u200a\u202f\u205f]"
_HEADING = re.compile(rf"^{_SPACES}*(={{1,6}})(.+?)\1{_SPACES}*$", re.MULTILINE)
_MARKS = re.compile(
    r"\[(?:\d+|[a-z]|(?:note|nb|n|lower-alpha) ?\d+|citation needed|clarification needed|sic|who\?|when\?|edit)\]",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"\{\\displaystyle[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_EMPTY_BRACKETS = re.compile(r" ?\([\s,;:/–—-]*\)|(?<=\()[\s,;]+(?=\w)")
_ODD_SPACES = re.compile(rf"{_SPACES}+")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u200e\u200f\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
_FRACTION = re.compile(r"(\d)\+(?=\d+/\d)")
_SAME_SIGNS = str.maketrans({"⁄": "/", "\u2011": "-"})
_SPACE_BEFORE_MARK = re.compile(r" +([,.;:!?])(?=\s|$)")

_NUMBER_BEFORE = re.compile(r"^(?:\d+|[ivx]+)[.)] ?")
_ASIDE = re.compile(r" ?\((?:[^()]*\bspoilers?\b[^()]*|summary|synopsis|brief|(?:18|19|20)\d\d)\)$")
_FILM = r"(?:the )?(?:\d{4} )?(?:film|movie)"
_OF_THE_FILM = re.compile(rf"^{_FILM}(?:['’]?s)? (?=\w)|(?: (?:of|in|for) {_FILM}| ?\({_FILM}\))$")
_ADJECTIVE = re.compile(r"^(?:the |brief |short |basic |detailed |full |complete |general |official )+(?=\w)")
_SAME_TITLES = {
    "plots": "plot", "plot line": "plotline", "plotlines": "plotline", "plot detail": "plot details",
    "plot description": "plot details", "plot summaries": "plot summary", "summary of the plot": "plot summary",
    "summary of plot": "plot summary", "synopses": "synopsis", "plot and summary": "plot and synopsis",
    "synopsis and plot": "plot and synopsis", "story and plot": "plot and synopsis",
    "plot and story": "plot and synopsis", "stories": "story", "story line": "storyline", "storylines": "storyline",
    "story outline": "story summary", "story synopsis": "story summary", "story overview": "story summary",
    "outline of the plot": "plot outline", "plot introduction": "plot overview",
    "overview of the plot": "plot overview",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of an article with the text up to the next heading; the lead has level 0 and no title."""

    level: int
    title: str
    text: str


def sections(text: str) -> list[Section]:
    """Cut a text at its `== headings ==`; the lead is always first, empty where the page has none."""
    cut: list[Section] = []
    level, title, start = 0, "", 0
    for heading in _HEADING.finditer(text):
        cut.append(Section(level, title, text[start : heading.start()].strip()))
        level, title, start = len(heading[1]), heading[2].strip(), heading.end()
    cut.append(Section(level, title, text[start:].strip()))
    return cut


def is_plot_title(title: str, words: Words = ENGLISH) -> bool:
    """Tell whether a section of this title is a plot section."""
    return _usual_title(title, words) in (words.plots or PLOT_TITLES)


def plot_sections(article: Iterable[Section], words: Words = ENGLISH) -> tuple[Section, ...]:
    """Return the plot section with the sections below it, in order; nothing where there is none.

    Only an outermost section counts: a "Plot" below "Sequel" is of another film. In place of an empty plot section
    comes one of another usual title.
    """
    trees: list[list[Section]] = []
    outermost = 0
    for section in article:
        if section.level and (not trees or section.level <= outermost):
            outermost = section.level
            trees.append([])
        if section.level:
            trees[-1].append(section)
    empty: tuple[Section, ...] = ()
    titles = [_usual_title(tree[0].title, words) for tree in trees]
    for name in words.plots or PLOT_TITLES:
        named = tuple(section for title, tree in zip(titles, trees, strict=True) if title == name for section in tree)
        if any(section.text for section in named):
            return named
        empty = empty or named
    return empty


def _usual_title(title: str, words: Words) -> str:
    """Return the usual form of a plot section's title: "plot" of "The Plot:", "film plot" of "Synopsis of the film"."""
    text = _ODD_SPACES.sub(" ", _INVISIBLE.sub("", _MARKS.sub("", title))).casefold().strip(" .:='\"“”‘’–—-「」『』")
    text = _ASIDE.sub("", _NUMBER_BEFORE.sub("", text))
    if not words.is_english:
        return text.replace("’", "'")
    text = re.sub(r" ?[&/] ?", " and ", text).replace("-", " ")
    without_film = _OF_THE_FILM.sub("", text)
    name = _ADJECTIVE.sub("", without_film)
    name = _SAME_TITLES.get(name, name)
    return "film plot" if without_film != text and name in PLOT_TITLES else name


def clean(text: str) -> str:
    """Take out what page layout leaves in a text. Each paragraph, and each item of a list, is one line."""
    text = _FORMULA.sub("", _INVISIBLE.sub("", _MARKS.sub("", text))).translate(_SAME_SIGNS)
    text = _FRACTION.sub(r"\1 ", text)
    text = _SPACE_BEFORE_MARK.sub(r"\1", _ODD_SPACES.sub(" ", _EMPTY_BRACKETS.sub("", text)))
    return "\n".join(stripped for line in text.splitlines() if (stripped := line.strip()))


def plot_of(article: Iterable[Section], words: Words = ENGLISH) -> tuple[str, str]:
    """Return the plot as clean text and "", or "" and the reason why there is none.

    Before the colon of a reason stands its kind, which many articles share.
    """
    plot = plot_sections(article, words)
    if not plot:
        return "", "it has no plot section"
    text = "\n".join(cleaned for section in plot if (cleaned := clean(section.text)))
    if not text:
        return "", f"its plot section is empty: {plot[0].title!r}"
    return ("", f"its plot says nothing: {text!r}") if is_no_plot(text) else (text, "")
