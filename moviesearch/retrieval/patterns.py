"""Regular expressions that are compiled when they are first used: most questions need few of them."""

from __future__ import annotations

import re
from typing import Any, cast


class _LatePattern:
    """Stands for a pattern, and has each of its methods from when it is first asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._pattern, self._flags), name)
        setattr(self, name, value)
        return value


def late(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, compiled when it is first used. For its own methods, not for functions of `re`."""
    return cast("re.Pattern[str]", _LatePattern(pattern, flags))


WORD = late(r"(?:[^\W_]+[\u0300-\u036f\u064b-\u0652\u0670\u0bbe-\u0bcd\u0bd7]*)+")
"""A word, with the marks that are parts of words: accents that stand alone, and the vowels of Arabic and Tamil."""

FILM = r"(?:movies?|films?|flicks?)"
"""What people call a film, as a regular expression."""
