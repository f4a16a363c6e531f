"""Every format and every fault as a user meets them: a file goes in, films and rejections with places come out."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys

import pytest
from support.paths import ROOT

from moviesearch.errors import SourceError
from moviesearch.records import Movie, Note, Rejected
from moviesearch.sources import bundled, read
from moviesearch.sources.ids import made_id

REALM = "A warlord divides his realm."
WIKIPEDIA = "Release Year,Title,Origin/Ethnicity,Director,Cast,Genre,Wiki Page,Plot\n"


def films(data, tmp_path=None, name="films"):
    """Read `data` (text, bytes, or anything JSON) as a file, or from standard input without a folder."""
    raw = data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()
    if tmp_path is None:
        return list(read("-", stdin=io.BytesIO(raw)))
    path = tmp_path / name
    path.write_bytes(raw)
    return list(read(path))


def only(data):
    (result,) = films(data)
    return result


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def film(**fields):
    return {"title": "Ran", "plot": REALM, **fields}


RAN = Movie("ran-1985", "Ran", REALM, 1985, ("Drama", "War"), None, {"country": "Japan"})
ONE = film(year=1985, genres=["Drama", "War"], country="Japan")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(ONE), id="one-object"),
        pytest.param(json.dumps(ONE, indent=2), id="one-object-over-lines"),
        pytest.param("\n\n  " + json.dumps(ONE) + "\n\n", id="json-lines"),
        pytest.param(json.dumps([ONE]), id="list"),
        pytest.param("\n" + json.dumps([ONE], indent="\t") + "\n", id="list-over-lines"),
        pytest.param(f"Title,PLOT,Year,Genres,country\nRan,{REALM},1985,Drama|War,Japan", id="csv"),
        pytest.param(f"plot;title;year;genre;country\n{REALM};Ran;1985;Drama, War;Japan", id="csv-semicolons"),
        pytest.param(f"\ttitle\tplot\tyear\tgenre\tcountry\n0\tRan\t{REALM}\t1985\tDrama/War\tJapan", id="tsv"),
        pytest.param(
            f'title, plot, year, genres, country\r\nRan, "{REALM}", 1985.0, Drama;War, Japan\r\n', id="csv-spaces"
        ),
        pytest.param(
            f"title,overview,release_year,genres,country\rRan,{REALM},1985,"
            '"[{""id"":18,""name"":""Drama""},{""id"":1,""name"":""War""}]",Japan\r',
            id="tmdb-old-mac-line-ends",
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gzip", "gzip of utf-16"])
def test_one_film_in_every_layout_and_encoding(text, encoding, tmp_path):
    raw = text.encode(encoding.split()[-1].replace("gzip", "utf-8"))
    raw = gzip.compress(raw) if encoding.startswith("gzip") else raw
    assert films(raw) == [RAN]
    assert films(raw, tmp_path, "any.name") == [RAN]


def test_the_tutorials_list_keeps_order_and_what_else_it_says():
    records = [{"title": f"Film {number}", "plot": f"Plot {number}", "rating": number} for number in range(300)]
    assert films(records) == [Movie(f"film-{n}", f"Film {n}", f"Plot {n}", extra={"rating": n}) for n in range(300)]


def test_objects_one_after_the_other_over_lines():
    text = "\n".join(json.dumps(film(id=name), indent=4) for name in "abc")
    assert [movie.id for movie in films(text)] == ["a", "b", "c"]


def test_wikipedia_movie_plots():
    row = '1903,Alice,British,Unknown,May Clark,"fantasy, sci-fi/horror",https://en.wikipedia.org/wiki/Alice,'
    row += '"Falls.[1]\r\nWakes [2] in [1945].[note 3]"\r\n'
    assert only(WIKIPEDIA + row) == Movie(
        made_id("Alice", 1903, "https://en.wikipedia.org/wiki/Alice"),
        "Alice",
        "Falls.\nWakes  in [1945].",
        1903,
        ("fantasy", "sci-fi", "horror"),
        "https://en.wikipedia.org/wiki/Alice",
        {"Origin/Ethnicity": "British", "Cast": "May Clark"},
    )
    movie = only(WIKIPEDIA + "2011,Unknown,unknown,Unknown,,unknown,,Unknown men ride in.\n")
    assert movie == Movie("unknown-2011", "Unknown", "Unknown men ride in.", 2011)


def test_footnote_marks_are_kept_where_the_layout_has_none():
    assert only(film(plot="He writes [1] on the wall.")).plot == "He writes [1] on the wall."


def test_tmdb_layout_keeps_its_own_id_and_the_release_date():
    movie = only("id,title,overview,release_date,runtime,homepage\n862,Toy Story,Toys live.,1995-10-30,81.0,\n")
    assert movie == Movie(
        "862", "Toy Story", "Toys live.", 1995, extra={"release_date": "1995-10-30", "runtime": "81.0"}
    )


@pytest.mark.parametrize(
    ("genres", "expected"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        ("[]", ()),
        (["Drama", " drama ", "", None, "Film  noir"], ("Drama", "Film noir")),
        ([{"id": 18, "name": "Drama"}, {"id": 10752, "name": "War"}], ("Drama", "War")),
        ('[{"id": 18, "name": "Drama"}]', ("Drama",)),
        ("[{'id': 18, 'name': 'Drama'}, {'id': 2, 'name': \"Children's\"}]", ("Drama", "Children's")),
        ("['Drama', 'Sci-Fi']", ("Drama", "Sci-Fi")),
        ("[Drama, War]", ("Drama", "War")),
        ({"/m/1": "Drama", "/m/2": "War"}, ("Drama", "War")),
        ("Drama, Comedy", ("Drama", "Comedy")),
        ("Film-Noir|Sci-Fi", ("Film-Noir", "Sci-Fi")),
        ("Crime-Science Fiction-Drama", ("Crime", "Science Fiction", "Drama")),
        ("sci-fi/horror", ("sci-fi", "horror")),
        ("[" * 5000, ()),
    ],
)
def test_genres_however_they_are_written(genres, expected):
    assert only(film(genres=genres)).genres == expected


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        *[(year, 1994) for year in (1994, 1994.0, "1994", " 1994 ", "1994.0", "1994-05", "1994-05-06", "1994/5/6")],
        *[(year, 1994) for year in ("1994-05-06T00:00:00Z", "06.05.1994", "5/6/1994", "1994.05.06")],
        *[(year, None) for year in (None, "", "  ", float("nan"), "NaN", "None", "null")],
        (1870, 1870),
        (2100, 2100),
    ],
)
def test_years_however_they_are_written(year, expected):
    assert only(film(year=year)).year == expected


def test_an_empty_year_gives_way_to_the_release_date():
    assert only(film(year="", release_date="1985-06-01")).year == 1985
    assert only({"title": "Ran", "plot": " ", "overview": "A warlord."}).plot == "A warlord."


def test_names_are_folded_and_the_plot_is_kept():
    nfd = "Ame\u0301lie"
    movie = only(
        film(
            title=f" \u202b{nfd} \t de\n Montmartre ", plot=f"\n  {nfd}  and\tthe\n\n garden 🎬 \n", url=" http://a.b "
        )
    )
    assert movie.title == "\u202bAmélie de Montmartre"
    assert movie.plot == f"{nfd}  and\tthe\n\n garden 🎬"
    assert movie.url == "http://a.b"


def test_control_characters_are_dropped():
    movie = only(film(title="R\0a\x1bn\x7f", plot="a\0b\r\nc\rd\x85e\tf"))
    assert (movie.title, movie.plot) == ("Ran", "ab\nc\nde\tf")


def test_extra_keeps_json_values_and_no_field_twice():
    record = film(
        id="x",
        Year="1985",
        Genre="War",
        cast=["A", {"b": None}],
        rating=float("nan"),
        scores=[float("inf"), 1],
        nothing=None,
    )
    assert only(record) == Movie(
        "x", "Ran", record["plot"], 1985, ("War",), extra={"cast": ["A", {"b": None}], "scores": [None, 1]}
    )


def test_a_name_spelled_twice_last_or_exactly_wins():
    assert only('{"title": "A", "plot": "x", "title": "B", "TITLE": "C"}').title == "B"


FAULTS = [
    ({"plot": "x"}, "title", "is missing"),
    ({"title": "x"}, "plot", "is missing"),
    ({"title": None, "plot": "x"}, "title", "is missing"),
    (film(plot=float("nan")), "plot", "is missing"),
    (film(title=" \t"), "title", "is empty"),
    (film(plot="\0\x01"), "plot", "is empty"),
    (film(title=True), "title", "isn't text"),
    (film(plot=["a", "b"]), "plot", "isn't text"),
    (film(title="x" * 2001), "title", "is longer than 2,000 characters"),
    (film(plot="a \ud800 b"), "plot", "isn't valid Unicode text (half of a surrogate pair)"),
    (film(title="\udfff"), "title", "isn't valid Unicode text (half of a surrogate pair)"),
    ([], "", "isn't a JSON object with a title and a plot"),
    ("text", "", "isn't a JSON object with a title and a plot"),
    (None, "", "isn't a JSON object with a title and a plot"),
    (film(deep=[[[[[]]]]] * 2), None, None),
]


@pytest.mark.parametrize(("record", "field", "reason"), FAULTS)
def test_a_bad_record_is_named_and_left_behind(record, field, reason, tmp_path):
    good = [film(id="first"), film(id="last")]
    text = lines(good[0]) + "\n" + lines(record, good[1])
    before, bad, after = films(text, tmp_path, "films.jsonl")
    assert (before.id, after.id) == ("first", "last")
    assert isinstance(bad, Movie) if reason is None else bad == Rejected("films.jsonl:3", field, reason)
    text = "[\n" + ",\n".join(map(json.dumps, [good[0], record, good[1]])) + "\n]"
    before, bad, after = films(text, tmp_path, "films.json")
    assert (before.id, after.id) == ("first", "last")
    assert isinstance(bad, Movie) if reason is None else bad == Rejected("films.json:3", field, reason)


NO_YEAR = "holds no year from 1870 to 2100: the film is stored without it"
HALF = "isn't valid Unicode text (half of a surrogate pair)"
LEFT_OUT = [
    ({"cast": ["\udfff"]}, "cast", f"{HALF}: the film is stored without it"),
    (
        {"a\udfffb": 1},
        "a\\udfffb",
        "isn't valid Unicode text (half of a surrogate pair): the film is stored without it",
    ),
    (
        {"deep": [[[[[]]]]] * 2, "deeper": json.loads("[" * 70 + "]" * 70)},
        "deeper",
        "is nested more than 64 deep: the film is stored without it",
    ),
    ({"year": 0}, "year", f"0 {NO_YEAR}"),
    ({"year": 99999}, "year", f"99999 {NO_YEAR}"),
    ({"year": "1869"}, "year", f"'1869' {NO_YEAR}"),
    ({"year": "soon\x1b"}, "year", f"'soon\\x1b' {NO_YEAR}"),
    ({"year": 1994.5}, "year", f"1994.5 {NO_YEAR}"),
    ({"year": float("inf")}, "year", f"inf {NO_YEAR}"),
    ({"year": True}, "year", f"True {NO_YEAR}"),
    ({"year": {"of": 1994}}, "year", f"{{'of': 1994}} {NO_YEAR}"),
    ({"genres": 3}, "genres", "isn't a list of names: the film is stored without it"),
    ({"genres": [3]}, "genres", "isn't text: the film is stored without it"),
    ({"genres": ["x" * 2001]}, "genres", "is longer than 2,000 characters: the film is stored without it"),
    ({"url": 3}, "url", "isn't text: the film is stored without it"),
    ({"id": []}, "id", "isn't text or a whole number: one is made of its title"),
    ({"id": True}, "id", "isn't text or a whole number: one is made of its title"),
    ({"id": 1.5}, "id", "isn't text or a whole number: one is made of its title"),
    ({"id": "x" * 129}, "id", "is longer than 128 bytes: one is made of its title"),
    ({"id": "é" * 65}, "id", "is longer than 128 bytes: one is made of its title"),
    ({"id": "x" * 10_000}, "id", "is longer than 128 bytes: one is made of its title"),
    ({"id": "a\nb"}, "id", "has a control character or line break in it: one is made of its title"),
    ({"id": "a\u2028b"}, "id", "has a control character or line break in it: one is made of its title"),
    ({"id": "\udfff"}, "id", f"{HALF}: one is made of its title"),
]


@pytest.mark.parametrize(("fields", "field", "reason"), LEFT_OUT)
def test_what_a_film_can_do_without_is_left_out_and_noted(fields, field, reason, tmp_path):
    notes = []
    (tmp_path / "films.jsonl").write_text(lines(film(title="Kes"), film(**fields)), encoding="utf-8")
    _, movie = read(tmp_path / "films.jsonl", on_note=notes.append)
    assert movie == Movie("ran", "Ran", REALM, extra={"deep": fields["deep"]} if "deep" in fields else {})
    assert notes == [Note("films.jsonl:2", field, reason)]
    assert str(notes[0]).isprintable()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"title": "A" "plot": "x"}', "isn't valid JSON: a comma is missing (column 15)"),
        (b'{"title": "A", "plot": }', "isn't valid JSON: a value is missing (column 24)"),
        (b'{"title": "A", "plot": "x', "isn't valid JSON: a text is not closed (column 24)"),
        (b'{"title": "A", plot: "x"}', "isn't valid JSON: a key in double quotes is missing (column 16)"),
        (b'{"title" "A"}', "isn't valid JSON: a colon is missing (column 10)"),
        (b'{"title": "A\tB"}', "isn't valid JSON: a line break or control character stands inside a text (column 13)"),
        (b'{"title": "A"}{}', "isn't valid JSON: there is more after the object (column 15)"),
        (b"once upon a time", "isn't valid JSON: a value is missing (column 1)"),
        (b'{"a": ' + b"[" * 100_000, "isn't usable JSON: it is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "isn't usable JSON: a number has too many digits"),
        (b'{"title": "Caf\xe9"}', "isn't UTF-8 text (byte 0xe9): save the file as UTF-8"),
        (b'{"title": "\xed\xa0\x80"}', "isn't UTF-8 text (byte 0xed): save the file as UTF-8"),
    ],
)
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_a_bad_line_of_json_lines_is_named_and_left_behind(line, reason, ends, tmp_path):
    good = json.dumps(film()).encode()
    assert films(good + ends + line + ends + good + ends, tmp_path, "f")[1] == Rejected("f:2", "", reason)
    assert isinstance(films(line + ends + good + ends, tmp_path, "f")[1], Movie)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('{"title": "B" "plot": 1}]', "f:3", "isn't valid JSON: a comma is missing (line 3, column 15)"),
        ('{"title":\n"B"\n"plot"}]', "f:3", "isn't valid JSON: a comma is missing (line 5, column 1)"),
        ("]", "f:3", "isn't valid JSON: a value is missing (line 3, column 1)"),
        ('{"title": "B", "plot": "x', "f:3", "isn't valid JSON: a text is not closed (line 3, column 24)"),
        ("9" * 5000 + "]", "f:3", "isn't usable JSON: a number has too many digits"),
        ("[" * 100_000, "f:3", "isn't usable JSON: it is nested too deeply"),
    ],
)
def test_a_list_is_read_up_to_what_is_no_json(text, place, reason, tmp_path):
    first, fault = films("[\n" + json.dumps(film()) + ",\n" + text, tmp_path, "f")
    assert isinstance(first, Movie)
    assert fault == Rejected(place, "", reason + " (the rest of the file isn't read)")


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ('[{"title":"A","plot":"x"}', "1:26", "the list isn't closed"),
        ('[{"title":"A","plot":"x"}\n\n', "3", "the list isn't closed"),
        ('[{"title":"A","plot":"x"} {}]', "1:27", "a comma is missing between two films"),
        ('[{"title":"A","plot":"x"}]\n{}', "2", "there is more text after the list"),
        (
            b'[{"title":"A","plot":"x"},\n\n{"title": "\xff"}]',
            "3:12",
            "isn't UTF-8 text (byte 0xff): save the file as UTF-8",
        ),
    ],
)
def test_a_list_that_ends_badly(text, where, reason):
    first, fault = films(text)
    assert isinstance(first, Movie)
    assert fault == Rejected(f"stdin:{where}", "", f"{reason} (the rest of the file isn't read)")


def test_films_on_one_line_of_a_list_are_told_apart_by_column():
    results = films('[{"title":"A","plot":"x"}, {"title":"B"}, {"title":"A","plot":"x"}]')
    assert results[1:] == [
        Rejected("stdin:1:28", "plot", "is missing"),
        Rejected("stdin:1:43", "", "the same film stands in line 1:2", duplicate=True),
    ]


CSV_FAULTS = [
    ("B,y,z", "2", "", "has 3 columns where the header has 2"),
    ("B", "2", "", "has 1 column where the header has 2"),
    (",y", "2", "title", "is missing"),
    ("B,", "2", "plot", "is missing"),
    ('B,"say "hi" now"', "2", "", 'has broken quoting: a quote inside a quoted text is written twice ("")'),
    ('"B,y\nC,z\n"D",z', "2", "", 'has broken quoting: a quote inside a quoted text is written twice ("")'),
    (b"B,Caf\xe9", "2", "", "isn't UTF-8 text (byte 0xe9): save the file as UTF-8"),
    (b'B,"one\ntwo \xe9\nthree"', "3", "", "isn't UTF-8 text (byte 0xe9): save the file as UTF-8"),
    ("B,x\ry", "2", "", None),
]


@pytest.mark.parametrize(("row", "line", "field", "reason"), CSV_FAULTS)
def test_a_bad_row_is_named_and_left_behind(row, line, field, reason, tmp_path):
    raw = row if isinstance(row, bytes) else row.encode()
    fault, *_, last = films(b"title,plot\n" + raw + b"\nZ,the end\n", tmp_path, "films.csv")
    assert isinstance(fault, Rejected)
    assert (fault.place, fault.field) == (f"films.csv:{line}", field)
    assert fault.reason == reason or (reason is None and fault.reason.startswith("isn't valid CSV: "))
    assert last.plot == "the end"


def test_a_quote_that_is_never_closed_costs_one_row():
    results = films('title,plot\nA,"x\nB,y\nC,z\n')
    assert results[0] == Rejected("stdin:2", "", "has a quote that is never closed")
    assert [movie.title for movie in results[1:]] == ["B", "C"]


def test_line_numbers_count_lines_and_not_rows(tmp_path):
    text = 'title,plot\n\n"A","one\ntwo\n\nthree"\n\n,\n,x\n'
    movie, fault = films(text, tmp_path, "films.csv")
    assert movie.plot == "one\ntwo\n\nthree"
    assert fault == Rejected("films.csv:9", "title", "is missing")


def test_a_trailing_separator_is_no_column():
    assert [movie.title for movie in films("title,plot\nA,x,\nB,y,,\n")] == ["A", "B"]


METADATA = (
    '1\t/m/a\tGhosts\t2001-08-24\t14010832\t98.0\t{"/m/e": "English"}\t{}\t{"/m/1": "Horror", "/m/2": "Thriller"}\n'
    "2\t/m/b\tNo Plot\t\t\t\t{}\t{}\t{}\n"
    "3\t/m/c\tToo Early\t1010-12-02\t\t\t{}\t{}\t{}\n"
    "5\t/m/d\tShort\t2001\n"
    "6\t/m/f\tBad\t\t\t\tnone\t{}\t{}\n"
    "7\t/m/g\t\xff\t\t\t\t{}\t{}\t{}\n"
)
PLOTS = '1\tIn space, "ghosts" wake.\n3\tLong ago.\n4\tWho?\n\n5\tx\n6\tx\nno tab\n7 \t \n'


@pytest.mark.parametrize("packed", [False, True])
def test_cmu_folder(tmp_path, packed):
    end = ".gz" if packed else ""
    for name, text in (("plot_summaries.txt", PLOTS), ("movie.metadata.tsv", METADATA)):
        raw = text.encode("latin-1")
        (tmp_path / (name + end)).write_bytes(gzip.compress(raw) if packed else raw)
    plots, metadata = f"plot_summaries.txt{end}", f"movie.metadata.tsv{end}"
    notes = []
    assert list(read(tmp_path, on_note=notes.append)) == [
        Rejected(f"{metadata}:6", "", "isn't UTF-8 text (byte 0xff): save the file as UTF-8"),
        Movie(
            "1",
            "Ghosts",
            'In space, "ghosts" wake.',
            2001,
            ("Horror", "Thriller"),
            "https://en.wikipedia.org/?curid=1",
            {"freebase_id": "/m/a", "revenue": "14010832", "runtime": "98.0", "languages": ["English"]},
        ),
        Movie("3", "Too Early", "Long ago.", url="https://en.wikipedia.org/?curid=3", extra={"freebase_id": "/m/c"}),
        Rejected(f"{plots}:3", "", f"has no line in {metadata}"),
        Rejected(f"{metadata}:4", "", "has 4 columns instead of 9"),
        Rejected(f"{metadata}:5", "", "has languages that aren't a JSON object"),
        Rejected(f"{plots}:7", "", "has no tab between id and plot"),
        Rejected(f"{plots}:8", "", f"has no line in {metadata}"),
    ]
    assert notes == [Note(f"{metadata}:3", "year", f"'1010-12-02' {NO_YEAR}")]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is empty"),
        (b" \n\r\n\t\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"[]", "holds no films"),
        (b"title,plot\n", "holds no films"),
        (b"name,story,year\na,b,c\n", "these are there: name, story, year"),
        (b"title;summary\na;b\n", "these are there: title, summary"),
        (b"Once upon a time\x1b[31m, there was\n", r"these are there: Once upon a time\x1b[31m, there was"),
        (b"PK\x03\x04....", "unpack it"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "gzip inside gzip"),
        (b"PAR1....", "Parquet"),
        (b"films.json".ljust(257, b"\0") + b"ustar", "tar archive"),
        (bytes(range(256)), "is a binary file"),
        ('{"title": "A"}'.encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ('{"title": "A"}'.encode("utf-32"), "UTF-32 text: save it as UTF-8"),
        (gzip.compress(b'{"title": "A"}', mtime=0)[:10], "the gzip data is damaged or cut off"),
        (gzip.compress(b"title,plot\na,b\n", 0, mtime=0)[:20], "the gzip data is damaged or cut off"),
        (b"\x1f\x8bnot gzip at all", "the gzip data is damaged or cut off"),
    ],
)
def test_what_cannot_be_read_at_all_is_said_with_the_way_out(raw, says, tmp_path):
    path = tmp_path / "films.jsonl"
    path.write_bytes(raw)
    with pytest.raises(SourceError) as raised:
        list(read(path))
    assert says in str(raised.value)
    assert str(path) in str(raised.value)
    assert str(raised.value).isprintable()
    with pytest.raises(SourceError, match="^standard input"):
        films(raw)


def test_what_is_not_there(tmp_path):
    with pytest.raises(SourceError, match="there is no file .*nowhere.jsonl: check the name"):
        next(read(tmp_path / "nowhere.jsonl"))
    with pytest.raises(SourceError, match="has no NFO files, .*: give a file of films, a folder with"):
        next(read(tmp_path))
    (tmp_path / "plot_summaries.txt").write_text("1\tx\n")
    with pytest.raises(SourceError, match="has no movie.metadata.tsv"):
        next(read(tmp_path))
    with pytest.raises(SourceError, match="can't be opened"):
        next(read("a\0b"))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(SourceError, match="can't be opened"):
        next(read(tmp_path / "loop"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    with pytest.raises(SourceError, match="can't be read: Permission denied"):
        next(read(folder))
    path = tmp_path / "films.jsonl"
    path.write_text(json.dumps(film()))
    path.chmod(0)
    with pytest.raises(SourceError, match="no permission to read"):
        next(read(path))


def test_standard_input_is_the_process_own_without_another():
    program = "from moviesearch.sources import read; print([movie.id for movie in read('-')])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=lines(film(), film(title="Kes")),
        text=True,
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == "['ran', 'kes']\n"


def test_made_ids_are_readable_and_lose_nothing():
    plain = {
        ("The Departed", 2006): "the-departed-2006",
        ("The Lord of the Rings", None): "the-lord-of-the-rings",
        ("Ран", None): "ран",
        ("Рим", 1972): "рим-1972",
        ("千と千尋の神隠し", 2001): "千と千尋の神隠し-2001",
        ("कभी खुशी", None): "कभी-खुशी",
        ("1917", 2019): "1917-2019",
        ("M", 1931): "m-1931",
    }
    assert {key: made_id(*key) for key in plain} == plain
    assert made_id("Don't Look Now", 1973) == "dont-look-now-1973~42f98f22"
    assert made_id("!!!").startswith("film~")
    assert made_id("Blade Runner 2049").startswith("blade-runner-2049~")


def test_titles_that_differ_at_all_have_different_ids():
    titles = ["Dont Look", "Don't Look", "Don’t Look", "dont look", "DONT LOOK", "Dont-Look", "Dont  Look", "Dont_Look"]
    titles += [
        "M",
        "M!",
        "m",
        "!",
        "?",
        "🎬",
        "🎥",
        "A" * 300,
        "A" * 301,
        "é" * 300,
        "Straße",
        "Strasse",
        "Film",
        "film",
    ]
    titles += ["Blade Runner", "Blade Runner 2049", "II", "Ii", "Ⅱ", "ﬁn", "Fin", "न", "नी"]
    ids = [made_id(title, year) for title in titles for year in (None, 2049)]
    assert len(set(ids)) == len(ids)
    assert all(len(name.encode()) <= 128 - len("~1234567") for name in ids)


def test_a_page_or_a_director_tells_films_of_one_title_and_year_apart():
    records = [film(url="https://a"), film(url="https://b"), film(director="X"), film(Director="Y"), film()]
    forth, back = films(records), films(records[::-1])
    assert {(movie.id, movie.url, tuple(movie.extra.values())) for movie in forth} == {
        (movie.id, movie.url, tuple(movie.extra.values())) for movie in back
    }
    assert len({movie.id for movie in forth}) == 5


def test_films_that_nothing_tells_apart_are_numbered():
    records = [film(plot=plot) for plot in "abcab"] + [film(id="ran~4"), film(plot="d"), film(plot="e")]
    results = films(lines(*records))
    assert [movie.id for movie in results if isinstance(movie, Movie)] == [
        "ran",
        "ran~2",
        "ran~3",
        "ran~4",
        "ran~5",
        "ran~6",
    ]
    assert results[3:5] == [
        Rejected("stdin:4", "", "the same film stands in line 1", duplicate=True),
        Rejected("stdin:5", "", "the same film stands in line 2", duplicate=True),
    ]


def test_a_film_told_twice_is_a_duplicate_whatever_else_is_said_of_it():
    results = films(
        lines(film(id=7), film(id="7"), film(id="7", plot="other"), film(), film(id="ran"), film(genres=["War"]))
    )
    assert results[1:3] == [
        Rejected("stdin:2", "", "the same film stands in line 1", duplicate=True),
        Rejected("stdin:3", "", "the same film stands in line 1, with another plot; the first is kept", duplicate=True),
    ]
    assert results[4:] == [
        Rejected("stdin:5", "", "the same film stands in line 4", duplicate=True),
        Rejected("stdin:6", "", "the same film stands in line 4", duplicate=True),
    ]


def test_a_thousand_films_of_one_title():
    movies = films(lines(*[film(plot=f"Story {number}") for number in range(1000)]))
    assert [movies[0].id, movies[1].id, movies[-1].id] == ["ran", "ran~2", "ran~1000"]


def test_an_abandoned_reader_closes_its_file(tmp_path):
    path = tmp_path / "films.jsonl"
    path.write_text(lines(*[film(id=number) for number in range(9)]))
    reader = read(path)
    next(reader)
    reader.close()
    path.unlink()


def test_bytes_read_are_told_as_the_file_has_them(tmp_path):
    raw = gzip.compress(lines(*[film(id=number) for number in range(5000)]).encode())
    (tmp_path / "films").write_bytes(raw)
    sizes = []
    assert len(list(read(tmp_path / "films", on_bytes=sizes.append))) == 5000
    assert sum(sizes) == len(raw)


def test_csv_written_by_the_csv_module_comes_back(tmp_path):
    plot = 'He said "no",\nthen;\tleft.\n\nThe end'
    for separator in ",;\t|":
        with (tmp_path / "films.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=separator).writerows(
                [["title", "plot", "tagline"], ["Ran", plot, 'a "b"'], ["Kes", plot, ""]]
            )
        assert list(read(tmp_path / "films.csv")) == [
            Movie("ran", "Ran", plot, extra={"tagline": 'a "b"'}),
            Movie("kes", "Kes", plot),
        ]


def test_the_bundled_films_stand_in_the_package():
    assert bundled().parts[-3:] == ("moviesearch", "data", "films.jsonl")


def test_reading_loads_nothing_heavy():
    program = (
        "import sys, moviesearch.sources; print({'numpy', 'chromadb', 'torch', 'tantivy', 'click'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    "text",
    [
        f"title,plot,plot\nRan,{REALM},\n",
        f"title,plot,plot\nRan,,{REALM}\n",
        f"title,plot,plot\nRan,{REALM},Another one.\n",
        f"title,Plot,plot\nRan,{REALM},\n",
        f"title,plot,Plot\nRan,,{REALM}\n",
    ],
)
def test_of_columns_of_one_name_the_first_that_says_something_is_taken(text):
    assert only(text).plot == REALM


@pytest.mark.parametrize("name", ["films.json", "films.csv"])
def test_a_web_page_is_told_to_be_one(tmp_path, name):
    with pytest.raises(SourceError, match="is a web page or XML: give the films as JSON, JSON lines or CSV"):
        films("<!DOCTYPE html>\n<html><body>404, not found</body></html>\n", tmp_path, name)
