"""What people and programs write where they have nothing to say: `N/A`, `\\N`, `nan`, "No overview found."."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 200
"""A longer text says something."""

_MARKS = frozenset(
    ("n/a", "n.a.", "nan", "null", "none", "nil", "\\n", "<na>", "#n/a", "(null)", "<null>", "[null]", "undefined")
)
"""Signs for a missing value, in lower case."""

_AS_PROGRAMS_WRITE = frozenset(("nan", "NaN", "\\N", "N/A", "n/a", "#N/A", "<NA>", "NULL", "null"))
"""Those that nobody writes who means something: there are films called None and Null."""

_NO_GENRE = _MARKS | {"no genres listed", "no genre", "unknown", "tba", "not available", "na"}

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_NO_PLOT_PHRASES = """
    n a|na|nan|null|none|nil|nothing|unknown|undefined|tba|tbd|tbc|todo|to do|wip|missing|empty|blank|placeholder
    to be announced|to be added|to be determined|to be confirmed|to be written|coming soon|soon|more coming soon
    not available|not available yet|not yet available|currently unavailable|unavailable|not applicable|not found
    under construction|under development|work in progress|to be updated|not specified|under wraps
    read more|see more|more|lorem ipsum|lorem ipsum dolor sit amet|summaries
    keine beschreibung|keine beschreibung verfügbar|keine beschreibung vorhanden|kein inhalt|keine handlung
    pas de résumé|aucun résumé|aucun synopsis|pas de synopsis|résumé indisponible|synopsis non disponible
    sin sinopsis|sin descripción|sinopsis no disponible|descripción no disponible|nessuna trama|trama non disponibile
    sem sinopse|sinopse não disponível|sem descrição|geen beschrijving|brak opisu|ingen beskrivning
    нет описания|описание отсутствует|暂无简介|暂无|無簡介
"""
_NO_PLOT = frozenset(phrase.strip() for phrase in _NO_PLOT_PHRASES.replace("\n", "|").split("|"))
"""Plots that are none, in lower case and without punctuation."""

_PLOT = (
    r"(?:plot|overview|description|summary|synopsis|storyline|story|outline|logline|information|info|detail|content|data)"
    r"s?(?: (?:summary|summaries|outline|synopsis|description|detail|information|overview))?s?"
)
_FILM = r"(?:this |the |that )?(?:film|movie|title|show|series|entry)"
_STATE = (
    r"(?:is|are|was|has|been|being|be|to|currently|yet|still|now|not|so far|at (?:this|the) (?:time|moment)|available"
    r"|unavailable|unknown|known|found|given|provided|added|entered|written|listed|announced|determined|confirmed"
    r"|specified|updated|needed|required|missing|pending|empty|exists?|here|kept|secret|under wraps|coming soon"
    r"|tba|tbd|tbc|n a|none"
    rf"|for {_FILM}|in english|in your language|translated)"
)
_NO_PLOT_PATTERNS = re.compile(
    "|".join(
        (
            rf"(?:sorry )?(?:there (?:is|are) )?(?:currently )?no {_PLOT}(?: {_STATE})*",
            rf"(?:(?:the|this|full|film|movie|film's|movie's) )*{_PLOT}(?: {_STATE})*",
            rf"(?:please )?(?:add|write|enter|contribute|submit|provide|insert) (?:(?:an?|the|your|new) )?{_PLOT}"
            rf"(?: {_STATE})*",
            rf"(?:see|read|view|show) (?:the )?(?:full|more|complete|whole|entire)(?: {_PLOT})?",
            rf"{_FILM} has no {_PLOT}(?: {_STATE})*",
            rf"(?:it looks like )?we (?:don't|don’t|do not) (?:yet )?have (?:an?|any) {_PLOT}(?: {_STATE})*"
            r"(?: (?:help us|be the first|you can)\b.*)?",
            r"be the first to (?:add|write|contribute|submit)(?: \w+){0,6}",
        )
    )
)


def is_nothing(text: str) -> bool:
    """Whether a text only says that there is no value: blank, `N/A`, `\\N`, `nan`, or dashes."""
    bare = text.strip()
    return bare.casefold() in _MARKS or not bare.strip("-–—_ ")


def is_written_by_a_program(text: str) -> bool:
    """The same of a text that may well be a word like None: only what programs write counts."""
    return text.strip() in _AS_PROGRAMS_WRITE


def is_no_title(text: str) -> bool:
    """Whether a title only says that there is none."""
    return is_written_by_a_program(text) or not text.strip("-–—_ ")


def is_no_genre(text: str) -> bool:
    """Whether a genre only says that there is none."""
    return is_nothing(text) or text.strip(" ()[]").casefold() in _NO_GENRE


def is_no_plot(text: str) -> bool:
    """Whether a plot, as a whole, only says that there is none: `N/A`, "TBA", "Add a Plot »"; case doesn't matter."""
    if len(text) > _LONGEST:
        return False
    words = " ".join(_WORD.findall(text.casefold()))
    if not words:
        return all(char in "|~^`=+<>" or unicodedata.category(char)[:1] in "PZ" or char.isspace() for char in text)
    return is_nothing(text) or words in _NO_PLOT or _NO_PLOT_PATTERNS.fullmatch(words) is not None
