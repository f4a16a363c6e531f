"""An article's title without its words in brackets, and the licence of its text."""

from __future__ import annotations

from .languages import ENGLISH, Words

LICENCE = "CC BY-SA 4.0"


def plain_title(title: str, words: Words = ENGLISH) -> str:
    """Return a page's title without "(film)", "(1999 American film)" and the like at its end."""
    return words.in_brackets.sub("", title)
