"""Two hundred odd pages of a real MediaWiki, read through its API and out of its dump: film for film the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.paths import ROOT
from support.wiki.odd_pages import CATEGORY, COUNT, ODD_PAGES, wikitexts
from support.wiki.setup_wiki import Wiki, free_port, missing

pytestmark = pytest.mark.wiki

SCRIPT = ROOT / "scripts" / "build_dataset.py"


@dataclass(frozen=True)
class Read:
    """What one way of reading gives: films and those left out, by the title of their page, and what it printed."""

    films: dict[str, dict[str, object]]
    left_out: dict[str, str]
    printed: str


def read(folder: Path, *arguments: str) -> Read:
    films, misses = folder / "films.jsonl", folder / "misses.jsonl"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments, "-o", str(films), "--misses", str(misses)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in films.read_text(encoding="utf-8").splitlines()]
    entries = [json.loads(line) for line in misses.read_text(encoding="utf-8").splitlines()]
    return Read(
        {str(record["wikipedia_title"]): record for record in records},
        {str(entry["title"]): str(entry["reason"]) for entry in entries},
        done.stderr,
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Read, Read]]:
    if lack := missing():
        if os.environ.get("CI"):
            pytest.fail(lack)
        pytest.skip(lack)
    folder = tmp_path_factory.mktemp("odd")
    wiki = Wiki(folder / "wiki", free_port())
    wiki.build(wikitexts())
    wiki.dump(folder / "dump.xml")
    for way in ("api", "dump"):
        (folder / way).mkdir()
    server = wiki.serve()
    try:
        fetch = ("fetch", "--category", CATEGORY, "--contact", "me@example.org", "--api", wiki.api)
        fetched = read(folder / "api", *fetch)
    finally:
        server.terminate()
        server.wait(10)
    yield fetched, read(folder / "dump", "dump", str(folder / "dump.xml"))


def test_api_and_dump_give_the_same_films_with_the_same_plots(both: tuple[Read, Read]) -> None:
    fetched, dumped = both
    films = {page.title for page in ODD_PAGES if not page.reason}
    assert len(ODD_PAGES) == COUNT == 200
    assert set(dumped.films) == set(fetched.films) == films
    differing = {
        title: (fetched.films[title]["plot"], dumped.films[title]["plot"])
        for title in films
        if fetched.films[title]["plot"] != dumped.films[title]["plot"]
    }
    assert not differing
    for title in films:
        for key in ("title", "year", "genres", "country", "url", "wikipedia_page_id", "wikipedia_revision_id"):
            assert fetched.films[title].get(key) == dumped.films[title].get(key), (title, key)


def test_every_plot_has_the_words_that_its_page_has(both: tuple[Read, Read]) -> None:
    _, dumped = both
    lacking = {
        page.title: dumped.films[page.title]["plot"]
        for page in ODD_PAGES
        if page.holds and page.holds not in str(dumped.films[page.title]["plot"])
    }
    assert not lacking


def test_what_is_left_out_is_listed_by_both_with_its_reason(both: tuple[Read, Read]) -> None:
    fetched, dumped = both
    without = {page.title: page for page in ODD_PAGES if page.reason}
    assert set(fetched.left_out) == set(without)
    assert set(dumped.left_out) == {title for title, page in without.items() if page.has_film}
    for title, reason in dumped.left_out.items():
        assert without[title].reason in reason
        if reason.startswith("its plot"):
            assert fetched.left_out[title].endswith(reason)
    assert f"{len(dumped.films)} films in " in dumped.printed
    assert f"{len(dumped.left_out)} articles left out" in dumped.printed
    assert "4 left out: it has no plot section\n" in dumped.printed
