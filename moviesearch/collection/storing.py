"""The second half of an ingest: films are cut into passages, embedded by the batch, and stored by a second thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

from moviesearch.records import Movie
from moviesearch.storage.entries import Entry, fold_title
from moviesearch.storage.rows import BATCH, batch_size

from .base import Collection
from .embedder import Embedder
from .tally import Tally


@dataclass(frozen=True, slots=True)
class _Pending:
    entry: Entry
    passages: list[str]
    new: bool


class Storing:
    """Films on their way into a collection: first in a batch that waits for more, then in one that is being stored.

    To be left by `with`, which waits for the thread.
    """

    def __init__(self, collection: Collection, embedder: Embedder, tally: Tally) -> None:
        self._collection, self._embedder, self._tally = collection, embedder, tally
        self._waiting: dict[str, _Pending] = {}
        self._passages = 0  # of those that wait
        self._being_stored: dict[str, _Pending] = {}
        self._stored: Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, "storing")
        self._size = batch_size(collection.ledger.counts()[1], BATCH)
        self._by_title: defaultdict[str, dict[str, Entry]] = defaultdict(dict)  # title, folded -> id -> entry
        self.arrived: set[str] = set()
        """Folded titles that were stored since this was last cleared."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    @property
    def waiting(self) -> Set[str]:
        """The ids of the films that wait."""
        return self._waiting.keys()

    @property
    def being_stored(self) -> Set[str]:
        """The ids of the films that are being stored."""
        return self._being_stored.keys()

    def entry(self, film: str) -> Entry | None:
        """The entry of a film that waits."""
        return self._waiting[film].entry if film in self._waiting else None

    def of_title(self, title: str) -> Mapping[str, Entry]:
        """The entries of the films of a folded title that are on their way, by id."""
        return self._by_title.get(title, {})

    def put(self, movie: Movie, digest: str, before: Entry | None, seq: int) -> None:
        """Have a film stored in place of `before`, or as a new one; `digest` is its content hash.

        It may wait, but must not be one that is being stored.
        """
        passages = self._embedder.passages(movie)
        if self._passages + len(passages) > self._size and movie.id not in self._waiting:
            self.write()  # what goes beyond the size would be stored by itself
        if replaced := self._waiting.get(movie.id):
            self._tally.done += 1
            self._passages -= len(replaced.passages)
            stale, new = replaced.entry.stale, replaced.new
        else:
            stale, new = max(before.passages, before.stale) if before else 0, before is None
        entry = Entry(movie, seq, digest, len(passages), stale)
        self._waiting[movie.id] = _Pending(entry, passages, new)
        self._by_title[fold_title(movie.title)][movie.id] = entry
        self._passages += len(passages)
        if self._passages >= self._size:
            self.write()

    def write(self) -> None:
        """Embed the films that wait, and have them stored while the next ones are embedded."""
        if not self._waiting:
            return
        films, self._waiting, self._passages = self._waiting, {}, 0
        rows = self._embedder.rows(
            [film.entry for film in films.values()],
            [film.passages for film in films.values()],
            lambda fraction: self._tally.embedded(len(films), fraction),
        )
        self.wait()
        self._being_stored, self._tally.being_stored = films, len(films)
        self._stored = self._thread.submit(self._collection.put, rows)
        self._tally.tick()

    def wait(self) -> None:
        """Wait until the films that are being stored are, and count them. Raises what storing them raised."""
        if self._stored is None:
            return
        films, self._being_stored = self._being_stored, {}
        stored, self._stored = self._stored, None
        self._tally.being_stored = 0
        stored.result()
        for film in films.values():
            self._have_arrived(film.entry)
        self._size = batch_size(self._collection.ledger.counts()[1], BATCH)
        self._tally.done += len(films)
        self._tally.count(
            added=sum(film.new for film in films.values()),
            updated=sum(not film.new for film in films.values()),
            passages=sum(len(film.passages) for film in films.values()),
        )

    def _have_arrived(self, entry: Entry) -> None:
        """A film is in the ledger now."""
        title, film = fold_title(entry.movie.title), entry.movie.id
        self.arrived.add(title)
        if self._by_title[title].get(film) is entry:
            del self._by_title[title][film]
        if not self._by_title[title]:
            del self._by_title[title]
