"""A collection on a Chroma server, for any number of readers and writers on any number of machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from uuid import uuid4

from moviesearch.config import Settings
from moviesearch.embedding.encoder import Encoder
from moviesearch.errors import HOW_TO_FILL, DamagedError, NotFoundError, StoreError
from moviesearch.records import Movie
from moviesearch.storage import locks
from moviesearch.storage.entries import Entry
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import BATCH, FilmRows, batches, by_passages, passage_id, word_rows
from moviesearch.storage.server.address import Server, token
from moviesearch.storage.server.rows import ServerStore
from moviesearch.storage.server.state import State
from moviesearch.storage.thread_lock import ThreadLock

from . import check, mirror, token_vectors
from .embedder import Embedder
from .encoder_loader import EncoderLoader
from .files import Note
from .marks import ServerMarks
from .mirror_files import MirrorFiles
from .transfer import Fingerprints


class ServerCollection(MirrorFiles):
    """One collection on a server, with its mirror. The server is first asked when something is needed of it."""

    def __init__(self, server: Server, settings: Settings, name: str, encoders: EncoderLoader, note: Note) -> None:
        super().__init__(server, settings, name, encoders.that_made, note)
        self._cache, self._settings = encoders.cache, settings
        self._store: ServerStore | None = None
        self._threads = ThreadLock()
        self._suspect = False
        self._marks: ServerMarks | None = None

    @property
    def chroma(self) -> ServerStore:
        """The collection on the server."""
        if self._store is None:
            self._lie_in(self._cache.to_write())
            from moviesearch.storage.server.http_client import HttpClient

            client = HttpClient(
                self.server,
                token=token(self._settings, self.server),
                ca_file=self._settings.ca_file,
                timeout=self._settings.timeout,
            )
            self._store = ServerStore(client, self.name, self.server.name, self.server.quotas, self._sizes_of)
        return self._store

    @property
    def marks(self) -> ServerMarks:
        """What people have seen, on the server."""
        if self._marks is None:
            self._marks = ServerMarks(self.chroma.seen)
        return self._marks

    def _sizes_of(self, films: Sequence[str]) -> dict[str, int]:
        return self.ledger.sizes_of(films)

    def manifest(self) -> Manifest:
        """What the collection was made with. Raises NotFoundError where there is no collection."""
        return self._require().manifest

    def exists(self) -> bool:
        """Whether anything was ever stored under this name."""
        return self.chroma.state() is not None

    def likely_model(self) -> str | None:
        """None: only the server knows, and it is asked soon enough."""
        return None

    def require(self) -> None:
        """Raise NotFoundError when there is nothing under this name."""
        self._require()

    def _require(self) -> State:
        state = self.chroma.state()
        if state is None:
            raise NotFoundError(f"there is no collection {self.name!r} at {self.server.name}. {HOW_TO_FILL}")
        return state

    # reading

    @contextmanager
    def reading(self) -> Iterator[Manifest]:
        """Read the collection as it is now, or a little later: others may write meanwhile."""
        with ExitStack() as until_read:
            with self._threads.entering():
                state = self._catch_up(self._require())
                until_read.enter_context(locks.gate(self.folder, write=False))
                self._follow()
                films, passages, _ = self.ledger.counts()
                self.chroma.expect(films, passages, state)
                if self._token_index_was_replaced():
                    with self._threads.exclusive():
                        self._close_token_index()
                _ = self.words, self.any_token_index()  # open for all threads that come in
                until_read.enter_context(self._threads.shared())
            yield state.manifest

    def _catch_up(self, state: State) -> State:
        """Bring the mirror up to date; returns the state that it shows then, or an older one where others write."""
        try:
            if not self._suspect and mirror.in_step(self, state):
                return state
        except DamagedError:
            self._suspect = True
        with locks.gate(self.folder, write=True):
            if self._suspect:
                self._discard()
            self._follow()
            state = self.chroma.state() or state
            self._may_embed = token_vectors.FEW_PASSAGES
            if not mirror.in_step(self, state):
                mirror.sync(self, state)
                self._generation = self.ledger.generation
                self._bm25 = None
            self._suspect = False
        return state

    def invalidate(self, found: str | None = None) -> None:
        """Have the mirror made anew before the next reading."""
        with self._threads.exclusive():
            self._suspect = True

    def verify(self) -> str | None:
        """Compare everything with the mirror and the cache and search for each row; what is wrong, or None."""
        try:
            with self._threads.exclusive():
                return self._verify()
        except DamagedError as error:
            return str(error)

    def _verify(self) -> str | None:
        state = self._catch_up(self._require())
        with locks.gate(self.folder, write=False):
            self._follow()
            self.chroma.expect(0, 0, state)
            strays = self.chroma.strays(self.ledger.sizes_of(self.ledger.ids()))
            if strays:
                return f"{len(strays):,} passages belong to no film, such as {strays[0]!r}"
            return self.ledger.check() or check.check(self, "all") or check.tokens_wrong(self, look_at_rows=True)

    # writing

    @contextmanager
    def writing(self, *, anew: bool = False) -> Iterator[None]:
        """Write, beside other writers. What they have written until now is in the mirror."""
        with self._threads.exclusive():
            state = self.chroma.state()
            if state is not None:
                self._catch_up(state)
            yield
            if self.chroma.state() is not None:
                self.chroma.mark(done=True)
                self._catch_up(self._require())

    def present_manifest(self) -> Manifest | None:
        """What the collection was made with; None where there is none yet."""
        return self.chroma.manifest()

    def create(self, manifest: Manifest) -> None:
        """Make the collection. Raises MismatchError where there is one whose vectors were made otherwise.

        Within `writing`.
        """
        if self.chroma.state() is None:
            self.chroma.create(manifest, uuid4().hex)
        state = self._require()
        state.manifest.require(manifest, self.name)
        self._catch_up(state)

    def agreed(self, name: str, value: int) -> int:
        """A number that all writers share: the `value` that the first of them gave under this name."""
        return int(self.chroma.agreed(name, value))

    def refuses(self, movie: Movie) -> tuple[str, str] | None:
        """(field, reason) where the server has no room for something of a film, else None."""
        quotas = self.server.quotas
        if quotas.id is not None and len(passage_id(movie.id, 9999).encode()) > quotas.id:
            return "id", f"is longer than the {quotas.id - 5} bytes that {self.server.name} has room for"
        for field, text in (("title", movie.title), ("url", movie.url or "")):
            if quotas.value is not None and len(text.encode()) > quotas.value:
                return field, f"is longer than the {quotas.value:,} bytes that {self.server.name} has room for"
        return None

    def put(self, films: Sequence[FilmRows]) -> None:
        """Store films, on the server first, then in the mirror."""
        for batch in by_passages(films, BATCH):
            self._check_passages(batch)
            self.chroma.mark(done=False)
            self.chroma.write(batch)
            self.chroma.mark(done=False)
            with locks.gate(self.folder, write=True):
                self._follow()
                passages = {film.entry.movie.id: word_rows(film) for film in batch}
                mirror.adopt(self, [film.entry for film in batch], passages)
                self._generation = self.ledger.generation

    def _check_passages(self, films: Sequence[FilmRows]) -> None:
        """Raise StoreError where a passage is longer than the server takes."""
        most = self.server.quotas.document
        for film in films:
            longest = max(len(text.encode()) for text in film.passages)
            if most is not None and longest > most:
                raise StoreError(
                    f"the film {film.entry.movie.id!r} has a passage of {longest:,} bytes, and {self.server.name} "
                    f"takes {most:,}: it must hold a word without end. Leave the film out, or shorten that word"
                )

    def remove(self, ids: Sequence[str]) -> None:
        """Remove films, from the server first, then from the mirror."""
        sizes = self.ledger.sizes_of(ids)
        self.chroma.mark(done=False)
        self.chroma.delete(sizes)
        self.chroma.mark(done=False)
        with locks.gate(self.folder, write=True):
            self._follow()
            mirror.drop(self, list(sizes))
            self._generation = self.ledger.generation

    # making it anew

    def rebuild(self, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
        """Make the collection anew from mirror and cache, beside the old one, and then swap the two.

        With another `encoder` and `manifest` the films are embedded by that encoder. What others write
        to the old one meanwhile is taken over. Raises StoreError where the new one lacks films.
        """
        state = self._require()
        self._catch_up(state)
        manifest = manifest or state.manifest
        embedder = self.embedder(manifest, encoder)
        fresh = self.chroma.successor(manifest)
        films, passages = 0, 0
        for batch in batches(self.ledger.entries()):
            films, passages = films + len(batch), passages + self._write_embedded(fresh, embedder, batch)
        if fresh.counts() != (films, passages):
            raise StoreError(f"the new index of {self.name!r} does not hold all films; the old one is as it was")
        copied = self.ledger.fingerprints()
        old = self.chroma.give_way(fresh)
        for batch in batches(iter(old.entries_of(_changed_since(copied, old)))):
            self._write_embedded(self.chroma, embedder, batch)
        old.drop()
        self.chroma.sweep_old()
        self._catch_up(self._require())

    def _write_embedded(self, store: ServerStore, embedder: Embedder, entries: Sequence[Entry]) -> int:
        """Embed films and write them to a new store; returns the number of their passages.

        Raises StoreError where the store does not find a film by its own vector.
        """
        films = embedder.rows_for_new_index(entries)
        for batch in by_passages(films, BATCH):
            store.write(batch)
            store.assure(batch)
            if unfound := store.unfound("films", {film.entry.movie.id: film.whole for film in batch}):
                raise StoreError(f"the new index of {self.name!r} does not find {unfound[0]!r}; run it again")
        return sum(len(film.passages) for film in films)

    # closing

    def close(self) -> None:
        """Close every file and connection."""
        super().close()
        if self._store is not None:
            store, self._store, self._marks = self._store, None, None
            store.close()


def _changed_since(copied: Fingerprints, store: ServerStore) -> list[str]:
    """The films in a store that came or changed after they were copied."""
    return [
        film
        for rows in store.rows_since(None)
        for film, metadata, _ in rows
        if film not in copied or copied[film][0] != metadata.get("hash")
    ]
