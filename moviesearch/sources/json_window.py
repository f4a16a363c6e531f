"""Reads JSON values one after the other from a text that may be larger than memory, each with its line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from .text import LIMIT, TOO_LONG, Text

DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_PIECE = 1 << 16
# Parsing a value that is cut off by the end of the window fails at most this far before that end ("-Infinity").
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


class BrokenError(Exception):
    """Where the text is no JSON any more, or of another layout: nothing behind it is read."""

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(fault)
        self.where, self.fault = where, fault


class TooLongError(ValueError):
    """A value is longer than LIMIT."""


class Window:
    """A stretch of the text that moves along it, a position in it, and the line and column of that position."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._buffer = ""
        self._position = 0
        self._line = text.first_line
        self._column = 1
        self._first_on_line = True

    def where(self) -> str:
        """The position as a message shows it: its line, and its column where it is not the first value there."""
        return str(self._line) if self._first_on_line else f"{self._line}:{self._column}"

    def peek(self) -> str:
        """Return the next character that isn't white space, or nothing at the end."""
        while True:
            space = _SPACE.match(self._buffer, self._position)
            first_on_line = self._first_on_line or (space is not None and "\n" in space[0])
            self.advance(len(space[0]) if space else 0)
            self._first_on_line = first_on_line
            if self._position < len(self._buffer):
                return self._buffer[self._position]
            if not self._read_more():
                return ""

    def peek_inside(self) -> str:
        """Return the first character in the list or object that begins at the position, or nothing at the end."""
        while (at := after_space(self._buffer, self._position + 1)) == len(self._buffer):
            if not self._read_more():
                return ""
        return self._buffer[at]

    def advance(self, size: int) -> None:
        """Go on by so many characters of the buffer."""
        end = self._position + size
        self._line, self._column = self._line_and_column(end)
        self._first_on_line = False if size else self._first_on_line
        self._position = end

    def advance_to_end(self) -> None:
        """Go to the end of what was read."""
        self.advance(len(self._buffer) - self._position)

    def value(self) -> object:
        """Return the JSON value that begins at the position. Raises ValueError or RecursionError."""
        while True:
            try:
                value, end = DECODER.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as exc:
                cut = exc.msg.startswith("Unterminated string") or exc.pos >= len(self._buffer) - _CUT
                if not cut or not self._read_more():
                    raise
            else:
                # A number may go on; an object or a list can't.
                whole = isinstance(value, (dict, list)) or end < len(self._buffer) or not self._read_more()
                if whole and end - self._position <= LIMIT:
                    self.advance(end - self._position)
                    return value
            if len(self._buffer) > LIMIT:
                raise TooLongError(TOO_LONG)

    def error_position(self, exc: Exception) -> str:
        """Return the line and column at which parsing failed, as a message shows them."""
        if not isinstance(exc, json.JSONDecodeError):
            return ""
        line, column = self._line_and_column(exc.pos)
        return f" (line {line}, column {column})"

    def _line_and_column(self, index: int) -> tuple[int, int]:
        """Locate a character of the buffer, at the position or after it."""
        lines = self._buffer.count("\n", self._position, index)
        if not lines:
            return self._line, self._column + index - self._position
        return self._line + lines, index - self._buffer.rfind("\n", self._position, index)

    def _read_more(self) -> bool:
        rest = self._buffer[self._position :]
        piece = self._text.piece(max(_PIECE, min(len(rest), LIMIT - len(rest))))
        if piece:
            self._buffer, self._position = rest + piece, 0
        return bool(piece)


def value_at(window: Window) -> object:
    """The value at the position of a window. Raises BrokenError where there is none."""
    where = window.where()
    try:
        return window.value()
    except (ValueError, RecursionError) as exc:
        fault = str(exc) if isinstance(exc, TooLongError) else why_not_json(exc) + window.error_position(exc)
        raise BrokenError(where, fault) from None


def member_names(window: Window) -> Iterator[str]:
    """The names of the members of the object that begins at the next character, the window at the value of each."""
    window.advance(1)
    if window.peek() == "}":
        window.advance(1)
        return
    while True:
        if window.peek() != '"':
            raise BrokenError(window.where(), "isn't valid JSON: a key in double quotes is missing")
        name = value_at(window)
        if window.peek() != ":":
            raise BrokenError(window.where(), "isn't valid JSON: a colon is missing")
        window.advance(1)
        window.peek()
        yield str(name)
        char = window.peek()
        if char not in (",", "}"):
            why = "isn't valid JSON: a comma is missing" if char else "the object around the films isn't closed"
            raise BrokenError(window.where(), why)
        window.advance(1)
        if char == "}":
            return


def after_space(text: str, at: int) -> int:
    """Where the next character stands that is no white space."""
    space = _SPACE.match(text, at)
    return space.end() if space else at


def why_not_json(exc: Exception) -> str:
    """What is wrong with a value, in plain words, by the error that reading it raised."""
    if isinstance(exc, RecursionError):
        return "isn't usable JSON: it is nested too deeply"
    if not isinstance(exc, json.JSONDecodeError):
        return "isn't usable JSON: a number has too many digits"
    message = next((plain for start, plain in _PLAIN_WORDS.items() if exc.msg.startswith(start)), exc.msg)
    return f"isn't valid JSON: {message}"
