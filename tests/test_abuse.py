"""Queries nobody should ask, and films with names that mean harm: through MovieSearch and the command line."""

import json
import os
import re
import shutil

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.errors import MovieSearchError, NotFoundError, UsageError
from moviesearch.request import Filters

MODES = ("hybrid", "dense", "lexical")

FILMS = (
    Movie("one", "The Sailor", "A sailor loses a letter. He finds it in the sea.", 1950, ("Drama",)),
    Movie("two", "Кафе", "Моряк теряет письмо и находит его в море.", 1960),
    Movie("three", "東京", "船乗りが手紙をなくす。", 1970),
    Movie("four", "<script>alert(1)</script>", "An \x1b[31mangry\x1b[0m clown <b>paints</b> a house.", 1980),
    Movie(
        "five", "\x1b]0;owned\x07\x1b[2J\u202eevil\u202c\x9b31m", "A quiet man\x07 mends\r clocks.", 1990, ("\x1b[5m",)
    ),
)

ODD = {
    "control characters": "sailor \x00\x01\x07\x1b[2J\x7f\x9b letter",
    "only stop words": "the of and a in to it is",
    "only punctuation": "?!... --- ()[]{} ***",
    "query syntax": 'title:sailor AND (letter OR "sea) +plot:* ^3 ~2 [a TO z] \\',
    "sql and globs": "'; DROP TABLE films; -- % _ *",
    "cyrillic": "Моряк теряет письмо",
    "japanese": "船乗りが手紙をなくす",
    "arabic": "بحار يفقد رسالة",
    "emoji": "🚢✉️🌊 👩‍👩‍👧‍👧",
    "combining": "sa\u0301\u0302\u0303ilor le\u0308tter" + "\u0301" * 300,
    "right to left marks": "\u202esailor\u202c \u200f\u200e\u2066letter",
    "a lone surrogate": "sailor \ud800 letter",
    "one word of 10,000 letters": "a" * 10_000,
    "no-break and zero-width spaces": "\u00a0sailor\u200b\ufeffletter\u3000",
    "one letter": "x",
    "a number": "1950",
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The folder of a store with these films, which nobody has open."""
    folder = tmp_path_factory.mktemp("stored")
    with _opened(folder) as search:
        search.ingest(FILMS, setting=SETTING)
    return folder


def _opened(folder):
    return MovieSearch(settings=Settings(store=str(folder), cache=folder / "cache"), encoder=HashEncoder())


@pytest.fixture(scope="module")
def filled(stored, tmp_path_factory):
    """The films, open; only to be read."""
    with _opened(shutil.copytree(stored, tmp_path_factory.mktemp("filled") / "store")) as search:
        yield search


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", ODD)
def test_odd_query_has_an_answer_or_a_reason(filled, what, mode):
    try:
        answer = filled.find([ODD[what]], mode=mode)
    except UsageError as error:
        assert str(error)
        return
    ids = [match.movie.id for match in answer.matches]
    assert len(ids) == len(set(ids)) <= len(FILMS)
    assert [match.rank for match in answer.matches] == list(range(1, len(ids) + 1))
    assert all(match.score == match.score for match in answer.matches)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("plot", ["", " ", "\n\t\r ", "\u3000\u00a0"])
def test_empty_query_is_refused(filled, plot, mode):
    with pytest.raises(UsageError, match="empty"):
        filled.find([plot], mode=mode)


@pytest.mark.parametrize("mode", MODES)
def test_query_of_a_megabyte_is_refused_with_its_length(filled, mode):
    with pytest.raises(UsageError, match="1,000,000 characters"):
        filled.find(["sailor " * 142_857 + "x"], mode=mode)


@pytest.mark.parametrize(("what", "film"), [("cyrillic", "two"), ("japanese", "three")])
def test_other_scripts_are_found(filled, what, film):
    assert filled.find([ODD[what]], mode="dense").matches[0].movie.id == film


@pytest.mark.parametrize("name", ["", " ", "\x00", "../../etc/passwd", "a" * 10_000, "\ud800", "%' OR 1=1 --"])
def test_unknown_titles_and_ids_are_not_found(filled, name):
    with pytest.raises((NotFoundError, UsageError)):
        filled.show(name)
    with pytest.raises((NotFoundError, UsageError)):
        filled.find(films=[name])


@pytest.mark.parametrize(
    "name",
    ["", "a", "../films", "a/b", "a\\b", "..", "a..b", "a\x00b", "-films", "a" * 500, "films\n"],
)
def test_collection_names_stay_in_the_store(tmp_path, name):
    with pytest.raises(MovieSearchError, match="collection"):
        MovieSearch(tmp_path, name or " ", encoder=HashEncoder())
    assert list(tmp_path.iterdir()) == []


# what is no text, no year, no number

BYTE = "caf\udce9"
"""How Python keeps the byte 0xe9 of an argument, `caf\\xe9`, which is no UTF-8."""


@pytest.mark.parametrize(
    "asked",
    [
        {"plots": BYTE},
        {"plots": ["a sailor", BYTE]},
        {"films": BYTE},
        {"plots": "a sailor", "unlike": [BYTE]},
        {"plots": "a sailor", "filters": Filters(genres=(BYTE,))},
        {"plots": "a sailor", "seen": [(BYTE, 1950)]},
    ],
    ids=str,
)
def test_what_is_asked_has_to_be_text(filled, asked):
    with pytest.raises(UsageError, match="the byte 0xe9"):
        filled.find(**asked)


@pytest.mark.parametrize("word", [None, 7, b"sailor"])
def test_what_is_asked_has_to_be_text_of_python_too(filled, word):
    with pytest.raises(UsageError, match="should be a text"):
        filled.find([word])


@pytest.mark.parametrize("text", ["half \ud800", BYTE])
def test_a_film_of_no_text_is_rejected_and_the_others_are_stored(tmp_path, text):
    films = [
        Movie("title", text, "A sailor loses a letter."),
        Movie("plot", "The Sailor", text),
        Movie(f"id {text}", "The Sailor", "A sailor loses a letter."),
        Movie("genres", "The Sailor", "A sailor loses a letter.", genres=("Drama", text)),
        Movie("url", "The Sailor", "A sailor loses a letter.", url=text),
        Movie("extra", "The Sailor", "A sailor loses a letter.", extra={"director": [text]}),
        Movie("kept", "The Clown", "A clown paints a house.", 1980),
    ]
    rejected = []
    with _opened(tmp_path) as search:
        report = search.ingest(films, setting=SETTING, on_rejected=rejected.append)
        assert (report.added, report.rejected) == (1, 6)
        assert search.show("kept").title == "The Clown"
    assert [record.field for record in rejected] == ["title", "plot", "id", "genres", "url", "extra"]
    assert all(record.reason for record in rejected)


@pytest.mark.parametrize("year", [10**30, -(10**30), 10_000, 1999.5, "1999", float("nan")])
def test_years_that_are_none(filled, tmp_path, year):
    for wish in ({"year_from": year}, {"year_to": year}):
        with pytest.raises(UsageError, match="should be a year"):
            filled.find("a sailor", filters=Filters(**wish))
    with pytest.raises(UsageError, match="should be a year"):
        filled.show("The Sailor", year)
    rejected = []
    with _opened(tmp_path) as search:
        film = Movie("one", "The Sailor", "A sailor loses a letter.", year)
        assert search.ingest([film], setting=SETTING, on_rejected=rejected.append).added == 0
    assert [record.field for record in rejected] == ["year"]


@pytest.mark.parametrize(
    "wish",
    [{"limit": 0}, {"limit": -1}, {"limit": 2.5}, {"limit": "3"}, {"mode": "all"}, {"intent": "x"}, {"measure": "x"}],
)
def test_wishes_that_make_no_sense(filled, wish):
    with pytest.raises(UsageError, match=f"{next(iter(wish))} is"):
        filled.find("a sailor", **wish)


def test_a_limit_of_any_size(filled):
    assert len(filled.find("a sailor", limit=10**30).matches) == len(FILMS)


@pytest.mark.parametrize(
    "told",
    [
        ("find", BYTE),
        ("find", "--plot", BYTE),
        ("find", "--title", BYTE),
        ("find", "--id", BYTE),
        ("find", "sailor", "--unlike", BYTE),
        ("find", "sailor", "--genre", BYTE),
        ("find", "sailor", "--year", BYTE),
        ("find", "sailor", "--mode", BYTE),
        ("find", "sailor", "--limit", BYTE),
        ("find", "sailor", "--rerank", BYTE),
        ("find", "sailor", "--seen", BYTE),
        ("find", "--plot-file", BYTE),
        ("show", BYTE),
        ("info", "--store", BYTE),
        ("info", "--collection", BYTE),
        ("info", "--model", BYTE),
        ("--store", BYTE, "info"),
        ("serve", "--host", BYTE),
        ("copy", "--from", BYTE, "--to", "there"),
        ("ingest", "--shard", BYTE),
        (BYTE,),
        ("find", f"--{BYTE}"),
    ],
    ids=ascii,
)
def test_argument_that_is_no_text_is_wrong_usage(by_command, told):
    result = by_command(*told)
    assert result.exit_code == 2
    assert "0xe9" in result.stderr or "udce9" in result.stderr or r"\xe9" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes on POSIX")
def test_files_of_any_name_are_read(by_command, tmp_path):
    """A file from another system, its name in Latin-1, is a file all the same."""
    source = tmp_path / f"{BYTE}.jsonl"
    try:
        source.write_text('{"title": "The Vault", "plot": "A clerk robs a bank."}')
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    assert "1 added" in by_command("ingest", source, "--collection", "second").stdout
    assert by_command("find", "--plot-file", source, "--mode", "lexical").exit_code == 0


@pytest.mark.parametrize("number", ["9" * 20, "1" + "0" * 30, "9" * 5000, "-" + "9" * 20])
@pytest.mark.parametrize(
    "told",
    [
        ("find", "sailor", "--limit"),
        ("find", "sailor", "--year-from"),
        ("find", "sailor", "--year-to"),
        ("find", "--title", "The Sailor", "--year"),
        ("show", "The Sailor", "--year"),
        ("serve", "--port"),
        ("serve", "--threads"),
        ("serve", "--waiting"),
        ("map", "--labels"),
        ("info", "--timeout"),
        ("ingest", "--shard"),
    ],
    ids=" ".join,
)
def test_numbers_that_are_too_large(by_command, told, number):
    result = by_command(*told, number)
    assert result.exit_code == 2
    assert told[-1] in result.stderr


# what a terminal is told

_STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def by_command(stored, run, tmp_path, monkeypatch):
    """The command line over the same films."""
    shutil.copytree(stored, tmp_path / "store")
    monkeypatch.setattr("moviesearch.collection.encoder_loader.load", lambda *told, **more: HashEncoder())
    return run


@pytest.mark.parametrize(
    "told",
    [
        ("find", "--plot", "angry clown paints a house", "--mode", "dense"),
        ("find", "--plot", "quiet man mends clocks", "--mode", "dense", "--explain"),
        ("find", "--plot", "quiet man mends clocks", "--explain"),
        ("show", "four"),
        ("show", "five"),
        ("show", "\x1b[31mno such film\x07"),
        ("find", "--id", "\x1b]0;owned\x07"),
    ],
    ids=str,
)
def test_film_text_does_not_steer_the_terminal(by_command, told):
    result = by_command(*told)
    assert not _STEERS.search(result.stdout + result.stderr), ascii(result.stdout + result.stderr)


def test_script_is_shown_as_such(by_command):
    assert "<script>alert(1)</script>" in by_command("show", "four").stdout


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_escapes_control_characters(by_command, form):
    told = by_command("find", "--plot", "quiet man mends clocks", "--mode", "dense", "--format", form).stdout
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", told)
    found = json.loads(told)["results"] if form == "json" else [json.loads(line) for line in told.splitlines()]
    assert found[0]["title"] == FILMS[4].title


@pytest.mark.parametrize("what", [name for name in ODD if name != "a lone surrogate"])
def test_odd_query_on_the_command_line(by_command, what):
    result = by_command("find", "--plot", "-", stdin=ODD[what])
    assert result.exit_code in (0, 2)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("stdin", "said"), [("", "empty"), (" \n", "empty"), ("x" * 1_000_000, "1,000,000"), (b"\xff\xfe\x00", "UTF-8")]
)
def test_useless_input_is_wrong_usage(by_command, stdin, said):
    result = by_command("find", "--plot", "-", stdin=stdin)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr) < 1000
