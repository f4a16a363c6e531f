"""Sources whose films are all in a collection as they tell them, so that these needn't be read again.

The ledger notes how the whole collection was then, by the ids and content hashes of its films. As long as it is so, or
is so again, a reading would find each film of the source unchanged.
"""

from __future__ import annotations

import json

from moviesearch.storage.ledger import Ledger

_FACT = "settled"
_MOST = 32
"""So many sources are remembered, the latest."""


def films_of(ledger: Ledger, source: str) -> int | None:
    """How many films a source has, by its digest, if all of them are in the collection as it tells them; else None."""
    contents, films = _sources(ledger).get(source, ("", 0))
    return films if contents and contents == ledger.contents() else None


def remember(ledger: Ledger, source: str, films: int) -> None:
    """Note that a source has so many films, each of which is in the collection as it tells it."""
    sources = _sources(ledger)
    sources.pop(source, None)
    sources[source] = ledger.contents(), films
    kept = dict(list(sources.items())[-_MOST:])
    ledger.set_facts(**{_FACT: json.dumps(kept)})


def is_any(ledger: Ledger) -> bool:
    """Whether any source is remembered."""
    return ledger.fact(_FACT) is not None


def _sources(ledger: Ledger) -> dict[str, tuple[str, int]]:
    """Digest of a source -> (the collection's contents, films of the source); none where it can't be read."""
    try:
        kept = json.loads(ledger.fact(_FACT) or "{}")
        return {str(source): (str(contents), int(films)) for source, (contents, films) in kept.items()}
    except (ValueError, TypeError, AttributeError):
        return {}
