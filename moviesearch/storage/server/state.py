"""A collection on a server as a whole: how it is, who writes, and how a new one takes its place.

Its metadata has a `generation`, which every batch changes, and says where its passages are.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
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
_AGREED = 8


@dataclass(frozen=True, slots=True)
class State:
    """A collection as a whole: its manifest, Chroma's own id of it, generation, and numbers of rows."""

    manifest: Manifest
    number: str
    generation: str
    films: int
    passages: int

    @property
    def open(self) -> bool:
        """Whether a writer is (or was) in the middle of its work."""
        return self.generation.startswith(_OPEN)


class SharedStore(ChromaStore):
    """One collection of films on a server, but for its rows."""

    _client: HttpClient

    def state(self) -> State | None:
        """How the collection is now; None where there is none."""
        before = self._collections.pop("films", None)
        manifest = self.manifest()
        if manifest is None:
            self._finish_swap()
            manifest = self.manifest()  # who repairs it may have finished meanwhile
        if manifest is None:
            self._collections.clear()
            return None
        now = self._collections["films"]
        if before is None or before.id != now.id:
            self._collections.pop("passages", None)
        films, passages = self.counts()
        return State(manifest, str(now.id), str((now.metadata or {}).get("generation")), films, passages)

    def mark(self, *, done: bool) -> None:
        """Give the collection a new generation; `done` when this writer has finished its work."""
        with translated(self.where):
            before = self._collections.pop("films", None)
            now = self._collection("films")
            if before is not None and before.id != now.id:
                self._collections.pop("passages", None)
                raise DamagedError(f"{self.name!r} at {self.where} was made anew meanwhile. Run the same command again")
            generation = ("" if done else _OPEN) + uuid4().hex
            now.modify(metadata={**(now.metadata or {}), "generation": generation})

    def create(self, manifest: Manifest, identity: str, passages: str | None = None) -> None:
        """Make the collection, empty; one that another writer made at the same moment is left as it is."""
        told = {**asdict(manifest), "identity": identity, "generation": uuid4().hex}
        place = passages or f"{self.name}.passages"
        self._collections.clear()
        self._make(place, told)
        self._make(self.name, {**told, "passages": place})

    # making it anew

    def successor(self, manifest: Manifest) -> Self:
        """A new and empty collection beside this one, with the same identity; one that was begun earlier is dropped."""
        fresh = self._beside(f"{self.name}.new")
        fresh.drop()
        fresh.create(manifest, self.identity() or uuid4().hex, f"{self.name}.passages-{uuid4().hex[:8]}")
        return fresh

    def give_way(self, fresh: Self) -> Self:
        """Have a successor, which is whole, take this one's name; returns this one under the name it has then.

        Between the two steps there is none of the name; who comes by then takes the second one.
        """
        old = self._beside(f"{self.name}.old-{uuid4().hex[:8]}")
        with translated(self.where):
            ready = fresh._collection("films")
            ready.modify(metadata={**(ready.metadata or {}), "ready": True})
            self._collection("films").modify(name=old.name)
        self._collections.clear()
        self._finish_swap()
        return old

    def sweep_old(self) -> None:
        """Delete what repairs left behind that were interrupted after their last step."""
        with translated(self.where):
            for name in self._client.names():
                if name.startswith(f"{self.name}.old-"):
                    old = self._beside(name)
                    if old.identity() == self.identity():
                        old.drop()

    def _finish_swap(self) -> None:
        from chromadb.errors import NotFoundError

        with translated(self.where):
            try:
                fresh = self._client.get_collection(f"{self.name}.new", embedding_function=None)
            except (NotFoundError, ValueError):
                return
            if (fresh.metadata or {}).get("ready"):
                fresh.modify(name=self.name)

    def drop(self) -> None:
        """Delete the collection with all that is in it, but for what is too long for a row."""
        from chromadb.errors import NotFoundError

        with translated(self.where):
            for kind in ("passages", "films"):
                try:
                    self._client.delete_collection(self._chroma_name(kind))
                except (NotFoundError, ValueError):
                    continue
            self._collections.clear()

    def agreed(self, name: str, value: int) -> int:
        """A number that all writers are to share: what the first one gave it. Only the latest few are kept."""
        with translated(self.where):
            self._collections.pop("passages", None)
            there = self._collection("passages")
            told = dict(there.metadata or {})
            if name not in told:
                kind = name.partition("-")[0] + "-"
                old = sorted((key for key in told if key.startswith(kind)), key=lambda key: int(told[key]))
                for key in old[: -_AGREED + 1]:
                    del told[key]
                there.modify(metadata={**told, name: value})
                self._collections.pop("passages", None)
                told = dict(self._collection("passages").metadata or {})
            return int(told.get(name, value))

    def _beside(self, name: str) -> Self:
        other = copy.copy(self)
        other.name, other._collections = name, {}
        return other

    def _chroma_name(self, kind: Kind) -> str:
        if kind == "films":
            return self.name
        return str((self._collection("films").metadata or {}).get("passages") or f"{self.name}.passages")
