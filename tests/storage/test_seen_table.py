"""What people have seen, in a ledger and in its copy; and which films were watched by their records."""

import json

import pytest

from moviesearch import Movie
from moviesearch.errors import StoreError
from moviesearch.storage.entries import Entry
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.seen_table import COPY, Mark

HAT = Mark("", "hat", "The Hat", 2001)
LAMP = Mark("anna", "", "The Lamp")


@pytest.fixture
def opened(tmp_path):
    """opened() -> the ledger of one file; each call opens it anew."""
    ledgers = []

    def open_one():
        for ledger in ledgers:
            ledger.close()
        ledgers.append(Ledger(tmp_path / "films.sqlite3"))
        return ledgers[-1]

    yield open_one
    for ledger in ledgers:
        ledger.close()


def delete_ledger(folder):
    for path in folder.glob("films.sqlite3*"):
        path.unlink()


def test_marks_are_of_their_person_and_stay(opened):
    opened().seen.change([HAT, LAMP])
    table = opened().seen
    assert (table.of(""), table.of("anna"), table.of("ben")) == ([HAT], [LAMP], [])
    assert table.all() == [HAT, LAMP]


def test_a_mark_takes_the_place_of_another_of_its_film_or_title(opened):
    table = opened().seen
    table.change([HAT, LAMP])
    unseen, same_lamp = Mark("", "hat", "Hat", 2001, seen=False), Mark("anna", "", "Lamp, The")
    table.change([unseen, same_lamp, Mark("anna", "hat", "The Hat")])
    assert table.of("") == [unseen]
    assert table.of("anna") == [same_lamp, Mark("anna", "hat", "The Hat")]
    table.change([], [HAT, LAMP])
    assert table.all() == [Mark("anna", "hat", "The Hat")]


def test_films_of_one_title_and_several_years_have_a_mark_each(opened):
    table = opened().seen
    marks = [Mark("", "", "The Lamp", year) for year in (None, 1931, 1999)]
    table.change(marks)
    assert table.of("") == marks


def test_a_ledger_that_is_made_again_has_the_marks_of_the_copy(opened, tmp_path):
    opened().seen.change([HAT, LAMP])
    delete_ledger(tmp_path)
    table = opened().seen
    assert table.of("anna") == [LAMP]
    delete_ledger(tmp_path)
    table = opened().seen
    table.change([Mark("ben", "owl", "Owls")])  # written before anything was read
    assert table.all() == [HAT, LAMP, Mark("ben", "owl", "Owls")]


def test_marks_that_were_taken_back_do_not_come_back_from_the_copy(opened, tmp_path):
    table = opened().seen
    table.change([HAT])
    table.change([], [HAT])
    assert table.all() == opened().seen.all() == []
    delete_ledger(tmp_path)
    assert opened().seen.all() == []


def test_what_is_left_of_a_damaged_copy_is_taken_and_the_rest_is_kept_aside(opened, tmp_path):
    opened().seen.change([HAT, LAMP])
    copy = tmp_path / COPY
    raw = copy.read_bytes() + b'{"person": "x"}\n[1]\n\xff\xfe\n{"person": 1, "film": "", "title": "a", "year": null}\n'
    copy.write_bytes(raw)
    delete_ledger(tmp_path)
    assert opened().seen.take_copy() == (2, 4)
    assert opened().seen.all() == [HAT, LAMP]
    (aside,) = tmp_path.glob(f"{COPY}.damaged-*")
    assert aside.read_bytes() == raw
    assert [json.loads(line)["title"] for line in copy.read_text().splitlines()] == ["The Hat", "The Lamp"]


def test_where_the_copy_cant_be_written_nothing_is_marked(opened, tmp_path):
    table = opened().seen
    table.change([HAT])
    (tmp_path / COPY).unlink()
    (tmp_path / COPY).mkdir()
    (tmp_path / COPY / "file").touch()
    with pytest.raises(StoreError, match="can't be written"):
        table.change([LAMP], [HAT])
    assert table.all() == [HAT]


def test_titles_in_any_letters(opened, tmp_path):
    marks = [Mark("łucja", "", 'Ağır "Işık"\n, ﬁn 影', 1960), Mark("łucja", "a\x00b", "\u2028")]
    opened().seen.change(marks)
    delete_ledger(tmp_path)
    assert sorted(opened().seen.of("łucja"), key=lambda mark: mark.film) == marks


# watched by the record


@pytest.mark.parametrize(
    "extra, watched",
    [
        ({"watched": True}, True),
        ({"watched": "true", "playcount": 0}, True),
        ({"Watched": "x"}, True),
        ({"playcount": 2}, True),
        ({"play_count": "3"}, True),
        ({"watched": False, "playcount": 0}, False),
        ({"watched": "false"}, False),
        ({"watched": "no", "playcount": "0"}, False),
        ({"watched": None, "playcount": ["1"]}, False),
        ({"unwatched": True}, False),
        ({}, False),
    ],
)
def test_what_a_record_says(opened, extra, watched):
    ledger = opened()
    ledger.enter([Entry(Movie("hat", "The Hat", "A hat.", extra=extra), 0, "hash", 1)])
    ledger.commit(["hat"])
    assert ledger.watched() == ({"hat"} if watched else set())


def test_the_flags_follow_the_records(opened):
    def enter(ledger, *watched):
        films = [Movie(name, name, "A hat.", extra={"watched": name in watched}) for name in ("hat", "owl")]
        ledger.enter([Entry(movie, seq, "hash", 1) for seq, movie in enumerate(films)])
        ledger.commit(["hat", "owl"])

    ledger = opened()
    enter(ledger, "hat", "owl")
    assert ledger.watched() == {"hat", "owl"}
    enter(ledger, "owl")
    assert ledger.watched() == {"owl"}
    ledger.tombstone(["owl"])
    ledger.remove(["owl"])
    assert ledger.watched() == set()
    enter(ledger, "hat")
    with ledger._db as db:  # as an earlier version left it
        db.execute("DELETE FROM watched")
        db.execute("DELETE FROM facts WHERE name = 'watched'")
    assert opened().watched() == {"hat"}
