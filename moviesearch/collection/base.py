"""The way in to a collection, wherever it is kept: what the rest of the program needs of one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from moviesearch.embedding.encoder import Encoder
from moviesearch.records import Movie
from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    from moviesearch.storage.chroma import ChromaStore
    from moviesearch.storage.rows import FilmRows

    from .embedder import Embedder


class Collection(Protocol):
    """A collection, in a folder (`archive.FolderCollection`) or on a server (`served.ServerCollection`)."""

    name: str

    @property
    def vector_cache(self) -> VectorCache:
        """The embedding cache."""

    @property
    def ledger(self) -> Ledger:
        """The films as their sources told them; of a server, as they are mirrored here."""

    @property
    def chroma(self) -> ChromaStore:
        """Chroma."""

    @property
    def bm25(self) -> Bm25Index:
        """The words of the passages."""

    @property
    def map_path(self) -> Path:
        """Where the map of the films is kept."""

    def identity(self) -> str:
        """What tells this collection from all others."""

    def exists(self) -> bool:
        """Whether anything was ever stored under this name."""

    def require(self) -> None:
        """Raise NotFoundError when there is nothing under this name."""

    def size(self) -> int:
        """Bytes of the files here."""

    def words_missing(self) -> str | None:
        """Why words don't count in searching, or None."""

    def reading(self) -> AbstractContextManager[Manifest]:
        """Read a settled state. Raises NotFoundError when there is nothing."""

    def writing(self) -> AbstractContextManager[None]:
        """Write. Raises LockedError where there may be one writer only, and another is at work."""

    def invalidate(self) -> None:
        """Have everything looked at before the next reading."""

    def embedder(self, manifest: Manifest, encoder: Encoder | None = None) -> Embedder:
        """The cache with the model that a collection was made with (or another one)."""

    # within `writing`

    def create(self, manifest: Manifest) -> None:
        """Make the collection, or check that the one there is can take vectors made so."""

    def refuses(self, movie: Movie) -> tuple[str, str] | None:
        """The field and the reason why a film can't be stored there, or None."""

    def agreed(self, name: str, value: int) -> int:
        """A number that all writers are to share: the one that the first of them gave."""

    def put(self, films: Sequence[FilmRows]) -> None:
        """Store films; one that is there is replaced."""

    def remove(self, ids: Sequence[str]) -> None:
        """Take films out."""

    def rebuild(self, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
        """Make the index again, with another encoder where one is given."""

    def verify(self) -> str | None:
        """Compare everything with its second home and look each film up; None when all is well."""

    def close(self) -> None:
        """Let go of every file and connection."""
