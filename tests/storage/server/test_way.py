"""The way to a server that leads nowhere: each message names what is in the way. No server is needed for it."""

import pytest
from support.chroma_server import free_port

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def refused(run, monkeypatch):
    """refused(store, VARIABLE=...) -> what is said, in one line, with status 1 or 2."""
    for name in (*PROXIES, *map(str.upper, PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)

    def ask(store, **environment):
        result = run("info", "--store", store, "--timeout", "3", **environment)
        assert result.exit_code in (1, 2) and result.stdout == ""
        assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
        return result.stderr

    return ask


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "all_proxy"])
def test_dead_proxy(refused, variable):
    gate = f"127.0.0.1:{free_port()}"
    said = refused("http://films.example:8000", **{variable: f"http://someone:pa55word@{gate}"})
    assert f"through the proxy http://{gate} ({variable}): nothing answers there" in said
    assert "NO_PROXY=films.example" in said and "pa55word" not in said
    assert "chroma run" not in said


def test_proxy_whose_host_is_not_there(refused):
    said = refused("https://films.example", HTTPS_PROXY="http://no-such-gate.invalid:3128")
    assert "(HTTPS_PROXY): there is no host of its name" in said


def test_socks_proxy_and_one_that_is_no_address(refused):
    assert "httpx[socks]" in refused("http://films.example:8000", ALL_PROXY="socks5://gate.example:1080")
    assert "HTTP_PROXY names can't be used" in refused("http://films.example:8000", HTTP_PROXY="gate://3128")


def test_odd_exceptions_from_the_proxy(refused):
    store = f"http://[::1]:{free_port()}"
    assert f"nothing answers at {store}" in refused(store, no_proxy="[::1]", HTTP_PROXY="http://gate.invalid:1")
    assert f"nothing answers at {store}" in refused(store, NO_PROXY="::1/128,é,[", HTTP_PROXY="http://gate.invalid:1")


def test_certificates_that_are_not_there(refused):
    assert "/no/such.pem can't be used: No such file" in refused("https://films.example", SSL_CERT_FILE="/no/such.pem")
    assert "MOVIESEARCH_CA_FILE" in refused("https://films.example", MOVIESEARCH_CA_FILE="/no/such.pem")


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e400", "1e30", "0", "-1", "soon"])
def test_times_that_nobody_can_wait(run, seconds):
    result = run("info", "--timeout", seconds)
    assert result.exit_code == 2 and "--timeout" in result.stderr
