"""The files of a collection in a folder: where they lie, and each opened when it is first needed.

    STORE/vectors.sqlite3                the embedding cache, shared by the collections
    STORE/NAME/films.sqlite3             the ledger
    STORE/NAME/chroma-1/                 Chroma's files; `chroma-2` after a rebuild, and so on
    STORE/NAME/lexical-1/                the BM25 index over the same rows
    STORE/NAME/tokens-1/tokens.sqlite3   the token vectors of the same rows, where the encoder gives any
    STORE/NAME/seen.jsonl                a copy of what the ledger has of films that people have seen
    STORE/NAME/map.npz                   the map of films, which can be made again from the others
    STORE/NAME/writer.lock, gate.lock

The ledger says which of the numbered folders are in use. A server's mirror here is laid out alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from moviesearch.embedding.encoder import Encoder
from moviesearch.errors import DamagedError
from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.chroma import ChromaStore
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.token_index import UNFINISHED, TokenIndex
from moviesearch.storage.vector_cache import VectorCache
from moviesearch.storage.word_languages import ENGLISH

from .embedder import Embedder

Note = Callable[[str], None]


class CollectionFiles:
    """Ledger, embedding cache, Chroma, word index and token index of one collection."""

    def __init__(self, store: Path, name: str, encoder: Callable[[Manifest], Encoder], note: Note) -> None:
        self.folder, self.name, self.note = store / name, name, note
        self._encoder_of = encoder
        self._cache_path = store / "vectors.sqlite3"
        self._vector_cache: VectorCache | None = None
        self._ledger: Ledger | None = None
        self._chroma: ChromaStore | None = None
        self._bm25: Bm25Index | None = None
        self._token_index: TokenIndex | None = None

    @property
    def vector_cache(self) -> VectorCache:
        """The embedding cache."""
        if self._vector_cache is None:
            self._vector_cache = VectorCache(self._cache_path)
        return self._vector_cache

    @property
    def ledger(self) -> Ledger:
        """The films' records, in the order of ingest."""
        if self._ledger is None:
            self._ledger = Ledger(self.ledger_path)
        return self._ledger

    @property
    def chroma(self) -> ChromaStore:
        """The vectors, in the Chroma folder in use."""
        if self._chroma is None:
            self._chroma = ChromaStore.embedded(self.chroma_folder(), self.name)
        return self._chroma

    @property
    def bm25(self) -> Bm25Index:
        """The words of the passages: the BM25 index in use."""
        if self._bm25 is None:
            manifest = self.ledger_manifest()
            self._bm25 = Bm25Index(self.lexical_folder(), manifest.language if manifest else ENGLISH)
        return self._bm25

    @property
    def token_index(self) -> TokenIndex | None:
        """The token vectors of the passages; None where there are none in step with the ledger. Raises DamagedError."""
        index = self.any_token_index()
        return index if index is not None and index.generation == self.ledger.generation else None

    def any_token_index(self) -> TokenIndex | None:
        """The token index in use, in whatever state; None where there is none. Raises DamagedError."""
        if self._token_index is None:
            self._token_index = TokenIndex.opened(self.tokens_folder())
        return self._token_index

    @property
    def tokens(self) -> TokenIndex | None:
        """The token vectors of the passages, where they are the encoder's, which is loaded. Raises EncoderError."""
        index, manifest = self.token_index, self.ledger_manifest()
        if index is None or manifest is None:
            return None
        return index if index.digest == self._encoder_of(manifest).token_digest else None

    def tokens_missing(self) -> str | None:
        """Why a search goes without token vectors that are to be here; None where they count or there are none."""
        index = self.any_token_index()
        if index is None or index.generation != UNFINISHED:
            return None
        return (
            f"the token vectors of {self.name!r} are not all here, so answers are made without them; "
            "`moviesearch repair` makes them"
        )

    def had_token_index(self) -> bool:
        """Whether a token index is to be here. Each kind of collection keeps that in a way of its own."""
        raise NotImplementedError

    def begin_token_index(self, digest: str) -> TokenIndex:
        """An empty token index in the place of that in use, for what `digest` names; for one who writes."""
        self.drop_token_index()
        self._token_index = TokenIndex.anew(self.tokens_folder(), digest, self.identity())
        return self._token_index

    def drop_token_index(self) -> None:
        """Delete the token index in use."""
        self._close_token_index()
        TokenIndex.remove(self.tokens_folder())

    def _token_index_was_replaced(self) -> bool:
        """Whether another process has made the token index again, in a file of its own."""
        return self._token_index is not None and self._token_index.was_replaced()

    def _close_token_index(self) -> None:
        if self._token_index is not None:
            index, self._token_index = self._token_index, None
            index.close()

    def manifest(self) -> Manifest:
        """What the collection was made with. Raises DamagedError when Chroma has no such collection."""
        manifest = self.chroma.manifest()
        if manifest is None:
            raise DamagedError(f"the Chroma files in {self.chroma_folder()} hold no collection {self.name!r}")
        return manifest

    def ledger_manifest(self) -> Manifest | None:
        """What the ledger says the collection was made with; None when nothing was ever stored.

        Raises DamagedError where it can't be read, MismatchError for a manifest of a later version.
        """
        manifest = self.ledger.fact("manifest")
        if manifest is None:
            return None
        try:
            return Manifest.read(json.loads(manifest), self.name, str(self.ledger_path))
        except ValueError as error:
            raise DamagedError(f"{self.ledger_path} is damaged (its manifest: {error})") from error

    def embedder(self, manifest: Manifest, encoder: Encoder | None = None) -> Embedder:
        """The embedding cache together with the model of the manifest, or with another `encoder`.

        Raises EncoderError where that model can't be had, MismatchError where another one is given or in its place.
        """
        return Embedder(encoder or self._encoder_of(manifest), self.vector_cache, manifest.setting)

    # where the files are

    @property
    def ledger_path(self) -> Path:
        """The ledger's file."""
        return self.folder / "films.sqlite3"

    @property
    def map_path(self) -> Path:
        """The file of the map of the films."""
        return self.folder / "map.npz"

    def size(self) -> int:
        """Bytes of all files in the collection's folder."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def chroma_number(self) -> int:
        """The number of the Chroma folder in use."""
        return self.ledger.number("chroma", 1)

    def chroma_numbers(self) -> list[int]:
        """The numbers of all Chroma folders, the highest first."""
        names = [path.name.removeprefix("chroma-") for path in self.folder.glob("chroma-*")]
        return sorted((int(name) for name in names if name.isascii() and name.isdigit()), reverse=True)

    def chroma_folder(self, number: int | None = None) -> Path:
        """The Chroma folder of a number; without one, that in use."""
        return self.folder / f"chroma-{number or self.chroma_number()}"

    def lexical_folder(self, number: int | None = None) -> Path:
        """The folder of the word index that belongs to the Chroma folder of a number; without one, that in use."""
        return self.folder / f"lexical-{number or self.chroma_number()}"

    def tokens_folder(self, number: int | None = None) -> Path:
        """The folder of the token index that belongs to the Chroma folder of a number; without one, that in use."""
        return self.folder / f"tokens-{number or self.chroma_number()}"

    def identity(self) -> str:
        """An id that no other collection has; it is made when first asked for, and kept in the ledger."""
        identity = self.ledger.fact("identity")
        if identity is None:
            identity = uuid4().hex
            self.ledger.set_facts(identity=identity)
        return identity

    def close_index(self) -> None:
        """Close Chroma, the word index and the token index. What they still hold is written first."""
        self._close_token_index()
        if self._bm25 is not None:
            self._bm25.close()
        if self._chroma is not None:
            store, self._chroma = self._chroma, None
            store.close()

    def reset(self) -> None:
        """Close all but the embedding cache, so that it is opened anew."""
        self.close_index()
        self._bm25 = None
        if self._ledger is not None:
            ledger, self._ledger = self._ledger, None
            ledger.close()

    def close(self) -> None:
        """Close every file."""
        self.reset()
        if self._vector_cache is not None:
            self._vector_cache.close()
            self._vector_cache = None


def manifest_fact(manifest: Manifest) -> dict[str, str]:
    """A manifest as a fact for the ledger."""
    return {"manifest": json.dumps(manifest.record())}
