"""What people have seen stays with a collection, whatever is done to it, in a folder and on a server."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
from support.hash_encoder import SETTING, HashEncoder
from support.paths import ROOT, TESTS

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.errors import NotFoundError, UsageError
from moviesearch.records import SeenFilm
from moviesearch.request import Request
from moviesearch.storage.entries import Entry, content_hash

pytestmark = pytest.mark.integration

FOLDER_AND_SERVER = True

FILMS = [
    Movie("hat", "The Hat", "A man loses a hat in the rain.", 2001),
    Movie("hat-old", "The Hat", "A woman loses a hat at sea.", 1944),
    Movie("owls", "Owls", "A hat on an owl.", 1977),
    Movie("ring", "The Ring", "A hat in a well.", 2002, extra={"watched": True, "playcount": 1}),
]


@pytest.fixture
def shelf(open_search):
    search = open_search()
    search.ingest(FILMS, setting=SETTING)
    return search


def left(search, person=""):
    """The films that an answer may hold for somebody who wants what they have not seen."""
    return {match.movie.id for match in search.find("a hat", unseen=True, person=person, limit=100).matches}


def test_marked_films_are_left_out_by_person(shelf, open_search):
    assert shelf.seen_ids() == {"ring"}  # its record says so
    marked = shelf.mark_seen(["hat"], titles=[("owls", 1978), ("The Lamp", 1931)])
    assert (marked.films, marked.titles, marked.unchanged) == (("hat", "owls"), (("The Lamp", 1931),), 0)
    shelf.mark_seen("hat-old", person=" Anna ")
    for search in (shelf, open_search(), open_search(machine="another")):
        assert (left(search), left(search, "anna"), left(search, "ben")) == (
            {"hat-old"},
            {"hat", "owls", "ring"},
            {film.id for film in FILMS},
        )
        assert search.seen("ANNA") == [SeenFilm("The Hat", 1944, "hat-old")]
    assert shelf.seen() == [
        SeenFilm("Owls", 1977, "owls"),
        SeenFilm("The Hat", 2001, "hat"),
        SeenFilm("The Lamp", 1931, None),
        SeenFilm("The Ring", 2002, "ring", by_hand=False),
    ]
    notes = [shelf.find("a hat", unseen=True, person=person).notes for person in ("", "anna", "ben")]
    assert notes == [
        ("unseen: 3 films seen are left out",),
        ("unseen: 1 film seen by anna is left out",),
        ("unseen: no film here is marked as seen by ben, so none is left out",),
    ]
    assert shelf.rank(Request(plots=("a hat",), unseen=True)) == ["hat-old"]


def test_marking_twice_is_marking_once(shelf):
    shelf.mark_seen(["hat"], titles=[("The Lamp", None)])
    again = shelf.mark_seen(["hat", "hat"], titles=[("hat, the", 2001), ("Lamp, The", None), ("the lamp", None)])
    assert (again.films, again.titles, again.unchanged) == ((), (), 2)
    assert len(shelf._collection.marks.all()) == 2


def test_a_title_of_several_films_marks_all_of_them(shelf):
    assert shelf.mark_seen(titles=[("hat", None)]).films == ("hat-old", "hat")


def test_marks_are_taken_back_even_those_of_records(shelf):
    shelf.mark_seen(["hat", "owls"], titles=[("The Lamp", 1931), ("The Lamp", 1999)])
    back = shelf.unmark_seen(["ring", "hat-old"], titles=[("Hat", 2001), ("lamp", 1930)])
    assert (back.films, back.titles, back.unchanged) == (("ring", "hat"), (("The Lamp", 1931),), 1)
    assert shelf.seen() == [SeenFilm("Owls", 1977, "owls"), SeenFilm("The Lamp", 1999, None)]
    shelf.ingest([replace(FILMS[3], plot="A hat in a deep well.")], setting=SETTING)  # which is watched still
    assert shelf.seen_ids() == {"owls"}
    shelf.mark_seen("ring")
    assert shelf.seen_ids() == {"owls", "ring"}


def test_what_a_person_says_outlasts_the_flag_of_a_record(shelf):
    shelf.mark_seen("ring")
    shelf.ingest([replace(FILMS[3], extra={})], setting=SETTING)
    assert shelf.seen_ids() == {"ring"}
    shelf.unmark_seen("ring")
    assert shelf.seen_ids() == frozenset()
    shelf.ingest([replace(FILMS[2], extra={"watched": True})], setting=SETTING)
    assert shelf.seen_ids() == {"owls"}
    shelf.ingest([FILMS[2]], setting=SETTING)
    assert shelf.seen_ids() == frozenset()


def test_unknown_ids_and_odd_names_are_refused_and_nothing_is_marked(shelf):
    with pytest.raises(NotFoundError, match="'nothing'"):
        shelf.mark_seen(["hat", "nothing"])
    for person in ("a" * 101, "a\0b", "\udc80", 3):
        with pytest.raises(UsageError, match="person's name"):
            shelf.mark_seen(["hat"], person=person)
    for title in (("", None), (" ", 1999), ("\ud800", None), (3, None), ("Hat", "1999"), ("Hat", 12345)):
        with pytest.raises(UsageError, match="of a film seen"):
            shelf.mark_seen(titles=[title])
    assert shelf._collection.marks.all() == []


def test_a_film_that_comes_later_is_seen_already(shelf):
    shelf.mark_seen(titles=[("Lamp, The", 1931)])
    shelf.ingest([Movie("lamp", "The Lamp", "A lamp burns down.", 1931)], setting=SETTING)
    assert shelf.seen_ids() == {"lamp", "ring"}
    assert shelf.unmark_seen("lamp").films == ("lamp",)
    assert shelf.seen_ids() == {"ring"}


def test_marks_outlast_prune_new_ids_and_films_that_come_back(shelf):
    shelf.mark_seen(["hat", "owls"])
    shelf.ingest(FILMS[1:2], setting=SETTING, prune=lambda count: True)
    assert shelf.seen_ids() == frozenset()
    assert [film.film for film in shelf.seen()] == [None, None]
    shelf.ingest([replace(FILMS[0], id="tt001", plot="Of a hat."), replace(FILMS[2], id="tt002")], setting=SETTING)
    assert shelf.seen_ids() == {"tt001", "tt002"}


def test_an_id_that_another_film_has_taken_marks_that_one_no_more(shelf):
    shelf.mark_seen("owls")
    shelf.ingest(FILMS[:2], setting=SETTING, prune=lambda count: True)
    shelf.ingest([Movie("owls", "Geese", "Geese go south.", 1999)], setting=SETTING)
    assert shelf.seen_ids() == frozenset()
    shelf.ingest([Movie("n7", "Owls", "A hat on an owl.", 1977)], setting=SETTING)
    assert shelf.seen_ids() == {"n7"}


def test_doubles_that_are_joined_stay_seen(shelf):
    double = replace(FILMS[2], id="owls-2")
    with shelf._collection.writing():
        embedder = shelf._collection.embedder(shelf._collection.chroma.manifest())
        passages = embedder.passages(double)
        entry = Entry(double, 99, content_hash(double), len(passages))
        shelf._collection.put(embedder.rows([entry], [passages]))
    assert shelf.known(["owls-2"])
    shelf.mark_seen("owls-2")
    assert shelf.repair() == len(FILMS)
    assert shelf.seen_ids() == {"owls", "ring"}


def test_marks_outlast_another_model_and_repair(shelf, open_search):
    shelf.mark_seen(["hat"], titles=[("The Lamp", 1931)], person="anna")
    shelf.repair()
    assert shelf.seen_ids("anna") == {"hat"}
    shelf.close()
    other = open_search(encoder=HashEncoder(dimension=48))
    other.ingest(FILMS, setting=SETTING, rebuild=True)
    assert other.seen_ids("anna") == {"hat"}
    assert other.verify() is None
    assert len(other.seen("anna")) == 2


def test_marks_go_along_with_copies_and_backups(shelf, tmp_path, encoder):
    shelf.mark_seen(["hat"], titles=[("The Lamp", 1931)])
    shelf.unmark_seen("ring")
    shelf.mark_seen("owls", person="anna")
    shelf.backup(tmp_path / "films.zip")
    with zipfile.ZipFile(tmp_path / "films.zip") as members:  # by which earlier versions count the pages of films
        assert sum(name.endswith(".jsonl") for name in members.namelist()) == 1
    for how in ("copy", "restore"):
        settings = Settings(store=str(tmp_path / how), cache=tmp_path / "there")
        with MovieSearch(settings=settings, encoder=encoder) as other:
            other.ingest(FILMS, setting=SETTING)
            other.mark_seen("hat-old")
            moved = shelf.copy(other) if how == "copy" else other.restore(tmp_path / "films.zip")
            assert moved.marks == 4
            assert (other.seen_ids(), other.seen_ids("anna")) == ({"hat", "hat-old"}, {"owls"})
            assert SeenFilm("The Lamp", 1931, None) in other.seen()
            again = shelf.copy(other) if how == "copy" else other.restore(tmp_path / "films.zip")
            assert again.marks == 0


def test_a_backup_without_marks_is_as_those_of_earlier_versions(shelf, tmp_path, encoder):
    shelf.backup(tmp_path / "films.zip")
    with zipfile.ZipFile(tmp_path / "films.zip") as members:
        assert "seen.json" not in members.namelist()
    with MovieSearch(tmp_path / "there", encoder=encoder) as other:
        assert other.restore(tmp_path / "films.zip").marks == 0
        assert other.seen_ids() == {"ring"}


MARKER = """
import sys
from pathlib import Path
from support.hash_encoder import HashEncoder
from moviesearch import MovieSearch
from moviesearch.config import Settings
store, cache, number = sys.argv[1:]
with MovieSearch(settings=Settings(store=store, cache=Path(cache)), encoder=HashEncoder()) as search:
    search.seen_ids()
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(10):
        search.mark_seen(titles=[(f"Film {number} {n}", None)])
        print(n, flush=True)
"""


@pytest.fixture
def markers(where, tmp_path):
    """markers(count) -> processes that mark ten titles each, from one moment on."""
    started = []

    def start(count):
        place = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(ROOT)])}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        for number in range(count):
            command = [sys.executable, "-c", MARKER, where, str(tmp_path / "cache" / f"machine{number}"), str(number)]
            started.append(subprocess.Popen(command, env=place, **pipes))
        for one in started:
            assert one.stdout.readline() == "ready\n", one.stderr.read()
        for one in started:
            one.stdin.write("\n")
            one.stdin.flush()
        return started

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_several_who_mark_at_once_lose_nothing(shelf, markers, open_search):
    assert [shelf.seen_ids(), shelf.seen_ids("anna")] == [{"ring"}, set()]
    for one in markers(4):
        out, err = one.communicate(timeout=120)
        assert one.returncode == 0, err
    wanted = {f"Film {number} {n}" for number in range(4) for n in range(10)}
    for search in (shelf, open_search(machine="new")):
        assert {film.title for film in search.seen()} == wanted | {"The Ring"}


def test_what_was_acknowledged_outlasts_a_kill(shelf, markers, open_search):
    doomed = markers(1)[0]
    said = [doomed.stdout.readline() for _ in range(4)]
    doomed.kill()
    doomed.communicate()
    assert said == ["0\n", "1\n", "2\n", "3\n"]
    titles = {film.title for film in open_search(machine="new").seen()}
    assert {f"Film 0 {n}" for n in range(4)} <= titles
    assert shelf.verify() is None
