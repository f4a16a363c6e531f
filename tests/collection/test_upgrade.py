"""A store of every earlier format opens in this version, with its films intact; one of a later version is refused."""

import json
import shutil
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
from support.hash_encoder import SETTING, HashEncoder
from support.paths import TESTS

from moviesearch import Movie, MovieSearch
from moviesearch.errors import MismatchError
from moviesearch.request import Filters

FIXTURES = TESTS / "fixtures"
sys.path.insert(0, str(FIXTURES))

from make_store import DIMENSION, FILE, FILMS, SEEN  # noqa: E402

pytestmark = pytest.mark.integration

STORES = sorted(path.name for path in FIXTURES.glob("store-*"))
BACKUPS = sorted(path.name for path in FIXTURES.glob("backup-*"))


def unpacked(name, folder):
    """A fixture's store, to be written to."""
    if name.endswith(".zip"):
        with zipfile.ZipFile(FIXTURES / name) as packed:
            packed.extractall(folder)
        return folder
    return shutil.copytree(FIXTURES / name, folder)


@pytest.fixture(params=STORES)
def old(request, tmp_path):
    """A store of each earlier format."""
    with MovieSearch(unpacked(request.param, tmp_path / "old"), encoder=HashEncoder(dimension=DIMENSION)) as search:
        yield search


def test_old_store_opens_verifies_and_finds(old):
    answer = old.find(["sailor visits port8 by night"], limit=1)
    assert answer.matches[0].movie == FILMS[2]
    assert "port8" in answer.matches[0].passage
    assert [old.show(film.id) for film in FILMS] == list(FILMS)
    assert old.info().films == len(FILMS)
    assert old.verify() is None


def test_films_of_an_old_store_are_found_by_titles_as_they_are_typed(old):
    for typed, film in (("lantern", FILMS[0]), ("Lantern, The (1921)", FILMS[0]), ("amelies bicycle", FILMS[1])):
        assert old.show(typed) == film
    answer = old.find(["sailor visits port8 by night"], seen=[("sailor", 1959), ("Lantern", 1921)])
    assert not {match.movie.id for match in answer.matches} & {"sailor", "lantern"}
    assert answer.notes == ("seen: 2 of 2 entries are in this collection",)
    assert old.catalogue().complete("amelies")[0].id == FILMS[1].id
    assert old.verify() is None


def test_films_of_an_old_store_pass_filters_by_what_their_records_say(old):
    def found(**filters):
        return {match.movie.id for match in old.find(["a map by night"], filters=Filters(**filters)).matches}

    assert found(countries="norwegian") == {"lantern"}
    assert "lantern" not in found(not_genres="drama")
    assert old.verify() is None


def test_old_store_embeds_nothing_again(old):
    encoder = HashEncoder(dimension=DIMENSION)
    assert old.repair() == len(FILMS)
    assert old.verify() is None
    old.close()
    with MovieSearch(old.settings.store, encoder=encoder) as search:
        with search._collection.reading() as manifest:
            setting = manifest.setting
        report = search.ingest(FILMS, setting=setting)
    assert (report.unchanged, report.embedded, encoder.texts) == (len(FILMS), 0, [])


def test_a_word_index_of_an_earlier_format_goes(old):
    words = Path(old.settings.store) / "films" / "lexical-1"
    (words / "index-1").mkdir(parents=True)
    (words / "index-1" / "meta.json").write_text("{}")
    (words / "generation-1").write_text("7")

    assert old.find(["port8"], mode="lexical", limit=1).matches[0].movie == FILMS[2]
    assert old.verify() is None
    assert sorted(path.name[:-1] for path in words.iterdir()) == ["generation-", "index-"]


def seen(search):
    return {person: [(film.title, film.year, film.film) for film in search.seen(person)] for person in SEEN}


def test_marks_and_files_of_an_old_store_are_those_that_it_had(old, request):
    has_marks = "marks" in request.node.callspec.id
    right = SEEN if has_marks else {person: [] for person in SEEN}
    assert seen(old) == right
    assert old.film_files() == ({FILE.path: FILE} if has_marks else {})
    assert old.verify() is None
    old.close()
    for file in (Path(old.settings.store) / "films").glob("films.sqlite3*"):
        file.unlink()
    with MovieSearch(old.settings.store, encoder=HashEncoder(dimension=DIMENSION)) as search:
        assert seen(search) == right  # of the copy beside the ledger


def test_films_of_an_old_store_are_marked_as_seen(old):
    before = old.seen()
    old.mark_seen(["sailor"], titles=[("Lantern", 1921)])
    answer = old.find(["sailor visits port8 by night"], unseen=True)
    assert not {match.movie.id for match in answer.matches} & {"sailor", "lantern"}
    assert [film for film in old.seen() if film.film not in ("sailor", "lantern")] == [
        film for film in before if film.film not in ("sailor", "lantern")
    ]


def test_old_store_has_token_vectors_after_the_next_ingest(old):
    with old._collection.reading() as manifest:
        setting = manifest.setting
    assert old.ingest(FILMS, setting=setting).unchanged == len(FILMS)
    with old._collection.reading():
        assert old._collection.tokens is not None
    assert old.find(["sailor visits port8 by night"], limit=1).matches[0].movie == FILMS[2]
    assert old.verify() is None


@pytest.mark.parametrize("name", BACKUPS)
def test_old_backup_is_restored(name, tmp_path):
    with MovieSearch(tmp_path / "store", encoder=HashEncoder(dimension=DIMENSION)) as search:
        assert search.restore(FIXTURES / name).films == len(FILMS)
        assert [search.show(film.id) for film in FILMS] == list(FILMS)
        assert seen(search) == (SEEN if "marks" in name else {person: [] for person in SEEN})
        assert search.verify() is None


@pytest.fixture
def current(tmp_path):
    """A store of this version, closed, with a backup of it."""
    with MovieSearch(tmp_path / "store", encoder=HashEncoder(dimension=DIMENSION)) as search:
        search.ingest(FILMS, setting=SETTING)
        search.backup(tmp_path / "films.zip")
    return tmp_path / "store"


def _raise(path, sql):
    with sqlite3.connect(path) as file:
        file.execute(sql)
    file.close()


LATER = {
    "films/films.sqlite3": "PRAGMA user_version = 99",
    "films/tokens-1/tokens.sqlite3": "PRAGMA user_version = 99",
    "vectors.sqlite3": "PRAGMA user_version = 99",
    "films/chroma-1/chroma.sqlite3": "UPDATE collection_metadata SET int_value = 99 WHERE key = 'format'",
}


@pytest.mark.parametrize("name", LATER)
def test_store_of_a_later_version_is_refused_and_left_as_it_is(current, name):
    _raise(current / name, LATER[name])
    before = {path.relative_to(current) for path in current.rglob("*") if "damaged" in path.name}
    with MovieSearch(current, encoder=HashEncoder(dimension=DIMENSION)) as search:
        works = [lambda: search.ingest([*FILMS, Movie("new", "New", "It comes.")], setting=SETTING), search.repair]
        if name != "vectors.sqlite3":  # which a search doesn't open
            works.insert(0, lambda: search.find(["a sailor"]))
        for work in works:
            with pytest.raises(MismatchError, match="pip install -U moviesearch"):
                work()
    assert {path.relative_to(current) for path in current.rglob("*") if "damaged" in path.name} == before
    _raise(current / name, LATER[name].replace("99", "1"))
    with MovieSearch(current, encoder=HashEncoder(dimension=DIMENSION)) as search:
        assert search.verify() is None


def test_backup_of_a_later_version_is_refused(current, tmp_path):
    later = tmp_path / "later.zip"
    with zipfile.ZipFile(tmp_path / "films.zip") as members, zipfile.ZipFile(later, "w") as written:
        for name in members.namelist():
            content = members.read(name)
            if name == "manifest.json":
                content = json.dumps(json.loads(content) | {"format": 99}).encode()
            written.writestr(name, content)
    with (
        MovieSearch(tmp_path / "other", encoder=HashEncoder(dimension=DIMENSION)) as search,
        pytest.raises(MismatchError, match="pip install -U moviesearch"),
    ):
        search.restore(later)
