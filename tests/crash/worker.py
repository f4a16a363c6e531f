"""A process that does one step after another on a store, as it is told, and may die within any: see `world`.

It is forked from a server that imported all this once. What it stores it tells at once, so that what was acknowledged
is known even where the process dies a moment later.
"""

import faulthandler
import functools
import itertools
import os
import resource
import signal
import subprocess
import sys
import traceback
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace

from acts import LARGEST_FILE, POINTS, film_wrong, small_batches
from story import right_answer
from support.hash_encoder import SETTING, HashEncoder

import moviesearch.collection.encoder_loader
import moviesearch.collection.stamped_files
from moviesearch import MovieSearch
from moviesearch.collection import check
from moviesearch.collection.ingest import Stopped
from moviesearch.errors import MovieSearchError, NotFoundError
from moviesearch.storage.entries import content_hash

BATCH = 8
"""Passages that are written together: three films or four."""


class Encoder(HashEncoder):
    """One that remembers: the same few films come again and again."""

    vector = functools.cache(HashEncoder.vector)
    tokens = functools.cache(HashEncoder.tokens)
    tokenize = functools.cache(HashEncoder.tokenize)


ENCODERS = {"hash": Encoder(name="hash"), "hash-2": Encoder(name="hash-2", dimension=96)}
"""Models by name."""

PEOPLE = ("", "anna")

QUERIES = ("a thief takes the piano home", "the queen meets a ghost", "sailor camel winter", "letter desert train")


def work(pipe, store):
    """Do steps until told no more; each is answered by ("done", result) or ("error", its name, words and trace)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the process that tells
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, resource.RLIM_INFINITY))
    _arrange(pipe)
    stacks = Path(store).with_name(f"stacks-{os.getpid()}.txt").open("w")
    faulthandler.register(signal.SIGUSR1, file=stacks, all_threads=True)
    worker = Worker(pipe, store)
    while True:
        try:
            told_step = pipe.recv()
        except EOFError:
            return
        if told_step is None:  # a watch that ended by itself is told to end
            continue
        step, told = told_step
        try:
            with _dying(told.pop("kill", None)):
                answer = "done", getattr(worker, step)(**told)
        except MovieSearchError as error:
            answer = "error", (type(error).__name__, str(error), traceback.format_exc())
        except BaseException:
            answer = "error", ("no error of ours", "", traceback.format_exc())
        pipe.send(answer)


class Worker:
    """The steps; each works on a collection by name, which stays open until it is closed."""

    def __init__(self, pipe, store):
        self._pipe, self._store = pipe, store
        self._opened = {}
        put = moviesearch.collection.stamped_files.StampedFiles.put

        def telling(collection, films):
            put(collection, films)
            pipe.send(("stored", (collection.name, {film.entry.movie.id: film.entry.hash for film in films})))

        moviesearch.collection.stamped_files.StampedFiles.put = telling

    def _search(self, collection, model=None):
        if model is not None:
            self._close(collection)
        if collection not in self._opened:
            self._opened[collection] = MovieSearch(self._store, collection, model)
        return self._opened[collection]

    def _close(self, collection):
        if collection in self._opened:
            self._opened.pop(collection).close()

    def close(self):
        """Close all."""
        while self._opened:
            self._close(next(iter(self._opened)))

    def ingest(self, collection, films, prune=False, stop_after=None):
        """Store films; after so many reports of progress, stop."""
        ticks = itertools.count(1)

        def progress(step):
            if next(ticks) == stop_after:
                raise Stopped

        report = self._search(collection).ingest(
            films, setting=SETTING, prune=(lambda count: True) if prune else None, progress=progress
        )
        return {"stopped": report.stopped, "rejected": report.rejected, "duplicates": report.duplicates}

    def rebuild(self, collection, model):
        """Make the index anew with a model."""
        try:
            self._search(collection, model).ingest([], setting=SETTING, rebuild=True)
        finally:
            self._close(collection)

    def repair(self, collection):
        """Make the index again."""
        return self._search(collection).repair()

    def copy(self, collection, to):
        """Make another collection hold just the films of this one."""
        return self._search(collection).copy(self._search(to), replace_others=True).films

    def backup(self, collection, file):
        """Write the collection to a file."""
        return self._search(collection).backup(Path(file))[0]

    def restore(self, collection, file):
        """Make a collection hold just the films of a file."""
        return self._search(collection).restore(Path(file), replace_others=True).films

    def mark(self, collection, films, person, seen):
        """Mark films as seen by a person, or take that back."""
        search = self._search(collection)
        (search.mark_seen if seen else search.unmark_seen)(films, person=person)
        return True

    def verify(self, collection):
        """What is wrong, or None."""
        return self._search(collection).verify()

    def mend(self, collection):
        """Ask a question, as before, and repair what `verify` finds even so."""
        with suppress(NotFoundError):
            search = self._search(collection)
            search.find([QUERIES[0]], mode="dense")
            if search.verify() is not None:
                search.repair()

    def watch(self, collection):
        """Read until told to stop: every state of the films that was seen, and what was wrong with any."""
        states, wrong = [], []
        reads = 0
        search = self._search(collection)
        while not self._pipe.poll():
            reads += 1
            try:
                wrong += _answers_wrong(search, QUERIES[reads % len(QUERIES)])
                with search._collection.reading():
                    archive = search._collection
                    state = archive.ledger.hashes()
                    if archive.chroma.hashes() != state:
                        wrong.append("Chroma and the ledger differ")
            except NotFoundError:
                state = {}
            if not states or state != states[-1]:
                states.append(state)
        self._pipe.recv()
        return {"states": states, "wrong": wrong[:5], "reads": reads}

    def look(self, collection, thoroughly=False):
        """The films by id, with what is wrong with them, with a question's answer and, if `thoroughly`, with all."""
        search = self._search(collection)
        try:
            wrong = [said for query in QUERIES[: 4 if thoroughly else 1] for said in _answers_wrong(search, query)]
        except NotFoundError:
            self._close(collection)
            return {"films": {}, "wrong": [], "model": None, "seen": {}}
        archive = search._collection

        def seen(manifest):
            films = {entry.movie.id: entry for entry in archive.ledger.entries()}
            if archive.chroma.hashes() != {film: content_hash(entry.movie) for film, entry in films.items()}:
                wrong.append("Chroma and the ledger differ")
            if films and archive.tokens is None:
                wrong.append("no token index")
            if thoroughly:
                said = {
                    film: film_wrong(archive, manifest, entry, ENCODERS[manifest.location])
                    for film, entry in films.items()
                }
                wrong.extend(f"{film}: {what}" for film, what in said.items() if what)
            return films, manifest

        films, manifest = search._read(seen)
        said = search.verify() if thoroughly else None
        if said is not None:
            wrong.append(f"verify: {said}")
        return {
            "films": {film: entry.movie for film, entry in films.items()},
            "wrong": wrong,
            "model": manifest.model,
            "seen": {person: search.seen_ids(person) for person in PEOPLE},
        }


def _answers_wrong(search, query):
    """What is wrong with the answer to a question, worked out by hand from the films of the same moment."""
    archive = search._collection
    films, generation, manifest = search._read(
        lambda manifest: (list(archive.ledger.entries()), archive.ledger.generation, manifest)
    )
    answer = search.find([query], limit=3, mode="dense").matches
    if search._read(lambda _: archive.ledger.generation) != generation:
        return []
    right = right_answer([entry.movie for entry in films], query, SETTING, 3, ENCODERS[manifest.location])
    got = [round(match.cosine, 3) for match in answer]
    if any(abs(a - b) > 0.002 for a, (_, b) in zip(got, right, strict=False)) or len(got) != len(right):
        return [f"{query!r}: {[(match.movie.id, match.cosine) for match in answer]} where {right} is right"]
    known = {entry.movie.id: entry.movie for entry in films}
    return [f"{match.movie.id} is another film" for match in answer if known.get(match.movie.id) != match.movie]


def _arrange(pipe):
    """Small batches, models by a rule, and checks in processes that are forked instead of started."""
    small_batches(BATCH)
    moviesearch.collection.encoder_loader.load = lambda name, *told, **named: ENCODERS[name or "hash"]
    subprocess.run = _Checks(pipe).run


class _Checks:
    """Checks in processes of their own, forked from one that has nothing open, since starting Python takes a second."""

    def __init__(self, inherited):
        self._here, there = Pipe()
        if os.fork() == 0:
            self._here.close()
            inherited.close()
            with suppress(EOFError, BrokenPipeError):
                while True:
                    there.send(self._check(there.recv()))
            os._exit(0)
        there.close()

    def run(self, command, timeout, **told):
        """What `subprocess.run` gives for `python -m moviesearch.collection.check`."""
        self._here.send(command[-3:])
        if not self._here.poll(timeout):
            raise subprocess.TimeoutExpired(command, timeout)
        return SimpleNamespace(**self._here.recv())

    @staticmethod
    def _check(told):
        receiving, sending = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(sending, 1)
            os.close(sending)
            check.main(*told)
            sys.stdout.flush()
            os._exit(0)
        os.close(sending)
        with open(receiving, "rb") as output:
            said = output.read()
        return {"stdout": said, "returncode": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}


@contextmanager
def _dying(kill):
    """Have the process die at a point: (point, how many-eth call, "before" or "after"); None lets it live."""
    if kill is None:
        yield
        return
    point, call, when = kill
    owner, name, first = POINTS[point]
    method, calls = getattr(owner, name), itertools.count(1)
    is_own = name in vars(owner)

    @functools.wraps(method)
    def deadly(*arguments, **named):
        if first is not None and arguments[1] != first:
            return method(*arguments, **named)
        last = next(calls) == call
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*arguments, **named)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)
    try:
        yield
    finally:
        if is_own:
            setattr(owner, name, method)
        else:
            delattr(owner, name)
