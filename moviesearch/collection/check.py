"""Checks whether ledger, Chroma, word index and token index of a collection are in step. Checking changes nothing.

A damaged index file can kill a process, or hang it, and no `except` catches that. So the index is
checked in a process of its own: `python -m moviesearch.collection.check STORE NAME sample|texts|all`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.passages import piece_of, whole_film
from moviesearch.errors import DamagedError, EncoderError, MismatchError, MovieSearchError, StoreError
from moviesearch.storage import hnsw_files
from moviesearch.storage.chroma import collection_name
from moviesearch.storage.chroma_engine import is_known
from moviesearch.storage.entries import COMMITTED
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.paging import pages
from moviesearch.storage.rows import BATCH, Kind, passage_ids
from moviesearch.storage.token_index import UNFINISHED

from .files import CollectionFiles

How = Literal["sample", "texts", "all"]
"""What to check: some films; the texts of all films and the vectors of some; or everything."""

_SAMPLE = 1000
"""About so many films, or vectors, are checked where not all are."""

_LAST = 500
"""So many films that came last are among them: that is where a writer that was killed left off."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found. Rows, of films or passages, that are `unfound` by their own vectors are no `damage`."""

    damage: str | None = None
    unfound: Sequence[str] = ()

    @property
    def wrong(self) -> str | None:
        """What is wrong, or None."""
        if self.damage or not self.unfound:
            return self.damage
        others = f", nor are {len(self.unfound) - 1:,} others by theirs" if len(self.unfound) > 1 else ""
        return f"{self.unfound[0]} is not found by its own vector{others}"


def verify(files: CollectionFiles) -> str | None:
    """Compare every film, passage and vector with its replica and search for each; what is wrong, or None."""
    if not files.ledger_path.exists():
        return f"{files.ledger_path} is gone"
    try:
        if wrong := files.ledger.check() or ledger_lacks_all(files):
            return wrong
        if files.ledger_manifest() is None:
            return f"nothing is stored in {files.folder} yet: the first ingest stopped before it began"
        require_one_collection(files)
        if files.ledger.uncommitted():
            return f"{files.ledger.counts()[2]} films are half stored"
        if wrong := check_in_process(files, "all").wrong:
            return wrong
        if words_are_out_of_step(files):
            return "the word index is out of step"
        return tokens_wrong(files, look_at_rows=True) or files.ledger.seen.wrong()
    except StoreError as error:
        return str(error)


def ledger_lacks_all(files: CollectionFiles) -> str | None:
    """A ledger without a manifest, beside a Chroma folder with vectors or a manifest, is not the one that was there."""
    if files.ledger_manifest() is not None:
        return None
    # Vectors are not looked into, since they may be damaged; where there are none, no film was stored yet.
    if any(files.folder.glob("chroma-*/*/data_level0.bin")) or files.chroma.manifest() is not None:
        return f"{files.ledger_path} is empty"
    return None


def require_one_collection(files: CollectionFiles) -> None:
    """Raise StoreError when ledger and Chroma belong to different collections."""
    if files.chroma.manifest() is None:
        return
    if files.chroma.identity() != files.ledger.fact("identity"):
        raise StoreError(
            f"{files.ledger_path} and {files.chroma_folder()} belong to different collections. "
            "Put the right one back, or move the wrong one away: it is then made again from the other"
        )


def words_are_out_of_step(files: CollectionFiles) -> bool:
    """Whether the word index is of another generation than the ledger, has too few passages or can't be read."""
    try:
        files.bm25.refresh()
        return files.bm25.generation != files.ledger.generation or len(files.bm25) != files.ledger.counts()[1]
    except DamagedError:
        return True


def unwritten_vectors(files: CollectionFiles) -> str | None:
    """What Chroma's files lack of what was written to them, or None, also where its engine is not a known one.

    They must have been closed since.
    """
    if not is_known():
        return None
    films, passages, _ = files.ledger.counts()
    rows: dict[Kind, int] = {"films": films, "passages": passages}
    for kind, number in rows.items():
        wrong = hnsw_files.unwritten(files.chroma_folder(), collection_name(files.name, kind), number)
        if wrong:
            return f"{kind}: {wrong}"
    return None


def lacks_words(files: CollectionFiles) -> bool:
    """Whether the word index lacks what was written to it. It must have been closed since, and be opened anew."""
    return bool(files.ledger.generation) and words_are_out_of_step(files)


def tokens_wrong(files: CollectionFiles, *, look_at_rows: bool) -> str | None:
    """What is wrong with the token index, or None. Nothing is where there was none, or where it is not finished yet."""
    try:
        index = files.any_token_index()
        if index is None:
            return "the token index is gone" if files.had_token_index() else None
        if index.generation == UNFINISHED:
            return None
        if index.collection != files.ledger.fact("identity"):
            return f"{index.path} belongs to another collection"
        if index.generation != files.ledger.generation or len(index) != files.ledger.counts()[1]:
            return "the token index is out of step"
        return index.check(files.ledger.sizes_of(files.ledger.ids())) if look_at_rows else None
    except DamagedError as error:
        return str(error)


def check_in_process(files: CollectionFiles, how: How = "sample") -> Finding:
    """What `look` returns, run in a process of its own. Where that dies or hangs, this too is damage."""
    import subprocess

    patience = 120 + sum(files.ledger.counts()[:2]) / 50
    files.close_index()
    command = [sys.executable, "-P", "-m", "moviesearch.collection.check", str(files.folder.parent), files.name, how]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=patience, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Finding(f"looking at it came to no end in {patience:.0f} seconds")
    except OSError:
        return look(files, how)
    if ended.returncode == 0:
        return _read_report(ended.stdout)
    if 0 < ended.returncode < 256:  # no signal: it never came so far
        return look(files, how)
    return Finding(f"looking at it ended a process ({ended.returncode})")


def _read_report(output: bytes) -> Finding:
    """What `main` printed. Raises MismatchError or StoreError where `look` did."""
    report = json.loads(output.splitlines()[-1])
    if report["later"]:
        raise MismatchError(report["later"])
    if report["error"]:
        raise StoreError(report["error"])
    return Finding(report["damage"], report["unfound"])


def main(store: str, name: str, how: How) -> None:
    """Look, and print the outcome as a line of JSON: at most one of `damage`, `later` and `error` is no null."""
    files = CollectionFiles(Path(store), name, _no_encoder, lambda line: None)
    report: dict[str, object] = {**asdict(Finding()), "later": None, "error": None}
    try:
        report |= asdict(look(files, how))
    except DamagedError as error:
        report["damage"] = str(error)
    except MismatchError as error:
        report["later"] = str(error)
    except MovieSearchError as error:
        report["error"] = str(error)
    print(json.dumps(report))


def _no_encoder(manifest: Manifest) -> Encoder:
    raise EncoderError("looking needs no model")


def check(files: CollectionFiles, how: How = "sample") -> str | None:
    """Compare Chroma with ledger and cache, and search for rows by their own vectors; what is wrong, or None."""
    return look(files, how).wrong


def look(files: CollectionFiles, how: How = "sample") -> Finding:
    """Compare Chroma with ledger and cache, as far as films are committed, and search for rows."""
    manifest = files.chroma.manifest()
    films, passages, uncommitted = files.ledger.counts()
    if manifest is None:
        return Finding("the Chroma collection is gone" if films or uncommitted else None)
    in_chroma, hashes = files.chroma.counts(), files.ledger.hashes()
    committed = [film for film in files.ledger.ids() if film in hashes]
    if not uncommitted and (wrong := _check_totals(files, in_chroma, (films, passages), hashes)):
        return Finding(wrong)
    ids = _sample_of(committed, films) if how == "sample" else committed
    one_of = 1 if how == "all" else max(1, (passages if how == "texts" else len(ids)) // _SAMPLE)
    row_check = _RowCheck(files, manifest, one_of)
    for page in pages(ids, BATCH):
        if wrong := row_check.check(page):
            return Finding(wrong)
    return Finding(unfound=row_check.unfound)


def _check_totals(
    files: CollectionFiles, in_chroma: tuple[int, int], in_ledger: tuple[int, int], hashes: dict[str, str]
) -> str | None:
    """Compare the numbers of films and passages, and the films' content hashes."""
    if in_chroma != in_ledger:
        return f"{in_chroma[0]} films and {in_chroma[1]} passages where {in_ledger[0]} and {in_ledger[1]} are known"
    if files.chroma.hashes() != hashes:
        return "some films are not as they were stored"
    return None


def _sample_of(ids: list[str], films: int) -> list[str]:
    """Some of the films, evenly spread, and all of the last ones, where a writer that was killed left off."""
    return list(dict.fromkeys(ids[:: max(1, films // _SAMPLE)] + ids[-_LAST:]))


class _RowCheck:
    """Compares rows of Chroma with ledger and cache, page by page.

    All texts are compared; of the vectors, one in `one_of` of each page. `unfound` has the rows that were
    searched for by their own vectors and not found.
    """

    def __init__(self, files: CollectionFiles, manifest: Manifest, one_of: int) -> None:
        self._files, self._manifest, self._one_of = files, manifest, one_of
        self.unfound: list[str] = []

    def check(self, ids: Sequence[str]) -> str | None:
        """Compare the committed films among these; what is wrong, or None."""
        states = self._files.ledger.known(ids).values()
        entries = [entry for entry, state in states if state == COMMITTED]
        movies = {row: entry.movie for entry in entries for row in passage_ids(entry.movie.id, entry.passages)}
        texts = self._files.chroma.texts(list(movies))
        wrong = next((row for row, movie in movies.items() if piece_of(movie, texts.get(row, "")) is None), None)
        if wrong is not None:
            return f"{wrong} has another text"
        wholes = {entry.movie.id: whole_film(entry.movie.title, entry.movie.plot) for entry in entries}
        return self._check_some("films", wholes) or self._check_some("passages", texts)

    def _check_some(self, kind: Kind, texts: dict[str, str]) -> str | None:
        """Check one vector in `one_of`; `texts` are what the rows' vectors were made from."""
        return self._check_vectors(kind, dict(list(texts.items())[:: self._one_of]))

    def _check_vectors(self, kind: Kind, texts: dict[str, str]) -> str | None:
        """Whether vectors are missing or others than in the cache. Rows not found by their own vector are noted."""
        vectors = self._files.chroma.vectors(kind, list(texts))
        if len(vectors) != len(texts):
            return f"{len(texts) - len(vectors)} {kind} are missing"
        cached = self._files.vector_cache.get(self._manifest.digest, list(texts.values()))
        for row, vector in vectors.items():
            if vector.shape != (self._manifest.dimension,) or not np.isfinite(vector).all():
                return f"{row} has no proper vector"
            if texts[row] in cached and not _same_direction(vector, cached[texts[row]]):
                return f"{row} has another vector"
        self.unfound += self._files.chroma.unfound(kind, vectors)
        return None


def _same_direction(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """Whether the cosine of two vectors (d,) is at least 0.9999; False where their dimensions differ."""
    if a.shape != b.shape or a.any() != b.any():
        return False
    return float(a @ b) >= 0.9999 * float(np.linalg.norm(a)) * float(np.linalg.norm(b))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], cast(How, sys.argv[3]))
