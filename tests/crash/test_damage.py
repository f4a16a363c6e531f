"""Damage by hand: every file of a store truncated, zeroed, overwritten, deleted, swapped; replicas too; other versions.

Each ends in a repair that loses nothing, or in an error that names the way out.
"""

import os
import shutil
import signal
import sqlite3

import pytest
from crashing import Crashes, Report
from story import VERSIONS

pytestmark = pytest.mark.slow
pytest_plugins = ("beginnings",)

_REPORT = Report()
_OURS = {"DamagedError", "StoreError", "MismatchError", "LockedError"}


@pytest.fixture
def crashes(tmp_path, first):
    crashes = Crashes(tmp_path)
    shutil.copytree(first, crashes.store)
    return crashes


def _segments(store):
    """Chroma's index folders: that of the films, and that of the passages, which is the larger."""
    data = sorted(store.glob("films/chroma-1/*/data_level0.bin"), key=lambda path: path.stat().st_size)
    return {"films": data[0].parent, "passages": data[-1].parent}


def _file(store, role):
    """A file by what it is for, since Chroma and tantivy choose names at random."""
    kind, _, name = role.partition(":")
    if kind in ("films", "passages"):
        return _segments(store)[kind] / name
    (path,) = sorted(store.glob(name))[:1]
    return path


FILES = (
    "cache:vectors.sqlite3",
    "ledger:films/films.sqlite3",
    "chroma:films/chroma-1/chroma.sqlite3",
    *(
        f"{kind}:{name}"
        for kind in ("films", "passages")
        for name in ("data_level0.bin", "header.bin", "length.bin", "link_lists.bin", "index_metadata.pickle")
    ),
    "tokens:films/tokens-1/tokens.sqlite3",
    "words:films/lexical-1/generation*",
    *(
        f"words:films/lexical-1/index-*/*{end}"
        for end in (".idx", ".pos", ".term", ".store", ".fast", ".fieldnorm", "meta.json", ".managed.json")
    ),
)


_NAMES = {
    "cache": "the embedding cache",
    "ledger": "the ledger",
    "chroma": "Chroma's database",
    "films": "a file of Chroma's film index",
    "passages": "a file of Chroma's passage index",
    "tokens": "the token index",
    "words": "a file of the word index",
}


def _halve(path, other):
    os.truncate(path, path.stat().st_size // 2)


def _empty(path, other):
    os.truncate(path, 0)


def _zero(path, other):
    path.write_bytes(bytes(path.stat().st_size))


def _zero_middle(path, other):
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(bytes(size // 3))


def _overwrite(path, other):
    with path.open("r+b") as file:
        for at in range(0, path.stat().st_size, 97):
            file.seek(at)
            file.write(b"\xa5")


def _delete(path, other):
    path.unlink()


def _swap(path, other):
    shutil.copyfile(other, path)


def _make_folder(path, other):
    path.unlink()
    path.mkdir()


DAMAGES = {
    "cut in half": _halve,
    "cut to nothing": _empty,
    "zeroed": _zero,
    "a third zeroed": _zero_middle,
    "overwritten here and there": _overwrite,
    "deleted": _delete,
    "swapped with another store's": _swap,
}


def _mended(crashes, fault):
    """The store is looked at after damage: all films are there, or an error says what to do."""
    outcome = crashes.run("look")
    assert outcome.code == 0, f"died of {-outcome.code}"
    if outcome.error:
        assert outcome.error in _OURS, outcome.trace
        assert len(outcome.said) < 700
        _REPORT.tell(fault, outcome.seconds, "clear error")
        return outcome
    assert outcome.done["wrong"] == [], outcome.done["notes"]
    assert {film for film, of in outcome.done["films"].items() if "first" in of} == {f.id for f in VERSIONS["first"]}
    assert len(outcome.done["films"]) == len(VERSIONS["first"])
    _REPORT.tell(fault, outcome.done["seconds"])
    return outcome


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("role", FILES)
def test_file_damaged(crashes, stores, role, damage):
    DAMAGES[damage](_file(crashes.store, role), _file(stores["second"], role))
    outcome = _mended(crashes, f"{_NAMES[role.partition(':')[0]]} cut, zeroed, overwritten, deleted or swapped")
    foreign = damage.startswith("swapped") and role.split(":")[0] in ("ledger", "chroma")
    if foreign:
        assert outcome.error == "StoreError"
        assert "belong to different collections" in outcome.said
    else:
        assert outcome.error is None, outcome.said
    if not outcome.error and not role.startswith("cache"):
        assert outcome.done["embedded"] == 0


@pytest.mark.parametrize("damage", ["cut in half", "a third zeroed", "overwritten here and there", "deleted"])
@pytest.mark.parametrize(
    "name",
    [
        "films/films.sqlite3-wal",
        "films/films.sqlite3-shm",
        "vectors.sqlite3-wal",
        "films/tokens-1/tokens.sqlite3-wal",
        "films/tokens-1/tokens.sqlite3-shm",
    ],
)
def test_what_sqlite_left_after_a_kill_damaged(tmp_path, name, damage):
    crashes = Crashes(tmp_path)
    killed = crashes.run("ingest", point=("closed", 3, "before") if "tokens" in name else ("stamped", 1, "before"))
    assert killed.code == -signal.SIGKILL
    path = crashes.store / name
    assert path.exists()
    DAMAGES[damage](path, None)
    _mended(crashes, "SQLite's log after a kill cut, zeroed, overwritten or deleted")


@pytest.mark.parametrize("folder", ["films/chroma-1", "films/lexical-1", "films/tokens-1", "films/chroma-1/*/"])
def test_folder_deleted(crashes, folder):
    for path in list(crashes.store.glob(folder)):
        shutil.rmtree(path)
    assert _mended(crashes, "a folder deleted").error is None


def test_everything_but_the_ledger_deleted(crashes):
    for path in crashes.store.glob("films/*-1"):
        shutil.rmtree(path)
    (crashes.store / "vectors.sqlite3").unlink()
    outcome = _mended(crashes, "all but the ledger deleted")
    assert outcome.error is None
    assert outcome.done["embedded"] > 0


def test_everything_but_chroma_deleted(crashes):
    shutil.rmtree(crashes.store / "films" / "lexical-1")
    for path in (crashes.store / "vectors.sqlite3", *crashes.store.glob("films/*.*")):
        path.unlink()
    outcome = _mended(crashes, "all but Chroma deleted")
    assert outcome.error is None


def test_wrong_ledger_moved_away_is_made_again(crashes, stores):
    ledger = crashes.store / "films" / "films.sqlite3"
    shutil.copyfile(stores["second"] / "films" / "films.sqlite3", ledger)
    assert crashes.run("look").error == "StoreError"
    ledger.unlink()
    assert _mended(crashes, "the wrong ledger moved away").error is None


def test_wrong_index_moved_away_is_made_again(crashes, stores):
    shutil.rmtree(crashes.store / "films" / "chroma-1")
    shutil.copytree(stores["second"] / "films" / "chroma-1", crashes.store / "films" / "chroma-1")
    assert crashes.run("look").error == "StoreError"
    shutil.rmtree(crashes.store / "films" / "chroma-1")
    assert _mended(crashes, "the wrong index moved away").error is None


@pytest.mark.parametrize("damage", ["cut in half", "cut to nothing", "zeroed", "deleted"])
def test_replica_damaged_too(crashes, damage):
    for role in ("ledger:films/films.sqlite3", "chroma:films/chroma-1/chroma.sqlite3"):
        DAMAGES[damage](_file(crashes.store, role), None)
    for work in ("look", "ingest", "repair"):
        outcome = crashes.run(work)
        assert (outcome.code, outcome.error) == (0, "DamagedError"), outcome.trace
        assert "together with its replica" in outcome.said
        assert "ingest the films again" in outcome.said
    _REPORT.tell("replica damaged too", outcome.seconds, "clear error")


def test_rot_that_leaves_no_trace_is_found_by_verify_and_repaired(crashes):
    """Bytes change and no time or size does: nothing but a full comparison can tell."""
    for role in ("passages:data_level0.bin", "films:data_level0.bin"):
        path = _file(crashes.store, role)
        stat = path.stat()
        _overwrite(path, None)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert crashes.done("verify")["wrong"]
    crashes.done("repair")
    assert _mended(crashes, "silent rot in the index, then repair").error is None


@pytest.mark.parametrize("way", ["forget_step", "repair"])
def test_rot_in_the_ledger_is_found_by_verify_and_repaired(crashes, way):
    with sqlite3.connect(crashes.store / "films" / "films.sqlite3") as ledger:
        ledger.execute("UPDATE films SET plot = 'Something else.' WHERE id = 'f7'")
    assert "f7" in crashes.done("verify")["wrong"]
    crashes.done(way)
    assert _mended(crashes, "silent rot in the ledger").error is None


def test_rot_in_the_cache_is_never_used(crashes):
    with sqlite3.connect(crashes.store / "vectors.sqlite3") as cache:
        cache.execute("UPDATE vectors SET vector = zeroblob(length(vector)) WHERE rowid % 2")
    crashes.done("repair")
    assert _mended(crashes, "silent rot in the cache, then repair").error is None


@pytest.mark.parametrize("name", ["films/films.sqlite3", "vectors.sqlite3"])
def test_file_of_a_later_version(crashes, name):
    with sqlite3.connect(crashes.store / name) as file:
        file.execute("PRAGMA user_version = 2")
    shutil.rmtree(crashes.store / "films" / "lexical-1")
    outcome = crashes.run("repair")
    assert outcome.error == "MismatchError"
    assert "pip install -U moviesearch" in outcome.said
    with sqlite3.connect(crashes.store / name) as file:
        file.execute("PRAGMA user_version = 1")
    assert _mended(crashes, "a file of a later version").error is None


def test_collection_of_a_later_version(crashes):
    path = crashes.store / "films" / "chroma-1" / "chroma.sqlite3"
    with sqlite3.connect(path) as chroma:
        chroma.execute("UPDATE collection_metadata SET int_value = 99 WHERE key = 'format'")
    for work in ("look", "ingest", "repair"):
        outcome = crashes.run(work)
        assert outcome.error == "MismatchError"
        assert "pip install -U moviesearch" in outcome.said
    _REPORT.tell("a collection of a later version", outcome.seconds, "clear error")


def test_collection_renamed_is_made_again_under_its_name(crashes):
    (crashes.store / "films").rename(crashes.store / "movies")
    seen = crashes.done("look", collection="movies")
    assert (seen["wrong"], len(seen["films"])) == ([], len(VERSIONS["first"]))


def test_store_copied_elsewhere_is_the_same(crashes, tmp_path):
    copy = Crashes(tmp_path / "copy")
    shutil.copytree(crashes.store, copy.store, copy_function=shutil.copyfile)
    assert _mended(copy, "a store copied").error is None
