"""The current is lost: what was not synced may be gone, in part, or torn, and nothing that was reported as stored is.

Each work is done once, and all its writes are recorded. Then the disk is left as it may be at many moments of it, and
opened. CRASH_POINTS says how many moments of each work (12; the full run has 400), CRASH_SEED which (0).
"""

import os
import random
import shutil
from dataclasses import dataclass, field

import pytest
from calls import control, library, records
from crashing import Report, require_whole
from disk import Disk
from jobs import Workers
from support.paths import TESTS

pytestmark = pytest.mark.slow

POINTS = int(os.environ.get("CRASH_POINTS") or 12)
SEED = int(os.environ.get("CRASH_SEED") or 0)
_AT_ONCE = 24
_HOWS = ("nothing", "any", "a beginning", "names", "any", "all", "any", "content", "a beginning")
"""How a disk is left, in turn; see `Disk.leave`."""

_REPORT = Report()


@dataclass(frozen=True)
class Work:
    """What is done to which store, and what has to be there afterwards."""

    act: str
    begins_with: str | None = None
    told: dict = field(default_factory=dict)
    has: tuple = ()
    becomes: tuple = ()
    looks: str = "go_on"


WORKS = {
    "ingest": Work("ingest", None, {"version": "few", "batch": 8}, (), ("few",)),
    "update": Work("ingest", "few", {"version": "few changed", "batch": 8}, ("few",), ("few changed",)),
    "remove": Work("ingest", "few", {"version": "fewer", "batch": 8}, ("few",), ("fewer",)),
    "repair": Work("repair", "few", {"batch": 8}, ("few",)),
    "mending": Work("look", "damaged", {"batch": 8}, ("few",)),
    "restore": Work("restore", "backup", {"batch": 8}, (), ("few",)),
    "upgrade": Work("upgrade", "0.1", {"batch": 2}, looks="look_upgraded"),
}


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    workers = Workers(library(tmp_path_factory.mktemp("library")))
    yield workers
    workers.close()


@pytest.fixture(scope="module")
def beginnings(workers, tmp_path_factory):
    """Folders with what the works begin with."""
    folder = tmp_path_factory.mktemp("beginnings")
    _done(workers, "ingest", folder / "few" / "store", folder / "ingest.json", version="few", batch=8)
    (folder / "backup").mkdir()
    file = str(folder / "backup" / "films.backup")
    _done(workers, "backup", folder / "few" / "store", folder / "backup.json", file=file)
    shutil.copytree(folder / "few", folder / "damaged")
    os.truncate(next((folder / "damaged" / "store").glob("films/chroma-1/*/data_level0.bin")), 100)
    shutil.copytree(TESTS / "fixtures" / "store-0.1", folder / "0.1" / "store")
    return folder


def _done(workers, work, store, out, **told):
    out.parent.mkdir(exist_ok=True)
    ended = workers.run(work, store, out, **told)
    assert "done" in ended, ended
    return ended["done"]


def _record(workers, work, beginnings, folder):
    """Do a work in `folder`, which is under record; the disk as it was before, and the records."""
    if work.begins_with:
        shutil.copytree(beginnings / work.begins_with, folder)
    else:
        folder.mkdir()
    told, log = dict(work.told), folder.with_suffix(".log")
    if work.act == "restore":
        told["file"] = str(folder / "films.backup")
    disk = Disk(folder)
    _done(
        workers,
        work.act,
        folder / "store",
        folder / "run.json",
        control=control(folder.with_suffix(".control"), folder, log),
        **told,
    )
    return disk, list(records(log))


def _moments(name, changes):
    """Moments of a work, as numbers of changes: half of them right before a sync, when most is at stake."""
    chance = random.Random(f"{SEED} {name}")
    syncs = [number for number, change in enumerate(changes) if change.op == "S"]
    points = []
    for at in range(POINTS):
        point = int((at + chance.random()) / POINTS * (len(changes) + 1))
        later = [sync for sync in syncs if sync >= point]
        points.append(later[0] if later and at % 2 else point)
    return sorted(points)


def _look(workers, work, folder, moment, stored, finished):
    """Open what was left; what is wrong with it, or None."""
    ended = workers.run(work.looks, folder / "store", folder / "look.json", batch=8, boot="another")
    try:
        assert not ended["hung"], "it comes to no end"
        assert ended["code"] == 0, f"died of {-ended['code']}: {ended['printed']}"
        assert "done" in ended, ended["trace"]
        seen = ended["done"]
        if work.looks == "go_on":
            has, may_have = (work.becomes or work.has, ()) if finished else (work.has, work.becomes)
            require_whole(seen, has=has, may_have=may_have, stored=stored)
        else:
            assert seen["wrong"] == []
            assert seen["changed"] or not finished, "a film was changed, and isn't"
    except AssertionError as error:
        return f"{folder} ({moment}{', finished' * finished}): {error}"
    _REPORT.tell(f"power lost during {moment.partition(',')[0]}", seen["seconds"])
    return None


@pytest.mark.parametrize("name", WORKS)
def test_power_is_lost(workers, beginnings, tmp_path, name):
    work, folder = WORKS[name], tmp_path / "run"
    disk, changes = _record(workers, work, beginnings, folder)
    points, done, wrong = _moments(name, changes), 0, []
    for begin in range(0, POINTS, _AT_ONCE):
        left = []
        for number, point in enumerate(points[begin : begin + _AT_ONCE], begin):
            disk.apply(changes[done:point])
            done, how, remains = point, _HOWS[number % len(_HOWS)], tmp_path / f"left-{number}"
            disk.leave(remains, how, random.Random(f"{SEED} {name} {number}"))
            stored = (disk.read("run.stored") or b"").decode().split()
            moment = f"{name}, {point} of {len(changes)} changes, {how}"
            left.append((remains, moment, stored, bool(disk.read("run.json"))))
        for one, said in zip(left, workers.map(lambda one: _look(workers, work, *one), left), strict=True):
            if said:
                wrong.append(said)
            else:
                shutil.rmtree(one[0])
    disk.apply(changes[done:])
    unseen = [path for path in disk.differs() if not path.endswith((".printed", ".begun"))]
    assert unseen == [], "changed by calls that were not recorded"
    assert all(path.endswith("-shm") for path in disk.mapped), disk.mapped
    assert not wrong, "\n\n".join([f"{len(wrong)} of {POINTS}", *wrong])
