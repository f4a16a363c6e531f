"""An article's title without its words in brackets, and the licence of its text."""

from __future__ import annotations

import re

LICENCE = "CC BY-SA 4.0"

_IN_BRACKETS = re.compile(r" \((?:[^()]* )?(?:film|movie|documentary)\)$")


def plain_title(title: str) -> str:
    """Return a page's title without "(film)", "(1999 American film)" and the like at its end."""
    return _IN_BRACKETS.sub("", title)
