"""What is said when a server can't be reached, refuses, breaks off or is another one: a message each, status 1."""

import json
import shutil
import socket

import pytest
from support.chroma_server import free_port
from support.front import CUT, HALF, HANG, Front, certificate

pytestmark = pytest.mark.server

TOKEN = "s3cret-token-nobody-may-see"


@pytest.fixture
def front(chroma_server):
    """front(rule=..., prefix=..., certificate=...) -> a proxy before the server; stopped when the test ends."""
    fronts = []

    def start(rule=lambda *told: None, *, behind=chroma_server.url, **told):
        fronts.append(Front(behind, rule, **told))
        return fronts[-1]

    yield start
    for one in fronts:
        one.stop()


@pytest.fixture(scope="session")
def cert(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: apt install openssl")
    return certificate(tmp_path_factory.mktemp("cert"))


def refused(run, store, *said, **environment):
    result = run("info", "--store", store, "--timeout", "2", MOVIESEARCH_TOKEN=TOKEN, **environment)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    for words in said:
        assert words in result.stderr
    assert TOKEN not in result.output
    return result.stderr


def test_nothing_listens(run):
    refused(run, f"http://127.0.0.1:{free_port()}", "nothing answers at", "chroma run", "check the port")


def test_no_such_host(run):
    refused(run, "http://no-such-host.invalid", "there is no host of the name")


def test_another_server(run, front):
    refused(run, front(behind=None).url, "no Chroma server", "404", "Check the port and the path")
    refused(run, front(lambda *told: (200, b"<html>hello</html>")).url, "no Chroma server")


def test_wrong_path(run, front):
    assert "no Chroma server" in refused(run, front(prefix="/chroma").url.removesuffix("/chroma"))


@pytest.mark.parametrize("at", ["/version", "/collections"])
def test_server_that_never_answers(run, front, at):
    hanging = front(lambda method, path, *told: HANG if at in path else None)
    refused(run, hanging.url, "did not answer within 2 s", "--timeout")


def test_server_that_takes_no_connection(run):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        refused(run, f"http://127.0.0.1:{port}", "within 2 s")
        for one in waiting:
            one.close()


@pytest.mark.parametrize("how", [CUT, HALF])
def test_server_that_breaks_off(run, front, how):
    cutting = front(lambda method, path, *told: how if "/collections" in path else None)
    refused(run, cutting.url, "broke off in the middle of a request", "what was done is kept")


def test_token(run, front, chroma_server, tmp_path):
    def guard(method, path, headers, body):
        return None if headers.get("Authorization") == f"Bearer {TOKEN}" else (401, b"<h1>401 Unauthorized</h1>")

    guarded = front(guard, prefix="/a/prefix")
    store = f"{guarded.url}/{chroma_server.database().removeprefix(chroma_server.url)}"
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "wrong").write_text("wrong-token-nobody-may-see")
    assert run("ingest", "--store", store, "--token", f"@{tmp_path / 'token'}").exit_code == 0
    assert run("info", "--store", store, MOVIESEARCH_TOKEN=TOKEN).exit_code == 0
    assert run("info", "--store", store, MOVIESEARCH_TOKEN=f"@{tmp_path / 'token'}").exit_code == 0
    without = run("info", "--store", store)
    assert without.exit_code == 1 and "wants a token (401)" in without.stderr
    wrong = run("info", "--store", store, "--token", f"@{tmp_path / 'wrong'}")
    assert wrong.exit_code == 1 and "refused the token (401)" in wrong.stderr
    assert "nobody-may-see" not in wrong.output + without.output
    bare = run("info", "--store", store, "--token", TOKEN)
    assert bare.exit_code == 2 and "@FILE" in bare.stderr and TOKEN not in bare.output


def test_tls(run, front, cert, chroma_server):
    secure = front(certificate=cert)
    store = f"{secure.url}{chroma_server.database().removeprefix(chroma_server.url)}"
    refused(run, store, "the certificate of", "is not trusted", "--ca-file")
    refused(run, store, "can't be used", "PEM", MOVIESEARCH_CA_FILE=__file__)
    refused(run, store, "can't be used", MOVIESEARCH_CA_FILE="/no/such/file")
    refused(run, store.replace("127.0.0.1", "localhost"), "not trusted", MOVIESEARCH_CA_FILE=str(cert[0]))
    assert "there is no collection" in refused(run, store, MOVIESEARCH_CA_FILE=str(cert[0]))
    refused(run, store.replace("https:", "http:"), "https://")
    refused(run, chroma_server.url.replace("http:", "https:"), "no TLS connection", "write http://")


@pytest.mark.parametrize("version", ["0.6.3", "2.0.0"])
def test_other_version(run, front, version):
    other = front(lambda method, path, *told: (200, json.dumps(version).encode()) if "version" in path else None)
    refused(run, other.url, f"has version {version}", "1.x", "Install")


def test_server_of_the_first_interface(run, front):
    old = front(lambda method, path, *told: (200, b'{"nanosecond heartbeat": 1}') if "/v1/" in path else (404, b"{}"))
    refused(run, old.url, "older than 0.6")


def test_proxy_without_its_server(run, front):
    refused(run, front(lambda *told: (502, b"<h1>Bad Gateway</h1>")).url, "502", "the proxy before")


def test_proxy_that_takes_no_large_request(run, front):
    small = front(lambda method, path, *told: (413, b"<h1>too large</h1>") if method == "POST" else None)
    result = run("ingest", "--store", small.url, "--collection", "large")
    assert result.exit_code == 1 and "client_max_body_size" in result.stderr


def test_no_such_database_and_collection(run, chroma_server):
    refused(run, f"{chroma_server.url}?database=nowhere", "no database 'nowhere'")
    refused(run, chroma_server.database(), "there is no collection 'films'", "moviesearch ingest")


def test_server_that_fails(run, front, chroma_server):
    told = json.dumps({"error": "InternalError", "message": "disk full"}).encode()
    failing = front(lambda method, path, *rest: (500, told) if "/collections" in path else None)
    refused(run, failing.url, "failed: disk full", "moviesearch verify")
