"""What a person says about a film beside its story: when it was made, where, and its genre. Pure; regex only.

Hints are soft: `ranking.contradictions` prefers films that meet them. Stories speak of years and nations too. So
these count only where the words are about films ("a movie from the 90s", "90s thriller", "Korean film"), and a long
text that hardly speaks of films is taken for a plot, without hints.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from .patterns import late


@dataclass(frozen=True, slots=True)
class Years:
    """Release years that a person has in mind, `first` and `last` included; `said` is how they put it."""

    first: int
    last: int
    said: str


@dataclass(frozen=True, slots=True)
class Hints:
    """What a query says about a film beside its story; preferred by the ranking, never demanded.

    `years` are ranges; a film should be of one of them. `origins` holds, for each country or language in the query,
    all names and codes, in lower case, by which a film's record may give it. `genres` are as `genre_names` gives them,
    `people` names as `people.people_in` gives them.
    """

    years: tuple[Years, ...] = ()
    origins: tuple[frozenset[str], ...] = ()
    genres: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


LONGEST_ASKING = 60
"""A query of more words than this has hints only if it speaks of films at least once in so many words."""

_FILM = r"(?:movies?|films?|flicks?)"
_TALK = late(rf"\b(?:{_FILM}|saw|seen|watch(?:ed|ing)?|remember\w*|think|believe|guess\w*)\b", re.IGNORECASE)
_WORD = late(r"[^\W_]+")


def find_hints(query: str, whole: str | None = None) -> Hints:
    """The release years, origins and genres that a query gives its film.

    `whole` is the query where some of it has been cut; whether it speaks of films at all is seen there.
    """
    whole = whole or query
    if is_plot(whole):
        return Hints()
    return Hints(
        _years(query, bool(_TALK.search(whole))),
        _origins(query),
        _genres(query),
    )


@lru_cache(maxsize=8)
def is_plot(query: str) -> bool:
    """Whether a query is a long text that hardly speaks of films."""
    words = len(_WORD.findall(query))
    return words > LONGEST_ASKING and len(_TALK.findall(query)) * LONGEST_ASKING < words


def genre_names(genres: Iterable[str]) -> frozenset[str]:
    """A film's genres in the form that hints use: "Sci-Fi/Horror" is {"science fiction", "horror"}."""
    return frozenset(name for genre in genres for name in _names_in(genre))


@lru_cache(maxsize=4096)
def _names_in(genre: str) -> tuple[str, ...]:
    lowered = genre.lower()
    return (
        *(name for name in _GENRES if name in lowered),
        *(name for other, name in _SAME_GENRE.items() if other in lowered),
    )


# --- genres and origins ---------------------------------------------------------------------------------------------

# A genre as records have it -> how people say it: words that only films are, then words that count before "movie".
_GENRES: dict[str, tuple[str, str]] = {
    "horror": (r"horror|slashers?", "scary"),
    "comedy": (r"comed(?:y|ies)|rom-?com|parody|spoof", "funny|comedic"),
    "thriller": (r"thrillers?|suspense", "suspenseful"),
    "science fiction": (r"sci[\s-]?fi|science\s+fiction", "space"),
    "romance": (r"rom-?com|romantic\s+(?:comedy|drama)", "romantic|romance"),
    "animation": (r"anime|animated|animation|cartoons?|claymation|stop[\s-]motion", "pixar"),
    "fantasy": ("fantasy", ""),
    "western": ("westerns", "western|cowboy"),
    "action": (r"action\s+thriller", "action"),
    "adventure": ("", "adventure"),
    "mystery": ("", r"mystery|whodunn?it"),
    "crime": ("", "crime|mob|gangster|heist"),
    "war": ("", "war|ww2|wwii|ww1|wwi"),
    "family": ("", r"family|kids?'?|children'?s?"),
    "music": ("musicals?", ""),
    "documentary": (r"documentar(?:y|ies)", ""),
}
_SAME_GENRE = {"sci-fi": "science fiction", "musical": "music", "romantic": "romance", "animated": "animation"}
_CERTAIN = "|".join(always for always, _ in _GENRES.values() if always)
_THEN_A_FILM = rf"(?:[\s,/-]+\w+){{0,2}}?[\s,/-]+(?:{_FILM}|{_CERTAIN})\b"
_GENRE_PATTERNS = {
    genre: late(
        "|".join(
            [rf"\b(?:{always})\b"] * bool(always)
            + [rf"\b(?:{before})(?:[\s,/-]+\w+){{0,2}}?[\s,/-]+{_FILM}\b"] * bool(before)
        ),
        re.IGNORECASE,
    )
    for genre, (always, before) in _GENRES.items()
}  # Each way to say a genre holds one of these; to look for them first is quicker.
_PARTS = {
    genre: parts.split()
    for genre, parts in {
        "horror": "horror slasher scary",
        "comedy": "comed romcom rom-com parody spoof funny",
        "thriller": "thriller suspense",
        "science fiction": "sci space",
        "romance": "romcom rom-com romantic romance",
        "animation": "anim cartoon clay motion pixar",
        "fantasy": "fantasy",
        "western": "western cowboy",
        "action": "action",
        "adventure": "adventure",
        "mystery": "mystery whodun",
        "crime": "crime mob gangster heist",
        "war": "war ww",
        "family": "family kid child",
        "music": "musical",
        "documentary": "documentar",
    }.items()
}

GENRE_WORDS = (_CERTAIN, "|".join(before for _, before in _GENRES.values() if before))
"""How people say genres, as regular expressions: words that only films are, and words that count before "movie"."""

_ROMANTIC_COMEDY = late(r"rom-?com|romantic\s+comedy", re.IGNORECASE)


def genres_in(words: str) -> tuple[str, ...]:
    """The genres that some words name, where they are about films; a romantic comedy is a romance."""
    romance = ("romance",) if _ROMANTIC_COMEDY.search(words) else ()
    rest = _ROMANTIC_COMEDY.sub(" ", words) if romance else words
    return tuple(dict.fromkeys([*romance, *_genres(rest)]))


def _genres(query: str) -> tuple[str, ...]:
    """The genres that a query gives its film."""
    lowered = query.lower()
    return tuple(
        genre
        for genre, pattern in _GENRE_PATTERNS.items()
        if any(part in lowered for part in _PARTS[genre]) and pattern.search(query)
    )


# How people say a country or language -> how records do: ISO 639-1 for languages, ISO 3166-1 for countries, and
# English names.
_ORIGINS: dict[str, str] = {
    "korean|south korean": "ko|kr|korean|south korean|korea|south korea|republic of korea",
    "japanese": "ja|jp|japanese|japan",
    "french": "fr|french|france",
    "italian": "it|italian|italy",
    "spanish": "es|spanish|spain",
    "mexican": "es|mx|mexican|mexico|spanish",
    "german": "de|german|germany",
    "chinese": "zh|cn|hk|tw|chinese|mandarin|cantonese|china|hong kong|taiwan",
    "hong kong": "zh|cn|hk|cantonese|hong kong",
    "indian|bollywood|hindi": "hi|in|ta|te|ml|bn|indian|india|hindi|bollywood",
    "russian|soviet": "ru|russian|russia|soviet union",
    "swedish": "sv|se|swedish|sweden",
    "danish": "da|dk|danish|denmark",
    "norwegian": "no|nb|norwegian|norway",
    "polish": "pl|polish|poland",
    "thai": "th|thai|thailand",
    "turkish": "tr|turkish|turkey",
    "iranian|persian": "fa|ir|iranian|persian|iran",
    "brazilian|portuguese": "pt|br|brazilian|portuguese|brazil|portugal",
    "british|english": "en|gb|uk|english|british|united kingdom",
    "australian": "en|au|english|australian|australia",
    "american|hollywood": "en|us|usa|english|american|united states of america|united states",
}


ORIGIN_WORDS = "|".join(_ORIGINS)
"""How people say a country or language, as a regular expression."""


def origins_in(words: str) -> tuple[frozenset[str], ...]:
    """The names of each country or language that some words name, where they are about films."""
    named = {match[0].lower() for match in re.finditer(rf"\b(?:{ORIGIN_WORDS})\b", words, re.IGNORECASE)}
    return tuple(frozenset(names.split("|")) for ways, names in _ORIGINS.items() if named & set(ways.split("|")))


def _origins(query: str) -> tuple[frozenset[str], ...]:
    """The names of each country or language that a query gives its film."""
    lowered = query.lower()
    return tuple(
        frozenset(names.split("|"))
        for ways, names in _ORIGINS.items()
        if any(way in lowered for way in ways.split("|")) and _origin_pattern(ways).search(query)
    )


@cache
def _origin_pattern(ways: str) -> re.Pattern[str]:
    """Where a country or language is said of a film. Compiled when it is first needed: all of them take 30 ms."""
    return re.compile(
        rf"\b(?:{ways})\b{_THEN_A_FILM}|\b{_FILM}\s+\(?(?:is|was|in|may\s+be)?\s*(?:{ways})\b"
        rf"|\b(?:the|that|this|an?|some|old)\s+(?:\w+\s+)?(?:{ways})\s+one\b"
        r"|(?<!dubbed\s)(?<!subtitles\s)(?<!saw\sit\s)(?<!seen\sit\s)\bin\s+(?!hollywood|bollywood|hong)"
        rf"(?:{ways})(?:\s+(?:with|and|language)|\s*(?:[.,;)]|$))"
        rf"|\b(?:{ways})\s+(?:subtitles|language|cinema)\b",
        re.IGNORECASE,
    )


# --- years ---------------------------------------------------------------------------------------------------------

_TENS = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_PART = r"(?:early|mid(?:dle)?|late)"
_TIME = late(
    rf"""(?:(?P<part>{_PART})(?:\s*-?\s*(?:to|or|and|/)?[\s-]*(?P<until>{_PART}))?[\s-]+(?:the\s+)?)?
    (?:'?(?<!\d)(?P<decade>(?:1[89]|20)?\d0)'?s(?![^\W_]) | (?P<word>{"|".join(_TENS)})\b
    | (?<![\d$£€#])(?P<year>(?:18[89]|19\d|20[0-4])\d)(?!\d|[.,]\d|\s*(?:%|dollars|people|miles)))""",
    re.IGNORECASE | re.VERBOSE,
)
TIME = rf"(?:{_PART}[\s-]+(?:the\s+)?)?(?:'?(?<!\d)(?:1[89]|20)?\d0'?s(?![^\W_])|\b(?:{'|'.join(_TENS)})\b)"
"""How people say a decade, as a regular expression."""

_SPAN = late(r"\s*(?:-|–|to|through|and|until|or|/)\s*(?:the\s+)?", re.IGNORECASE)
# What stands before a time and changes what it says about the film's release.
_BEFORE_A_FILM = late(_THEN_A_FILM, re.IGNORECASE)
_AN_AGE = late(r"\b(?:his|her|their|my|our)\s+$", re.IGNORECASE)
_NOT_AN_AGE = late(r"\b(?:the|a|an|from|19|classic|old)\s+'?$", re.IGNORECASE)
_A_SETTING = late(
    r"\b(?:set|takes?\s+place|took\s+place|taking\s+place|based|story|placed|happen(?:s|ed)|born|era|year\s+is|like\s+the)\b"
    r"[^.!?\n]{0,25}$",
    re.IGNORECASE,
)
_BEFORE = late(
    r"\b(?:before|pre|prior\s+to|older\s+than|earlier\s+than|no\s+later\s+than|(?:not|n't)\s+(?:\w+\s+){0,4}(?:after|later\s+than))"
    r"[\s-]*(?:the\s+)?(?:year\s+)?$",
    re.IGNORECASE,
)
_AFTER = late(
    r"\b(?:after|post|since|newer\s+than|later\s+than|(?:not|n't)\s+(?:\w+\s+){0,4}(?:before|earlier\s+than|older\s+than))"
    r"[\s-]*(?:the\s+)?(?:year\s+)?$",
    re.IGNORECASE,
)
_SEEN = late(
    r"\b(?:saw|seen|watch\w*|rented|caught|kid|child|young|little|aired|played|tv|school|old)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
_EARLIEST, _LATEST = 1870, 2100
_SEEN_LATER = 12
"""How many years before it was seen a film may have come out."""


def _years(query: str, talks: bool) -> tuple[Years, ...]:
    """The release years in a query; `talks` says whether it talks about films."""
    spans: list[Years] = []
    end = -1
    for match in _TIME.finditer(query):
        before = query[max(0, match.start() - 80) : match.start()]
        first, last = _range_of(match, before)
        phrase = " ".join(match.group().split())
        if first == 0 or _A_SETTING.search(before):
            continue
        if not talks and not _BEFORE_A_FILM.match(query, match.end()):
            continue
        if _BEFORE.search(before):
            first, last = first - 30, first
        elif _AFTER.search(before):
            first, last = last, _LATEST
        elif _SEEN.search(before):
            first -= _SEEN_LATER
        if spans and end >= 0 and _SPAN.fullmatch(query, end, match.start()) and spans[-1].first <= last:
            spans[-1] = Years(min(spans[-1].first, first), last, f"{spans[-1].said} - {phrase}")
        else:
            spans.append(Years(first, last, phrase))
        end = match.end()
    return tuple(dict.fromkeys(spans))


def years_in(words: str) -> tuple[Years, ...]:
    """The years and decades that some words name, where they are about when a film came out."""
    spans = ((_range_of(match, "the "), match[0]) for match in _TIME.finditer(words))
    return tuple(Years(first, last, " ".join(phrase.split())) for (first, last), phrase in spans if first)


def _range_of(match: re.Match[str], before: str) -> tuple[int, int]:
    """First and last year of what `_TIME` matched; (0, 0) where it is no release year ("in his 20s")."""
    if match["year"]:
        return int(match["year"]), int(match["year"])
    if _AN_AGE.search(before):
        return 0, 0
    ten = int(match["decade"]) if match["decade"] else 20 + 10 * _TENS.index(match["word"].lower())
    if ten < 100:
        if 20 <= ten <= 40 and not _NOT_AN_AGE.search(before):
            return 0, 0
        ten += 2000 if ten < 20 else 1900
    years_of = {"early": (0, 4), "mid": (3, 7), "middle": (3, 7), "late": (5, 9), "": (0, 9)}
    first = years_of[(match["part"] or "").lower()][0]
    last = years_of[(match["until"] or match["part"] or "").lower()][1]
    return (ten + first, ten + last) if _EARLIEST <= ten <= _LATEST else (0, 0)
