"""One collection for its readers and its writer: who may do what, when, and what is done first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from moviesearch.embedding.encoder import Encoder
from moviesearch.errors import DamagedError, LockedError, NotFoundError
from moviesearch.records import Movie
from moviesearch.storage import locks
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.thread_lock import ThreadLock

from . import check, repair
from .files import CollectionFiles, Note, manifest_fact

LOOK_AGAIN = 1.0
"""Seconds for which files that were as the last writer left them are taken to be so still."""


class FolderCollection(CollectionFiles):
    """A collection in a folder. `encoder` gives the model named by a location, when one is needed.

    Threads may read together; whoever opens, mends or writes is alone.
    """

    _generation = -1
    _suspect = False
    _looked: tuple[str, float] = "", 0.0

    def __init__(self, store: Path, name: str, encoder: Callable[[str | None], Encoder], note: Note) -> None:
        super().__init__(store, name, encoder, note)
        self._threads = ThreadLock()

    def close_index(self) -> None:
        """Close Chroma and the word index, once no other thread reads from them."""
        with self._threads.exclusive():
            super().close_index()

    def exists(self) -> bool:
        """Whether anything was ever stored under this name."""
        return self.ledger_path.exists() or any(self.folder.glob("chroma-*"))

    def require(self) -> None:
        """Raise NotFoundError when there is nothing under this name."""
        if not self.exists():
            raise self._nothing()

    def _nothing(self) -> NotFoundError:
        return NotFoundError(
            f"there is no collection {self.name!r} in {self.folder.parent}. "
            "`moviesearch ingest` makes one from the bundled films, `moviesearch ingest FILE` from your own"
        )

    # reading

    @contextmanager
    def reading(self) -> Iterator[Manifest]:
        """Read a settled state: what a writer has finished, never half of a batch."""
        with ExitStack() as until_read:
            with self._threads.entering():
                self.require()
                until_read.enter_context(self._settled())
                if self._generation != self.ledger.generation:
                    self.close_index()
                    self._bm25 = None
                    self._generation = self.ledger.generation
                    check.require_one_collection(self)
                if self.ledger_manifest() is None:
                    raise self._nothing()  # the first run stopped before it began
                manifest, _ = self.manifest(), self.bm25  # so that both are open for all who come in
                until_read.enter_context(self._threads.shared())
            yield manifest

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Go through the gate when nothing is half done; what nobody is at work on is mended before."""
        deadline = time.monotonic() + locks.GATE_PATIENCE
        while True:
            self._repair_if_needed()
            with locks.gate(self.folder, write=False):
                if not self.ledger.uncommitted():
                    yield
                    return
            if time.monotonic() > deadline:
                raise LockedError(f"{self.folder} is being mended by another process. Try again when it is done")
            time.sleep(0.05)

    def _repair_if_needed(self) -> None:
        try:
            if not self._suspect and self._in_step_of_late():
                return
        except DamagedError:
            self._suspect = True
        try:
            with locks.writing(self.folder, repairing=True):
                self._repair()
                self.close_index()
                self.stamp()
        except LockedError:
            return

    def _in_step_of_late(self) -> bool:
        """Whether the files are as they were left: looked at now, or a moment ago when no writer has come since."""
        stamp, at = self._looked
        if stamp and stamp == self.ledger.fact("stamp") and time.monotonic() - at < LOOK_AGAIN:
            return True
        stamp = self.ledger.fact("stamp") or ""
        self._looked = (stamp, time.monotonic()) if self.in_step() else ("", 0.0)
        return bool(self._looked[0])

    def _repair(self) -> None:
        repair.repair(self, suspect=self._suspect)
        self._suspect = False

    def invalidate(self) -> None:
        """Have everything looked at before the next reading."""
        with self._threads.exclusive():
            self.reset()
            self._generation = -1
            self._suspect = True

    def stamp(self) -> None:
        """Say that all is in step, while nobody opens Chroma, which touches its files for a moment."""
        with locks.gate(self.folder, write=True):
            super().stamp()

    def verify(self) -> str | None:
        """Compare everything with its second home and look each film up; None when all is well."""
        with self._threads.exclusive(), locks.gate(self.folder, write=False):
            return check.verify(self)

    def size(self) -> int:
        """Bytes of the collection's files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def words_missing(self) -> str | None:
        """Words always count here."""
        return None

    # writing

    def refuses(self, movie: Movie) -> tuple[str, str] | None:
        """Every film has room here."""
        return None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer. What an earlier one left unfinished is finished first."""
        with self._threads.exclusive(), locks.writing(self.folder):
            if self.exists():
                self._repair()
            self.close_index()
            try:
                yield
            finally:
                self.close_index()
            self.stamp()

    def create(self, manifest: Manifest) -> None:
        """Make the collection, or check that the one there is can take vectors made so. Within `writing`."""
        there = self.ledger_manifest()
        if there is not None:
            there.require(manifest, self.name)
        self.ledger.set_facts(**manifest_fact(manifest))
        if self.chroma.manifest() is None:
            self.chroma.create(manifest, self.identity())

    def agreed(self, name: str, value: int) -> int:
        """A number that all writers are to share: the one that the first of them gave."""
        if self.ledger.fact(name) is None:
            self.ledger.set_facts(**{name: value})
        return self.ledger.number(name, value)

    def rebuild(self, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
        """Make the index again, with another encoder where one is given. Within `writing`."""
        repair.rebuild(self, encoder, manifest)
