"""A list made by hand, one film a line: "- Heat (1995) ★★★½", "3. Heat, 1995", "REC 2007  # with Ana"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import NamedTuple

from .entries import Reading, dated, latest_year

_BULLET = re.compile(
    r"""(?:[-–—*+>→»·•◦▪▫●○■□‣⁃❖➤►▶✓✔✅☑☐✗✘❌☒]\ufe0f?\s+   # a sign and a blank
    | [•◦▪▫●○■□‣⁃❖➤►▶✓✔✅☑☐✗✘❌☒]\ufe0f?                   # a sign that no title begins with
    | \[[ xX✓✔]?\]\s+                                       # a box to tick
    | \[\d{1,3}\]\s+ | \#?\d{1,4}[.)\]]{1,2}(?:\s+|(?=[^\W\d]{2})) | \#\d{1,4}\s+ | [a-z]\)\s+  # 3.  3)  #3  c)
    )""",
    re.VERBOSE,
)
_TICK = re.compile(r"\[[xX✓✔]\]|[☑✅✓✔]")
_NO_TICK = re.compile(r"\[ ?\]|☐")
_DATE = r"(?:(?:19|20)\d\d-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d)"
_DATE_IN_FRONT = re.compile(rf"[\[(]?{_DATE}[\])]?(?:\s*[:,;|–—-])?\s+(?=\S)")
_DATE_BEHIND = re.compile(rf"(?:\s*[,;|:(\[]|\s[-–—])?\s*[\[(]?{_DATE}[\])]?$")
_ANOTHER_FILM = re.compile(r"(?<=[)\]])\s*[,;|]\s*(?=[^,;|]*[(\[](?:1[89]|20)\d\d[)\]])")
"""Between two films on one line: "Heat (1995), Jaws (1975)"."""
_NUMBER = re.compile(r"(\d{1,4})(?:\s*[-–—:|]\s*|\s+)(?=\S)")
_YEAR_IN_FRONT = re.compile(r"((?:18|19|20)\d\d)\s*[-–—:|.]?\s+(?=\S)")
_YEAR = re.compile(r"(?:18[7-9]|19\d|20\d)\d", re.ASCII)
_BRACKETED_YEAR_IN_FRONT = re.compile(r"[(\[]((?:18|19|20)\d\d)[)\]]\s*(?=\S)")
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\(https?:[^()]{1,500}\)|\[\[(?:[^\[\]|]{1,300}\|)?([^\[\]|]{1,300})\]\]")
_EMPHASIS = re.compile(r"(\*\*|__|\*|_)(?=\S)(.{1,300}?)(?<=\S)\1(?!\w)")
_COMMENT = re.compile(r"\s#(?!\d)")
_RATING = re.compile(r"[\s,;:|–—-]*[(\[]?\b\d{1,3}(?:[.,]\d+)?\s*/\s*(?:5|10|100)[)\]]?$")
_STARS = re.compile(r"[(\[]?[★☆⭐✩✪✭✯🌟][★☆⭐✩✪✭✯🌟\ufe0f\s]*(?:½|1/2|¼|¾)?[)\]]?$")
_REMARK = re.compile(
    r"\s[(\[](?:re-?)?(?:seen|watch(?:ed)?|dvd|blu-?ray|vhs|cinema|again|rewatch)[)\]]$", re.IGNORECASE
)
_TICKS = " \t✓✔✅☑✗✘❌👍👎❤♥♡💛💚💙\ufe0f"
_ENDS = re.compile(r"[\s,;|·]+$|\s[-–—]\s*$")
_RULE = frozenset("-=_*~#.–—•· \t+|")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’", "”": "”"}
_INVISIBLE = dict.fromkeys([*range(9), *range(10, 32), 127, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])
_MANY_COMMAS = 2
_LONGEST_ENDING = 40
"""Characters at the end of a line in which a rating is looked for: lines may be endless."""


class _Line(NamedTuple):
    number: int
    text: str
    ticked: bool | None = None


def read_lines(lines: Sequence[str], reading: Reading, first: int = 1) -> None:
    """Read lines of which each is a film; the first one has the number `first`."""
    is_alone = sum(map(bool, map(str.strip, lines))) == 1
    texts = _without_numbers(
        [
            _Line(number, text, _ticked(line))
            for number, line in enumerate(lines, first)
            for part in _films_of(line, is_alone=is_alone)
            if (text := _bare(part))
        ]
    )
    if is_alone and len(texts) == 1 and texts[0].text.count(",") >= _MANY_COMMAS:
        reading.notes.append(
            "its only line is taken for one title: where it is several, put each on a line of its own, or ; between"
        )
    in_front = sum(_YEAR_IN_FRONT.match(line.text) is not None for line in texts)
    years_in_front = in_front >= 2 and in_front * 5 >= len(texts) * 4
    split = [_split(line.text, years_in_front=years_in_front) for line in texts]
    bare_years = sum(kind == "bare" for *_, kind in split) * 2 >= len(split)
    for line, (title, year, kind) in zip(texts, split, strict=True):
        if kind == "bare" and not bare_years:
            title, year = line.text, None
        if reason := _why_no_title(title):
            reading.fail(line.number, reason)
        else:
            reading.add(line.number, title, year, ticked=line.ticked)


def _films_of(line: str, *, is_alone: bool) -> list[str]:
    """The films of a line: one, several with years, or all of a list that is one line with semicolons."""
    line = unescape(line) if "&" in line else line
    parts = _ANOTHER_FILM.split(line)
    return line.split(";") if is_alone and len(parts) == 1 and line.count(";") > 1 else parts


def _ticked(line: str) -> bool | None:
    """Whether a line begins with a box, and it is ticked; None where there is none."""
    beginning = line[:20]
    return True if _TICK.search(beginning) else False if _NO_TICK.search(beginning) else None


def _bare(line: str) -> str:
    """A line without bullets, comments and ratings; "" where nothing is left."""
    text = line.translate(_INVISIBLE).strip()
    if not text or text.startswith(("# ", "##")) or (len(text) > 1 and set(text) <= _RULE):
        return ""
    if comment := _COMMENT.search(text):
        text = text[: comment.start()].rstrip()
    for _ in range(3):
        if bullet := _BULLET.match(text):
            text = text[bullet.end() :]
    if date := _DATE_IN_FRONT.match(text):
        text = text[date.end() :]
    for pattern in (_LINK, _EMPHASIS):
        if marked := pattern.match(text):
            text = marked[marked.lastindex or 0] + text[marked.end() :]
    return _without_rating(text.strip())


def _without_rating(text: str) -> str:
    for _ in range(4):
        bare = text.rstrip(_TICKS)
        ending = bare[-_LONGEST_ENDING:]
        for pattern in (_STARS, _RATING, _REMARK, _DATE_BEHIND):
            if (match := pattern.search(ending)) and (match.start() or len(bare) > len(ending)):
                ending = ending[: match.start()]
        bare = (bare[:-_LONGEST_ENDING] + ending).rstrip(_TICKS)
        if not bare or bare == text:
            break
        text = bare
    return text.lstrip("★☆⭐\ufe0f" + _TICKS) or text


def _without_numbers(lines: list[_Line]) -> list[_Line]:
    """Lines without the numbers in front ("1 Heat", "2 - Alien"), where all have one and they count up."""
    numbers = [int(match[1]) if (match := _NUMBER.match(line.text)) else None for line in lines]
    if len(lines) < 3 or any(number is None for number in numbers):
        return lines
    steps = {second - first for first, second in zip(numbers, numbers[1:], strict=False) if first and second}
    if steps not in ({1}, {-1}):
        return lines
    return [line._replace(text=_NUMBER.sub("", line.text, count=1)) for line in lines]


def _split(text: str, *, years_in_front: bool) -> tuple[str, int | None, str]:
    """(title, year, how sure the year is): "sure", "bare" as in "REC 2007", or "none"."""
    title, year = dated(text)
    if year is not None:
        return _unquoted(title), year, "sure"
    front = _BRACKETED_YEAR_IN_FRONT.match(text) or (_YEAR_IN_FRONT.match(text) if years_in_front else None)
    if front and int(front[1]) <= latest_year():
        return _unquoted(text[front.end() :]), int(front[1]), "sure"
    behind, before = text[-4:], text[:-4]
    title = _without_end(before)
    if title and before[-1:] in tuple(" \t,;|") and _YEAR.fullmatch(behind) and int(behind) <= latest_year():
        return _unquoted(title), int(behind), "bare" if before == f"{title} " else "sure"
    return _unquoted(text), None, "none"


def _unquoted(text: str) -> str:
    """A title without signs that separate it from what followed, and without quotes around it."""
    title = _without_end(text.strip()) or text.strip()
    closing = _QUOTES.get(title[:1])
    if closing and len(title) > 2 and title.endswith(closing) and closing not in title[1:-1].replace(closing * 2, ""):
        title = title[1:-1].replace(closing * 2, closing).strip()
    return title


def _without_end(text: str) -> str:
    """A text without blanks and separators at its end."""
    ending = text[-_LONGEST_ENDING:]
    while end := _ENDS.search(ending):
        ending = ending[: end.start()]
    return text[:-_LONGEST_ENDING] + ending


def _why_no_title(title: str) -> str:
    if not any(letter.isalnum() for letter in title):
        return "has no title"
    if re.match(r"(?:https?://|www\.)\S*$", title):
        return "is an address, and no title"
    if re.fullmatch(r"tt\d{5,}", title):
        return "is an id, and no title"
    if title.endswith(":"):
        return "is a heading"
    return ""
