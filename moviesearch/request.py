"""What can be asked of a collection: every option once, with its default.

The command line, the page, the API, assistants and `evaluate` build a `Request`, and `MovieSearch.find` answers it.
A new option is a field here, code that does the work, and a line in each of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .config import DEFAULT_LIMIT
from .errors import UsageError, not_text

Mode = Literal["hybrid", "dense", "lexical"]
Intent = Literal["identify", "similar"]
Measure = Literal["cosine", "dot", "euclidean"]

Said = Literal["yes", "no", "unknown"]

MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
INTENTS: tuple[Intent, ...] = ("identify", "similar")
MEASURES: tuple[Measure, ...] = ("cosine", "dot", "euclidean")
REPLIES: tuple[Said, ...] = ("yes", "no", "unknown")

LONGEST_QUERY = 60_000
"""Characters that a query may have: some 10,000 words, more than any plot."""

LONGEST_PERSON = 100
"""Characters of the name of a person who has seen films."""

LAST_YEAR = 9999
"""The highest year that is one, and the lowest with a minus before it."""

LONGEST_RUNTIME = 100_000
"""Minutes that a running time may have: there is a film of five weeks."""

FILTERED_NAMES = {
    "genres": "genre",
    "directors": "director",
    "cast": "actor",
    "countries": "country",
    "languages": "language",
    "not_genres": "genre",
}
"""The fields of `Filters` that are names, and what one of them is called."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on answers, all of which must hold: a film has to be of each genre, director, ... that is named.

    Years and running times (in minutes) include both ends. Of `not_genres` a film may have none. Names may be written
    as people write them: "kubrick", "USA". What a film's record does not say meets no condition but `not_genres`.
    """

    year_from: int | None = None
    year_to: int | None = None
    genres: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    runtime_from: int | None = None
    runtime_to: int | None = None
    not_genres: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Make a tuple of any list of names, or of one."""
        for name in FILTERED_NAMES:
            object.__setattr__(self, name, texts(getattr(self, name), name))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person said to the question with this key (see `Answer.question`): yes, no, or that they don't know."""

    key: str
    value: Said


@dataclass(frozen=True, slots=True)
class Request:
    """What to find, and how.

    - `plots` are a person's words, `films` ids of films; several of them are blended into one search.
    - `unlike` are plots, titles or ids that the answers are to be unlike.
    - `seen` are (title, year or None) of films to leave out.
    - `unseen` leaves out what is marked as seen in the collection: by `person`, or by the one without a name.
    - `mode` is hybrid (meaning and words), dense (meaning alone) or lexical (words alone); see `way`.
    - `intent` is identify (the one film that a person means) or similar (films like it); see `similar`.
    - `diverse` chooses answers that are unlike each other.
    - `exact` compares whole-film vectors one by one, as the original does, by any `measure`.
    - `explain` adds the words that matched.
    - `rerank` names a CrossEncoder that puts the best answers in order.
    - `ignored` are keys of `Understood` parts of the plots that are not to count.
    - `ask` adds a question asked back to an answer in which no film is clear; `replies` are to earlier ones, and weigh.
      Both are for the one film meant, without `exact` and `rerank`.

    `plots`, `films` and `unlike` may be any sequence of texts, or a single text.
    """

    plots: tuple[str, ...] = ()
    films: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    seen: tuple[tuple[str, int | None], ...] = ()
    unseen: bool = False
    person: str = ""
    limit: int = DEFAULT_LIMIT
    mode: Mode | None = None
    intent: Intent | None = None
    diverse: bool = False
    exact: bool = False
    measure: Measure = "cosine"
    explain: bool = False
    rerank: str | None = None
    ignored: tuple[str, ...] = ()
    ask: bool = False
    replies: tuple[Reply, ...] = ()

    def __post_init__(self) -> None:
        """Make tuples of what was given. Raises UsageError for what can't be made one."""
        for name in ("plots", "films", "unlike", "ignored"):
            object.__setattr__(self, name, texts(getattr(self, name), name))
        if not isinstance(self.filters, Filters):
            raise UsageError(f"filters is {self.filters!r:.40}, and should be Filters, such as Filters(year_from=1990)")
        object.__setattr__(self, "seen", titles_and_years(self.seen, "seen"))
        object.__setattr__(self, "replies", tuple(self.replies))
        if wrong := next((reply for reply in self.replies if not isinstance(reply, Reply)), None):
            raise UsageError(f"a reply is {wrong!r:.40}, and should be a Reply, such as Reply('word:ship', 'yes')")
        object.__setattr__(self, "person", named_person(self.person))

    @property
    def way(self) -> Mode:
        """The mode: as given, else dense for `exact` and hybrid otherwise."""
        return self.mode or ("dense" if self.exact else "hybrid")

    @property
    def similar(self) -> bool:
        """Whether the intent is similar: as given, else where there are `films` and no `plots`."""
        return (self.intent or ("similar" if self.films and not self.plots else "identify")) == "similar"

    def check(self) -> None:
        """Raise UsageError for what makes no sense."""
        if not self.plots and not self.films:
            raise UsageError("nothing to look for: describe a plot, or name a film")
        self._check_texts()
        for plot in (*self.plots, *self.unlike):
            if not says_anything(plot):
                what = f"there is no word in {plot!r:.40}" if plot.strip() else "the plot is empty"
                raise UsageError(f"nothing to look for: {what}. Describe a plot, or name a film")
            if len(plot) > LONGEST_QUERY:
                raise UsageError(
                    f"the plot to look for has {len(plot):,} characters; at most {LONGEST_QUERY:,} are read"
                )
        for _, year in self.seen:
            check_year("the year of a film seen", year)
        check_year("year_from", self.filters.year_from)
        check_year("year_to", self.filters.year_to)
        check_runtime("runtime_from", self.filters.runtime_from)
        check_runtime("runtime_to", self.filters.runtime_to)
        if not isinstance(self.limit, int) or self.limit < 1:
            raise UsageError(f"limit is {self.limit!r:.40}, and should be a whole number from 1 on")
        for name, value, known in (("mode", self.mode, MODES), ("intent", self.intent, INTENTS)):
            if value is not None and value not in known:
                raise UsageError(f"{name} is {value!r:.40}, and should be one of {', '.join(known)}")
        if self.measure not in MEASURES:
            raise UsageError(f"measure is {self.measure!r:.40}, and should be one of {', '.join(MEASURES)}")
        if self.measure != "cosine" and not self.exact:
            raise UsageError("Chroma's index is one of cosine similarity: another measure needs exact (--exact)")
        if self.exact and self.way != "dense":
            raise UsageError("--exact is the original's way, which looks up no words: it needs --mode dense")
        self._check_replies()

    def _check_replies(self) -> None:
        """Raise UsageError for replies that can't be taken, or don't count."""
        for reply in self.replies:
            if reply.value not in REPLIES:
                raise UsageError(
                    f"the reply to {reply.key!r:.60} is {reply.value!r:.40}, and should be one of {', '.join(REPLIES)}"
                )
        if self.replies and (self.exact or self.rerank or self.similar):
            other = "--exact" if self.exact else "--rerank" if self.rerank else "a search for films like others"
            raise UsageError(f"replies tell of the one film that is meant, and don't count with {other}")

    def _check_texts(self) -> None:
        """Raise UsageError for what should be a text and is none."""
        given = [
            ("plot", self.plots),
            ("film's id", self.films),
            ("plot or film to be unlike", self.unlike),
            *((name, getattr(self.filters, field)) for field, name in FILTERED_NAMES.items()),
            ("title of a film seen", tuple(title for title, _ in self.seen)),
            ("key of a reply", tuple(reply.key for reply in self.replies)),
        ]
        for name, text in ((name, text) for name, all_of_them in given for text in all_of_them):
            if not isinstance(text, str):
                raise UsageError(f"the {name} is {text!r:.40}, and should be a text")
            if fault := not_text(text):
                raise UsageError(f"the {name} {fault}")


def check_year(name: str, year: int | None) -> None:
    """Raise UsageError for a year that is none."""
    if year is not None and not (isinstance(year, int) and -LAST_YEAR <= year <= LAST_YEAR):
        raise UsageError(f"{name} is {year!r:.40}, and should be a year, such as 1999")


def check_runtime(name: str, minutes: int | None) -> None:
    """Raise UsageError for a running time that is none."""
    if minutes is not None and not (isinstance(minutes, int) and 0 <= minutes <= LONGEST_RUNTIME):
        raise UsageError(f"{name} is {minutes!r:.40}, and should be a number of minutes, such as 120")


def named_person(name: str) -> str:
    """The name of a person who has seen films, in the one spelling that is kept. Raises UsageError for none."""
    if not isinstance(name, str):
        raise UsageError(f"the person's name is {name!r:.40}, and should be a text")
    if fault := not_text(name):
        raise UsageError(f"the person's name {fault}")
    name = " ".join(unicodedata.normalize("NFC", name).split()).casefold()
    if len(name) > LONGEST_PERSON or not name.isprintable():
        raise UsageError(f"the person's name is {name[:40]!r}: give up to {LONGEST_PERSON} letters and signs")
    return name


def reply_of(text: str) -> Reply:
    """The reply in a text such as `word:ship=yes`. Raises UsageError where there is none."""
    key, _, value = text.rpartition("=")
    said = next((one for one in REPLIES if one == value.strip().lower()), None)
    if not key.strip() or said is None:
        raise UsageError(f"{text!r:.80} is no reply: write KEY=yes, KEY=no or KEY=unknown, with the question's key")
    return Reply(key.strip(), said)


def texts(given: str | Iterable[str], name: str) -> tuple[str, ...]:
    """One text, or any number of them, as a tuple. Raises UsageError with the argument's `name` for anything else."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping | bytes) or not isinstance(given, Iterable):
        raise UsageError(f"{name} is {given!r:.40}, and should be a text, or several")
    return tuple(given)


def titles_and_years(given: Iterable[tuple[str, int | None]], name: str) -> tuple[tuple[str, int | None], ...]:
    """Films as (title, year or None). Raises UsageError with the argument's `name` where they are something else."""
    example = 'a title and a year (or None), such as ("Jaws", 1975)'
    if isinstance(given, str | Mapping | bytes) or not isinstance(given, Iterable):
        raise UsageError(f"{name} is {given!r:.40}, and should be several films, each {example}")

    def pair(entry: Any) -> tuple[str, int | None]:
        if not isinstance(entry, tuple | list) or len(entry) != 2:
            raise UsageError(f"a film of {name} is {entry!r:.40}, and should be {example}")
        return entry[0], entry[1]

    return tuple(map(pair, given))


_SHOW_NOTHING = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc\ufffd")
"""Letters and signs that are blank, or stand for what was lost."""


def says_anything(text: str) -> bool:
    """Whether there is a letter, a number or a picture in a text: anything that can be looked for."""
    return any(
        (unicodedata.category(letter)[0] in "LN" or unicodedata.category(letter) == "So")
        and letter not in _SHOW_NOTHING
        for letter in text
    )
