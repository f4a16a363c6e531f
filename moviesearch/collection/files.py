"""The parts of a collection in a folder, each opened when it is first needed, and where they lie.

    STORE/vectors.sqlite3                the embedding cache, shared by the collections
    STORE/NAME/films.sqlite3             the ledger
    STORE/NAME/chroma-1/                 Chroma's files; `chroma-2` after a rebuild, and so on
    STORE/NAME/lexical-1/                the BM25 index over the same rows
    STORE/NAME/map.npz                   the map of films, made again from the others
    STORE/NAME/writer.lock, gate.lock

The ledger names the folders that are in use, and keeps a stamp of their files: as long as it fits,
nothing has touched them since a writer left them in step.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from moviesearch.embedding.encoder import Encoder
from moviesearch.errors import DamagedError, MismatchError
from moviesearch.storage import locks
from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.chroma import ChromaStore
from moviesearch.storage.ledger import TOMBSTONE, Ledger
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import BATCH, FilmRows, batch_size, by_passages, words
from moviesearch.storage.vector_cache import VectorCache

from .embedder import Embedder

Note = Callable[[str], None]


class CollectionFiles:
    """Ledger, embedding cache, Chroma and word index of one collection."""

    def __init__(self, store: Path, name: str, encoder: Callable[[str | None], Encoder], note: Note) -> None:
        self.folder, self.name, self.note = store / name, name, note
        self._encoder_of = encoder
        self._cache_path = store / "vectors.sqlite3"
        self._vector_cache: VectorCache | None = None
        self._ledger: Ledger | None = None
        self._chroma: ChromaStore | None = None
        self._bm25: Bm25Index | None = None

    @property
    def vector_cache(self) -> VectorCache:
        """The embedding cache."""
        if self._vector_cache is None:
            self._vector_cache = VectorCache(self._cache_path)
        return self._vector_cache

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        if self._ledger is None:
            self._ledger = Ledger(self.ledger_path)
        return self._ledger

    @property
    def chroma(self) -> ChromaStore:
        """Chroma."""
        if self._chroma is None:
            self._chroma = ChromaStore.embedded(self.chroma_folder(), self.name)
        return self._chroma

    @property
    def bm25(self) -> Bm25Index:
        """The BM25 index."""
        if self._bm25 is None:
            self._bm25 = Bm25Index(self.lexical_folder())
        return self._bm25

    def manifest(self) -> Manifest:
        """What the collection was made with. Raises DamagedError when Chroma has no such collection."""
        manifest = self.chroma.manifest()
        if manifest is None:
            raise DamagedError(f"the Chroma files in {self.chroma_folder()} hold no collection {self.name!r}")
        return manifest

    def ledger_manifest(self) -> Manifest | None:
        """The same from the ledger; None when nothing was ever stored. Raises DamagedError, MismatchError."""
        told = self.ledger.fact("manifest")
        if told is None:
            return None
        try:
            return Manifest.read(json.loads(told), self.name, str(self.ledger_path))
        except ValueError as error:
            raise DamagedError(f"{self.ledger_path} is damaged (its manifest: {error})") from error

    def embedder(self, manifest: Manifest, encoder: Encoder | None = None) -> Embedder:
        """The cache with the model that a collection was made with (or another one)."""
        if encoder is None:
            encoder = self._encoder_of(manifest.location)
            if encoder.digest != manifest.digest:
                raise MismatchError(
                    f"the model at {manifest.location} is no longer the one that {self.name!r} was made with"
                )
        return Embedder(encoder, self.vector_cache, manifest.setting)

    # writing, for one who holds the writer's lock

    def put(self, films: Sequence[FilmRows]) -> None:
        """Store films: each is noted as pending, then written everywhere, then settled; readers wait meanwhile."""
        self.ledger.set_facts(stamp=None)
        for batch in by_passages(films, batch_size(self.ledger.counts()[1], BATCH)):
            with locks.gate(self.folder, write=True):
                self.ledger.enter([film.entry for film in batch])
                self.chroma.write(batch)
                self.bm25.write({film.entry.movie.id: words(film) for film in batch}, self.ledger.generation + 1)
                self.ledger.commit([film.entry.movie.id for film in batch])

    def remove(self, ids: Sequence[str]) -> None:
        """Take films out: each is noted as leaving, then deleted everywhere, then struck out."""
        self.ledger.set_facts(stamp=None)
        with locks.gate(self.folder, write=True):
            self.ledger.tombstone(ids)
            leaving = {entry.movie.id: max(entry.passages, entry.stale) for entry in self.ledger.entries(TOMBSTONE)}
            self.chroma.delete(leaving)
            self.bm25.write({film: () for film in leaving}, self.ledger.generation + 1)
            self.ledger.remove(list(leaving))

    # where the files are, and whether they are as they were left

    @property
    def ledger_path(self) -> Path:
        """The ledger's file."""
        return self.folder / "films.sqlite3"

    @property
    def map_path(self) -> Path:
        """The map of films."""
        return self.folder / "map.npz"

    def chroma_number(self) -> int:
        """Which of the Chroma folders is in use."""
        return self.ledger.number("chroma", 1)

    def chroma_numbers(self) -> list[int]:
        """Those that there are, the latest first."""
        names = [path.name.removeprefix("chroma-") for path in self.folder.glob("chroma-*")]
        return sorted((int(name) for name in names if name.isascii() and name.isdigit()), reverse=True)

    def chroma_folder(self, number: int | None = None) -> Path:
        """The Chroma folder of a number, or the one in use."""
        return self.folder / f"chroma-{number or self.chroma_number()}"

    def lexical_folder(self, number: int | None = None) -> Path:
        """The word index that goes with it."""
        return self.folder / f"lexical-{number or self.chroma_number()}"

    def identity(self) -> str:
        """What tells this collection from all others."""
        known = self.ledger.fact("identity")
        if known is None:
            known = uuid4().hex
            self.ledger.set_facts(identity=known)
        return known

    def in_step(self) -> bool:
        """Whether all is as the last writer left it, when it was in step."""
        then = {name: told[:2] for name, told in self._stamp().items()}
        return then == self._files_now() != {} and self.bm25.generation == self.ledger.generation

    def stamped(self) -> bool:
        """Whether a writer left all in step; a crash takes the stamp away."""
        return bool(self._stamp())

    def changed_since_stamp(self) -> set[str]:
        """The files that are not as they were stamped, whatever their times say; none where there is no stamp."""
        then = self._stamp()
        now = self._files_now() if then else {}
        touched = {name for name in then.keys() | now.keys() if then.get(name, [])[:2] != now.get(name)}
        return {name for name in touched if name not in then or name not in now or not self._is(name, then[name][-1])}

    def _is(self, name: str, digest: object) -> bool:
        return digest is not None and _digest(self.folder / name) == digest

    def stamp(self) -> None:
        """Say that all is in step; what is said so is on the disk. Chroma must be closed."""
        if not self.ledger.uncommitted():
            files = self._files_now()
            for name in files:
                _sync(self.folder / name)
            told = [[name, *rest, _digest(self.folder / name)] for name, rest in files.items()]
            self.ledger.set_facts(stamp=json.dumps(told))

    def _stamp(self) -> dict[str, list[object]]:
        try:
            return {str(name): rest for name, *rest in json.loads(self.ledger.fact("stamp") or "[]")}
        except (TypeError, ValueError) as error:
            raise DamagedError(f"{self.ledger_path} is damaged (its stamp: {error})") from error

    def _files_now(self) -> dict[str, list[object]]:
        """The files of Chroma and of the word index, with sizes and times."""
        chroma = [file for file in _files(self.chroma_folder()) if file.name.endswith((".sqlite3", ".bin", ".pickle"))]
        words = [file for file in _files(self.lexical_folder()) if not file.name.endswith((".lock", ".draft"))]
        found: dict[str, list[object]] = {}
        for file in chroma + words:
            with contextlib.suppress(FileNotFoundError):
                stat = file.stat()
                name = file.path.removeprefix(f"{self.folder}{os.sep}").replace(os.sep, "/")
                found[name] = [stat.st_size, stat.st_mtime_ns]
        return dict(sorted(found.items()))

    def close_index(self) -> None:
        """Close Chroma and the word index, which then have written all that they hold."""
        if self._bm25 is not None:
            self._bm25.close()
        if self._chroma is not None:
            store, self._chroma = self._chroma, None
            store.close()

    def reset(self) -> None:
        """Close and forget all parts, so that they are opened anew."""
        self.close_index()
        self._bm25 = None
        if self._ledger is not None:
            ledger, self._ledger = self._ledger, None
            ledger.close()

    def close(self) -> None:
        """Let go of every file."""
        self.reset()
        if self._vector_cache is not None:
            self._vector_cache.close()
            self._vector_cache = None


def manifest_fact(manifest: Manifest) -> dict[str, str]:
    """A manifest as the ledger keeps it."""
    return {"manifest": json.dumps(asdict(manifest))}


def _files(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """All files in and under a folder; none where there is none."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.is_file():
                yield entry


def _digest(path: Path) -> str | None:
    """Of what a file holds; Chroma's database has none, since opening it changes it."""
    if path.suffix == ".sqlite3":
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def _sync(path: Path) -> None:
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_RDWR)
        try:
            os.fsync(file)
        finally:
            os.close(file)
