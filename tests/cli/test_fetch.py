"""`moviesearch fetch` into a collection, from a wiki that may misbehave: what is stored, said and asked."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from support.wiki.misbehaving import MisbehavingWiki

from moviesearch import MovieSearch

pytestmark = pytest.mark.integration

CONTACT = ("--contact", "me@example.org")


@pytest.fixture
def wiki():
    with MisbehavingWiki() as wiki:
        yield wiki


@pytest.fixture
def fetch(run, wiki):
    """fetch("A film", ...) -> the result of the command, which asks the test's wiki."""
    return lambda *arguments, **environment: run("fetch", *arguments, *CONTACT, "--api", wiki.api, **environment)


@pytest.fixture
def shown(run):
    """shown("A film") -> the film as it is stored."""
    return lambda title: json.loads(run("show", title, "--format", "json").stdout)


def command(wiki, *arguments):
    return [sys.executable, "-m", "moviesearch", "fetch", *map(str, arguments), *CONTACT, "--api", wiki.api]


def stored():
    with MovieSearch() as search:
        return {movie.title for movie in search.movies(search._collection.ledger.ids()).values()}


def found(run, words):
    result = run("find", words, "--mode", "lexical", "--format", "jsonl")
    return [json.loads(line)["title"] for line in result.stdout.splitlines()]


@pytest.fixture
def states(model_cache):
    """A function that gives the files by which a fetch of this test goes on; the cache may hold earlier runs' too."""
    folder = model_cache / "fetch"
    before = set(folder.glob("*"))
    return lambda: set(folder.glob("*")) - before


def test_a_film_is_in_the_collection_and_found_at_once(fetch, run, shown, wiki, states):
    result = fetch("The lamp in fog", "Harbour at dusk (2001)")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == [
        "The lamp in fog (2001): https://wiki.test/The%20lamp%20in%20fog",
        "Harbour at dusk (2001): https://wiki.test/Harbour%20at%20dusk",
    ]
    assert "2 added, 0 updated" in result.stdout
    assert result.stderr.startswith("2 films, 0 misses; 2 requests")
    assert found(run, "dusk") == ["Harbour at dusk"]
    film = shown("Harbour at dusk")
    assert (film["licence"], film["wikipedia_revision_id"]) == ("CC BY-SA 4.0", 7)
    assert states() == set()
    again = fetch("Harbour at dusk")
    assert "0 added, 0 updated, 1 unchanged" in again.stdout


def test_what_comes_into_the_collection_is_what_a_file_would_hold(fetch, run, tmp_path):
    fetch("The lamp in fog")
    assert fetch("The lamp in fog", "-o", tmp_path / "films.jsonl").exit_code == 0
    assert "0 added, 0 updated, 1 unchanged" in run("ingest", tmp_path / "films.jsonl").stdout


@pytest.mark.parametrize("how", ["429", "maxlag", "cut"])
def test_what_passes_is_waited_for(fetch, wiki, how):
    result = fetch("Before this", f"{how} once film", "After this", "--timeout", "5")
    assert result.exit_code == 0
    assert stored() == {"Before this", f"{how} once film", "After this"}
    assert wiki.asked[f"{how} once film"] == 2


def test_a_film_without_an_answer_is_asked_again_alone(fetch, wiki, states, tmp_path):
    titles = ("The first", "503 always", "The last one", "--attempts", "1", "--misses", tmp_path / "misses.jsonl")
    result = fetch(*titles)
    assert result.exit_code == 1
    assert "1 of them had no answer: run the same command again" in result.stderr
    assert stored() == {"The first", "The last one"}
    [miss] = (tmp_path / "misses.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(miss)["reason"].startswith("no answer after 1 attempts: the wiki is busy (HTTP 503)")
    wiki.asked["503 always"] = 10**9
    assert fetch(*titles).exit_code == 0
    assert stored() == {"The first", "503 always", "The last one"}
    assert wiki.asked["The first"] == wiki.asked["The last one"] == 1
    assert states() == set()


@pytest.mark.parametrize("connections", [1, 3])
def test_a_wiki_that_is_down_ends_it_and_what_came_is_stored(fetch, wiki, tmp_path, connections):
    listed = tmp_path / "list.txt"
    listed.write_text("The first (2001)\n" + "".join(f"503 always {number} (2001)\n" for number in range(9)))
    result = fetch("--titles", listed, "--attempts", "1", "--connections", connections)
    assert result.exit_code == 1
    assert "Error: the wiki gives no answers" in result.stderr
    assert "the same command goes on from there" in result.stderr
    assert "Traceback" not in result.stderr
    assert stored() == {"The first"}
    assert len(wiki.asked) < 8


def test_an_interrupt_ends_a_long_wait(tmp_path):
    with MisbehavingWiki("300") as wiki:
        process = subprocess.Popen(
            command(wiki, "The first", "429 always here"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while wiki.asked.total() < 2 and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "1 added" in stdout and "stopped; what is done is kept" in stderr


def test_words_without_quotes_are_one_title_where_a_film_has_it(fetch, wiki):
    result = fetch("The", "Lamp", "2001")
    assert "taking 'The Lamp (2001)' as one title" in result.stderr
    assert stored() == {"The Lamp"}
    assert wiki.asked == {"The Lamp": 1}


def test_a_dry_run_shows_the_films_and_asks_for_none(fetch, wiki, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text("title,year\nOne film,2001\nTwo films,1999\n")
    result = fetch("--titles", listed, "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "One film (2001)\nTwo films (1999)\n")
    assert "2 films would be asked for" in result.stderr
    assert not wiki.asked
    assert not MovieSearch().exists()
    assert fetch("--titles", listed, "--top", 1, "--dry-run").stdout == "One film (2001)\n"


def test_without_a_contact_it_goes_slowly_and_says_so_to_the_wiki(run, wiki):
    assert run("fetch", "One film", "Two films", "--api", wiki.api).exit_code == 0
    assert all("no contact given" in agent for agent in wiki.agents)
    assert wiki.at[1] - wiki.at[0] >= 0.9
    run("fetch", "Three films", "--api", wiki.api, MOVIESEARCH_CONTACT="me@example.org")
    assert any("me@example.org" in agent for agent in wiki.agents)


def test_killed_and_run_again_it_asks_for_nothing_twice(tmp_path):
    titles = [f"Film number {number}" for number in range(12)]
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"{title} (2001)\n" for title in titles))
    with MisbehavingWiki(delay=0.05) as wiki:
        process = subprocess.Popen(command(wiki, "--titles", listed), stderr=subprocess.DEVNULL)
        while wiki.asked.total() < 4 and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        done = subprocess.run(command(wiki, "--titles", listed), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "12 added" in done.stdout
        assert stored() == set(titles)
        # What was under way when the process died never reached it.
        assert wiki.asked.total() <= len(titles) + 1


def test_an_interrupt_keeps_what_came_and_is_gone_on_from(tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"Film number {number} (2001)\n" for number in range(8)))
    with MisbehavingWiki(delay=0.2) as wiki:
        process = subprocess.Popen(
            command(wiki, "--titles", listed), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while wiki.answered.total() < 3 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "stopped; what is done is kept, and the same command goes on from there" in stderr
        assert "Traceback" not in stderr
        kept = len(stored())
        assert kept >= 2 and f"{kept} added" in stdout
        subprocess.run(command(wiki, "--titles", listed), check=True, capture_output=True)
        assert len(stored()) == 8
        assert wiki.asked.total() == 8


@pytest.fixture
def overviews(run, tmp_path):
    """A catalogue with overviews, ingested."""
    path = tmp_path / "catalogue.csv"

    def write(overview):
        path.write_text(
            "id,title,overview,year,director\n"
            f"11,Quiet harbour,{overview},2001,\n"
            f'12,Long film,"{"The whole story is told here. " * 40}",2001,\n'
            "13,Other year,A lamp.,1950,\n",
            encoding="utf-8",
        )
        return run("ingest", path)

    write("A zebra crosses the pier.")
    return write


def test_an_overview_gets_its_whole_plot_and_both_are_found(fetch, run, shown, overviews, wiki):
    listed = fetch("--enrich", "--dry-run")
    assert listed.stdout == "Quiet harbour (2001)\nOther year (1950)\n"
    result = fetch("--enrich")
    assert result.exit_code == 0
    assert "0 added, 1 updated" in result.stdout
    assert "13: Other year (1950): 'Other year' is a film of 2001, not of 1950" in result.stderr
    assert "Long film" not in wiki.asked
    film = shown("Quiet harbour")
    assert film["plot"] == "A zebra crosses the pier.\n\nThe plot of Quiet harbour."
    assert (film["id"], film["overview"]) == ("11", "A zebra crosses the pier.")
    assert (film["licence"], film["wikipedia_revision_id"]) == ("CC BY-SA 4.0", 7)
    assert found(run, "zebra pier") == found(run, "plot quiet harbour") == ["Quiet harbour"]
    assert fetch("--enrich", "--dry-run").stdout == "Other year (1950)\n"


def test_a_catalogue_that_is_ingested_again_loses_no_plot(fetch, shown, overviews):
    fetch("--enrich")
    assert "0 added, 0 updated, 3 unchanged" in overviews("A zebra crosses the pier.").stdout
    assert "0 added, 1 updated, 2 unchanged" in overviews("A giraffe crosses the pier.").stdout
    film = shown("Quiet harbour")
    assert film["plot"] == "A giraffe crosses the pier.\n\nThe plot of Quiet harbour."
    assert film["overview"] == "A giraffe crosses the pier."
    assert "1 updated" in overviews("It is told in full. " * 60).stdout
    assert shown("Quiet harbour")["plot"].startswith("It is told in full. It is")


def test_a_film_that_is_fetched_by_name_keeps_its_overview(fetch, shown, overviews):
    result = fetch("Quiet harbour")
    assert "0 added, 1 updated" in result.stdout
    film = shown("Quiet harbour")
    assert (film["id"], film["plot"]) == ("11", "A zebra crosses the pier.\n\nThe plot of Quiet harbour.")
    assert "1 unchanged" in fetch("Quiet harbour").stdout


def test_where_every_film_has_its_plot_nothing_is_asked(fetch, run, wiki):
    run("ingest", "-", stdin=json.dumps({"title": "Long", "plot": "The whole story is told here. " * 40}))
    result = fetch("--enrich")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "every film here has its whole plot\n")
    assert not wiki.asked


def test_in_the_default_place_it_comes_beside_the_bundled_films(run, wiki, monkeypatch, tmp_path, bundled_store):
    """As with a question: whoever fetches a film first doesn't lose those that come with the program."""
    shutil.copytree(bundled_store, tmp_path / "moviesearch", ignore=lambda folder, names: {"films"} & set(names))
    monkeypatch.delenv("MOVIESEARCH_STORE")
    monkeypatch.setattr("moviesearch.config._data_folder", lambda: str(tmp_path / "moviesearch"))
    result = run("fetch", "A film of its own", *CONTACT, "--api", wiki.api)
    assert result.stderr.startswith("storing the 1,048 films that come with moviesearch (once)")
    assert "1 added" in result.stdout
    with MovieSearch() as search:
        assert search.info().films == 1049


def test_nothing_to_enrich_in_a_store_without_films(fetch):
    result = fetch("--enrich")
    assert result.exit_code == 1
    assert "Error: " in result.stderr


def test_imdbs_tables_are_taken_from_their_folder(fetch, tmp_path):
    (tmp_path / "title.basics.tsv").write_text(
        "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres\n"
        "tt0000001\tmovie\tGood film\tGood film\t0\t2001\t\\N\t90\tDrama\n"
        "tt0000002\tmovie\tBetter film\tBetter film\t0\t2001\t\\N\t90\tDrama\n"
    )
    (tmp_path / "title.ratings.tsv").write_text(
        "tconst\taverageRating\tnumVotes\ntt0000001\t7.0\t50000\ntt0000002\t9.0\t50000\n"
    )
    assert fetch("--imdb", tmp_path, "--dry-run").stdout == "Better film (2001)\nGood film (2001)\n"
    assert fetch("--imdb", tmp_path, "--top", 1).exit_code == 0
    assert stored() == {"Better film"}
