"""The named values of one record -> a film's fields, cleaned and checked.

Case doesn't matter in names, and `_` is a space: the same rules serve JSON and CSV. A film needs a title and a plot.
Anything else that can't be used is left out, and noted.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TypeVar

from moviesearch.records import Movie

from .placeholders import is_no_genre, is_no_plot, is_no_title, is_nothing, is_written_by_a_program
from .sorted_titles import article_first, without_year
from .years import YEARS, year_in

MAX_ID_BYTES = 128
"""Chroma refuses longer ids."""

TITLE_NAMES = ("title", "movie title", "film title", "movie name", "name", "primary title", "original title")
PLOT_NAMES = ("plot", "overview")
"""The names that a film's title and plot have in records, the best first."""

# A field takes the first of its names that has a value; what is left over goes to `extra`.
_NAMES = {
    "id": ("id",),
    "title": TITLE_NAMES,
    "plot": PLOT_NAMES,
    "year": (
        *("year", "release year", "start year", "startyear", "production year", "productionyear"),
        *("release date", "released", "first air date"),
    ),
    "genres": ("genres", "genre"),
    "url": ("url", "wiki page"),
}
_DATES = frozenset(("release date", "released", "first air date"))
"""These say more than the year that is taken from them, and go to `extra` too."""
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
_NAMES_IN_DICTS = re.compile(r"""['"]name['"]:\s*(?:'([^']*)'|"([^"]*)")""")
_NOT_AVAILABLE = re.compile(r"(?<![^|,;\s])n/a(?![^|,;\s])", re.IGNORECASE)
_STRINGS = re.compile(r"""'([^']*)'|"([^"]*)\"""")


T = TypeVar("T")


class BadField(ValueError):
    """A value that can't be used. Of a title or plot it costs the film, of all else only the field."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the field of Movie (or the key in `extra`) and what is wrong with it."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


LeftOut = Callable[[BadField], None]
"""Told of each field that is left out of a film."""


def shown(value: object, length: int = 60) -> str:
    """Return a value as a message may show it: short, and without control characters that a terminal obeys."""
    text = value if isinstance(value, str) else repr(value)
    short = text if len(text) <= length else text[: length - 3] + "..."
    return short if short.isprintable() else repr(short)[1:-1]


def film(values: Mapping[str, object], left_out: LeftOut) -> Movie:
    """Make a film of a record's values; its id is empty where the record has none.

    `left_out` is told of each further field that can't be used. Raises BadField for a title or plot that is missing or
    can't be used.
    """
    keys: dict[str, str] = {}
    for key in values:
        name = folded(key)
        taken = keys.setdefault(name, key)
        if (_absent(values[key]), key != name) < (_absent(values[taken]), taken != name):
            keys[name] = key
    # The "Wikipedia Movie Plots" layout writes "unknown" for no value and leaves footnote marks in the plot.
    wikipedia = "wiki page" in keys and "release year" in keys
    if wikipedia:
        values = {key: None if _is_unknown(key, value) else value for key, value in values.items()}
    used = {field: _first_with_value(field, keys, values) for field in _NAMES}

    def value(field: str) -> object:
        return values.get(used[field])

    title = _title(value("title"))
    plot = _plot(value("plot"), footnotes=wikipedia)
    if is_no_title(title):
        raise BadField("title", "is a placeholder")
    title, year = _dated(title, value("year"), left_out)
    return Movie(
        id=_unless_bad(lambda: _id(value("id")), "", left_out),
        title=title,
        plot=plot,
        year=year,
        genres=_unless_bad(lambda: _genres(value("genres"), left_out), (), left_out),
        url=_unless_bad(lambda: _url(value("url")), None, left_out),
        extra=_extra(values, set(used.values()), left_out),
    )


def _unless_bad(read: Callable[[], T], otherwise: T, left_out: LeftOut) -> T:
    try:
        return read()
    except BadField as bad:
        left_out(bad)
        return otherwise


@lru_cache(maxsize=4096)
def folded(key: str) -> str:
    """A name in a record as it is compared."""
    return key.strip().casefold().replace("_", " ")


def _absent(value: object) -> bool:
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _is_unknown(key: str, value: object) -> bool:
    return isinstance(value, str) and value.strip().casefold() == "unknown" and folded(key) not in ("title", "plot")


def _first_with_value(field: str, keys: Mapping[str, str], values: Mapping[str, object]) -> str:
    """The key whose value is taken for a field: the first that says something, else the first there is."""
    candidates = [keys[name] for name in _NAMES[field] if name in keys]
    present = [key for key in candidates if not _absent(values[key])]
    telling = (key for key in present if _says_something(field, values[key]))
    return next(telling, next(iter(present or candidates), ""))


def _says_something(field: str, value: object) -> bool:
    if field == "year":
        return year_in(value) is not None
    if not isinstance(value, str):
        return True
    return not (is_no_plot(value) if field == "plot" else is_nothing(value))


def _required(field: str, value: object) -> object:
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
    """Return text without control characters. Tokenizers drop them too: an embedding stays the same."""
    text = _unicode(field, value)
    if _CONTROL.search(text):
        text = _CONTROL.sub("", _LINE_END.sub("\n", text))
    return text


def _short(field: str, value: object) -> str:
    text = " ".join(_clean(field, value).split())
    if len(text) > _MAX_SHORT:
        raise BadField(field, f"is longer than {_MAX_SHORT:,} characters")
    return text


def _normalised(field: str, value: object) -> str:
    # Normalising can take time with the square of the length, which is why names have to be short.
    return unicodedata.normalize("NFC", _short(field, value))


def _title(value: object) -> str:
    value = _required("title", value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        value = _digits(value)  # 1917, 300 and 21 are films
    title = _normalised("title", value)
    if not title:
        raise BadField("title", "is empty")
    return title


def _digits(number: float) -> str:
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    try:
        return str(number)
    except ValueError:  # more than 4,300 digits
        raise BadField("title", f"is longer than {_MAX_SHORT:,} characters") from None


def _plot(value: object, *, footnotes: bool) -> str:
    plot = _clean("plot", _required("plot", value))
    plot = (_FOOTNOTE.sub("", plot) if footnotes else plot).strip()
    if not plot:
        raise BadField("plot", "is empty")
    if is_no_plot(plot):
        raise BadField("plot", f"is a placeholder ({shown(plot)})")
    return plot


def _id(value: object) -> str:
    if isinstance(value, str) and is_nothing(value):
        return ""
    # Programs that keep films under an id of their own write the number 0 where they have none.
    if _absent(value) or (value == 0 and not isinstance(value, bool)):
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


def _dated(title: str, value: object, left_out: LeftOut) -> tuple[str, int | None]:
    """(title, year): of the year's own value, or else of a title like "Lamp, The (1999)"."""
    if (year := year_in(value)) is not None:
        return article_first(title), year
    name, year = without_year(title)
    if year is None and not _absent(value):
        text = f"'{shown(value)}'" if isinstance(value, str) else shown(value)
        left_out(BadField("year", f"{text} holds no year from {YEARS[0]} to {YEARS[-1]}"))
    return article_first(name, beside_year=year is not None), year


def _url(value: object) -> str | None:
    if _absent(value) or (isinstance(value, str) and is_nothing(value)):
        return None
    return _short("url", value) or None


def _genres(value: object, left_out: LeftOut) -> tuple[str, ...]:
    if _absent(value):
        return ()
    if isinstance(value, str):
        value = [] if is_no_genre(value) else _genres_in_text(_unicode("genres", value).strip())
    if isinstance(value, dict):
        value = [value] if "name" in value else list(value.values())
    if not isinstance(value, list):
        raise BadField("genres", "isn't a list of names")
    names: dict[str, str] = {}
    for item in value:
        name = item.get("name") if isinstance(item, dict) else item
        clean = "" if _absent(name) else _unless_bad(partial(_genre, name), "", left_out)
        if clean:
            names.setdefault(clean.casefold(), clean)
    return tuple(names.values())


def _genre(name: object) -> str:
    """A genre as it is stored, "" for one that only says that there is none."""
    if isinstance(name, str) and len(name) <= _MAX_SHORT:
        return _short_genre(name)
    clean = _normalised("genres", name)
    return "" if is_no_genre(clean) else clean


@lru_cache(maxsize=4096)
def _short_genre(name: str) -> str:
    """The same, remembered: a few genres are those of most films."""
    clean = _normalised("genres", name)
    return "" if is_no_genre(clean) else clean


def _genres_in_text(text: str) -> object:
    """Read a list of genres from a CSV cell: JSON, Python's way of writing a list, or names with separators."""
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pattern = _NAMES_IN_DICTS if "{" in text else _STRINGS
            if quoted := [single or double for single, double in pattern.findall(text)]:
                return quoted
            text = text.strip("[]{}")
    names: list[object] = []
    for name in re.split(r"[|,;/]", _NOT_AVAILABLE.sub("", text)):
        parts = name.split("-")
        # "Crime-Drama" is two genres where both are TMDB's own; "Sci-Fi" stays one.
        names += parts if all(part.strip().casefold() in _TMDB_GENRES for part in parts) else [name]
    return names


def _extra(values: Mapping[str, object], used: set[str], left_out: LeftOut) -> dict[str, object]:
    extra: dict[str, object] = {}
    for key, value in values.items():
        name = folded(key)
        if name in _NAMES or (key in used and name not in _DATES):
            continue
        field = shown(key)
        try:
            _unicode(field, key)
            storable = _json_value(field, value, 0)
        except BadField as bad:
            left_out(bad)
            continue
        if storable is not None and not (isinstance(storable, str) and is_written_by_a_program(storable)):
            extra[key] = storable
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
