"""What a person says about a film beside its story: when it was made, where, and its genre. Pure; regex only.

Hints are soft: `ranking.contradictions` prefers films that meet them. Stories speak of years and nations too. So
these count only where the words are about films ("a movie from the 90s", "90s thriller", "Korean film"), and a long
text that hardly speaks of films is taken for a plot, without hints.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from .patterns import FILM, late
from .release_years import TIME, Years, release_years


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

_TALK = late(rf"\b(?:{FILM}|saw|seen|watch(?:ed|ing)?|remember\w*|think|believe|guess\w*)\b", re.IGNORECASE)
_A_TIME_ALONE = late(rf"\W*(?:(?:from|in|of)\s+)?(?:the\s+)?{TIME}\W*", re.IGNORECASE)
_CAME_OUT = late(r"\bcame\s+out\s+(?:\w+\s+){0,3}?(?:the\s+)?\W?(?:early|mid|late|\d)", re.IGNORECASE)
_WORD = late(r"[^\W_]+")


def find_hints(query: str, whole: str | None = None) -> Hints:
    """The release years, origins and genres that a query gives its film.

    `whole` is the query where some of it has been cut; whether it speaks of films at all is seen there.
    """
    whole = whole or query
    if is_plot(whole):
        return Hints()
    return Hints(
        release_years(query, any(_speaks_of_release(query, whole)), _BEFORE_A_FILM),
        _origins(query),
        _genres(query),
    )


def _speaks_of_release(query: str, whole: str) -> Iterator[object]:
    yield _TALK.search(whole)
    yield _A_TIME_ALONE.fullmatch(query)
    yield _CAME_OUT.search(query)


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
_OF_FILMS = r"versions?|remakes?|originals?|adaptations?"
_THEN_A_FILM = rf"(?:[\s,/-]+\w+){{0,2}}?[\s,/-]+(?:{FILM}|{_CERTAIN}|{_OF_FILMS})\b"
_BEFORE_A_FILM = late(_THEN_A_FILM, re.IGNORECASE)
_GENRE_PATTERNS = {
    genre: late(
        "|".join(
            [rf"\b(?:{always})\b"] * bool(always)
            + [rf"\b(?:{before})(?:[\s,/-]+\w+){{0,2}}?[\s,/-]+{FILM}\b"] * bool(before)
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
    "canadian": "canadian|canada",
    "irish": "ga|ie|irish|ireland",
    "scottish": "gb|uk|scottish|united kingdom|scotland",
    "dutch": "nl|dutch|netherlands|the netherlands",
    "belgian": "belgian|flemish|belgium",
    "austrian": "austrian|austria",
    "swiss": "swiss|switzerland",
    "greek": "el|gr|greek|greece",
    "finnish": "fi|finnish|finland",
    "icelandic": "icelandic|iceland",
    "hungarian": "hu|hungarian|hungary",
    "czech|czechoslovak|czechoslovakian|slovak": "cs|cz|sk|czech|slovak|czech republic|czechia|czechoslovakia|slovakia",
    "romanian": "ro|romanian|romania",
    "bulgarian": "bg|bulgarian|bulgaria",
    "serbian|croatian|bosnian|yugoslav|yugoslavian": "sr|hr|bs|rs|ba|serbian|croatian|bosnian|serbo-croatian"
    "|serbia|croatia|bosnia and herzegovina|yugoslavia",
    "georgian": "ka|georgian|georgia",
    "ukrainian": "ukrainian|ukraine",
    "estonian": "estonian|estonia",
    "israeli|hebrew": "he|il|hebrew|israel",
    "arabic": "ar|arabic",
    "egyptian": "eg|egyptian|egypt",
    "lebanese": "lb|lebanese|lebanon",
    "palestinian": "ps|palestinian|palestine",
    "moroccan": "moroccan|morocco",
    "afghan": "afghan|afghanistan",
    "pakistani": "pk|pakistani|pakistan",
    "tamil": "ta|tamil",
    "telugu": "te|telugu",
    "malayalam": "ml|malayalam",
    "bengali": "bn|bengali",
    "vietnamese": "vi|vn|vietnamese|vietnam",
    "indonesian": "indonesian|indonesia",
    "filipino": "tl|fil|ph|filipino|tagalog|philippines",
    "taiwanese": "tw|taiwanese|taiwan",
    "cantonese": "zh|hk|cn|cantonese|hong kong",
    "mongolian": "mn|mongolian|mongolia",
    "kazakh": "kk|kz|kazakh|kazakhstan",
    "argentine|argentinian": "argentine|argentinian|argentina",
    "chilean": "cl|chilean|chile",
    "colombian": "colombian|colombia",
    "peruvian": "pe|peruvian|peru",
    "cuban": "cu|cuban|cuba",
    "south african": "za|south african|south africa",
    "senegalese": "sn|wo|wolof|senegalese|senegal",
    "nigerian": "ng|nigerian|nigeria",
    "new zealand": "nz|new zealand",
    "scandinavian|nordic": "scandinavian|nordic|sv|se|da|dk|nb|swedish|danish|norwegian|finnish|icelandic"
    "|sweden|denmark|norway|finland|iceland",
    "south american|latin american": "south american|latin american|argentina|bolivia|brazil|chile|colombia"
    "|ecuador|paraguay|peru|uruguay|venezuela|cuba|guatemala|mexico|ar|bo|br|cl|co|pe|uy|ve|mx",
}


_WAYS = [(ways, ways.split("|")) for ways in _ORIGINS]
ORIGIN_WORDS = "|".join(_ORIGINS)
"""How people say a country or language, as a regular expression."""


_REMADE = late(
    rf"\b(?:remakes?|reboots?|rip-?offs?|versions?|original)\s+(?:of|for)\s+(?:the\s+|that\s+|an?\s+|some\s+)?(?:old\s+)?"
    rf"(?:(?:{ORIGIN_WORDS}|{TIME}|(?:19|20)\d\d)[\s-]+){{1,2}}",
    re.IGNORECASE,
)
_MAKING_AGAIN = ("remake", "reboot", "version", "original", "ripoff", "rip-off")


def without_remade(query: str) -> str:
    """A query without the origin and the years of a film of which its own is a remake: "remake of the Swedish film"."""
    lowered = query.lower()
    return _REMADE.sub(" remake of ", query) if any(word in lowered for word in _MAKING_AGAIN) else query


def origins_in(words: str) -> tuple[frozenset[str], ...]:
    """The names of each country or language that some words name, where they are about films."""
    named = {match[0].lower() for match in re.finditer(rf"\b(?:{ORIGIN_WORDS})\b", words, re.IGNORECASE)}
    return tuple(frozenset(names.split("|")) for ways, names in _ORIGINS.items() if named & set(ways.split("|")))


def _origins(query: str) -> tuple[frozenset[str], ...]:
    """The names of each country or language that a query gives its film."""
    lowered = query.lower()
    return tuple(
        frozenset(_ORIGINS[ways].split("|"))
        for ways, names in _WAYS
        if any(name in lowered for name in names) and _origin_pattern(ways).search(query)
    )


@cache
def _origin_pattern(ways: str) -> re.Pattern[str]:
    """Where a country or language is said of a film. Compiled when it is first needed."""
    ways = rf"(?<!south\s)(?<!latin\s)(?:{ways})" if ways.startswith("american") else ways
    return re.compile(
        rf"\b(?:{ways})\b{_THEN_A_FILM}|\b{FILM}\s+\(?(?:is|was|in|may\s+be)?\s*(?:{ways})\b"
        rf"|\b(?:the|that|this|an?|some|old)\s+(?:\w+\s+)?(?:{ways})\s+one\b"
        r"|(?<!dubbed\s)(?<!subtitles\s)(?<!saw\sit\s)(?<!seen\sit\s)\bin\s+(?!hollywood|bollywood|hong)"
        rf"(?:{ways})(?:\s+(?:with|and|language)|\s*(?:[.,;)]|$))"
        rf"|\b(?:{ways})\s+(?:language|cinema)\b"
        r"|(?:^|[.;,(]\s*(?:it\s+(?:is|was)|it'?s|maybe|probably|possibly|i\s+think|i\s+believe)\s|[.;,]|\bbut\s)\s*"
        r"(?:(?:it\s+(?:is|was)|it'?s|maybe|probably|possibly|i\s+think|i\s+believe)\s+){0,2}"
        rf"(?:{ways})(?:,?\s+(?:i\s+(?:think|believe|guess)|maybe|probably|or\s+\w+))?\s*(?:$|[.,;)?])",
        re.IGNORECASE,
    )
