"""JSON -> the named values of each record: one object a line, a list, objects spread over lines; or films in an object.

After a bad line of JSON lines the next line is read. Nobody can say where a bad object of a list ends: it is the last
record of its file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from moviesearch.errors import SourceError

from .fields import shown
from .json_layouts import DEEPEST, LISTS, films_in, folded_name, has_plot, has_title, unwrapped
from .json_window import DECODER, BrokenError, TooLongError, Window, member_names, value_at, why_not_json
from .text import SourceRecord, Text

_AS_RECORDS = "write it with orient='records' (and lines=True where it is large)"


def json_lines(text: Text) -> Iterator[SourceRecord]:
    """Read one JSON object a line."""
    for line in text.lines():
        if line.fault:
            yield SourceRecord(str(line.number), None, line.fault)
        elif line.text.strip():
            try:
                yield _object(str(line.number), DECODER.decode(line.text.lstrip("\ufeff").rstrip()))
            except (ValueError, RecursionError) as exc:
                column = f" (column {exc.colno})" if isinstance(exc, json.JSONDecodeError) else ""
                yield SourceRecord(str(line.number), None, why_not_json(exc) + column)


def json_values(text: Text, *, in_list: bool) -> Iterator[SourceRecord]:
    """Read a JSON list of objects, or objects one after the other, however they are spread over lines."""
    window = Window(text)
    return _up_to_a_break(text, window, _list_items(window) if in_list else _values(window))


def json_nested(text: Text) -> Iterator[SourceRecord]:
    """Read objects that hold films: in a list (`{"results": [...]}`), or by their ids (`{"tt1": {...}}`).

    Raises SourceError where there are none in them, but other things.
    """
    window = Window(text)
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
        rows = list(_rows_of(Window(text).value()))
    except (ValueError, TypeError, RecursionError) as exc:
        why = "larger than 16 MiB" if isinstance(exc, TooLongError) else "not whole"
        layout = "a table by columns, as pandas writes it"
        raise SourceError(f"{text.label} is {layout}, and {why}: {_AS_RECORDS}") from None
    for name, values in rows:
        yield SourceRecord(f"row {shown(name)}", values)


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


def _up_to_a_break(text: Text, window: Window, records: Iterator[SourceRecord]) -> Iterator[SourceRecord]:
    """The records, and as the last one the reason why the rest of the text isn't read, if there is one."""
    where, fault = "", ""
    try:
        yield from records
        if window.peek():
            where, fault = window.where(), "there is more text after the list"
    except BrokenError as broken:
        where, fault = broken.where, broken.fault
    if text.failure:
        window.advance_to_end()
        where, fault = window.where(), text.failure
    if fault:
        yield SourceRecord(where, None, f"{fault} (the rest of the file isn't read)")


def _values(window: Window) -> Iterator[SourceRecord]:
    """Objects one after the other."""
    while window.peek():
        where = window.where()
        yield _object(where, value_at(window))


def _list_items(window: Window) -> Iterator[SourceRecord]:
    """The items of the list that begins at the next character."""
    window.peek()
    window.advance(1)
    char = window.peek()
    while char != "]":
        where = window.where()
        yield _object(where, value_at(window))
        char = window.peek()
        if char not in (",", "]"):
            raise BrokenError(
                window.where(), "a comma is missing between two films" if char else "the list isn't closed"
            )
        if char == ",":
            window.advance(1)
            window.peek()
    window.advance(1)


def _object_items(window: Window, names: dict[str, None], depth: int = 1) -> Iterator[SourceRecord]:
    """The films in the object that begins at the next character: in a list in it, or by their ids.

    Where there are none it may be a film itself. Up to a dozen names of other objects and lists go to `names`.
    """
    where, members, empty = window.where(), dict[str, object](), True
    without_plot: list[SourceRecord] = []
    for number, name in enumerate(member_names(window)):
        folded, begins = folded_name(name), window.peek()
        inside: Iterable[SourceRecord] = ()
        if folded in LISTS and begins == "[" and window.peek_inside() in ("{", "]"):
            inside = _list_items(window)
        elif folded in LISTS and begins == "{" and depth < DEEPEST:
            inside = _object_items(window, names, depth + 1)
        else:
            at, value = window.where(), value_at(window)
            members[name] = value
            if isinstance(value, dict) and has_title(film := unwrapped(value)):
                # Of a table that pandas wrote by rows, the names are row numbers.
                has_id = name in (str(number), str(number + 1)) or any(folded_name(of_film) == "id" for of_film in film)
                inside = [SourceRecord(at, film if has_id else {"id": name, **film})]
                if not has_plot(film):
                    without_plot += inside
                    inside = ()
            else:
                inside = [SourceRecord(at, film) for film in films_in(value)]
        for record in inside:
            empty = False
            yield record
    if empty and has_title(members):
        yield SourceRecord(where, members)
        return
    yield from without_plot
    others = (name for name, value in members.items() if isinstance(value, (dict, list)))
    names.update(dict.fromkeys(shown(name, 30) for name in islice(others, 12 - len(names))))


def _object(where: str, value: object) -> SourceRecord:
    if not isinstance(value, dict):
        return SourceRecord(where, None, "isn't a JSON object with a title and a plot")
    film = unwrapped(value)
    if film is not value and not has_plot(film):
        return SourceRecord(where, None, "has a film without a plot (Trakt gives one with extended=full)")
    return SourceRecord(where, film)
