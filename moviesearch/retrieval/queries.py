"""A person's words -> the text to embed, the words to look up, and hints. Pure; standard library only.

People who look for a film hedge, greet, thank, mention where they saw it, and say what it was not. `clean` keeps
the story and drops the rest:

1. links, markup, and phrases of asking ("I'm trying to remember a movie where", "thanks in advance") go;
2. where somebody speaks of themselves or of films, words of asking go, and sentences of nothing else;
   where nobody does, all is story ("he forgets his name");
3. of what is left, `text` is embedded and `words` (without function words and words of asking) go to BM25;
4. years, countries, languages, genres and people become soft hints (see `hints` and `people`);
5. "not from the 90s", "no horror", "without aliens" become `unwanted`, and leave text and words (see `unwanted`);
6. titles that follow "not", "similar to", "reminds me of", ... become `named`: films that are not the answer (`named`).
   Behind "not" they leave the words, which would draw films; in the text they tell of what kind the film is.

The words of asking are those that people looking for a film write far more often than plots do. All word lists are
English; a query in another language is passed on as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace

from moviesearch.request import LONGEST_QUERY

from .hints import GENRE_WORDS, ORIGIN_WORDS, Hints, find_hints, is_plot, origins_in, without_remade
from .named import Named, named_films
from .named_titles import Parts, Rare, Titles
from .negations import People
from .patterns import WORD, late
from .people import cut_names, people_in, possible_names, surnames_among
from .release_years import TIME, Years
from .unwanted import Unwanted, find_unwanted, less

_FUNCTION_WORDS = frozenset(
    WORD.findall(
        """a about above after again against ain all along also although am among an and another any anybody anyone
        anything are aren around as at back be became because become been before being below between both
        but by can cannot could couldn d did didn do does doesn doing don done down during each either
        else even ever every everyone everything few for from further get gets getting give go goes going
        gone got had hadn has hasn have haven having he hence her here hers herself him himself his how
        however i if in into is isn it its itself just keep least less ll m made make makes many may me
        meanwhile might mightn mine more most much must mustn my myself needn neither never no nobody none
        nor not nothing now o of off often on once one only onto or other others otherwise our ours
        ourselves out over own per put rather re s same shall shan she should shouldn since so some
        somebody someone something somewhere still such t take than that the their theirs them themselves
        then there therefore these they this those though through throughout to together too toward
        towards under until up upon us ve very was wasn we were weren what whatever when whenever where
        wherever whether which while who whoever whole whom whose why will with within without won would
        wouldn yet you your yours yourself yourselves"""
    )
)

_ASKING_WORDS = frozenset(
    WORD.findall(
        """actually advance advanced ago anymore anyways anyway apologies appreciate appreciated basically bell
        believe bit bugging certain channel cheers clip clue clues correct correctly definitely
        description details edit english fairly film films flick forget forgot forgotten guess guessing
        hello help helps hey hi honestly hopefully idea ideas idk imdb info kinda know lol looked looking
        looks maybe mention mentioned movie movies name named netflix ok okay particular
        perhaps please plz possibly post premise presumably pretty probably random randomly recall
        recently reddit remember remembered remembering reminded reminds ring rings scene scenes searched
        searching seem seemed seems seen saw similar solved somehow sorry sort sorta specific spoiler
        spoilers stuff suggestions sure thank thanks thing things think thinking thinks thought title
        titled titles trailer tried trying type unsure vague vaguely vhs watch watched watching wondering
        youtube"""
    )
)

# Whole turns of phrase about the asker, not the film.
_ABOUT_THE_ASKER = late(
    r"""https?://\S+ | www\.\S+
    | thank(?:s|\s+you)?\b[^.!?\n]{0,60}?\b(?:in\s+advance|so\s+much|very\s+much)
    | \b(?:sorry|apologies)\s+(?:for|if|about|in\s+advance)\b[^.!?\n]{0,80}
    | \benglish\s+is(?:n'?t|\s+not)\s+my\s+\w+(?:\s+language)?
    | \bfor\s+the\s+life\s+of\s+me\b | \b(?:driving|drives)\s+me\s+(?:crazy|nuts|insane|mad)\b
    | \b(?:any|all|your)\s+help\b[^.!?\n]{0,40}\bappreciated\b
    | \b(?:my|vague|faint|from|childhood|earl(?:y|iest))\s+memor(?:y|ies)\b(?:\s+of)?
    | \b(?:when|since)\s+i\s+was\s+(?:a\s+|an\s+|about\s+|like\s+|around\s+)*
      (?:\w+\s+)?(?:kid|child|teen(?:ager)?|young(?:er)?|little|small|boy|girl|\d+(?:\s*-\s*\d+)?(?:\s+years?\s+old)?)\b
    | \bas\s+a\s+(?:\w+\s+)?(?:kid|child|teen(?:ager)?)\b
    | \b(?:a\s+)?(?:few|couple\s+of|long|\d+(?:\s*-\s*\d+)?|many|some|several)?\s*(?:years?|time|months?|weeks?)\s+ago\b
    | \b(?:on|from)\s+(?:tv|television|netflix|cable|hbo|vhs|dvd|youtube|hulu|amazon\s+prime|amazon|showtime|cinemax|
      (?:the\s+)?(?:disney|sci-?fi|syfy|sky)\s+(?:channel|movies?)?)(?:\s+(?:one\s+(?:night|day|time)|late\s+at\s+night))?""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKUP = late(r"[*_>#|\[\]`\\~]+|&\w+;|\u200b")
_CLAUSE = late(r"[^.!?;\n…]+[.!?;\n…]*")
_DECADE = late(r"(?:1[89]|20)?\d0s")
_TIME = late(TIME, re.IGNORECASE)
_KINDS = late(
    rf"\b(?:best|greatest|good|great|top|famous|classic|{ORIGIN_WORDS}|{'|'.join(filter(None, GENRE_WORDS))})\b",
    re.IGNORECASE,
)

ANY_STORY = "a film"
"""What is searched with where a question tells no story."""

_PLAIN_QUOTES = str.maketrans("‘’‛`´“”„«»", "'''''\"\"\"\"\"")
_SPEAKS = late(
    r"\b(?:i|i'?m|i'?ve|my|me|we|anyone|anybody|please|plz|pls|help|thanks?|hi|hello|hey|sorry|edit|idk"
    r"|movies?|films?|flicks?|scenes?)\b",
    re.IGNORECASE,
)
_TITLE_AND_MORE = late(
    r"\s*(?P<title>\S(?:.{0,79}?[^\s,])?)[\s,]+(?:(?:but|the|in)\s+){0,2}(?:[(\[]?(?P<year>(?:18|19|20)\d\d)[)\]]?"
    rf"|[(\[]?(?P<origin>{ORIGIN_WORDS})\b[)\]]?"
    r"|(?P<which>not\s+the\s+(?:old|new)(?:er)?|first|original|old(?:er|est)?|new(?:er|est)?|latest|recent|remake)\b)"
    r"(?:\s+(?:one|version|movie|film|original|remake))?[\s.!?]*",
    re.IGNORECASE,
)
_EARLIER = late(r"^(?:first|original|old|not\s+the\s+new)", re.IGNORECASE)
# "Not Oldboy (2013)", "not the 2013 one": no word on when the film came out
_YEAR_OF_ANOTHER = late(
    r"(?:\bnot|n't)\s+(?:the\s+)?(?:(?:18|19|20)\d\d\b|[^.!?;,()\n]{1,60}[(\[](?:18|19|20)\d\d[)\]])", re.IGNORECASE
)
_ASKERS = frozenset(WORD.findall("i m ve d am have had do don did didn can could couldn not t to was been"))


def _cut_asking(clause: str) -> str:
    """A clause without its runs of asking words; "" where no telling word is left.

    A run is asking words with nothing but function words between them, and "I have", "I didn't" and the like before.
    """
    words = [(m.start(), m.end(), m.group().lower()) for m in WORD.finditer(clause)]
    pieces: list[str] = []
    position = index = 0
    tells = False
    while index < len(words):
        word = words[index][2]
        if word not in _ASKING_WORDS:
            tells = tells or word not in _FUNCTION_WORDS
            index += 1
            continue
        first = last = index
        while last + 1 < len(words) and (words[last + 1][2] in _ASKING_WORDS or words[last + 1][2] in _FUNCTION_WORDS):
            last += 1
        while words[last][2] not in _ASKING_WORDS:
            last -= 1
        while first > 0 and words[first - 1][2] in _ASKERS and words[first - 1][1] >= position:
            first -= 1
        pieces.append(clause[position : words[first][0]])
        position = words[last][1]
        index = last + 1
    pieces.append(clause[position:])
    return " ".join(" ".join(pieces).split()) if tells else ""


@dataclass(frozen=True, slots=True)
class CleanQuery:
    """A query in the form that is searched with: see the module's docstring.

    `text` is to be embedded. `words` are in lower case, each as often as it occurs. `named` are film ids; `unwanted`
    is what else it says that its film is not. `storyless` says that there is nothing else in it, but for decades,
    and genres and origins beside these.
    """

    text: str
    words: tuple[str, ...] = ()
    hints: Hints = Hints()
    named: frozenset[str] = frozenset()
    unwanted: Unwanted = Unwanted("")
    storyless: bool = False


def clean(
    query: str,
    titles: Titles | None = None,
    parts: Parts | None = None,
    people: People | None = None,
    rare: Rare | None = None,
    unheard: Rare | None = None,
) -> CleanQuery:
    """A person's words, cleaned: the story, its words, hints, and the films that it is not.

    A query without a story is passed on whole; an empty one stays empty. Without `titles`, `named` is empty; without
    `parts`, films are named by whole titles alone; without `people`, some words on who is not in it are story,
    and without `rare` some on which film it is not. `unheard` tells of words that no plot has: a surname in lower case
    that is such is a person's.
    Raises nothing.
    """
    asked = unicodedata.normalize("NFKC", query[:LONGEST_QUERY]).translate(_PLAIN_QUOTES)
    unwanted = find_unwanted(asked, people, titles)
    named = named_films(asked, titles, parts, rare, unwanted.spans) if titles else Named()
    without_titles = less(asked, [*unwanted.spans, *named.spans]) if named.spans else unwanted.wanted
    text = _story(unwanted.wanted) or _story(asked) or " ".join(asked.split())
    words = [word.lower() for word in WORD.findall(_story(without_titles) if named.spans else text)]
    words = words or [word.lower() for word in WORD.findall(text)]
    telling = [word for word in words if word not in _FUNCTION_WORDS and not _DECADE.fullmatch(word)]
    hints = find_hints(without_remade(_YEAR_OF_ANOTHER.sub(" ", without_titles)), asked)
    if not is_plot(asked):
        named_people = people_in(without_titles)
        if people and (maybe := possible_names(without_titles)):
            known = people(maybe)
            known_names = [name for name in maybe if name in known]
            full = [name for name in known_names if " " in name]
            names = [*full, *(name for name in surnames_among(known_names, full) if unheard and unheard(name))]
            named_people = tuple(dict.fromkeys([*names, *named_people]))
        hints = replace(hints, people=named_people)
    if titles and (apart := _told_apart(asked, titles)):
        hints = replace(hints, years=apart.years or hints.years, origins=apart.origins or hints.origins)
    telling = telling or words
    left = _TIME.sub(" ", without_titles)
    beside = _KINDS.sub(" ", left) if hints.years else left
    says_something = unwanted.spans or named.spans or hints.years
    storyless = bool(says_something) and not _tells(beside) and not (titles and titles(asked.strip()))
    if storyless:
        text = _story(left) if _tells(left) else ANY_STORY
        telling = [word.lower() for word in WORD.findall(text) if is_telling(word.lower())] if _tells(left) else []
    return CleanQuery(text, tuple(telling), hints, named.films, unwanted, storyless)


def _told_apart(asked: str, titles: Titles) -> Hints | None:
    """What tells films of one title apart, in a question that is nothing else: "oldboy 2013", "insomnia norwegian"."""
    match = _TITLE_AND_MORE.fullmatch(asked)
    films = titles(match["title"]) if match and not titles(asked.strip()) else {}
    if not match or not films:
        return None
    if match["origin"]:
        return Hints(origins=origins_in(match["origin"]))
    years = sorted(year for year in films.values() if year)
    year = int(match["year"]) if match["year"] else 0
    if match["which"] and len(years) > 1:
        year = years[0] if _EARLIER.search(match["which"]) else years[-1]
    return Hints(years=(Years(year, year, str(year)),)) if year in years else None


def _tells(text: str) -> bool:
    return any(is_telling(word.lower()) for word in WORD.findall(text))


def without_names(query: CleanQuery, people: Collection[str]) -> CleanQuery:
    """The query without the names of people, folded, who made the film that is meant; a surname goes once."""
    text, names = cut_names(query.text, people)
    words = list(query.words)
    for name in names:
        if name in words:
            words.remove(name)
    return replace(query, text=text if WORD.search(text) else query.text, words=tuple(words))


def _story(query: str) -> str:
    """A query without what tells no story; "" where there is no word."""
    if not WORD.search(query):
        return ""
    bare = _MARKUP.sub(" ", _ABOUT_THE_ASKER.sub(" ", query))
    text = " ".join(bare.split())
    if _SPEAKS.search(query):
        text = " ".join(filter(None, (_cut_asking(match.group()) for match in _CLAUSE.finditer(bare)))) or text
    return text or " ".join(query.split())


def is_telling(word: str) -> bool:
    """Whether a word (in lower case) can tell a story: neither a function word, nor one of asking, nor a decade."""
    return not (word in _FUNCTION_WORDS or word in _ASKING_WORDS or _DECADE.fullmatch(word))
