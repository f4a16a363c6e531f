"""`moviesearch fetch` from two real MediaWikis, an English and a German one: lists, redirects, ids, languages."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from support.wiki import german_pages
from support.wiki.pages import PAGES, film
from support.wiki.setup_wiki import Wiki, free_port, missing

from moviesearch import MovieSearch
from moviesearch.sources.wikipedia.api.answers import Answers
from moviesearch.sources.wikipedia.api.client import WikiClient
from moviesearch.sources.wikipedia.api.polite import PoliteTransport

pytestmark = pytest.mark.wiki

Run = Callable[..., Result]

NAMED = "The Lamp Room"
LISTED = ["The Quiet Road 3", "Seven Doors", "Lantern", "Three Winters", "Harbour"]
"""The films of the list below, in its order."""

ENGLISH = {
    **PAGES,
    "List of quiet films": "Quiet films, and a [[harbour]].\n\n{| class='wikitable'\n! Film !! By\n|-\n"
    "| ''[[The Quiet Road 3]]'' || [[Ada Rowe]]\n|-\n| ''[[Se7en Doors|Seven]]'' || [[Nobody]]\n|-\n"
    "| {{Nowrap|''[[lantern (2006 film)|Lantern]]''}} || after [[The Salt Path Home]]\n|-\n"
    "| [[Three Winters#Plot|Winters]]<ref>[[Grand Tour]]</ref> || [[Loop One]]\n|}\n"
    + "".join(f"* [[A person of no note {number}]]\n" for number in range(60))
    + "* ''[[Seven Doors (1995 film)]]'' again\n* ''[[Harbour (film)]]''\n[[File:Still.jpg|thumb|[[Twice]]]]\n"
    "[[de:Liste]]\n[[Category:1995 films]]",
    "Quiet list": "#REDIRECT [[List of quiet films]]",
    "Un Titre Étrange": film(
        "Un Titre Étrange",
        2016,
        "== Plot ==\nA door.\n",
        rest="== Links ==\n[https://www.imdb.com/title/tt7654321/ x]\n",
    ),
    f"{NAMED} (1987 film)": film(NAMED, 1987, f"== Plot ==\n{'A keeper finds an empty boat in the fog. ' * 30}\n"),
}


@pytest.fixture(scope="module")
def wikis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Wiki]]:
    if lack := missing():
        if os.environ.get("CI"):
            pytest.fail(lack)
        pytest.skip(lack)
    wikis, servers = {}, []
    for language, pages in (("en", ENGLISH), ("de", german_pages.PAGES)):
        wikis[language] = Wiki(tmp_path_factory.mktemp(language), free_port())
        wikis[language].build(pages, language)
        servers.append(wikis[language].serve(wikis[language].folder / "server.log"))
    yield wikis
    for server in servers:
        server.terminate()
        server.wait(10)


@pytest.fixture
def fetch(run: Run, wikis: dict[str, Wiki]) -> Run:
    """fetch("--list", ..., language="de") -> the result of the command."""

    def fetch_from(*arguments: object, language: str = "en") -> Result:
        wiki = wikis[language]
        return run("fetch", *arguments, "--language", language, "--contact", "me@example.org", "--api", wiki.api)

    return fetch_from


def asked(wiki: Wiki) -> int:
    return len(re.findall(r"\[200\]: GET ", (wiki.folder / "server.log").read_text()))


def shown(run: Run, title: str) -> dict[str, object]:
    film: dict[str, object] = json.loads(run("show", title, "--format", "json").stdout)
    return film


def stored() -> list[str]:
    with MovieSearch() as search:
        return sorted(title for _, title, _ in search._collection.ledger.titles())


@pytest.mark.parametrize("name", ["List of quiet films", "Quiet list", "list_of quiet films"])
def test_the_films_that_a_page_lists_come_in_its_order(fetch: Run, name: str) -> None:
    shown = fetch("--list", name, "--dry-run")
    assert shown.stdout.splitlines() == [
        "The Quiet Road 3", "Seven Doors (1995 film)", "Lantern (2006 film)", "Three Winters", "Harbour (film)",
    ]  # fmt: skip


def test_only_films_are_asked_for_and_fifty_links_at_once(fetch: Run, wikis: dict[str, Wiki]) -> None:
    before = asked(wikis["en"])
    fetch("--list", "List of quiet  films", "--dry-run")
    # The page, and its 70 links in two requests. They aren't asked for again; the five films are.
    assert asked(wikis["en"]) - before == 3
    result = fetch("--list", "List of quiet  films")
    assert result.exit_code == 0
    assert stored() == sorted(LISTED)
    assert "5 films, 0 misses" in result.stderr
    assert asked(wikis["en"]) - before == 8
    before = asked(wikis["en"])
    assert fetch("--list", "List of quiet films", "--top", 2).exit_code == 0
    assert asked(wikis["en"]) - before == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--list", "Lantern"), "the page 'Lantern' lists no films"),
        (("--list", "No such list"), "there is no page 'No such list' on the wiki"),
        (("--list", "[[]]"), "there is no page '[[]]' on the wiki"),
        (("--list", "Loop One"), "there is no page 'Loop One' on the wiki"),
        (("--category", "No such films"), "no article is in the category 'No such films'"),
    ],
)
def test_lists_without_films_are_told(fetch: Run, arguments: tuple[str, ...], message: str) -> None:
    result = fetch(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not MovieSearch().exists()


def test_a_category_a_redirect_and_an_address(fetch: Run, run: Run) -> None:
    assert fetch("--category", "1998 drama films").exit_code == 0
    assert stored() == ["The Quiet Road 8", "Twice"]
    assert fetch("Se7en Doors (1995)", "https://en.wikipedia.org/wiki/Three_Winters").exit_code == 0
    assert shown(run, "Seven Doors")["wikipedia_title"] == "Seven Doors (1995 film)"
    assert shown(run, "Three Winters")["year"] == 2011


def test_the_right_film_or_a_miss_with_its_reason(fetch: Run) -> None:
    result = fetch("Twice", "Twice (1998)", "The Salt Path Home (1986)", "Lost Reel", "Nowhere at all")
    assert result.exit_code == 1
    assert stored() == ["Twice"]
    assert [line.strip() for line in result.stderr.splitlines()[1:]] == [
        "Twice: 'Twice' is the title of several films, so that a year is needed: Twice (1950 film); Twice (1998 film)",
        "The Salt Path Home (1986): the page 'The Salt Path Home' is not of a film: The Salt Path Home is a 1984 novel "
        "by Ada Rowe.",
        "Lost Reel: the page 'Lost Reel' is the film, but it has no plot section",
        "Nowhere at all: there is no page 'Nowhere at all' or 'Nowhere at all (film)'",
    ]


def test_a_film_by_its_id_at_imdb(fetch: Run, run: Run) -> None:
    assert fetch("tt7654321").exit_code == 0
    film = shown(run, "Un Titre Étrange")
    assert (film["imdb_id"], film["year"]) == ("tt7654321", 2016)
    missed = fetch("tt0000009")
    assert missed.exit_code == 1
    assert "no page links to tt0000009 at IMDb" in missed.stderr


def test_overviews_are_matched_by_id_or_page_else_by_title_and_year(fetch: Run, run: Run) -> None:
    catalogue = [
        {"id": "1", "title": "A Strange Title", "plot": "Odd.", "imdb_id": "tt7654321"},
        {"id": "2", "title": "Rivers", "plot": "Snow.", "url": "https://en.wikipedia.org/wiki/Three_Winters"},
        {"id": "3", "title": "Twice", "year": 1950, "plot": "Again."},
        {"id": "4", "title": "Twice", "year": 1998, "plot": "Once more."},
        {"id": "5", "title": "Late Release", "year": 2015, "plot": "Too late."},
        {"id": "6", "title": "Seven Doors", "year": 1995, "plot": "Doors.", "director": "Another Hand"},
    ]
    run("ingest", "-", stdin="\n".join(map(json.dumps, catalogue)))
    result = fetch("--enrich")
    assert "0 added, 5 updated" in result.stdout
    assert shown(run, "A Strange Title")["plot"] == "Odd.\n\nA door."
    assert str(shown(run, "Rivers")["plot"]).startswith("Snow.\n\nIt snows.\nThe dog finds a red glove.")
    with MovieSearch() as search:
        assert "Theo" in search.film("3").plot and "Tess" in search.film("4").plot
    assert "5: Late Release (2015): 'Late Release' is a film of 1981, not of 2015" in result.stderr


def test_a_film_of_another_language_keeps_its_english_title(fetch: Run, run: Run, tmp_path: Path) -> None:
    assert fetch("Der Leuchtturm (1987)", "Lichter", language="de").exit_code == 0
    with MovieSearch() as search:
        films = {movie.year: movie for movie in search.movies(search._collection.ledger.ids()).values()}
    assert films[1987].plot == german_pages.LIGHTHOUSE
    assert films[1987].extra["also"] == [NAMED]
    assert films[1987].genres == ("drama",)
    assert films[2003].extra["country"] == "Germany"
    assert "also" not in films[2003].extra
    (tmp_path / "seen.txt").write_text(f"{NAMED} (1987)\n")
    seen = run("find", "Leuchtturm", "--seen", tmp_path / "seen.txt", "--format", "jsonl")
    assert [json.loads(line)["year"] for line in seen.stdout.splitlines()] == [2003]


def test_a_german_list_category_and_what_is_no_film(fetch: Run) -> None:
    listed = fetch("--list", "Liste sehenswerter Filme", "--dry-run", language="de")
    assert listed.stdout == "Der Leuchtturm (2003)\nDer Leuchtturm (1987)\n"
    assert fetch("--category", "Kategorie:Filmtitel 1987", language="de").exit_code == 0
    assert stored() == ["Der Leuchtturm"]
    missed = fetch("Der Leuchtturm", "Nebel", "Ohne Handlung", language="de")
    assert missed.exit_code == 1
    assert "a year is needed: Der Leuchtturm (1987); Der Leuchtturm (2003)" in missed.stderr
    assert "the page 'Nebel' is not of a film: Nebel ist ein Teil des Wetters." in missed.stderr
    assert "the page 'Ohne Handlung' is the film, but it has no plot section" in missed.stderr


def test_a_german_dump_comes_into_the_collection(run: Run, wikis: dict[str, Wiki], tmp_path: Path) -> None:
    dump = tmp_path / "dump.xml"
    wikis["de"].dump(dump)
    dump.write_text(dump.read_text(encoding="utf-8").replace("<dbname>films<", "<dbname>dewiki<"), encoding="utf-8")
    result = run("fetch", "--dump", dump, "--jobs", 1)
    assert result.exit_code == 0
    assert "2 added" in result.stdout
    assert "2 films in the dump" in result.stderr
    with MovieSearch() as search:
        films = {movie.year: movie for movie in search.movies(search._collection.ledger.ids()).values()}
    assert (films[1987].plot, films[1987].extra["also"]) == (german_pages.LIGHTHOUSE, [NAMED])
    assert films[1987].extra["director"] == "Ada Rowe"
    assert "2 unchanged" in run("fetch", "--dump", dump, "--jobs", 1).stdout


def test_killed_at_random_moments_all_come_and_nothing_is_asked_twice(wikis: dict[str, Wiki], tmp_path: Path) -> None:
    wiki, chance = wikis["en"], random.Random(7)
    titles = [f"The Quiet Road {number} ({1990 + number})" for number in range(1, 9)]
    (tmp_path / "list.txt").write_text("\n".join(titles))
    command = [sys.executable, "-m", "moviesearch", "fetch", "--titles", str(tmp_path / "list.txt")]
    command += ["--contact", "me@example.org", "--api", wiki.api]
    start, kills = asked(wiki), 0
    for _ in range(40):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if kills < 4:
            before = asked(wiki)
            while asked(wiki) == before and process.poll() is None:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=120)
        kills += process.returncode == -signal.SIGKILL
        if process.returncode == 0:
            break
    assert kills >= 1
    assert stored() == [f"The Quiet Road {number}" for number in range(1, 9)]
    assert asked(wiki) - start <= 8 + kills


def test_pages_of_an_id_at_imdb(wikis: dict[str, Wiki], tmp_path: Path) -> None:
    with Answers(tmp_path / "answers.sqlite3") as answers:
        transport = PoliteTransport(answers, api=wikis["en"].api)
        client = WikiClient("me@example.org", transport)
        assert client.with_imdb_id("tt7654321") == ["Un Titre Étrange"]
        assert client.with_imdb_id("tt765432") == []
        transport.close()
