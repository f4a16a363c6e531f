"""`moviesearch seen`: films marked by title and from lists, listed and taken back; and `find --unseen`."""

import csv
import io
import json

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch

FILMS = [
    Movie("lantern-1931", "The Lantern", "A keeper lights a lamp by the sea.", 1931),
    Movie("ferry-1958", "Ferry of Thieves", "Thieves take a ferry over the sea.", 1958),
    Movie("ferry-1990", "Ferry of Thieves", "Thieves take the ferry back by the sea.", 1990),
    Movie("noor", "Café Noor", "Two cooks share a stove by the sea.", 2004),
    Movie("comet", "Comet's Tail", "A comet falls into the sea.", 1977, extra={"watched": True}),
]

LETTERBOXD = """Date,Name,Year,Letterboxd URI
2024-01-02,Cafe Noor,2004,https://boxd.it/1
2024-01-03,Ferry of Thieves,1958,https://boxd.it/2
2024-01-04,"Lamps, Lamps",1999,https://boxd.it/3
"""
TRAKT = json.dumps([{"watched_at": "2024-01-02", "movie": {"title": "The Lantern", "year": 1931, "ids": {"trakt": 1}}}])


@pytest.fixture
def store(tmp_path):
    with MovieSearch(tmp_path / "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
    return tmp_path / "films"


@pytest.fixture
def seen(run, store):
    """seen("add", ...) -> the result of the command."""
    return lambda *arguments, **environment: run("seen", *arguments, "--store", store, **environment)


@pytest.fixture
def listed(seen):
    """listed() -> {(title, id or None)} of what is seen."""

    def list_them(*arguments):
        films = json.loads(seen("list", "--format", "json", *arguments).stdout)
        return {(film["title"], film["id"]) for film in films}

    return list_them


COMET = ("Comet's Tail", "comet")


def test_films_by_title_as_people_type_them(seen, listed):
    added = seen("add", "cafe noor", "lantren", "ferry-1990")
    assert (added.exit_code, added.stdout) == (0, "3 films marked as seen\n")
    assert added.stderr == "taking 'Café Noor (2004)'\ntaking 'The Lantern (1931)'\n"
    assert seen("add", "Café Noor").stdout == "0 films marked as seen; 1 seen already\n"
    assert listed() == {
        ("Café Noor", "noor"),
        ("The Lantern", "lantern-1931"),
        ("Ferry of Thieves", "ferry-1990"),
        COMET,
    }


def test_where_several_films_have_the_title_it_is_asked_which(seen, listed):
    asked = seen("add", "Café Noor", "ferry of thieves")
    assert asked.exit_code == 1
    assert "id ferry-1958" in asked.stderr
    assert asked.stderr.endswith("Say which by its year or id: --year, or the id in place of the title\n")
    assert listed() == {COMET}  # nothing by halves
    seen("add", "ferry of thieves", "--year", "1958")
    assert listed() == {COMET, ("Ferry of Thieves", "ferry-1958")}


def test_a_film_that_is_not_here_is_kept_until_it_comes(run, seen, listed, store):
    added = seen("add", "Lamps, Lamps (1999)", "Face/Off")
    assert added.stdout == "2 films marked as seen, 2 of them not here\n"
    assert "not here yet, and kept until it comes: Lamps, Lamps (1999)" in added.stderr
    with MovieSearch(store, encoder=HashEncoder()) as search:
        search.ingest([Movie("lamps", "Lamps, Lamps", "Two lamps at sea.", 1999)], setting=SETTING)
    assert listed() == {COMET, ("Lamps, Lamps", "lamps"), ("Face/Off", None)}
    assert seen("remove", "lamps lamps", "face off").stdout == "2 films taken back, 1 of them not here\n"
    assert listed() == {COMET}


@pytest.mark.parametrize("name, text, count", [("watched.csv", LETTERBOXD, 3), ("history.json", TRAKT, 1)])
def test_the_lists_of_other_programs(seen, listed, tmp_path, name, text, count):
    (tmp_path / name).write_text(text, encoding="utf-8")
    added = seen("add", tmp_path / name)
    assert added.stdout.startswith(f"{count} film{'s' if count > 1 else ''} marked as seen")
    wanted = {
        "watched.csv": {("Café Noor", "noor"), ("Ferry of Thieves", "ferry-1958"), ("Lamps, Lamps", None)},
        "history.json": {("The Lantern", "lantern-1931")},
    }
    assert listed() == {COMET} | wanted[name]
    seen("remove", tmp_path / name)
    assert listed() == {COMET}


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_listed_can_be_added_again(run, seen, listed, tmp_path, form):
    odd = 'A "Film", with; signs'
    seen("add", odd, "noor", "Lamps (1999)", "--as", "anna")
    file = tmp_path / f"list.{form}"
    file.write_text(seen("list", "--format", form, "--as", "anna").stdout, encoding="utf-8")
    assert seen("add", file, "--as", "ben").exit_code == 0
    assert listed("--as", "ben") == listed("--as", "anna") == {(odd, None), ("Café Noor", "noor"), ("Lamps", None)}


def test_the_formats(seen):
    seen("add", "noor", "Lamps (1999)")
    assert list(csv.reader(io.StringIO(seen("list", "--format", "csv").stdout))) == [
        ["title", "year", "id", "by"],
        ["Café Noor", "2004", "noor", "hand"],
        ["Comet's Tail", "1977", "comet", "record"],
        ["Lamps", "1999", "", "hand"],
    ]
    table = seen("list")
    assert table.stdout.splitlines() == [
        "Café Noor (2004)  noor",
        "Comet's Tail (1977)  comet, by its record",
        "Lamps (1999)  not here",
    ]
    assert table.stderr == "3 films seen, 2 of them here\n"


def test_each_person_has_their_own_films(run, seen, listed, store):
    seen("add", "noor", "--as", "Anna")
    seen("add", "lantern-1931", MOVIESEARCH_AS="ben")
    assert (listed("--as", "anna"), listed("--as", "BEN")) == (
        {("Café Noor", "noor")},
        {("The Lantern", "lantern-1931")},
    )
    assert listed() == {COMET}


def test_unseen_films_are_found(run, seen, store):
    def found(*arguments):
        result = run("find", "the sea", "--mode", "lexical", "--store", store, "--format", "jsonl", *arguments)
        return {json.loads(line)["id"] for line in result.stdout.splitlines()}, result.stderr.splitlines()

    seen("add", "noor", "lantern-1931", "--as", "anna")
    assert found()[0] == {film.id for film in FILMS}
    assert found("--unseen") == (
        {film.id for film in FILMS} - {"comet"},
        ["unseen: 1 film seen is left out"],
    )
    assert found("--unseen", "--as", "anna") == (
        {"ferry-1958", "ferry-1990", "comet"},
        ["unseen: 2 films seen by anna are left out"],
    )
    left = found("--unseen", "--limit", "2", "--as", "anna")[0]
    assert len(left) == 2  # it does not shorten the list


def test_films_are_taken_back_even_against_their_records(seen, listed):
    seen("add", "noor", "Lamps (1999)")
    assert seen("remove", "comet's tail", "lantern").stdout == "1 film taken back; 1 not marked\n"
    assert listed() == {("Café Noor", "noor"), ("Lamps", None)}
    assert seen("remove", "--all").stdout == "2 films taken back, 1 of them not here\n"
    assert listed() == set()
    assert seen("list").stderr == "0 films seen, 0 of them here\n"


def test_mistakes_are_told(run, seen, tmp_path):
    assert seen("add").exit_code == seen("remove").exit_code == seen("remove", "x", "--all").exit_code == 2
    missing = seen("add", tmp_path / "watched.csv")
    assert (missing.exit_code, "there is no file" in missing.stderr) == (2, True)
    (tmp_path / "empty.csv").touch()
    assert "names no films" in seen("add", tmp_path / "empty.csv").stderr
    assert "person's name" in seen("add", "noor", "--as", "x" * 101).stderr
    nowhere = run("seen", "list", "--store", tmp_path / "none")
    assert (nowhere.exit_code, "there is no collection" in nowhere.stderr) == (1, True)


def test_the_store_may_be_named_first(run, seen, store):
    seen("add", "noor")
    assert "noor" in run("--store", store, "seen", "list").stdout


def test_backups_say_that_marks_went_along(run, seen, store, tmp_path):
    seen("add", "noor", "Lamps (1999)")
    assert run("backup", tmp_path / "films.zip", "--store", store).exit_code == 0
    with MovieSearch(tmp_path / "there", encoder=HashEncoder()) as search:
        assert search.restore(tmp_path / "films.zip").marks == 2
    copied = run("copy", "--from", store, "--to", tmp_path / "copy")
    assert "5 films, 5 written, 2 marks of films seen" in copied.stdout


def test_a_title_without_quotes_is_one_where_a_film_here_has_it(run, seen, listed, store):
    added = seen("add", "cafe", "noor")
    assert (added.exit_code, added.stdout) == (0, "1 film marked as seen\n")
    assert added.stderr == "taking these words for one title: \"cafe noor\"\ntaking 'Café Noor (2004)'\n"
    assert listed() == {COMET, ("Café Noor", "noor")}
    assert seen("remove", "café", "noor").stdout == "1 film taken back\n"
    each = seen("add", "lantern", "noor")
    assert each.stdout == "2 films marked as seen\n"
    with MovieSearch(store, encoder=HashEncoder()) as search:
        search.ingest([Movie("ln", "Lantern Comet", "A lantern."), Movie("co", "Comet", "A comet.")], setting=SETTING)
    either = seen("add", "lantern", "comet")
    assert (either.exit_code, "put the title in quotes" in either.stderr) == (2, True)


def test_words_that_are_no_films_here_are_said_to_be_a_title_each(seen, listed):
    added = seen("add", "star", "wars")
    assert 'for one film, put it in quotes: "star wars"' in added.stderr
    assert "in quotes" not in seen("add", "Star Wars", "Stalker").stderr
    assert seen("add", "Solaris").stdout == "1 film marked as seen, and is not here\n"


def test_a_folder_or_an_empty_title_is_no_film(seen, listed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Films").mkdir()
    (tmp_path / "Café Noor").mkdir()
    for name in (".", "Films", "Films/", "./Films", tmp_path / "Films"):
        refused = seen("add", name)
        assert (refused.exit_code, "is a folder" in refused.stderr) == (2, True), name
    for name in ("", " "):
        refused = seen("add", "Lamps", name)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert refused.stderr == "Error: a title is empty: name a film, or the file of a list\n"
    assert listed() == {COMET}
    assert seen("add", "Café Noor").stdout == "1 film marked as seen\n"
