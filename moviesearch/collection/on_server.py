"""A collection on a Chroma server, for any number of readers and writers on any number of machines.

CACHE/mirrors/vectors.sqlite3               the embedding cache
CACHE/mirrors/SERVER/NAME/films.sqlite3     the mirror's ledger
CACHE/mirrors/SERVER/NAME/lexical-1/        the mirror's words
CACHE/mirrors/SERVER/NAME/gate.lock         for the processes of this machine that share the mirror
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from uuid import uuid4

from moviesearch.config import Settings
from moviesearch.embedding.encoder import Encoder
from moviesearch.errors import DamagedError, NotFoundError, StoreError
from moviesearch.records import Movie
from moviesearch.storage import locks
from moviesearch.storage.bm25 import Bm25Index, NoBm25Index
from moviesearch.storage.entries import Entry
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import BATCH, FilmRows, batches, by_passages, passage_id, words
from moviesearch.storage.server.address import Server, token
from moviesearch.storage.server.rows import ServerStore
from moviesearch.storage.server.state import State
from moviesearch.storage.thread_lock import ThreadLock

from . import check, mirror
from .embedder import Embedder
from .files import CollectionFiles, Note


class ServerCollection(CollectionFiles):
    """One collection on a server, with its mirror. Nothing is asked of the server before it is needed."""

    def __init__(
        self, place: Server, settings: Settings, name: str, encoder: Callable[[str | None], Encoder], note: Note
    ) -> None:
        mirrors = settings.cache / "mirrors"
        which = hashlib.sha256(f"{place.url}\n{place.tenant}\n{place.database}".encode()).hexdigest()[:16]
        super().__init__(mirrors / which, name, encoder, note)
        self._cache_path = mirrors / "vectors.sqlite3"
        self.place, self._settings = place, settings
        self.words_up_to = settings.mirror
        self._served: ServerStore | None = None
        self._threads = ThreadLock()
        self._seen = -1
        self._suspect = False

    @property
    def chroma(self) -> ServerStore:
        """The collection on the server."""
        if self._served is None:
            from moviesearch.storage.server.http_client import HttpClient

            client = HttpClient(
                self.place,
                token=token(self._settings, self.place),
                ca_file=self._settings.ca_file,
                timeout=self._settings.timeout,
            )
            self._served = ServerStore(client, self.name, self.place.name, self.place.quotas, self._sizes_of)
        return self._served

    def _sizes_of(self, films: Sequence[str]) -> dict[str, int]:
        return self.ledger.sizes_of(films)

    @property
    def words(self) -> Bm25Index:
        """The mirror's words."""
        return super().bm25

    @property
    def bm25(self) -> Bm25Index:
        """The words, for a search: none where the collection is too large to have them mirrored."""
        return self.words if mirror.has_words(self) else NoBm25Index()

    def words_missing(self) -> str | None:
        """Why words don't count in searching, or None."""
        if mirror.has_words(self):
            return None
        return (
            f"{self.name!r} has more than {self.words_up_to:,} passages, so their words are not kept here "
            "and meaning alone decides; a higher MOVIESEARCH_MIRROR changes that"
        )

    def manifest(self) -> Manifest:
        """What the collection was made with. Raises NotFoundError where there is none."""
        return self._require().manifest

    def exists(self) -> bool:
        """Whether anything was ever stored under this name."""
        return self.chroma.state() is not None

    def require(self) -> None:
        """Raise NotFoundError when there is nothing under this name."""
        self._require()

    def _require(self) -> State:
        state = self.chroma.state()
        if state is None:
            raise NotFoundError(
                f"there is no collection {self.name!r} at {self.place.name}. "
                "`moviesearch ingest` makes one from the bundled films, `moviesearch ingest FILE` from your own"
            )
        return state

    def size(self) -> int:
        """Bytes of the mirror."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    # reading

    @contextmanager
    def reading(self) -> Iterator[Manifest]:
        """Read the collection as it is now, or a little later: others may write meanwhile."""
        with ExitStack() as until_read:
            with self._threads.entering():
                state = self._catch_up(self._require())
                until_read.enter_context(locks.gate(self.folder, write=False))
                self._see()
                films, passages, _ = self.ledger.counts()
                self.chroma.expect(films, passages, state)
                _ = self.words  # open for all who come in
                until_read.enter_context(self._threads.shared())
            yield state.manifest

    def _see(self) -> None:
        """See what other processes have done to the mirror."""
        if self._seen != self.ledger.generation:
            if self._bm25 is not None:
                self._bm25.close()
                self._bm25 = None
            self._seen = self.ledger.generation

    def _catch_up(self, state: State) -> State:
        """Bring the mirror up to date; returns the state that it then shows, or one a little before."""
        try:
            if not self._suspect and mirror.in_step(self, state):
                return state
        except DamagedError:
            self._suspect = True
        with locks.gate(self.folder, write=True):
            if self._suspect:
                self._throw_away()
            self._see()
            state = self.chroma.state() or state
            if not mirror.in_step(self, state):
                mirror.sync(self, state)
                self._seen = self.ledger.generation
                self._bm25 = None
            self._suspect = False
        return state

    def _throw_away(self) -> None:
        """Of a mirror that may be damaged nothing is kept."""
        self.reset()
        for path in self.folder.glob("films.sqlite3*"):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.lexical_folder(1), ignore_errors=True)

    def invalidate(self) -> None:
        """Have the mirror made anew before the next reading."""
        with self._threads.exclusive():
            self._suspect = True

    def verify(self) -> str | None:
        """Compare everything with the mirror and the cache and look each row up; None when all is well."""
        try:
            with self._threads.exclusive():
                return self._verify()
        except DamagedError as error:
            return str(error)

    def _verify(self) -> str | None:
        state = self._catch_up(self._require())
        with locks.gate(self.folder, write=False):
            self._see()
            self.chroma.expect(0, 0, state)
            strays = self.chroma.strays(self.ledger.sizes_of(self.ledger.ids()))
            if strays:
                return f"{len(strays):,} passages belong to no film, such as {strays[0]!r}"
            return self.ledger.check() or check.check(self, "all")

    # writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write, beside others. What they have written until now is known."""
        with self._threads.exclusive():
            state = self.chroma.state()
            if state is not None:
                self._catch_up(state)
            yield
            if self.chroma.state() is not None:
                self.chroma.mark(done=True)
                self._catch_up(self._require())

    def create(self, manifest: Manifest) -> None:
        """Make the collection, or check that the one there is can take vectors made so. Within `writing`."""
        if self.chroma.state() is None:
            self.chroma.create(manifest, uuid4().hex)
        state = self._require()
        state.manifest.require(manifest, self.name)
        self._catch_up(state)

    def agreed(self, name: str, value: int) -> int:
        """A number that all writers are to share: the one that the first of them gave."""
        return int(self.chroma.agreed(name, value))

    def refuses(self, movie: Movie) -> tuple[str, str] | None:
        """The field and the reason why a film can't be stored there, or None."""
        quotas = self.place.quotas
        if quotas.id is not None and len(passage_id(movie.id, 9999).encode()) > quotas.id:
            return "id", f"is longer than the {quotas.id - 5} bytes that {self.place.name} has room for"
        for field, text in (("title", movie.title), ("url", movie.url or "")):
            if quotas.value is not None and len(text.encode()) > quotas.value:
                return field, f"is longer than the {quotas.value:,} bytes that {self.place.name} has room for"
        return None

    def put(self, films: Sequence[FilmRows]) -> None:
        """Store films, on the server first, then in the mirror."""
        for batch in by_passages(films, BATCH):
            self._check_passages(batch)
            self.chroma.mark(done=False)
            self.chroma.write(batch)
            self.chroma.mark(done=False)
            with locks.gate(self.folder, write=True):
                self._see()
                mirror.adopt(self, [film.entry for film in batch], {film.entry.movie.id: words(film) for film in batch})
                self._seen = self.ledger.generation

    def _check_passages(self, films: Sequence[FilmRows]) -> None:
        most = self.place.quotas.document
        for film in films:
            longest = max(len(text.encode()) for text in film.passages)
            if most is not None and longest > most:
                raise StoreError(
                    f"the film {film.entry.movie.id!r} has a passage of {longest:,} bytes, and {self.place.name} takes "
                    f"{most:,}: it must hold a word without end. Leave the film out, or shorten that word"
                )

    def remove(self, ids: Sequence[str]) -> None:
        """Take films out, on the server first, then from the mirror."""
        sizes = self.ledger.sizes_of(ids)
        self.chroma.mark(done=False)
        self.chroma.delete(sizes)
        self.chroma.mark(done=False)
        with locks.gate(self.folder, write=True):
            self._see()
            mirror.drop(self, list(sizes))
            self._seen = self.ledger.generation

    # making it anew

    def rebuild(self, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
        """Make the collection anew beside the old one, from mirror and cache, and then put it in its place.

        With another `encoder` and `manifest` the films are embedded by that one. What others write
        meanwhile is taken over.
        """
        state = self._require()
        self._catch_up(state)
        manifest = manifest or state.manifest
        embedder = self.embedder(manifest, encoder)
        fresh = self.chroma.successor(manifest)
        films, passages = 0, 0
        for batch in batches(self.ledger.entries()):
            count = self._embedded(fresh, embedder, batch)
            films, passages = films + len(batch), passages + count
        if fresh.counts() != (films, passages):
            raise StoreError(f"the new index of {self.name!r} does not hold all films; the old one is as it was")
        known = self.ledger.fingerprints()
        old = self.chroma.give_way(fresh)
        late = [
            film
            for rows in old.rows_since(None)
            for film, told, _ in rows
            if film not in known or known[film][0] != told.get("hash")
        ]
        for batch in batches(iter(old.entries_of(late))):
            self._embedded(self.chroma, embedder, batch)
        old.drop()
        self.chroma.sweep_old()
        self._catch_up(self._require())

    def _embedded(self, store: ServerStore, embedder: Embedder, entries: Sequence[Entry]) -> int:
        pieces = [embedder.passages(entry.movie) for entry in entries]
        fresh = [replace(entry, passages=len(texts), stale=0) for entry, texts in zip(entries, pieces, strict=True)]
        for batch in by_passages(embedder.rows(fresh, pieces), BATCH):
            store.write(batch)
            store.assure(batch)
            if lost := store.unfound("films", {film.entry.movie.id: film.whole for film in batch}):
                raise StoreError(f"the new index of {self.name!r} does not find {lost[0]!r}; run it again")
        return sum(map(len, pieces))

    # closing

    def close_index(self) -> None:
        """Write out what the mirror holds."""
        if self._bm25 is not None:
            self._bm25.close()

    def close(self) -> None:
        """Let go of every file and connection."""
        super().close()
        if self._served is not None:
            served, self._served = self._served, None
            served.close()
