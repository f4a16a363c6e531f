"""Films into a collection: new and changed ones are embedded, the rest are counted."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from moviesearch.records import IngestReport, Movie, Rejected
from moviesearch.storage.entries import Entry, content_hash
from moviesearch.storage.ledger import STORED
from moviesearch.storage.rows import BATCH, batch_size

from .base import Collection
from .embedder import Embedder


@dataclass(frozen=True, slots=True)
class Step:
    """How far an ingest is: films read so far, and films done (with a fraction for those in work)."""

    read: int
    done: float


@dataclass(frozen=True, slots=True)
class Shard:
    """A machine's part of a source, the `number`th `of` so many.

    A film belongs to the same shard wherever it stands, so that all that a source tells of it is
    stored by one machine, in its order. `source` is what the shards of one source have in common.
    """

    number: int
    of: int
    source: str

    def has(self, film: str) -> bool:
        """Whether a film is for this machine to store."""
        return int.from_bytes(hashlib.sha256(film.encode()).digest()[:8]) % self.of == self.number - 1


Progress = Callable[[Step], None]

_NEARLY = 0.95
"""What a film counts in the progress that is embedded and not yet stored."""


class Stopped(Exception):  # noqa: N818 - not an error
    """Raised by a progress callback to stop: what is done is kept."""


@dataclass(slots=True)
class _Pending:
    entry: Entry
    passages: list[str]
    new: bool


class Ingest:
    """One run of films into an archive that is held for writing."""

    def __init__(
        self,
        archive: Collection,
        embedder: Embedder,
        *,
        shard: Shard | None = None,
        progress: Progress | None = None,
        on_rejected: Callable[[Rejected], None] | None = None,
    ) -> None:
        self._shard = shard
        self._collection, self._embedder = archive, embedder
        self._progress, self._on_rejected = progress, on_rejected
        self._report = IngestReport()
        self._batch: dict[str, _Pending] = {}
        self._waiting = 0
        self._storing: dict[str, _Pending] = {}
        self._work: Future[None] | None = None
        self._held: dict[str, tuple[Movie, int]] = {}
        self._position = 0
        self._seen: set[str] = set()
        self._read, self._done = 0, 0.0
        self._size = batch_size(archive.ledger.counts()[1], BATCH)
        self._began = time.monotonic()
        self._seq = archive.ledger.next_seq()
        if shard:  # the films of all shards come in the source's order
            self._seq = archive.agreed(f"shards-{shard.source}", self._seq)

    def run(self, movies: Iterable[Movie | Rejected], *, prune: Callable[[int], bool] | None = None) -> IngestReport:
        """Store films as they come.

        `prune` is asked, with the number of films that are stored but did not come, whether they go;
        it is not asked when a record was rejected, since that film may only be misspelt.
        """
        with ThreadPoolExecutor(1, "storing") as self._storer:
            try:
                for movie in movies:
                    self._read += 1
                    if isinstance(movie, Rejected):
                        self._reject(movie)
                    else:
                        self._take(movie)
                    if self._read % 64 == 0:
                        self._tick()
                self._flush()
                if prune and not self._report.rejected:
                    self._prune(prune)
            except Stopped:
                self._stored()
                self._report = replace(self._report, stopped=True)
        return self._counted()

    def changed(self, movies: Sequence[Movie]) -> list[Movie]:
        """Those of some films that this run will store: the new and changed ones of its shard."""
        mine = [movie for movie in movies if not self._shard or self._shard.has(movie.id)]
        known = self._collection.ledger.known([movie.id for movie in mine])

        def same(movie: Movie) -> bool:
            before, state = known.get(movie.id, (None, None))
            return before is not None and state == STORED and before.hash == content_hash(movie)

        return [movie for movie in mine if not same(movie)]

    def _counted(self, **more: int) -> IngestReport:
        self._report = replace(
            self._report,
            embedded=self._embedder.embedded,
            seconds=time.monotonic() - self._began,
            **{field: getattr(self._report, field) + count for field, count in more.items()},
        )
        return self._report

    def _tick(self, within: float = 0.0) -> None:
        if self._progress:
            self._progress(Step(self._read, self._done + len(self._storing) * _NEARLY + within))

    def _reject(self, record: Rejected) -> None:
        self._done += 1
        self._counted(**{"duplicates" if record.duplicate else "rejected": 1})
        if self._on_rejected:
            self._on_rejected(record)

    def _take(self, movie: Movie) -> None:
        position, self._position = self._position, self._position + 1
        if self._shard and not self._shard.has(movie.id):
            self._seen.add(movie.id)
            self._done += 1
            return
        if refused := self._collection.refuses(movie):
            self._seen.add(movie.id)
            self._reject(Rejected(movie.id, *refused))
            return
        if movie.id in self._held:
            self._flush()
        self._seen.add(movie.id)
        self._held[movie.id] = movie, position
        if len(self._held) >= BATCH:
            self._sift()

    def _sift(self) -> None:
        """Of the films held back, cut the new and changed ones and count the rest."""
        if not self._held.keys().isdisjoint(self._storing):
            self._stored()
        known = self._collection.ledger.known(list(self._held))
        for movie, position in self._held.values():
            digest = content_hash(movie)
            before, state = known.get(movie.id, (None, None))
            if before and state == STORED and before.hash == digest:
                self._done += 1
                self._counted(unchanged=1)
                continue
            passages = self._embedder.passages(movie)
            seq = before.seq if before else self._seq + (position if self._shard else 0)
            self._seq += before is None and self._shard is None
            stale = max(before.passages, before.stale) if before else 0
            self._batch[movie.id] = _Pending(Entry(movie, seq, digest, len(passages), stale), passages, before is None)
            self._waiting += len(passages)
            if self._waiting >= self._size:
                self._write()
        self._held.clear()

    def _flush(self) -> None:
        self._sift()
        self._write()
        self._stored()
        self._tick()

    def _write(self) -> None:
        """Embed a batch, and have it stored while the next one is embedded."""
        if not self._batch:
            return
        films, self._batch, self._waiting = self._batch, {}, 0
        rows = self._embedder.rows(
            [film.entry for film in films.values()],
            [film.passages for film in films.values()],
            lambda part: self._tick(part * len(films) * _NEARLY),
        )
        self._stored()
        self._storing = films
        self._work = self._storer.submit(self._collection.put, rows)
        self._tick()

    def _stored(self) -> None:
        """Wait until the batch at hand is stored, and count it."""
        if self._work is None:
            return
        films, self._storing = self._storing, {}
        work, self._work = self._work, None
        work.result()
        self._size = batch_size(self._collection.ledger.counts()[1], BATCH)
        self._done += len(films)
        self._counted(
            added=sum(film.new for film in films.values()),
            updated=sum(not film.new for film in films.values()),
            passages=sum(len(film.passages) for film in films.values()),
        )

    def _prune(self, prune: Callable[[int], bool]) -> None:
        gone = [film for film in self._collection.ledger.ids() if film not in self._seen]
        if gone and prune(len(gone)):
            self._collection.remove(gone)
            self._counted(removed=len(gone))
