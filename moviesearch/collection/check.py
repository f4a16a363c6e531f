"""Whether a collection's parts are in step; nothing is changed by looking.

Damaged index files can bring a process down or hold it up for ever, which no `except` can catch. So
the index is looked at in a process of its own: `python -m moviesearch.collection.check STORE NAME`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.passages import whole_film
from moviesearch.errors import DamagedError, EncoderError, MismatchError, MovieSearchError, StoreError
from moviesearch.records import Movie
from moviesearch.storage.ledger import STORED
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import BATCH, Kind, film_of, passage_id

from .files import CollectionFiles

How = Literal["sample", "texts", "all"]
"""How closely to look: at some films, at the texts of all and the vectors of some, or at everything."""

_SAMPLE = 1000
"""Films, or passages, that are looked up where not all are."""

_SMALL = 200
"""Up to so many passages every row must be found by its own vector: so few are all but all linked to each other."""

_UNFOUND = ((None, 30), (500, 50), (20, 20))
"""Of a larger index: among all films, the last 500 and the last 20, one row of so many may not be found. As a graph
grows, some rows lose the links to them: one or none of 904 plots after one pattern (in a tenth of 130 graphs), 1 to 2 %
of 10,000 texts with six words of sixty their own and .4 % of the last 500 of them, 3 % of the oldest of 267,000 made
passages; of 100,000 real ones none. A writer that was killed left off among the last."""


def verify(parts: CollectionFiles) -> str | None:
    """Compare every film, passage and vector with its second home and look each up; None when all is well."""
    if not parts.ledger_path.exists():
        return f"{parts.ledger_path} is gone"
    try:
        if wrong := parts.ledger.check() or ledger_lacks_all(parts):
            return wrong
        require_one_collection(parts)
        if parts.ledger.uncommitted():
            return f"{parts.ledger.counts()[2]} films are half stored"
        if wrong := check_in_process(parts, "all"):
            return wrong
        return "the word index is out of step" if words_are_out_of_step(parts) else None
    except StoreError as error:
        return str(error)


def ledger_lacks_all(parts: CollectionFiles) -> str | None:
    """A ledger that tells nothing where a collection was made is not the one that was there."""
    if parts.ledger_manifest() is None and any(parts.folder.glob("chroma-*/*/data_level0.bin")):
        return f"{parts.ledger_path} is empty"
    return None


def require_one_collection(parts: CollectionFiles) -> None:
    """Raise StoreError when ledger and Chroma belong to different collections."""
    if parts.chroma.manifest() is None:
        return
    there, here = parts.chroma.identity(), parts.ledger.fact("identity")
    if there != here:
        raise StoreError(
            f"{parts.ledger_path} and {parts.chroma_folder()} belong to different collections. "
            "Put the right one back, or move the wrong one away: it is then made again from the other"
        )


def words_are_out_of_step(parts: CollectionFiles) -> bool:
    """Whether the word index answers for another state of the collection, or lacks passages."""
    try:
        parts.bm25.refresh()
        return parts.bm25.generation != parts.ledger.generation or len(parts.bm25) != parts.ledger.counts()[1]
    except DamagedError:
        return True


def check_in_process(parts: CollectionFiles, how: How = "sample") -> str | None:
    """What `look` says, in a process of its own; that it died of the index is an answer too."""
    patience = 120 + sum(parts.ledger.counts()[:2]) / 50
    parts.close_index()
    command = [sys.executable, "-P", "-m", "moviesearch.collection.check", str(parts.folder.parent), parts.name, how]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=patience, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return f"looking at it came to no end in {patience:.0f} seconds"
    except OSError:
        return check(parts, how)
    if ended.returncode == 0:
        told = json.loads(ended.stdout.splitlines()[-1])
        if told["later"]:
            raise MismatchError(told["later"])
        if told["error"]:
            raise StoreError(told["error"])
        return None if told["wrong"] is None else str(told["wrong"])
    if 0 < ended.returncode < 256:  # no signal: it never came so far
        return check(parts, how)
    return f"looking at it ended a process ({ended.returncode})"


def main(store: str, name: str, how: How) -> None:
    """Look, and print what was seen as JSON."""
    parts = CollectionFiles(Path(store), name, _no_encoder, lambda line: None)
    told: dict[str, str | None] = {"wrong": None, "later": None, "error": None}
    try:
        told["wrong"] = check(parts, how)
    except DamagedError as error:
        told["wrong"] = str(error)
    except MismatchError as error:
        told["later"] = str(error)
    except MovieSearchError as error:
        told["error"] = str(error)
    print(json.dumps(told))


def _no_encoder(location: str | None) -> Encoder:
    raise EncoderError("looking needs no model")


def check(parts: CollectionFiles, how: How = "sample") -> str | None:
    """Compare the index with the ledger, so far as its films are settled; None when all is well."""
    manifest = parts.chroma.manifest()
    films, passages, uncommitted = parts.ledger.counts()
    if manifest is None:
        return "the Chroma collection is gone" if films or uncommitted else None
    there, hashes = parts.chroma.counts(), parts.ledger.hashes()
    ids = [film for film in parts.ledger.ids() if film in hashes]
    if not uncommitted:
        if there != (films, passages):
            return f"{there[0]} films and {there[1]} passages where {films} and {passages} are known"
        if parts.chroma.hashes() != hashes:
            return "some films are not as they were stored"
    late = {last: set(ids[-last:]) for last, _ in _UNFOUND if last}
    if how == "sample":
        ids = list(dict.fromkeys(ids[:: max(1, films // _SAMPLE)] + ids[-max(late) :]))
    every = 1 if how == "all" else max(1, (passages if how == "texts" else len(ids)) // _SAMPLE)
    looked_up: list[str] = []
    unfound: list[str] = []
    for start in range(0, len(ids), BATCH):
        known = [entry for entry, state in parts.ledger.known(ids[start : start + BATCH]).values() if state == STORED]
        rows = {passage_id(entry.movie.id, n): entry.movie for entry in known for n in range(entry.passages)}
        texts = parts.chroma.texts(list(rows))
        wrong = next((row for row, movie in rows.items() if not _is_of(texts.get(row), movie)), None)
        if wrong is not None:
            return f"{wrong} has another text"
        wholes = {entry.movie.id: whole_film(entry.movie.title, entry.movie.plot) for entry in known}
        for kind, told in (("films", wholes), ("passages", texts)):
            asked = dict(list(told.items())[::every])
            said = _look_up(parts, manifest, kind, asked, unfound)  # type: ignore[arg-type]
            if said:
                return said
            looked_up += asked
    for last, one_of in _UNFOUND:
        among, lost = (_among(late[last] if last else None, rows) for rows in (looked_up, unfound))
        if len(lost) > (len(among) // one_of if passages > _SMALL else 0):
            return f"{lost[0]} is not found by its own vector"
    return None


def _among(films: set[str] | None, rows: list[str]) -> list[str]:
    """The rows, of films or of passages, that belong to these films; None means to any."""
    return rows if films is None else [row for row in rows if row in films or film_of(row) in films]


def _look_up(
    parts: CollectionFiles, manifest: Manifest, kind: Kind, texts: dict[str, str], unfound: list[str]
) -> str | None:
    """Whether rows are missing or have other vectors than the cache; those not found by their own are noted."""
    vectors = parts.chroma.vectors(kind, list(texts))
    if len(vectors) != len(texts):
        return f"{len(texts) - len(vectors)} {kind} are missing"
    kept = parts.vector_cache.get(manifest.digest, list(texts.values()))
    for row, vector in vectors.items():
        if vector.shape != (manifest.dimension,) or not np.isfinite(vector).all():
            return f"{row} has no proper vector"
        if texts[row] in kept and not _alike(vector, kept[texts[row]]):
            return f"{row} has another vector"
    unfound += parts.chroma.unfound(kind, vectors)
    return None


def _alike(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    if a.shape != b.shape:
        return False
    return float(a @ b) >= 0.9999 * float(np.linalg.norm(a)) * float(np.linalg.norm(b))


def _is_of(text: str | None, movie: Movie) -> bool:
    """Whether a passage is of a film: its title, perhaps cut short, and a piece of its plot."""
    if text is None:
        return False
    at = text.find(" - ")
    while at >= 0:
        if movie.title.startswith(text[:at]) and text[at + 3 :] in movie.plot:
            return True
        at = text.find(" - ", at + 1)
    return False


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]
