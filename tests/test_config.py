"""Settings from the environment: each variable with values that nobody should give it."""

import os

import pytest

from moviesearch.config import DEFAULT_MIRROR, DEFAULT_TIMEOUT, Settings
from moviesearch.errors import UsageError


@pytest.mark.parametrize("value", ["lots", "-1", "2.5", "1e9", "1000000000", "9" * 30, "9" * 5000, "nan", "\udce9"])
def test_threads_that_are_no_number_of_threads(monkeypatch, value):
    monkeypatch.setenv("MOVIESEARCH_THREADS", value)
    with pytest.raises(UsageError, match="MOVIESEARCH_THREADS is .* whole number up to 1,024"):
        Settings()


def test_threads_that_are(monkeypatch):
    for value, threads in (("3", 3), (" 3 ", 3), ("0", os.cpu_count()), ("", os.cpu_count())):
        monkeypatch.setenv("MOVIESEARCH_THREADS", value)
        assert Settings().threads == threads


@pytest.mark.parametrize("name", ["MOVIESEARCH_TIMEOUT", "MOVIESEARCH_MIRROR"])
@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf", "1e400", "1e30", "9" * 5000, "5s"])
def test_numbers_that_are_too_odd_or_too_large(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=f"{name} is .* above 0, at most ") as caught:
        Settings()
    assert len(str(caught.value)) < 250


def test_variables_that_are_empty_are_as_if_they_were_not_there(monkeypatch):
    for name in ("TIMEOUT", "MIRROR", "THREADS", "CACHE", "STORE", "DATA", "COLLECTION", "MODEL", "CA_FILE"):
        monkeypatch.setenv(f"MOVIESEARCH_{name}", "")
    settings = Settings()
    assert (settings.timeout, settings.mirror) == (DEFAULT_TIMEOUT, DEFAULT_MIRROR)
    assert settings.cache.name == "moviesearch" and settings.model is settings.ca_file is None


@pytest.mark.skipif(os.name != "posix", reason="HOME")
def test_home_in_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MOVIESEARCH_CACHE", "~/warm")
    assert Settings().cache == tmp_path / "warm"
    monkeypatch.setenv("MOVIESEARCH_CACHE", "~nobody-of-that-name/warm")
    with pytest.raises(UsageError, match="no user 'nobody-of-that-name'"):
        Settings()


@pytest.mark.skipif(os.name != "posix", reason="HOME")
def test_the_store_where_none_is_named_may_lie_elsewhere(monkeypatch, tmp_path):
    """An image sets it, so that its first question is answered as on any machine."""
    monkeypatch.delenv("MOVIESEARCH_STORE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MOVIESEARCH_DATA", "~/films")
    assert (Settings().store, Settings().in_default_place) == (str(tmp_path / "films"), True)
    monkeypatch.setenv("MOVIESEARCH_STORE", str(tmp_path / "named"))
    assert (Settings().store, Settings().in_default_place) == (str(tmp_path / "named"), False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("THREADS", "lots", "MOVIESEARCH_THREADS is 'lots'"),
        ("TIMEOUT", "soon", "MOVIESEARCH_TIMEOUT is 'soon'"),
        ("COLLECTION", "a/b", "'a/b' can't be a collection's name"),
        ("STORE", "caf\udce9", "the byte 0xe9"),
        ("MODEL", "caf\udce9", "the byte 0xe9"),
        ("STORE", "~nobody-of-that-name/films", "no user 'nobody-of-that-name'"),
        ("TOKEN", "@/no/such/file", "/no/such/file"),
    ],
)
def test_commands_tell_of_odd_variables(run, name, value, said):
    command = ("serve", "--port", "0") if name == "TOKEN" else ("info",)
    told = run(*command, **{f"MOVIESEARCH_{name}": value})
    assert told.exit_code == 2 and said in told.stderr
    assert told.stdout == ""
