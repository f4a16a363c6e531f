"""A person's words -> what to embed, what words to look up, and hints. Pure; standard library only.

People who look for a film hedge, greet, thank, tell where they saw it, and say what it was not. `clean` keeps
the story and drops the rest:

1. links, markup, and phrases of asking ("I'm trying to remember a movie where", "thanks in advance") go;
2. sentences made of nothing but function words and words of asking go, unless nothing would be left;
3. of what is left, `text` is embedded and `words` (without function words and words of asking) go to BM25;
4. decades and years, countries and languages, and genres become soft hints (see `ranking.hint_boosts`);
5. titles said with "not", "similar to", "reminds me of", ... become `named`: films that are not the answer.

The phrases were drawn from 2,198 posts of people asking for a film. English is what they know; a query in
another language is passed on as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

LONGEST_QUERY = 40_000
"""Characters of a query that are read; some 10,000 words, more than any plot."""

_FUNCTION_WORDS = frozenset(
    """a about above after again against ain all along also although am among an and another any anybody anyone anything
    are aren around as at back be became because become been before being below between both but by can cannot could
    couldn d did didn do does doesn doing don done down during each either else even ever every everyone everything
    few for from further get gets getting give go goes going gone got had hadn has hasn have haven having he hence her
    here hers herself him himself his how however i if in into is isn it its itself just keep least less ll m made
    make makes many may me meanwhile might mightn mine more most much must mustn my myself needn neither never no nobody
    none nor not nothing now o of off often on once one only onto or other others otherwise our ours ourselves out over
    own per put rather re s same shall shan she should shouldn since so some somebody someone something somewhere still
    such t take than that the their theirs them themselves then there therefore these they this those though through
    throughout to together too toward towards under until up upon us ve very was wasn we were weren what whatever when
    whenever where wherever whether which while who whoever whole whom whose why will with within without won would
    wouldn yet you your yours yourself yourselves""".split()
)

_ASKING_WORDS = frozenset(
    """actually advance advanced ago anymore anyways anyway apologies appreciate appreciated basically bell believe bit
    bugging certain channel cheers clip clue clues correct correctly definitely description details edit english fairly
    film films flick forget forgot forgotten guess guessing hello help helps hey hi honestly hopefully idea ideas idk
    imdb info kinda know lol looked looking looks maybe memories memory mention mentioned movie movies name named
    netflix ok okay particular perhaps please plz possibly post premise presumably pretty probably random randomly
    recall recently reddit remember remembered remembering reminded reminds ring rings scene scenes searched searching
    seem seemed seems seen saw similar solved somehow sorry sort sorta specific spoiler spoilers stuff suggestions sure
    thank thanks thing things think thinking thinks thought title titled titles trailer tried trying type unsure vague
    vaguely vhs watch watched watching wondering youtube""".split()
)

# Whole turns of phrase about the asker, not the film.
_ABOUT_THE_ASKER = re.compile(
    r"""https?://\S+ | www\.\S+
    | thank(?:s|\s+you)?\b[^.!?\n]{0,60}?\b(?:in\s+advance|so\s+much|very\s+much)
    | \b(?:sorry|apologies)\s+(?:for|if|about|in\s+advance)\b[^.!?\n]{0,80}
    | \benglish\s+is(?:n'?t|\s+not)\s+my\s+\w+(?:\s+language)?
    | \bfor\s+the\s+life\s+of\s+me\b | \b(?:driving|drives)\s+me\s+(?:crazy|nuts|insane|mad)\b
    | \b(?:any|all|your)\s+help\b[^.!?\n]{0,40}\bappreciated\b
    | \b(?:when|since)\s+i\s+was\s+(?:a\s+|an\s+|about\s+|like\s+|around\s+)*
      (?:\w+\s+)?(?:kid|child|teen(?:ager)?|young(?:er)?|little|small|boy|girl|\d+(?:\s*-\s*\d+)?(?:\s+years?\s+old)?)\b
    | \bas\s+a\s+(?:\w+\s+)?(?:kid|child|teen(?:ager)?)\b
    | \b(?:a\s+)?(?:few|couple\s+of|long|\d+(?:\s*-\s*\d+)?|many|some|several)?\s*(?:years?|time|months?|weeks?)\s+ago\b
    | \b(?:on|from)\s+(?:tv|television|netflix|cable|hbo|vhs|dvd|youtube|hulu|amazon\s+prime|amazon|showtime|cinemax|
      (?:the\s+)?(?:disney|sci-?fi|syfy|sky)\s+(?:channel|movies?)?)(?:\s+(?:one\s+(?:night|day|time)|late\s+at\s+night))?""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKUP = re.compile(r"[*_>#|\[\]`\\~]+|&\w+;|\u200b")
_CLAUSE = re.compile(r"[^.!?;\n…]+[.!?;\n…]*")
_WORD = re.compile(r"[^\W_]+")
_DECADE = re.compile(r"(?:1[89]|20)?\d0s")


_ASKERS = frozenset("i m ve d am have had do don did didn can could couldn not t to was been".split())


def _cut_asking(clause: str) -> str:
    """A clause without its runs of asking words; empty when it tells no story.

    A run is asking words with nothing but function words between them; a run takes a leading "I" with it.
    """
    words = [(m.start(), m.end(), m.group().lower()) for m in _WORD.finditer(clause)]
    kept: list[str] = []
    position = index = 0
    told = False
    while index < len(words):
        word = words[index][2]
        if word not in _ASKING_WORDS:
            told = told or word not in _FUNCTION_WORDS
            index += 1
            continue
        first = last = index
        while last + 1 < len(words) and (words[last + 1][2] in _ASKING_WORDS or words[last + 1][2] in _FUNCTION_WORDS):
            last += 1
        while words[last][2] not in _ASKING_WORDS:
            last -= 1
        while first > 0 and words[first - 1][2] in _ASKERS and words[first - 1][1] >= position:
            first -= 1
        kept.append(clause[position : words[first][0]])
        position = words[last][1]
        index = last + 1
    kept.append(clause[position:])
    return " ".join(" ".join(kept).split()) if told else ""


@dataclass(frozen=True, slots=True)
class Years:
    """Release years that a person has in mind, both ends in; `said` is how they put it."""

    first: int
    last: int
    said: str


@dataclass(frozen=True, slots=True)
class Hints:
    """What a query says about a film beside its story; preferred by the ranking, never demanded.

    `years` are ranges, any of which will do. `places` holds, for each country or language said, all the
    names and codes that a film's record may give it under. `genres` are names as `genre_names` gives them.
    """

    years: tuple[Years, ...] = ()
    places: tuple[frozenset[str], ...] = ()
    genres: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CleanQuery:
    """A query as it is searched with: see the module's docstring."""

    text: str
    words: tuple[str, ...]
    hints: Hints
    named: tuple[str, ...]


def clean(query: str, is_title: Callable[[str], bool] | None = None) -> CleanQuery:
    """The story, the words, the hints and the titles in a person's words.

    `is_title` tells whether a title in `title_key`'s form is one of the collection's; without it no titles are
    found. Never raises; a query in which nothing tells a story is passed on whole, and an empty one is empty.
    """
    query = unicodedata.normalize("NFKC", query[:LONGEST_QUERY]).translate(_PLAIN_QUOTES)
    bare = _MARKUP.sub(" ", _ABOUT_THE_ASKER.sub(" ", query))
    text = " ".join(filter(None, (_cut_asking(match.group()) for match in _CLAUSE.finditer(bare))))
    if not text:
        text = " ".join(query.split())
    words = [word.lower() for word in _WORD.findall(text)]
    telling = [w for w in words if w not in _FUNCTION_WORDS and w not in _ASKING_WORDS and not _DECADE.fullmatch(w)]
    return CleanQuery(text, tuple(telling or words), find_hints(query), named_titles(query, is_title))


# --- hints ---------------------------------------------------------------------------------------------------------

_STRONG_GENRE = r"horror|thrillers?|comed(?:y|ies)|sci[\s-]?fi|science\s+fiction|rom-?com|westerns?|anime|animation|cartoons?|slasher|noir"
# A genre's name in records -> how people say it: words that can only mean a film, then words that do before "movie".
_GENRES: dict[str, tuple[str, str]] = {
    "horror": (r"horror|slashers?", r"scary"),
    "comedy": (r"comed(?:y|ies)|rom-?com|parody|spoof", r"funny|comedic"),
    "thriller": (r"thrillers?|suspense", r"suspenseful"),
    "science fiction": (r"sci[\s-]?fi|science\s+fiction", r"space"),
    "romance": (r"rom-?com|romantic\s+(?:comedy|drama)", r"romantic|romance"),
    "animation": (r"anime|animated|animation|cartoons?|claymation|stop[\s-]motion", r"pixar"),
    "fantasy": (r"fantasy", ""),
    "western": (r"westerns", r"western|cowboy"),
    "action": (r"action\s+thriller", r"action"),
    "adventure": ("", r"adventure"),
    "mystery": ("", r"mystery|whodunn?it"),
    "crime": ("", r"crime|mob|gangster|heist"),
    "war": ("", r"war|ww2|wwii|ww1|wwi"),
    "family": ("", r"family|kids?'?|children'?s?"),
    "music": (r"musicals?", ""),
    "documentary": (r"documentar(?:y|ies)", ""),
}
_FILM_FOLLOWS = r"(?:[\s,/-]+\w+){0,2}?[\s,/-]+(?:movies?|films?|flicks?)\b"
_GENRE_PATTERNS = {
    genre: re.compile(
        "|".join([rf"\b(?:{always})\b"] * bool(always) + [rf"\b(?:{before_film}){_FILM_FOLLOWS}"] * bool(before_film)),
        re.IGNORECASE,
    )
    for genre, (always, before_film) in _GENRES.items()
}
_SAME_GENRE = {"sci-fi": "science fiction", "musical": "music", "romantic": "romance", "animated": "animation"}

_PLACES: dict[str, str] = {
    # how people say it: the names and codes of records (languages by ISO 639-1, countries by ISO 3166-1)
    "korean|south korean": "ko kr korean korea|south korea|republic of korea",
    "japanese": "ja jp japanese japan",
    "french": "fr french france",
    "italian": "it italian italy",
    "spanish": "es spanish spain",
    "mexican": "es mx mexican mexico spanish",
    "german": "de german germany",
    "chinese": "zh cn hk tw chinese mandarin cantonese china|hong kong",
    "hong kong": "zh cn hk cantonese|hong kong",
    "indian|bollywood|hindi": "hi in ta te ml bn indian india hindi bollywood",
    "russian|soviet": "ru russian russia|soviet union",
    "swedish": "sv se swedish sweden",
    "danish": "da dk danish denmark",
    "norwegian": "no norwegian norway",
    "polish": "pl polish poland",
    "thai": "th thai thailand",
    "turkish": "tr turkish turkey",
    "iranian|persian": "fa ir iranian persian iran",
    "brazilian|portuguese": "pt br brazilian portuguese brazil portugal",
    "british|english": "en gb uk british|united kingdom",
    "australian": "en au australian australia",
    "american|hollywood": "en us usa american|united states of america|united states",
}
_PLAIN_QUOTES = str.maketrans("‘’‛`´“”„«»", "'''''\"\"\"\"\"")
_TENS = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_PART = r"(?:early|mid(?:dle)?|late)"
_TIME = re.compile(
    rf"""(?:(?P<part>{_PART})(?:\s*-?\s*(?:to|or|and|/)?[\s-]*(?P<until>{_PART}))?[\s-]+(?:the\s+)?)?
    (?:'?(?<!\d)(?P<decade>(?:1[89]|20)?\d0)'?s(?![^\W_]) | (?P<word>{"|".join(_TENS)})\b
    | (?<![\d$£€#])(?P<year>(?:18[89]|19\d|20[0-4])\d)(?!\d|[.,]\d|\s*(?:%|dollars|people|miles)))""",
    re.IGNORECASE | re.VERBOSE,
)
_SPAN = re.compile(r"\s*(?:-|–|to|through|and|until|or|/)\s*(?:the\s+)?", re.IGNORECASE)
# What stands before a time and changes what it says about the film's release.
_AN_AGE = re.compile(r"\b(?:his|her|their|my|our)\s+$", re.IGNORECASE)
_NOT_AN_AGE = re.compile(r"\b(?:the|a|an|from|19|classic|old)\s+'?$", re.IGNORECASE)
_A_SETTING = re.compile(
    r"\b(?:set|takes?\s+place|took\s+place|taking\s+place|based|story|placed|happen(?:s|ed)|born|era|year\s+is|like\s+the)\b"
    r"[^.!?\n]{0,25}$",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:before|pre|prior\s+to|older\s+than|earlier\s+than|no\s+later\s+than|(?:not|n't)\s+(?:\w+\s+){0,4}(?:after|later\s+than))"
    r"[\s-]*(?:the\s+)?(?:year\s+)?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\b(?:after|post|since|newer\s+than|later\s+than|(?:not|n't)\s+(?:\w+\s+){0,4}(?:before|earlier\s+than|older\s+than))"
    r"[\s-]*(?:the\s+)?(?:year\s+)?$",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"\b(?:saw|seen|watch\w*|rented|caught|kid|child|young|little|aired|played|tv|school|old)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
_OF_A_FILM = re.compile(rf"(?:[\s,/-]+\w+){{0,2}}?[\s,/-]+(?:movies?|films?|flicks?|{_STRONG_GENRE})\b", re.IGNORECASE)
_EARLIEST, _LATEST = 1870, 2100
_SEEN_LATER = 12
"""Years that a film may be older than the time it was seen at."""


def _years(query: str, asks: bool) -> tuple[Years, ...]:
    found: list[Years] = []
    end = -1
    for match in _TIME.finditer(query):
        before = query[max(0, match.start() - 80) : match.start()]
        first, last = _range_of(match, before)
        if first == 0 or _A_SETTING.search(before):
            continue
        if not asks and not _OF_A_FILM.match(query, match.end()):
            continue
        if _BEFORE.search(before):
            first, last = first - 30, first
        elif _AFTER.search(before):
            first, last = last, _LATEST
        elif _SEEN.search(before):
            first -= _SEEN_LATER
        if found and end >= 0 and _SPAN.fullmatch(query, end, match.start()) and found[-1].first <= last:
            found[-1] = Years(min(found[-1].first, first), last, " ".join(query[start : match.end()].split()))
        else:
            start = match.start()
            found.append(Years(first, last, " ".join(match.group().split())))
        end = match.end()
    return tuple(dict.fromkeys(found))


def _range_of(match: re.Match[str], before: str) -> tuple[int, int]:
    """First and last year that a time means; (0, 0) when it is no release year ("in his 20s")."""
    if match["year"]:
        return int(match["year"]), int(match["year"])
    if _AN_AGE.search(before):
        return 0, 0
    ten = int(match["decade"]) if match["decade"] else 20 + 10 * _TENS.index(match["word"].lower())
    if ten < 100:
        if 20 <= ten <= 40 and not _NOT_AN_AGE.search(before):
            return 0, 0
        ten += 2000 if ten < 20 else 1900
    parts = {"early": (0, 4), "mid": (3, 7), "middle": (3, 7), "late": (5, 9), "": (0, 9)}
    first = parts[(match["part"] or "").lower()][0]
    last = parts[(match["until"] or match["part"] or "").lower()][1]
    return (ten + first, ten + last) if _EARLIEST <= ten <= _LATEST else (0, 0)


def find_hints(query: str) -> Hints:
    """The release years, places and genres that a query says its film is of.

    A story has years and nations of its own, so those count only where people talk about films (`_TALK`), or
    right before a word that means a film ("90s thriller", "Korean film").
    """
    words = len(_WORD.findall(query))
    talks = len(_TALK.findall(query))
    if words > _LONGEST_ASKING and talks * _LONGEST_ASKING < words:
        return Hints()
    genres = tuple(genre for genre, pattern in _GENRE_PATTERNS.items() if pattern.search(query))
    places = tuple(names for pattern, names in _PLACE_PATTERNS if pattern.search(query))
    return Hints(_years(query, talks > 0), places, genres)


_TALK = re.compile(
    r"\b(?:movies?|films?|flicks?|saw|seen|watch(?:ed|ing)?|remember\w*|think|believe|guess\w*)\b", re.IGNORECASE
)
_LONGEST_ASKING = 60
_PLACE_PATTERNS = [
    (
        re.compile(
            rf"\b(?:{said})\b(?:[\s,/-]+(?!man\b|woman\b|guy\b|girl\b)\w+){{0,2}}?[\s,/-]+(?:movies?|films?|flicks?|cinema|{_STRONG_GENRE})\b"
            rf"|\b(?:movie|film)\s+\(?(?:is|was|in|may\s+be)?\s*(?:{said})\b|\bin\s+(?:{said})\s+(?:with|and|language)|\b(?:{said})\s+(?:subtitles|language)",
            re.IGNORECASE,
        ),
        frozenset(
            part
            for group in names.split("|")
            for part in (
                [group]
                if " of " in group or "hong" in group or "united" in group or "south" in group or "soviet" in group
                else group.split()
            )
        ),
    )
    for said, names in _PLACES.items()
]


def genre_names(genres: Iterable[str]) -> frozenset[str]:
    """A film's genres in the form that hints use: "Sci-Fi/Horror" is {"science fiction", "horror"}."""
    found: set[str] = set()
    for genre in genres:
        lowered = genre.lower()
        found.update(name for name in _GENRES if name in lowered)
        found.update(name for said, name in _SAME_GENRE.items() if said in lowered)
    return frozenset(found)


def title_key(title: str) -> str:
    """A title as titles are compared: case, accents, punctuation and a leading article don't count."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", title) if not unicodedata.combining(c)).casefold()
    words = re.findall(r"[^\W_]+", plain.replace("'", "").replace("&", " and "))
    return " ".join(words[1:] if len(words) > 1 and words[0] in {"the", "a", "an"} else words)


def named_titles(query: str, is_title: Callable[[str], bool] | None) -> tuple[str, ...]:
    return ()
