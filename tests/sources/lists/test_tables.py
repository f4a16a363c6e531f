"""Tables that programs write, and people with a spreadsheet: the films in them, and what of them is no film."""

from pathlib import Path

import pytest

from moviesearch.errors import SourceError
from moviesearch.sources.lists.entries import ListEntry
from moviesearch.sources.lists.read import list_of

LAMPS = [("The Green Lamp", 1931), ("1917 Nights", None), ("Café Noor", 2004)]


def films(text, encoding="utf-8"):
    """The (title, year) of each film in a list of this text."""
    return [(entry.title, entry.year) for entry in read(text, encoding).entries]


def read(text, encoding="utf-8"):
    return list_of(text.encode(encoding), Path("list.csv"))


# what programs write


def test_a_letterboxd_list_begins_with_a_table_about_itself():
    text = (
        "Letterboxd list export v7\n"
        "Date,Name,Tags,URL,Description\n"
        '2021-05-06,Rainy evenings,"calm, slow",https://boxd.it/x1,"Two\nlines about it"\n'
        "\n"
        "Position,Name,Year,URL,Description\n"
        "1,The Green Lamp,1931,https://boxd.it/x2,\n"
        "2,1917 Nights,,https://boxd.it/x3,a note\n"
        "3,Café Noor,2004,https://boxd.it/x4,\n"
    )
    for whole in (text, text.partition("\n")[2], text.replace("\n", "\r\n"), "\ufeff" + text):
        assert films(whole) == LAMPS
    assert read(text).report == ()
    assert [entry.number for entry in read(text).entries] == [7, 8, 9]


@pytest.mark.parametrize(
    "header, row",
    [
        ("Date,Name,Year,Letterboxd URI", "2021-05-06,{title},{year},https://boxd.it/x"),
        ("Date,Name,Year,Letterboxd URI,Rating", "2021-05-06,{title},{year},https://boxd.it/x,4.5"),
        (
            "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date",
            '2021-05-06,{title},{year},https://boxd.it/x,3,Yes,"home, late",2021-05-05',
        ),
        (
            "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date",
            '2021-05-06,{title},{year},https://boxd.it/x,3,,"I ""liked"" it.\n\nName,Year\nReally.",,2021-05-05',
        ),
        (
            "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,"
            "Num Votes,Release Date,Directors",
            'tt1,8,2021-05-06,{title},{title},https://x,Movie,7.1,99,{year},"Drama, War",1000,1999-01-01,Somebody',
        ),
        (
            "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,"
            "Runtime (mins),Year,Genres,Num Votes,Release Date,Directors,Your Rating,Date Rated",
            "7,tt1,2021-05-06,2021-05-06,,{title},{title},https://x,tvMovie,7.1,99,{year},Drama,10,1999-01-01,A,,",
        ),
        (
            '"position","const","created","modified","description","Title","Title type","Directors","You rated",'
            '"IMDb Rating","Runtime (mins)","Year","Genres","Num. Votes","Release Date (month/day/year)","URL"',
            '"1","tt1","Thu May  6 00:00:00 2021","","","{title}","Feature Film","A","8","7.1","99","{year}","drama",'
            '"10","1999-01-01","http://x"',
        ),
        ("TMDb ID,IMDb ID,Type,Name,Release Date,Your Rating", "1,tt1,movie,{title},{year}-06-01T00:00:00Z,8"),
    ],
)
def test_exports_of_the_great_sites(header, row):
    rows = [row.format(title=title, year=year) for title, year in [("The Green Lamp", 1931), ("Café Noor", 2004)]]
    assert films("\n".join([header, *rows])) == [LAMPS[0], LAMPS[2]]
    assert read("\n".join([header, *rows])).report == ()


def test_movielens_has_articles_and_years_behind_and_other_titles_in_brackets():
    text = (
        "movieId,title,genres\n"
        '1,"Green Lamp, The (1931)",Drama\n'
        '2,"Ferry of Thieves, The (Bac des voleurs, Le) (1958)",Crime|Drama\n'
        "3,Night (a.k.a. Nox) (1977),(no genres listed)\n"
        '4,"Onda, L\' (1960)",Drama\n'
        "5,Yearless,Drama\n"
    )
    assert read(text).entries[:3] == (
        ListEntry("The Green Lamp", 1931, 2),
        ListEntry("The Ferry of Thieves (Le Bac des voleurs)", 1958, 3, "The Ferry of Thieves"),
        ListEntry("Night (a.k.a. Nox)", 1977, 4, "Night"),
    )
    assert films(text)[3:] == [("L'Onda", 1960), ("Yearless", None)]
    colons = "1::Green Lamp, The (1931)::Drama\n2::Café Noor (2004)::War\n"
    assert films(colons) == films(colons, "cp1252") == [LAMPS[0], LAMPS[2]]


def test_series_and_episodes_are_left_out_and_counted():
    text = (
        "Const,Title,Title Type,Year\n"
        "tt1,The Green Lamp,Movie,1931\ntt2,Lamps,tvSeries,2011\ntt3,Lamp One,TV Episode,2012\n"
        "tt4,Café Noor,tvMovie,2004\ntt5,Lamp Quest,Video Game,2013\ntt6,Lamp!,TV Mini Series,2014\n"
    )
    assert films(text) == [LAMPS[0], LAMPS[2]]
    assert read(text).report == ("4 series and episodes are left out: they are no films",)


def test_netflix_tells_episodes_by_their_names():
    text = (
        'Title,Date\n"Lamps: Season 2: The Wick","1/2/21"\n"The Green Lamp","1/3/21"\n'
        '"Owls: Limited Series: One","1/4/21"\n'
    )
    assert films(text) == [("The Green Lamp", None)]
    assert read(text).report == ("2 series and episodes are left out: they are no films",)


def test_a_column_may_tick_off_what_was_seen():
    text = "Watched,Title,Year\nTRUE,The Green Lamp,1931\nFALSE,Café Noor,2004\nx,Up,\n,Owls,\n"
    assert [entry.ticked for entry in read(text).entries] == [True, False, True, False]


# what spreadsheets make of a table

TABLE = "Film;Jahr;Note\r\nThe Green Lamp;1931;2+\r\n1917 Nights;;3\r\nCafé Noor;2004,0;1\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("separator", ["\t", ";", ",", "|"])
def test_every_separator_in_every_encoding(encoding, separator):
    text = TABLE.replace("2004,0", "2004.0").replace(";", separator)
    assert films(text, encoding) == LAMPS
    assert ("cp1252" in "".join(read(text, encoding).report)) == (encoding == "cp1252")


def test_excels_first_line_may_name_the_separator():
    assert films("sep=;\r\n" + TABLE) == LAMPS
    assert films('"sep=;"\n' + TABLE) == LAMPS
    assert films("sep=\t\n" + TABLE.replace(";", "\t")) == LAMPS
    assert films("sep=^\n" + TABLE.replace(";", "^")) == LAMPS


def test_a_line_of_windows_among_utf8_costs_only_itself():
    raw = "Title,Year\nÉté,1999\n".encode() + "Café Noor,2004\n".encode("cp1252")
    result = list_of(raw, Path("mine.csv"))
    assert [(entry.title, entry.year) for entry in result.entries] == [("Été", 1999), ("Café Noor", 2004)]
    assert result.report[0].startswith("1 line of mine.csv is not UTF-8 and read as Windows-1252 (cp1252)")


@pytest.mark.parametrize(
    "header",
    ["movie_title,release_year", "Film,Year", "Name,Released", "Movie,year", "Original Title,Year", "Titel,Jahr",
     "Titre,Année", "Título,Año", "primaryTitle,startYear", " TITLE , YEAR ", '"title","year"',
     "Movie Title,Release Date", "Film (Title),Year (of release)", "Nombre,Estreno", "title,whatever"],
)  # fmt: skip
def test_columns_have_many_names(header):
    expected = [(title, None if "whatever" in header else year) for title, year in LAMPS]
    assert films(f"{header}\nThe Green Lamp,1931\n1917 Nights,\nCafé Noor,2004\n") == expected


@pytest.mark.parametrize(
    "rows",
    [
        "The Green Lamp,1931\nTen O'Clock,1960\nCafé Noor,2004\n",
        "1931;The Green Lamp\n1960;Ten O'Clock\n2004;Café Noor\n",
        "2021-05-06,The Green Lamp,1931,https://boxd.it/a\n2021-05-06,Ten O'Clock,1960,https://boxd.it/b\n"
        "2021-05-07,Café Noor,2004,https://boxd.it/c\n",
        "Drama\tThe Green Lamp\t1931\t7.5\nDrama\tTen O'Clock\t1960\t7.5\nDrama\tCafé Noor\t2004\t8\n",
        "1,The Green Lamp (1931),Drama\n2,Ten O'Clock (1960),Drama|War\n3,Café Noor (2004),War\n",
        "| The Green Lamp | 1931 |\n|---|---|\n| Ten O'Clock | 1960 |\n| Café Noor | 2004 |\n",
    ],
)
def test_without_a_header_years_tell_the_columns(rows):
    assert films(rows) == [("The Green Lamp", 1931), ("Ten O'Clock", 1960), ("Café Noor", 2004)]


def test_an_unknown_header_is_told_from_the_films():
    result = read("Was;Wann\nThe Green Lamp;1931\nCafé Noor;2004\n")
    assert [(entry.title, entry.year) for entry in result.entries] == [LAMPS[0], LAMPS[2]]
    assert result.report == ("1 line could not be read: line 1: is taken for the header",)


def test_titles_that_are_numbers_are_titles():
    assert films("1917,2019\n300,2006\n2046,2004\n") == [("1917", 2019), ("300", 2006), ("2046", 2004)]
    assert films("Title,Year\n1917,2019\n300,2006\n") == [("1917", 2019), ("300", 2006)]


def test_two_tables_behind_each_other():
    one, other = "\ufeffTitle,Year\nThe Green Lamp,1931\n", "\ufeffYear,Title\n2004,Café Noor\n"
    assert films(one + other) == [LAMPS[0], LAMPS[2]]
    assert films(one + one) == [LAMPS[0], LAMPS[0]]


def test_a_markdown_table():
    text = "| Title | Year |\n|:------|-----:|\n| The Green Lamp | 1931 |\n| Café Noor | 2004 |\n"
    assert films(text) == [LAMPS[0], LAMPS[2]]


# odd rows


@pytest.mark.parametrize(
    "year, expected",
    [("2008–2013", 2008), ("30 October 1995", 1995), ("1995 (USA)", 1995), ("(I) 2016", 2016), ("1995.0", 1995),
     ("\\N", None), ("0", None), ("N/A", None), ("", None), ("nan", None)],
)  # fmt: skip
def test_a_year_is_what_its_cell_holds(year, expected):
    result = read(f"Title,Year\nThe Boat,{year}\n")
    assert result.entries == (ListEntry("The Boat", expected, 2),)
    assert result.report == ()


def test_years_that_are_none_cost_nothing_but_a_note():
    result = read(f"Title,Year\nThe Boat,soon\nThe Hat,2001\nThe Oar,{'9' * 5000}\n")
    assert [(entry.title, entry.year) for entry in result.entries] == [
        ("The Boat", None), ("The Hat", 2001), ("The Oar", None)
    ]  # fmt: skip
    assert result.report == ("2 years are not understood and left open, such as line 2: 'soon'",)


def test_the_year_behind_the_title_is_the_films_and_not_that_of_the_column():
    assert films("Title,Year\nThe Hat (1999),2021\n") == [("The Hat", 1999)]  # it was seen in 2021


def test_a_row_that_is_no_film_is_told_and_the_others_read():
    text = 'Title,Year\nThe Hat,2001\n,1999\n"The Boat,2008\nThe Oar,2003\nnan,1999\n"The "old" Sea",1960\n'
    result = read(text)
    assert [(entry.title, entry.year) for entry in result.entries] == [
        ("The Hat", 2001), ("The Oar", 2003), ('The old" Sea"', 1960)
    ]  # fmt: skip
    assert [str(line) for line in result.unread] == [
        "line 3: has no title", "line 4: has a quote that is never closed", "line 6: has no title"
    ]  # fmt: skip
    assert result.report == ("3 lines could not be read, such as line 3: has no title",)


def test_a_comma_without_quotes_stays_in_its_title():
    text = "Title,Year,Seen\nThe Hat, the Boat and the Oar,1966,yes\nThe Sea,1960,no\n"
    assert films(text) == [("The Hat, the Boat and the Oar", 1966), ("The Sea", 1960)]


def test_lines_above_a_header_are_told():
    result = read("My films of the year\n\nTitle,Year\nThe Hat,2001\n")
    assert result.entries == (ListEntry("The Hat", 2001, 4),)
    assert result.report == ("1 line could not be read: line 1: stands above the header",)


@pytest.mark.parametrize(
    "raw, reason",
    [
        (b"", "names no films"),
        (b" \n\n", "names no films"),
        (b"Title,Year\n", "names no films"),
        (b'Title,Year\n"The Hat,2001\n', "names no films .*line 2: has a quote that is never closed"),
        (b"name_x,y\na,b\n", "list.csv:1: a list needs the columns title and year; its first line has name_x, y"),
        (b"PK\x03\x04....", "a zip archive or a workbook: unpack it .Letterboxd's holds watched.csv."),
        (b"%PDF-1.4", "a PDF"),
        (b"<!DOCTYPE html><html><p>Heat", "a web page or XML"),
        (b"userId,movieId,rating\n1,2,3.5\n1,3,4\n", "needs the columns title and year; its first line has userId"),
        (b"\0\1\2\3" * 99, "a binary file"),
    ],
)
def test_what_is_no_list_says_what_it_is(raw, reason):
    with pytest.raises(SourceError, match=reason):
        list_of(raw, Path("list.csv"))
