"""What a crash or damage left is found and made good.

Ledger and cache are a second home for all that Chroma and the word index hold, and Chroma is one for
the ledger. So whatever is damaged is made again from the rest, in a new place, checked, and only
then taken into use. All here is for one who holds the writer's lock.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from moviesearch.embedding.encoder import Encoder
from moviesearch.errors import DamagedError, StoreError
from moviesearch.storage import locks
from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.chroma import ChromaStore
from moviesearch.storage.entries import Entry, content_hash
from moviesearch.storage.ledger import PENDING, TOMBSTONE
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import FilmRows, batches, passage_id, words
from moviesearch.storage.sqlite import set_aside

from .check import check_in_process, ledger_lacks_all, require_one_collection, words_are_out_of_step
from .files import CollectionFiles, manifest_fact


def repair(parts: CollectionFiles, *, suspect: bool = False) -> None:
    """Bring all parts in step; with `suspect` everything is looked at, though nothing seems to have changed."""
    try:
        stamped = parts.stamped()
        changed = parts.changed_since_stamp()
        if stamped and not changed and not suspect:
            return _tidy(parts)
        wrong = parts.ledger.check() or ledger_lacks_all(parts)
    except DamagedError as error:
        stamped, changed, wrong = False, set(), str(error)
    if wrong:
        _restore_ledger(parts, wrong)
    try:
        require_one_collection(parts)
        told = parts.ledger_manifest()
        if told and parts.ledger.counts() == (0, 0, 0) and parts.chroma.manifest() is None:
            parts.chroma.create(told, parts.identity())
        if vectors := sorted(name for name in changed if name.endswith((".bin", ".pickle"))):
            wrong = f"{vectors[0]} is not as it was written"
        else:
            wrong = check_in_process(parts, "all" if suspect else "texts" if changed else "sample")
        if not wrong and parts.ledger.uncommitted():
            _finish(parts)
            wrong = check_in_process(parts)
    except DamagedError as error:
        wrong = str(error)
    if wrong:
        parts.note(f"the index of {parts.name!r} was damaged ({wrong}); making it again from the films' second home")
        _adopt(parts)
        rebuild(parts)
    elif suspect or any(name.startswith("lexical-") for name in changed) or words_are_out_of_step(parts):
        _restore_words(parts)
    _tidy(parts)


def _finish(parts: CollectionFiles) -> None:
    """Do what was begun: put pending films, delete leaving ones."""
    manifest = parts.manifest()
    for batch in batches(parts.ledger.entries(PENDING)):
        embedder = parts.embedder(manifest)
        half = [replace(entry, stale=max(entry.stale, entry.passages)) for entry in batch]
        parts.put(embedder.rows(half, [embedder.passages(entry.movie) for entry in batch]))
    if parts.ledger.uncommitted():
        parts.remove([])


# making again


def rebuild(parts: CollectionFiles, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
    """Make the index again from ledger and cache in a new place, check it, and take it into use.

    With another `encoder` and `manifest` the films are embedded by that one. Until the last step
    everything goes on with the old one; a rebuild that is interrupted starts again.
    """
    manifest = manifest or parts.ledger_manifest()
    if manifest is None:
        raise DamagedError(f"nothing is left that says how {parts.name!r} was made; ingest its films with --rebuild")
    old, number = parts.chroma_folder(), parts.chroma_number() + 1
    place = parts.chroma_folder(number)
    parts.close_index()
    shutil.rmtree(place, ignore_errors=True)
    embedder = parts.embedder(manifest, encoder)
    counts: dict[str, int] = {}
    store = ChromaStore.embedded(place, parts.name)
    index = Bm25Index(parts.lexical_folder(number))

    def put(rows: Sequence[FilmRows]) -> None:
        store.write(rows)
        index.write({film.entry.movie.id: words(film) for film in rows}, None)

    try:
        store.create(manifest, parts.identity())
        index.clear()
        leaving = {entry.movie.id for entry in parts.ledger.entries(TOMBSTONE)}
        with ThreadPoolExecutor(1, "storing") as storer:
            storing = storer.submit(put, [])
            for batch in batches(entry for entry in parts.ledger.entries() if entry.movie.id not in leaving):
                pieces = [embedder.passages(entry.movie) for entry in batch]
                fresh = [replace(e, passages=len(texts), stale=0) for e, texts in zip(batch, pieces, strict=True)]
                rows = embedder.rows(fresh, pieces)
                counts |= {film.entry.movie.id: len(film.passages) for film in rows}
                storing.result()
                storing = storer.submit(put, rows)  # while the next batch is cut
            storing.result()
        if store.counts() != (len(counts), sum(counts.values())):
            raise StoreError(f"the new index in {place} does not hold all films; the old one is still in {old}")
    finally:
        index.close()
        store.close()
    with locks.gate(parts.folder, write=True):
        index.mark(parts.ledger.generation + 1)
        parts.ledger.recount(counts, chroma=number, stamp=None, **manifest_fact(manifest))
    parts.reset()
    _tidy(parts)


@contextmanager
def _records(parts: CollectionFiles, number: int) -> Iterator[ChromaStore]:
    """Chroma's records without its vectors, which could bring the process down: a copy of the database alone."""
    place = parts.folder / "reading"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    try:
        for path in parts.chroma_folder(number).glob("chroma.sqlite3*"):
            shutil.copyfile(path, place / path.name)
        store = ChromaStore.embedded(place, parts.name)
        try:
            yield store
        finally:
            store.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _entries(store: ChromaStore) -> list[Entry]:
    return [entry for entry in store.entries() if content_hash(entry.movie) == entry.hash]


def _adopt(parts: CollectionFiles) -> None:
    """Take films that only Chroma knows into the ledger: one that lost its latest pages has lost them too."""
    parts.close_index()
    try:
        with _records(parts, parts.chroma_number()) as store:
            if store.manifest() is not None:
                known = set(parts.ledger.ids())
                parts.ledger.adopt([entry for entry in _entries(store) if entry.movie.id not in known])
    except DamagedError:
        return


def _restore_ledger(parts: CollectionFiles, wrong: str) -> None:
    """Put a damaged ledger aside and make it again from Chroma's rows; of several indexes, from the fullest."""
    parts.note(f"the ledger of {parts.name!r} was damaged ({wrong}); making it again from the index")
    parts.reset()
    best: tuple[int, Manifest, str | None, list[Entry]] | None = None
    for number in parts.chroma_numbers():
        try:
            with _records(parts, number) as store:
                manifest = store.manifest()
                entries = _entries(store) if manifest else []
                if manifest and (best is None or len(entries) > len(best[3])):
                    best = number, manifest, store.identity(), entries
        except DamagedError:
            continue
    if best is None:
        raise DamagedError(
            f"both homes of {parts.name!r} are damaged: the ledger ({wrong}), and no index in {parts.folder} can be "
            "read. Move that folder away and ingest the films again; what was embedded is not embedded again"
        )
    number, manifest, identity, entries = best
    set_aside(parts.ledger_path)
    parts.ledger.set_facts(chroma=number, identity=identity, **manifest_fact(manifest))
    parts.ledger.adopt(entries)


def _restore_words(parts: CollectionFiles) -> None:
    """Make the word index again from Chroma's passages."""
    with locks.gate(parts.folder, write=True):
        parts.bm25.clear()
        for batch in batches(parts.ledger.entries()):
            rows = {entry.movie.id: [passage_id(entry.movie.id, n) for n in range(entry.passages)] for entry in batch}
            texts = parts.chroma.texts([row for film in rows.values() for row in film])
            if len(texts) != sum(map(len, rows.values())):
                raise DamagedError("passages are missing")
            parts.bm25.write({film: [(row, texts[row]) for row in own] for film, own in rows.items()}, None)
        parts.bm25.close()
        parts.bm25.mark(parts.ledger.generation)


def _tidy(parts: CollectionFiles) -> None:
    """Remove what an interrupted rebuild left behind."""
    current = parts.chroma_number()
    for number in parts.chroma_numbers():
        if number != current:
            shutil.rmtree(parts.chroma_folder(number), ignore_errors=True)
    for folder in parts.folder.glob("lexical-*"):
        if folder != parts.lexical_folder(current):
            shutil.rmtree(folder, ignore_errors=True)
