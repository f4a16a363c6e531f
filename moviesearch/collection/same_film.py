"""Whether two records are of one film: their titles agree, and nothing that is known of both contradicts.

What contradicts: years more than one apart, other directors, other ids of one kind; and where the plots differ too,
another page of one site. A source that gains a column, or loses one, has the same films.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from moviesearch.records import Movie
from moviesearch.storage.entries import Entry, fold_title

_DIRECTOR_FIELDS = frozenset(("director", "directors", "directedby"))
_ID_FIELDS = {
    "imdb": "imdb",
    "imdbid": "imdb",
    "tconst": "imdb",
    "tmdb": "tmdb",
    "tmdbid": "tmdb",
    "wikidata": "wikidata",
    "wikidataid": "wikidata",
    "freebaseid": "freebase",
}
"""Field (letters and digits of its name) -> the kind of id that it holds."""

_UNKNOWN = frozenset(
    ("", "0", "n a", "na", "nan", "null", "none", "n", "tba", "unknown", "various", "no genres listed")
)
"""Values that say nothing, folded as titles are; earlier versions stored some."""

_NAME_ENDS = re.compile(r"[;|/&]|\band\b")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_WIKI_PAGE = re.compile(r"[a-z_]+wiki-\d+")
_TMDB_ID = re.compile(r"tmdb-0*(\d+)")
_IMDB = re.compile(r"tt(\d{5,})")
_WIKIDATA = re.compile(r"Q\d+")
_NUMBER = re.compile(r"0*(\d+)(?:\.0)?")
_MADE = re.compile(r"(?P<slug>.+?)(?:-(?P<year>\d{4}))?(?:~[0-9a-f]{8})?(?:~\d+)?")
_SLUG_CUT = 60
"""A made id holds at least so many characters of a long title."""


def titles_of(movie: Movie) -> list[str]:
    """The folded titles under which a film may be stored: its own, and "Lamp, The (1999)" as catalogues write it."""
    folded = fold_title(movie.title)
    if movie.year is None:
        return [folded]
    first, _, rest = folded.partition(" ")
    dated = [f"{folded} {movie.year}", f"{rest} {first} {movie.year}"] if rest else [f"{folded} {movie.year}"]
    return [folded, *dated]


def match(movie: Movie, candidates: Iterable[Entry], is_another: Callable[[str], bool]) -> Entry | None:
    """The film among the candidates that a record is of; None where it is of none.

    The candidates have one of its titles. Those of which `is_another` says by their ids that they are other films of
    its source are so, unless they tell the same plot.
    """
    fitting = [
        entry
        for entry in candidates
        if _is_called(entry.movie, movie)
        and (not is_another(entry.movie.id) or same_plot(entry.movie, movie))
        and not contradict(entry.movie, movie)
    ]
    return min(fitting, key=lambda entry: _distance(entry, movie), default=None)


def _is_called(stored: Movie, movie: Movie) -> bool:
    """Whether a stored film has the title, or has it with the year behind and no year of its own."""
    if fold_title(stored.title) == fold_title(movie.title):
        return True
    return stored.year is None and stored.title.rstrip().endswith(f"({movie.year})")


def _distance(entry: Entry, movie: Movie) -> tuple[bool, bool, float, bool, int, str]:
    """What orders the films that a record may be of, the likeliest first."""
    stored = entry.movie
    years = (stored.year, movie.year)
    apart = 0.5 if stored.year is None or movie.year is None else abs(stored.year - movie.year)
    known_ids = _ids(stored).items() & _ids(movie).items()
    return (
        not same_plot(stored, movie),
        not known_ids,
        apart if years != (None, None) else 0.5,
        not _share_a_name(_directors(stored), _directors(movie)),
        entry.seq,
        stored.id,
    )


def same_plot(a: Movie, b: Movie) -> bool:
    """Whether two films tell the same, but for case and white space."""
    return a.plot == b.plot or a.plot.casefold().split() == b.plot.casefold().split()


def contradict(a: Movie, b: Movie) -> bool:
    """Whether something that is known of both says that they are two films."""
    if a.year is not None and b.year is not None and abs(a.year - b.year) > 1:
        return True
    directors = _directors(a), _directors(b)
    if all(directors) and not _share_a_name(*directors):
        return True
    ids, others = _ids(a), _ids(b)
    if any(others.get(kind, value) != value for kind, value in ids.items()):
        return True
    if same_plot(a, b):
        return False
    if _site(a) == _site(b) and _page(a) != _page(b):
        return True
    # Ids of two catalogues can't be compared: there the years have to be known.
    own = {"own", "number", "imdb id", "wikidata id", "wiki page"}
    return bool(own & ids.keys()) and bool(own & others.keys()) and (a.year is None or b.year is None)


def filled(movie: Movie, other: Movie) -> Movie:
    """A film, with what it doesn't say itself as another record of it does."""
    return replace(
        movie,
        year=other.year if movie.year is None else movie.year,
        genres=movie.genres or tuple(genre for genre in other.genres if fold_title(genre) not in _UNKNOWN),
        url=movie.url or other.url,
        extra={**other.extra, **movie.extra},
    )


def fullness(movie: Movie) -> int:
    """How many fields of a film are known."""
    return (movie.year is not None) + bool(movie.genres) + bool(movie.url) + len(movie.extra)


def is_made(film: str, title: str) -> bool:
    """Whether an id looks as if it was made of a film's title, as `sources.ids` does where a source has none."""
    parts = _MADE.fullmatch(film)
    if parts is None:
        return False
    slug, name = (fold_title(text.replace("-", " ")).split() for text in (parts["slug"], title))
    if parts["year"] and parts["year"] in name[-1:]:
        slug.append(parts["year"])
    words, of_title = (sorted(word for word in words if word != "and") for words in (slug, name))
    cut = len(parts["slug"]) >= _SLUG_CUT and "".join(name).startswith("".join(slug))
    return words == of_title or slug == ["film"] or cut


def _ids(movie: Movie) -> dict[str, str]:
    """Kind -> id, of the ids that a film has in its source and in catalogues."""
    ids: dict[str, str] = {}
    if imdb := _IMDB.fullmatch(movie.id):
        ids["imdb"] = ids["imdb id"] = imdb[1].lstrip("0")
    elif _WIKIDATA.fullmatch(movie.id):
        ids["wikidata"] = ids["wikidata id"] = movie.id
    elif _WIKI_PAGE.fullmatch(movie.id):
        ids["wiki page"] = movie.id
    elif not is_made(movie.id, movie.title):
        number = _NUMBER.fullmatch(movie.id)
        ids["number" if number else "own"] = number[1] if number else movie.id
        if tmdb := _TMDB_ID.fullmatch(movie.id):
            ids["tmdb"] = tmdb[1]
    for name, value in _fields(movie.extra):
        kind = _ID_FIELDS.get(name)
        text = str(value).strip()
        number = (_IMDB.fullmatch(text) if kind == "imdb" else None) or _NUMBER.fullmatch(text)
        if kind and fold_title(text) not in _UNKNOWN:
            ids.setdefault(kind, number[1].lstrip("0") if number else text)
    return ids


def _fields(extra: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """(letters and digits of the name, value) of the further fields, those of an object of ids included."""
    for name, value in extra.items():
        plain = "".join(filter(str.isalnum, name)).casefold()
        if plain in ("ids", "externalids") and isinstance(value, Mapping):
            yield from _fields(value)
        elif isinstance(value, (str, int, float)):
            yield plain, value


def _directors(movie: Movie) -> list[frozenset[str]]:
    """The words of each director's name."""
    names: list[frozenset[str]] = []
    for field, value in movie.extra.items():
        if "".join(filter(str.isalnum, field)).casefold() in _DIRECTOR_FIELDS:
            for item in value if isinstance(value, list) else [value]:
                name = item.get("name") if isinstance(item, Mapping) else item
                names += _names(name) if isinstance(name, str) else ()
    return names


def _names(text: str) -> Iterator[frozenset[str]]:
    if text.lstrip().startswith("["):  # a list as Python or JSON writes it
        text = ";".join(single or double for single, double in _QUOTED.findall(text))
    for part in _NAME_ENDS.split(text):
        pieces = [piece for piece in part.split(",") if fold_title(piece.replace(".", " ")) not in _UNKNOWN]
        if len(pieces) == 2 and all(len(piece.split()) == 1 for piece in pieces):
            pieces = [" ".join(pieces)]  # "Vance, Ida"
        for name in pieces:
            yield frozenset(fold_title(name.replace(".", " ")).split())


def _share_a_name(a: Sequence[frozenset[str]], b: Sequence[frozenset[str]]) -> bool:
    return any(name <= other or other <= name for name in a for other in b)


def _site(movie: Movie) -> str | None:
    return _split(movie.url)[0] if movie.url else None


def _page(movie: Movie) -> str | None:
    return _split(movie.url)[1] if movie.url else None


def _split(url: str) -> tuple[str, str]:
    """(site, page) of an address, however it is written."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
    except ValueError:
        return url, ""
    site = re.sub(r"^(?:www\.|m\.)|(?<=\.)m\.", "", parts.netloc.casefold())
    return site, unquote(parts.path).replace(" ", "_").rstrip("/") + (f"?{parts.query}" if parts.query else "")
