"""What titles, years and kinds of entries are called in tables and JSON, in the languages of those who keep lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

TITLES = (
    "title|movietitle|filmtitle|titleoffilm|titleofmovie|primarytitle|englishtitle|name|moviename|filmname|movie|film"
    "|titles|movies|films|titleyear|titleandyear|titel|filmtitel|titre|titredufilm|titolo|titulo|pelicula|nombre|nome"
    "|nom|tytul|nazev|elokuva|originaltitle|originaltitel|titreoriginal|titolooriginale|titulooriginal|название|фильм"
    "|标题|片名|电影|タイトル|제목"
).split("|")
"""Names of a title's column as `key_of` has them, the surest first."""

OTHER_TITLES = "originaltitle|aka|alsoknownas|englishtitle|originaltitel|titreoriginal".split("|")

YEARS = (
    "year|releaseyear|yearofrelease|yearreleased|movieyear|filmyear|startyear|productionyear|jahr|erscheinungsjahr"
    "|annee|anneedesortie|ano|anno|rok|jaar|vuosi|год|年份|年|releasedate|dateofrelease|released|premiered|premiere"
    "|estreno|sortie|uscita|lancamento"
).split("|")

KINDS = ("titletype", "type", "mediatype", "kind")

OTHERS = frozenset(
    """date watcheddate datewatched watchedat lastwatchedat ratedat daterated dateadded added created modified rating
    yourrating rating10 rated yourated userrating averagerating imdbrating tags url uri letterboxduri link description
    position rank const id imdb imdbid tmdb tmdbid movieid filmid traktid genre genres director directors rewatch review
    notes note comment comments runtime duration votes numvotes plot overview country language seen watched checked
    plays likes liked userid timestamp""".split()
)
"""Further columns of lists of films."""

TICKS = ("seen", "watched", "checked", "gesehen", "vu", "vista", "visto")

_NOT_TICKED = frozenset(("", "0", "false", "no", "n", "-", "☐", "✗", "✘", "❌", "nein", "non"))
_BRACKETS = re.compile(r"\([^()]*\)")
_SERIES = re.compile(r"series|episode|season|show|game|podcast|^tv$", re.IGNORECASE)


def key_of(name: str) -> str:
    """A name for comparing: without case, accents, blanks and signs, and what stands in brackets: "Runtime (mins)"."""
    plain = unicodedata.normalize("NFKD", _BRACKETS.sub("", name.casefold()))
    return "".join(letter for letter in plain if letter.isalnum() and not unicodedata.combining(letter))


def first_of(names: Iterable[str], keys: Iterable[str]) -> str | None:
    """The first of some names that is among the keys."""
    present = set(keys)
    return next((name for name in names if name in present), None)


def is_series(kind: str) -> bool:
    """Whether what a list says of an entry's kind ("tvSeries", "episode") means that it is no film."""
    return _SERIES.search(kind.strip()) is not None


def is_ticked(mark: str) -> bool:
    """Whether a mark in a column such as "Watched" ("x", "yes", a date) says that it is so."""
    return mark.strip().casefold() not in _NOT_TICKED
