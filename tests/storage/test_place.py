"""What --store may name, and what is said of a path that is no place for films: the path, and why."""

import os
import shutil
import subprocess
import sys

import pytest
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.errors import MovieSearchError, NotFoundError, StoreError, UsageError

FILM = Movie("ferry", "Ferry", "A boatman ferries a crate across the lake.", 1982)

_POSIX = pytest.mark.skipif(os.name != "posix", reason="links and permissions of POSIX")


def opened(store, **more):
    return MovieSearch(settings=Settings(store=str(store), **more), encoder=HashEncoder())


def refusals(store):
    """What is said when somebody reads from a store, and when somebody writes to it."""
    told = []
    for work in (MovieSearch.info, lambda search: search.ingest([FILM], setting=SETTING)):
        with pytest.raises(MovieSearchError) as caught, opened(store) as search:
            work(search)
        told.append(caught.value)
    return told


@pytest.mark.parametrize(
    ("store", "meant"),
    [
        ("films.example:8000", "http://films.example:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("localhost", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("192.168.1.20", "http://192.168.1.20:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("films.example:443/prefix", "https://films.example:443/prefix"),
        ("http:/films.example:8000", "http://films.example:8000"),
        ("https:films.example", "https://films.example"),
        ("HTTP//films.example", "http://films.example"),
        ("someone:pa55word@films.example:8000", "http://films.example:8000"),
    ],
)
def test_address_without_its_scheme(tmp_path, monkeypatch, store, meant):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        opened(store)
    assert f"did you mean {meant}?" in str(caught.value)
    assert "pa55word" not in str(caught.value)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("store", ["films", "films.example", "./localhost:8000", "old films: 2", "C:", "a/b:1"])
def test_folders_that_look_a_little_like_addresses(tmp_path, monkeypatch, store):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError), opened(store) as search:
        search.info()


@_POSIX
def test_folder_of_an_addresss_name_that_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "localhost:8000").mkdir()
    with opened("localhost:8000") as search:
        assert search.ingest([FILM], setting=SETTING).added == 1


@pytest.mark.parametrize("where", ["", "within"])
def test_file(tmp_path, where):
    (tmp_path / "file").write_text("a shopping list")
    for error in refusals(tmp_path / "file" / where):
        assert isinstance(error, StoreError) and "file" in str(error)
        assert str(tmp_path / "file") in str(error)
    assert (tmp_path / "file").read_text() == "a shopping list"


@_POSIX
def test_links_that_lead_nowhere(tmp_path):
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    (tmp_path / "round").symlink_to("round")
    for name, said in (("broken", f"a link to {tmp_path / 'gone'}, where nothing is"), ("round", "go in a circle")):
        for error in refusals(tmp_path / name):
            assert isinstance(error, StoreError) and said in str(error) and str(tmp_path / name) in str(error)


def test_name_that_is_too_long(tmp_path):
    for error in refusals(tmp_path / ("x" * 300)):
        assert isinstance(error, StoreError)


@_POSIX
@pytest.mark.parametrize("command", [("info",), ("ingest",), ("find", "a ferry", "--mode", "lexical")], ids=str)
def test_folder_that_may_not_be_looked_into(tmp_path, command):
    with opened(tmp_path / "store") as search:
        search.ingest([FILM], setting=SETTING)
    words = [sys.executable, "-m", "moviesearch", *command, "--store", str(tmp_path / "store")]
    if os.geteuid() == 0:  # root may, unless it gives that right up
        if not shutil.which("setpriv"):
            pytest.skip("needs util-linux' setpriv, or another user than root")
        words = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *words]
    (tmp_path / "store").chmod(0)
    try:
        refused = subprocess.run(words, capture_output=True, text=True)
    finally:
        (tmp_path / "store").chmod(0o700)
    assert refused.returncode == 1
    assert f"the store {tmp_path / 'store'} can't be looked into (Permission denied)" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_folder_of_other_files_is_left_alone(tmp_path):
    """A person has films of another kind in a folder called films, and says that the store is where it lies."""
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "ferry.mkv").write_text("moving pictures")
    read, written = refusals(tmp_path)
    assert isinstance(read, NotFoundError)
    assert isinstance(written, StoreError) and "'ferry.mkv'" in str(written) and "--collection" in str(written)
    assert os.listdir(tmp_path / "films") == ["ferry.mkv"]


def test_empty_disk_is_a_good_folder(tmp_path):
    (tmp_path / "films" / "lost+found").mkdir(parents=True)
    (tmp_path / "films" / ".keep").write_text("")
    with opened(tmp_path) as search:
        assert search.ingest([FILM], setting=SETTING).added == 1


def test_folder_of_chromas_own_and_a_collection_itself(tmp_path):
    (tmp_path / "chroma.sqlite3").write_text("")
    with pytest.raises(NotFoundError, match="chroma run --path"), opened(tmp_path) as search:
        search.info()
    with opened(tmp_path / "store") as search:
        search.ingest([FILM], setting=SETTING)
    with pytest.raises(NotFoundError, match=f"--store {tmp_path / 'store'} --collection films"):
        opened(tmp_path / "store" / "films").info()


@pytest.mark.parametrize("store", ["caf\udce9", "half \ud800", "ze\0ro", "~nobody-of-that-name/films"])
def test_names_that_can_be_no_folder(store):
    with pytest.raises(UsageError):
        opened(store)
