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


@contextmanager
def serve(store, cache, *options, **environment):
    """A running server: its address, its process, and the lines of its standard error so far."""
    command = [sys.executable, "-m", "moviesearch", "serve", "--store", str(store), "--port", "0", *options]
    places = {"MOVIESEARCH_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    around = {**os.environ, **places, **environment}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=around) as it:
        lines, up = [], threading.Event()

        def listen():
            for line in it.stderr:
                lines.append(line.rstrip())
                if "is served at" in line:
                    up.set()
            up.set()

        thread = threading.Thread(target=listen)
        thread.start()
        assert up.wait(60)
        try:
            (address,) = re.findall(r"http://\S+", "\n".join(lines))[:1] or [""]
            yield address, it, lines
        finally:
            it.kill()
            thread.join()


def get(address, token=None):
    """(status, JSON)."""
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(asked, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_served_asked_and_stopped(bundled_store, model_cache):
    with serve(bundled_store, model_cache) as (address, process, lines):
        assert get(f"{address}/health")[0] == 200
        assert get(f"{address}/ready") == (200, {"status": "ready", "films": 428, "model": "all-MiniLM-L6-v2"})
        status, found = get(f"{address}/api/search?plot=the+mayor+won%27t+close+the+beach&limit=1")
        assert (status, found["results"][0]["title"]) == (200, "Jaws")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    noted = [json.loads(line) for line in lines if line.startswith("{")]
    assert [line["route"] for line in noted] == ["/health", "/ready", "/api/search"]
    assert "mayor" not in "\n".join(lines)
    assert lines[-1] == "stopped"


def test_films_that_another_process_stores_are_found_at_once(tmp_path, model_cache, prepared_model):
    store = tmp_path / "new"
    films = tmp_path / "films.jsonl"
    with serve(store, model_cache) as (address, _, lines):
        assert "moviesearch ingest" in lines[0]
        assert get(f"{address}/ready")[1]["code"] == "no-collection"
        for count in (1, 2):
            told = [{"title": f"Film {n}", "plot": f"A clerk loses key number {n}."} for n in range(count)]
            films.write_text("\n".join(map(json.dumps, told)))
            command = [sys.executable, "-m", "moviesearch", "ingest", str(films), "--store", str(store)]
            subprocess.run(command, check=True, capture_output=True)
            assert len(get(f"{address}/api/search?plot=a+clerk+loses+a+key")[1]["results"]) == count


def test_token_from_the_environment(bundled_store, model_cache):
    with serve(bundled_store, model_cache, MOVIESEARCH_TOKEN="s3cret") as (address, _, lines):
        assert get(f"{address}/api/suggest?q=jaws")[0] == 401
        assert get(f"{address}/api/suggest?q=jaws", "s3cret")[1]["titles"][0]["title"] == "Jaws"
    assert "s3cret" not in "\n".join(lines)


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
