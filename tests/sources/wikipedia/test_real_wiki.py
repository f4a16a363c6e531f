"""Against a real MediaWiki on this machine, through the Wikipedia-API library as it is."""

from __future__ import annotations

import bz2
import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.paths import ROOT
from support.wiki.pages import PAGES, WANTED
from support.wiki.setup_wiki import Wiki, free_port, missing

from moviesearch.records import Movie
from moviesearch.sources import read
from moviesearch.sources.wikipedia.api.answers import Answers
from moviesearch.sources.wikipedia.api.client import NoPage, Page, WikiClient
from moviesearch.sources.wikipedia.api.polite import PoliteTransport

pytestmark = pytest.mark.wiki

SCRIPT = ROOT / "scripts" / "build_dataset.py"


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    if lack := missing():
        if os.environ.get("CI"):
            pytest.fail(lack)
        pytest.skip(lack)
    wiki = Wiki(tmp_path_factory.mktemp("wiki"), free_port())
    wiki.build(PAGES)
    server = wiki.serve(wiki.folder / "server.log")
    yield wiki
    server.terminate()
    server.wait(10)


@pytest.fixture
def client(wiki: Wiki, tmp_path: Path) -> Iterator[WikiClient]:
    with Answers(tmp_path / "answers.sqlite3") as answers:
        transport = PoliteTransport(answers, api=wiki.api)
        yield WikiClient("me@example.org", transport)
        transport.close()


@pytest.fixture
def films_csv(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["Title", "Year"], *((film.title, film.year) for film in WANTED)])
    return path


def command(wiki: Wiki, output: Path, *arguments: object) -> list[str]:
    fetch = [sys.executable, str(SCRIPT), "fetch", "--contact", "me@example.org", "--api", wiki.api, "-o", str(output)]
    return [*fetch, *map(str, arguments)]


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def requests(wiki: Wiki) -> list[str]:
    return re.findall(r"\[200\]: GET (\S+)", (wiki.folder / "server.log").read_text())


def test_forty_films_yield_the_plots_and_the_misses_they_must(wiki: Wiki, films_csv: Path, tmp_path: Path) -> None:
    output, misses, seed = tmp_path / "films.jsonl", tmp_path / "misses.jsonl", tmp_path / "movieDataPlot.json"
    assert len(WANTED) == 40
    done = subprocess.run(
        command(wiki, output, "--titles", films_csv, "--misses", misses, "--seed-json", seed),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    with_plot = [film for film in WANTED if film.plot]
    records = lines(output)
    assert [(film["wikipedia_title"], film["plot"]) for film in records] == [
        (film.page, film.plot) for film in with_plot
    ]
    missed = lines(misses)
    assert [entry["title"] for entry in missed] == [film.title for film in WANTED if film.miss]
    for entry, film in zip(missed, [film for film in WANTED if film.miss], strict=True):
        assert film.miss and film.miss in str(entry["reason"])
    assert json.loads(seed.read_text()) == [{"title": film["title"], "plot": film["plot"]} for film in records]
    assert f"{len(with_plot)} films" in done.stderr
    # What `moviesearch ingest` makes of it: every line is a film.
    movies = list(read(output))
    assert all(isinstance(movie, Movie) for movie in movies)
    assert len(movies) == len(with_plot)
    assert {"licence", "wikipedia_page_id", "wikipedia_revision_id", "country"} <= set(records[0])
    assert records[0]["genres"] == ["drama"]
    assert records[0]["country"] == "United States"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films.jsonl", "list.csv", "misses.jsonl", seed.name]


def test_what_is_fetched_can_be_searched(wiki: Wiki, films_csv: Path, tmp_path: Path) -> None:
    output, store = tmp_path / "films.jsonl", str(tmp_path / "store")
    subprocess.run(command(wiki, output, "--titles", films_csv), check=True, capture_output=True)
    moviesearch = [sys.executable, "-m", "moviesearch"]
    subprocess.run([*moviesearch, "ingest", str(output), "--store", store], check=True, capture_output=True)
    plot = "a dog finds somebody's glove in the snow"
    done = subprocess.run(
        [*moviesearch, "find", "--plot", plot, "--store", store, "--format", "json"], check=True, capture_output=True
    )
    best = json.loads(done.stdout)["results"][0]
    assert (best["title"], best["year"], best["genres"]) == ("Three Winters", 2011, ["drama"])
    assert best["url"].endswith("/Three_Winters")


def test_killed_at_ten_random_moments_it_ends_with_the_same_file(wiki: Wiki, films_csv: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    before = len(requests(wiki))
    subprocess.run(command(wiki, whole, "--titles", films_csv), check=True, capture_output=True)
    needed = len(requests(wiki)) - before
    chance = random.Random(10)
    before = len(requests(wiki))
    kills = 0
    for _ in range(60):
        process = subprocess.Popen(
            command(wiki, killed, "--titles", films_csv), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert process.stderr
        if kills < 10:
            state = len(requests(wiki))
            deadline = time.monotonic() + 30
            while len(requests(wiki)) == state and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.25))
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
            assert not killed.exists()
        else:
            assert process.wait(60) == 0, process.stderr.read()
        process.stderr.close()
        if killed.exists():
            break
    assert kills == 10
    assert killed.read_bytes() == whole.read_bytes()
    assert len(requests(wiki)) - before <= needed + kills
    assert sorted(path.name for path in tmp_path.iterdir()) == ["killed.jsonl", "list.csv", "whole.jsonl"]


def test_a_category_yields_its_articles(wiki: Wiki, tmp_path: Path) -> None:
    output = tmp_path / "films.jsonl"
    subprocess.run(command(wiki, output, "--category", "1995 films"), check=True, capture_output=True)
    assert [film["title"] for film in lines(output)] == ["Seven Doors", "The Quiet Road 5"]
    none = subprocess.run(command(wiki, output, "--category", "No such films"), capture_output=True, text=True)
    assert none.returncode == 2
    assert "no article is in the category 'No such films'" in none.stderr


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("", "can't be the title"),
        ("###", "can't be the title"),
        ("x" * 300, "can't be the title"),
        ("Loop One", "leads nowhere"),
        ("Template:Ubl", "is no article"),
        ("Never Made", "there is no page"),
        ("Bad %41 title", "there is no page"),
        ("..", "there is no page"),
        ("\ud800", "can't be the title"),
    ],
)
def test_titles_that_lead_to_no_page(client: WikiClient, title: str, reason: str) -> None:
    page = client.page(title)
    assert isinstance(page, NoPage)
    assert reason in page.reason


def test_one_request_brings_all_of_a_page(wiki: Wiki, client: WikiClient) -> None:
    before = len(requests(wiki))
    page = client.page("Se7en Doors")
    assert isinstance(page, Page)
    assert page.title == "Seven Doors (1995 film)"
    assert "1995 films" in page.categories
    assert page.revision_id
    assert "== Plot ==" in page.text
    assert len(requests(wiki)) - before == 1


def test_the_wikis_own_dump_gives_the_same_plots(wiki: Wiki, films_csv: Path, tmp_path: Path) -> None:
    fetched, dump, output = tmp_path / "fetched.jsonl", tmp_path / "dump.xml", tmp_path / "films.jsonl"
    subprocess.run(command(wiki, fetched, "--titles", films_csv), check=True, capture_output=True)
    wiki.dump(dump)
    (tmp_path / "dump.xml.bz2").write_bytes(bz2.compress(dump.read_bytes()))
    subprocess.run(
        [sys.executable, str(SCRIPT), "dump", str(tmp_path / "dump.xml.bz2"), "-o", str(output)],
        check=True,
        capture_output=True,
    )
    dumped = {film["wikipedia_title"]: film for film in lines(output)}
    listed = {film["wikipedia_title"]: film for film in lines(fetched)}
    # "Grand Tour" isn't in the list; "Only Plot" has no infobox, but a film's category.
    assert set(listed) - set(dumped) == set()
    assert set(dumped) - set(listed) == {"Grand Tour"}
    for title, film in dumped.items():
        for key in ("title", "year", "plot", "genres", "country", "url", "wikipedia_page_id", "wikipedia_revision_id"):
            assert film.get(key) == listed.get(title, film).get(key), (title, key)
    tour = dumped["Grand Tour"]
    assert tour["director"] == "Jean Petit and Anna Neri"
    assert tour["country"] == "France, Italy"
    assert tour["language"] == "French, Italian"
    assert tour["year"] == 2019
    assert tour["genres"] == ["crime", "comedy"]
