"""docker-compose.yml for real: up, films from outside through the proxy, down and up, killed and recovered."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import engine as engines
import pytest

pytestmark = pytest.mark.docker

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
COPIED = ("docker-compose.yml", "deploy", "scripts")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def film(number, plot="A lighthouse keeper finds a diary."):
    return {"id": f"f{number}", "title": f"Film {number}", "year": 1950 + number % 70, "plot": plot}


class Stack:
    """The project's compose file in a folder of its own, with its own engine, ports and tokens."""

    def __init__(self, folder, engine, cache):
        self.folder, self.engine, self.cache = folder, engine, cache
        for name in COPIED:
            source = engines.ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
        self.port, self.tls_port = free_port(), free_port()
        self.url = f"http://localhost:{self.port}"
        self.tls_url = f"https://localhost:{self.tls_port}"

    def compose(self, *command, **more):
        return engines.told(
            *engines.compose(),
            *("-p", "moviesearch-test", *command),
            env={
                "DOCKER_HOST": self.engine.host,
                "MOVIESEARCH_LISTEN": f"127.0.0.1:{self.port}",
                "MOVIESEARCH_LISTEN_TLS": f"127.0.0.1:{self.tls_port}",
            },
            cwd=self.folder,
            **more,
        )

    def tokens(self):
        lines = (self.folder / ".env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def token(self):
        return self.tokens()["MOVIESEARCH_TOKEN"]

    @property
    def page_token(self):
        return self.tokens()["MOVIESEARCH_PAGE_TOKEN"]

    def up(self, *profile):
        self.compose(*profile, "up", "-d")
        for name in self.containers():
            self.wait_healthy(name)

    def containers(self):
        return self.engine.docker("ps", "--format", "{{.Names}}").split()

    def container(self, service):
        return self.compose("ps", "-q", service).split()[-1]

    def inspect(self, container):
        return json.loads(self.engine.docker("inspect", container))[0]

    def wait_healthy(self, container):
        for _ in range(180):
            state = self.inspect(container)["State"]
            if state.get("Health", {}).get("Status") == "healthy":
                return
            time.sleep(1)
        raise AssertionError(f"{container}: {state}\n{self.engine.docker('logs', container)[-3000:]}")

    def kill(self, service):
        """SIGKILL to the service's first process, as the kernel does when memory runs out."""
        os.kill(self.inspect(self.container(service))["State"]["Pid"], signal.SIGKILL)

    def get(self, path, token=None, url=None, context=None):
        """(status, body)."""
        request = urllib.request.Request((url or self.url) + path)
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def signed_in(self, context=None):
        """The cookie that the page gives a browser for its token."""
        connection = (
            http.client.HTTPSConnection("localhost", self.tls_port, context=context)
            if context
            else http.client.HTTPConnection("localhost", self.port)
        )
        connection.request("POST", "/sign-in", urllib.parse.urlencode({"token": self.page_token}), _FORM)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 303
        return answer.headers["Set-Cookie"]

    def start(self, *command, token=None, **more):
        """`moviesearch ...` on this machine, outside of the stack."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MOVIESEARCH_")}
        environment |= {"MOVIESEARCH_CACHE": str(self.cache), "MOVIESEARCH_TOKEN": token or self.token}
        if "--store" not in command:
            command = (*command, "--store", self.url)
        return subprocess.Popen(
            [sys.executable, "-m", "moviesearch", *command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def run(self, *command, **more):
        """(exit status, standard output, standard error)."""
        process = self.start(*command, **more)
        out, err = process.communicate(timeout=900)
        return process.returncode, out, err


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    lacking = engines.missing()
    if lacking:
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    if engines.GIVEN:
        yield engines.Engine(engines.GIVEN)
        return
    running = engines.OwnEngine(tmp_path_factory.mktemp("engine"))
    try:
        engines.images(running)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def stack(engine, tmp_path_factory, model_cache, prepared_model):
    made = Stack(tmp_path_factory.mktemp("stack"), engine, model_cache)
    try:
        yield made
    finally:
        made.compose("--profile", "tls", "down", "-v", "-t", "20", check=False)


@pytest.fixture
def up(stack):
    if not (stack.folder / ".env").exists():
        engines.told(str(stack.folder / "scripts" / "server-init"), cwd=stack.folder)
    stack.up()
    return stack


def test_the_image_alone_answers_the_first_question(engine):
    """On an empty volume, with no ingest before."""
    try:
        said = engine.docker(
            *("run", "--rm", "--network", "none", "-v", "fresh-films:/cache", "moviesearch"),
            *("find", "a shark keeps tourists out of the water", "--limit", "1", "--format", "csv"),
        )
    finally:
        engine.docker("volume", "rm", "--force", "fresh-films")
    assert "storing the 1,048 films" in said
    assert "jaws-1975" in said


def test_it_refuses_to_start_without_tokens(stack):
    said = stack.compose("up", "-d", check=False)

    assert "scripts/server-init" in said
    assert stack.containers() == []


def test_only_the_proxy_can_be_reached_from_outside(up):
    published = {
        name: [port for ports in up.inspect(name)["NetworkSettings"]["Ports"].values() for port in ports or []]
        for name in up.containers()
    }
    assert [name for name, ports in published.items() if ports] == [next(name for name in published if "proxy" in name)]
    assert all(port["HostIp"] == "127.0.0.1" for ports in published.values() for port in ports)


def test_wrong_tokens_are_refused(up):
    for token in (None, "", "wrong", up.page_token, up.token + "0", up.token[:-1]):
        assert up.get("/api/v2/heartbeat", token)[0] == 401
        assert up.get("/api/v2/tenants/default_tenant/databases/default_database/collections", token)[0] == 401
    for token in (None, "", "wrong", up.page_token + "0"):
        assert up.get("/api/search?plot=anything", token)[0] == 401
    assert up.get("/api/v2/heartbeat", up.token)[0] == 200
    assert "token" in up.get("/")[1]  # the page asks for it

    status, _, err = up.run("info", token="a-wrong-token")
    assert status == 1
    assert "MOVIESEARCH_TOKEN" in err and "a-wrong-token" not in err


def test_films_come_from_outside_and_are_found_by_all(up, tmp_path):
    films = [film(number) for number in range(30)]
    films.append(film(99, "A clockmaker builds a mechanical bear that guards an orchard from thieves."))
    source = tmp_path / "films.jsonl"
    source.write_text("\n".join(json.dumps(one) for one in films))

    status, out, err = up.run("ingest", str(source))
    assert status == 0, err
    assert out.startswith("31 added")
    status, out, err = up.run("find", "--plot", "a bear made of clockwork protects apples", "--format", "json")
    assert status == 0, err
    assert json.loads(out)["results"][0]["id"] == "f99"

    for token in (up.page_token, up.token):
        status, body = up.get("/api/search?plot=a+bear+made+of+clockwork", token)
        assert status == 200 and json.loads(body)["results"][0]["id"] == "f99"
    assert up.compose("exec", "-T", "moviesearch", "moviesearch", "info", "--format", "json").count('"films": 31') == 1


def test_down_and_up_again_keeps_the_films(up):
    before = up.run("find", "--plot", "a bear made of clockwork", "--format", "jsonl")
    assert before[0] == 0 and before[1]

    up.compose("down", "-t", "60")
    assert up.containers() == []
    up.up()

    assert up.run("find", "--plot", "a bear made of clockwork", "--format", "jsonl") == before
    assert up.get("/api/search?plot=a+bear", up.page_token)[0] == 200


def test_a_backup_brings_the_films_back(up):
    """As docs/deploy.md has it: the volume is copied, lost, and put back."""
    before = up.run("find", "--plot", "a bear made of clockwork", "--format", "jsonl")
    tar = ("run", "--rm", "--no-deps", "-T", "--entrypoint", "tar", "chroma", "-C", "/data")
    up.compose("stop", "-t", "60", "chroma")
    up.compose(*tar, "-cz", ".", stdout=up.folder / "films.tar.gz")
    up.compose("down", "-v", "-t", "60")
    up.compose(*tar, "-xz", stdin=up.folder / "films.tar.gz")
    up.up()

    assert up.run("find", "--plot", "a bear made of clockwork", "--format", "jsonl") == before


def test_a_chroma_that_is_killed_during_ingest_recovers(up, tmp_path):
    """The films are given in two parts; between them, with some stored, the server dies."""
    lines = [json.dumps(film(number, f"Diver number {number} finds a sunken bell.")) for number in range(1000, 1900)]
    source = tmp_path / "divers.jsonl"
    source.write_text("\n".join(lines))
    ingest = up.start("ingest", "-", stdin=subprocess.PIPE)
    ingest.stdin.write("\n".join(lines[:600]) + "\n" * 500_000)  # more than is read ahead
    ingest.stdin.flush()
    for _ in range(300):
        if _films(up) > 31 or ingest.poll() is not None:
            break
        time.sleep(1)
    assert ingest.poll() is None

    up.kill("chroma")
    _, err = ingest.communicate("\n".join(lines[600:]) + "\n", timeout=900)
    assert "Traceback" not in err

    up.wait_healthy(up.container("chroma"))  # by itself
    status, _, err = up.run("ingest", str(source))
    assert status == 0, err
    assert _films(up) == 31 + len(lines)
    assert up.run("verify")[1:] == ("all good\n", "")


def _films(stack):
    status, out, _ = stack.run("info", "--format", "json")
    return json.loads(out)["films"] if status == 0 else 0


@pytest.mark.parametrize("service", ["moviesearch", "proxy"])
def test_what_is_killed_comes_back(up, service):
    up.kill(service)
    time.sleep(1)
    up.wait_healthy(up.container(service))

    assert up.get("/api/search?plot=a+bear", up.page_token)[0] == 200


def test_nobody_can_do_more_than_needed(up):
    for name in up.containers():
        told = up.inspect(name)
        assert told["HostConfig"]["ReadonlyRootfs"] and told["HostConfig"]["Memory"]
        assert told["HostConfig"]["CapDrop"] == ["ALL"]
        assert told["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]
    assert up.compose("exec", "-T", "moviesearch", "id", "-u").strip() == "10001"
    assert "torch" not in up.compose("exec", "-T", "moviesearch", "ls", "/opt/moviesearch/lib/python3.11/site-packages")


def test_tls_with_the_stack_s_own_authority(up):
    up.up("--profile", "tls")
    certificate = up.compose(
        *("--profile", "tls", "exec", "-T", "proxy-tls"), "cat", "/data/caddy/pki/authorities/local/root.crt"
    )
    authority = up.folder / "films-ca.crt"
    authority.write_text(certificate)
    trusting = ssl.create_default_context(cafile=str(authority))

    assert up.get("/api/v2/heartbeat", up.token, up.tls_url, trusting)[0] == 200
    assert up.get("/api/v2/heartbeat", "wrong", up.tls_url, trusting)[0] == 401
    assert up.run("info", "--store", up.tls_url, "--ca-file", str(authority))[0] == 0
    assert "; Secure" in up.signed_in(trusting)
    assert "; Secure" not in up.signed_in()
    status, _, err = up.run("info", "--store", up.tls_url)
    assert status == 1 and "--ca-file" in err


def test_no_log_has_a_token(up):
    up.get("/api/v2/heartbeat", up.token)
    said = "".join(up.engine.docker("logs", name) for name in up.containers())

    assert up.token not in said and up.page_token not in said
