"""What a store can't help: a full disk, a read-only folder, a clock that jumps, other processes; and the command."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from crashing import Report, moments

pytestmark = pytest.mark.slow
pytest_plugins = ("beginnings",)

_REPORT = Report()
_NEEDS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or sys.platform != "linux", reason="mounts a small disk: needs root"
)


@pytest.fixture
def mount(tmp_path):
    """mount(*options) -> a folder with a file system of its own; skipped where mounting is forbidden."""
    made = []

    def mount_one(*told):
        folder = tmp_path / f"disk-{len(made)}"
        folder.mkdir()
        ended = subprocess.run(["mount", *told, folder], capture_output=True, check=False)
        if ended.returncode:
            pytest.skip(f"can't mount here: {ended.stderr.decode()}")
        made.append(folder)
        return folder

    yield mount_one
    for folder in reversed(made):
        subprocess.run(["umount", folder], check=True)


# a full disk


@_NEEDS_ROOT
@pytest.mark.parametrize("kilobytes", [16, 100, 300, 600, 1000, 1400, 1800, 2200, 2600, 3000])
def test_disk_becomes_full(crashes, mount, kilobytes):
    """A run ends with a clear error; once there is room, the next one goes on."""
    crashes.store = mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs") / "store"
    full = crashes.run("ingest")
    assert full.code == 0
    if full.error:
        assert full.error in ("StoreError", "DamagedError"), full.trace
        assert "free space" in full.said, full.said
    subprocess.run(["mount", "-o", "remount,size=100m", crashes.store.parent], check=True)
    seen = crashes.look(may_have=["first"], stored=full.stored)
    crashes.done("ingest")
    crashes.look(has=["first"])
    _REPORT.tell("disk becomes full", seen["seconds"])


@pytest.mark.parametrize("largest", [3_000, 20_000, 50_000, 100_000, 200_000, 400_000])
def test_file_may_not_grow(crashes, largest):
    full = crashes.run("ingest", largest=largest)
    assert full.code == 0
    if full.error:
        assert full.error in ("StoreError", "DamagedError"), full.trace
        assert "free space" in full.said, full.said
    seen = crashes.look(may_have=["first"], stored=full.stored)
    again = crashes.done("ingest")
    assert again["again"] == 0
    crashes.look(has=["first"])
    _REPORT.tell("file size limit", seen["seconds"])


@_NEEDS_ROOT
def test_full_disk_while_reading_and_mending(crashes, first, mount):
    disk = mount("-t", "tmpfs", "-o", "size=100m", "tmpfs")
    crashes.store = disk / "store"
    shutil.copytree(first, crashes.store)
    for path in crashes.store.glob("films/chroma-1/*/data_level0.bin"):
        os.truncate(path, 100)
    (disk / "ballast").write_bytes(bytes(1))
    used = sum(path.stat().st_size for path in disk.rglob("*") if path.is_file())
    subprocess.run(["mount", "-o", f"remount,size={used // 1024 + 200}k", disk], check=True)
    full = crashes.run("look")
    assert full.code == 0
    assert full.error in ("StoreError", "DamagedError"), full.trace
    assert "free space" in full.said, full.said
    subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
    seen = crashes.look(has=["first"])
    _REPORT.tell("disk full while mending", seen["seconds"])


# a folder that can't be written


@_NEEDS_ROOT
def test_read_only_store_is_a_clear_error_and_whole_afterwards(crashes, first, mount):
    store = mount("-t", "tmpfs", "tmpfs")
    crashes.store = store / "store"
    shutil.copytree(first, crashes.store)
    subprocess.run(["mount", "-o", "remount,ro", store], check=True)
    for work in ("look", "ingest", "repair", "verify"):
        outcome = crashes.run(work)
        if outcome.error:
            assert outcome.error == "StoreError", outcome.trace
            assert "written" in outcome.said
        else:
            assert work == "verify"
            assert "written" in outcome.done["wrong"]
    subprocess.run(["mount", "-o", "remount,rw", store], check=True)
    _REPORT.tell("read-only folder", crashes.look(has=["first"])["seconds"], "clear error, then whole")


# the clock


@pytest.mark.parametrize("days", [-36500, -1, 1, 36500])
def test_clock_jumps_between_runs(crashes, days):
    crashes.run("ingest", point=("films", 2, "before"), clock=0)
    seen = crashes.done("look", clock=days * 86400)
    assert seen["wrong"] == []
    crashes.done("ingest", version="second", clock=-days * 86400)
    _REPORT.tell("clock moved by a day or a century", crashes.look(has=["second"])["seconds"])


@pytest.mark.parametrize("when", [0, 4_000_000_000])
def test_times_of_all_files_are_moved(crashes, first, when):
    shutil.copytree(first, crashes.store)
    for path in crashes.store.rglob("*"):
        os.utime(path, (when, when))
    seen = crashes.look(has=["first"])
    assert seen["notes"] == []
    _REPORT.tell("times of all files moved", seen["seconds"])


# several processes


def test_second_writer_is_told_of_the_first_at_once(crashes, first):
    shutil.copytree(first, crashes.store)
    with crashes.beside("hold", seconds=60) as holder:
        began = time.monotonic()
        second = crashes.run("ingest", version="second")
        assert time.monotonic() - began < 20
        assert second.error == "LockedError"
        assert f"process {holder.pid} on " in second.said
        reader = crashes.done("look_lightly")
        assert reader["films"] == 40
        holder.kill()
        holder.join()
        crashes.done("ingest", version="second")  # a dead holder is not in the way
    _REPORT.tell("second writer, dead holder", crashes.look(has=["second"])["seconds"], "told at once")


def test_readers_during_a_long_write_see_before_or_after(crashes, first):
    """Each answer is that of the films as they were after some batch: never a film half, never an error."""
    shutil.copytree(first, crashes.store)
    with crashes.beside("ingest_slowly", version="second") as writer:
        seen = crashes.done("read_until", path=str(crashes.folder / "written"))
        writer.join(60)
        assert writer.exitcode == 0
    assert seen["wrong"] == []
    assert seen["reads"] > 3
    _REPORT.tell("readings beside a writer", 0, f"{seen['reads']} whole")
    crashes.look(has=["second"])


# the command itself


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_command_stopped(tmp_path, sent, code, model_cache):
    """`moviesearch ingest` as people run it, with its model."""
    source = tmp_path / "films.jsonl"
    films = [
        {"id": f"x{n}", "title": f"Film {n}", "plot": f"A sailor of ship {n} loses a letter. " * 30} for n in range(400)
    ]
    source.write_text("\n".join(json.dumps(film) for film in films), encoding="utf-8")
    store = tmp_path / "store"
    environment = os.environ | {"MOVIESEARCH_STORE": str(store), "MOVIESEARCH_CACHE": str(model_cache)}
    command = [sys.executable, "-m", "moviesearch"]

    def run(*told):
        return subprocess.run([*command, *told], env=environment, capture_output=True, text=True, check=False)

    for moment in moments(sent, 2, 8):
        process = subprocess.Popen([*command, "ingest", source], env=environment, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not (store / "vectors.sqlite3").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(moment)
        process.send_signal(sent)
        _, said = process.communicate(timeout=120)
        assert process.returncode in (code, 0), said
        assert "Traceback" not in said
    began = time.monotonic()
    found = run("find", "--plot", "a sailor loses a letter", "--limit", "1")
    assert found.returncode in (0, 1), found.stderr
    assert "Traceback" not in found.stderr
    _REPORT.tell(f"{sent.name} to the command", time.monotonic() - began)
    finished = run("ingest", str(source))
    assert finished.returncode == 0, finished.stderr
    checked = run("verify")
    assert checked.returncode == 0, checked.stderr
    told = json.loads(run("info", "--format", "json").stdout)
    assert told["films"] == 400
