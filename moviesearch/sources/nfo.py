"""An NFO file, as Kodi, Jellyfin, Emby, Radarr and tinyMediaManager write it -> the named values of its film.

Names are those that other sources of films have (`director`, `cast`, `country`, ...); `docs/sources.md` lists them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from moviesearch.records import FILM

from .nfo_xml import parse
from .placeholders import is_no_plot, is_no_title, is_nothing
from .years import year_in

TV, MUSIC, SET, ADDRESS, TEXT, OTHER = "tv", "music", "set", "address", "text", "other"
"""What a file is of, if not FILM. An ADDRESS is a film's at IMDb or TMDB, and nothing else of it."""

_KINDS = {
    "movie": FILM,
    **dict.fromkeys(("tvshow", "season", "episodedetails", "episode", "xbmcmultiepisode"), TV),
    **dict.fromkeys(("musicvideo", "artist", "album"), MUSIC),
    **dict.fromkeys(("set", "collection", "boxset", "movieset"), SET),
}

_IMDB_ADDRESS = re.compile(r"imdb\.com/(?:[a-z]{2}(?:-[a-z]{2})?/)?title/(tt\d{5,10})", re.IGNORECASE)
_TMDB_ADDRESS = re.compile(r"themoviedb\.org/movie/(\d{1,9})", re.IGNORECASE)
_IMDB = re.compile(r"tt\d{5,10}")
_NUMBER = re.compile(r"[1-9]\d{0,8}")
_ID_NAME = re.compile(r"(.+?)_?id")
_KIND_OF_ID = {"themoviedb": "tmdb", "moviedb": "tmdb", "imdb": "imdb", "tmdb": "tmdb"}
_OTHER_IDS = frozenset(("wikidata", "trakt", "tvdb", "letterboxd", "douban", "ofdb", "allocine", "filmaffinity"))

_LEFT_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});")
_LINE_TAG = re.compile(r"</?(?:p|br|div)\b[^<>]{0,200}>|\[CR\]", re.IGNORECASE)
_WORD_TAG = re.compile(r"</?(?:i|b|u|em|strong|span|font|a)\b[^<>]{0,200}>|\[/?[BI]\]", re.IGNORECASE)

_BETWEEN_NAMES = re.compile(r"[|;]|\s/\s")
_COMMA = re.compile(r",(?!\s*(?:Jr|Sr|II|III|IV)\b)")
_BETWEEN_PLACES = re.compile(r"[/|;]|,(?!\s*(?:\w+ ){0,3}(?:Republic|Province|States|the)\b)", re.IGNORECASE)
_BETWEEN_GENRES = re.compile(r"[/|;,]")
_ROLE = re.compile(r"\s*\([^()]{1,60}\)$")
_NO_NAMES = frozenset(("unknown", "various", "not available"))

_HOURS = re.compile(
    r"(?:PT)?(\d{1,2})\s*(?:h|hrs?|hours?|:)\s*(\d{1,2})?(?:\s*(?:m|min|minutes)?|:\d\d)\.?", re.IGNORECASE
)
_MINUTES = re.compile(r"(\d{1,4})(?:\.\d+)?\s*(?:m|mins?|minutes?|minuten)?\.?", re.IGNORECASE)
_LONGEST = 6000
"""Minutes; what is said to be longer is a mistake."""

_SCALE = 10.0


class Nfo(NamedTuple):
    """What a file is of (`kind`), the values of its film, and why some of it could not be read, if so.

    `titles` are the further films that are told in the same file.
    """

    kind: str
    values: dict[str, object]
    fault: str = ""
    titles: tuple[str, ...] = ()


def read_nfo(raw: bytes) -> Nfo:
    """The values of a file's film. Of several the first is taken."""
    roots, text, fault = parse(raw)
    films = [root for root in roots if _KINDS.get(root.tag) == FILM]
    if films:
        values = _values(films[0], text)
        others = [title for film in films[1:] if (title := _first(film, "title")) and title != values.get("title")]
        return Nfo(FILM, values, fault, tuple(others))
    kind = next((_KINDS[root.tag] for root in roots if root.tag in _KINDS), None)
    if kind is None:
        # With an address alone Kodi and Jellyfin look the film up; and a text of a release may hold one too.
        kind = ADDRESS if _ids_in(text) else OTHER if roots and not fault else TEXT
    return Nfo(kind, {}, fault if kind == TEXT and (not roots or text.lstrip().startswith("<")) else "")


def _values(film: Element, text: str) -> dict[str, object]:
    # A film that has no title of its own may still have been given its original one.
    original = _first(film, "originaltitle", "original_title")
    title = _first(film, "title", "localtitle", "name") or original
    plot, outline, tagline = (
        _prose(film, *names) for names in (("plot", "review", "overview"), ("outline",), ("tagline",))
    )
    story = next((prose for prose in (plot, outline, tagline) if prose and not is_no_plot(prose)), "")
    ids = _ids(film, text)
    playcount = _number(_first(film, "playcount"))
    values: dict[str, object] = {
        "id": ids.get("imdb") or (f"tmdb-{ids['tmdb']}" if "tmdb" in ids else None),
        "title": title,
        "plot": story,
        "year": _year(film),
        "genres": _several(film, _BETWEEN_GENRES, "genre"),
        "original_title": original if original != title else None,
        "sort_title": _other(title, _first(film, "sorttitle", "sortname")),
        "director": _people(film, "director"),
        "writer": _people(film, "credits", "writer"),
        "cast": _cast(film),
        "country": _several(film, _BETWEEN_PLACES, "country"),
        "language": _languages(film),
        "runtime": _runtime(film),
        "premiered": next((day for day in _texts(film, "premiered", "releasedate") if year_in(day)), ""),
        "studio": _several(film, _BETWEEN_NAMES, "studio"),
        "collection": _collection(film),
        "tags": _several(film, _BETWEEN_NAMES, "tag"),
        "mpaa": _first(film, "mpaa"),
        "rating": _rating(film),
        "ids": ids,
        "outline": _other(story, outline),
        "tagline": _other(story, tagline),
        "watched": (watched := _watched(film, playcount)),
        # Jellyfin counts plays that were broken off too, and says in its flag that the film wasn't seen.
        "playcount": playcount if watched or not playcount else None,
    }
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _clean(text: str) -> str:
    """Text without what escaping it twice, HTML and Kodi's marks for bold and line ends leave in it."""
    text = _LEFT_ENTITY.sub(lambda found: html.unescape(found[0]), text)
    lines = (line.strip() for line in _LINE_TAG.sub("\n", _WORD_TAG.sub("", text)).splitlines())
    return "\n".join(filter(None, lines))


def _texts(film: Element, *tags: str) -> Iterator[str]:
    """The texts of the film's elements of these names on one line each, those of the first name first."""
    for tag in tags:
        for element in film.findall(tag):
            name = element.find("name")
            if text := " ".join(_clean("".join((element if name is None else name).itertext())).split()):
                yield text


def _first(film: Element, *tags: str) -> str:
    return next((text for text in _texts(film, *tags) if not is_no_title(text)), "")


def _prose(film: Element, *tags: str) -> str:
    """The first text of these names that says something, with its lines."""
    found = (_clean("".join(element.itertext())) for tag in tags for element in film.findall(tag))
    return next((text for text in found if text and not is_no_plot(text)), "")


def _other(story: str, text: str) -> str:
    return "" if text == story else text


def _several(film: Element, between: re.Pattern[str], *tags: str) -> list[str]:
    parts = (part.strip(" ,") for text in _texts(film, *tags) for part in between.split(text))
    return list(dict.fromkeys(part for part in parts if part and not is_nothing(part)))


def _people(film: Element, *tags: str) -> list[str]:
    """Names, several of which may stand in one element: with "/", "|" or ";" between them, else with commas."""
    names: dict[str, None] = {}
    for text in _texts(film, *tags):
        parts = (_BETWEEN_NAMES if _BETWEEN_NAMES.search(text) else _COMMA).split(text)
        names |= dict.fromkeys(name for part in parts if _is_name(name := _ROLE.sub("", part.strip(" ,"))))
    return list(names)


def _is_name(text: str) -> bool:
    return bool(text) and not is_nothing(text) and text.casefold() not in _NO_NAMES


def _cast(film: Element) -> list[str]:
    names: dict[str, None] = {}
    for actor in (*film.findall("actor"), *film.findall("actors/actor"), *film.findall("cast/actor")):
        job = (actor.findtext("type") or "actor").strip().casefold()
        name = next(_texts(actor, "name"), "") or ("" if len(actor) else " ".join((actor.text or "").split()))
        if job in ("actor", "gueststar") and _is_name(name):
            names[name] = None
    return list(names)


def _languages(film: Element) -> list[str]:
    """The languages that are spoken. A code in `<language>` is that of the library, as Jellyfin and Emby have it."""
    names = _several(film, _BETWEEN_PLACES, "languages", "spokenlanguages", "spoken_languages")
    names = names or _several(film, _BETWEEN_PLACES, "original_language", "originallanguage")
    return names or [name for name in _several(film, _BETWEEN_PLACES, "language") if len(name) > 3 and "-" not in name]


def _collection(film: Element) -> str:
    name = _first(film, "set", "collection")
    return name if _is_name(name) else ""


def _year(film: Element) -> str:
    dates = [text for text in _texts(film, "year", "premiered", "releasedate", "aired") if text.strip("0-/. ")]
    return next((text for text in dates if year_in(text)), next(iter(dates), ""))


def _runtime(film: Element) -> int | None:
    """Minutes."""
    for text in _texts(film, "runtime"):
        if hours := _HOURS.fullmatch(text):
            minutes = int(hours[1]) * 60 + int(hours[2] or 0)
        elif plain := _MINUTES.fullmatch(text):
            minutes = int(plain[1])
        else:
            continue
        if 0 < minutes <= _LONGEST:
            return minutes
    seconds = _decimal(film.findtext("fileinfo/streamdetails/video/durationinseconds"))
    return round(seconds / 60) or None if seconds and seconds <= _LONGEST * 60 else None


def _rating(film: Element) -> float | None:
    """The rating that counts first, from 0 to 10."""
    ratings = [(rating, rating.findtext("value")) for rating in film.findall("ratings/rating")]
    ratings.sort(key=lambda rating: rating[0].get("default", "").lower() != "true")
    ratings += [(rating, rating.text) for rating in film.findall("rating")]
    for rating, value in ratings:
        number, highest = _decimal(value), _decimal(rating.get("max")) or _SCALE
        if number and highest >= 1 and 0 < (scaled := number / highest * _SCALE) <= _SCALE:
            return round(scaled, 2)
    return None


def _watched(film: Element, playcount: int | None) -> bool | None:
    """Whether the film was seen: by its own flag (Jellyfin, Emby), else by how often it was played (Kodi)."""
    flag = next(_texts(film, "watched"), "").casefold()
    if flag in ("true", "1", "yes", "false", "0", "no"):
        return flag in ("true", "1", "yes")
    return None if playcount is None else playcount > 0


def _ids(film: Element, text: str) -> dict[str, str]:
    """Kind -> id at IMDb, TMDB and others."""
    ids: dict[str, str] = {}
    for kind, value in _said_ids(film):
        kind = _KIND_OF_ID.get(kind, kind)
        value = value.strip()
        if kind == "imdb":
            value = found[0] if (found := _IMDB.search(value)) else ""
        elif kind == "tmdb" and not _NUMBER.fullmatch(value):
            value = ""
        if value and (kind in ("imdb", "tmdb") or kind in _OTHER_IDS) and len(value) <= 60:
            ids.setdefault(kind, value)
    return {**_ids_in(text), **ids} if not ids.keys() >= {"imdb", "tmdb"} else ids


def _said_ids(film: Element) -> Iterator[tuple[str, str]]:
    for element in film.findall("uniqueid"):
        yield element.get("type", "").lower(), element.text or ""
    for entry in film.findall("ids/entry"):
        yield (entry.findtext("key") or "").strip().lower(), entry.findtext("value") or ""
    for element in film:
        named = _ID_NAME.fullmatch(element.tag)
        if named and element.tag != "uniqueid":
            yield named[1], element.text or ""
        elif element.tag in _KIND_OF_ID:
            yield element.tag, element.get("id") or element.text or ""
    for element in film.findall("id"):
        yield from (element.items())
        if _IMDB.fullmatch(imdb_id := (element.text or "").strip()):
            yield "imdb", imdb_id


def _ids_in(text: str) -> dict[str, str]:
    """The ids in the addresses of a text, or an id that is all of it."""
    imdb, tmdb = _IMDB_ADDRESS.search(text), _TMDB_ADDRESS.search(text)
    ids = {"imdb": imdb[1].lower()} if imdb else {}
    if tmdb:
        ids["tmdb"] = tmdb[1]
    return ids or ({"imdb": text.strip()} if _IMDB.fullmatch(text.strip()) else {})


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _decimal(text: str | None) -> float | None:
    try:
        number = float((text or "").strip().replace(",", "."))
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None
