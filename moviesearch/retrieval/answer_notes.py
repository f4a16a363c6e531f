"""What has to be said beside an answer: what it goes without, and a question in another language."""

from __future__ import annotations

from collections.abc import Sequence

from moviesearch.collection.base import Collection
from moviesearch.errors import HOW_TO_FILL, StoreError
from moviesearch.request import Mode
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.word_languages import ENGLISH, LANGUAGES

from .languages import ENGLISH_MODELS, language_note


def missing_notes(collection: Collection, mode: Mode) -> list[str]:
    """Why words or token vectors don't count in an answer, if so, and that there are no films at all.

    Raises StoreError where words are all that is asked for, and they don't.
    """
    missing = None if mode == "dense" else collection.words_missing()
    if missing and mode == "lexical":
        raise StoreError(f"--mode lexical can't be had: {missing}")
    without_tokens = None if mode == "lexical" else collection.tokens_missing()
    empty = None if collection.ledger.counts()[0] else f"there are no films in {collection.name!r}: {HOW_TO_FILL}"
    return [line for line in (empty, missing, without_tokens) if line]


def language_notes(collection: Collection, plots: Sequence[str], manifest: Manifest) -> list[str]:
    """That a plot is plainly not in the collection's language, if so; a film's title may be in any language."""
    noted = ((plot, language_note(plot, manifest.model, manifest.language)) for plot in plots)
    return list(dict.fromkeys(note for plot, note in noted if note and not collection.ledger.by_title(plot)))


def english_model_note(model: str, language: str) -> str | None:
    """That a collection of another language is about to be embedded by a model for English, if so."""
    if language == ENGLISH or model not in ENGLISH_MODELS:
        return None
    return (
        f"the model {model} was made for English: name one that knows {LANGUAGES[language]} with --model, "
        "as a multilingual one does; `ingest --rebuild --model NAME` changes it later"
    )
