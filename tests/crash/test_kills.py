"""Runs that are killed: at random moments, at every named point, while mending what a kill left.

CRASH_KILLS says how many random kills there are (20; the full run has 200).
"""

import os
import shutil
import signal

import pytest
from crashing import SIGNALS, Crashes, Report, moments, require_whole
from keeping import CHANGES, fill, require_marks, require_shelf

pytestmark = pytest.mark.slow
pytest_plugins = ("beginnings",)

KILLS = int(os.environ.get("CRASH_KILLS") or 20)
_REPORT = Report()


def _begin(crashes, first, work):
    """Put the store in the state that a work begins with, and say what has to survive it."""
    if work != "ingest":
        shutil.copytree(first, crashes.store)
    told, has, may_have = {
        "ingest": ({"version": "first"}, [], ["first"]),
        "update": ({"version": "second"}, ["first"], ["second"]),
        "rebuild": ({"version": "first", "setting": "other", "rebuild": True}, ["first"], []),
        "repair": ({}, ["first"], []),
        "mend": ({}, ["first"], []),
    }[work]
    return {"update": "ingest", "rebuild": "ingest", "mend": "look"}.get(work, work), told, has, may_have


def _survives(crashes, first, work, fault, **kill):
    name, told, has, may_have = _begin(crashes, first, work)
    killed = crashes.run(name, **told, **kill)
    if not crashes.store.exists() or not any(crashes.store.glob("films/*.sqlite3")):
        assert killed.stored == []
    else:
        seen = crashes.look(has=has, may_have=may_have, stored=killed.stored)
        _REPORT.tell(fault, seen["seconds"])
    again = crashes.done(name, **told)
    assert not again.get("again"), f"{again['again']} texts that were in the cache were embedded again"
    crashes.look(has=may_have or has)
    return killed


_WORKS = ("ingest", "update", "rebuild", "repair")


@pytest.fixture(scope="module")
def lengths(first, tmp_path_factory):
    """How long each work takes when nobody kills it."""
    took = {}
    for work in _WORKS:
        crashes = Crashes(tmp_path_factory.mktemp(work))
        name, told, *_ = _begin(crashes, first, work)
        took[work] = crashes.run(name, **told).seconds
    return took


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_a_random_moment(crashes, first, lengths, number):
    work = ("ingest", "update", "rebuild", "ingest", "update", "repair")[number % 6]
    sent = SIGNALS[0 if number % 4 < 2 else number % 4 - 1]
    (moment,) = moments(number, 1, lengths[work])
    _survives(crashes, first, work, f"{sent.name} during {work}", kill=sent, after=moment)


_NAMED = [
    *(
        ("ingest", point, call)
        for point in ("cache", "pending", "passages", "films", "words", "tokens", "settled")
        for call in (1, 3)
    ),
    *(("ingest", point, 1) for point in ("made", "stamped", "marked", "tokens begun")),
    *(("ingest", "closed", call) for call in (1, 3, 4)),  # before all, and before and after rows are put in again
    *(("update", point, 2) for point in ("pending", "passages", "films", "words", "tokens", "settled")),
    *(("update", point, 1) for point in ("leaving", "deleted", "struck out", "stamped")),
    *(("rebuild", point, 2) for point in ("cache", "passages", "films", "words", "tokens")),
    *(("rebuild", point, 1) for point in ("made", "tokens begun", "marked", "swapped", "tidied", "stamped")),
    *(
        ("repair", point, 1)
        for point in ("made", "passages", "films", "words", "tokens", "marked", "swapped", "tidied", "stamped")
    ),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("work", "point", "call"), _NAMED, ids=lambda value: str(value))
def test_killed_at_a_named_point(crashes, first, work, point, call, when):
    killed = _survives(crashes, first, work, f"SIGKILL at a named point of {work}", point=(point, call, when))
    assert killed.code == -signal.SIGKILL, f"{work} never comes to {point} {call} times"


def test_killed_again_and_again_while_mending(crashes):
    """A run dies, the process that mends what it left dies, and so on; each gets a little further."""
    for call in (2, 4):
        crashes.run("ingest", point=("films", call, "before"))
        for point in ("pending", "passages", "films", "words", "tokens", "settled", "stamped"):
            crashes.run("look", point=(point, 1, "before"))
    seen = crashes.look(may_have=["first"])
    _REPORT.tell("SIGKILL while mending", seen["seconds"])
    crashes.done("ingest")
    crashes.look(has=["first"])


def test_killed_many_times_in_one_store(crashes, lengths):
    """Twelve runs in a row, each killed, on one store: nothing adds up."""
    stored = []
    for moment in moments("in a row", 12, lengths["ingest"]):
        stored += crashes.run("ingest", kill=signal.SIGKILL, after=moment).stored
    seen = crashes.look(may_have=["first"], stored=stored)
    _REPORT.tell("SIGKILL twelve times in a row", seen["seconds"])
    crashes.done("ingest")
    crashes.look(has=["first"])


# what is kept beside films


@pytest.fixture(scope="module")
def marking_takes(first, tmp_path_factory):
    """How long it takes to make all the marks."""
    crashes = Crashes(tmp_path_factory.mktemp("marking"))
    shutil.copytree(first, crashes.store)
    return crashes.run("mark").seconds


@pytest.mark.parametrize("number", range(max(1, KILLS // 4)))
def test_killed_while_marks_are_made(crashes, first, marking_takes, number):
    """Marks that were acknowledged are there, in a ledger that was lost as well."""
    shutil.copytree(first, crashes.store)
    (moment,) = moments(f"mark {number}", 1, marking_takes)
    killed = crashes.run("mark", kill=SIGNALS[number % 3], after=moment)
    if number % 2:
        for file in crashes.store.glob("films/films.sqlite3*"):
            file.unlink()
    seen = crashes.done("look_at_marks")
    require_whole(seen, has=["first"])
    require_marks(seen, killed.stored)
    _REPORT.tell("killed while marks are made" + ", and the ledger lost" * (number % 2), seen["seconds"])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(1, len(CHANGES) + 1))
def test_killed_beside_the_copy_of_the_marks(crashes, first, call, when):
    """The copy is written before the ledger is: between the two is a mark that nobody was told of."""
    shutil.copytree(first, crashes.store)
    killed = crashes.run("mark", point=("marks copied", call, when))
    assert killed.code == -signal.SIGKILL
    assert len(killed.stored) == call - 1
    seen = crashes.done("look_at_marks")
    require_whole(seen, has=["first"])
    require_marks(seen, killed.stored)
    _REPORT.tell("killed beside the copy of the marks", seen["seconds"])


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """(a store with the films of a folder, that folder as it is now, how long it takes to take it in again)"""
    crashes, folder = Crashes(tmp_path_factory.mktemp("shelf")), tmp_path_factory.mktemp("nfo")
    fill(folder, 0)
    crashes.done("shelve", folder=str(folder))
    fill(folder, 1)
    again = Crashes(tmp_path_factory.mktemp("again"))
    shutil.copytree(crashes.store, again.store)
    return crashes.store, str(folder), again.run("shelve", folder=str(folder), batch=4).seconds


@pytest.mark.parametrize("number", range(max(1, KILLS // 4)))
def test_killed_while_a_folder_of_films_is_taken_in(crashes, shelf, number):
    """A file is known only where its film is stored: what is read again afterwards is all there."""
    store, folder, seconds = shelf
    shutil.copytree(store, crashes.store)
    (moment,) = moments(f"shelve {number}", 1, seconds)
    killed = crashes.run("shelve", folder=folder, batch=4, kill=SIGNALS[number % 3], after=moment)
    seen = crashes.done("look_at_shelf", folder=folder)
    require_shelf(seen, killed.stored)
    _REPORT.tell("killed while a folder is taken in", seen["seconds"])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["shelved", "settled", "struck out", "stamped"])
def test_killed_beside_the_table_of_files(crashes, shelf, point, when):
    store, folder, _ = shelf
    shutil.copytree(store, crashes.store)
    killed = crashes.run("shelve", folder=folder, batch=4, point=(point, 1, when))
    assert killed.code == -signal.SIGKILL
    seen = crashes.done("look_at_shelf", folder=folder)
    require_shelf(seen, killed.stored)
    _REPORT.tell("killed beside the table of files", seen["seconds"])
