"""What is asked of a collection: every wish spelt once, with its default.

The command line, the page, the API, assistants and `evaluate` build a `Request`, and `MovieSearch.find` answers it.
A new wish is a field here, the place that does the work, and a line in each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from .config import DEFAULT_LIMIT
from .errors import UsageError

Mode = Literal["hybrid", "dense", "lexical"]
Intent = Literal["identify", "similar"]
Measure = Literal["cosine", "dot", "euclidean"]

MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
INTENTS: tuple[Intent, ...] = ("identify", "similar")
MEASURES: tuple[Measure, ...] = ("cosine", "dot", "euclidean")

LONGEST_QUERY = 60_000
"""Characters of a query that are read; some 10,000 words, more than any plot."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a film must be to be an answer; all that are set must hold."""

    year_from: int | None = None
    year_to: int | None = None
    genres: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take any list of genres, or one."""
        object.__setattr__(self, "genres", texts(self.genres))


@dataclass(frozen=True, slots=True)
class Request:
    """What to find, and how.

    `plots` are described, `films` named by id; several are blended. `unlike` are plots, titles or ids to keep away
    from. `intent` is `identify` for the one film that a person means and `similar` for films with the same soul; where
    it isn't given it follows from what is asked for. `mode` is meaning and words, meaning alone, or words alone
    (hybrid unless `exact`). `seen` are (title, year or None) to leave out. `diverse` spreads the answers out. `exact`
    compares whole-film vectors one by one, as the original does, by any `measure`. `explain` adds the words that
    matched. `rerank` names a CrossEncoder that puts the best in order.

    Any sequence of texts will do, and one text where several may stand.
    """

    plots: tuple[str, ...] = ()
    films: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    seen: tuple[tuple[str, int | None], ...] = ()
    limit: int = DEFAULT_LIMIT
    mode: Mode | None = None
    intent: Intent | None = None
    diverse: bool = False
    exact: bool = False
    measure: Measure = "cosine"
    explain: bool = False
    rerank: str | None = None

    def __post_init__(self) -> None:
        """Make tuples of what was given."""
        for name in ("plots", "films", "unlike"):
            object.__setattr__(self, name, texts(getattr(self, name)))
        object.__setattr__(self, "seen", tuple(self.seen))

    @property
    def way(self) -> Mode:
        """The mode that was asked for, or the one that follows from the rest."""
        return self.mode or ("dense" if self.exact else "hybrid")

    @property
    def similar(self) -> bool:
        """Whether films with the same soul are wanted, rather than the one film that a person means."""
        return (self.intent or ("similar" if self.films and not self.plots else "identify")) == "similar"

    def check(self) -> None:
        """Raise UsageError for what makes no sense."""
        if not self.plots and not self.films:
            raise UsageError("nothing to look for: describe a plot, or name a film")
        for plot in (*self.plots, *self.unlike):
            if not plot.strip():
                raise UsageError("the plot to look for is empty")
            if len(plot) > LONGEST_QUERY:
                raise UsageError(
                    f"the plot to look for has {len(plot):,} characters; at most {LONGEST_QUERY:,} are read"
                )
        if self.measure != "cosine" and not self.exact:
            raise UsageError("Chroma's index is one of cosine similarity: --measure needs --exact")
        if self.exact and self.way != "dense":
            raise UsageError("--exact is the original's way, which looks up no words: it needs --mode dense")


def texts(given: str | Iterable[str]) -> tuple[str, ...]:
    """One text, or any number of them, as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given)
