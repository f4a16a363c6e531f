"""Proxies and certificates that the environment names: which is used, and what is said of one that can't be."""

import os
from importlib.util import find_spec

import pytest

from moviesearch.errors import StoreError, UsageError
from moviesearch.network import proxy_for, trusted
from moviesearch.sources.wikipedia.api.polite import connection

FILMS = "http://films.example:8000"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_way_set(monkeypatch):
    for name in (*PROXIES, *map(str.upper, PROXIES), "REQUEST_METHOD", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "address"),
    [
        ("HTTP_PROXY", "http://gate.example:3128", "http://gate.example:3128"),
        ("http_proxy", "gate.example:3128", "http://gate.example:3128"),
        ("ALL_PROXY", " http://gate.example ", "http://gate.example"),
        ("HTTPS_PROXY", "http://gate.example:3128", None),
        ("HTTP_PROXY", "", None),
        ("HTTP_PROXY", " ", None),
    ],
)
def test_proxy_that_is_used(monkeypatch, variable, value, address):
    monkeypatch.setenv(variable, value)
    proxy = proxy_for(FILMS)
    assert (proxy and proxy.address) == address
    assert proxy is None or proxy.variable == variable


@pytest.mark.parametrize(
    "value", ["foo://gate", "socks4://gate:1", "http://", "http://[::1", "http://gate:99999", "é://*"]
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "all_proxy"])
def test_proxy_that_can_not_be_one(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=f"the proxy that {variable} names can't be used.*NO_PROXY=films.example"):
        proxy_for(FILMS)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks"])
@pytest.mark.skipif(find_spec("socksio") is not None, reason="its package is installed")
def test_socks_without_its_package(monkeypatch, scheme):
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://someone:pa55word@gate.example:1080")
    with pytest.raises(UsageError, match=r"ALL_PROXY names speaks SOCKS.*pip install 'httpx\[socks\]'") as caught:
        proxy_for(FILMS)
    assert "pa55word" not in str(caught.value)


def test_password_of_a_proxy_is_not_shown(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://someone:pa55word@gate.example:3128")
    assert str(proxy_for(FILMS)) == "http://gate.example:3128 (HTTP_PROXY)"


@pytest.mark.parametrize(
    ("host", "exceptions", "directly"),
    [
        ("films.example", "films.example", True),
        ("films.example", "example", True),
        ("films.example", ".example", True),
        ("films.example", "*.example", True),
        ("films.example", "EXAMPLE", True),
        ("films.example", "films.example:8000", True),
        ("films.example", "http://films.example", True),
        ("films.example", "*", True),
        ("myfilms.example", "films.example", False),
        ("films.example", "", False),
        ("films.example", ",, ,", False),
        ("films.example", "[", False),
        ("films.example", "é", False),
        ("[::1]", "[::1]", True),
        ("[::1]", "::1", True),
        ("[::1]", "::1/128", True),
        ("127.0.0.1", "[::1]", False),
        ("127.0.0.1", "localhost,127.0.0.0/8", True),
        ("10.1.2.3", "127.0.0.0/8", False),
    ],
)
def test_hosts_without_proxy(monkeypatch, host, exceptions, directly):
    monkeypatch.setenv("HTTP_PROXY", "http://gate.example:3128")
    monkeypatch.setenv("no_proxy", exceptions)
    assert (proxy_for(f"http://{host}:8000") is None) == directly


@pytest.mark.parametrize("kind", ["missing", "a folder", "no certificate", "torn"])
def test_certificates_that_can_not_be_used(monkeypatch, tmp_path, kind):
    file = tmp_path / "ca.pem"
    if kind == "a folder":
        file.mkdir()
    elif kind != "missing":
        file.write_text("" if kind == "no certificate" else "-----BEGIN CERTIFICATE-----\nMIIB\n")
    with pytest.raises(StoreError, match=f"{file} can't be used.*--ca-file or MOVIESEARCH_CA_FILE"):
        trusted(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(StoreError, match=f"{file} can't be used.*SSL_CERT_FILE"):
        trusted()


def test_folder_of_certificates_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="no folder of certificates .* SSL_CERT_DIR"):
        trusted()
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join([str(tmp_path / "none"), str(tmp_path)]))
    assert trusted()


def test_wikis_are_reached_by_the_same_way(monkeypatch):
    monkeypatch.setenv("no_proxy", "[::1]")
    connection("https://wiki.example/api.php").close()
    monkeypatch.setenv("https_proxy", "foo://gate")
    with pytest.raises(UsageError, match="https_proxy"):
        connection("https://wiki.example/api.php")
