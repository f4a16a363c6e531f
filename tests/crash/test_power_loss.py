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
from keeping import fill, require_backup, require_marks, require_shelf
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
    "restore over others": Work(
        "restore", "restored over", {"batch": 8, "replace_others": True}, ("few changed",), ("few",)
    ),
    "upgrade": Work("upgrade", "0.1", {"batch": 2}, looks="look_upgraded"),
    "backup": Work("backup", "marked", {}, ("few",), looks="look_at_backup"),
    "backup over another": Work("backup", "backed up", {}, ("few",), looks="look_at_backup"),
    "mark": Work("mark", "few", {}, ("few",), looks="look_at_marks"),
    "shelve": Work("shelve", "shelved", {"batch": 4}, looks="look_at_shelf"),
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
    _make_kept(workers, folder)
    shutil.copytree(TESTS / "fixtures" / "store-0.1", folder / "0.1" / "store")
    return folder


def _make_kept(workers, folder):
    """What the works of `keeping` begin with."""
    shutil.copytree(folder / "few", folder / "marked")
    _done(workers, "mark", folder / "marked" / "store", folder / "mark.json")
    shutil.copytree(folder / "few", folder / "restored over")
    changed, file = folder / "restored over" / "store", "films.backup"
    _done(workers, "ingest", changed, folder / "change.json", version="few changed", batch=8)
    shutil.copytree(folder / "marked", folder / "backed up")
    _done(workers, "backup", changed, folder / "backup-changed.json", file=str(folder / "backed up" / file))
    _done(workers, "backup", folder / "marked" / "store", folder / "b.json", file=str(changed.parent / file))
    fill(folder / "nfo", 0)
    _done(workers, "shelve", folder / "shelved" / "store", folder / "shelve.json", folder=str(folder / "nfo"), batch=4)
    fill(folder / "nfo", 1)


def _told(work, folder, beginnings):
    """Where the files lie that an act or a look is told of."""
    places = {"file": str(folder / "films.backup"), "folder": str(beginnings / "nfo")}
    names = {"restore": ("file",), "backup": ("file",), "shelve": ("folder",)}
    return {name: places[name] for name in names.get(work, ())}


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
    told, log = work.told | _told(work.act, folder, beginnings), folder.with_suffix(".log")
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


def _look(workers, beginnings, work, folder, moment, stored, finished):
    """Open what was left; what is wrong with it, or None."""
    told = _told(work.act, folder, beginnings) if work.looks in ("look_at_backup", "look_at_shelf") else {}
    ended = workers.run(work.looks, folder / "store", folder / "look.json", batch=8, boot="another", **told)
    try:
        assert not ended["hung"], "it comes to no end"
        assert ended["code"] == 0, f"died of {-ended['code']}: {ended['printed']}"
        assert "done" in ended, ended["trace"]
        seen = ended["done"]
        if work.has or work.becomes:
            has, may_have = (work.becomes or work.has, ()) if finished else (work.has, work.becomes)
            require_whole(seen, has=has, may_have=may_have, stored=stored if work.looks == "go_on" else ())
        if work.looks == "look_at_backup":
            before = "few changed" if work.begins_with == "backed up" else "nothing"
            require_backup(seen, before, "few", finished=finished)
        elif work.looks == "look_at_marks":
            require_marks(seen, stored, finished=finished)
        elif work.looks == "look_at_shelf":
            require_shelf(seen, stored, finished=finished)
        elif work.looks == "look_upgraded":
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
        for one, said in zip(left, workers.map(lambda one: _look(workers, beginnings, work, *one), left), strict=True):
            if said:
                wrong.append(said)
            else:
                shutil.rmtree(one[0])
    disk.apply(changes[done:])
    unseen = [path for path in disk.differs() if not path.endswith((".printed", ".begun"))]
    assert unseen == [], "changed by calls that were not recorded"
    assert all(path.endswith("-shm") for path in disk.mapped), disk.mapped
    assert not wrong, "\n\n".join([f"{len(wrong)} of {POINTS}", *wrong])
