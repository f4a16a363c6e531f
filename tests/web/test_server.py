"""`moviesearch serve` as a process: started, asked, written beside, stopped."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
import yaml
from support.bundled import COUNT
from support.paths import ROOT

pytestmark = pytest.mark.integration


@contextmanager
def serve(store, cache, *options, **environment):
    """A running server: its address, its process, and the lines of its standard error so far."""
    command = [sys.executable, "-m", "moviesearch", "serve", "--store", str(store), "--port", "0", *options]
    variables = {"MOVIESEARCH_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    variables = {**os.environ, **variables, **environment}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as process:
        lines, up = [], threading.Event()

        def listen():
            for line in process.stderr:
                lines.append(line.rstrip())
                if "is served at" in line:
                    up.set()
            up.set()

        thread = threading.Thread(target=listen)
        thread.start()
        assert up.wait(60)
        try:
            (address,) = re.findall(r"http://\S+", "\n".join(lines))[:1] or [""]
            yield address, process, lines
        finally:
            process.kill()
            thread.join()


def get(address, token=None, **headers):
    """(status, JSON)."""
    request = urllib.request.Request(address, headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}))
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_served_asked_and_stopped(bundled_store, model_cache):
    with serve(bundled_store, model_cache) as (address, process, lines):
        assert get(f"{address}/health")[0] == 200
        assert get(f"{address}/ready") == (200, {"status": "ready", "films": COUNT, "model": "all-MiniLM-L6-v2"})
        status, answer = get(f"{address}/api/search?plot=the+mayor+won%27t+close+the+beach&limit=1")
        assert (status, answer["results"][0]["title"]) == (200, "Jaws")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    requests = [json.loads(line) for line in lines if line.startswith("{")]
    assert [line["route"] for line in requests] == ["/health", "/ready", "/api/search"]
    assert "mayor" not in "\n".join(lines)
    assert lines[-1] == "stopped"


def test_films_that_another_process_stores_are_found_at_once(run, tmp_path, model_cache):
    store = tmp_path / "new"
    films = tmp_path / "films.jsonl"
    with serve(store, model_cache) as (address, _, lines):
        assert "moviesearch ingest" in lines[0]
        assert get(f"{address}/ready")[1]["code"] == "no-collection"
        for count in (1, 2):
            records = [{"title": f"Film {n}", "plot": f"A clerk loses key number {n}."} for n in range(count)]
            films.write_text("\n".join(map(json.dumps, records)))
            assert run("ingest", films, "--store", store).exit_code == 0
            assert len(get(f"{address}/api/search?plot=a+clerk+loses+a+key")[1]["results"]) == count


def test_token_from_the_environment(bundled_store, model_cache):
    with serve(bundled_store, model_cache, MOVIESEARCH_TOKEN="s3cret") as (address, _, lines):
        assert get(f"{address}/api/suggest?q=jaws")[0] == 401
        assert get(f"{address}/api/suggest?q=jaws", "s3cret")[1]["titles"][0]["title"] == "Jaws"
    assert "s3cret" not in "\n".join(lines)


@pytest.mark.parametrize("given", ["option", "variable"])
def test_token_from_a_file_is_what_the_file_holds(tmp_path, model_cache, given):
    (tmp_path / "films.token").write_text("s3cret\n")
    file = f"@{tmp_path / 'films.token'}"
    options, variables = (["--token", file], {}) if given == "option" else ([], {"MOVIESEARCH_TOKEN": file})
    with serve(tmp_path / "store", model_cache, *options, **variables) as (address, _, lines):
        for wrong in (None, file, "s3cre"):
            assert get(f"{address}/api/suggest?q=jaws", wrong)[0] == 401
        assert get(f"{address}/api/suggest?q=jaws", "s3cret")[1]["code"] == "no-collection"
    assert "s3cret" not in "\n".join(lines)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "is empty"),
        ("two words", "spaces"),
        ("line\nbreak", "line break"),
        ("gehëim", "not ASCII"),
        ("@", "no file"),
    ],
)
def test_a_token_that_nobody_can_send_is_refused_at_the_start(run, token, reason):
    result = run("serve", "--port", 0, MOVIESEARCH_TOKEN=token)
    assert (result.exit_code, "is served" in result.stderr) == (2, False)
    assert reason in result.stderr
    assert not token.strip("@") or token not in result.stderr


def test_a_token_file_that_holds_none_is_refused_at_the_start(run, tmp_path):
    (tmp_path / "films.token").write_text("\n")
    result = run("serve", "--port", 0, "--token", f"@{tmp_path / 'films.token'}")
    assert (result.exit_code, "is empty" in result.stderr) == (2, True)
    result = run("serve", "--port", 0, "--token", f"@{tmp_path / 'none.token'}")
    assert (result.exit_code, "none.token" in result.stderr) == (2, True)


def test_a_name_that_was_made_to_point_here_reads_nothing(tmp_path, model_cache):
    """And what is asked by a name of its own, as a container's health check does, passes."""
    with serve(tmp_path / "store", model_cache, "--allow-host", "Kitchen.local:80") as (address, _, _):
        port = int(address.rpartition(":")[2])
        assert get(f"{address}/health", Host="rebound.example")[1]["code"] == "unknown-host"
        assert get(f"{address}/health", Host=f"rebound.example:{port}")[0] == 421
        assert get(f"{address}/health", Origin="https://stranger.example")[1]["code"] == "foreign-origin"
        assert get(f"{address}/health", Origin=address)[0] == 200
        for host in ("kitchen.local", f"localhost:{port}", f"127.0.0.1:{port}"):
            assert get(f"{address}/health", Host=host)[0] == 200
        assert raw(port, b"GET /health HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")  # as an old health check asks
        assert raw(port, b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 400")
        head = raw(port, b"HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b"content-type: application/json" in head and head.endswith(b"\r\n\r\n")


def raw(port, request):
    """What the server sends for the bytes of a request, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_names_may_be_given_in_the_environment(tmp_path, model_cache):
    variables = {"MOVIESEARCH_ALLOW_HOST": "films.example, cellar.local"}
    with serve(tmp_path / "store", model_cache, "--host", "0.0.0.0", **variables) as (address, _, lines):
        port = address.rpartition(":")[2]
        for host in ("films.example", "cellar.local", "0.0.0.0", "localhost", socket.gethostname()):
            assert get(f"http://127.0.0.1:{port}/health", Host=host)[0] == 200
        assert get(f"http://127.0.0.1:{port}/health", Host="rebound.example")[0] == 421
    said = "\n".join(lines)
    assert "whoever reaches this address may search" in said
    assert "films.example, cellar.local" in said and "--allow-host" in said


def test_behind_the_proxy_of_the_compose_file_any_name_will_do(tmp_path, model_cache):
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["moviesearch"]
    default = {name: re.sub(r"\$\{\w+:-(.*)}", r"\1", value) for name, value in service["environment"].items()}
    variables = {**default, "MOVIESEARCH_TOKEN": "s3cret"}
    del variables["MOVIESEARCH_STORE"]
    with serve(tmp_path / "store", model_cache, "--host", "0.0.0.0", **variables) as (address, _, _):
        here = address.replace("0.0.0.0", "127.0.0.1")
        for host in ("films.example", "localhost:8080", "127.0.0.1:8765"):
            assert get(f"{here}/health", Host=host)[0] == 200
            assert get(f"{here}/api/suggest?q=jaws", Host=host)[0] == 401
            assert get(f"{here}/api/suggest?q=jaws", "s3cret", Host=host)[1]["code"] == "no-collection"
        own = {"Host": "films.example", "Origin": "https://films.example"}
        assert get(f"{here}/health", **own)[0] == 200
        assert get(f"{here}/health", **own | {"Origin": "https://stranger.example"})[0] == 403


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", "http://127.0.0.1"], "'http://127.0.0.1' is no address"),
        (["--host", "127.0.0.1:8765"], "the port goes to --port"),
        (["--host", ""], "'' is no address"),
        (["--host", "fe80::1%no-such-card"], "is no address"),
        (["--host", "x" * 300], "is no address"),
        (["--host", "caf\udce9"], "--host': holds the byte 0xe9, which is no UTF-8 text"),
        (["--host", "192.0.2.1"], "192.0.2.1 is no address of this machine"),
        (["--cors", "https://site.example/app"], "an origin ends there: https://site.example"),
        (["--cors", "site.example"], "no scheme"),
        (["--cors", "null"], "pages of every site"),
        (["--allow-host", "https://films.example"], "takes a name alone"),
        (["--allow-host", "*.example"], "no name of a host"),
    ],
)
def test_an_address_name_or_origin_that_is_none_is_told(run, options, told):
    result = run("serve", "--port", 0, *options)
    assert (result.exit_code, "is served" in result.stderr) == (2, False)
    assert told in result.stderr


def test_a_port_that_is_taken_is_told(run, bundled_store):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--store", bundled_store, "--port", port)
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}" in result.stderr
    assert "--port" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="BROWSER names a program on POSIX only")
def test_open_opens_the_page(bundled_store, model_cache, tmp_path):
    browser, shown = tmp_path / "browser", tmp_path / "shown"
    browser.write_text(f'#!/bin/sh\necho "$1" > {shown}.part && mv {shown}.part {shown}\n')
    browser.chmod(0o755)
    with serve(bundled_store, model_cache, "--open", BROWSER=str(browser)) as (address, process, _):
        deadline = time.monotonic() + 30
        while not shown.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert shown.read_text().strip() == address
