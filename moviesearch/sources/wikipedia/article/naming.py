"""What an article is called without its brackets, and under which licence its text is."""

from __future__ import annotations

import re

LICENCE = "CC BY-SA 4.0"

_IN_BRACKETS = re.compile(r" \((?:[^()]* )?(?:film|movie|documentary)\)$")


def plain_title(title: str) -> str:
    """Return a page's title without the words in brackets that only tell it from other pages."""
    return _IN_BRACKETS.sub("", title)
