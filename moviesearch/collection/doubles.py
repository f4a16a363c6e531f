"""Films that a collection holds twice, told by the same plot under two ids: found, and joined under the older id.

Versions before this one stored a film a second time when its source gained a column, such as the director, or lost the
year. Ingest no longer does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from moviesearch.records import Movie
from moviesearch.storage.entries import Entry, content_hash
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import BATCH

from .base import Collection
from .embedder import Embedder
from .same_film import contradict, filled, fullness, same_plot

_FACT = "doubles_joined"
"""The generation of the ledger at which it held no film twice."""


def join_doubles(collection: Collection, embedder: Embedder, tick: Callable[[], None] = lambda: None) -> int:
    """Make one film of each that the collection holds twice; returns how many went. Within `writing`.

    The oldest id stays, and the record that says most, filled with what the others say. Plots that differ are never
    joined, so no text is lost. Where nothing was stored since this was last done, nothing is looked at. `tick` is
    called between films and may raise to stop.
    """
    ledger = collection.ledger
    if ledger.fact(_FACT) == str(ledger.generation):
        return 0
    gone, example = 0, ""
    for titles in pages(ledger.shared_titles(), BATCH):
        doubles = list(_doubles(ledger.titled(titles).values()))
        if doubles:
            gone += _join(collection, embedder, doubles)
            example = example or f"{doubles[0][1].movie.id!r} into {doubles[0][0].movie.id!r}"
            tick()
    if gone:
        films = "1 film stood" if gone == 1 else f"{gone:,} films stood"
        collection.note(f"{films} in {collection.name!r} twice, and went into the older record: {example}")
    mark_without_doubles(collection)
    return gone


def _join(collection: Collection, embedder: Embedder, doubles: Sequence[Sequence[Entry]]) -> int:
    """Store each film once, under its oldest id, and remove the others; returns how many went."""
    joined = [(films[0], _joined([film.movie for film in films])) for films in doubles]
    changed = [(film, movie) for film, movie in joined if content_hash(movie) != film.hash]
    passages = [embedder.passages(movie) for _, movie in changed]
    entries = [
        Entry(movie, film.seq, content_hash(movie), len(texts), max(film.passages, film.stale))
        for (film, movie), texts in zip(changed, passages, strict=True)
    ]
    collection.put(embedder.rows(entries, passages))
    others = [film.movie.id for films in doubles for film in films[1:]]
    collection.remove(others)
    return len(others)


def mark_without_doubles(collection: Collection) -> None:
    """Note that the collection, as it is now, holds no film twice."""
    collection.ledger.set_facts(**{_FACT: collection.ledger.generation})


def _doubles(titled: Iterable[Sequence[Entry]]) -> Iterator[Sequence[Entry]]:
    """The records of each film that is there several times, the oldest first, of the films of each title."""
    for entries in titled:
        groups: list[list[Entry]] = []
        for entry in entries:
            group = next((group for group in groups if _is_of(entry, group)), None)
            groups.append([entry]) if group is None else group.append(entry)
        yield from (group for group in groups if len(group) > 1)


def _is_of(entry: Entry, group: Sequence[Entry]) -> bool:
    return same_plot(entry.movie, group[0].movie) and not any(contradict(entry.movie, other.movie) for other in group)


def _joined(movies: Sequence[Movie]) -> Movie:
    """The record that says most, under the first id, filled with what the others say."""
    joined = max(movies, key=fullness)
    for movie in movies:
        joined = filled(joined, movie)
    return replace(joined, id=movies[0].id)
