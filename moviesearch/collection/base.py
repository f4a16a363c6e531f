"""What the rest of the program needs of a collection, whether it lies in a folder or on a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from moviesearch.embedding.encoder import Encoder
from moviesearch.records import Movie
from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.token_index import TokenIndex
from moviesearch.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    from moviesearch.storage.chroma import ChromaStore
    from moviesearch.storage.rows import FilmRows

    from .embedder import Embedder
    from .marks import Marks


class Collection(Protocol):
    """A collection, in a folder (`in_folder.FolderCollection`) or on a server (`on_server.ServerCollection`)."""

    name: str
    note: Callable[[str], None]

    @property
    def vector_cache(self) -> VectorCache:
        """The embedding cache."""

    @property
    def ledger(self) -> Ledger:
        """The films' records. For a collection on a server, the local mirror of them."""

    @property
    def chroma(self) -> ChromaStore:
        """The vectors, in Chroma."""

    @property
    def bm25(self) -> Bm25Index:
        """The words of the passages, for BM25."""

    @property
    def token_index(self) -> TokenIndex | None:
        """The token vectors of the passages, whatever made them; None where not all are there, as the films are now."""

    @property
    def tokens(self) -> TokenIndex | None:
        """The same, None where they are not of the encoder, which is loaded if need be. Within `reading`.

        Raises EncoderError where it can't be.
        """

    @property
    def marks(self) -> Marks:
        """What people have seen."""

    @property
    def map_path(self) -> Path:
        """The file of the map of the films."""

    def identity(self) -> str:
        """An id that no other collection has."""

    def exists(self) -> bool:
        """Whether anything was ever stored under this name."""

    def likely_model(self) -> str | None:
        """Where the model is that the collection was probably made with, where that is known at once."""

    def require(self) -> None:
        """Raise NotFoundError when there is nothing under this name."""

    def size(self) -> int:
        """Bytes of the collection's files on this machine."""

    def words_missing(self) -> str | None:
        """Why a search goes by meaning alone, without words; None where words count."""

    def tokens_missing(self) -> str | None:
        """Why a search goes without token vectors that are to be here; None where they count or there are none."""

    def reading(self) -> AbstractContextManager[Manifest]:
        """Read a state in which every film is committed. Raises NotFoundError when there is no collection."""

    def writing(self, *, anew: bool = False) -> AbstractContextManager[None]:
        """Write. Raises LockedError where only one process may write and another one does.

        With `anew` that is to rebuild the collection with another model: what is damaged may wait for it.
        """

    def invalidate(self, found: str | None = None) -> None:
        """Have everything checked before the next reading.

        `found` is the damage that a search met after the check had passed: the index is made again then.
        """

    def embedder(self, manifest: Manifest, encoder: Encoder | None = None) -> Embedder:
        """The embedding cache together with the model of the manifest, or with another `encoder`."""

    # within `writing`

    def present_manifest(self) -> Manifest | None:
        """What the collection was made with; None where there is none yet."""

    def create(self, manifest: Manifest) -> None:
        """Make the collection. Raises MismatchError where there is one whose vectors were made otherwise."""

    def refuses(self, movie: Movie) -> tuple[str, str] | None:
        """(field, reason) where a film can't be stored, else None."""

    def agreed(self, name: str, value: int) -> int:
        """A number that all writers share: the `value` that the first of them gave under this name."""

    def complete_tokens(self, embedder: Embedder, tick: Callable[[], None] = lambda: None) -> None:
        """Make the token vectors that are missing, where the encoder gives any.

        `tick` is called after each batch and may raise to stop; the next call goes on from there.
        """

    def put(self, films: Sequence[FilmRows]) -> None:
        """Store films. A film that is stored already is replaced."""

    def remove(self, ids: Sequence[str]) -> None:
        """Remove films by id."""

    def rebuild(self, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
        """Make the index again, with another encoder and manifest where they are given."""

    def verify(self) -> str | None:
        """Compare everything with its replica and search for each film; what is wrong, or None."""

    def close(self) -> None:
        """Close every file and connection."""
