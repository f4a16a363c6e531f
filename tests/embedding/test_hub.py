"""Models that the hub would have to give: what is said where the way there is barred, without asking it."""

from importlib.util import find_spec

import pytest

from moviesearch.embedding.models import locate
from moviesearch.errors import EncoderError, StoreError, UsageError


@pytest.fixture(autouse=True)
def no_proxy_set(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_model_that_is_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://gate.example:3128")
    with pytest.raises(EncoderError, match=r"no model 'a/b' here.* through the proxy http://gate.example:3128"):
        locate("a/b", tmp_path)


@pytest.mark.skipif(find_spec("socksio") is not None, reason="what SOCKS needs is installed")
def test_socks_proxy_before_the_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://gate.example:1080")
    with pytest.raises(UsageError, match="ALL_PROXY names speaks SOCKS"):
        locate("a/b", tmp_path)


def test_certificates_for_the_hub_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(StoreError, match="SSL_CERT_FILE"):
        locate("a/b", tmp_path)


@pytest.mark.parametrize("name", ["x" * 300, "ze\0ro", "caf\udce9", ""])
def test_odd_names(tmp_path, name):
    if name:
        with pytest.raises(EncoderError):
            locate(name, tmp_path)
    else:
        assert locate(name, tmp_path).name == "all-MiniLM-L6-v2"


def test_home_of_nobody(tmp_path):
    with pytest.raises(UsageError, match="no user"):
        locate("~nobody-of-that-name/model", tmp_path)
