"""JSON -> the named values of each record: one object a line, a list, or objects spread over lines.

A bad line of JSON lines is left behind at its end. In a list nobody can say where a bad object ends, so there it is
the last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from .text import LIMIT, TOO_LONG, Found, Text

_JSON = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_PIECE = 1 << 16
# A value that is cut off at the end of what was read so far fails at most this far before it ("-Infinity").
_CUT = 12
_PLAIN_WORDS = {
    "Expecting value": "a value is missing",
    "Expecting property name": "a key in double quotes is missing",
    "Expecting ',' delimiter": "a comma is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Unterminated string": "a text is not closed",
    "Invalid control character": "a line break or control character stands inside a text",
    "Extra data": "there is more after the object",
    "Illegal trailing comma": "there is a comma too many",
}


def json_lines(text: Text) -> Iterator[Found]:
    """Read one JSON object a line."""
    for line in text.lines():
        if line.fault:
            yield Found(str(line.number), None, line.fault)
        elif line.text.strip():
            try:
                yield _object(str(line.number), _JSON.decode(line.text.lstrip("\ufeff").rstrip()))
            except (ValueError, RecursionError) as exc:
                at = f" (column {exc.colno})" if isinstance(exc, json.JSONDecodeError) else ""
                yield Found(str(line.number), None, _why_not_json(exc) + at)


def json_values(text: Text, *, in_list: bool) -> Iterator[Found]:
    """Read a JSON list of objects, or objects one after the other, however they are spread over lines."""
    window = _Window(text)
    end, fault = "", ""
    if in_list:
        window.peek()
        window.advance(1)
        end = "]"
    more = window.peek() != end
    while more:
        where = window.where()
        try:
            yield _object(where, window.value())
        except (ValueError, RecursionError) as exc:
            fault = str(exc) if isinstance(exc, _TooLongError) else _why_not_json(exc) + window.position(exc)
            break
        follows = window.peek()
        more = follows != end
        if in_list and more:
            if follows != ",":
                where = window.where()
                fault = "a comma is missing between two films" if follows else "the list isn't closed"
                break
            window.advance(1)
            window.peek()
    else:
        if in_list:
            window.advance(1)
        if window.peek():
            where, fault = window.where(), "there is more text after the list"
    if text.failure:
        window.advance_to_end()
        where, fault = window.where(), text.failure
    if fault:
        yield Found(where, None, f"{fault} (the rest of the file isn't read)")


class _TooLongError(ValueError):
    pass


class _Window:
    """A stretch of the text that slides along, and the line and column where it begins."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._held = ""
        self._at = 0
        self._line = text.first_line
        self._column = 1
        self._fresh = True

    def where(self) -> str:
        return str(self._line) if self._fresh else f"{self._line}:{self._column}"

    def peek(self) -> str:
        """Return the next character that isn't white space, or nothing at the end."""
        while True:
            space = _SPACE.match(self._held, self._at)
            fresh = self._fresh or (space is not None and "\n" in space[0])
            self.advance(len(space[0]) if space else 0)
            self._fresh = fresh
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._read_on():
                return ""

    def advance(self, size: int) -> None:
        end = self._at + size
        lines = self._held.count("\n", self._at, end)
        self._line += lines
        self._column = end - self._held.rfind("\n", self._at, end) if lines else self._column + size
        self._fresh = False if size else self._fresh
        self._at = end

    def advance_to_end(self) -> None:
        self.advance(len(self._held) - self._at)

    def value(self) -> object:
        """Return the JSON value that begins here; raises ValueError or RecursionError."""
        while True:
            try:
                value, end = _JSON.raw_decode(self._held, self._at)
            except json.JSONDecodeError as exc:
                cut = exc.msg.startswith("Unterminated string") or exc.pos >= len(self._held) - _CUT
                if not cut or not self._read_on():
                    raise
            else:
                # A number may go on; an object or a list can't.
                whole = isinstance(value, (dict, list)) or end < len(self._held) or not self._read_on()
                if whole and end - self._at <= LIMIT:
                    self.advance(end - self._at)
                    return value
            if len(self._held) > LIMIT:
                raise _TooLongError(TOO_LONG)

    def position(self, exc: Exception) -> str:
        """Where in the file the parser of the value that begins here gave up."""
        if not isinstance(exc, json.JSONDecodeError):
            return ""
        lines = self._held.count("\n", self._at, exc.pos)
        column = exc.pos - self._held.rfind("\n", self._at, exc.pos) if lines else self._column + exc.pos - self._at
        return f" (line {self._line + lines}, column {column})"

    def _read_on(self) -> bool:
        rest = self._held[self._at :]
        more = self._text.piece(max(_PIECE, min(len(rest), LIMIT - len(rest))))
        if more:
            self._held, self._at = rest + more, 0
        return bool(more)


def _object(where: str, value: object) -> Found:
    if isinstance(value, dict):
        return Found(where, value)
    return Found(where, None, "isn't a JSON object with a title and a plot")


def _why_not_json(exc: Exception) -> str:
    if isinstance(exc, RecursionError):
        return "isn't usable JSON: it is nested too deeply"
    if not isinstance(exc, json.JSONDecodeError):
        return "isn't usable JSON: a number has too many digits"
    said = next((plain for start, plain in _PLAIN_WORDS.items() if exc.msg.startswith(start)), exc.msg)
    return f"isn't valid JSON: {said}"
