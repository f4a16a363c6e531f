"""What has to be said beside an answer: what it goes without, and a question in another language."""

from __future__ import annotations

from collections.abc import Sequence

from moviesearch.collection.base import Collection
from moviesearch.errors import StoreError
from moviesearch.request import Mode

from .languages import language_note


def missing_notes(collection: Collection, mode: Mode) -> list[str]:
    """Why words or token vectors don't count in an answer, if so.

    Raises StoreError where words are all that is asked for, and they don't.
    """
    missing = None if mode == "dense" else collection.words_missing()
    if missing and mode == "lexical":
        raise StoreError(f"--mode lexical can't be had: {missing}")
    without_tokens = None if mode == "lexical" else collection.tokens_missing()
    return [line for line in (missing, without_tokens) if line]


def language_notes(collection: Collection, plots: Sequence[str], model: str) -> list[str]:
    """That a plot is plainly not in English, if so; a film's title may be in any language."""
    noted = ((plot, language_note(plot, model)) for plot in plots)
    return list(dict.fromkeys(note for plot, note in noted if note and not collection.ledger.by_title(plot)))
