"""A local copy of what a server's collection says: its films in a ledger, and the words of its passages.

A search needs both at hand. The mirror is brought up to date by what was written since it was last
(the rows' `stamp`); where the numbers then differ, all rows are compared. What is wrong with it is
made good by making it anew.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.entries import Entry
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.rows import passage_id
from moviesearch.storage.server.rows import ServerStore
from moviesearch.storage.server.state import State

from .files import Note, manifest_fact

_MARGIN = 3_600_000
"""Milliseconds by which the clocks of two writers may differ."""

_SETTLED = 600.0
"""Seconds after which a writer that has said nothing is taken for dead."""

_LONG = 2000
"""Films from which on it is said that the mirror is being brought up to date."""

_BATCH = 500


class Mirrored(Protocol):
    """What has a mirror."""

    note: Note
    name: str
    words_up_to: int

    @property
    def ledger(self) -> Ledger:
        """The films."""

    @property
    def chroma(self) -> ServerStore:
        """The collection on the server."""

    @property
    def words(self) -> Bm25Index:
        """The words of the passages."""


def in_step(home: Mirrored, state: State) -> bool:
    """Whether the mirror shows a state of the collection."""
    ledger = home.ledger
    told = ledger.fact("generation_there") == state.generation and ledger.fact("number") == state.number
    if not told or ledger.uncommitted() or ledger.counts()[0] != state.films or has_words(home) != _room(home, state):
        return False
    if has_words(home) and home.words.generation != ledger.generation:
        return False
    return not state.open or float(ledger.fact("synced") or 0) - float(ledger.fact("first_seen") or 0) > _SETTLED


def has_words(home: Mirrored) -> bool:
    """Whether the mirror holds the words of the passages too."""
    return home.ledger.fact("words") == "1"


def _room(home: Mirrored, state: State) -> bool:
    return state.passages <= home.words_up_to


def sync(home: Mirrored, state: State, *, anew: bool = False) -> None:
    """Bring the mirror to a state of the collection, or a little further. For one who holds the gate."""
    ledger, began = home.ledger, time.time()
    words = _room(home, state)
    if (
        anew
        or ledger.fact("number") != state.number
        or ledger.uncommitted()
        or has_words(home) != words
        or (words and home.words.generation != ledger.generation)
        or ledger.fact("manifest") != manifest_fact(state.manifest)["manifest"]
    ):
        home.words.clear()
        ledger.clear(number=state.number, words=int(words), **manifest_fact(state.manifest))
        _mark(home)
    told = ledger.fact("stamp")
    stamp = _take_changed(home, None if told is None else int(told) - _MARGIN)
    if told is not None and ledger.counts()[0] != home.chroma.counts()[0]:
        stamp = _take_changed(home, None, prune=True)
    first = ledger.fact("first_seen") if ledger.fact("generation_there") == state.generation else began
    ledger.set_facts(
        generation_there=state.generation, synced=began, first_seen=first, stamp=max(stamp, int(told or 0))
    )


def _take_changed(home: Mirrored, since: int | None, *, prune: bool = False) -> int:
    """Take in what differs of the rows written since a time; returns the time of the latest of them."""
    here, latest = home.ledger.fingerprints(), 0
    there: set[str] = set()
    changed: list[str] = []
    for rows in home.chroma.rows_since(since):
        for film, told, _ in rows:
            there.add(film)
            latest = max(latest, int(told.get("stamp") or 0))
            if here.get(film) != (told.get("hash"), told.get("seq"), told.get("passages")):
                changed.append(film)
    long = len(changed) >= _LONG
    for start in range(0, len(changed), _BATCH):
        if long and start % (10 * _BATCH) == 0:
            home.note(f"fetching what {home.name!r} says: {start:,} of {len(changed):,} films")
        entries = home.chroma.entries_of(changed[start : start + _BATCH])
        rows_of = {entry.movie.id: [passage_id(entry.movie.id, n) for n in range(entry.passages)] for entry in entries}
        texts = home.chroma.texts([row for rows in rows_of.values() for row in rows]) if has_words(home) else {}
        passages = {film: [(row, texts[row]) for row in rows if row in texts] for film, rows in rows_of.items()}
        adopt(home, entries, passages)
    if prune:
        drop(home, [film for film in here if film not in there])
    return latest


def adopt(home: Mirrored, entries: Sequence[Entry], passages: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Take in films with the (id, text) of their passages. For one who holds the gate."""
    if entries:
        home.ledger.enter(entries)
        if has_words(home):
            home.words.write(passages, None)
        home.ledger.commit([entry.movie.id for entry in entries])
        _mark(home)


def drop(home: Mirrored, films: Sequence[str]) -> None:
    """Take films out. For one who holds the gate."""
    if films:
        home.ledger.tombstone(films)
        if has_words(home):
            home.words.write({film: () for film in films}, None)
        home.ledger.remove(films)
        _mark(home)


def _mark(home: Mirrored) -> None:
    if has_words(home):
        home.words.close()
        home.words.mark(home.ledger.generation)
