"""One collection and its parts, kept in step: ledger, embedding cache, Chroma, lexical index.

    STORE/vectors.sqlite3                the embedding cache, shared by the collections
    STORE/NAME/films.sqlite3             the ledger
    STORE/NAME/chroma-1/                 Chroma's files; `chroma-2` after a rebuild, and so on
    STORE/NAME/lexical-1/                the BM25 index over the same rows
    STORE/NAME/writer.lock, gate.lock

Ledger and cache are a second home for all that Chroma and the lexical index hold: whatever is
damaged is made again from the rest, in a new place, checked, and then taken into use.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from . import locks
from .cache import VectorCache
from .embedding import Embedder
from .encoders import Encoder
from .errors import DamagedError, LockedError, MismatchError, NotFoundError, StoreError
from .ledger import LEAVING, PENDING, STORED, Entry, Ledger
from .store import BATCH, ChromaStore, FilmRows, Manifest, passage_id

Note = Callable[[str], None]
_SAMPLE = 64


class Archive:
    """A collection in a folder. `encoder` gives the model named by a location, when one is needed."""

    def __init__(self, store: Path, name: str, encoder: Callable[[str | None], Encoder], note: Note) -> None:
        self.folder, self.name = store / name, name
        self._encoder_of, self._note = encoder, note
        self._cache_path = store / "vectors.sqlite3"
        self._cache: VectorCache | None = None
        self._ledger: Ledger | None = None
        self._store: ChromaStore | None = None
        self._generation = -1

    # the parts

    @property
    def cache(self) -> VectorCache:
        """The embedding cache."""
        if self._cache is None:
            self._cache = VectorCache(self._cache_path)
        return self._cache

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        if self._ledger is None:
            self._ledger = Ledger(self.folder / "films.sqlite3")
        return self._ledger

    @property
    def store(self) -> ChromaStore:
        """Chroma."""
        if self._store is None:
            self._store = ChromaStore.embedded(self._chroma_folder(), self.name)
        return self._store

    def exists(self) -> bool:
        """Whether anything was ever stored under this name."""
        return (self.folder / "films.sqlite3").exists() or any(self.folder.glob("chroma-*"))

    def manifest(self) -> Manifest:
        """What the collection was made with. Raises NotFoundError when there is no collection."""
        manifest = self.store.manifest() if self.exists() else None
        if manifest is None:
            raise NotFoundError(
                f"there is no collection {self.name!r} in {self.folder.parent}. "
                "`moviesearch ingest` makes one from the bundled films, `moviesearch ingest FILE` from your own"
            )
        return manifest

    # reading

    @contextmanager
    def reading(self) -> Iterator[Manifest]:
        """Read a settled state: what a writer has finished, never half of a batch."""
        if not self.exists():
            self.manifest()
        self._mend_if_needed()
        with locks.gate(self.folder, write=False):
            if self._generation != self.ledger.generation:
                self._let_go_of_chroma()
                self._generation = self.ledger.generation
            yield self.manifest()

    # writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer. What an earlier one left unfinished is finished first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with locks.writing(self.folder):
            if self.exists():
                self._mend()
            self._let_go_of_chroma()
            try:
                yield
            finally:
                self._let_go_of_chroma()
                self._stamp()

    def create(self, manifest: Manifest) -> None:
        """Make the collection, or check that the one there is can take vectors made so. Within `writing`."""
        there = self.store.manifest()
        if there is None:
            self.store.create(manifest)
        else:
            there.require(manifest, self.name)

    def enter(self, entries: Sequence[Entry]) -> None:
        """Note films as pending, durably. Within `writing`."""
        self.ledger.set_facts(stamp=None)
        self.ledger.enter(entries)

    def put(self, films: Sequence[FilmRows]) -> None:
        """Store films that were entered, whole or not at all. Within `writing`."""
        for batch in _by_passages(films):
            with locks.gate(self.folder, write=True):
                self.store.write(batch)
                self.ledger.settle([film.entry.movie.id for film in batch])

    def remove(self, ids: Sequence[str]) -> None:
        """Take films out. Within `writing`."""
        self.ledger.set_facts(stamp=None)
        self.ledger.unsettle(ids, state=LEAVING)
        self._finish_leaving()

    def _finish_leaving(self) -> None:
        leaving = {entry.movie.id: max(entry.passages, entry.stale) for entry in self.ledger.entries(LEAVING)}
        if leaving:
            with locks.gate(self.folder, write=True):
                self.store.delete(leaving)
                self.ledger.remove(list(leaving))

    # mending

    def _mend_if_needed(self) -> None:
        """Before reading: mend what no living writer is at work on."""
        try:
            if self.ledger.fact("stamp") == self._stamp_now():
                return
        except DamagedError:
            pass
        try:
            with locks.writing(self.folder):
                self._mend()
                self._let_go_of_chroma()
                self._stamp()
        except LockedError:
            return

    def _mend(self) -> None:
        """Bring all parts in step; the caller is the only writer."""
        try:
            if self.ledger.fact("stamp") == self._stamp_now():
                return
        except DamagedError as error:
            self._ledger_from_chroma(error)
        try:
            self._finish_pending()
            wrong = self._what_is_wrong()
        except DamagedError as error:
            wrong = str(error)
        if wrong:
            self._note(f"the index of {self.name!r} was damaged ({wrong}); making it again from the films' second home")
            self.rebuild()

    def _finish_pending(self) -> None:
        manifest = self.store.manifest()
        if manifest is None:
            if self.ledger.counts() != (0, 0, 0):
                raise DamagedError("the Chroma collection is gone")
            return
        pending = list(self.ledger.entries(PENDING))
        if pending:
            self.put(self._rows(pending, manifest))
        self._finish_leaving()

    def _what_is_wrong(self) -> str | None:
        """Compare the index with the ledger and, on a sample, with its own vectors; None when all is well."""
        if self.store.manifest() is None:
            return None
        films, passages, _ = self.ledger.counts()
        if self.store.counts() != (films, passages):
            there = self.store.counts()
            return f"{there[0]} films and {there[1]} passages where {films} and {passages} are known"
        return self._unanswered(self._sample(films))

    def verify(self) -> str | None:
        """Compare every film and vector with its second home and look each up; None when all is well."""
        try:
            if said := self.ledger.check():
                return f"the ledger: {said}"
            self.manifest()
            films, passages, unsettled = self.ledger.counts()
            if unsettled:
                return f"{unsettled} films are not settled"
            if self.store.counts() != (films, passages):
                return f"the index counts {self.store.counts()}, the ledger {(films, passages)}"
            return self._unanswered(self.ledger.ids(), every_passage=True)
        except DamagedError as error:
            return str(error)

    def _sample(self, films: int) -> list[str]:
        ids = self.ledger.ids()
        step = max(1, films // _SAMPLE)
        return ids[::step] + ids[-1:]

    def _unanswered(self, ids: Sequence[str], *, every_passage: bool = False) -> str | None:
        """Whether rows are missing, have other vectors than the cache, or aren't found by their own vectors."""
        manifest = self.manifest()
        known = {film: entry for film, (entry, _) in self.ledger.known(ids).items()}
        for start in range(0, len(ids), BATCH):
            page = [film for film in ids[start : start + BATCH] if film in known]
            rows = [passage_id(film, n) for film in page for n in range(known[film].passages)]
            if not every_passage:
                rows = rows[:: max(1, len(rows) // (2 * _SAMPLE))]
            for kind, wanted in (("films", page), ("passages", rows)):
                vectors = self.store.vectors(kind, wanted)  # type: ignore[arg-type]
                if len(vectors) != len(set(wanted)):
                    return f"{len(set(wanted)) - len(vectors)} {kind} are missing"
                for row, vector in vectors.items():
                    if vector.shape != (manifest.dimension,) or not np.isfinite(vector).all():
                        return f"{row} has no proper vector"
                    nearest = self.store.nearest(kind, vector, 1)  # type: ignore[arg-type]
                    if not nearest or nearest[0][1] < 0.999:
                        return f"{row} is not found by its own vector"
        return None

    def rebuild(self, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
        """Make the index again from ledger and cache in a new place, check it, and take it into use.

        With another `encoder` and `manifest` the films are embedded by that one. Within `writing`.
        Until the last step everything goes on with the old one; a rebuild that is interrupted starts again.
        """
        if manifest is None:
            manifest = self._manifest_told()
        old, number = self._chroma_folder(), self._chroma_number() + 1
        self._let_go_of_chroma()
        fresh = self.folder / f"chroma-{number}"
        shutil.rmtree(fresh, ignore_errors=True)
        store = ChromaStore.embedded(fresh, self.name)
        store.create(manifest)
        embedder = self._embedder(manifest, encoder)
        batch: list[Entry] = []
        for entry in self.ledger.entries():
            batch.append(entry)
            if len(batch) == BATCH:
                self._copy(store, embedder, batch)
                batch = []
        self._copy(store, embedder, batch)
        films, passages, _ = self.ledger.counts()
        if store.counts() != (films, passages):
            raise StoreError(f"the new index in {fresh} does not hold all films; the old one is still in {old}")
        store.close()
        with locks.gate(self.folder, write=True):
            self.ledger.set_facts(chroma=number, generation=self.ledger.generation + 1, **_manifest_fact(manifest))
        shutil.rmtree(old, ignore_errors=True)

    def _copy(self, store: ChromaStore, embedder: Embedder, batch: Sequence[Entry]) -> None:
        pieces = [embedder.passages(entry.movie) for entry in batch]
        fresh = [
            Entry(entry.movie, entry.seq, entry.hash, len(texts)) for entry, texts in zip(batch, pieces, strict=True)
        ]
        store.write(embedder.rows(fresh, pieces))
        self.ledger.enter(fresh)
        self.ledger.settle([entry.movie.id for entry in fresh])

    def _rows(self, entries: Sequence[Entry], manifest: Manifest) -> list[FilmRows]:
        embedder = self._embedder(manifest, None)
        return embedder.rows(entries, [embedder.passages(entry.movie) for entry in entries])

    def _embedder(self, manifest: Manifest, encoder: Encoder | None) -> Embedder:
        if encoder is None:
            encoder = self._encoder_of(manifest.location)
            if encoder.digest != manifest.digest:
                raise MismatchError(
                    f"the model at {manifest.location} is no longer the one that {self.name!r} was made with"
                )
        return Embedder(encoder, self.cache, manifest.setting)

    def _manifest_told(self) -> Manifest:
        told = self.ledger.fact("manifest")
        if told is None:
            raise DamagedError(f"nothing is left that says how {self.name!r} was made; ingest its films with --rebuild")
        return Manifest(**json.loads(told))

    def remember(self, manifest: Manifest) -> None:
        """Keep the manifest beside the films as well. Within `writing`."""
        self.ledger.set_facts(**_manifest_fact(manifest))

    def _ledger_from_chroma(self, cause: DamagedError) -> None:
        """Put a damaged ledger aside and make it again from Chroma's rows."""
        self._note(f"the ledger of {self.name!r} was damaged; making it again from the index")
        path = self.folder / "films.sqlite3"
        self._ledger = None
        number = self._chroma_number_on_disk()
        entries: list[Entry] = []
        store = ChromaStore.embedded(self.folder / f"chroma-{number}", self.name)
        manifest = store.manifest()
        if manifest is None:
            raise DamagedError(
                f"both homes of {self.name!r} in {self.folder} are damaged. "
                "Move the folder away and ingest the films again"
            ) from cause
        entries = sorted(store.entries(), key=lambda entry: entry.seq)
        store.close()
        for tail in ("", "-wal", "-shm"):
            part = path.with_name(path.name + tail)
            if part.exists():
                part.rename(part.with_name(f"{part.name}.damaged-{time.time_ns()}"))
        self.ledger.set_facts(chroma=number, **_manifest_fact(manifest))
        for start in range(0, len(entries), BATCH):
            page = entries[start : start + BATCH]
            self.ledger.enter(page)
            self.ledger.settle([entry.movie.id for entry in page])

    # where Chroma's files are, and whether they are as they were left

    def _chroma_number(self) -> int:
        return int(self.ledger.fact("chroma") or 1)

    def _chroma_number_on_disk(self) -> int:
        numbers = [int(path.name[7:]) for path in self.folder.glob("chroma-*") if path.name[7:].isdigit()]
        return max(numbers, default=1)

    def _chroma_folder(self) -> Path:
        return self.folder / f"chroma-{self._chroma_number()}"

    def _stamp_now(self) -> str:
        """Names, sizes and times of Chroma's files; of its database, which every reader touches, size and signature."""
        folder = self._chroma_folder()
        told: list[list[object]] = []
        for path in sorted(folder.rglob("*")):
            if path.name == "chroma.sqlite3":
                with path.open("rb") as file:
                    told.append([path.name, path.stat().st_size, file.read(24).hex()])
            elif path.suffix in (".bin", ".pickle"):
                told.append([str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns])
        return json.dumps([folder.name, told])

    def _stamp(self) -> None:
        if self.exists() and self.ledger.counts()[2] == 0:
            self.ledger.set_facts(stamp=self._stamp_now())

    def _let_go_of_chroma(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def close(self) -> None:
        """Let go of every file."""
        self._let_go_of_chroma()
        for part in (self._ledger, self._cache):
            if part is not None:
                part.close()
        self._ledger = self._cache = None


def _manifest_fact(manifest: Manifest) -> dict[str, str]:
    from dataclasses import asdict

    return {"manifest": json.dumps(asdict(manifest))}


def _by_passages(films: Sequence[FilmRows]) -> Iterator[list[FilmRows]]:
    """Batches of films with at most BATCH passages (or one film with more)."""
    batch: list[FilmRows] = []
    size = 0
    for film in films:
        if batch and size + len(film.passages) > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(film)
        size += len(film.passages)
    if batch:
        yield batch


_ = STORED
