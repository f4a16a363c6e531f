"""A list as JSON: Trakt's history, ratings and watchlists, a list of titles, or of objects that have one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from moviesearch.errors import SourceError
from moviesearch.sources.years import YEARS as YEARS_OF_FILMS

from .entries import Reading
from .names import KINDS, TITLES, YEARS, first_of, is_series, key_of

_FILM = ("movie", "film")
_AROUND = ("node", "item", "media")
_SERIES = ("show", "episode", "season", "series", "shows", "episodes", "seasons", "tv", "tvshow", "tvshows", "anime")
_DEEPEST = 8
_JSON = re.compile(r"\s*(?:\{|[\[\s]*\[\s*[{\"])")
"""How JSON begins; "[REC] (2007)" and "[ ] Heat" are titles."""


def read_json(text: str, path: str, reading: Reading) -> bool:
    """Read a JSON list, or an object a line; False, and nothing is read, where it is neither.

    Raises SourceError for JSON that is broken.
    """
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        data = _loaded(text)
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if all(line.lstrip().startswith("{") for _, line in lines):
            for number, line in lines:
                _read_line(line, number, reading)
            return True
        if not _JSON.match(text[:200]):
            return False
        raise SourceError(f"{path} is broken JSON ({error}): save or download the list again") from None
    reading.unit = "record"
    _read_all(data, reading)
    return True


def _loaded(text: str) -> Any:
    """The value of a JSON text. Raises ValueError, for one that is nested too deeply too."""
    try:
        return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 20 else digits)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _read_line(line: str, number: int, reading: Reading) -> None:
    try:
        _read_entry(_loaded(line), number, reading)
    except ValueError:
        reading.fail(number, "is broken JSON")


def _read_all(data: Any, reading: Reading, *, series: bool = False, depth: int = 0) -> None:
    """Read what holds the entries: a list, an object with one, one with an entry for each id, or one of columns."""
    if isinstance(data, list):
        are_titles = depth == 0 and all(isinstance(value, int | str) and not isinstance(value, bool) for value in data)
        for value in data:
            number = len(reading.entries) + len(reading.unread) + reading.shows + 1
            if series:
                reading.shows += 1
            elif are_titles:
                reading.add(number, str(value))  # 1917 and 300 are titles too
            else:
                _read_entry(value, number, reading)
    elif isinstance(data, dict) and depth < _DEEPEST:
        members = _by_key(data)
        title = members.get(first_of(TITLES, members) or "")
        within = [value for value in members.values() if isinstance(value, list) and _are_objects(value)]
        if isinstance(title, (list, dict)) and not _are_objects(title):
            _read_columns(title, members.get(first_of(YEARS, members) or ""), reading)
        elif any(_is_titled(members.get(name)) for name in _FILM) or (isinstance(title, str) and not within):
            _read_entry(data, 1, reading)
        elif data and all(isinstance(value, int) and value in YEARS_OF_FILMS for value in data.values()):
            _read_all([{"title": name, "year": year} for name, year in data.items()], reading)
        elif any(_is_titled(value) for value in members.values()):
            _read_all(list(members.values()), reading, series=series, depth=depth + 1)
        else:
            for name, value in members.items():
                _read_all(value, reading, series=series or name in _SERIES, depth=depth + 1)


def _read_columns(titles: Any, years: Any, reading: Reading) -> None:
    """Read columns, each a list or an object of values by row, such as pandas writes."""
    rows = titles if isinstance(titles, dict) else dict(enumerate(titles))
    year_of = years if isinstance(years, dict) else dict(enumerate(years)) if isinstance(years, list) else {}
    for number, (row, title) in enumerate(rows.items(), 1):
        _read_entry({"title": title, "year": year_of.get(row)}, number, reading)


def _read_entry(value: Any, number: int, reading: Reading) -> None:
    """Read one entry: a title, an object with one, or an object around such a one."""
    for _ in range(_DEEPEST):
        if isinstance(value, str):
            reading.add(number, value)
            return
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
            value = {"title": value[0], "year": value[1]}
        if not isinstance(value, dict):
            break
        members = _by_key(value)
        inner = first_of([name for name in (*_FILM, *_AROUND) if _is_titled(members.get(name))], members)
        if inner in _FILM:
            value = members[inner]
            continue
        kind = first_of(KINDS, members)
        if any(isinstance(members.get(name), dict) for name in _SERIES) or (kind and is_series(str(members[kind]))):
            reading.shows += 1
            return
        title = members.get(first_of(TITLES, members) or "")
        if isinstance(title, (str, int)):
            other = members.get("originaltitle")
            year = members.get(first_of(YEARS, members) or "")
            reading.add(number, str(title), year, other if isinstance(other, str) else "")
            return
        if inner is None:
            break
        value = members[inner]
    reading.fail(number, "has no title")


def _by_key(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key_of(name): value for name, value in data.items()}


def _is_titled(value: Any) -> bool:
    """Whether it is an object with a title, or one around such a one."""
    return isinstance(value, dict) and first_of((*TITLES, *_FILM), _by_key(value)) is not None


def _are_objects(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(item, dict) for item in items)
