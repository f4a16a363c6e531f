"""A collection as one file: a zip that needs no moviesearch to be read.

    manifest.json           what the vectors were made with, numbers, and the sha256 of every other member
    films-00000.jsonl       up to 500 films, one a line, in the order of ingest: the record, `seq`, `hash`, `passages`
    films-00000.npy         their whole-film vectors, float32 (films, dimension)
    passages-00000.npy      the vectors of their passages, in turn, float32 (passages, dimension)
    tokens-00000.npy        the token vectors of these passages, in turn, uint8 (tokens, bytes of a token)
    token-ends-00000.npy    where the tokens of each passage end, int64 (passages,); these two where there are any
    seen.json               what people have seen: a list of marks, where there are any

The file appears under its name only when it is whole and on the disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.atomic import replacing
from moviesearch.embedding.vectors import TokenVectors
from moviesearch.errors import MismatchError, MovieSearchError, StoreError
from moviesearch.records import as_record, from_record
from moviesearch.storage.entries import Entry, content_hash
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import FilmRows
from moviesearch.storage.seen_table import Mark, mark_of, record_of

from .transfer import PAGE, Fingerprints, Progress, Source, checksum

FORMAT = 1
_KIND = "moviesearch backup"
_SEEN = "seen.json"

_ROOMY, _MOST_PACKED = 64_000_000, 100
"""A member of more bytes than the first is at most so many times as large as it is in the file: texts are packed to a
fifth, vectors hardly at all."""

_LAST_SEQ = 2**63 - 1


def write(source: Source, path: Path, progress: Progress | None = None) -> tuple[int, str]:
    """Write all films of a source to a file; returns their number and their checksum.

    A film that comes or changes meanwhile may be missing, or in its old version, but each one is whole.
    Raises StoreError when the file can't be written.
    """
    manifest, ids = source.manifest(), list(source.fingerprints())
    try:
        with replacing(path, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as backup:
            return _write_members(backup, source, manifest, ids, progress)
    except OSError as error:
        raise StoreError(
            f"{path} can't be written ({error.strerror or error}); check the folder and free space"
        ) from error


def _write_members(
    backup: zipfile.ZipFile, source: Source, manifest: Manifest, ids: Sequence[str], progress: Progress | None
) -> tuple[int, str]:
    """Write all members, the manifest last; returns the number of films and their checksum."""
    sums: dict[str, str] = {}
    total, films, passages = hashlib.sha256(), 0, 0
    token_digest: str | None = None
    for number, page in enumerate(pages(ids, PAGE)):
        rows = source.rows(page)
        token_digest = token_digest or next((row.token_digest for row in rows), None)
        for name, content in _members(number, rows, manifest.dimension, token_digest):
            backup.writestr(name, content)
            sums[name] = hashlib.sha256(content).hexdigest()
        for row in rows:
            total.update(checksum(row))
        films, passages = films + len(rows), passages + sum(len(row.passages) for row in rows)
        if progress:
            progress(films, len(ids))
    if marks := source.marks():
        content = json.dumps([record_of(mark) for mark in marks], ensure_ascii=True, indent=1).encode()
        backup.writestr(_SEEN, content)
        sums[_SEEN] = hashlib.sha256(content).hexdigest()
    head: dict[str, Any] = {"kind": _KIND, "format": FORMAT, "films": films, "passages": passages}
    head |= {"token_digest": token_digest} if token_digest else {}
    head |= {"checksum": total.hexdigest(), "collection": manifest.record(), "sha256": sums}
    backup.writestr("manifest.json", json.dumps(head, indent=1, ensure_ascii=False))
    return films, total.hexdigest()


def _members(
    number: int, rows: Sequence[FilmRows], dimension: int, token_digest: str | None
) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the members for a page of films: three, and two more where all have these token vectors."""
    lines = "".join(json.dumps(_record(row), ensure_ascii=True) + "\n" for row in rows)
    yield f"films-{number:05}.jsonl", lines.encode()
    empty = np.zeros((0, dimension), np.float32)
    yield f"films-{number:05}.npy", _npy(np.stack([row.whole for row in rows]) if rows else empty, np.float32)
    vectors = np.concatenate([row.vectors for row in rows]) if rows else empty
    yield f"passages-{number:05}.npy", _npy(vectors, np.float32)
    if token_digest and rows and all(row.token_digest == token_digest for row in rows):
        tokens = [of_passage for row in rows for of_passage in row.tokens]
        yield f"tokens-{number:05}.npy", _npy(np.concatenate(tokens), np.uint8)
        yield f"token-ends-{number:05}.npy", _npy(np.cumsum([len(of_passage) for of_passage in tokens]), np.int64)


def _npy(array: NDArray[Any], kind: type[np.generic]) -> bytes:
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array, kind), allow_pickle=False)
    return out.getvalue()


def _record(row: FilmRows) -> dict[str, Any]:
    entry = row.entry
    return {**as_record(entry.movie), "seq": entry.seq, "hash": entry.hash, "passages": list(row.passages)}


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """A backup, open and checked. Raises StoreError where the file is missing, damaged or something else."""
    try:
        with zipfile.ZipFile(path) as members:
            backup = Backup(path, members)
            backup.check()
            yield backup
    except FileNotFoundError as error:
        raise StoreError(f"there is no file {path}") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise StoreError(f"{path} is no backup, or a damaged one ({error}). Take another one") from error


class Backup:
    """The films of a backup, as a source for `transfer.move`. To be checked before anything else."""

    def __init__(self, path: Path, members: zipfile.ZipFile) -> None:
        self._path, self._zip = path, members
        self._head: dict[str, Any] = {}
        self._fingerprints: dict[str, tuple[str, int, int]] = {}
        self._page_of: dict[str, int] = {}
        self._marks: list[Mark] = []
        self._page: tuple[int, dict[str, FilmRows]] = (-1, {})

    def check(self) -> None:
        """Read everything and compare it with its checksums. Raises StoreError."""
        try:
            head = json.loads(self._read("manifest.json"))
            if head["kind"] != _KIND:
                raise KeyError("kind")
            if head["format"] > FORMAT:
                raise MismatchError(
                    f"{self._path} has format {head['format']}, and this moviesearch knows {FORMAT}. "
                    "Upgrade it: pip install -U moviesearch"
                )
            self._head = head
            for name, digest in head["sha256"].items():
                if hashlib.sha256(self._read(name)).hexdigest() != digest:
                    raise self._damaged(f"{name} is not as it was written")
            total = hashlib.sha256()
            for number in range(sum(name.endswith(".jsonl") for name in head["sha256"])):
                for film, row in self._rows_of(number).items():
                    total.update(checksum(row))
                    self._fingerprints[film] = (row.entry.hash, row.entry.seq, row.entry.passages)
                    self._page_of[film] = number
            if (len(self._fingerprints), total.hexdigest()) != (head["films"], head["checksum"]):
                raise self._damaged("its films are not those that were written")
            if _SEEN in head["sha256"]:
                self._marks = [mark_of(record) for record in json.loads(self._read(_SEEN))]
        except (MovieSearchError, OSError):
            raise
        except Exception as error:  # all sorts, from what reads zip, JSON and arrays, where a file lies
            raise self._damaged(str(error)) from error

    def _read(self, name: str) -> bytes:
        """A member. Raises StoreError where a small file would fill the memory."""
        member = self._zip.getinfo(name)
        if member.file_size > max(_ROOMY, _MOST_PACKED * member.compress_size):
            raise self._damaged(f"{name} would unpack to {member.file_size / 1e9:.1f} GB")
        return self._zip.read(name)

    def _damaged(self, why: str) -> StoreError:
        shown = "".join(sign for sign in why[:300] if sign.isprintable())
        return StoreError(f"{self._path} is no backup, or a damaged one ({shown}). Take another one")

    def manifest(self) -> Manifest:
        """What the vectors were made with."""
        return Manifest.read(self._head["collection"], self._path.name, str(self._path))

    def fingerprints(self) -> Fingerprints:
        """The fingerprints of all films, in the order of ingest."""
        return self._fingerprints

    def rows(self, films: Sequence[str]) -> list[FilmRows]:
        """Films with their passages and vectors, in the order of `films`; those not in the backup are left out."""
        return [self._rows_of(self._page_of[film])[film] for film in films if film in self._page_of]

    def marks(self) -> list[Mark]:
        """What people have seen; nothing in a backup by an earlier version."""
        return self._marks

    def _rows_of(self, number: int) -> dict[str, FilmRows]:
        """The films of a page, by id. The latest page is kept."""
        if self._page[0] != number:
            lines = self._read(f"films-{number:05}.jsonl").splitlines()
            wholes, vectors = (self._array(f"{kind}-{number:05}.npy", np.float32, 2) for kind in ("films", "passages"))
            if any(
                rows.shape[1] != self.manifest().dimension or not np.isfinite(rows).all() for rows in (wholes, vectors)
            ):
                raise self._damaged(f"its vectors {number:05} are not as they were written")
            token_digest, tokens = self._tokens(number, len(vectors))
            rows: dict[str, FilmRows] = {}
            read = 0  # passages
            for line, whole in zip(lines, wholes, strict=True):
                record = json.loads(line)
                movie, passages = from_record(record), record["passages"]
                count = len(passages)
                is_whole = 0 < count <= len(vectors) - read and all(isinstance(text, str) for text in passages)
                if content_hash(movie) != record["hash"] or not is_whole or not 0 <= int(record["seq"]) <= _LAST_SEQ:
                    raise self._damaged(f"the film {movie.id!r} is not as it was written")
                entry = Entry(movie, int(record["seq"]), record["hash"], count)
                of_film = slice(read, read + count)
                rows[movie.id] = FilmRows(entry, whole, passages, vectors[of_film], tokens[of_film], token_digest)
                read += count
            self._page = number, rows
        return self._page[1]

    def _tokens(self, number: int, passages: int) -> tuple[str | None, Sequence[TokenVectors]]:
        """What made the token vectors, and those of a page's passages; None and none where the backup has none."""
        name = f"tokens-{number:05}.npy"
        if name not in self._head["sha256"]:
            return None, ()
        tokens = self._array(name, np.uint8, 2)
        ends = self._array(f"token-ends-{number:05}.npy", np.int64, 1)
        if len(ends) != passages or len(tokens) != (ends[-1] if passages else 0):
            raise ValueError(f"{name} is not of these passages")
        return str(self._head["token_digest"]), np.split(tokens, ends[:-1])

    def _array(self, name: str, kind: type[np.generic], dimensions: int) -> NDArray[Any]:
        array = np.load(io.BytesIO(self._read(name)), allow_pickle=False)
        if array.dtype != kind or array.ndim != dimensions:
            raise ValueError(f"{name} holds no {kind.__name__} of {dimensions} dimensions")
        return np.asarray(array)
