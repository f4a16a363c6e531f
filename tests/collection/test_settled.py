"""A source that changes nothing needn't be read again; whatever would change something is read."""

import gzip
import json
import os
import random
from dataclasses import asdict

import pytest
from support.hash_encoder import SETTING, HashEncoder
from support.sound import wrong_in

from moviesearch import Movie
from moviesearch.cli.reading import Reading
from moviesearch.collection.steps import Shard, Stopped
from moviesearch.embedding.passages import PassageSetting
from moviesearch.errors import MismatchError

FOLDER_AND_SERVER = True

FILMS = [
    {"id": "coin", "title": "The Coin", "plot": "A baker loses a coin.", "year": 1950},
    {"id": "port", "title": "Ports", "plot": "The sailor visits nine ports by night.", "genres": ["Drama"]},
    {"id": "race", "title": "Camels", "plot": "Two sisters race camels.", "director": "Ida Vance"},
]
OTHERS = [{"id": "bell", "title": "The Bell", "plot": "A diver finds a bell under the pier."}]


def write(path, films):
    path.write_text("".join(json.dumps(film) + "\n" for film in films), encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "films.jsonl", FILMS)


@pytest.fixture
def ingest(search):
    """ingest(path, ...) -> (the report without its seconds, how many films were read, what was said)."""

    def ingest_file(path, *more, into=search, is_source=True, stop_at=None, **options):
        reading, read, said = Reading([str(path), *map(str, more)]), [], []

        def movies():
            for item in reading.movies(said.append, said.append):
                read.append(item)
                if len(read) == stop_at:
                    raise Stopped
                yield item

        options = {"setting": SETTING, "on_rejected": said.append, **options}
        report = into.ingest(movies(), source=reading if is_source else None, **options)
        return {**asdict(report), "seconds": 0}, sum(isinstance(item, Movie) for item in read), said

    return ingest_file


def counts(report):
    return tuple(report[name] for name in ("added", "updated", "unchanged", "removed", "rejected", "duplicates"))


@pytest.mark.parametrize("name", ["films.jsonl", "films.csv", "films.jsonl.gz", "list.json"])
def test_a_file_is_read_once(ingest, tmp_path, name):
    path, text = tmp_path / name, "".join(json.dumps(film) + "\n" for film in FILMS)
    texts = {
        "films.csv": b"id,title,plot\n" + b"".join(f"{f['id']},{f['title']},{f['plot']}\n".encode() for f in FILMS),
        "films.jsonl.gz": gzip.compress(text.encode()),
        "list.json": json.dumps(FILMS).encode(),
    }
    path.write_bytes(texts.get(name, text.encode()))
    first, read, _ = ingest(path)
    assert (counts(first), read) == ((3, 0, 0, 0, 0, 0), 3)
    again, read, _ = ingest(path)
    assert (counts(again), read) == ((0, 0, 3, 0, 0, 0), 0)
    assert again == ingest(path, is_source=False)[0]


def test_where_all_is_stored_since_an_earlier_version_one_reading_suffices(ingest, file):
    ingest(file, is_source=False)
    assert [ingest(file)[1] for _ in range(3)] == [3, 0, 0]


def test_two_files_are_both_known(ingest, file, tmp_path):
    others = write(tmp_path / "others.jsonl", OTHERS)
    ingest(file)
    ingest(others)
    ingest(file)
    assert [ingest(path)[1] for path in (file, others, file)] == [0, 0, 0]


def test_progress_is_told_of_films_that_are_not_read(ingest, file):
    steps = []
    ingest(file)
    ingest(file, progress=steps.append)
    assert (steps[-1].read, steps[-1].done) == (3, 3)


# the file is another one


def test_a_change_in_the_file_is_seen_though_size_and_time_stay(ingest, search, file):
    ingest(file)
    before = file.stat()
    file.write_text(file.read_text().replace("baker", "maker"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert counts(ingest(file)[0]) == (0, 1, 2, 0, 0, 0)
    assert search.show("coin").plot == "A maker loses a coin."


def test_a_file_that_changes_while_it_is_read_is_not_taken_for_what_it_was(ingest, search, file):
    changed = file.read_text().replace("baker", "maker")

    class Changing(Reading):
        def movies(self, failed, noted):
            for item in super().movies(failed, noted):
                if isinstance(item, Movie):
                    file.write_text(changed)
                yield item

    reading = Changing([str(file)])
    search.ingest(reading.movies(print, print), source=reading, setting=SETTING)
    assert counts(ingest(file)[0]) == (0, 1, 2, 0, 0, 0)


def test_a_file_elsewhere_names_other_pictures(ingest, search, tmp_path):
    film, paths = {**FILMS[0], "poster": "coin.jpg"}, []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        paths.append(write(tmp_path / name / "films.jsonl", [film]))
    ingest(paths[0])
    assert counts(ingest(paths[1])[0]) == (0, 1, 0, 0, 0, 0)
    assert search.show("coin").extra["poster"] == str(tmp_path / "there" / "coin.jpg")
    assert counts(ingest(paths[0])[0]) == (0, 1, 0, 0, 0, 0)


def test_several_files_together_are_read(ingest, file, tmp_path):
    others = write(tmp_path / "others.jsonl", OTHERS)
    ingest(file)
    ingest(others)
    assert (counts(ingest(file, others)[0]), ingest(file, others)[1]) == ((0, 0, 4, 0, 0, 0), 4)


# the collection is another one


def changed_by_another_file(search, ingest, tmp_path):
    ingest(write(tmp_path / "others.jsonl", [{**FILMS[0], "plot": "A miller loses a coin."}]))
    return (0, 1, 2, 0, 0, 0)


def film_removed(search, ingest, tmp_path):
    ingest(write(tmp_path / "others.jsonl", FILMS[1:]), prune=lambda count: True)
    return (1, 0, 2, 0, 0, 0)


def changed_by_a_program(search, ingest, tmp_path):
    search.ingest([Movie("race", "Camels", "Two brothers race camels.")], setting=SETTING)
    return (0, 1, 2, 0, 0, 0)


def film_told_again_under_another_id(search, ingest, tmp_path):
    told = [{**FILMS[0], "id": None, "url": "https://example.org/coin"}]
    ingest(write(tmp_path / "others.jsonl", told))
    return (0, 1, 2, 0, 0, 0)


def an_earlier_state_restored(search, ingest, tmp_path):
    others = write(tmp_path / "others.jsonl", [{**FILMS[0], "plot": "A miller loses a coin."}])
    ingest(others)
    search.backup(tmp_path / "backup.zip")
    ingest(tmp_path / "films.jsonl")
    search.restore(tmp_path / "backup.zip", replace_others=True)
    return (0, 1, 2, 0, 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        changed_by_another_file,
        film_removed,
        changed_by_a_program,
        film_told_again_under_another_id,
        an_earlier_state_restored,
    ],
)
def test_a_collection_that_was_changed_is_compared(search, ingest, file, tmp_path, change):
    ingest(file)
    ingest(file)
    expected = change(search, ingest, tmp_path)
    assert counts(ingest(file)[0]) == expected
    assert wrong_in(search) is None
    assert (counts(ingest(file)[0]), ingest(file)[1]) == ((0, 0, 3, 0, 0, 0), 0)


def test_a_ledger_that_was_made_again_knows_nothing_of_it(ingest, search, file, tmp_path):
    ingest(file)
    search.close()
    for ledger in tmp_path.glob("**/films.sqlite3*"):
        ledger.unlink()
    assert (counts(ingest(file)[0]), wrong_in(search)) == ((0, 0, 3, 0, 0, 0), None)
    assert ingest(file)[1] == 0


def test_another_collection_knows_nothing_of_it(ingest, file, open_search):
    ingest(file)
    assert counts(ingest(file, into=open_search("others"))[0]) == (3, 0, 0, 0, 0, 0)


def test_another_model_setting_or_language_is_refused_as_ever(ingest, file, open_search):
    ingest(file)
    for options in (
        {"into": open_search(encoder=HashEncoder(name="other"))},
        {"setting": PassageSetting(window=32, size=20, overlap=5)},
        {"language": "de"},
    ):
        with pytest.raises(MismatchError):
            ingest(file, **options)


# what is to be said each time


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"title": "No Plot"}, "plot"),
        ({"id": "year", "title": "Year", "plot": "A year is lost.", "year": "soon"}, "holds no year"),
        (FILMS[0], "the same film stands in line 1"),
        ({**FILMS[0], "id": None}, "the same film as"),
    ],
)
def test_a_file_of_which_something_is_said_is_read_each_time(ingest, tmp_path, more, said):
    path = write(tmp_path / "films.jsonl", [*FILMS, more])
    for _ in range(3):
        report, read, lines = ingest(path)
        assert read >= 3
        assert [said in str(line) for line in lines] == [True]
    assert report == ingest(path, is_source=False)[0]


def test_a_film_that_keeps_another_id_is_told_each_time(ingest, search, tmp_path):
    search.ingest([Movie("the-coin-1950", "The Coin", "A baker loses a coin.", 1950)], setting=SETTING)
    path = write(tmp_path / "films.jsonl", FILMS)
    assert [ingest(path)[1] for _ in range(3)] == [3, 3, 3]


# what is asked for is more than that


def test_prune_looks_whether_films_would_go(ingest, search, file):
    search.ingest([Movie("gone", "Gone", "A ship is gone.")], setting=SETTING)
    ingest(file)
    ingest(file)
    asked = []
    assert ingest(file, prune=asked.append)[1] == 3
    assert asked == [1]
    report, _, _ = ingest(file, prune=lambda count: True)
    assert counts(report) == (0, 0, 3, 1, 0, 0)
    ingest(file)
    assert ingest(file, prune=asked.append)[1] == 0
    assert asked == [1]


def test_a_stopped_ingest_is_no_whole_one(ingest, file):
    assert ingest(file, stop_at=3)[0]["stopped"]
    report, read, _ = ingest(file)
    assert (report["added"] + report["unchanged"], read) == (3, 3)


def test_a_shard_is_read(ingest, file):
    ingest(file)
    for number in (1, 2):
        assert ingest(file, shard=Shard(number, 2, "films"))[1] == 3


# at random


@pytest.mark.integration
@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_between_the_report_is_that_of_a_reading(ingest, open_search, tmp_path, seed):
    """Two collections get the same; one may leave sources unread. Their reports and films stay the same."""
    chance = random.Random(seed)
    quick, careful = open_search("quick"), open_search("careful")
    files = [tmp_path / f"{number}.jsonl" for number in range(2)]
    ids, unread = [f"film{number}" for number in range(5)], 0

    def film():
        name = chance.choice(ids)
        plot = f"A {chance.choice(('baker', 'sailor'))} finds a {name} by the {chance.choice(('sea', 'road'))}."
        return {
            "id": name,
            "title": chance.choice((name, "Twin")),
            "plot": plot,
            "year": chance.choice((1950, 1951, 1952, "?")),
        }

    for path in files:
        write(path, [{**film(), "id": name, "year": 1950} for name in ids[:3]])
    for _ in range(20):
        path, prune = chance.choice(files), (lambda count: True) if chance.random() < 0.2 else None
        if chance.random() < 0.25:
            write(path, [film() for _ in range(chance.randint(1, 4))])
        if chance.random() < 0.1:
            for search in (quick, careful):
                search.ingest([Movie("film0", "Zero", "A zero.")], setting=SETTING)
        for _ in range(chance.randint(1, 2)):
            report, read, said = ingest(path, into=quick, prune=prune)
            expected, _, expected_said = ingest(path, into=careful, is_source=False, prune=prune)
            del report["embedded"], expected["embedded"]  # the two share a cache
            assert (report, [str(line) for line in said]) == (expected, [str(line) for line in expected_said])
            here = quick.known(ids)
            assert (here, quick.movies(here)) == (careful.known(ids), careful.movies(here))
            unread += not read
    assert unread
