"""A collection in a folder: many readers or one writer at a time, and damage repaired before either begins."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from moviesearch.embedding.encoder import Encoder
from moviesearch.errors import (
    HOW_TO_FILL,
    DamagedError,
    EncoderError,
    LockedError,
    MismatchError,
    NotFoundError,
    StoreError,
)
from moviesearch.records import Movie
from moviesearch.storage import locks, place
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.thread_lock import ThreadLock

from . import check, links, token_vectors
from .embedder import Embedder
from .files import Note, manifest_fact
from .marks import FolderMarks
from .stamped_files import StampedFiles

CHECK_INTERVAL = 1.0
"""Seconds between two checks of the files' sizes and times, as long as no writer has come."""

_TRIES = 3
"""How often the files are looked at, where rows had to be put in again."""


class FolderCollection(StampedFiles):
    """A collection in a folder. `encoder` gives the model of a manifest, when one is needed.

    Threads may read together. One that opens, repairs or writes is alone.
    """

    _generation = -1
    _suspect = False
    _found: str | None = None
    _last_check: tuple[str, float] = "", 0.0  # the stamp that the files fitted, and when (time.monotonic)

    def __init__(self, store: Path, name: str, encoder: Callable[[Manifest], Encoder], note: Note) -> None:
        super().__init__(store, name, encoder, note)
        self._threads = ThreadLock()
        self.marks = FolderMarks(lambda: self.ledger, self._marking)

    def close_index(self) -> None:
        """Close Chroma, the word index and the token index when no other thread reads from them any more."""
        with self._threads.exclusive():
            super().close_index()

    def exists(self) -> bool:
        """Whether anything was ever stored under this name. Raises StoreError for a store that is no folder of ours."""
        with contextlib.suppress(OSError):  # a folder that may not be looked into
            if self.ledger_path.exists() or any(self.folder.glob("chroma-*")):
                return True
        place.require_usable(self.folder)
        return False

    def likely_model(self) -> str | None:
        """Where the model is, as the ledger has it, whatever else is wrong."""
        try:
            manifest = self.ledger_manifest() if self.ledger_path.exists() else None
        except (StoreError, OSError):  # told when films are read
            return None
        return None if manifest is None else manifest.location

    def require(self) -> None:
        """Raise NotFoundError when there is nothing under this name."""
        if not self.exists():
            raise self._nothing()

    def _nothing(self) -> NotFoundError:
        where = f"in {self.folder.parent}.{place.hint_at(self.folder.parent)}"
        return NotFoundError(f"there is no collection {self.name!r} {where} {HOW_TO_FILL}")

    # reading

    @contextmanager
    def reading(self) -> Iterator[Manifest]:
        """Read a state in which every film is committed, never half of a batch. It stays so within the block."""
        with ExitStack() as until_read:
            with self._threads.entering():
                self.require()
                if self._ledger is not None and self._ledger.was_replaced():
                    self._open_anew()
                until_read.enter_context(self._committed())
                if self.ledger_manifest() is None:
                    raise self._nothing()  # the first run stopped before it began, or has just begun
                if self._generation != self.ledger.generation or self._token_index_was_replaced():
                    self.close_index()
                    self._bm25 = None
                    self._generation = self.ledger.generation
                    check.require_one_collection(self)
                manifest, _, _ = self.manifest(), self.bm25, self.any_token_index()  # open for all who come in
                # It could not be read, and was begun anew. Before the first film there is none.
                if self.bm25.generation != self.ledger.generation and self.ledger.counts()[0]:
                    raise DamagedError(f"the word index of {self.name!r} is not that of its films")
                until_read.enter_context(self._threads.shared())
            yield manifest

    def _open_anew(self) -> None:
        """Have the files opened anew: another process may have put others in their places."""
        with self._threads.exclusive():
            self.reset()
            self._generation = -1

    @contextmanager
    def _committed(self) -> Iterator[None]:
        """Hold the gate for reading while every film is committed. What no writer is at work on is repaired first."""
        deadline = time.monotonic() + locks.GATE_PATIENCE
        while True:
            self._repair_if_needed()
            with locks.gate(self.folder, write=False):
                if not self.ledger.uncommitted() and not self._is_half_made():
                    if not self.ledger.was_replaced():
                        self.ledger.seen.copy_if_gone()
                    yield
                    return
            if time.monotonic() > deadline:
                raise LockedError(f"{self.folder} is being mended by another process. Try again when it is done")
            time.sleep(0.05)

    def _is_half_made(self) -> bool:
        """Whether the first writer died between the ledger's manifest and the Chroma collection."""
        if self.ledger.counts() != (0, 0, 0) or self.ledger_manifest() is None:
            return False
        half_made = self.chroma.manifest() is None
        if half_made:
            self.close_index()
        return half_made

    def _repair_if_needed(self) -> None:
        try:
            if not self._suspect and self._in_step_lately():
                return
        except DamagedError:
            self._suspect = True
        try:
            with locks.writing(self.folder, repairing=True):
                self._close_what_gave_way()
                self._repair()
                self._settle()
                self.close_index()
                self.stamp()
        except LockedError:
            return

    def _close_what_gave_way(self) -> None:
        """Close the index, unless nobody has written since it was opened: who did may have put others into use."""
        with contextlib.suppress(DamagedError):  # of the ledger, which is repaired next
            if self._generation == self.ledger.generation:
                return
        self.close_index()
        self._bm25 = None

    def _in_step_lately(self) -> bool:
        """Whether all is in step. After a check, the answer stands for CHECK_INTERVAL unless a writer comes."""
        stamp, checked_at = self._last_check
        if stamp and stamp == self.ledger.fact("stamp") and time.monotonic() - checked_at < CHECK_INTERVAL:
            return True
        stamp = self.ledger.fact("stamp") or ""
        self._last_check = (stamp, time.monotonic()) if self.in_step() else ("", 0.0)
        return bool(self._last_check[0])

    def _repair(self) -> None:
        from . import repair

        repair.repair(self, suspect=self._suspect, found=self._found)
        self._suspect, self._found = False, None

    def _settle(self) -> None:
        """Have the files hold all that was written, and every row found. For one who holds the writer's lock."""
        if self.ledger.fact("linked") or not self.ledger_manifest() or self.ledger.uncommitted():
            return
        for _ in range(_TRIES):
            self._require_written()
            generation = self.ledger.generation
            if links.link_rows(self):
                return
            if self.ledger.generation == generation:
                self.begin_writing(linked=1)
                return

    def _require_written(self) -> None:
        """Look at the files, since neither Chroma nor tantivy tells of every call to the system that failed."""
        self.close_index()
        self._bm25 = None
        lost = self._lost or check.unwritten_vectors(self)
        if lost or check.lacks_words(self):
            from . import repair

            repair.write_again(self, lost)
            self._lost = None

    def invalidate(self, found: str | None = None) -> None:
        """Have everything checked before the next reading. Where a search `found` damage, the index is made again."""
        with self._threads.exclusive():
            self.reset()
            self._generation = -1
            self._suspect, self._found = True, found

    def stamp(self) -> None:
        """Note that all is in step, behind the gate: a reader that opened Chroma meanwhile would touch its files."""
        with locks.gate(self.folder, write=True):
            super().stamp()

    def verify(self) -> str | None:
        """Compare everything with its replica and search for each film; what is wrong, or None."""
        with self._threads.exclusive(), locks.gate(self.folder, write=False):
            return check.verify(self)

    def words_missing(self) -> str | None:
        """None: words always count in a folder."""
        return None

    # what people have seen

    @contextmanager
    def _marking(self) -> Iterator[None]:
        """Have the ledger stay in its place. One that another process has made again meanwhile is opened first."""
        with self._threads.entering(), locks.gate(self.folder, write=False):
            if self.ledger.was_replaced():
                self._open_anew()
            yield

    # writing

    def refuses(self, movie: Movie) -> tuple[str, str] | None:
        """None: a folder takes every film."""
        return None

    @contextmanager
    def writing(self, *, anew: bool = False) -> Iterator[None]:
        """Be the only writer. What an earlier one left unfinished is finished first. Raises LockedError.

        With `anew`, to rebuild the collection with another model, what its own would be needed for may stay so.
        """
        place.require_usable(self.folder)
        if not self.exists():
            place.require_own(self.folder)
        with self._threads.exclusive(), locks.writing(self.folder):
            self._open_anew()
            if self.exists():
                try:
                    self._repair()
                except (EncoderError, MismatchError):
                    if not anew:
                        raise
            self.close_index()
            try:
                yield
                self._settle()
            finally:
                self.close_index()
            self.stamp()

    def present_manifest(self) -> Manifest | None:
        """What the collection was made with; None where there is none yet. Within `writing`."""
        return self.ledger_manifest() if self.exists() else None

    def create(self, manifest: Manifest) -> None:
        """Make the collection. Raises MismatchError where there is one whose vectors were made otherwise.

        Within `writing`.
        """
        present = self.ledger_manifest()
        if present is not None:
            present.require(manifest, self.name)
        with locks.gate(self.folder, write=True):  # who reads sees both, or neither
            self.ledger.set_facts(**manifest_fact(manifest))
            self._bm25 = None  # to be opened in the manifest's language
            if self.chroma.manifest() is None:
                self.begin_writing()
                self.chroma.create(manifest, self.identity())

    def agreed(self, name: str, value: int) -> int:
        """A number that all writers share: the `value` that the first of them gave under this name."""
        if self.ledger.fact(name) is None:
            self.ledger.set_facts(**{name: value})
        return self.ledger.number(name, value)

    def complete_tokens(self, embedder: Embedder, tick: Callable[[], None] = lambda: None) -> None:
        """Make the token vectors that are missing, where the encoder gives any. Within `writing`.

        `tick` is called after each batch and may raise to stop; the next call goes on from there.
        """
        token_vectors.complete(self, embedder, tick)

    def rebuild(self, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
        """Make the index again, with another encoder and manifest where they are given. Within `writing`."""
        from . import repair

        if manifest is None and self.ledger_manifest() is None:
            raise self._nothing()  # the first run stopped before it began
        repair.rebuild(self, encoder, manifest)
