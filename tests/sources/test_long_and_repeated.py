"""Cells of any length, quotes as tables with tabs have them, and an id that a source gives twice."""

import csv
import io
import threading

import pytest

from moviesearch.records import Movie, Rejected
from moviesearch.sources import read

MIB = 1 << 20


def films(text):
    return list(read("-", stdin=io.BytesIO(text.encode())))


@pytest.mark.parametrize("size", [131_071, 131_073, 200_000, 2 * MIB])
def test_a_quoted_cell_of_any_length_is_read(size):
    plot = "On and on they walk. " * (size // 21) + "The end"
    results = films(f'title,plot\nWalk,"{plot}"\nBell,A diver finds a bell.\n')
    assert results == [Movie("walk", "Walk", plot), Movie("bell", "Bell", "A diver finds a bell.")]


def test_only_what_is_longer_than_a_record_may_be_is_refused_for_its_length():
    results = films('title,plot\nBell,"' + ("on and on " * (MIB // 10) + "\n") * 17 + '"\nBuoy,A ring floats.\n')
    assert results[0] == Rejected("stdin:2", "", "is longer than 16 MiB: a quote may not be closed")
    assert results[-1].title == "Buoy"


def test_the_limit_of_others_who_read_csv_stays_as_it_was():
    before = csv.field_size_limit(1000)
    try:
        rows = read("-", stdin=io.BytesIO(("title,plot\n" + f'Walk,"{"a b " * 50_000}"\n' * 3).encode()))
        next(rows)
        assert csv.field_size_limit() == 1000
        rows.close()
        threads = [
            threading.Thread(target=films, args=(f'title,plot\nWalk,"{"a b " * 50_000}"\n' * 20,)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert csv.field_size_limit() == 1000
    finally:
        csv.field_size_limit(before)


def test_a_quote_is_a_letter_in_a_table_with_tabs():
    text = (
        "title\tyear\tplot\n"
        'Bell\t1999\t"Help me" are the first words a diver says.\n'
        'Buoy\t2001\t"It floats\n'
        'Reef\t2002\tIt "waits"\n'
        'Cliff\t2003\t"He jumps\nand swims."\n'
    )
    assert [(movie.title, movie.plot) for movie in films(text)] == [
        ("Bell", '"Help me" are the first words a diver says.'),
        ("Buoy", '"It floats'),
        ("Reef", 'It "waits"'),
        ("Cliff", "He jumps\nand swims."),
    ]


def test_an_id_that_two_films_have_names_both():
    text = (
        "id,title,year,plot\n7,Bell,1999,A diver finds a bell.\n7,Buoy,2001,A ring floats.\n7,Bell,2010,Again a bell.\n"
    )
    assert films(text)[1:] == [
        Rejected("stdin:3", "id", "7 is the id of 'Bell' (1999) in line 2, and here of 'Buoy' (2001)"),
        Rejected("stdin:4", "id", "7 is the id of 'Bell' (1999) in line 2, and here of 'Bell' (2010)"),
    ]


@pytest.mark.parametrize(
    ("row", "differs"),
    [
        ("7,Bell,1999,A diver finds a bell.,3.5,Drama", "popularity"),
        ("7,BELL,2000,Another telling.,3.5,War", "year, plot, genres and more"),
        ("7,Bell,,A diver finds a bell.,1.0,Drama", "year"),
        ("7,Bell,1999,A diver hears a bell.,1.0,Drama", "plot"),
        ("7,Bell,1999,A diver hears a bell.,1.0,War", "plot and genres"),
    ],
)
def test_an_id_given_twice_to_one_film_says_what_differs(row, differs):
    first = "id,title,year,plot,popularity,genres\n7,Bell,1999,A diver finds a bell.,1.0,Drama\n"
    movie, told_again = films(first + row + "\n")
    assert movie.plot == "A diver finds a bell."
    reason = f"the same film stands in line 2, with another {differs}; the first is kept"
    assert told_again == Rejected("stdin:3", "", reason, duplicate=True)
