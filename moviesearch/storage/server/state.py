"""A collection on a server as a whole: its state, and how a new one takes its name.

Its metadata hold a `generation`, which every batch changes, and the name of the Chroma collection that
has its passages (`passages`).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from moviesearch.errors import DamagedError
from moviesearch.storage.chroma import ChromaStore
from moviesearch.storage.chroma_client import translated
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import Kind

if TYPE_CHECKING:
    from .http_client import HttpClient

_OPEN = "open-"
"""A generation begins with this while a writer is at work."""

_AGREED_KEPT = 8
"""Numbers of one kind that are kept for all writers."""


@dataclass(frozen=True, slots=True)
class State:
    """A collection as a whole: manifest, Chroma's id of it (`number`), generation, and the numbers of its rows."""

    manifest: Manifest
    number: str
    generation: str
    films: int
    passages: int

    @property
    def open(self) -> bool:
        """Whether a writer is at work, or was interrupted."""
        return self.generation.startswith(_OPEN)


class SharedStore(ChromaStore):
    """One collection of films on a server as a whole; ServerStore adds its rows."""

    _client: HttpClient

    def state(self) -> State | None:
        """The present state of the collection; None where there is no collection."""
        cached = self._collections.pop("films", None)
        manifest = self.manifest()
        if manifest is None:
            self._finish_swap()
            manifest = self.manifest()  # another process may have finished the swap meanwhile
        if manifest is None:
            self._collections.clear()
            return None
        films = self._collections["films"]
        if cached is None or cached.id != films.id:
            self._collections.pop("passages", None)
        generation = str((films.metadata or {}).get("generation"))
        return State(manifest, str(films.id), generation, *self.counts())

    def mark(self, *, done: bool) -> None:
        """Give the collection a new generation; `done` says that this writer has finished its work.

        Raises DamagedError where the collection was made anew since it was opened.
        """
        with translated(self.where):
            cached = self._collections.pop("films", None)
            films = self._collection("films")
            if cached is not None and cached.id != films.id:
                self._collections.pop("passages", None)
                raise DamagedError(f"{self.name!r} at {self.where} was made anew meanwhile. Run the same command again")
            generation = ("" if done else _OPEN) + uuid4().hex
            films.modify(metadata={**(films.metadata or {}), "generation": generation})

    def create(self, manifest: Manifest, identity: str, passages: str | None = None) -> None:
        """Make the collection, empty, with its passages in the Chroma collection of a name.

        A collection that another writer made at the same moment is left as it is.
        """
        metadata = {**manifest.record(), "identity": identity, "generation": uuid4().hex}
        passages = passages or f"{self.name}.passages"
        self._collections.clear()
        self._make(passages, metadata)
        self._make(self.name, {**metadata, "passages": passages})

    # making it anew

    def successor(self, manifest: Manifest) -> Self:
        """A new, empty collection NAME.new with the same identity; one that was begun earlier is deleted."""
        fresh = self._beside(f"{self.name}.new")
        fresh.drop()
        fresh.create(manifest, self.identity() or uuid4().hex, f"{self.name}.passages-{uuid4().hex[:8]}")
        return fresh

    def give_way(self, fresh: Self) -> Self:
        """Give this collection's name to its successor, once that has all rows; returns this one under its new name.

        It takes two renamings. A process that finds no collection of the name in between does the second
        one (`_finish_swap`).
        """
        old = self._beside(f"{self.name}.old-{uuid4().hex[:8]}")
        with translated(self.where):
            films = fresh._collection("films")
            films.modify(metadata={**(films.metadata or {}), "ready": True})
            self._collection("films").modify(name=old.name)
        self._collections.clear()
        self._finish_swap()
        return old

    def sweep_old(self) -> None:
        """Delete the old collections that repairs left behind which were interrupted after the swap."""
        with translated(self.where):
            for name in self._client.names():
                if name.startswith(f"{self.name}.old-"):
                    old = self._beside(name)
                    if old.identity() == self.identity():
                        old.drop()

    def _finish_swap(self) -> None:
        """Give the collection's name to its successor, where there is one that is ready."""
        from chromadb.errors import NotFoundError

        with translated(self.where):
            try:
                fresh = self._client.get_collection(f"{self.name}.new", embedding_function=None)
            except (NotFoundError, ValueError):
                return
            if (fresh.metadata or {}).get("ready"):
                fresh.modify(name=self.name)

    def drop(self) -> None:
        """Delete the collection with all its rows, but not the further rows of long films (NAME.more)."""
        from chromadb.errors import NotFoundError

        with translated(self.where):
            for kind in ("passages", "films"):
                try:
                    self._client.delete_collection(self._chroma_name(kind))
                except (NotFoundError, ValueError):
                    continue
            self._collections.clear()

    def agreed(self, name: str, value: int) -> int:
        """A number that all writers share: the `value` of the first one that asks for this name.

        Of the names with the same text before the "-" only the latest few are kept.
        """
        with translated(self.where):
            self._collections.pop("passages", None)
            passages = self._collection("passages")
            metadata = dict(passages.metadata or {})
            if name not in metadata:
                kind = name.partition("-")[0] + "-"
                old = sorted((key for key in metadata if key.startswith(kind)), key=lambda key: int(metadata[key]))
                for key in old[: -_AGREED_KEPT + 1]:
                    del metadata[key]
                passages.modify(metadata={**metadata, name: value})
                self._collections.pop("passages", None)
                metadata = dict(self._collection("passages").metadata or {})
            return int(metadata.get(name, value))

    def _beside(self, name: str) -> Self:
        """The collection of another name."""
        other = copy.copy(self)
        other.name, other._collections = name, {}
        return other

    def _chroma_name(self, kind: Kind) -> str:
        if kind == "films":
            return self.name
        return str((self._collection("films").metadata or {}).get("passages") or f"{self.name}.passages")
