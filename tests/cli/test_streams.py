"""Real terminals and shells: any encoding, streams that are closed or full, readers that leave. A process each."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.cli import streams
from moviesearch.config import Settings

pytestmark = pytest.mark.integration

FILMS = (
    Movie("zoe", "Zoé et la boîte", "A porter finds a music box – “his” box… – in a Łódź café.", 1994, ("Drama",)),
    Movie("tower", "塔の物語", "A porter climbs the tower with a music box.", 1961, ("Fantasy",)),
    Movie("smile", "Smile 🙂", "A porter smiles at a music box.", 2011),
)
QUESTION = ("find", "porter music box", "--mode", "lexical")

_POSIX = pytest.mark.skipif(os.name != "posix", reason="redirections of a POSIX shell")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A store with these films; only to be read."""
    store = tmp_path_factory.mktemp("shelf")
    with MovieSearch(settings=Settings(store=str(store)), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
    return store


@pytest.fixture
def command(shelf, monkeypatch):
    """command("find", ..., redirected=">&-", VARIABLE=...) -> the process as it ended, its output as bytes."""
    monkeypatch.setenv("MOVIESEARCH_STORE", str(shelf))
    for name in ("PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL", "LC_CTYPE", "LANG", "PYTHONCOERCECLOCALE"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, redirected="", stdin=b"", **variables):
        words = [sys.executable, "-m", "moviesearch", *arguments]
        words = ["sh", "-c", f'exec "$@" {redirected}', "sh", *words] if redirected else words
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **variables}
        return subprocess.run(words, input=stdin, capture_output=True, env=environment)

    return run


# letters


@pytest.mark.parametrize(
    ("encoding", "titles"),
    [
        ("utf-8", ["Zoé et la boîte (1994)", "塔の物語 (1961)", "Smile 🙂 (2011)"]),
        ("cp1252", ["Zoé et la boîte (1994)", "???????? (1961)", "Smile ?? (2011)"]),
        ("ascii", ["Zoe et la boite (1994)", "???????? (1961)", "Smile ?? (2011)"]),
        ("shift_jis", ["Zoe et la boite (1994)", "塔の物語 (1961)", "Smile ?? (2011)"]),
    ],
)
def test_letters_that_an_encoding_lacks_have_stand_ins(command, encoding, titles):
    shown = command(*QUESTION, PYTHONIOENCODING=encoding)
    assert (shown.returncode, shown.stderr) == (0, b"")
    lines = shown.stdout.decode(encoding).splitlines()
    for title in titles:
        assert any(f"  {title} " in line for line in lines), lines


def test_locale_of_the_last_century(command):
    shown = command(*QUESTION, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="")
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert b'A porter finds a music box - "his" box~ - in a Lodz cafe.' in shown.stdout
    assert b"##########" in shown.stdout


def test_json_holds_the_letters_all_the_same(command):
    plain, told = (command(*QUESTION, "--format", "json", PYTHONIOENCODING=name).stdout for name in ("ascii", "utf-8"))
    assert plain.isascii()
    titles = [film["title"] for film in json.loads(plain)["results"]]
    assert titles == [film["title"] for film in json.loads(told)["results"]]
    assert "塔の物語" in titles


def test_csv_with_stand_ins_says_so(command):
    rows = command(*QUESTION, "--format", "csv", PYTHONIOENCODING="cp1252")
    titles = [row["title"] for row in csv.DictReader(io.StringIO(rows.stdout.decode("cp1252")))]
    assert sorted(titles) == ["????????", "Smile ??", "Zoé et la boîte"]
    assert (rows.returncode, rows.stderr.count(b"\n")) == (0, 1)
    assert b"PYTHONUTF8=1" in rows.stderr
    assert command(*QUESTION, "--format", "csv").stderr == b""


@pytest.mark.parametrize(
    ("letter", "stand_in"),
    [
        ("é", "e"),
        ("Ł", "L"),
        ("ø", "o"),
        ("ß", "ss"),
        ("“", '"'),
        ("–", "-"),
        ("█", "#"),
        ("ﬁ", "fi"),
        ("½", "?"),
        ("塔", "??"),
        ("\u0301", ""),
        ("\udce9", r"\xe9"),
        ("\ud800", "?"),
    ],
)
def test_stand_ins(letter, stand_in):
    assert streams._stand_in(letter) == stand_in


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux")
def test_name_of_a_file_that_is_no_text_is_shown_by_its_bytes(command, tmp_path):
    shown = command("backup", os.path.join(str(tmp_path), "caf\udce9.zip"))
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert rb"caf\xe9.zip" in shown.stdout
    assert b"caf\xe9.zip" in os.listdir(os.fsencode(tmp_path))


# streams that are closed, full, or read no further


@_POSIX
@pytest.mark.parametrize(
    "arguments", [("--help",), ("find", "--help"), ("--version",), ("show", "zoe"), QUESTION], ids=str
)
@pytest.mark.parametrize(("redirected", "reason"), [(">&-", "closed"), (">/dev/full", "No space left")])
def test_output_that_can_not_be_written_is_an_error_of_one_line(command, arguments, redirected, reason):
    if redirected == ">/dev/full" and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    lost = command(*arguments, redirected=redirected)
    assert lost.returncode == 1
    (line,) = lost.stderr.decode().splitlines()
    assert line.startswith("Error: standard output can't be written: ") and reason in line


@_POSIX
@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full"])
def test_notes_that_nobody_can_read_are_dropped(command, redirected):
    if "full" in redirected and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    assert command("show", "zoe", redirected=redirected).returncode == 0
    assert command("show", "nobody", redirected=redirected).returncode == 1
    assert command("show", "zoe", "--format", "xml", redirected=redirected).returncode == 2


@_POSIX
@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("show", "zoe"), 0, b""),
        (("find",), 2, b"say what to find"),
        (("find", "--plot", "-"), 2, b"standard input is closed"),
        (("ingest", "--strict", "-"), 1, b"there is no standard input"),
        pytest.param(("ingest", "-"), 1, b"there is no standard input", marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_closed_input(command, tmp_path, arguments, status, said):
    store = {"MOVIESEARCH_STORE": str(tmp_path / "new")} if "ingest" in arguments else {}
    ended = command(*arguments, redirected="<&-", **store)
    assert ended.returncode == status and said in ended.stderr, ended.stderr
    assert b"Traceback" not in ended.stderr


@_POSIX
@pytest.mark.parametrize("redirected", ["<&-", ">&-"])
def test_assistants_need_both_streams(command, redirected):
    pytest.importorskip("mcp")
    ended = command("mcp", redirected=redirected)
    assert ended.returncode == 2 and b"is closed" in ended.stderr


@_POSIX
def test_no_file_of_a_store_takes_the_place_of_a_closed_stream(command, tmp_path):
    """SQLite's files are the next to be opened, and whatever is printed must not go there."""
    store = str(tmp_path / "store")
    with MovieSearch(settings=Settings(store=store), encoder=HashEncoder()) as search:
        search.ingest(FILMS, setting=SETTING)
    assert command("info", "--check", "--store", store, redirected="<&- >&- 2>&-").returncode == 1
    assert command("info", "--check", "--store", store).returncode == 0


@_POSIX
@pytest.mark.parametrize(
    "arguments", [("--help",), ("find", "--help"), ("--version",), ("show", "zoe"), QUESTION], ids=str
)
def test_reader_that_has_left_is_no_error(command, arguments):
    """`moviesearch ... | true`, where `true` has ended before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "moviesearch", *arguments]
    ended = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
