"""A call to the system fails: an error says so, nothing is lost, and nothing hangs, whichever call it is.

The n-th call of a kind fails, with one error after another, once or from then on. CRASH_CALLS says for how many n of
each kind in each work (2; "all" takes each), CRASH_SEED which (0).
"""

import os
import random
import shutil
from itertools import cycle

import pytest
from calls import Failure, control, counts, library
from crashing import Report, require_whole
from jobs import Workers
from keeping import fill, require_marks, require_shelf

import moviesearch.errors

pytestmark = pytest.mark.slow

CALLS = os.environ.get("CRASH_CALLS") or "2"
SEED = int(os.environ.get("CRASH_SEED") or 0)
_REPORT = Report()
_AT_ONCE = 24

FAILURES = {
    "open": ("EMFILE", "EIO", "ENOSPC", "EDQUOT"),
    "write": ("EIO", "ENOSPC", "EDQUOT", "half"),
    "sync": ("EIO", "ENOSPC", "EDQUOT"),
    "rename": ("EIO", "ENOSPC", "EDQUOT"),
    "map": ("ENOMEM", "EMFILE", "EIO"),
    "other": ("EIO", "ENOSPC", "EDQUOT"),
}
"""The errors of each kind of call; see `calls.KINDS`."""

WORKS = ("ingest", "update", "find", "repair", "backup", "restore", "mark", "shelve")

_MEMORY = [kilobytes * 1024 for kilobytes in (64, 256, 1024, 4096, 16384, 32768, 65536, 131072, 262144, 524288)]


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    workers = Workers(library(tmp_path_factory.mktemp("library")))
    yield workers
    workers.close()


@pytest.fixture(scope="module")
def beginnings(workers, tmp_path_factory):
    """A folder with a store and a backup of it."""
    folder = tmp_path_factory.mktemp("beginnings")
    for work, told in (("ingest", {"version": "few", "batch": 8}), ("backup", {"file": str(folder / "films.backup")})):
        ended = workers.run(work, folder / "store", folder / f"{work}.json", **told)
        assert "done" in ended, ended
    fill(folder / "nfo", 0)
    ended = workers.run("shelve", folder / "shelved", folder / "shelve.json", folder=str(folder / "nfo"), batch=4)
    assert "done" in ended, ended
    fill(folder / "nfo", 1)
    return folder


class Trial:
    """A work in a folder of its own, whose calls may fail."""

    def __init__(self, workers, beginnings, work, folder) -> None:
        self.workers, self.work, self.folder = workers, work, folder
        folder.mkdir()
        self.store = folder / "store"
        if work not in ("ingest", "restore"):
            shutil.copytree(beginnings / ("shelved" if work == "shelve" else "store"), self.store)
        self.act, self.told = {
            "ingest": ("ingest", {"version": "few", "batch": 12}),
            "update": ("ingest", {"version": "few changed", "batch": 12}),
            "backup": ("backup", {"file": str(folder / "new.backup")}),
            "restore": ("restore", {"file": str(beginnings / "films.backup")}),
            "shelve": ("shelve", {"folder": str(beginnings / "nfo"), "batch": 4}),
        }.get(work, (work, {}))
        self.told_in = folder.with_suffix(".told")  # what it says must be written whatever fails
        self.told_in.mkdir()
        self.control = self.told_in / "control"

    def run(self, failure=None, **told):
        """Do it, with calls that fail."""
        control(self.control, self.folder, failure=failure)
        return self.workers.run(
            self.act, self.store, self.told_in / "run.json", control=self.control, **self.told, **told
        )

    def require_clear(self, ended, *, may_die=False):
        """It did what it was to do, or said why not, in an error that is ours."""
        assert not ended["hung"], "it comes to no end"
        assert "Traceback" not in ended["printed"], ended["printed"]
        if may_die and ended["code"] in (-6, 127):  # what Rust and the loader of libraries do without memory
            assert "memory" in ended["printed"]
            return
        assert ended["code"] == 0, f"died of {-ended['code']}: {ended['printed']}"
        if "error" in ended:
            error = getattr(moviesearch.errors, ended["error"], None)
            assert error or (may_die and ended["error"] == "MemoryError"), ended["trace"]
            assert "\n" not in ended["said"].strip()

    def _after(self, work, **told):
        ended = self.workers.run(work, self.store, self.told_in / f"{work}.json", batch=12, **told)
        assert not ended["hung"], f"afterwards {work} comes to no end"
        return ended

    def require_nothing_lost(self, ended, right=None):
        """All that was there, or was reported as stored, is there, and the next run goes on; seconds to an answer."""
        done = "done" in ended
        if self.work in ("mark", "shelve"):
            return self._require_kept(ended, finished=done)
        if self.work == "find" and done:
            assert ended["done"] == right, "other films are found"
        if self.work == "backup" and done:
            assert (self.folder / "new.backup").exists()
        seen = self._after("go_on")
        assert "done" in seen, f"afterwards: {seen}"
        has, becomes = {
            "ingest": ((), ("few",)),
            "restore": ((), ("few",)),
            "update": (("few",), ("few changed",)),
        }.get(self.work, (("few",), ()))
        if done:
            has, becomes = becomes or has, ()
        require_whole(seen["done"], has=has, may_have=becomes, stored=ended["stored"])
        return seen["done"]["seconds"]

    def _require_kept(self, ended, *, finished):
        """Marks, or a folder's films, are as they were acknowledged."""
        if self.work == "mark":
            look, require, told = "look_at_marks", require_marks, {}
        else:
            look, require, told = "look_at_shelf", require_shelf, {"folder": self.told["folder"]}
        seen = self._after(look, **told)
        assert "done" in seen, f"afterwards: {seen}"
        if self.work == "mark":
            require_whole(seen["done"], has=("few",))
        require(seen["done"], ended["stored"], finished=finished)
        return seen["done"]["seconds"]


@pytest.fixture(scope="module", params=WORKS)
def untouched(request, workers, beginnings, tmp_path_factory):
    """(work, what it returns, its calls by kind) when no call fails."""
    trial = Trial(workers, beginnings, request.param, tmp_path_factory.mktemp("untouched") / "run")
    ended = trial.run()
    assert "done" in ended, ended
    return request.param, ended["done"], counts(trial.control)


def _numbers(work, kind, count):
    """Which calls are to fail."""
    if CALLS == "all":
        return range(1, count + 1)
    chance, some = random.Random(f"{SEED} {work} {kind}"), min(count, int(CALLS))
    return [1 + int((at + chance.random()) / some * count) for at in range(some)]


def _failures(work, kind, count):
    """One failure for each number; with all of them, each error, once and lasting."""
    ways = [(error, lasting) for lasting in (False, True) for error in FAILURES[kind]]
    turn = cycle(random.Random(f"{SEED} {work} {kind}").sample(ways, len(ways)))
    for number in _numbers(work, kind, count):
        for error, lasting in ways if CALLS == "all" else [next(turn)]:
            yield Failure(kind, error, number, 2**31 - 1 if lasting else number)


@pytest.mark.parametrize("kind", FAILURES)
def test_a_call_fails(workers, beginnings, untouched, tmp_path, kind):
    work, right, calls = untouched
    failures = list(_failures(work, kind, calls[kind]))

    def attempt(numbered):
        number, failure = numbered
        trial = Trial(workers, beginnings, work, tmp_path / f"{number}")
        try:
            ended = trial.run(failure)
            trial.require_clear(ended)
            seconds = trial.require_nothing_lost(ended, right)
        except AssertionError as error:
            return f"{failure} of {calls[kind]} during {work} in {trial.folder}: {error}"
        _REPORT.tell(f"a call fails during {work}", seconds)
        shutil.rmtree(trial.folder)
        return None

    wrong = [said for said in workers.map(attempt, enumerate(failures)) if said]
    assert not wrong, "\n\n".join([f"{len(wrong)} of {len(failures)}", *wrong])


@pytest.mark.parametrize("work", WORKS)
def test_memory_runs_out(workers, beginnings, tmp_path, work):
    def attempt(memory):
        trial = Trial(workers, beginnings, work, tmp_path / f"{memory}")
        try:
            ended = trial.run(memory=memory)
            trial.require_clear(ended, may_die=True)
            seconds = trial.require_nothing_lost(ended, ended.get("done"))
        except AssertionError as error:
            return f"{memory // 1024} kB during {work} in {trial.folder}: {error}"
        _REPORT.tell(f"memory runs out during {work}", seconds)
        return None

    wrong = [said for said in workers.map(attempt, _MEMORY) if said]
    assert not wrong, "\n\n".join([f"{len(wrong)} of {len(_MEMORY)}", *wrong])
