"""Embedding on a Ray cluster of this machine: the same collection, also when a worker dies."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.ray

FILMS = 900


@pytest.fixture(scope="module", autouse=True)
def ray_is_there():
    if os.environ.get("CI"):
        import ray  # noqa: F401 - in CI nothing is skipped
    else:
        pytest.importorskip("ray", reason="pip install 'moviesearch[ray]'")


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Made-up films, enough for many batches, one that has passages of its own, and one that is wrong."""
    path = tmp_path_factory.mktemp("films") / "films.jsonl"
    made = [{"id": f"d{at}", "title": f"Diver {at}", "plot": _plot(at)} for at in range(FILMS - 1)]
    made += [
        {"id": "long", "title": "The Long One", "plot": " ".join(_plot(at) for at in range(9))},
        {"title": "No plot"},
    ]
    path.write_text("\n".join(json.dumps(film) for film in made), encoding="utf-8")
    return path


def _plot(at):
    return (
        f"Diver number {at} finds a bell in the harbour of a drowned town and cannot let go of it. "
        f"Each night it tolls {at % 12} times, and one of the {at % 31} who hear it remembers who sank the ferry. "
        "When the water is let out of the valley, the mayor has the tower blown up, and the diver stays below."
    )


def start(*command, store, cache):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOVIESEARCH_")}
    return subprocess.Popen(
        [sys.executable, "-m", "moviesearch", *map(str, command), "--store", str(store)],
        env={**environment, "MOVIESEARCH_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    """(exit status, standard output without its seconds, standard error)."""
    out, err = process.communicate(timeout=900)
    return process.returncode, re.sub(r" in [\d.]+ s", "", out), err


@pytest.fixture(scope="module")
def alone(films, tmp_path_factory, model_cache, prepared_model):
    """The store as one process makes it, and what it said."""
    store = tmp_path_factory.mktemp("alone")
    return store, ended(start("ingest", films, store=store, cache=model_cache))


def exported(store, folder, cache):
    assert ended(start("export", folder, store=store, cache=cache))[0] == 0
    return np.load(folder / "embeddings.npy"), json.loads((folder / "movies.json").read_text())


def same_collection(store, other, folder, cache):
    vectors, movies = exported(store, folder / "one", cache)
    others, other_movies = exported(other, folder / "other", cache)
    assert movies == other_movies
    assert np.allclose(vectors, others, atol=1e-6)
    assert ended(start("verify", store=other, cache=cache))[:2] == (0, "all good\n")


def test_a_cluster_makes_the_same_collection(films, alone, tmp_path, model_cache):
    store, told = alone
    other = tmp_path / "store"

    assert ended(start("ingest", films, "--ray", "local", store=other, cache=model_cache)) == told
    assert told[1] == f"{FILMS:,} added, 0 updated, 0 unchanged, 1 rejected; {_passages(told)} passages\n"
    same_collection(store, other, tmp_path, model_cache)


def _passages(told):
    return re.search(r"([\d,]+) passages", told[1])[1]


def test_a_worker_that_is_killed_costs_nothing(films, alone, tmp_path, model_cache):
    store, told = alone
    other = tmp_path / "store"
    ingest = start("ingest", films, "--ray", "local", store=other, cache=model_cache)

    deadline = time.monotonic() + 300
    while not _embedded(other) and ingest.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = _workers_of(ingest.pid)
    assert workers, "no worker was seen"
    os.kill(workers[0], signal.SIGKILL)
    half_done = _embedded(other)

    assert ended(ingest) == told
    assert 0 < half_done < _embedded(other)
    same_collection(store, other, tmp_path, model_cache)


def _embedded(store):
    """How many texts are in the embedding cache, which is on the disk."""
    found = list(Path(store).rglob("vectors.sqlite3"))
    if not found:
        return 0
    database = sqlite3.connect(f"file:{found[0]}?mode=ro", uri=True)
    try:
        return database.execute("SELECT count(*) FROM vectors").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        database.close()


def _workers_of(process):
    """The actors of the cluster that a process has started."""
    parents, names = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            names[int(folder.name)] = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue

    def belongs(number):
        while number and number != process:
            number = parents.get(number, 0)
        return number == process

    return sorted(number for number, name in names.items() if "MapWorker" in name and belongs(number))


def test_no_cluster_there(films, tmp_path, model_cache):
    status, out, err = ended(start("ingest", films, "--ray", "127.0.0.1:9", store=tmp_path, cache=model_cache))

    assert (status, out) == (1, "")
    assert "no Ray cluster at 127.0.0.1:9" in err and "Traceback" not in err
