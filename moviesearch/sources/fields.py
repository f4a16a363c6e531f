"""The named values of one record -> a film's fields, cleaned and checked.

Names are matched whatever their case, with `_` as a space, so that the same rules serve JSON and CSV.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping

from moviesearch.records import Movie

MAX_ID_BYTES = 128
"""Chroma refuses longer ids."""

# A field takes the first of its names that has a value; what is left over goes to `extra`.
_NAMES = {
    "id": ("id",),
    "title": ("title",),
    "plot": ("plot", "overview"),
    "year": ("year", "release year", "release date"),
    "genres": ("genres", "genre"),
    "url": ("url", "wiki page"),
}
_YEARS = range(1870, 2101)
_MAX_SHORT = 2000
_MAX_DEPTH = 64
# fmt: off
_TMDB_GENRES = frozenset({
    "action", "adventure", "animation", "comedy", "crime", "documentary", "drama", "family", "fantasy", "history",
    "horror", "music", "mystery", "romance", "science fiction", "thriller", "tv movie", "war", "western",
})
# fmt: on

_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FOOTNOTE = re.compile(r"\[(?:\d{1,3}|(?:note|nb|n) \d{1,3}|citation needed)\]", re.ASCII | re.IGNORECASE)
_DATE = re.compile(
    r"(\d{4})(?:\.0*|[-/]\d{1,2}|[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4})", re.ASCII
)
_NAMES_IN_DICTS = re.compile(r"""['"]name['"]:\s*(?:'([^']*)'|"([^"]*)")""")
_STRINGS = re.compile(r"""'([^']*)'|"([^"]*)\"""")


class BadField(ValueError):
    """A value that no film can have; the reader turns it into a Rejected with its place."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the field of Movie (or the key in `extra`) and what is wrong with it."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def shown(value: object, length: int = 60) -> str:
    """Return a value as a message may show it: short, and without control characters that a terminal obeys."""
    text = value if isinstance(value, str) else repr(value)
    short = text if len(text) <= length else text[: length - 3] + "..."
    return short if short.isprintable() else repr(short)[1:-1]


def film(values: Mapping[str, object]) -> Movie:
    """Make a film of a record's values; its id is empty where the record has none.

    Raises BadField for the first field that is missing or can't be used.
    """
    keys: dict[str, str] = {}
    for key in values:
        name = _name(key)
        if name not in keys or key == name:
            keys[name] = key
    # The "Wikipedia Movie Plots" layout says "unknown" for no value and leaves footnote marks in the plot.
    wikipedia = "wiki page" in keys and "release year" in keys
    if wikipedia:
        values = {key: None if _is_unknown(key, value) else value for key, value in values.items()}
    used = {field: _first_with_value(field, keys, values) for field in _NAMES}

    def value(field: str) -> object:
        return values.get(used[field])

    title = _name_of("title", _present("title", value("title")))
    if not title:
        raise BadField("title", "is empty")
    plot = _clean("plot", _present("plot", value("plot")))
    plot = (_FOOTNOTE.sub("", plot) if wikipedia else plot).strip()
    if not plot:
        raise BadField("plot", "is empty")
    url = value("url")
    return Movie(
        id=_id(value("id")),
        title=title,
        plot=plot,
        year=_year(value("year")),
        genres=_genres(value("genres")),
        url=None if _absent(url) else _short("url", url) or None,
        extra=_extra(values, set(used.values())),
    )


def _name(key: str) -> str:
    return key.strip().casefold().replace("_", " ")


def _absent(value: object) -> bool:
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _is_unknown(key: str, value: object) -> bool:
    return isinstance(value, str) and value.strip().casefold() == "unknown" and _name(key) not in ("title", "plot")


def _first_with_value(field: str, keys: Mapping[str, str], values: Mapping[str, object]) -> str:
    there = [keys[name] for name in _NAMES[field] if name in keys]
    return next((key for key in there if not _absent(values[key])), there[0] if there else "")


def _present(field: str, value: object) -> object:
    if _absent(value) and not isinstance(value, str):
        raise BadField(field, "is missing")
    return value


def _unicode(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadField(field, "isn't text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadField(field, "isn't valid Unicode text (half of a surrogate pair)") from None
    return value


def _clean(field: str, value: object) -> str:
    """Text without control characters. Tokenizers drop them too, so an embedding doesn't notice."""
    text = _unicode(field, value)
    if _CONTROL.search(text):
        text = _CONTROL.sub("", _LINE_END.sub("\n", text))
    return text


def _short(field: str, value: object) -> str:
    text = " ".join(_clean(field, value).split())
    if len(text) > _MAX_SHORT:
        raise BadField(field, f"is longer than {_MAX_SHORT:,} characters")
    return text


def _name_of(field: str, value: object) -> str:
    # Normalising can take time with the square of the length, which is why names have to be short.
    return unicodedata.normalize("NFC", _short(field, value))


def _id(value: object) -> str:
    if _absent(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadField("id", "isn't text or a whole number")
    text = _unicode("id", str(value)).strip()
    if len(text) <= MAX_ID_BYTES:
        text = unicodedata.normalize("NFC", text)
    if len(text.encode()) > MAX_ID_BYTES:
        raise BadField("id", f"is longer than {MAX_ID_BYTES} bytes")
    if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in text):
        raise BadField("id", "has a control character or line break in it")
    return text


def _year(value: object) -> int | None:
    if _absent(value):
        return None
    year: object = value
    if isinstance(value, str):
        if value.strip().casefold() in ("nan", "none", "null"):
            return None
        date = _DATE.fullmatch(value.strip())
        year = int(date[1] or date[2]) if date else None
    elif isinstance(value, float) and value.is_integer():
        year = int(value)
    if isinstance(year, bool) or not isinstance(year, int):
        raise BadField("year", f"{shown(value)} isn't a year" if isinstance(value, (str, float)) else "isn't a year")
    if year not in _YEARS:
        raise BadField("year", f"{shown(value)} isn't between {_YEARS[0]} and {_YEARS[-1]}")
    return year


def _genres(value: object) -> tuple[str, ...]:
    if _absent(value):
        return ()
    if isinstance(value, str):
        value = _genres_in_text(_unicode("genres", value).strip())
    if isinstance(value, dict):
        value = [value] if "name" in value else list(value.values())
    if not isinstance(value, list):
        raise BadField("genres", "isn't a list of names")
    names: dict[str, str] = {}
    for item in value:
        name = item.get("name") if isinstance(item, dict) else item
        if not _absent(name) and (clean := _name_of("genres", name)):
            names.setdefault(clean.casefold(), clean)
    return tuple(names.values())


def _genres_in_text(text: str) -> object:
    """Read a list of genres from a CSV cell: JSON, Python's way of writing a list, or names with separators."""
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pattern = _NAMES_IN_DICTS if "{" in text else _STRINGS
            if found := [one or other for one, other in pattern.findall(text)]:
                return found
            text = text.strip("[]{}")
    names: list[object] = []
    for name in re.split(r"[|,;/]", text):
        parts = name.split("-")
        # "Crime-Drama" is two genres where both are TMDB's own; "Sci-Fi" stays one.
        names += parts if all(part.strip().casefold() in _TMDB_GENRES for part in parts) else [name]
    return names


def _extra(values: Mapping[str, object], used: set[str]) -> dict[str, object]:
    extra: dict[str, object] = {}
    for key, value in values.items():
        name = _name(key)
        # A release date says more than the year that was taken from it.
        if name in _NAMES or (key in used and name != "release date"):
            continue
        field = shown(key)
        _unicode(field, key)
        kept = _json_value(field, value, 0)
        if kept is not None:
            extra[key] = kept
    return extra


def _json_value(field: str, value: object, depth: int) -> object:
    """Return the value if JSON can hold it; NaN and infinities become null."""
    if depth > _MAX_DEPTH:
        raise BadField(field, f"is nested more than {_MAX_DEPTH} deep")
    if isinstance(value, str):
        return _unicode(field, value)
    if isinstance(value, list):
        return [_json_value(field, item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_unicode(field, key): _json_value(field, item, depth + 1) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
