"""The first question needs no ingest: where nothing was ever stored, the bundled films are."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress

import pytest

from moviesearch import MovieSearch
from moviesearch.config import BUNDLED_FILMS

pytestmark = pytest.mark.integration

PLOT = "a shark keeps tourists out of the water"


@pytest.fixture
def new_home(monkeypatch, tmp_path):
    """A home where moviesearch never was, and no store that is named."""
    monkeypatch.delenv("MOVIESEARCH_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_the_first_question_is_answered_from_the_bundled_films(run, new_home):
    count = len(BUNDLED_FILMS.read_text(encoding="utf-8").splitlines())
    first = run("find", PLOT, "--limit", "1", "--format", "csv")
    assert first.exit_code == 0
    assert "jaws-1975" in first.stdout
    assert first.stderr == (
        f"storing the {count:,} films that come with moviesearch (once); `moviesearch ingest FILE` stores your own\n"
    )
    again = run("find", PLOT, "--limit", "1", "--format", "csv")
    assert (again.stdout, again.stderr) == (first.stdout, "")
    assert "0 added, 0 updated" in run("ingest").stdout


def stopped_first_question(home):
    """Ask for the first time, and stop it when the first films are stored."""
    asking = subprocess.Popen(
        [sys.executable, "-m", "moviesearch", "find", PLOT], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ledger = home / "data" / "moviesearch" / "films" / "films.sqlite3"
    while asking.poll() is None and not (ledger.exists() and _films(ledger)):
        time.sleep(0.005)
    asking.send_signal(signal.SIGINT)
    assert asking.wait(60) == 130


def _films(ledger):
    with closing(sqlite3.connect(ledger)) as db, suppress(sqlite3.Error):
        return db.execute("SELECT count(*) FROM films WHERE state = 1").fetchone()[0]


def test_a_first_question_that_was_stopped_leaves_no_half_of_the_films(run, new_home):
    stopped_first_question(new_home)
    again = run("find", PLOT, "--limit", "1", "--format", "csv")
    assert (again.exit_code, again.stderr.startswith("storing the 1,")) == (0, True)
    assert "0 added, 0 updated" in run("ingest").stdout
    assert run("find", PLOT, "--limit", "1", "--format", "csv").stderr == ""


def test_after_one_that_was_stopped_own_films_are_not_mixed_with_the_bundled_ones(run, new_home):
    stopped_first_question(new_home)
    (new_home / "own.jsonl").write_text('{"title": "Own", "plot": "A shark reads a book."}\n')
    assert run("ingest", "--prune", new_home / "own.jsonl").exit_code == 0
    found = run("find", PLOT, "--format", "jsonl")
    assert (found.stdout.count("\n"), "storing" in found.stderr) == (1, False)


def test_a_store_or_collection_that_is_named_is_not_filled(run, new_home):
    for named in (["--store", new_home / "named"], ["--collection", "mine"]):
        refused = run("find", PLOT, *named)
        assert refused.exit_code == 1
        assert "there is no collection" in refused.stderr
    assert run("info").exit_code == 1


def test_bundled_films_are_stored_without_embedding_anything(bundled):
    report = json.loads((bundled / "report.json").read_text(encoding="utf-8"))
    assert report["added"] == len(BUNDLED_FILMS.read_text(encoding="utf-8").splitlines())
    assert report["embedded"] == 0


def test_a_failed_ingest_leaves_the_first_question_its_films(run, new_home):
    (new_home / "bad.csv").write_text("a,b\n1,2\n")
    for source in ("typo.csv", str(new_home / "bad.csv")):
        assert run("ingest", source).exit_code == 1
    assert run("ingest", "typo.csv", "--store", str(new_home / "other")).exit_code == 1
    assert [path.name for path in new_home.iterdir()] == ["bad.csv"]
    assert "jaws-1975" in run("find", PLOT, "--limit", "1", "--format", "csv").stdout


def test_an_empty_collection_says_so_and_stays_empty(run, new_home, tmp_path):
    films = tmp_path / "films.jsonl"
    films.write_text(json.dumps({"id": "a", "title": "A", "plot": "A man walks."}) + "\n")
    run("ingest", str(films))
    with MovieSearch() as search:
        search.ingest([], prune=lambda count: True)
    for command in (("find", PLOT), ("show", "Jaws")):
        assert "there are no films in 'films': `moviesearch ingest`" in run(*command).stderr
    assert "0: `moviesearch ingest`" in run("info").stdout
