"""JSON -> the named values of each record: one object a line, a list, objects spread over lines; or films in an object.

After a bad line of JSON lines the next line is read. Nobody can say where a bad object of a list ends: it is the last
record of its file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from moviesearch.errors import SourceError

from .fields import shown
from .text import LIMIT, TOO_LONG, SourceRecord, Text

_JSON = json.JSONDecoder()
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

_LISTS = frozenset(
    ("results", "result", "movies", "films", "items", "data", "docs", "documents", "records", "rows", "entries", "list")
    + ("titles", "hits", "search", "response", "value", "values", "edges", "content", "payload", "library", "feed")
)
"""Names that an object gives to the list of films in it, or to a further object around that list."""

_AROUND = ("movie", "film", "show", "_source", "attributes", "fields", "doc", "document", "node", "item", "value")
"""Names that a record gives to the film in it, beside what it says of its own ("plays", "rating")."""

_DEEPEST = 5
"""Objects around a list of films, at most."""

_AS_RECORDS = "write it with orient='records' (and lines=True where it is large)"


def json_lines(text: Text) -> Iterator[SourceRecord]:
    """Read one JSON object a line."""
    for line in text.lines():
        if line.fault:
            yield SourceRecord(str(line.number), None, line.fault)
        elif line.text.strip():
            try:
                yield _object(str(line.number), _JSON.decode(line.text.lstrip("\ufeff").rstrip()))
            except (ValueError, RecursionError) as exc:
                column = f" (column {exc.colno})" if isinstance(exc, json.JSONDecodeError) else ""
                yield SourceRecord(str(line.number), None, _why_not_json(exc) + column)


def json_values(text: Text, *, in_list: bool) -> Iterator[SourceRecord]:
    """Read a JSON list of objects, or objects one after the other, however they are spread over lines."""
    window = _Window(text)
    return _up_to_a_break(text, window, _list_items(window) if in_list else _values(window))


def json_nested(text: Text) -> Iterator[SourceRecord]:
    """Read objects that hold films: in a list (`{"results": [...]}`), or by their ids (`{"tt1": {...}}`).

    Raises SourceError where there are none in them, but other things.
    """
    window = _Window(text)
    empty, names = True, dict[str, None]()

    def objects() -> Iterator[SourceRecord]:
        while window.peek() == "{":
            yield from _object_items(window, names)

    for record in _up_to_a_break(text, window, objects()):
        empty = False
        yield record
    if empty and names:
        raise SourceError(
            f"{text.label} is a JSON object in which no films are found; it has {', '.join(names)}: "
            'give a list of objects with a title and a plot, or {"films": [...]}'
        )


def json_columns(text: Text) -> Iterator[SourceRecord]:
    """Read a table that pandas wrote by columns: `{"title": {"0": ...}}`, or `{"columns": [...], "data": [...]}`.

    Raises SourceError where it is too large to be held in memory, or no such table.
    """
    try:
        rows = list(_rows_of(_Window(text).value()))
    except (ValueError, TypeError, RecursionError) as exc:
        why = "larger than 16 MiB" if isinstance(exc, _TooLongError) else "not whole"
        layout = "a table by columns, as pandas writes it"
        raise SourceError(f"{text.label} is {layout}, and {why}: {_AS_RECORDS}") from None
    for name, values in rows:
        yield SourceRecord(f"row {shown(name)}", values)


def object_layout(head: bytes) -> str:
    """What the first object of a JSON text is, by its beginning: "film", "nested" or "columns"."""
    layout, columns = "film", []
    try:
        for name, value, begins in _first_members(head.decode(errors="ignore")):
            if name in ("plot", "overview") and begins not in "[{":
                return "film"
            if name == "columns" and begins == "[":
                return "columns"
            if name in ("title", "plot", "overview"):
                if begins in "[{":
                    columns.append(value)
            elif _is_nest(name, value):
                layout = "nested"
            if len(columns) == 2 or (columns and isinstance(value, _CutOff)):
                return "columns" if _are_columns(columns) else "film"
    except (ValueError, RecursionError):
        pass
    return layout


class _CutOff(dict[str, None]):
    """An object or list of which only the beginning is there; the names in it (of a list, in its first object)."""


def _is_nest(name: str, value: object) -> bool:
    """Whether a member of an object may hold films: by its name, as a film by its id, or by the films in it."""
    if name in _LISTS and isinstance(value, (dict, list)):
        return isinstance(value, dict) or not value or isinstance(value[0], dict)
    return (_is_film(value) and name not in _AROUND) or bool(_films_in(value))


def _is_film(value: object) -> bool:
    return isinstance(value, dict) and _has_title(value) and (_has_plot(value) or isinstance(value, _CutOff))


def _are_columns(columns: list[object]) -> bool:
    """Whether these may be columns of a table: texts under the same row numbers."""
    whole = [column for column in columns if isinstance(column, (dict, list)) and not isinstance(column, _CutOff)]
    cells: list[list[object]] = [list(column.values() if isinstance(column, dict) else column) for column in whole]
    rows = [set(column) if isinstance(column, dict) else len(column) for column in whole]
    texts = all(any(isinstance(text, str) and text for text in column) for column in cells)
    return texts and all(of_column == rows[0] and of_column != 1 for of_column in rows)


def _first_members(text: str) -> Iterator[tuple[str, object, str]]:
    """(name, value, first character of the value) of the members of the object that a text begins with."""
    at = _after_space(text, text.index("{") + 1)
    while text[at : at + 1] == '"':
        name, at = _JSON.raw_decode(text, at)
        at = _after_space(text, at)
        if text[at : at + 1] != ":":
            return
        at = _after_space(text, at + 1)
        begins = text[at : at + 1]
        if not begins:
            return
        try:
            value, end = _JSON.raw_decode(text, at)
        except json.JSONDecodeError:
            first_object = _after_space(text, at + 1) if begins == "[" else at
            if begins in "[{":
                inner = _first_members(text[first_object:]) if text[first_object : first_object + 1] == "{" else ()
                yield _folded(str(name)), _CutOff.fromkeys(name for name, _, _ in inner), begins
            return
        yield _folded(str(name)), value, begins
        at = _after_space(text, end)
        if text[at : at + 1] != ",":
            return
        at = _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _rows_of(table: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """(number or name, values) of each row of a table by columns. Raises ValueError or TypeError where it is none."""
    if not isinstance(table, dict):
        raise TypeError("no object")
    names = table.get("columns")
    if isinstance(names, list):
        for number, row in enumerate(table.get("data", ())):
            yield str(number), dict(zip(map(str, names), row, strict=True))
        return
    columns = {
        name: column if isinstance(column, dict) else {str(number): value for number, value in enumerate(column)}
        for name, column in table.items()
        if isinstance(column, (dict, list))
    }
    for row in dict.fromkeys(row for column in columns.values() for row in column):
        yield row, {name: column.get(row) for name, column in columns.items()}


class _BrokenError(Exception):
    """Where the text is no JSON any more, or of another layout: nothing behind it is read."""

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(fault)
        self.where, self.fault = where, fault


def _up_to_a_break(text: Text, window: _Window, records: Iterator[SourceRecord]) -> Iterator[SourceRecord]:
    """The records, and as the last one the reason why the rest of the text isn't read, if there is one."""
    where, fault = "", ""
    try:
        yield from records
        if window.peek():
            where, fault = window.where(), "there is more text after the list"
    except _BrokenError as broken:
        where, fault = broken.where, broken.fault
    if text.failure:
        window.advance_to_end()
        where, fault = window.where(), text.failure
    if fault:
        yield SourceRecord(where, None, f"{fault} (the rest of the file isn't read)")


def _values(window: _Window) -> Iterator[SourceRecord]:
    """Objects one after the other."""
    while window.peek():
        where = window.where()
        yield _object(where, _value(window))


def _list_items(window: _Window) -> Iterator[SourceRecord]:
    """The items of the list that begins at the next character."""
    window.peek()
    window.advance(1)
    char = window.peek()
    while char != "]":
        where = window.where()
        yield _object(where, _value(window))
        char = window.peek()
        if char not in (",", "]"):
            raise _BrokenError(
                window.where(), "a comma is missing between two films" if char else "the list isn't closed"
            )
        if char == ",":
            window.advance(1)
            window.peek()
    window.advance(1)


def _object_items(window: _Window, names: dict[str, None], depth: int = 1) -> Iterator[SourceRecord]:
    """The films in the object that begins at the next character: in a list in it, or by their ids.

    Where there are none it may be a film itself. Up to a dozen names of other objects and lists go to `names`.
    """
    where, members, empty = window.where(), dict[str, object](), True
    without_plot: list[SourceRecord] = []
    for number, name in enumerate(_names(window)):
        folded, begins = _folded(name), window.peek()
        inside: Iterable[SourceRecord] = ()
        if folded in _LISTS and begins == "[" and window.peek_inside() in ("{", "]"):
            inside = _list_items(window)
        elif folded in _LISTS and begins == "{" and depth < _DEEPEST:
            inside = _object_items(window, names, depth + 1)
        else:
            at, value = window.where(), _value(window)
            members[name] = value
            if isinstance(value, dict) and _has_title(film := _unwrapped(value)):
                # Of a table that pandas wrote by rows, the names are row numbers.
                has_id = name in (str(number), str(number + 1)) or any(_folded(of_film) == "id" for of_film in film)
                inside = [SourceRecord(at, film if has_id else {"id": name, **film})]
                if not _has_plot(film):
                    without_plot += inside
                    inside = ()
            else:
                inside = [SourceRecord(at, film) for film in _films_in(value)]
        for record in inside:
            empty = False
            yield record
    if empty and _has_title(members):
        yield SourceRecord(where, members)
        return
    yield from without_plot
    others = (name for name, value in members.items() if isinstance(value, (dict, list)))
    names.update(dict.fromkeys(shown(name, 30) for name in islice(others, 12 - len(names))))


def _films_in(value: object, depth: int = 1) -> list[dict[str, object]]:
    """The films in the lists in a value, whatever these are called."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict) and _has_title(item) and _has_plot(item)]
    if not isinstance(value, dict) or depth == _DEEPEST:
        return []
    return [film for inner in value.values() for film in _films_in(inner, depth + 1)]


def _names(window: _Window) -> Iterator[str]:
    """The names of the members of the object that begins at the next character, the window at the value of each."""
    window.advance(1)
    if window.peek() == "}":
        window.advance(1)
        return
    while True:
        if window.peek() != '"':
            raise _BrokenError(window.where(), "isn't valid JSON: a key in double quotes is missing")
        name = _value(window)
        if window.peek() != ":":
            raise _BrokenError(window.where(), "isn't valid JSON: a colon is missing")
        window.advance(1)
        window.peek()
        yield str(name)
        char = window.peek()
        if char not in (",", "}"):
            why = "isn't valid JSON: a comma is missing" if char else "the object around the films isn't closed"
            raise _BrokenError(window.where(), why)
        window.advance(1)
        if char == "}":
            return


def _value(window: _Window) -> object:
    """The value at the position of a window. Raises _BrokenError where there is none."""
    where = window.where()
    try:
        return window.value()
    except (ValueError, RecursionError) as exc:
        fault = str(exc) if isinstance(exc, _TooLongError) else _why_not_json(exc) + window.error_position(exc)
        raise _BrokenError(where, fault) from None


class _TooLongError(ValueError):
    pass


class _Window:
    """A stretch of the text that moves along it, a position in it, and the line and column of that position."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._buffer = ""
        self._position = 0
        self._line = text.first_line
        self._column = 1
        self._first_on_line = True

    def where(self) -> str:
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
        while (at := _after_space(self._buffer, self._position + 1)) == len(self._buffer):
            if not self._read_more():
                return ""
        return self._buffer[at]

    def advance(self, size: int) -> None:
        end = self._position + size
        self._line, self._column = self._line_and_column(end)
        self._first_on_line = False if size else self._first_on_line
        self._position = end

    def advance_to_end(self) -> None:
        self.advance(len(self._buffer) - self._position)

    def value(self) -> object:
        """Return the JSON value that begins at the position. Raises ValueError or RecursionError."""
        while True:
            try:
                value, end = _JSON.raw_decode(self._buffer, self._position)
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
                raise _TooLongError(TOO_LONG)

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


def _object(where: str, value: object) -> SourceRecord:
    if not isinstance(value, dict):
        return SourceRecord(where, None, "isn't a JSON object with a title and a plot")
    film = _unwrapped(value)
    if film is not value and not _has_plot(film):
        return SourceRecord(where, None, "has a film without a plot (Trakt gives one with extended=full)")
    return SourceRecord(where, film)


def _unwrapped(value: dict[str, object]) -> dict[str, object]:
    """The film that a record has in a member of its own, together with what else the record says; or the record."""
    if not _has_title(value):
        for name, inner in value.items():
            if name.casefold() in _AROUND and isinstance(inner, dict) and _has_title(inner):
                return {**{other: said for other, said in value.items() if other != name}, **inner}
    return value


def _has_title(value: object) -> bool:
    return isinstance(value, dict) and any(_folded(name) == "title" for name in value)


def _has_plot(value: dict[str, object]) -> bool:
    return any(_folded(name) in ("plot", "overview") for name in value)


def _folded(name: str) -> str:
    return name.strip().casefold()


def _why_not_json(exc: Exception) -> str:
    if isinstance(exc, RecursionError):
        return "isn't usable JSON: it is nested too deeply"
    if not isinstance(exc, json.JSONDecodeError):
        return "isn't usable JSON: a number has too many digits"
    message = next((plain for start, plain in _PLAIN_WORDS.items() if exc.msg.startswith(start)), exc.msg)
    return f"isn't valid JSON: {message}"
