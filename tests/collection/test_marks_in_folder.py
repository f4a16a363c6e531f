"""What people have seen, where the files of a collection are damaged, or another process writes to them."""

import sqlite3

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.errors import StoreError
from moviesearch.storage import locks

pytestmark = pytest.mark.integration

FILMS = [Movie(f"film{n}", f"Film {n}", f"A hat and owl number {n}.", 1950 + n) for n in range(9)]


@pytest.fixture
def store(tmp_path):
    with MovieSearch(tmp_path / "store", encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
        search.mark_seen(["film1", "film2"], titles=[("The Lamp", 1931)], person="anna")
    return tmp_path / "store"


@pytest.fixture
def notes():
    return []


@pytest.fixture
def opened(store, notes):
    searches = []

    def open_one():
        searches.append(MovieSearch(store, encoder=HashEncoder(), note=notes.append))
        return searches[-1]

    yield open_one
    for search in searches:
        search.close()


def all_is_there(search):
    answer = search.find("a hat", unseen=True, person="anna", limit=50)
    assert {match.movie.id for match in answer.matches} == {film.id for film in FILMS} - {"film1", "film2"}
    assert [film.title for film in search.seen("anna")] == ["Film 1", "Film 2", "The Lamp"]


def pages_of(path, table):
    with sqlite3.connect(path) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return (root - 1) * size, size


@pytest.mark.parametrize("harm", ["the table", "the file", "cut", "gone"])
def test_a_damaged_ledger_is_made_again_with_the_marks(store, opened, notes, harm):
    ledger = store / "films" / "films.sqlite3"
    if harm == "gone":
        ledger.unlink()
    elif harm == "cut":
        ledger.write_bytes(ledger.read_bytes()[:5000])
    else:
        start, size = pages_of(ledger, "seen") if harm == "the table" else (0, 100)
        with ledger.open("r+b") as file:
            file.seek(start)
            file.write(b"\xa5" * size)
    all_is_there(opened())
    assert any("3 marks of films seen were taken from their copy" in note for note in notes)
    assert opened().verify() is None
    opened().mark_seen("film3", person="anna")
    assert opened().seen_ids("anna") == {"film1", "film2", "film3"}


def test_a_search_that_does_not_ask_for_it_needs_no_table(store, opened):
    start, size = pages_of(store / "films" / "films.sqlite3", "seen")
    with (store / "films" / "films.sqlite3").open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * size)
    assert len(opened().find("a hat", limit=50).matches) == len(FILMS)
    opened().mark_seen("film3", person="anna")  # which mends it first
    assert opened().seen_ids("anna") == {"film1", "film2", "film3"}


def test_a_lost_copy_is_made_again(store, opened):
    (store / "films" / "seen.jsonl").unlink()
    all_is_there(opened())
    opened().mark_seen("film3")
    assert (store / "films" / "seen.jsonl").read_text().count("\n") == 4


def test_marks_outlast_a_copy_that_is_deleted_and_then_the_ledger(store, opened):
    search = opened()
    (store / "films" / "seen.jsonl").unlink()
    assert search.find("a hat").matches  # any question will do
    search.close()
    (store / "films" / "films.sqlite3").unlink()
    all_is_there(opened())
    assert opened().verify() is None


@pytest.mark.parametrize("harm", [lambda copy: copy.unlink(), lambda copy: copy.write_bytes(b"\xa5" * 99)])
def test_a_damaged_copy_is_found_and_mended(store, opened, harm):
    copy = store / "films" / "seen.jsonl"
    whole = copy.read_bytes()
    harm(copy)
    assert "seen.jsonl" in opened().verify()
    all_is_there(opened())
    opened().repair()
    assert opened().verify() is None
    assert copy.read_bytes() == whole


def test_films_are_marked_while_another_process_stores_films(store, opened):
    search = opened()
    with locks.writing(store / "films"):
        search.mark_seen("film3", person="anna")
    assert opened().seen_ids("anna") == {"film1", "film2", "film3"}


def test_a_mark_goes_to_the_ledger_that_another_process_has_made_again(store, opened):
    search, other = opened(), opened()
    assert search.seen_ids("anna") == {"film1", "film2"}
    other._collection.reset()
    for path in (store / "films").glob("films.sqlite3*"):
        path.rename(path.with_name(f"old-{path.name}"))
    other._collection.invalidate()
    all_is_there(other)
    search.mark_seen("film3", person="anna")
    assert search.seen_ids("anna") == opened().seen_ids("anna") == {"film1", "film2", "film3"}


def test_where_nothing_can_be_written_nothing_is_marked(store, opened):
    copy = store / "films" / "seen.jsonl"
    copy.unlink()
    (copy / "in the way").mkdir(parents=True)
    with pytest.raises(StoreError, match="can't be written"):
        opened().mark_seen("film3", person="anna")
    all_is_there(opened())


def test_a_ledger_that_only_verify_knows_to_be_damaged_is_mended_by_repair(store, opened):
    """Rot that no reading comes upon: a page of films that tells its own free space wrong."""
    start, _ = pages_of(store / "films" / "films.sqlite3", "films")
    with (store / "films" / "films.sqlite3").open("r+b") as file:
        file.seek(start + 7)
        file.write(b"\x05")
    all_is_there(opened())
    assert "films.sqlite3 is damaged" in opened().verify()
    opened().repair()
    assert opened().verify() is None
    all_is_there(opened())
