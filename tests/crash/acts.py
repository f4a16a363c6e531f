"""What the crash tests do in a process of its own, which may be killed: store, rebuild, look.

Imported by the process that the others are forked from, so that each starts at once. The points at
which a process kills itself are put around the package's methods here; the package knows nothing of it.
"""

import contextlib
import functools
import json
import os
import resource
import signal
import time
import traceback
from dataclasses import replace
from pathlib import Path

import chromadb  # noqa: F401  imported once, for all processes
import keeping
import numpy as np
import tantivy  # noqa: F401
from fixtures.make_store import DIMENSION, FILMS
from story import ONE_MORE, QUERIES, VERSIONS, right_answer, texts
from support.hash_encoder import SETTING, HashEncoder

import moviesearch.collection.files
import moviesearch.collection.ingest
import moviesearch.collection.on_server
import moviesearch.collection.repair
import moviesearch.collection.stamped_files
import moviesearch.collection.storing
import moviesearch.storage.boot
import moviesearch.storage.rows
from moviesearch import MovieSearch
from moviesearch.collection import check
from moviesearch.embedding.passages import PassageSetting, split, whole_film
from moviesearch.errors import NotFoundError
from moviesearch.storage.bm25 import Bm25Index
from moviesearch.storage.chroma import ChromaStore
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.rows import passage_id
from moviesearch.storage.seen_table import SeenTable
from moviesearch.storage.shelf_table import ShelfTable
from moviesearch.storage.token_index import TokenIndex
from moviesearch.storage.vector_cache import VectorCache

LARGEST_FILE = 64_000_000
"""Bytes; a torn index that grows for ever ends here and not with a full disk."""

OTHER_SETTING = PassageSetting(window=32, size=12, overlap=2)

POINTS = {
    "cache": (VectorCache, "_store", None),
    "pending": (Ledger, "enter", None),
    "passages": (ChromaStore, "_upsert", "passages"),
    "films": (ChromaStore, "_upsert", "films"),
    "words": (Bm25Index, "write", None),
    "tokens": (TokenIndex, "write", None),
    "tokens begun": (TokenIndex, "anew", None),
    "settled": (Ledger, "commit", None),
    "leaving": (Ledger, "tombstone", None),
    "deleted": (ChromaStore, "_delete", None),
    "struck out": (Ledger, "remove", None),
    "closed": (moviesearch.collection.files.CollectionFiles, "close_index", None),
    "stamped": (moviesearch.collection.stamped_files.StampedFiles, "stamp", None),
    "made": (ChromaStore, "create", None),
    "marked": (Bm25Index, "mark", None),
    "swapped": (Ledger, "recount", None),
    "tidied": (moviesearch.collection.repair, "_tidy", None),
    "marks copied": (SeenTable, "_write_copy", None),
    "shelved": (ShelfTable, "note", None),
}
"""Where a process may die, before or after the call: (owner, method, its first argument)."""


def _die_at(point, call, when):
    owner, name, first = POINTS[point]
    method, calls = getattr(owner, name), 0

    @functools.wraps(method)
    def deadly(*arguments, **named):
        nonlocal calls
        if first is not None and arguments[1] != first:
            return method(*arguments, **named)
        calls += 1
        if calls == call and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*arguments, **named)
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


def small_batches(size):
    """Have so many passages written together, wherever that is decided."""
    for module in (
        moviesearch.collection.ingest,
        moviesearch.collection.on_server,
        moviesearch.collection.stamped_files,
        moviesearch.collection.storing,
        moviesearch.storage.rows,
    ):
        module.BATCH = size


def act(work, store, out, *, point=None, largest=LARGEST_FILE, clock=None, batch=16, boot=None, memory=None, **told):
    """Do one of the works below; what it returns, or the error's name and message, goes to `out`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    small_batches(batch)
    if clock is not None:
        moved, now = clock * 10**9, time.time_ns
        time.time_ns, time.time = (lambda: now() + moved), (lambda: (now() + moved) / 1e9)
    if memory:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, resource.RLIM_INFINITY))
    if boot:
        moviesearch.storage.boot.boot_id = lambda: boot
    if point:
        _die_at(*point)
    out = Path(out)
    out.with_suffix(".begun").touch()
    try:
        result = {"done": (globals() | vars(keeping))[work](store, out, **told)}
    except BaseException as error:
        result = {"error": type(error).__name__, "said": str(error), "trace": traceback.format_exc()}
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_AS):
        resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    out.write_text(json.dumps(result))


def _search(store, notes, encoder=None, collection="films"):
    return MovieSearch(store, collection, encoder=encoder or HashEncoder(), note=notes.append)


def ingest(store, out, version="first", setting=None, rebuild=False, **named):
    """Store a version of the collection and take out what it no longer has; ids go to `.stored` as they are in."""
    stored = out.with_suffix(".stored").open("a")
    put = moviesearch.collection.stamped_files.StampedFiles.put

    def telling(parts, films):
        put(parts, films)
        stored.write("".join(f"{film.entry.movie.id}\n" for film in films))
        stored.flush()

    moviesearch.collection.stamped_files.StampedFiles.put = telling
    films, encoder, notes = VERSIONS[version], HashEncoder(), []
    try:
        with _search(store, notes, encoder, **named) as search:
            had = set(search._collection.vector_cache.get(encoder.digest, list(texts(films, _setting(setting)))))
            report = search.ingest(films, setting=_setting(setting), rebuild=rebuild, prune=lambda count: True)
    finally:
        moviesearch.collection.stamped_files.StampedFiles.put = put
    return {
        "added": report.added,
        "unchanged": report.unchanged,
        "embedded": len(encoder.texts),
        "again": len(had & set(encoder.texts)),
        "notes": notes,
    }


def hold(store, out, seconds):
    """Be the writer for a while."""
    with _search(store, []) as search, search._collection.writing():
        (out.parent / "held").touch()
        time.sleep(seconds)


def ingest_slowly(store, out, version):
    """Store a version, in many small batches with a pause after each."""
    small_batches(4)
    put = moviesearch.collection.stamped_files.StampedFiles.put

    def slow(parts, films):
        put(parts, films)
        (out.parent / "held").touch()
        time.sleep(0.1)

    moviesearch.collection.stamped_files.StampedFiles.put = slow
    with _search(store, []) as search:
        search.ingest(VERSIONS[version], setting=SETTING, prune=lambda count: True)
    (out.parent / "written").touch()


def look_lightly(store, out):
    """One answer and the number of films."""
    with _search(store, []) as search:
        search.find([QUERIES[0]], mode="dense")
        return {"films": search.info().films}


def read_until(store, out, path):
    """Read again and again until a file appears: films are whole and of one version, in every way of reading."""
    wrong, reads = [], 0
    with _search(store, []) as search:
        archive = search._collection
        while not Path(path).exists():
            reads += 1
            search.find([QUERIES[reads % len(QUERIES)]], limit=3, mode="dense")
            with archive.reading() as manifest:
                entries = list(archive.ledger.entries())
                wrong += [said for entry in entries if (said := film_wrong(archive, manifest, entry))]
                wrong += [entry.movie.id for entry in entries if not _versions(entry.movie)]
                if archive.chroma.hashes() != archive.ledger.hashes():
                    wrong.append("Chroma and the ledger differ")
    return {"wrong": wrong, "reads": reads}


def go_on(store, out):
    """What `look` tells; then one more film is stored and found."""
    seen = look(store, out)
    with _search(store, []) as search:
        setting = SETTING
        if search.exists():
            with contextlib.suppress(NotFoundError), search._collection.reading() as manifest:
                setting = manifest.setting
        search.ingest([ONE_MORE], setting=setting)
        if search.show(ONE_MORE.id) != ONE_MORE or search.find([ONE_MORE.plot]).matches[0].movie != ONE_MORE:
            seen["wrong"].append("one more film is not found")
    return seen


def find(store, out):
    """The answers to the queries, in words and in meaning."""
    notes = []
    with _search(store, notes) as search:
        return {"found": [[match.movie.id for match in search.find([query]).matches] for query in QUERIES[:2]]}


def backup(store, out, file):
    """Write a backup."""
    with _search(store, []) as search:
        return {"films": search.backup(Path(file))[0]}


def restore(store, out, file, replace_others=False):
    """Take the films of a backup."""
    with _search(store, []) as search:
        return {"films": search.restore(Path(file), replace_others=replace_others).films}


def upgrade(store, out):
    """Store films in the store of the first version (tests/fixtures), one of them changed."""
    with _search(store, [], HashEncoder(dimension=DIMENSION)) as search:
        films = [replace(FILMS[0], plot="Another lamplighter."), *FILMS[1:], replace(ONE_MORE, id="new")]
        return {"added": search.ingest(films, setting=SETTING).added}


def look_upgraded(store, out):
    """Open such a store, compare its films with those of either version, and store one more."""
    encoder = HashEncoder(dimension=DIMENSION)
    began = time.perf_counter()
    with _search(store, [], encoder) as search:
        search.find([FILMS[2].plot], limit=1)
        seconds = time.perf_counter() - began
        wrong = [film.id for film in FILMS[1:] if search.show(film.id) != film]
        wrong += [] if search.show(FILMS[0].id).plot in (FILMS[0].plot, "Another lamplighter.") else ["changed"]
        changed = search.show(FILMS[0].id).plot != FILMS[0].plot
        search.ingest([ONE_MORE], setting=SETTING)
        wrong += [] if search.show(ONE_MORE.id) == ONE_MORE else ["one more film is not found"]
        wrong += [said] if (said := search.verify()) else []
        return {"wrong": wrong, "changed": changed, "seconds": seconds}


def repair(store, out):
    """Make the index again."""
    notes = []
    with _search(store, notes) as search:
        return {"films": search.repair(), "notes": notes}


def verify(store, out):
    """Only look."""
    with _search(store, []) as search:
        return {"wrong": search.verify()}


def forget_step(store, out):
    """Take the stamp away, as a crash does, so that the next opening looks at everything."""
    with _search(store, []) as search:
        search._collection.ledger.set_facts(stamp=None)


def _setting(told):
    return OTHER_SETTING if told == "other" else SETTING


def look(store, out, collection="films"):
    """Open, verify, and compare everything with the films: what there is, and what is wrong with it."""
    notes, encoder = [], HashEncoder()
    with _search(store, notes, encoder, collection) as search:
        began = time.perf_counter()
        try:
            search.find([QUERIES[0]], limit=1, mode="dense")
        except NotFoundError:
            return {"films": {}, "wrong": [], "notes": notes, "seconds": 0, "embedded": 0, "setting": None}
        opened = time.perf_counter() - began
        embedded = sum(text != QUERIES[0] for text in encoder.texts)  # the question again, if it had to be mended
        archive = search._collection
        entries = {entry.movie.id: entry for entry in archive.ledger.entries()}
        films = [entry.movie for entry in entries.values()]
        with archive.reading() as manifest:
            wrong = [
                f"{film.id}: {said}" for film in films if (said := film_wrong(archive, manifest, entries[film.id]))
            ]
            chroma = set(archive.chroma.hashes())
            if entries and archive.tokens is None:
                wrong.append("no token index")
        if chroma != set(entries):
            wrong.append(f"Chroma and the ledger differ in {sorted(chroma ^ set(entries))[:5]}")
        for query in QUERIES:
            answer = search.find([query], limit=5, mode="dense").matches
            right = right_answer(films, query, manifest.setting, 5)
            if [round(match.cosine, 3) for match in answer] != [round(score, 3) for _, score in right]:
                wrong.append(f"{query!r}: {[(m.movie.id, m.cosine) for m in answer]} where {right} is right")
        check.check_in_process = check.look
        if (said := search.verify()) is not None:
            wrong.append(f"verify: {said}")
        return {
            "films": {film.id: _versions(film) for film in films},
            "wrong": wrong,
            "notes": notes,
            "seconds": opened,
            "embedded": embedded,
            "setting": "other" if manifest.setting == OTHER_SETTING else None,
        }


def film_wrong(archive, manifest, entry, encoder=None):
    """What is wrong with a film, in any of its homes, or None."""
    encoder, film = encoder or HashEncoder(), entry.movie
    passages = split(film, encoder.tokenize, manifest.setting)
    if entry.passages != len(passages):
        return f"{entry.passages} passages in the ledger, {len(passages)} in its plot"
    rows = [passage_id(film.id, number) for number in range(len(passages))]
    if archive.chroma.texts([*rows, passage_id(film.id, len(rows))]) != dict(zip(rows, passages, strict=True)):
        return "other passages"
    right = {row: encoder.vector(text) for row, text in zip(rows, passages, strict=True)}
    vectors = archive.chroma.vectors("passages", rows)
    if any((abs(vectors[row] - right[row]) > 1e-4).any() for row in rows):
        return "another passage's vector"
    whole = archive.chroma.vectors("films", [film.id])[film.id]
    if (abs(whole - encoder.vector(whole_film(film.title, film.plot))) > 1e-4).any():
        return "another whole-film vector"
    terms = archive.bm25.terms(passages[0].split())
    if passages[0] and rows[0] not in [row for row, _ in archive.bm25.search(terms, 1000)]:
        return "not found by its words"
    if archive.tokens is not None:
        tokens, starts = archive.tokens.tokens(rows)
        right = [encoder.tokens(text) for text in passages]
        if not (len(tokens) == starts[-1] == sum(map(len, right)) and (tokens == np.concatenate(right)).all()):
            return "other token vectors"
    return None


def _versions(film):
    return [name for name, films in VERSIONS.items() if film in films]
