"""Where the films are in a JSON text: itself a film, around a list of films, or a table by columns."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .json_window import DECODER, after_space

LISTS = frozenset(
    ("results", "result", "movies", "films", "items", "data", "docs", "documents", "records", "rows", "entries", "list")
    + ("titles", "hits", "search", "response", "value", "values", "edges", "content", "payload", "library", "feed")
)
"""Names that an object gives to the list of films in it, or to a further object around that list."""

_AROUND = ("movie", "film", "show", "_source", "attributes", "fields", "doc", "document", "node", "item", "value")
"""Names that a record gives to the film in it, beside what it says of its own ("plays", "rating")."""

DEEPEST = 5
"""Objects around a list of films, at most."""


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
    if name in LISTS and isinstance(value, (dict, list)):
        return isinstance(value, dict) or not value or isinstance(value[0], dict)
    return (_is_film(value) and name not in _AROUND) or bool(films_in(value))


def _is_film(value: object) -> bool:
    return isinstance(value, dict) and has_title(value) and (has_plot(value) or isinstance(value, _CutOff))


def _are_columns(columns: list[object]) -> bool:
    """Whether these may be columns of a table: texts under the same row numbers."""
    whole = [column for column in columns if isinstance(column, (dict, list)) and not isinstance(column, _CutOff)]
    cells: list[list[object]] = [list(column.values() if isinstance(column, dict) else column) for column in whole]
    rows = [set(column) if isinstance(column, dict) else len(column) for column in whole]
    texts = all(any(isinstance(text, str) and text for text in column) for column in cells)
    return texts and all(of_column == rows[0] and of_column != 1 for of_column in rows)


def _first_members(text: str) -> Iterator[tuple[str, object, str]]:
    """(name, value, first character of the value) of the members of the object that a text begins with."""
    at = after_space(text, text.index("{") + 1)
    while text[at : at + 1] == '"':
        name, at = DECODER.raw_decode(text, at)
        at = after_space(text, at)
        if text[at : at + 1] != ":":
            return
        at = after_space(text, at + 1)
        begins = text[at : at + 1]
        if not begins:
            return
        try:
            value, end = DECODER.raw_decode(text, at)
        except json.JSONDecodeError:
            first_object = after_space(text, at + 1) if begins == "[" else at
            if begins in "[{":
                inner = _first_members(text[first_object:]) if text[first_object : first_object + 1] == "{" else ()
                yield folded_name(str(name)), _CutOff.fromkeys(name for name, _, _ in inner), begins
            return
        yield folded_name(str(name)), value, begins
        at = after_space(text, end)
        if text[at : at + 1] != ",":
            return
        at = after_space(text, at + 1)


def films_in(value: object, depth: int = 1) -> list[dict[str, object]]:
    """The films in the lists in a value, whatever these are called."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict) and has_title(item) and has_plot(item)]
    if not isinstance(value, dict) or depth == DEEPEST:
        return []
    return [film for inner in value.values() for film in films_in(inner, depth + 1)]


def unwrapped(value: dict[str, object]) -> dict[str, object]:
    """The film that a record has in a member of its own, together with what else the record says; or the record."""
    if not has_title(value):
        for name, inner in value.items():
            if name.casefold() in _AROUND and isinstance(inner, dict) and has_title(inner):
                return {**{other: content for other, content in value.items() if other != name}, **inner}
    return value


def has_title(value: object) -> bool:
    """Whether this is an object with a title."""
    return isinstance(value, dict) and any(folded_name(name) == "title" for name in value)


def has_plot(value: dict[str, object]) -> bool:
    """Whether an object has a plot or an overview."""
    return any(folded_name(name) in ("plot", "overview") for name in value)


def folded_name(name: str) -> str:
    """A member's name as it is compared: without capitals, and without space around it."""
    return name.strip().casefold()
