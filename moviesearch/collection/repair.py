"""Repairs what a crash or damage left of a collection.

Ledger and cache are a replica of all that Chroma, word index and token index hold, and Chroma is a replica of
the ledger. So whatever is damaged is made again from the rest: in a new folder, checked, and only
then taken into use. The caller of anything here holds the writer's lock.
"""

from __future__ import annotations

import contextlib
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
from moviesearch.storage.entries import PENDING, TOMBSTONE, Entry, content_hash
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.rows import FilmRows, batches, token_rows, word_rows
from moviesearch.storage.sqlite import set_aside
from moviesearch.storage.token_index import TokenIndex

from . import token_vectors
from .check import (
    Finding,
    check_in_process,
    lacks_words,
    ledger_lacks_all,
    require_one_collection,
    unwritten_vectors,
    words_are_out_of_step,
)
from .embedder import Embedder
from .files import manifest_fact
from .links import link_rows
from .stamped_files import StampedFiles


def repair(files: StampedFiles, *, suspect: bool = False, found: str | None = None) -> None:
    """Bring ledger, Chroma, word index and token index in step.

    Where the files are as they were stamped there is nothing to do; with `suspect` everything is
    checked even so. Where a search `found` damage that no check finds, the index is made again.
    Raises DamagedError where ledger and Chroma are both damaged.
    """
    had_tokens = any(files.folder.glob("tokens-*"))
    try:
        stamped, changed = files.stamped(), files.changed_since_stamp()
        of_tokens = {name for name in changed if name.startswith("tokens-")}
        if stamped and changed == of_tokens and not suspect:
            if of_tokens:
                token_vectors.mend(files, had_tokens, look_at_rows=True)
            return _tidy(files)
        changed -= of_tokens
        wrong = files.ledger.check() or ledger_lacks_all(files)
    except DamagedError as error:
        changed, of_tokens, wrong = set(), set(), str(error)
    if wrong:
        _restore_ledger(files, wrong)
    if files.lost_power():
        _restore_all(files)
    elif wrong := found or _finish_and_check(files, changed, suspect=suspect):
        _restore_index(files, wrong)
    elif suspect or any(name.startswith("lexical-") for name in changed) or words_are_out_of_step(files):
        _restore_words(files)
    token_vectors.mend(files, had_tokens, look_at_rows=suspect or bool(of_tokens))
    _tidy(files)


def write_again(files: StampedFiles, lost: str | None) -> None:
    """Make the index again, of which vectors are `lost` as `unwritten_vectors` tells it; with None its words alone.

    Raises StoreError where something of it is not in the files then, too.
    """
    if lost is None:
        files.note(f"some words of {files.name!r} had not come to the disk; writing them again")
        _restore_words(files)
    else:
        files.note(f"not all of the index of {files.name!r} had come to the disk ({lost}); writing it again")
        _rebuild(files, None, None, somebody_waits=True)
    files.close_index()
    if not (unwritten_vectors(files) or lacks_words(files)):
        return
    if damage := check_in_process(files, "all").wrong:
        raise StoreError(f"the files in {files.folder} are not as they were written ({damage}); check the disk")


def _finish_and_check(files: StampedFiles, changed: set[str], *, suspect: bool) -> str | None:
    """Check Chroma, finish what a writer began, and check that; what is wrong, or None."""
    try:
        require_one_collection(files)
        _create_if_never_made(files)
        finding = _check_chroma(files, changed, suspect=suspect)
        if not finding.damage and files.ledger.uncommitted():
            _finish(files)
            finding = check_in_process(files)
        if finding.unfound and not finding.damage:
            finding = Finding(unfound=link_rows(files, finding.unfound))
        return finding.wrong
    except DamagedError as error:
        return str(error)


def _create_if_never_made(files: StampedFiles) -> None:
    """Make the Chroma collection where the first writer died between the ledger's manifest and that."""
    manifest = files.ledger_manifest()
    if manifest and files.ledger.counts() == (0, 0, 0) and files.chroma.manifest() is None:
        files.chroma.create(manifest, files.identity())


def _check_chroma(files: StampedFiles, changed: set[str], *, suspect: bool) -> Finding:
    """What is wrong with Chroma. A file of vectors that changed since the stamp is not even read."""
    if vectors := sorted(name for name in changed if name.endswith((".bin", ".pickle"))):
        return Finding(f"{vectors[0]} is not as it was written")
    return check_in_process(files, "all" if suspect else "texts" if changed else "sample")


def _finish(files: StampedFiles) -> None:
    """Finish what a writer began: store the pending films, remove those with a tombstone."""
    manifest = files.manifest()
    for batch in batches(files.ledger.entries(PENDING)):
        embedder = files.embedder(manifest)
        entries = [replace(entry, stale=max(entry.stale, entry.passages)) for entry in batch]
        files.put(embedder.rows(entries, [embedder.passages(entry.movie) for entry in batch]))
    if files.ledger.uncommitted():
        files.remove([])


# making again


def rebuild(files: StampedFiles, encoder: Encoder | None = None, manifest: Manifest | None = None) -> None:
    """Make the index again from ledger and cache in new folders, check it, and take it into use.

    With another `encoder` and `manifest` the films are embedded by that encoder. Until the last step
    the old index stays in use; a rebuild that is interrupted starts again. A ledger with damage that nothing has come
    upon yet is made again first, from the old index.
    """
    try:
        wrong = files.ledger.check()
    except DamagedError as error:
        wrong = str(error)
    if wrong:
        _restore_ledger(files, wrong)
    files.ledger.seen.copy_again()
    _rebuild(files, encoder, manifest, somebody_waits=False)


def _rebuild(files: StampedFiles, encoder: Encoder | None, manifest: Manifest | None, *, somebody_waits: bool) -> None:
    """See `rebuild`. Where `somebody_waits` for an answer, many passages are not embedded for a token index."""
    manifest = manifest or files.ledger_manifest()
    if manifest is None:
        raise DamagedError(f"nothing is left that says how {files.name!r} was made; ingest its films with --rebuild")
    old, number = files.chroma_folder(), files.chroma_number() + 1
    new = files.chroma_folder(number)
    files.close_index()
    shutil.rmtree(new, ignore_errors=True)
    embedder = files.embedder(manifest, encoder)
    store = ChromaStore.embedded(new, files.name)
    index = Bm25Index(files.lexical_folder(number), manifest.language)
    tokens: TokenIndex | None = None
    try:
        store.create(manifest, files.identity())
        index.clear()
        token_vectors.announce(files, embedder, anew=encoder is not None, somebody_waits=somebody_waits)
        if embedder.token_digest:
            tokens = TokenIndex.anew(files.tokens_folder(number), embedder.token_digest, files.identity())
        counts = _write_films(files, embedder, store, index, tokens)
        if store.lost or store.counts() != (len(counts), sum(counts.values())):
            raise StoreError(f"the new index in {new} does not hold all films; the old one is still in {old}")
    finally:
        index.close()
        store.close()
        if tokens is not None:
            tokens.close()
    with locks.gate(files.folder, write=True):
        index.mark(files.ledger.generation + 1)
        if tokens is not None:
            tokens.write({}, files.ledger.generation + 1)
            tokens.close()
        files.ledger.recount(counts, chroma=number, linked=None, **files.unstamped(), **manifest_fact(manifest))
    files.reset()
    if wrong := check_in_process(files).damage:  # Chroma doesn't tell when a write of its vectors fails
        raise StoreError(
            f"the new index in {new} is not as it was written ({wrong}); check the disk, and run `moviesearch repair`"
        )
    _tidy(files)


def _write_films(
    files: StampedFiles, embedder: Embedder, store: ChromaStore, index: Bm25Index, tokens: TokenIndex | None
) -> dict[str, int]:
    """Write all films of the ledger to a new Chroma, word index and token index; film -> number of passages.

    Films with a tombstone are left out. A batch is written while the next one is cut and embedded.
    """

    def put(rows: Sequence[FilmRows]) -> None:
        store.write(rows)
        index.write({film.entry.movie.id: word_rows(film) for film in rows}, None)
        if tokens is not None:
            tokens.write({film.entry.movie.id: token_rows(film) for film in rows}, None)

    counts: dict[str, int] = {}
    tombstones = {entry.movie.id for entry in files.ledger.entries(TOMBSTONE)}
    with ThreadPoolExecutor(1, "storing") as storer:
        storing = storer.submit(put, [])
        for batch in batches(entry for entry in files.ledger.entries() if entry.movie.id not in tombstones):
            rows = embedder.rows_for_new_index(batch)
            counts |= {film.entry.movie.id: len(film.passages) for film in rows}
            storing.result()
            storing = storer.submit(put, rows)
        storing.result()
    return counts


def _restore_all(files: StampedFiles) -> None:
    """Make index, words and token vectors again: any part of what was not synced may be gone, and no check finds all.

    The ledger is synced with every commit, and has all films. Raises StoreError where it is another collection's.
    """
    with contextlib.suppress(DamagedError):
        require_one_collection(files)
    files.note(f"the machine stopped while {files.name!r} was written; making its index again from the films")
    _rebuild(files, None, None, somebody_waits=True)


def _restore_index(files: StampedFiles, wrong: str) -> None:
    """Make a damaged index again, with the films that only Chroma still has.

    Without films nothing is said: Chroma writes an index anew that it finds emptied.
    """
    if files.ledger.counts()[0]:
        files.note(f"the index of {files.name!r} was damaged ({wrong}); making it again from its replica")
    _adopt(files)
    _rebuild(files, None, None, somebody_waits=True)


@contextmanager
def _records(files: StampedFiles, number: int) -> Iterator[ChromaStore]:
    """Chroma's records without its vectors, whose files could kill the process: a copy of the database alone."""
    folder = files.folder / "reading"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        try:
            folder.mkdir()
            for path in files.chroma_folder(number).glob("chroma.sqlite3*"):
                shutil.copyfile(path, folder / path.name)
        except OSError as error:
            raise StoreError(f"{folder} can't be written ({error.strerror}); check free space") from error
        store = ChromaStore.embedded(folder, files.name)
        try:
            yield store
        finally:
            store.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sound_entries(store: ChromaStore) -> list[Entry]:
    """The films in Chroma that fit their content hash."""
    return [entry for entry in store.entries() if content_hash(entry.movie) == entry.hash]


def _adopt(files: StampedFiles) -> None:
    """Enter films that only Chroma has into the ledger: a ledger that lost its last pages lost these films too."""
    files.close_index()
    try:
        with _records(files, files.chroma_number()) as store:
            if store.manifest() is not None:
                in_ledger = set(files.ledger.ids())
                files.ledger.adopt([entry for entry in _sound_entries(store) if entry.movie.id not in in_ledger])
    except DamagedError:
        return


def _restore_ledger(files: StampedFiles, wrong: str) -> None:
    """Set a damaged ledger aside and make it again from Chroma's rows; of several Chroma folders, from the fullest.

    Raises DamagedError when none of them can be read.
    """
    files.note(f"the ledger of {files.name!r} was damaged ({wrong}); making it again from the index")
    files.reset()
    best: tuple[int, Manifest, str | None, list[Entry]] | None = None
    for number in files.chroma_numbers():
        try:
            with _records(files, number) as store:
                manifest = store.manifest()
                entries = _sound_entries(store) if manifest else []
                if manifest and (best is None or len(entries) > len(best[3])):
                    best = number, manifest, store.identity(), entries
        except DamagedError:
            continue
    if best is None:
        raise DamagedError(
            f"{files.name!r} is damaged together with its replica: the ledger ({wrong}), and no index in "
            f"{files.folder} can be read. Move that folder away and ingest the films again; what was embedded is not "
            "embedded again"
        )
    number, manifest, identity, entries = best
    with locks.gate(files.folder, write=True):  # nobody marks a film as seen in the file that goes
        set_aside(files.ledger_path)
    _restore_marks(files)
    files.ledger.set_facts(chroma=number, identity=identity, **manifest_fact(manifest))
    files.ledger.adopt(entries)


def _restore_marks(files: StampedFiles) -> None:
    """Take what people have seen from its copy into a new ledger, before that is whole."""
    marks, unread = files.ledger.seen.take_copy()
    if marks or unread:
        lost = f"; {unread:,} could not be read, and are kept in {files.folder}" if unread else ""
        files.note(f"{marks:,} marks of films seen were taken from their copy{lost}")


def _restore_words(files: StampedFiles) -> None:
    """Make the word index again from Chroma's passages. Raises DamagedError where some are missing."""
    files.begin_writing(linked=None)
    with locks.gate(files.folder, write=True):
        files.bm25.clear()
        for texts_of in token_vectors.texts_in_chroma(files):
            files.bm25.write({film: list(texts.items()) for film, texts in texts_of.items()}, None)
        files.bm25.close()
        files.bm25.mark(files.ledger.generation)


def _tidy(files: StampedFiles) -> None:
    """Remove what an interrupted rebuild left behind."""
    current = files.chroma_number()
    for number in files.chroma_numbers():
        if number != current:
            shutil.rmtree(files.chroma_folder(number), ignore_errors=True)
    in_use = {files.lexical_folder(current), files.tokens_folder(current)}
    for folder in (*files.folder.glob("lexical-*"), *files.folder.glob("tokens-*")):
        if folder not in in_use:
            shutil.rmtree(folder, ignore_errors=True)
