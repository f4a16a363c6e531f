"""Queries nobody should ask, and films with names that mean harm: through MovieSearch and the command line."""

import json
import re
import shutil

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.errors import MovieSearchError, NotFoundError, UsageError

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
