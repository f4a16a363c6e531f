"""Processes that are killed, and what is asked of a store afterwards."""

import json
import multiprocessing
import os
import random
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from story import VERSIONS

_HERE = Path(__file__).parent
# The server that forks the processes imports `acts` once, and finds it by PYTHONPATH alone.
os.environ["PYTHONPATH"] = os.pathsep.join([str(_HERE), str(_HERE.parent), os.environ.get("PYTHONPATH", "")])
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads must not be forked
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["acts", "worker", "machines", "warmth"])

PATIENCE = 120


@dataclass
class Outcome:
    """How a process ended: its exit code (negative: the signal), what it returned or why it failed."""

    code: int
    seconds: float
    done: dict | None = None
    error: str | None = None
    said: str = ""
    trace: str = ""
    stored: list = field(default_factory=list)


class Crashes:
    """Runs works on the store of one test, kills them, and looks at what is left."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, folder / "store"
        self._runs = 0

    def run(self, work, *, kill=None, after=None, **told) -> Outcome:
        """Do a work in a process; `kill` sends a signal `after` so many seconds of work."""
        import acts

        self._runs += 1
        out = self.folder / f"run-{self._runs}.json"
        process = PROCESSES.Process(target=acts.act, args=(work, str(self.store), str(out)), kwargs=told)
        process.start()
        while not out.with_suffix(".begun").exists() and process.is_alive():
            time.sleep(0.002)
        began = time.monotonic()
        if kill is not None:
            process.join(after)
            if process.is_alive():
                os.kill(process.pid, kill)
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
            raise AssertionError(f"{work} {told} does not come to an end")
        outcome = Outcome(process.exitcode, time.monotonic() - began)
        if out.exists() and out.stat().st_size:
            for name, value in json.loads(out.read_text()).items():
                setattr(outcome, name, value)
        stored = out.with_suffix(".stored")
        if stored.exists():
            outcome.stored = stored.read_text().split()
        return outcome

    @contextmanager
    def beside(self, work, **told):
        """Do a work in a process of its own meanwhile; begun when it has made the file `held`."""
        import acts

        out = self.folder / "beside.json"
        process = PROCESSES.Process(target=acts.act, args=(work, str(self.store), str(out)), kwargs=told)
        process.start()
        while not (self.folder / "held").exists() and process.is_alive():
            time.sleep(0.005)
        try:
            yield process
        finally:
            process.kill()
            process.join()

    def done(self, work, **told) -> dict:
        """Do a work that has to succeed."""
        outcome = self.run(work, **told)
        assert outcome.code == 0, f"{work} died of {-outcome.code}"
        assert outcome.error is None, outcome.trace
        return outcome.done

    def look(self, *, has=(), may_have=(), stored=()) -> dict:
        """Open the store after a crash: nothing is wrong, nothing lost, nothing half.

        `has` names the versions whose films have to be there, each in any version of `has` and
        `may_have`; those in `stored` were acknowledged and have to be in the last version.
        """
        return require_whole(self.done("look"), has=has, may_have=may_have, stored=stored)


def require_whole(seen, *, has=(), may_have=(), stored=()) -> dict:
    """Fail where what `acts.look` has seen is not whole; see `Crashes.look`."""
    assert seen["wrong"] == [], seen["wrong"][:5]
    versions = [*has, *may_have]
    for film, of in seen["films"].items():
        assert set(of) & set(versions), f"{film} is of no version that was stored"
    for name in has:
        known = [film.id for film in VERSIONS[name]]
        gone = [film for film in known if film not in seen["films"] and not _may_be_gone(film, versions)]
        assert not gone, f"lost: {gone[:5]}"
    for film in stored:
        assert versions[-1] in seen["films"].get(film, ()), f"{film} was stored, and isn't there"
    assert seen["embedded"] <= 0, f"{seen['embedded']} texts were embedded again"
    return seen


def _may_be_gone(film, versions):
    return any(film not in {one.id for one in VERSIONS[name]} for name in versions)


def moments(seed, count, seconds):
    """`count` moments of a run, one in each equal part of it."""
    chance = random.Random(seed)
    return [(at + chance.random()) / count * seconds for at in range(count)]


SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


class Report:
    """What was tried and how it went, one line a try, in the file that CRASH_REPORT names."""

    def __init__(self) -> None:
        self._path = os.environ.get("CRASH_REPORT")

    def tell(self, fault, seconds, ended="recovered", **counts) -> None:
        """Note a fault that was tried and survived, how long the first answer then took, and what else was counted."""
        if self._path:
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"fault": fault, "seconds": round(seconds, 3), "ended": ended, **counts}) + "\n")
