"""The fetch against a server that misbehaves: what it waits for, when it gives up, and that it asks nothing twice."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.paths import ROOT
from support.wiki.misbehaving import MisbehavingWiki

from moviesearch.cli.fetching.job import FetchJob
from moviesearch.cli.fetching.run import run_fetch
from moviesearch.cli.fetching.summary import Summary
from moviesearch.errors import LockedError, StoreError, UsageError
from moviesearch.sources.wikipedia.api.answers import Answers
from moviesearch.sources.wikipedia.api.polite import Manners

pytestmark = pytest.mark.integration

SCRIPT = ROOT / "scripts" / "build_dataset.py"
QUICK = Manners(attempts=4, first_wait=0.01, deadline=10)
IMPATIENT = Manners(attempts=4, first_wait=0.01, deadline=0.5)


def run(wiki: MisbehavingWiki, folder: Path, titles: list[str], **options: object) -> Summary:
    write_list(folder / "list.csv", titles)
    job = {"manners": QUICK, "misses": folder / "misses.jsonl", "contact": "me@example.org", "api": wiki.api} | options
    return run_fetch(FetchJob(output=folder / "films.jsonl", titles=folder / "list.csv", **job))  # type: ignore[arg-type]


def manners(how: str) -> Manners:
    return IMPATIENT if how in ("silent", "drip", "drip-headers") else QUICK


def write_list(path: Path, titles: list[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["title", "year"])
        rows.writerows([title, 2001] for title in titles)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    "how",
    ["429", "503", "500", "maxlag", "ratelimited", "readonly", "html", "list", "half", "hangup", "cut", "silent",
     "drip", "drip-headers", "garbage", "gzip"],
)  # fmt: skip
def test_what_passes_is_waited_for(tmp_path: Path, how: str) -> None:
    titles = ["A good film", f"{how} twice", "Another"]
    with MisbehavingWiki() as wiki:
        summary = run(wiki, tmp_path, titles, manners=manners(how))
    assert summary.complete
    assert [film["title"] for film in lines(tmp_path / "films.jsonl")] == titles
    assert wiki.asked == {"A good film": 1, f"{how} twice": 3, "Another": 1}
    assert not (tmp_path / "films.jsonl.state.sqlite3").exists()


@pytest.mark.parametrize("how", ["429", "html", "cut", "silent", "maxlag"])
def test_a_film_without_an_answer_is_asked_again_by_the_same_command(tmp_path: Path, how: str) -> None:
    titles = ["First", f"{how} always", "Last"]
    with MisbehavingWiki() as wiki:
        summary = run(wiki, tmp_path, titles, manners=manners(how))
        assert not summary.complete
        assert "1 of them had no answer" in summary.text
        assert [film["title"] for film in lines(tmp_path / "films.jsonl")] == ["First", "Last"]
        [miss] = lines(tmp_path / "misses.jsonl")
        assert str(miss["reason"]).startswith("no answer after 4 attempts: ")
        wiki.asked[f"{how} always"] = 10**9
        assert run(wiki, tmp_path, titles).complete
        assert [film["title"] for film in lines(tmp_path / "films.jsonl")] == titles
        assert wiki.asked["First"] == wiki.asked["Last"] == 1


def test_a_wiki_that_is_down_ends_the_run(tmp_path: Path) -> None:
    titles = ["First", *(f"503 always {number}" for number in range(9))]
    with MisbehavingWiki() as wiki, pytest.raises(Exception, match=r"the wiki gives no answers: .*HTTP 503"):
        run(wiki, tmp_path, titles)
    assert len(wiki.asked) == 4
    assert not (tmp_path / "films.jsonl").exists()


def test_an_error_of_the_page_alone_is_a_miss(tmp_path: Path) -> None:
    with MisbehavingWiki() as wiki:
        summary = run(wiki, tmp_path, ["invalidtitle always", "Good"])
    assert summary.complete
    [miss] = lines(tmp_path / "misses.jsonl")
    assert "invalidtitle: Waiting for db9" in str(miss["reason"])
    assert [film["title"] for film in lines(tmp_path / "films.jsonl")] == ["Good"]


@pytest.mark.parametrize(("how", "message"), [("403", "give a real --contact"), ("404", "there is no API at http")])
def test_a_wiki_that_refuses_ends_the_run_at_once(tmp_path: Path, how: str, message: str) -> None:
    with MisbehavingWiki() as wiki, pytest.raises(Exception, match=message):
        run(wiki, tmp_path, [f"{how} always", "Good"])
    assert wiki.asked.total() == 1


def test_retry_after_is_honoured_in_seconds_and_as_a_date(tmp_path: Path) -> None:
    with MisbehavingWiki("1") as wiki:
        run(wiki, tmp_path, ["429 once"])
    assert wiki.at[1] - wiki.at[0] >= 0.9
    due = int(time.time()) + 2
    with MisbehavingWiki(time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(due))) as wiki:
        run(wiki, tmp_path, ["503 once"])
    assert time.time() >= due


def test_a_wait_of_hours_ends_the_run_and_says_so(tmp_path: Path) -> None:
    with MisbehavingWiki("86400") as wiki, pytest.raises(Exception, match="wait for 86400 s"):
        run(wiki, tmp_path, ["429 once"])


def test_every_request_is_polite(tmp_path: Path) -> None:
    with MisbehavingWiki() as wiki:
        run(wiki, tmp_path, ["One", "Two", "Three"], manners=Manners(pause=0.1))
    assert all(query["maxlag"] == "5" for query in wiki.queries)
    assert all("me@example.org" in agent and "moviesearch" in agent for agent in wiki.agents)
    assert wiki.at[-1] - wiki.at[0] >= 0.15


def test_several_connections_give_the_same_file(tmp_path: Path) -> None:
    titles = [f"Film {number}" for number in range(30)] + ["503 twice", "cut once"]
    with MisbehavingWiki(delay=0.01) as wiki:
        run(wiki, tmp_path, titles)
        over_one = (tmp_path / "films.jsonl").read_bytes()
        run(wiki, tmp_path, titles, connections=4)
    assert (tmp_path / "films.jsonl").read_bytes() == over_one


def test_a_film_listed_twice_comes_once(tmp_path: Path) -> None:
    with MisbehavingWiki() as wiki:
        run(wiki, tmp_path, ["Same", "Same"])
    assert wiki.asked["Same"] == 1
    assert len(lines(tmp_path / "films.jsonl")) == 1
    assert lines(tmp_path / "misses.jsonl")[0]["reason"] == "its page 'Same' is already there for Same (2001)"


def test_the_tutorials_json_is_written_too(tmp_path: Path) -> None:
    with MisbehavingWiki() as wiki:
        run(wiki, tmp_path, ["One", "Two"], seed_json=tmp_path / "movieDataPlot.json")
    assert json.loads((tmp_path / "movieDataPlot.json").read_text()) == [
        {"title": "One", "plot": "The plot of One."},
        {"title": "Two", "plot": "The plot of Two."},
    ]


def test_two_connections_ask_for_one_title_once(tmp_path: Path) -> None:
    with MisbehavingWiki(delay=0.05) as wiki:
        run(wiki, tmp_path, ["Same"] * 8, connections=4)
    assert wiki.asked == {"Same": 1}


def test_an_interrupt_is_told_in_one_line_and_gone_on_from(tmp_path: Path) -> None:
    write_list(tmp_path / "list.csv", ["One", "Two", "Three"])
    output = tmp_path / "films.jsonl"
    with MisbehavingWiki(delay=0.3) as wiki:
        command = [sys.executable, str(SCRIPT), "fetch", "--titles", str(tmp_path / "list.csv"), "-o", str(output)]
        command += ["--contact", "me@example.org", "--api", wiki.api]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while wiki.asked.total() < 2 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "stopped; what is done is kept, and the same command goes on from there" in stderr
        assert "Traceback" not in stderr
        assert not output.exists()
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        assert wiki.asked["One"] == 1
    assert len(lines(output)) == 3


def test_two_processes_dont_write_one_file(tmp_path: Path) -> None:
    with MisbehavingWiki() as wiki, Answers(tmp_path / "films.jsonl.state.sqlite3"), pytest.raises(LockedError):
        run(wiki, tmp_path, ["One"])


def test_a_damaged_state_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "films.jsonl.state.sqlite3").write_bytes(b"no database" * 1000)
    with MisbehavingWiki() as wiki, pytest.raises(StoreError, match="delete it and start"):
        run(wiki, tmp_path, ["One"])


@pytest.mark.parametrize("contact", ["", "me", "me@", "http://", "a b@c.d"])
def test_no_contact_no_request(tmp_path: Path, contact: str) -> None:
    with MisbehavingWiki() as wiki, pytest.raises(UsageError, match="is no contact"):
        run(wiki, tmp_path, ["One"], contact=contact)
    assert not wiki.asked


@pytest.mark.slow
def test_killed_anywhere_it_ends_with_the_same_file_and_asks_nothing_twice(tmp_path: Path) -> None:
    titles = [f"Film {number}" for number in range(40)]
    write_list(tmp_path / "list.csv", titles)
    chance = random.Random(4)
    kills = 0
    with MisbehavingWiki(delay=0.02) as wiki:
        run(wiki, tmp_path, titles)
        whole = (tmp_path / "films.jsonl").read_bytes()
        wiki.asked.clear()
        output = tmp_path / "killed.jsonl"
        command = [sys.executable, str(SCRIPT), "fetch", "--titles", str(tmp_path / "list.csv"), "-o", str(output)]
        command += ["--contact", "me@example.org", "--api", wiki.api]
        for _ in range(12):
            before = wiki.asked.total()
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            while wiki.asked.total() < before + 1 and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.2))
            if kills < 3:
                assert not output.exists()
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
            process.wait(30)
            if output.exists():
                break
    assert kills == 3
    assert output.read_bytes() == whole
    # Only what was under way when the process died, and so never reached it, is asked for again.
    assert wiki.asked.total() <= len(titles) + kills
    assert sorted(path.name for path in tmp_path.glob("killed*")) == ["killed.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "say which films"),
        (["--contact", "me@example.org", "-o", "x.jsonl"], 2, "say which films"),
        (["Heat", "--list", "Films", "--enrich"], 2, "FILM and --list and --enrich do not go together"),
        (["--enrich", "-o", "x.jsonl"], 2, "-o does not go with --enrich"),
        (["--dump", "x.xml", "--dry-run"], 2, "--dry-run does not go with --dump"),
        (["--dump", "x.xml", "--top", "5"], 2, "--top does not go with --dump"),
        (["--dump", "x.xml", "-o", "x.jsonl", "--seed-json", "y.json"], 2, "--seed-json does not go with --dump"),
        (["Heat", "--seed-json", "x.json"], 2, "--seed-json goes with -o"),
        (["Heat", "--language", "xx"], 2, "'xx' is not one of 'en'"),
        (["https://de.wikipedia.org/wiki/Heat"], 2, "--language de asks that one"),
        (["[[]]"], 2, "can't be a film's title"),
        (["--imdb", "."], 1, "there is no title.basics.tsv.gz in ."),
        (["--contact", "me", "-o", "x.jsonl", "--category", "Films"], 2, "is no contact"),
        (["--contact", "me@example.org", "-o", "x.jsonl", "--titles", "no.csv"], 1, "there is no file no.csv"),
        (["--contact", "me@example.org", "-o", "x.jsonl", "--category", "A", "--api", "ftp://x"], 2, "is no address"),
        (["--contact", "me@example.org", "-o", "no/x.jsonl", "--titles", "no.csv"], 1, "there is no folder no"),
        (
            ["--contact", "me@example.org", "-o", "x.jsonl", "--category", "Films", "--api", "http://127.0.0.1:9/",
             "--attempts", "1"], 1, "no connection to the wiki",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_line(tmp_path: Path, arguments: list[str], status: int, message: str) -> None:
    command = [sys.executable, str(SCRIPT), "fetch", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
