"""The year that a value holds, however people and programs write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

YEARS = range(1870, 2101)
"""The years that a film can have."""

_LONGEST = 100
"""Of a longer text nobody knows whether a number in it is the year."""

_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)")
_COMPACT_DATE = re.compile(r"(?<!\d)(\d{4})(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)")
_TWO_DIGITS = re.compile(
    r"""['’‘](\d\d)                                          # '95
    | \d{1,2}[-/.\ ](?:\d{1,2}|[^\W\d_]{3,9})[-/.,\ ]+(\d\d)  # 10/30/95, 30-Oct-95
    | [^\W\d_]{3,9}\.?\ \d{1,2},?\ (\d\d)                     # Oct 30, 95""",
    re.VERBOSE,
)
_FIRST_SURE = 30
"""'95 can only be 1995; below this number it may be of this century or of the last, and nobody knows."""

_MILLISECONDS = 10**10
"""From here on a number is a time in milliseconds since 1970, as pandas writes dates."""


def year_in(value: object) -> int | None:
    """The year that a text or number holds, of several the first; None where it holds none from 1870 to 2100."""
    if isinstance(value, list):
        return next((year for item in value if not isinstance(item, list) and (year := year_in(item))), None)
    if isinstance(value, str):
        return _in_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or abs(value) >= 10**13:
        return None
    if abs(value) >= _MILLISECONDS:
        return _possible((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)).year)
    return _in_text(str(int(value))) if value == int(value) else None


def _in_text(text: str) -> int | None:
    if len(text) > _LONGEST:
        return None
    for number in _FOUR_DIGITS.findall(text):
        if year := _possible(int(number)):
            return year
    if date := _COMPACT_DATE.search(text):
        return _possible(int(date[1]))
    if date := _TWO_DIGITS.fullmatch(text):
        year = int(next(filter(None, date.groups())))
        return 1900 + year if year >= _FIRST_SURE else None
    return None


def _possible(year: int) -> int | None:
    return year if year in YEARS else None
