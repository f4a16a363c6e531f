"""Lists of films: IMDb's tables, CSV files, and what is wrong with either."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from moviesearch.cli.fetching.wanted import named_film
from moviesearch.errors import SourceError
from moviesearch.sources.wikipedia.api.film_lists import ListedFilm, read_list

BASICS = "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres\n"
RATINGS = "tconst\taverageRating\tnumVotes\n"


def imdb(folder: Path, films: list[tuple[str, str, str, str, float, int]], *, packed: bool = True) -> Path:
    basics, ratings = BASICS, RATINGS
    for number, (kind, title, original, year, rating, votes) in enumerate(films, 1):
        basics += f"tt{number:07}\t{kind}\t{title}\t{original}\t0\t{year}\t\\N\t90\tDrama\n"
        ratings += f"tt{number:07}\t{rating}\t{votes}\n"
    end = ".gz" if packed else ""
    for name, text in (("basics", basics), ("ratings", ratings)):
        raw = text.encode()
        (folder / f"title.{name}.tsv{end}").write_bytes(gzip.compress(raw) if packed else raw)
    return folder / f"title.basics.tsv{end}"


@pytest.mark.parametrize("packed", [True, False])
def test_imdbs_best_are_those_with_the_best_weighted_rating(tmp_path: Path, packed: bool) -> None:
    films = [
        ("movie", "Few Votes", "Few Votes", "2000", 9.9, 24_999),
        ("movie", "Good", "Good", "2001", 8.0, 1_000_000),
        ("movie", "Loved by Some", "Loved by Some", "2002", 9.0, 25_000),
        ("tvSeries", "A Series", "A Series", "2003", 9.5, 2_000_000),
        ("movie", 'A "Quoted" One', "Un «Cité»", "\\N", 7.0, 500_000),
        ("movie", "Bad", "Bad", "2005", 3.0, 900_000),
    ]
    listed = read_list(imdb(tmp_path, films, packed=packed), top=3)
    assert [film.title for film in listed] == ["Good", "Loved by Some", 'A "Quoted" One']
    assert listed[0] == ListedFilm("Good", 2001, f"title.basics.tsv{'.gz' * packed}:3", "", "tt0000002")
    assert (listed[2].year, listed[2].other_title, listed[2].imdb_id) == (None, "Un «Cité»", "tt0000005")
    assert [film.title for film in read_list(tmp_path / listed[0].place.split(":")[0], min_votes=950_000)] == ["Good"]


@pytest.mark.parametrize(
    ("text", "films"),
    [
        ("title,year\nHeat,1995\n", [ListedFilm("Heat", 1995, "list.csv:2")]),
        ("\ufeffYear;Title\n1995;Heat; x\n\n;Alien\n", 
         [ListedFilm("Heat", 1995, "list.csv:2"), ListedFilm("Alien", None, "list.csv:4")]),
        ("Rank\tName\tRelease Date\n1\tRan\t1985-06-01\n", [ListedFilm("Ran", 1985, "list.csv:2")]),
        ('title\n"One, Two"\n', [ListedFilm("One, Two", None, "list.csv:2")]),
    ],
)  # fmt: skip
def test_csv_lists(tmp_path: Path, text: str, films: list[ListedFilm]) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    assert read_list(path) == films


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "list.csv names no films: .* a table with the columns title and year"),
        (b"title,year\n", "names no films"),
        (b"name_x,y\na,b\n", r"list.csv:1: a list needs the columns title and year; its first line has name_x, y"),
        (b"title,year\n,1999\n", "list.csv names no films .1 line could not be read: line 2: has no title"),
        (b'title,year\n"Heat,1995\n', "list.csv names no films .*line 2: has a quote that is never closed"),
        (gzip.compress(b"title,year\n" + b"Heat,1995\n" * 99, mtime=0)[:-4], "damaged or incomplete gzip"),
        (RATINGS.encode(), "give title.basics.tsv.gz"),
        (BASICS.encode(), "there is no title.ratings.tsv.gz beside"),
        (BASICS.replace("primaryTitle", "x").encode(), "no title.ratings"),
    ],
)
def test_what_is_wrong_with_a_list_is_said_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(SourceError, match=message):
        read_list(tmp_path / "list.csv")


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"title,year\nThe Hat,2001\nThe Boat,19x5\n",
         "1 year is not understood and left open, such as line 3: '19x5'"),
        (b"title,year\nThe Hat,2001\n,1999\nThe Boat,\n", "1 line could not be read: line 3: has no title"),
        (b'title,year\nThe Hat,2001\n"The Sea,1999\nThe Boat,\n',
         "1 line could not be read: line 3: has a quote that is never closed"),
        (b"title,year\nThe Hat,2001\nThe Boat\xae,\n",
         "1 line of list.csv is not UTF-8 and read as Windows-1252 (cp1252): if letters look wrong, save the list as "
         "UTF-8"),
    ],
)  # fmt: skip
def test_what_is_odd_in_a_list_is_said_and_costs_no_other_film(tmp_path: Path, content: bytes, note: str) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    notes: list[str] = []
    listed = read_list(tmp_path / "list.csv", note=notes.append)
    assert [(film.title.rstrip("®"), film.year) for film in listed] == [("The Hat", 2001), ("The Boat", None)]
    assert notes == [note]


def test_a_list_of_any_kind_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("1. Hat, The (2001)\n2. Bac des voleurs, Le (Thieves' Ferry) (1958)\n")
    assert read_list(tmp_path / "list.txt") == [
        ListedFilm("The Hat", 2001, "list.txt:1"),
        ListedFilm("Le Bac des voleurs (Thieves' Ferry)", 1958, "list.txt:2", "Le Bac des voleurs"),
    ]
    assert [film.title for film in read_list(tmp_path / "list.txt", top=1)] == ["The Hat"]


def test_what_is_wrong_with_imdbs_tables_is_said_with_its_place(tmp_path: Path) -> None:
    basics = imdb(tmp_path, [("movie", "Good", "Good", "2001", 8.0, 1_000_000)], packed=False)
    with pytest.raises(SourceError, match="no film with 2000000 votes or more: lower --min-votes"):
        read_list(basics, min_votes=2_000_000)
    basics.write_text(BASICS + "tt0000001\tmovie\tGood\n")
    with pytest.raises(SourceError, match=r"title.basics.tsv:2: 3 fields instead of 9"):
        read_list(basics)
    (tmp_path / "title.ratings.tsv").write_text(RATINGS + "tt0000001\tmany\n")
    with pytest.raises(SourceError, match=r"title.ratings.tsv:2: averageRating, numVotes: not numbers"):
        read_list(basics)
    with pytest.raises(SourceError, match="there is no file"):
        read_list(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match="can't be read: Is a directory"):
        read_list(tmp_path)


@pytest.mark.parametrize(
    ("text", "film"),
    [
        ("Amélie (2001)", ListedFilm("Amélie", 2001)),
        ("  Lamp, The  (1999) ", ListedFilm("The Lamp", 1999)),
        ("2001: A Space Odyssey", ListedFilm("2001: A Space Odyssey")),
        ("1917", ListedFilm("1917")),
        ("tt0209144", ListedFilm("tt0209144", imdb_id="tt0209144", by_id=True)),
        ("https://www.imdb.com/title/tt0209144/?ref_=x", ListedFilm("tt0209144", imdb_id="tt0209144", by_id=True)),
        ("https://en.wikipedia.org/wiki/Memento_(film)#Plot", ListedFilm("Memento (film)", exact=True)),
        ("https://en.m.wikipedia.org/wiki/Am%C3%A9lie", ListedFilm("Amélie", exact=True)),
        ("https://en.wikipedia.org/w/index.php?title=Am%C3%A9lie&oldid=1", ListedFilm("Amélie", exact=True)),
    ],
)
def test_a_film_as_people_type_it(text: str, film: ListedFilm) -> None:
    assert named_film(text, "en") == film
