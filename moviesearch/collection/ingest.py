"""Brings films into a collection: new and changed ones are embedded and stored, the others are counted."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from moviesearch.records import FilmFile, FolderEnd, IngestReport, Movie, NextSource, Rejected
from moviesearch.storage.entries import Entry, content_hash, fold_title
from moviesearch.storage.ledger import COMMITTED
from moviesearch.storage.rows import BATCH, batch_size

from . import settled
from .base import Collection
from .doubles import join_doubles, mark_without_doubles
from .embedder import Embedder
from .overviews import with_overview
from .same_film import filled, is_made, match, same_plot, titles_of
from .shelf import Shelf
from .steps import Item, Progress, Shard, Source, Step, Stopped
from .unfit import unfit

_NEARLY = 0.95
"""What a film counts in the progress when it is embedded and not yet stored."""


@dataclass(slots=True)
class _Pending:
    entry: Entry
    passages: list[str]
    new: bool


class Ingest:
    """One run of films into a collection. To be used within its `writing`."""

    def __init__(
        self,
        collection: Collection,
        embedder: Embedder,
        *,
        shard: Shard | None = None,
        progress: Progress | None = None,
        on_rejected: Callable[[Rejected], None] | None = None,
    ) -> None:
        self._shard = shard
        self._collection, self._embedder = collection, embedder
        self._progress, self._on_rejected = progress, on_rejected
        self._counts: Counter[str] = Counter()
        # On their way: films read -> films cut into passages, by the batch -> films being stored.
        self._held: dict[str, tuple[Movie, int]] = {}  # with their positions in the source
        self._batch: dict[str, _Pending] = {}
        self._batch_passages = 0
        self._storing: dict[str, _Pending] = {}
        self._storing_done: Future[None] | None = None
        self._position = 0
        self._seen: dict[str, int] = {}  # film -> the source that had it last
        self._source = 0
        # Films that came in this source under ids other than those that they have here -> the ids that they came under.
        self._renamed: dict[str, str] = {}
        self._titled: dict[str, list[Entry]] = {}  # stored films by title, as far as the held ones need them
        self._stored_since: set[str] = set()  # titles that were stored since
        self._on_their_way: defaultdict[str, dict[str, Entry]] = defaultdict(dict)  # by title and id
        self._kept_ids, self._kept_example = 0, ""
        self._are_as_they_came = True
        self._shelf = Shelf(collection.ledger)
        self._read, self._done = 0, 0.0
        self._size = batch_size(collection.ledger.counts()[1], BATCH)
        self._began = time.monotonic()
        self._seq = collection.ledger.next_seq()
        if shard:  # the films of all shards come in the source's order
            self._seq = collection.agreed(f"shards-{shard.source}", self._seq)

    def run(
        self,
        movies: Iterable[Item],
        *,
        prune: Callable[[int], bool] | None = None,
        source: Source | None = None,
    ) -> IngestReport:
        """Store films as they come.

        A film that the collection has under another id, because its source says more of it now, or less, or is another
        source, keeps the id that it has (see `same_film`). Films that an earlier version stored twice are joined first.

        `prune` is called with the number of films in the collection that did not come; where all sources are folders,
        of those that came from these folders before. If it returns True they are removed. It is not called when a
        record was rejected, which may be one of these films; of a folder's it is known which film it is.

        Films of a `source` that is known to change nothing are not read (see `settled`); a shard's are.
        """
        with ThreadPoolExecutor(1, "storing") as self._storer:
            try:
                if not self._shard:
                    self._counted(joined=join_doubles(self._collection, self._embedder, self._tick))
                    self._collection.complete_tokens(self._embedder, self._tick)
                source = source if self._shard is None else None
                if source and self._is_settled(source, prune is not None):
                    return self._report()
                for item in movies:
                    if isinstance(item, NextSource):
                        self._begin_source()
                    elif isinstance(item, FilmFile | FolderEnd):
                        self._take_file(item)
                    elif isinstance(item, Rejected):
                        self._reject(item)
                        self._count_read()
                    else:
                        self._take(item)
                        self._count_read()
                self._flush()
                self._shelf.keep(())
                self._remove_gone(prune)
                if not self._shard:
                    mark_without_doubles(self._collection)
                if source:
                    self._settle(source)
                if self._kept_ids:
                    films = "1 film keeps the id" if self._kept_ids == 1 else f"{self._kept_ids:,} films keep the ids"
                    self._collection.note(f"{films} of this collection: {self._kept_example}")
            except Stopped:
                self._await_stored()
                self._shelf.keep(self._held.keys() | self._batch.keys())
                return self._report(stopped=True)
        return self._report()

    def _is_settled(self, source: Source, prune: bool) -> bool:
        """Whether all films of a source are here as it tells them, and none that would go; they are counted then."""
        ledger = self._collection.ledger
        digest = source.as_it_is() if settled.is_any(ledger) else None
        films = settled.films_of(ledger, digest) if digest else None
        if films is None or (prune and films != ledger.counts()[0]):
            return False
        self._counted(unchanged=films)
        self._read, self._done = films, float(films)
        self._tick()
        return True

    def _settle(self, source: Source) -> None:
        """Note that all films of a source are here as it tells them, if they are."""
        is_each_once = len(self._seen) == self._read
        if self._are_as_they_came and is_each_once and (digest := source.as_read()):
            settled.remember(self._collection.ledger, digest, self._read)

    def changed(self, movies: Sequence[Movie]) -> list[Movie]:
        """The films among these that this run will store: the new and changed ones of its shard."""
        of_shard = [movie for movie in movies if not self._shard or self._shard.has(movie.id)]
        known = self._collection.ledger.known([movie.id for movie in of_shard])
        stored = {film: entry.hash for film, (entry, state) in known.items() if state == COMMITTED}
        return [movie for movie in of_shard if stored.get(movie.id) != content_hash(movie)]

    def _counted(self, **counts: int) -> None:
        """Add to the counts of the report."""
        for field, count in counts.items():
            self._counts[field] += count

    def _report(self, *, stopped: bool = False) -> IngestReport:
        return IngestReport(
            embedded=self._embedder.embedded,
            seconds=time.monotonic() - self._began,
            stopped=stopped,
            **self._counts,
        )

    def _tick(self, embedding: float = 0.0) -> None:
        """Report the progress; `embedding` is what the films count that are being embedded."""
        if self._progress:
            self._progress(Step(self._read, self._done + len(self._storing) * _NEARLY + embedding))

    def _count_read(self) -> None:
        self._read += 1
        if self._read % 64 == 0:
            self._tick()

    def _reject(self, record: Rejected) -> None:
        self._done += 1
        self._are_as_they_came = False
        self._counted(**{"duplicates" if record.duplicate else "rejected": 1})
        if self._on_rejected:
            self._on_rejected(record)

    def _begin_source(self) -> None:
        """What comes from here on may be the same films again, told by another source."""
        self._sift()
        self._source += 1
        self._renamed.clear()

    def _take(self, movie: Movie) -> None:
        """Hold a film until there are enough to be looked up in the ledger together."""
        position, self._position = self._position, self._position + 1
        if refused := unfit(movie) or self._collection.refuses(movie):
            self._seen[movie.id] = self._source
            self._reject(Rejected(movie.id, *refused))
            return
        if movie.id in self._held:
            self._flush()
        self._held[movie.id] = movie, position
        if len(self._held) >= BATCH:
            self._sift()

    def _take_file(self, file: FilmFile | FolderEnd) -> None:
        """Note a file that a film came from, or the end of a folder; a film whose file is unchanged doesn't come."""
        if isinstance(file, FolderEnd):
            self._shelf.end(file)
        elif film := self._shelf.take(file):
            self._seen[film] = self._source
            if not file.is_read and file.tells_film:
                self._done += 1
                self._counted(unchanged=1)
                self._count_read()

    def _sift(self) -> None:
        """Cut the new and changed ones of the held films into passages, and count the others."""
        if not self._held.keys().isdisjoint(self._storing):
            self._await_stored()
        ledger = self._collection.ledger
        entries = {
            film: entry if state == COMMITTED else replace(entry, hash="")  # stored again, though it be unchanged
            for film, (entry, state) in ledger.known(list(self._held)).items()
        }
        entries |= {film: self._batch[film].entry for film in self._held if film in self._batch}
        unknown = [movie for movie, _ in self._held.values() if movie.id not in entries]
        self._titled = ledger.titled([title for movie in unknown for title in titles_of(movie)])
        self._stored_since.clear()
        digests = {film: content_hash(movie) for film, (movie, _) in self._held.items()}
        self._embedder.tokenize_ahead(
            movie
            for film, (movie, _) in self._held.items()
            if (not self._shard or self._shard.has(film))
            and (film not in entries or entries[film].hash != digests[film])
        )
        for came, position in self._held.values():
            movie, before = came, entries.get(came.id)
            is_mine = not self._shard or self._shard.has(movie.id)
            if before is None and (before := match(movie, self._candidates(movie), self._is_another)):
                if self._is_another(before.movie.id):
                    self._tell_twice(movie, before.movie, is_mine)
                    continue
                self._rename(movie.id, before.movie, is_mine)
                movie = filled(with_overview(replace(movie, id=before.movie.id), before.movie), before.movie)
            elif before and movie.id in self._renamed:
                before, gave_way = self._give_way(movie, position)
                is_mine = is_mine or gave_way
            elif before:
                movie = with_overview(movie, before.movie)
            self._are_as_they_came &= movie is came and is_mine
            self._seen[movie.id] = self._source
            if is_mine:
                self._put_in_batch(movie, position, before, digests[came.id] if movie is came else None)
            else:
                self._done += 1
        self._held.clear()

    def _candidates(self, movie: Movie) -> list[Entry]:
        """The films of this title that are stored or on their way.

        For a shard, those from before this run, so that all machines come to the same result.
        """
        titles = titles_of(movie)
        changed = not self._stored_since.isdisjoint(titles)
        titled = self._collection.ledger.titled(titles) if changed else self._titled
        entries = {entry.movie.id: entry for title in titles for entry in titled.get(title, ())}
        for title in titles:
            entries |= self._on_their_way.get(title, {})
        return [entry for entry in entries.values() if not self._shard or entry.seq < self._seq]

    def _is_another(self, film: str) -> bool:
        """Whether a stored film is known to be another one than those to come: this source has it by its own id."""
        return self._seen.get(film) == self._source or film in self._held

    def _tell_twice(self, movie: Movie, stored: Movie, is_mine: bool) -> None:
        """Leave out a film that its source has under another id too, with the same plot: the first is kept."""
        self._shelf.stored_as[movie.id] = stored.id
        if is_mine:
            reason = f"the same film as {stored.id!r} in this source; that one is kept"
            self._reject(Rejected(movie.id, "", reason, duplicate=True))
        else:
            self._done += 1

    def _rename(self, came_as: str, stored: Movie, is_mine: bool) -> None:
        """Note that a film came under another id than it has here."""
        self._renamed[stored.id] = came_as
        self._shelf.stored_as[came_as] = stored.id
        if is_mine and not is_made(came_as, stored.title):
            self._kept_ids += 1
            self._kept_example = self._kept_example or f"{stored.id!r} for {came_as!r}"

    def _give_way(self, movie: Movie, position: int) -> tuple[Entry, bool]:
        """What is stored under the id of a film that has come, and whether that has to be stored anew.

        Where a film of this source without that id was taken for it before, and tells something else, these are two:
        the other one is stored under the id that it came with.
        """
        if movie.id in self._storing:
            self._await_stored()
        pending = self._batch.get(movie.id)
        before = pending.entry if pending else self._collection.ledger.known([movie.id])[movie.id][0]
        came_as = self._renamed.pop(movie.id)
        if same_plot(before.movie, movie) or (self._shard and not self._shard.has(came_as)):
            return before, False
        self._shelf.stored_as.pop(came_as, None)
        self._seen[came_as] = self._source
        self._done -= 1  # it is counted a second time
        self._put_in_batch(replace(before.movie, id=came_as), position, None)
        return before, True

    def _put_in_batch(self, movie: Movie, position: int, before: Entry | None, digest: str | None = None) -> None:
        """Have a film stored, in place of `before` where it is given; one that is unchanged is counted only.

        `digest` is its content hash, where that is known.
        """
        digest = digest or content_hash(movie)
        if before and before.hash == digest:
            self._done += 1
            self._counted(unchanged=1)
            return
        if movie.id in self._storing:
            self._await_stored()
            before = self._collection.ledger.known([movie.id])[movie.id][0]
        passages = self._embedder.passages(movie)
        if self._batch_passages + len(passages) > self._size and movie.id not in self._batch:
            self._write()  # what goes beyond the size would be stored by itself
        seq = before.seq if before else self._seq + (position if self._shard else 0)
        self._seq += before is None and self._shard is None
        if replaced := self._batch.get(movie.id):  # it has not been stored yet
            self._done += 1
            self._batch_passages -= len(replaced.passages)
            stale, new = replaced.entry.stale, replaced.new
        else:
            stale, new = max(before.passages, before.stale) if before else 0, before is None
        entry = Entry(movie, seq, digest, len(passages), stale)
        self._batch[movie.id] = _Pending(entry, passages, new)
        self._on_their_way[fold_title(movie.title)][movie.id] = entry
        self._batch_passages += len(passages)
        if self._batch_passages >= self._size:
            self._write()

    def _flush(self) -> None:
        """Store all that has come until now, and wait for it."""
        self._sift()
        self._write()
        self._await_stored()
        self._tick()

    def _write(self) -> None:
        """Embed a batch, and have it stored while the next one is embedded."""
        if not self._batch:
            return
        films, self._batch, self._batch_passages = self._batch, {}, 0
        rows = self._embedder.rows(
            [film.entry for film in films.values()],
            [film.passages for film in films.values()],
            lambda fraction: self._tick(fraction * len(films) * _NEARLY),
        )
        self._await_stored()
        self._storing = films
        self._storing_done = self._storer.submit(self._collection.put, rows)
        self._tick()

    def _await_stored(self) -> None:
        """Wait until the batch that is being stored is, and count it."""
        if self._storing_done is None:
            return
        films, self._storing = self._storing, {}
        done, self._storing_done = self._storing_done, None
        done.result()
        for film in films.values():
            self._have_arrived(film.entry)
        self._size = batch_size(self._collection.ledger.counts()[1], BATCH)
        self._done += len(films)
        self._counted(
            added=sum(film.new for film in films.values()),
            updated=sum(not film.new for film in films.values()),
            passages=sum(len(film.passages) for film in films.values()),
        )

    def _have_arrived(self, entry: Entry) -> None:
        """A film is in the ledger now."""
        title, film = fold_title(entry.movie.title), entry.movie.id
        self._stored_since.add(title)
        if self._on_their_way[title].get(film) is entry:
            del self._on_their_way[title][film]
        if not self._on_their_way[title]:
            del self._on_their_way[title]

    def _remove_gone(self, prune: Callable[[int], bool] | None) -> None:
        """Remove the films that the sources no longer have, if `prune` says so; else count those of folders."""
        films = gone = self._shelf.gone(self._seen)
        if not self._shelf.is_all(self._source):
            prune = None if self._counts["rejected"] else prune
            kept = self._seen.keys() | self._shelf.out_of_sight()
            films = [film for film in self._collection.ledger.ids() if film not in kept] if prune else []
        if prune and films and prune(len(films)):
            self._collection.remove(films)
            self._shelf.forget_gone()
            self._counted(removed=len(films))
        else:
            self._counted(gone=len(gone))
