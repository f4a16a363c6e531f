"""Questions that ask for nothing but films like one that they name: "movies like Memento", "like the departed"."""

from __future__ import annotations

import re
from dataclasses import replace

from moviesearch.request import Request
from moviesearch.storage.ledger import Ledger

from .patterns import late
from .titles import of_title, with_year

_LIKE = late(
    r"""\s*(?:(?:(?:i'?m|i\s+am|we\s+are)\s+looking\s+for|i\s+want|find|show|give|recommend|suggest|me|any|some|more|other|a|an|the
        |good|great|best)\s+)*
    (?:(?:movies?|films?|flicks?|something|anything|stuff|one|ones)\s+(?:(?:that|which)\s+(?:is|are|feels?)\s+)?)?
    (?:(?:just|very|much|more|a\s+bit|a\s+lot)\s+)?
    (?:like|similar\s+to|reminiscent\s+of|along\s+the\s+lines\s+of|in\s+the\s+(?:vein|style|spirit)\s+of)\s+
    (?:the\s+(?:movie|film)\s+)?["'“”‘’]?(?P<title>\S.{0,150}?)["'“”‘’]?\s*[.?!]*(?:\s*,?\s*(?:please|pls|thanks))?\s*[.?!]*\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_MAY_BE = late(r"\b(?:like|similar|reminiscent|lines|vein|style|spirit)\b", re.IGNORECASE)
_MOST = 3
"""Films of one title that are all taken."""


def films_like(request: Request, ledger: Ledger) -> tuple[Request, str] | None:
    """The request for films like those of the title that is all that a request names, and a note; None for others.

    A question that is itself a title ("Like Water for Chocolate") asks for that film.
    """
    if len(request.plots) != 1 or request.films or request.intent or request.replies or request.rerank:
        return None
    may_be = request.way == "hybrid" and _MAY_BE.search(request.plots[0])
    match = _LIKE.fullmatch(request.plots[0]) if may_be else None
    if not match or of_title(ledger, request.plots[0])[0]:
        return None
    ids = list(dict.fromkeys(film.film for film in of_title(ledger, match["title"])[0]))
    if not 0 < len(ids) <= _MOST:
        return None
    titles = sorted(with_year(movie.title, movie.year) for movie in ledger.movies(ids).values())
    return replace(
        request, plots=(), films=tuple(ids), ask=False
    ), f"taken as a wish for films like {' and '.join(titles)}"
