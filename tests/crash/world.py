"""A store, what should be in it, and two processes that work on it and may die: one history, step by step.

Each step that a history took is kept as a line of a script that does the same again (`World.script`).
"""

import copy
import os
import shutil
import signal
import time
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from crashing import PROCESSES
from possible import COLLECTIONS, MODELS, ROLES, VERSIONS, damage, film
from worker import PEOPLE, work

from moviesearch.storage.entries import content_hash

PATIENCE = 300
"""Seconds within which a step must come to an end."""


class Wrong(AssertionError):
    """Something was lost, half done, or ended as nothing should."""


class World:
    """One store in a folder. Each step says by which of the two processes (`by`: 0 or 1) it is done.

    `kill` lets that process die in it: (point, how many-eth call, "before" or "after"), or a number of seconds after
    which it is killed. Raises Wrong where anything is not as it should be.
    """

    def __init__(self, folder) -> None:
        self.folder, self.store = Path(folder), Path(folder) / "store-0"
        self.lines = []
        self.kills = 0
        self.damages = 0
        self.longest = 0.0  # seconds from opening what a kill or damage left to the first answer
        self._is_hurt = False
        self._workers = [None, None]
        # What each film may be after the steps so far: more than one thing only where a step did not come to its end.
        self._films = {name: {} for name in COLLECTIONS}
        self._models = {name: {None} for name in COLLECTIONS}
        # Whether each person may have seen each film, by its id: both only where a step did not come to its end.
        self._seen = {name: {person: {} for person in PEOPLE} for name in COLLECTIONS}
        # What was said as a process died: the copy of the marks may have it, which counts when the ledger is lost.
        self._half_said = {name: [] for name in COLLECTIONS}
        self._backup = None  # (model, films, who has seen what) as they were written

    # the steps

    def ingest(self, numbers, version=0, collection="films", by=0, prune=False, stop_after=None, kill=None):
        """Store some of the films in a version; with `prune` all others go."""
        self._note("ingest", locals())
        films = [film(number, version) for number in numbers]
        self._store(films, collection, by, prune, stop_after, kill)

    def rename(self, numbers, change=False, collection="films", by=0, kill=None):
        """Films come under ids that are made of their titles, as from another source: they keep those they have."""
        self._note("rename", locals())
        present = self._look(collection, by)
        films = {f"f{number}": present[f"f{number}"] for number in numbers if f"f{number}" in present}
        if change:
            films = {id: replace(movie, plot=movie.plot + " The end.") for id, movie in films.items()}
        come = [replace(movie, id=movie.title.lower().replace(" ", "-")) for movie in films.values()]
        self._store(come, collection, by, False, None, kill, {movie.id: movie for movie in films.values()})

    def rebuild(self, model, collection="films", by=0, kill=None):
        """Make a collection anew with a model."""
        self._note("rebuild", locals())
        if not self._look(collection, by) and self._models[collection] == {None}:
            return
        done = self._do(by, "rebuild", kill, collection=collection, model=model)
        if done is None:
            self._models[collection] = self._models[collection] | {model}
        else:
            self._models[collection] = {model}

    def repair(self, collection="films", by=0, kill=None):
        """Make the index of a collection again."""
        self._note("repair", locals())
        if self._exists(collection):
            may_fail = ("NotFoundError",) if None in self._models[collection] else ()
            self._do(by, "repair", kill, may_fail=may_fail, collection=collection)

    def copy(self, collection="films", by=0, kill=None):
        """Make the other collection hold just the films of this one."""
        self._note("copy", locals())
        (to,) = {*COLLECTIONS} - {collection}
        films = self._look(collection, by)
        if self._exists(collection):
            models, seen = self._models[collection], self._seen[collection]
            self._move_to(to, films, models, seen, by, kill, "copy", collection=collection, to=to)

    def backup(self, collection="films", by=0, kill=None):
        """Write a collection to the backup file."""
        self._note("backup", locals())
        films = self._look(collection, by)
        if not self._exists(collection):
            return
        before = _bytes(self._backup_file)
        done = self._do(by, "backup", kill, collection=collection, file=str(self._backup_file))
        if done is not None or _bytes(self._backup_file) != before:
            with zipfile.ZipFile(self._backup_file) as members:
                if members.testzip():
                    raise Wrong("half a backup under its name")
            self._backup = self._models[collection], films, copy.deepcopy(self._seen[collection])

    def restore(self, collection="films", by=0, kill=None):
        """Make a collection hold just the films of the backup."""
        self._note("restore", locals())
        if self._backup:
            models, films, seen = self._backup
            file = str(self._backup_file)
            self._move_to(collection, films, models, seen, by, kill, "restore", collection=collection, file=file)

    def mark(self, numbers, person="", seen=True, collection="films", by=0, kill=None):
        """A person says of some of the films that they have seen them, or have not."""
        self._note("mark", locals())
        present = self._look(collection, by)
        films = [f"f{number}" for number in numbers if f"f{number}" in present]
        if films:
            done = self._do(by, "mark", kill, collection=collection, films=films, person=person, seen=seen)
            may = self._seen[collection][person]
            if done is None:
                self._half_said[collection] += [(may, id, seen) for id in films]
            elif seen:  # the copy of the marks was written anew
                self._half_said[collection] = []
            may |= {id: {seen} | (may.get(id, {False}) if done is None else set()) for id in films}

    def kill(self, by=0):
        """Kill a process that may have files open and does nothing."""
        self._note("kill", locals())
        if self._workers[by]:
            self._bury(by, alive=True)

    def reopen(self, by=0):
        """Close all files; they are opened with the next step."""
        self._note("reopen", locals())
        self._close(by)

    def damage(self, role, how, which=0, collection="films", beside=False):
        """Damage one file of a settled store. With `beside` one process has it open, and the other mends it."""
        self._note("damage", locals())
        for name in COLLECTIONS:
            self._look(name, 0)
        for by in (0,) if beside else (0, 1):
            self._close(by)
        paths = sorted(self.store.glob(ROLES[role].format(collection=collection)))
        files = [path for path in paths if path.is_file() and path.stat().st_size and path.suffix != ".lock"]
        if files:
            # Of a copy of the marks that is damaged in its place only `verify` and the next mark know.
            damage(files[which % len(files)], "deleted" if role == "marks" else how)
            for may, id, seen in self._half_said[collection] if role == "ledger" else ():
                may[id] = may.get(id, {False}) | {seen}
            self.damages += 1
            self._is_hurt = True
            if beside:
                if role == "ledger":  # what hides behind newer pages in SQLite's log is rot, which `verify` finds
                    self._do(0, "mend", collection=collection)
                self._look(collection, 0)

    def move(self):
        """Go on with a copy of the whole folder."""
        self._note("move", locals())
        for by in (0, 1):
            self._bury(by)
        old, self.store = self.store, self.folder / f"store-{int(self.store.name.rpartition('-')[2]) + 1}"
        if old.exists():
            shutil.copytree(old, self.store, copy_function=shutil.copyfile)
            shutil.rmtree(old)

    def beside(self, numbers, version=0, by=0, prune=False, kill=None):
        """Store films while the other process reads: it sees films as they were before a batch or after it."""
        self._note("beside", locals())
        watched = "films"
        before = self._look(watched, by)
        films = [film(number, version) for number in numbers]
        other = 1 - by
        self._send(other, "watch", {"collection": watched})
        self._store(films, watched, by, prune, None, kill)
        self._workers[other][1].send(None)
        seen = self._answer(other)
        after = {movie.id: movie for movie in films}
        if seen["wrong"]:
            raise Wrong(f"seen while another wrote: {seen['wrong']}")
        for state in seen["states"]:
            for id, digest in state.items():
                if digest not in {content_hash(may[id]) for may in (before, after) if id in may}:
                    raise Wrong(f"{id} was seen in no version that there was")
            gone = before.keys() - state.keys()
            if gone and not (prune and gone.isdisjoint(after)):
                raise Wrong(f"{sorted(gone)} were not there while another wrote")

    def both(self, first, second, version=0, by=0):
        """Both processes store films at once: one is the writer, and the other is told so or comes after it."""
        self._note("both", locals())
        self._look("films", by)
        parts = [(by, first, version), (1 - by, sorted({*second} - {*first}), (version + 1) % len(VERSIONS))]
        films = [[film(number, version) for number in numbers] for _, numbers, version in parts]
        for (which, *_), some in zip(parts, films, strict=True):
            self._send(which, "ingest", {"collection": "films", "films": some})
        errors = []
        for (which, *_), some in zip(parts, films, strict=True):
            right = {movie.id: movie for movie in some}
            done = self._answer(which, right=right, may_fail=("LockedError",))
            if isinstance(done, tuple):
                errors.append(done)
            else:
                self._stored("films", right)
        if len(errors) == 2:
            raise Wrong(f"neither of two writers could write: {errors}")

    def look(self, collection="films", by=0, thoroughly=False):
        """Compare the films with what they should be."""
        self._note("look", locals())
        self._look(collection, by, thoroughly)

    def end(self):
        """Compare everything, by a process that has seen nothing yet, and close."""
        try:
            for by in (0, 1):
                self._bury(by)
            for name in COLLECTIONS:
                self._look(name, 0, thoroughly=True)
        finally:
            self.close()

    def close(self):
        """End the processes."""
        for by in (0, 1):
            self._bury(by, alive=True)

    def script(self):
        """A program that takes the same steps: PYTHONPATH=tests/crash:tests python FILE."""
        begin = 'import tempfile\n\nfrom world import World\n\nif __name__ == "__main__":\n'
        steps = ["world = World(tempfile.mkdtemp())", *self.lines, "world.end()"]
        return begin + "".join(f"    {step}\n" for step in steps)

    # what is common to them

    @property
    def _backup_file(self):
        return self.folder / "backup.zip"

    def _close(self, by):
        if self._workers[by]:
            self._do(by, "close")

    def _note(self, step, told):
        told = ", ".join(f"{name}={value!r}" for name, value in told.items() if name != "self")
        self.lines.append(f"world.{step}({told})")

    def _exists(self, collection):
        return self._models[collection] != {None}

    def _store(self, films, collection, by, prune, stop_after, kill, right=None):
        """Have films stored. `right` is what they should be stored as: id -> film."""
        right = {movie.id: movie for movie in films} if right is None else right
        if prune:
            right = dict.fromkeys(self._films[collection]) | right
        done = self._do(
            by, "ingest", kill, right, collection=collection, films=films, prune=prune, stop_after=stop_after
        )
        if done is not None and (done["rejected"] or done["duplicates"]):
            raise Wrong(f"films were refused: {done}")
        if done is None or done["stopped"]:
            self._may_be(collection, right)
            if None in self._models[collection]:
                self._models[collection] = self._models[collection] | {MODELS[0]}
        else:
            self._stored(collection, right)

    def _stored(self, collection, right):
        self._films[collection] |= {id: [movie] for id, movie in right.items()}
        if None in self._models[collection]:
            self._models[collection] = self._models[collection] - {None} | {MODELS[0]}

    def _may_be(self, collection, right):
        for id, movie in right.items():
            may = self._films[collection].setdefault(id, [None])
            if movie not in may:
                may.append(movie)

    def _move_to(self, target, films, models, seen, by, kill, step, **told):
        """Have a copy or a backup put in the place of what a collection holds."""
        self._look(target, by)
        right = dict.fromkeys(self._films[target]) | films
        fits = self._models[target] in ({None}, models)
        done = self._do(by, step, kill, right, () if fits else ("MismatchError",), **told)
        if isinstance(done, tuple):
            return
        if not fits and done is not None:
            raise Wrong(f"vectors of {models} were put among those of {self._models[target]}")
        if done is None:
            if fits:
                self._may_be(target, right)
                self._models[target] = self._models[target] | models
                self._add_seen(target, seen, is_done=False)
        else:
            self._add_seen(target, seen, is_done=True)
            self._films[target] = {id: [movie] for id, movie in right.items()}
            self._models[target] = models

    def _add_seen(self, target, seen, *, is_done):
        """What people have seen by a copy or a backup comes to what they have seen here."""
        for person, films in seen.items():
            may = self._seen[target][person]
            for id, seen_there in films.items():
                if True in seen_there:
                    may[id] = {True} if is_done and seen_there == {True} else may.get(id, {False}) | {True}

    def _look(self, collection, by, thoroughly=False):
        """Compare the films with what they may be, and know from then on what they are; returns them by id."""
        began = time.monotonic()
        seen = self._do(by, "look", collection=collection, thoroughly=thoroughly)
        if self._is_hurt:
            self.longest = max(self.longest, time.monotonic() - began)
            self._is_hurt = False
        if seen["wrong"]:
            raise Wrong(f"{collection}: {seen['wrong'][:5]}")
        if seen["model"] not in self._models[collection]:
            raise Wrong(f"{collection} is of {seen['model']}, not of one of {self._models[collection]}")
        may = self._films[collection]
        for id in may.keys() | seen["films"].keys():
            if seen["films"].get(id) not in may.get(id, [None]):
                raise Wrong(f"{collection}: {id} is {seen['films'].get(id)}, where {may.get(id)} was stored")
        self._films[collection] = {id: [movie] for id, movie in seen["films"].items()}
        self._models[collection] = {seen["model"]}
        for person, films in seen["seen"].items():
            may = self._seen[collection][person]
            for id in seen["films"]:
                if (id in films) not in may.get(id, {False}):
                    raise Wrong(f"{collection}: {person!r} has {'not ' * (id not in films)}seen {id}")
                may[id] = {id in films}
        return seen["films"]

    def _do(self, by, step, kill=None, right=None, may_fail=(), **told):
        """What a step returns; None where the process died in it, as it was to; (error, words) where it may fail."""
        after = kill if isinstance(kill, (int, float)) else None
        self._send(by, step, told | ({"kill": kill} if kill and after is None else {}))
        return self._answer(by, right=right, may_fail=may_fail, is_to_die=kill is not None, after=after)

    def _send(self, by, step, told):
        if self._workers[by] is None:
            here, there = PROCESSES.Pipe()
            process = PROCESSES.Process(target=work, args=(there, str(self.store)))
            process.start()
            there.close()
            self._workers[by] = process, here
        self._workers[by][1].send((step, told))

    def _answer(self, by, *, right=None, may_fail=(), is_to_die=False, after=None):
        process, pipe = self._workers[by]
        moment = None if after is None else time.monotonic() + after
        while True:
            if not pipe.poll(PATIENCE if moment is None else max(0, moment - time.monotonic())):
                if moment is None:
                    raise Wrong(f"no end within {PATIENCE} s:\n{self._stacks(process.pid)}")
                os.kill(process.pid, signal.SIGKILL)
                moment = None
                continue
            try:
                kind, answer = pipe.recv()
            except (EOFError, ConnectionResetError):
                self._bury(by)
                if is_to_die and process.exitcode == -signal.SIGKILL:
                    self.kills += 1
                    self._is_hurt = True
                    return None
                raise Wrong(f"the process ended by itself ({process.exitcode})") from None
            if kind == "stored":
                self._acknowledge(*answer, right or {})
                continue
            if kind == "done":
                return answer
            name, said, trace = answer
            if name in may_fail:
                return name, said
            raise Wrong(f"{name}: {said}\n{trace}")

    def _stacks(self, pid):
        """Where the threads of a process are."""
        os.kill(pid, signal.SIGUSR1)
        time.sleep(1)
        return (self.folder / f"stacks-{pid}.txt").read_text(encoding="utf-8")

    def _acknowledge(self, collection, stored, right):
        """What was told to be stored is."""
        for id, digest in stored.items():
            may = [right.get(id), *self._films[collection].get(id, [])]
            known = next((movie for movie in may if movie is not None and content_hash(movie) == digest), None)
            if known is None:
                raise Wrong(f"{collection}: {id} was stored in a version that nobody gave")
            self._films[collection][id] = [known]

    def _bury(self, by, alive=False):
        if self._workers[by] is None:
            return
        process, pipe = self._workers[by]
        self._workers[by] = None
        if alive:
            with suppress(ProcessLookupError):
                process.kill()
            self.kills += 1
        with suppress(OSError):
            pipe.close()
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()


def _bytes(path):
    return path.read_bytes() if path.exists() else None
