"""Nothing is stored that is no film: placeholders, headers in the middle of a table, rows that hold nothing."""

import io
import json

import pytest

from moviesearch.records import Movie, Note, Rejected
from moviesearch.sources import read

PLOT = "A diver finds a bell."


def read_with_notes(text):
    notes = []
    raw = text if isinstance(text, bytes) else text.encode()
    return list(read("-", stdin=io.BytesIO(raw), on_note=notes.append)), notes


PLACEHOLDERS = """
N/A | n/a | NA | nan | NaN | NULL | null | None | \\N | - | -- | — | ... | ? | TBA | tbd. | Unknown
No overview found. | No overview | No plot available | no plot available yet... | No description for this film.
Add a plot | Add a Plot » | Add plot summary | See full summary » | See full synopsis | Read more
Plot unknown. | The plot is unknown | Plot kept under wraps. | Plot details are being kept under wraps.
Coming soon | Coming soon! | Synopsis coming soon. | Plot: N/A | Overview | (no plot) | This film has no plot.
We don't have an overview translated in English. Help us expand our database by adding one.
It looks like we don't have any plot summaries for this title yet. Be the first to contribute!
Keine Beschreibung verfügbar. | Pas de résumé. | Sinopsis no disponible | 暂无简介
"""


@pytest.mark.parametrize("plot", PLACEHOLDERS.strip().replace("\n", " | ").split(" | "))
def test_a_plot_that_is_a_placeholder_is_none(plot):
    (rejected,), _ = read_with_notes(json.dumps({"title": "Bell", "plot": plot}))
    assert (rejected.place, rejected.field) == ("stdin:1", "plot")
    assert rejected.reason.startswith("is a placeholder (")


@pytest.mark.parametrize(
    "plot",
    [
        "None of them returns.",
        "Unknown men arrive.",
        "A plot to sink the boat is discovered.",
        "The story of a film.",
        "No story is ever over.",
        "Coming home soon.",
        "N/A is what the form says; she was never born.",
        "He dies.",
        "🎬🔔",
    ],
)
def test_a_plot_that_only_holds_such_words_is_one(plot):
    (movie,), _ = read_with_notes(json.dumps({"title": "Bell", "plot": plot}))
    assert movie.plot == plot


def test_a_placeholder_gives_way_to_a_plot_under_another_name():
    (movie,), _ = read_with_notes(json.dumps({"title": "Bell", "plot": "N/A", "overview": PLOT}))
    assert movie.plot == PLOT


def test_rows_of_nothing_are_rejected_and_no_film_is_called_nan():
    text = f",title,plot,year\n0,Bell,{PLOT},1999.0\n1,nan,nan,nan\n2,Buoy,nan,1990\n3,nan,{PLOT},nan\n4,None,{PLOT},\n"
    results, notes = read_with_notes(text)
    assert results == [
        Movie("bell-1999", "Bell", PLOT, 1999),
        Rejected("stdin:3", "plot", "is a placeholder (nan)"),
        Rejected("stdin:4", "plot", "is a placeholder (nan)"),
        Rejected("stdin:5", "title", "is a placeholder"),
        Movie("none", "None", PLOT),
    ]
    assert notes == []


def test_what_stands_for_nothing_in_other_fields_is_left_out():
    record = {"title": "Bell", "plot": PLOT, "id": "N/A", "url": "nan", "Genre": "N/A", "Rated": "N/A", "Awards": "\\N"}
    (movie,), notes = read_with_notes(json.dumps({**record, "imdbID": "tt9900001"}))
    assert movie == Movie("bell", "Bell", PLOT, extra={"imdbID": "tt9900001"})
    assert notes == []


@pytest.mark.parametrize(
    ("genres", "left"),
    [
        ("N/A", ()),
        ("\\N", ()),
        ("(no genres listed)", ()),
        ("Drama|N/A", ("Drama",)),
        (["Drama", "nan", "Unknown", "-"], ("Drama",)),
        ("unknown", ()),
        (["Drama", 3], ("Drama",)),
    ],
)
def test_genres_that_are_none(genres, left):
    (movie,), _ = read_with_notes(json.dumps({"title": "Bell", "plot": PLOT, "genres": genres}))
    assert movie.genres == left


HEADER = "The header stands here again"


def test_tables_one_after_the_other_store_no_header():
    mark = "\ufeff"
    text = (
        f'{mark}Title,Plot\nBell,{PLOT}\n{mark}Title,Plot\nBuoy,A ring floats.\n{mark}"Title","Plot"\nReef,It waits.\n'
    )
    results, notes = read_with_notes(text)
    assert results == [
        Movie("bell", "Bell", PLOT),
        Movie("buoy", "Buoy", "A ring floats."),
        Movie("reef", "Reef", "It waits."),
    ]
    assert notes == [Note("stdin:3", "", "the header stands here again, and is skipped", count=2)]


def test_a_further_table_may_have_other_columns():
    results, notes = read_with_notes(
        f"title,plot\nBell,{PLOT}\nYear,PLOT,Title,Director\n1999,A ring floats.,Buoy,Ida Vance\n"
    )
    assert results[0] == Movie("bell", "Bell", PLOT)
    assert (results[1].title, results[1].year, results[1].extra) == ("Buoy", 1999, {"Director": "Ida Vance"})
    assert len(notes) == 1


def test_a_separator_that_a_spreadsheet_names_above_the_header():
    for first in ("sep=;", '"sep=;"', "SEP=;"):
        results, _ = read_with_notes(f"\ufeff{first}\r\nTitle;Plot;Year\r\nBell;{PLOT};1999\r\nBuoy;nan;\r\n")
        assert results == [
            Movie("bell-1999", "Bell", PLOT, 1999),
            Rejected("stdin:4", "plot", "is a placeholder (nan)"),
        ]


def test_the_number_0_is_no_id_where_another_program_keeps_the_films():
    records = [
        {"title": "Bell", "overview": PLOT, "id": 0, "tmdbId": 5},
        {"title": "Buoy", "overview": "It floats.", "id": 0},
    ]
    movies, _ = read_with_notes(json.dumps(records))
    assert [movie.id for movie in movies] == ["bell", "buoy"]


@pytest.mark.parametrize("name", ["Name", "movie_title", "Movie Name", "primary_title", "original_title"])
def test_a_title_under_another_name(name):
    results, _ = read_with_notes(f"{name},overview\nBell,{PLOT}\n")
    assert results == [Movie("bell", "Bell", PLOT)]
    results, _ = read_with_notes(json.dumps({"Items": [{name: "Bell", "Overview": PLOT}]}))
    assert results == [Movie("bell", "Bell", PLOT)]


def test_a_title_goes_before_other_names():
    (movie,), _ = read_with_notes(json.dumps({"name": "B", "title": "Bell", "original_title": "Klokken", "plot": PLOT}))
    assert (movie.title, movie.extra) == ("Bell", {"name": "B", "original_title": "Klokken"})
