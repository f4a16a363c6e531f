"""What --store and --token may say; no server is needed for it."""

import pytest

from moviesearch.config import Settings
from moviesearch.errors import UsageError
from moviesearch.storage.quotas import CLOUD
from moviesearch.storage.server.address import server, token


@pytest.mark.parametrize(
    ("store", "url", "tenant", "database"),
    [
        ("http://films.example", "http://films.example:8000", "default_tenant", "default_database"),
        ("https://films.example/", "https://films.example:443", "default_tenant", "default_database"),
        ("http://[::1]:9/", "http://[::1]:9", "default_tenant", "default_database"),
        ("https://films.example:444/a/b/", "https://films.example:444/a/b", "default_tenant", "default_database"),
        ("http://films.example/api/v2", "http://films.example:8000", "default_tenant", "default_database"),
        ("http://films.example?tenant=t&database=d", "http://films.example:8000", "t", "d"),
        ("chroma-cloud://team/films", "https://api.trychroma.com", "team", "films"),
    ],
)
def test_addresses(store, url, tenant, database):
    address = server(store)
    assert (address.url, address.tenant, address.database) == (url, tenant, database)
    assert address.cloud == (address.quotas == CLOUD) == store.startswith("chroma-cloud")


@pytest.mark.parametrize(
    ("store", "message"),
    [
        ("http://user:pa55word@127.0.0.1:1", "may not hold a user or password"),
        ("http://", "no place for films"),
        ("ftp://127.0.0.1", "no place for films"),
        ("http://127.0.0.1:99999", "no address"),
        ("http://127.0.0.1?tenent=x", "only tenant=NAME and database=NAME"),
        ("chroma-cloud://tenant", "no tenant and database"),
        ("chroma-cloud://tenant/database", "CHROMA_API_KEY"),
    ],
)
def test_address_that_makes_no_sense(run, store, message):
    result = run("info", "--store", store, CHROMA_API_KEY="")
    assert result.exit_code == 2 and message in result.stderr and "pa55word" not in result.output


def test_token_is_read_from_its_file_and_never_shown(tmp_path, monkeypatch):
    (tmp_path / "token").write_text(" s3cret\n")
    settings = Settings(token=f"@{tmp_path / 'token'}")
    films = server("http://films.example")
    assert token(settings, films) == "s3cret" and films.header_value("s3cret") == "Bearer s3cret"
    assert "s3cret" not in repr(Settings(token="s3cret"))
    monkeypatch.setenv("CHROMA_API_KEY", "key")
    assert token(settings, server("chroma-cloud://team/films")) == "key"
    for bad in ("two words", "line\nbreak", "ünïcode", f"@{tmp_path / 'nothing'}"):
        with pytest.raises(UsageError) as caught:
            token(Settings(token=bad), films)
        assert bad.startswith("@") or bad not in str(caught.value)


def test_environment_variables_that_should_be_numbers(run):
    for name in ("MOVIESEARCH_TIMEOUT", "MOVIESEARCH_MIRROR"):
        result = run("info", **{name: "soon"})
        assert result.exit_code == 2 and "soon" in result.stderr


@pytest.mark.parametrize("shard", ["0/3", "4/3", "2", "a/b", "-1/2", "1/0"])
def test_shards_that_make_no_sense(run, shard):
    result = run("ingest", "--shard", shard)
    assert result.exit_code == 2 and "2/5" in result.stderr
