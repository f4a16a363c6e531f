"""The same film again is the same film: a source that says more or less of it updates it, and two films stay two."""

import csv
import io
import json
from dataclasses import replace

import pytest
from support.hash_encoder import SETTING, HashEncoder
from support.sound import wrong_in

from moviesearch import Movie
from moviesearch.collection.steps import Shard
from moviesearch.records import NextSource
from moviesearch.sources import read
from moviesearch.storage.entries import Entry, content_hash

FOLDER_AND_SERVER = True

BELL = {"title": "The Bell", "year": 1999, "plot": "A diver finds a bell under the pier."}
BUOY = {"title": "Buoy", "year": 2001, "plot": "Two sisters race their boats around a buoy."}


def source(*films, drop=(), **columns):
    """Films as `read` yields them: each with these columns added, of the names in `drop` none."""
    records = [
        {name: value for name, value in {**film, **{name: values[at] for name, values in columns.items()}}.items()
         if name not in drop}
        for at, film in enumerate(films)
    ]  # fmt: skip
    return read("-", stdin=io.BytesIO(json.dumps(records).encode()))


def table(*rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return read("-", stdin=io.BytesIO(text.getvalue().encode()))


def counts(report):
    return report.added, report.updated, report.unchanged


def stored(search, *, verify=True):
    """Title and year of each film by id; of many films made after one pattern, verify may miss one."""
    assert not verify or wrong_in(search) is None
    return {film: (title, year) for film, title, year in search._collection.ledger.titles()}


@pytest.fixture
def search(search):
    search.ingest(source(BELL, BUOY), setting=SETTING)
    return search


FILMS = {"the-bell-1999": ("The Bell", 1999), "buoy-2001": ("Buoy", 2001)}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("director", ["Ida Vance", "Osk Lind"]),
        ("url", ["https://films.example/bell", "https://films.example/buoy"]),
        ("id", ["tt9900001", "tt9900002"]),
        ("id", [7, 8]),
        ("director", [["Ida Vance", "Osk Lind"], ["Osk Lind"]]),
    ],
)
def test_a_source_that_gains_a_column_updates_its_films(search, column, values):
    assert counts(search.ingest(source(BELL, BUOY, **{column: values}), setting=SETTING))[0] == 0
    assert stored(search) == FILMS
    bell = search.film("the-bell-1999")
    assert column == "id" or values[0] == (bell.url if column == "url" else bell.extra[column])
    assert counts(search.ingest(source(BELL, BUOY, **{column: values}), setting=SETTING)) == (0, 0, 2)


def test_a_source_that_loses_the_year_keeps_its_films_and_their_years(search):
    for _ in range(2):
        assert counts(search.ingest(source(BELL, BUOY, drop=["year"]), setting=SETTING)) == (0, 0, 2)
    assert stored(search) == FILMS


def test_a_year_that_is_one_off_and_a_title_spelt_otherwise_are_the_same_film(search):
    again = [{**BELL, "year": 2000, "title": "THE BELL!"}, {**BUOY, "year": 2000, "plot": "Sisters race for a buoy."}]
    assert counts(search.ingest(source(*again), setting=SETTING)) == (0, 2, 0)
    assert stored(search) == {"the-bell-1999": ("THE BELL!", 2000), "buoy-2001": ("Buoy", 2000)}
    assert search.film("buoy-2001").plot == "Sisters race for a buoy."


def test_a_title_as_catalogues_sort_it_is_the_same_film(open_search):
    search = open_search("sorted")
    search.ingest([Movie("the-bell-1999~00c0ffee", "Bell, The (1999)", BELL["plot"])], setting=SETTING)
    report = search.ingest(table(["title", "plot"], ["Bell, The (1999)", BELL["plot"]]), setting=SETTING)
    assert counts(report) == (0, 1, 0)
    assert stored(search) == {"the-bell-1999~00c0ffee": ("The Bell", 1999)}


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ({}, {"year": 2001}),
        ({"director": "Ida Vance"}, {"director": "Osk Lind", "plot": "A town hears a bell."}),
        ({"director": "Ida Vance"}, {"director": "Osk Lind"}),
        ({"id": "7"}, {"id": "8"}),
        ({"id": "tt9900001"}, {"id": "tt9900002"}),
        ({"imdbID": "tt9900001"}, {"imdb_id": "tt9900002", "director": "Ida Vance"}),
        ({"url": "https://films.example/a"}, {"url": "https://films.example/b", "plot": "A town hears a bell."}),
    ],
)
def test_two_films_are_two_where_something_known_contradicts(open_search, before, again):
    search = open_search("two")
    search.ingest(source({**BELL, **before}), setting=SETTING)
    for added in (1, 0):
        report = search.ingest(source({**BELL, **again}), setting=SETTING)
        assert counts(report) == (added, 0, 1 - added)
    assert len(stored(search)) == 2
    both = search.ingest(source({**BELL, **before}, {**BELL, **again}), setting=SETTING)
    assert counts(both) == (0, 0, 2)


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ({"director": "Ida Vance"}, {"Directors": ["Vance, Ida", "Osk Lind"]}),
        ({"director": "Ída Vance and Osk Lind"}, {"directed_by": "Osk Lind; Per Holm"}),
        ({"director": "['Ida Vance', 'Osk Lind']"}, {"director": "IDA VANCE"}),
        ({"director": "N/A"}, {"director": "Ida Vance"}),
        ({"imdbID": "tt0009900"}, {"ids": {"imdb": "tt0009900", "tmdb": 5}, "director": "Ida Vance"}),
        ({"id": "tt0009900"}, {"imdb_id": "9900", "plot": "Another telling of the bell."}),
        ({"id": "7"}, {"id": "tt9900001"}),
        ({"url": "https://www.films.example/a/"}, {"url": "http://films.example/a", "plot": "Another telling."}),
        ({"url": "https://films.example/a"}, {"url": "https://other.example/7", "plot": "Another telling."}),
    ],
)
def test_one_film_is_one_however_the_rest_is_written(open_search, before, again):
    search = open_search("one")
    search.ingest(source({**BELL, **before}), setting=SETTING)
    assert search.ingest(source({**BELL, **again}), setting=SETTING).added == 0
    assert len(stored(search)) == 1


def test_two_films_of_one_title_and_year_with_plots_and_directors_of_their_own_stay_two(open_search):
    search = open_search("twins")
    twins = [BELL, {**BELL, "plot": "A town hears a bell at night."}]
    assert counts(search.ingest(source(*twins), setting=SETTING)) == (2, 0, 0)
    directed = {"director": ["Ida Vance", "Osk Lind"]}
    assert counts(search.ingest(source(*twins, **directed), setting=SETTING)) == (0, 2, 0)
    assert counts(search.ingest(source(*twins[::-1], director=["Osk Lind", "Ida Vance"]), setting=SETTING)) == (0, 0, 2)
    assert [search.film(film).extra["director"] for film in ("the-bell-1999", "the-bell-1999~2")] == [
        "Ida Vance",
        "Osk Lind",
    ]


def test_remakes_of_neighbouring_years_in_one_source_are_two(open_search):
    search = open_search("remakes")
    remakes = [BELL, {**BELL, "year": 2000, "plot": "A town hears a bell at night."}]
    for expected in ((2, 0, 0), (0, 0, 2)):
        assert counts(search.ingest(source(*remakes), setting=SETTING)) == expected
    with_directors = source(*remakes[::-1], director=["Osk Lind", "Osk Lind"])
    assert counts(search.ingest(with_directors, setting=SETTING)) == (0, 2, 0)
    assert [search.film(film).year for film in ("the-bell-1999", "the-bell-2000")] == [1999, 2000]


def test_a_film_that_was_taken_for_another_one_of_its_source_gives_way(open_search):
    # The newcomer stands first, far from the film whose title and year it has.
    search = open_search("way")
    search.ingest(source(BELL), setting=SETTING)
    newcomer = {**BELL, "plot": "A town hears a bell at night.", "director": "Osk Lind"}
    others = [{"title": f"Film {number}", "plot": f"Story number {number} of many."} for number in range(600)]
    for expected in (601, 0):
        assert search.ingest(source(newcomer, *others, BELL), setting=SETTING).added == expected
    films = {search.film(film).plot for film in stored(search, verify=False) if film.startswith("the-bell")}
    assert films == {BELL["plot"], newcomer["plot"]}


@pytest.mark.parametrize("together", [True, False])
def test_two_sources_tell_one_film(open_search, together):
    """In one run or in two: the second source's plot and id differ, and the film is one."""
    search = open_search("sources")
    first = [*source(BELL, BUOY, director=["Ida Vance", "Osk Lind"])]
    second = [*source({**BELL, "plot": "Under the pier lies a bell."}, id=["862"])]
    runs = [[*first, NextSource(), *second]] if together else [first, second]
    for run in runs:
        search.ingest(run, setting=SETTING)
    bell = next(search.film(film) for film in stored(search) if film.startswith("the-bell"))
    assert len(stored(search)) == 2
    assert (bell.plot, bell.year, bell.extra["director"]) == ("Under the pier lies a bell.", 1999, "Ida Vance")
    again = search.ingest([*first, NextSource(), *second], setting=SETTING)
    assert again.added == 0


def test_a_source_that_has_one_film_under_two_ids_tells_it_twice(open_search):
    search = open_search("twice")
    told = [BELL, {**BELL, "director": "Ida Vance"}, {**BELL, "year": 2000}, {**BELL, "director": "Osk Lind"}]
    rejected = []
    for expected in ((1, 0, 0), (0, 0, 1)):
        report = search.ingest(source(*told), setting=SETTING, on_rejected=rejected.append)
        assert (counts(report), report.duplicates, report.rejected) == (expected, 3, 0)
    assert search.film("the-bell-1999").extra == {}
    assert str(rejected[1]) == "the-bell-2000: the same film as 'the-bell-1999' in this source; that one is kept"


@pytest.mark.integration
@pytest.mark.parametrize("passages", [1, 5])
def test_the_result_does_not_depend_on_how_films_are_batched(open_search, passages):
    tail = " ".join(f"Then the sailor visits port{number} by night." for number in range(passages))
    films = [
        {"title": f"Film {n % 100}", "year": 1950 + n // 100 * 5, "plot": f"Story {n} of a port. {tail}"}
        for n in range(300)
    ]
    search = open_search("batched")
    directed = source(*films, director=[f"Name {n}" for n in range(300)])
    report = search.ingest([*source(*films), NextSource(), *directed], setting=SETTING)
    assert (report.added, len(stored(search, verify=False))) == (300, 300)
    directors = {film: search.film(film).extra["director"] for film in ("film-7-1950", "film-7-1955", "film-99-1960")}
    assert directors == {"film-7-1950": "Name 7", "film-7-1955": "Name 107", "film-99-1960": "Name 299"}


def test_pruning_spares_films_that_came_under_other_ids(search):
    report = search.ingest(source(BELL, BUOY, director=["Ida Vance", "Osk Lind"]), setting=SETTING, prune=pytest.fail)
    assert report.removed == 0


def test_ids_that_a_source_gives_are_said_where_they_are_not_taken(open_search):
    notes = []
    search = open_search("said")
    search.ingest(source(BELL, BUOY), setting=SETTING)
    search._collection.note = notes.append
    search.ingest(source(BELL, BUOY, id=["861", "862"]), setting=SETTING)
    assert notes == ["2 films keep the ids of this collection: 'the-bell-1999' for '861'"]


# what an earlier version stored twice


def write(search, *movies):
    """Store films as a version did that did not look for others of their title."""
    with search._collection.writing():
        embedder = search._collection.embedder(search._collection.chroma.manifest(), search._encoders.at(None))
        seq = search._collection.ledger.next_seq()
        passages = [embedder.passages(movie) for movie in movies]
        entries = [
            Entry(movie, seq + at, content_hash(movie), len(texts))
            for at, (movie, texts) in enumerate(zip(movies, passages, strict=True))
        ]
        search._collection.put(embedder.rows(entries, passages))


DOUBLES = [
    Movie("the-bell-1999~00c0ffee", "The Bell", BELL["plot"], 1999, ("Drama",), None, {"director": "Ida Vance"}),
    Movie("buoy", "Buoy", BUOY["plot"], url="https://films.example/buoy"),
]
OTHERS = [
    Movie("the-bell-1999~2", "The Bell", "A town hears a bell.", 1999),
    Movie("the-bell-2010", "The Bell", BELL["plot"], 2010),
]


@pytest.mark.parametrize("by", ["ingest", "repair"])
def test_what_stands_there_twice_is_said_and_joined(search, by):
    write(search, *DOUBLES, *OTHERS)
    assert len(stored(search)) == 6
    notes = []
    search._collection.note = notes.append
    if by == "ingest":
        report = search.ingest(source(BELL), setting=SETTING)
        assert (report.joined, counts(report)) == (2, (0, 1, 0))
    else:
        assert search.repair() == 4
    assert notes[-1] in [
        f"2 films stood in 'films' twice, and went into the older record: {example}"
        for example in ("'the-bell-1999~00c0ffee' into 'the-bell-1999'", "'buoy' into 'buoy-2001'")
    ]
    assert set(stored(search)) == {"the-bell-1999", "buoy-2001", "the-bell-1999~2", "the-bell-2010"}
    bell, buoy = search.film("the-bell-1999"), search.film("buoy-2001")
    if by == "repair":
        assert bell == replace(DOUBLES[0], id="the-bell-1999")
    assert buoy == replace(DOUBLES[1], id="buoy-2001", year=2001)
    notes.clear()
    assert search.ingest(source(BUOY), setting=SETTING).joined == 0
    assert notes == []


def test_joining_embeds_nothing(search, open_search):
    write(search, *DOUBLES)
    search.close()
    encoder = HashEncoder()
    assert open_search(encoder=encoder).ingest([], setting=SETTING).joined == 2
    assert encoder.texts == []


@pytest.mark.server
def test_machines_that_share_a_source_come_to_the_same(open_search, chroma_server):
    films = [{**BELL, "title": f"Film {n}", "year": 1950 + n, "plot": f"Story {n} of the port."} for n in range(30)]
    directors = [f"Name {n}" for n in range(30)]
    first = open_search("shared")
    first.ingest(source(*films), setting=SETTING)
    first.close()
    for number in (1, 2, 3):
        machine = open_search("shared", machine=f"machine {number}")
        report = machine.ingest(source(*films, director=directors), setting=SETTING, shard=Shard(number, 3, "films"))
        assert report.added == 0
        machine.close()
    search = open_search("shared", machine="another")
    assert len(stored(search)) == 30
    assert {search.film(film).extra["director"] for film in stored(search)} == set(directors)
