"""The files of a collection in a folder, written together, and the stamp by which a touched one is known.

The stamp is kept in the ledger: the sizes, times and digests of the files when a writer left all in step.
While the files fit it, nothing has touched them. A writer puts in its place since when the machine has been running:
Chroma doesn't sync its vectors, so where the machine was started again before the next stamp, any part may be gone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from moviesearch.atomic import sync_folder
from moviesearch.background import Background
from moviesearch.errors import DamagedError, StoreError
from moviesearch.storage import boot, locks
from moviesearch.storage.entries import TOMBSTONE
from moviesearch.storage.rows import BATCH, FilmRows, Kind, batch_size, by_passages, film_of, token_rows, word_rows
from moviesearch.storage.token_index import UNFINISHED

from .files import CollectionFiles


class StampedFiles(CollectionFiles):
    """The files of a collection that lies nowhere else: written in step with each other, and stamped when all are."""

    _lost: str | None = None  # what Chroma was given since the files were last looked at, and didn't write

    # writing, while holding the writer's lock

    def begin_writing(self, **facts: object) -> None:
        """Note that the files are not in step until they are stamped, and other facts.

        To be called before any of them is changed.
        """
        self.ledger.set_facts(**self.unstamped(), **facts)

    @staticmethod
    def unstamped() -> dict[str, str | None]:
        """The facts that say so."""
        return {"stamp": None, "boot": boot.boot_id()}

    def put(self, films: Sequence[FilmRows]) -> None:
        """Store films: each is entered as pending, written everywhere, then committed. Readers wait for each batch."""
        self.begin_writing(linked=None)
        for batch in by_passages(films, batch_size(self.ledger.counts()[1], BATCH)):
            with locks.gate(self.folder, write=True):
                self.ledger.enter([film.entry for film in batch])
                bm25, words = self.bm25, {film.entry.movie.id: word_rows(film) for film in batch}
                write_words = partial(bm25.write, words, self.ledger.generation + 1)
                with Background(write_words, "words") as writing:  # tantivy works while Chroma does
                    self.chroma.write(batch)
                self._lost = self._lost or self.chroma.lost
                writing.result()
                self._write_tokens(batch)
                self.ledger.commit([film.entry.movie.id for film in batch])

    def put_again(self, kind: Kind, parts: Sequence[Sequence[str]]) -> None:
        """Take rows of committed films out of Chroma and put them in again, part by part. Readers wait.

        Their films are pending meanwhile, so that whoever finds them half done stores them whole.
        """
        films = list(dict.fromkeys(row if kind == "films" else film_of(row) for rows in parts for row in rows))
        entries = [entry for entry, _ in self.ledger.known(films).values()]
        self.begin_writing(linked=None)
        with locks.gate(self.folder, write=True):
            self.ledger.enter([replace(entry, stale=max(entry.stale, entry.passages)) for entry in entries])
            for rows in parts:
                self.chroma.write_again(kind, rows)
            self._lost = self._lost or self.chroma.lost
            self.bm25.write({}, self.ledger.generation + 1)
            self._write_tokens([])
            self.ledger.commit(films)

    def remove(self, ids: Sequence[str]) -> None:
        """Remove films: each gets a tombstone, is deleted everywhere, then struck out. So do films with a tombstone."""
        self.begin_writing(linked=None)
        with locks.gate(self.folder, write=True):
            self.ledger.tombstone(ids)
            passages = {entry.movie.id: max(entry.passages, entry.stale) for entry in self.ledger.entries(TOMBSTONE)}
            self.chroma.delete(passages)
            self.bm25.write({film: () for film in passages}, self.ledger.generation + 1)
            self._write_tokens([], list(passages))
            self.ledger.remove(list(passages))

    def _write_tokens(self, films: Sequence[FilmRows], removed: Sequence[str] = ()) -> None:
        """Write to the token index, if it is in step, or with the first films; one that isn't becomes unfinished."""
        generation, films_before = self.ledger.generation, self.ledger.counts()[0]
        rows = {film.entry.movie.id: token_rows(film) for film in films} | {film: [] for film in removed}
        digests = {film.token_digest for film in films}
        try:
            index = self.any_token_index()
            # A writer that was killed may have left the index one step ahead of the ledger; its films are put again.
            in_step = (
                index is not None and index.generation in (generation, generation + 1) and digests <= {index.digest}
            )
            if not in_step and not films_before and len(digests) == 1 and (digest := digests.pop()):
                index, in_step = self.begin_token_index(digest), True
            if index is not None and (in_step or index.generation != UNFINISHED):
                index.write(rows if in_step else {}, generation + 1 if in_step else None)
        except DamagedError as error:
            self.note(
                f"the token vectors of {self.name!r} were damaged ({error}); `moviesearch repair` makes them again"
            )
            self.drop_token_index()

    # whether the files are as they were left

    def in_step(self) -> bool:
        """Whether the last writer left all in step, and no file has changed since by its size or time."""
        stamped = {name: values[:2] for name, values in self._stamp().items()}
        if not stamped or stamped != self._sizes_and_times():
            return False
        index = self.any_token_index()
        generation = self.ledger.generation
        return self.bm25.generation == generation and (index is None or index.generation in (generation, UNFINISHED))

    def stamped(self) -> bool:
        """Whether there is a stamp: the last writer finished. While one is at work, or after a crash, there is none."""
        return bool(self._stamp())

    def lost_power(self) -> bool:
        """Whether the machine was started again while a writer was at work: what it wrote may be there in part."""
        return not self.stamped() and self.ledger.fact("boot") not in (None, boot.boot_id())

    def had_token_index(self) -> bool:
        """See CollectionFiles: whether the last writer left one."""
        return any(name.startswith(self.tokens_folder().name) for name in self._stamp())

    def changed_since_stamp(self) -> set[str]:
        """The files that hold something else than when they were stamped; none where there is no stamp.

        Where a size or time has changed, the digest decides. A file without one (Chroma's database) counts as changed.
        """
        stamped = self._stamp()
        current = self._sizes_and_times() if stamped else {}
        touched = {name for name in stamped.keys() | current.keys() if stamped.get(name, [])[:2] != current.get(name)}
        return {
            name
            for name in touched
            if name not in stamped or name not in current or not self._has_digest(name, stamped[name][-1])
        }

    def _has_digest(self, name: str, digest: object) -> bool:
        return digest is not None and _digest(self.folder / name) == digest

    def stamp(self) -> None:
        """Note that all is in step, once the files are on the disk. Chroma must be closed. Raises StoreError."""
        if not self.ledger.uncommitted():
            files = self._sizes_and_times()
            _sync(self.folder, files)
            stamp = [[name, *rest, _digest(self.folder / name)] for name, rest in files.items()]
            self.ledger.set_facts(stamp=json.dumps(stamp), boot=None)

    def _stamp(self) -> dict[str, list[object]]:
        """File -> [bytes, time of change in nanoseconds, digest or None], as stamped."""
        try:
            return {str(name): values for name, *values in json.loads(self.ledger.fact("stamp") or "[]")}
        except (TypeError, ValueError) as error:
            raise DamagedError(f"{self.ledger_path} is damaged (its stamp: {error})") from error

    def _sizes_and_times(self) -> dict[str, list[object]]:
        """File -> [bytes, time of change in nanoseconds], of the files of Chroma, word index and token index."""
        chroma = [file for file in _files(self.chroma_folder()) if file.name.endswith((".sqlite3", ".bin", ".pickle"))]
        lexical = [file for file in _files(self.lexical_folder()) if not file.name.endswith((".lock", ".draft"))]
        tokens = [file for file in _files(self.tokens_folder()) if file.name.endswith(".sqlite3")]
        values: dict[str, list[object]] = {}
        for file in chroma + lexical + tokens:
            with contextlib.suppress(FileNotFoundError):
                stat = file.stat()
                name = file.path.removeprefix(f"{self.folder}{os.sep}").replace(os.sep, "/")
                values[name] = [stat.st_size, stat.st_mtime_ns]
        return dict(sorted(values.items()))


def _files(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """All files in and under a folder; none where there is none."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.is_file():
                yield entry


def _digest(path: Path) -> str | None:
    """The digest of what a file holds, 32 hex digits. Chroma's database has none: opening it changes it.

    Nor has the token index, whose rows have checksums.
    """
    if path.suffix == ".sqlite3":
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
    except OSError as error:
        raise StoreError(f"{path} can't be read ({error.strerror}); check the disk, and run it again") from error


def _sync(folder: Path, names: Collection[str]) -> None:
    """Have files on the disk, with the folders that they lie in. Raises StoreError."""
    paths = [folder / name for name in names]
    try:
        for path in paths:
            with contextlib.suppress(FileNotFoundError, PermissionError):
                file = os.open(path, os.O_RDWR)
                try:
                    os.fsync(file)
                finally:
                    os.close(file)
        for above in sorted({above for name in names for above in Path(name).parents}):
            sync_folder(folder / above)
    except OSError as error:
        raise StoreError(
            f"the files in {folder} can't be brought to the disk ({error.strerror}); check the disk and free space, "
            "and run it again"
        ) from error
