"""A collection as one file: a zip that needs no moviesearch to be read.

    manifest.json           what the vectors were made with, numbers, and the sha256 of every other member
    films-00000.jsonl       up to 500 films, one a line, in the order of ingest: the record, `seq`, `hash`, `passages`
    films-00000.npy         their whole-film vectors, float32 (films, dimension)
    passages-00000.npy      the vectors of their passages, in turn, float32 (passages, dimension)

The file appears under its name only when it is complete and on the disk.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.errors import MismatchError, StoreError
from moviesearch.records import as_record, from_record
from moviesearch.storage.entries import Entry, content_hash
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import FilmRows

from .transfer import PAGE, Fingerprints, Progress, Source, checksum

FORMAT = 1
_KIND = "moviesearch backup"


def write(source: Source, path: Path, progress: Progress | None = None) -> tuple[int, str]:
    """Write all films of a source to a file; returns their number and their checksum.

    Films that come or change meanwhile may be in it or not, but each that is, is whole.
    """
    draft = path.with_name(f".{path.name}.draft")
    manifest, ids = source.manifest(), list(source.fingerprints())
    sums: dict[str, str] = {}
    whole, films, passages = hashlib.sha256(), 0, 0
    try:
        with draft.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for number, start in enumerate(range(0, len(ids), PAGE)):
                    rows = source.rows(ids[start : start + PAGE])
                    for name, content in _members(number, rows, manifest.dimension):
                        archive.writestr(name, content)
                        sums[name] = hashlib.sha256(content).hexdigest()
                    for row in rows:
                        whole.update(checksum(row))
                    films, passages = films + len(rows), passages + sum(len(row.passages) for row in rows)
                    if progress:
                        progress(films, len(ids))
                head = {"kind": _KIND, "format": FORMAT, "films": films, "passages": passages}
                head |= {"checksum": whole.hexdigest(), "collection": asdict(manifest), "sha256": sums}
                archive.writestr("manifest.json", json.dumps(head, indent=1, ensure_ascii=False))
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        raise StoreError(
            f"{path} can't be written ({error.strerror or error}); check the folder and free space"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return films, whole.hexdigest()


def _members(number: int, rows: Sequence[FilmRows], dimension: int) -> Iterator[tuple[str, bytes]]:
    lines = "".join(json.dumps(_record(row), ensure_ascii=True) + "\n" for row in rows)
    yield f"films-{number:05}.jsonl", lines.encode()
    none = np.zeros((0, dimension), np.float32)
    yield f"films-{number:05}.npy", _npy(np.stack([row.whole for row in rows]) if rows else none)
    yield f"passages-{number:05}.npy", _npy(np.concatenate([row.vectors for row in rows]) if rows else none)


def _npy(matrix: NDArray[np.float32]) -> bytes:
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(matrix, np.float32), allow_pickle=False)
    return out.getvalue()


def _record(row: FilmRows) -> dict[str, Any]:
    entry = row.entry
    return {**as_record(entry.movie), "seq": entry.seq, "hash": entry.hash, "passages": list(row.passages)}


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """A backup, read through and found sound. Raises StoreError where it isn't, before anything is done with it."""
    try:
        with zipfile.ZipFile(path) as archive:
            backup = Backup(path, archive)
            backup.check()
            yield backup
    except FileNotFoundError as error:
        raise StoreError(f"there is no file {path}") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise StoreError(f"{path} is no backup, or a damaged one ({error}). Take another one") from error


class Backup:
    """The films of a backup, as a source."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._zip = path, archive
        self._head: dict[str, Any] = {}
        self._places: dict[str, tuple[str, int, int]] = {}
        self._page_of: dict[str, int] = {}
        self._page: tuple[int, dict[str, FilmRows]] = (-1, {})

    def check(self) -> None:
        """Read everything and compare it with its checksums."""
        try:
            head = json.loads(self._zip.read("manifest.json"))
            if head["kind"] != _KIND:
                raise KeyError("kind")
            if head["format"] > FORMAT:
                raise MismatchError(
                    f"{self._path} has format {head['format']}, and this moviesearch knows {FORMAT}. "
                    "Upgrade it: pip install -U moviesearch"
                )
            self._head = head
            for name, digest in head["sha256"].items():
                if hashlib.sha256(self._zip.read(name)).hexdigest() != digest:
                    raise self._damaged(f"{name} is not as it was written")
            whole = hashlib.sha256()
            for number in range(sum(name.endswith(".jsonl") for name in head["sha256"])):
                for film, row in self._rows_of(number).items():
                    whole.update(checksum(row))
                    self._places[film] = (row.entry.hash, row.entry.seq, row.entry.passages)
                    self._page_of[film] = number
            if (len(self._places), whole.hexdigest()) != (head["films"], head["checksum"]):
                raise self._damaged("its films are not those that were written")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, EOFError, zipfile.BadZipFile) as error:
            raise self._damaged(str(error)) from error
        except Exception as error:
            if type(error).__module__ != "zlib":
                raise
            raise self._damaged(str(error)) from error

    def _damaged(self, why: str) -> StoreError:
        return StoreError(f"{self._path} is no backup, or a damaged one ({why}). Take another one")

    def manifest(self) -> Manifest:
        """What the vectors were made with."""
        return Manifest.read(self._head["collection"], self._path.name, str(self._path))

    def fingerprints(self) -> Fingerprints:
        """The films that there are."""
        return self._places

    def rows(self, films: Sequence[str]) -> list[FilmRows]:
        """Films with their passages and vectors, in the order of ingest."""
        return [self._rows_of(self._page_of[film])[film] for film in films if film in self._page_of]

    def _rows_of(self, number: int) -> dict[str, FilmRows]:
        if self._page[0] != number:
            lines = self._zip.read(f"films-{number:05}.jsonl").splitlines()
            wholes, vectors = (self._vectors(f"{kind}-{number:05}.npy") for kind in ("films", "passages"))
            rows: dict[str, FilmRows] = {}
            at = 0
            for line, whole in zip(lines, wholes, strict=True):
                record = json.loads(line)
                movie, passages = from_record(record), record["passages"]
                count = len(passages)
                if content_hash(movie) != record["hash"] or at + count > len(vectors) or not count:
                    raise self._damaged(f"the film {movie.id!r} is not as it was written")
                entry = Entry(movie, int(record["seq"]), record["hash"], count)
                rows[movie.id] = FilmRows(entry, whole, passages, vectors[at : at + count])
                at += count
            self._page = number, rows
        return self._page[1]

    def _vectors(self, name: str) -> NDArray[np.float32]:
        found = np.load(io.BytesIO(self._zip.read(name)), allow_pickle=False)
        if found.dtype != np.float32 or found.ndim != 2:
            raise ValueError(f"{name} holds no float32 rows")
        return np.asarray(found, np.float32)
