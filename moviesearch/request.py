"""What is asked of a collection: plots and films, what is unlike them, filters, and how to look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .errors import UsageError
from .queries import LONGEST_QUERY
from .ranking import Intent
from .retrieval import Filters
from .vectors import Measure

Mode = Literal["hybrid", "dense", "lexical"]


@dataclass(frozen=True, slots=True)
class Request:
    """What to find: plots described and films named by id, less what is unlike them."""

    plots: tuple[str, ...] = ()
    films: tuple[str, ...] = ()
    unlike_plots: tuple[str, ...] = ()
    unlike_films: tuple[str, ...] = ()
    intent: Intent | None = None
    limit: int = 10
    mode: Mode = "hybrid"
    filters: Filters = field(default_factory=Filters)
    seen: frozenset[str] = frozenset()
    diverse: bool = False
    exact: bool = False
    measure: Measure = "cosine"

    def check(self) -> None:
        """Raise UsageError for what makes no sense."""
        if not self.plots and not self.films:
            raise UsageError("nothing to look for: describe a plot, or name a film")
        for plot in (*self.plots, *self.unlike_plots):
            if not plot.strip():
                raise UsageError("the plot to look for is empty")
            if len(plot) > LONGEST_QUERY:
                raise UsageError(
                    f"the plot to look for has {len(plot):,} characters; at most {LONGEST_QUERY:,} are read"
                )
        if self.measure != "cosine" and not self.exact:
            raise UsageError("Chroma's index is one of cosine similarity: --measure needs --exact")
        if self.exact and self.mode != "dense":
            raise UsageError("--exact is the original's way, which looks up no words: it needs --mode dense")
