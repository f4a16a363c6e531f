"""The mirror: a local copy of a server's collection, its films in a ledger, words and token vectors of its passages.

A search needs them on this machine. Each row on the server has a `stamp`, the time when it was
written. The mirror fetches the rows written since its own last stamp; where the number of films
differs after that, it compares all rows. A mirror that is damaged or out of line is made anew.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.entries import Entry
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import passage_ids, whole_number
from moviesearch.storage.server.rows import ServerStore
from moviesearch.storage.server.state import State

from .files import Note, manifest_fact

_MARGIN = 3_600_000
"""Milliseconds by which the clocks of two writers may differ."""

_SETTLED = 600.0
"""Seconds without a sign of life after which a writer is taken for dead."""

_LONG = 2000
"""From so many changed films on, the progress of fetching them is noted."""

_BATCH = 500
"""Films that are fetched at once."""


class Mirrored(Protocol):
    """What a mirror needs of its collection."""

    note: Note
    name: str
    words_up_to: int

    @property
    def ledger(self) -> Ledger:
        """The films, as they are mirrored."""

    @property
    def chroma(self) -> ServerStore:
        """The collection on the server."""

    @property
    def words(self) -> Bm25Index:
        """The words of the passages."""

    def drop_words(self) -> None:
        """Delete the words; `words` begins an empty index, in the language that the ledger then says."""

    def wanted_tokens(self, manifest: Manifest) -> str | None:
        """What is to make the token vectors: the encoder's `token_digest`; None where there are to be none."""

    def tokens_in_step(self) -> bool:
        """Whether the token index is as the ledger says."""

    def restart_tokens(self, digest: str | None) -> None:
        """Begin an empty token index, or none."""

    def mirror_tokens(self, passages: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Take the token vectors of films' passages, (id, text), into the index, just before films are committed."""


def in_step(collection: Mirrored, state: State) -> bool:
    """Whether the mirror shows a state of the collection: its generation, all its films and their words.

    While a writer is at work (the state is open) it never does, unless that writer seems dead.
    """
    ledger = collection.ledger
    if ledger.fact("generation_there") != state.generation or ledger.fact("number") != state.number:
        return False
    if ledger.uncommitted() or ledger.counts()[0] != state.films or not _words_in_step(collection, state):
        return False
    if not collection.tokens_in_step():
        return False
    return not state.open or float(ledger.fact("synced") or 0) - float(ledger.fact("first_seen") or 0) > _SETTLED


def has_words(ledger: Ledger) -> bool:
    """Whether the mirror of this ledger holds the words of the passages too."""
    return ledger.fact("words") == "1"


def _keeps_words(collection: Mirrored, state: State) -> bool:
    """Whether the mirror is to hold the words: the collection is not too large."""
    return state.passages <= collection.words_up_to


def _words_in_step(collection: Mirrored, state: State) -> bool:
    """Whether the words are there if they are to be, and answer for the ledger's generation."""
    if has_words(collection.ledger) != _keeps_words(collection, state):
        return False
    return not has_words(collection.ledger) or collection.words.generation == collection.ledger.generation


def _has_wanted_tokens(collection: Mirrored, state: State) -> bool:
    """Whether the token index is as the ledger says; where that says nothing, whether there are to be none."""
    if collection.ledger.fact("tokens") is not None:
        return collection.tokens_in_step()
    if _keeps_words(collection, state) and collection.wanted_tokens(state.manifest):
        return False
    collection.ledger.set_facts(tokens="")
    return True


def sync(collection: Mirrored, state: State) -> None:
    """Bring the mirror to a state of the collection, or a little further. While holding the gate."""
    ledger, began = collection.ledger, time.time()
    if (
        ledger.fact("number") != state.number
        or ledger.uncommitted()
        or not _words_in_step(collection, state)
        or not _has_wanted_tokens(collection, state)
        or ledger.fact("manifest") != manifest_fact(state.manifest)["manifest"]
    ):
        collection.drop_words()
        keeps_words = _keeps_words(collection, state)
        digest = collection.wanted_tokens(state.manifest) if keeps_words else None
        ledger.clear(number=state.number, words=int(keeps_words), tokens=digest or "", **manifest_fact(state.manifest))
        collection.restart_tokens(digest)
        _mark(collection)
    last = ledger.fact("stamp")
    stamp = _take_changed(collection, None if last is None else int(last) - _MARGIN)
    if last is not None and ledger.counts()[0] != collection.chroma.counts()[0]:
        stamp = _take_changed(collection, None, prune=True)
    first_seen = ledger.fact("first_seen") if ledger.fact("generation_there") == state.generation else began
    ledger.set_facts(
        generation_there=state.generation, synced=began, first_seen=first_seen, stamp=max(stamp, int(last or 0))
    )


def _take_changed(collection: Mirrored, since: int | None, *, prune: bool = False) -> int:
    """Fetch the films that differ, of the rows with a stamp above `since` (None: of all rows).

    `prune` removes those that have no row. Returns the latest stamp.
    """
    mirrored, latest = collection.ledger.fingerprints(), 0
    future = int(time.time() * 1000) + _MARGIN
    on_server: set[str] = set()
    changed: list[str] = []
    for rows in collection.chroma.rows_since(since):
        for film, metadata, _ in rows:
            on_server.add(film)
            with suppress(KeyError, ValueError):  # of a later time, or none, if another program wrote the row
                latest = max(latest, whole_number(metadata, "stamp", future))
            if mirrored.get(film) != (metadata.get("hash"), metadata.get("seq"), metadata.get("passages")):
                changed.append(film)
    _fetch(collection, changed)
    if prune:
        drop(collection, [film for film in mirrored if film not in on_server])
    return latest


def _fetch(collection: Mirrored, films: Sequence[str]) -> None:
    """Take films with their words from the server into the mirror."""
    for number, page in enumerate(pages(films, _BATCH)):
        if len(films) >= _LONG and number % 10 == 0:
            collection.note(f"fetching what {collection.name!r} says: {number * _BATCH:,} of {len(films):,} films")
        entries = collection.chroma.entries_of(page)
        rows_of = {entry.movie.id: passage_ids(entry.movie.id, entry.passages) for entry in entries}
        texts = (
            collection.chroma.texts([row for rows in rows_of.values() for row in rows])
            if has_words(collection.ledger)
            else {}
        )
        passages = {film: [(row, texts[row]) for row in rows if row in texts] for film, rows in rows_of.items()}
        adopt(collection, entries, passages)


def adopt(collection: Mirrored, entries: Sequence[Entry], passages: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Take in films; `passages` has the (id, text) rows of each. While holding the gate."""
    if entries:
        collection.ledger.enter(entries)
        if has_words(collection.ledger):
            collection.words.write(passages, None)
            collection.mirror_tokens(passages)
        collection.ledger.commit([entry.movie.id for entry in entries])
        _mark(collection)


def drop(collection: Mirrored, films: Sequence[str]) -> None:
    """Remove films. While holding the gate."""
    if films:
        collection.ledger.tombstone(films)
        if has_words(collection.ledger):
            collection.words.write({film: () for film in films}, None)
            collection.mirror_tokens({film: () for film in films})
        collection.ledger.remove(films)
        _mark(collection)


def _mark(collection: Mirrored) -> None:
    """Note that the words answer for the ledger's generation."""
    if has_words(collection.ledger):
        collection.words.close()
        collection.words.mark(collection.ledger.generation)
