"""Brings films into a collection: each is told from those that are here, and the new and changed ones are stored.

They are read one by one, held until there are some to be looked up together, and go on to be embedded (`storing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from moviesearch.records import FilmFile, FolderEnd, IngestReport, Movie, NextSource, Rejected
from moviesearch.storage.entries import COMMITTED, Entry, content_hash
from moviesearch.storage.rows import BATCH

from . import settled
from .base import Collection
from .doubles import join_doubles, mark_without_doubles
from .embedder import Embedder
from .overviews import with_overview
from .same_film import filled, is_made, match, same_plot, titles_of
from .shelf import Shelf
from .steps import Item, Progress, Shard, Source, Stopped
from .storing import Storing
from .tally import Tally
from .unfit import unfit


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
        self._tally = Tally(progress, on_rejected)
        self._storing = Storing(collection, embedder, self._tally)
        self._held: dict[str, tuple[Movie, int]] = {}  # with their positions in the source
        self._position = 0
        self._seen: dict[str, int] = {}  # film -> the source that had it last
        self._source = 0
        # Films that came in this source under ids other than those that they have here -> the ids that they came under.
        self._renamed: dict[str, str] = {}
        self._titled: dict[str, list[Entry]] = {}  # stored films by title, as far as the held ones need them
        self._kept_ids, self._kept_example = 0, ""
        self._are_as_they_came = True
        self._shelf = Shelf(collection.ledger)
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
        with self._storing:
            try:
                if not self._shard:
                    self._tally.count(joined=join_doubles(self._collection, self._embedder, self._tally.tick))
                    self._collection.complete_tokens(self._embedder, self._tally.tick)
                source = source if self._shard is None else None
                if source and self._is_settled(source, prune is not None):
                    return self._tally.report(self._embedder.embedded)
                for item in movies:
                    if isinstance(item, NextSource):
                        self._begin_source()
                    elif isinstance(item, FilmFile | FolderEnd):
                        self._take_file(item)
                    elif isinstance(item, Rejected):
                        self._reject(item)
                        self._tally.read_one()
                    else:
                        self._take(item)
                        self._tally.read_one()
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
                self._storing.wait()
                self._shelf.keep(self._held.keys() | self._storing.waiting)
                return self._tally.report(self._embedder.embedded, stopped=True)
        return self._tally.report(self._embedder.embedded)

    def _is_settled(self, source: Source, prune: bool) -> bool:
        """Whether all films of a source are here as it tells them, and none that would go; they are counted then."""
        ledger = self._collection.ledger
        digest = source.as_it_is() if settled.is_any(ledger) else None
        films = settled.films_of(ledger, digest) if digest else None
        if films is None or (prune and films != ledger.counts()[0]):
            return False
        self._tally.read = films
        self._tally.unchanged(films)
        self._tally.tick()
        return True

    def _settle(self, source: Source) -> None:
        """Note that all films of a source are here as it tells them, if they are."""
        is_each_once = len(self._seen) == self._tally.read
        if self._are_as_they_came and is_each_once and (digest := source.as_read()):
            settled.remember(self._collection.ledger, digest, self._tally.read)

    def changed(self, movies: Sequence[Movie]) -> list[Movie]:
        """The films among these that this run will store: the new and changed ones of its shard."""
        of_shard = [movie for movie in movies if not self._shard or self._shard.has(movie.id)]
        known = self._collection.ledger.known([movie.id for movie in of_shard])
        stored = {film: entry.hash for film, (entry, state) in known.items() if state == COMMITTED}
        return [movie for movie in of_shard if stored.get(movie.id) != content_hash(movie)]

    def _reject(self, record: Rejected) -> None:
        self._are_as_they_came = False
        self._tally.reject(record)

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
                self._tally.unchanged()
                self._tally.read_one()

    def _sift(self) -> None:
        """Cut the new and changed ones of the held films into passages, and count the others."""
        if not self._held.keys().isdisjoint(self._storing.being_stored):
            self._storing.wait()
        ledger = self._collection.ledger
        entries = {
            film: entry if state == COMMITTED else replace(entry, hash="")  # stored again, though it be unchanged
            for film, (entry, state) in ledger.known(list(self._held)).items()
        }
        entries |= {film: entry for film in self._held if (entry := self._storing.entry(film))}
        unknown = [movie for movie, _ in self._held.values() if movie.id not in entries]
        self._titled = ledger.titled([title for movie in unknown for title in titles_of(movie)])
        self._storing.arrived.clear()
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
                self._store(movie, position, before, digests[came.id] if movie is came else None)
            else:
                self._tally.done += 1
        self._held.clear()

    def _candidates(self, movie: Movie) -> list[Entry]:
        """The films of this title that are stored or on their way.

        For a shard, those from before this run, so that all machines come to the same result.
        """
        titles = titles_of(movie)
        changed = not self._storing.arrived.isdisjoint(titles)
        titled = self._collection.ledger.titled(titles) if changed else self._titled
        entries = {entry.movie.id: entry for title in titles for entry in titled.get(title, ())}
        for title in titles:
            entries |= self._storing.of_title(title)
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
            self._tally.done += 1

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
        if movie.id in self._storing.being_stored:
            self._storing.wait()
        before = self._storing.entry(movie.id) or self._collection.ledger.known([movie.id])[movie.id][0]
        came_as = self._renamed.pop(movie.id)
        if same_plot(before.movie, movie) or (self._shard and not self._shard.has(came_as)):
            return before, False
        self._shelf.stored_as.pop(came_as, None)
        self._seen[came_as] = self._source
        self._tally.done -= 1  # it is counted a second time
        self._store(replace(before.movie, id=came_as), position, None)
        return before, True

    def _store(self, movie: Movie, position: int, before: Entry | None, digest: str | None = None) -> None:
        """Have a film stored, in place of `before` where it is given; one that is unchanged is counted only.

        `digest` is its content hash, where that is known.
        """
        digest = digest or content_hash(movie)
        if before and before.hash == digest:
            self._tally.unchanged()
            return
        if movie.id in self._storing.being_stored:
            self._storing.wait()
            before = self._collection.ledger.known([movie.id])[movie.id][0]
        seq = before.seq if before else self._seq + (position if self._shard else 0)
        self._seq += before is None and self._shard is None
        self._storing.put(movie, digest, before, seq)

    def _flush(self) -> None:
        """Store all that has come until now, and wait for it."""
        self._sift()
        self._storing.write()
        self._storing.wait()
        self._tally.tick()

    def _remove_gone(self, prune: Callable[[int], bool] | None) -> None:
        """Remove the films that the sources no longer have, if `prune` says so; else count those of folders."""
        films = gone = self._shelf.gone(self._seen)
        if not self._shelf.is_all(self._source):
            prune = None if self._tally.has_rejected else prune
            kept = self._seen.keys() | self._shelf.out_of_sight()
            films = [film for film in self._collection.ledger.ids() if film not in kept] if prune else []
        if prune and films and prune(len(films)):
            self._collection.remove(films)
            self._shelf.forget_gone()
            self._tally.count(removed=len(films))
        else:
            self._tally.count(gone=len(gone))
