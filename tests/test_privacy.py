"""Nothing phones home: what commands leave in a person's folders, and what they send, is moviesearch's own alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moviesearch import privacy

pytestmark = pytest.mark.integration

NO_WAY_OUT = Path(__file__).parent / "support" / "no_way_out.py"
REPORTED_AFTER = 25
"""Seconds within which ONNX Runtime, where it may, looks up where its reports go."""

HEIST = json.dumps({"title": "The Vault", "year": 1971, "plot": "Three clerks rob the bank that they work for."})


@pytest.fixture
def newcomer(tmp_path, monkeypatch):
    """A person who has just begun: a home without a file, and no variable set that asks libraries for silence."""
    home = tmp_path / "home"
    home.mkdir()
    elsewhere = ("MOVIESEARCH_STORE", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "HF_HOME")
    for name in (*privacy.SILENCE, *elsewhere):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    return home


@pytest.fixture
def cold(newcomer, monkeypatch):
    """The same without a prepared model."""
    monkeypatch.delenv("MOVIESEARCH_CACHE", raising=False)
    return newcomer


def command(*arguments):
    return [sys.executable, "-m", "moviesearch", *map(str, arguments)]


def strangers(home):
    """The files in a home that are not in a folder of moviesearch's own."""
    files = [path.relative_to(home) for path in home.rglob("*") if not path.is_dir()]
    return [str(path) for path in files if "moviesearch" not in path.parts[:-1]]


def test_storing_and_finding_leave_nothing_else_in_a_home(newcomer, prepared_model):
    """Both in one process, since a test has to be quick."""
    code = (
        "from moviesearch.cli.main import main\n"
        "for words in (['ingest', '-'], ['find', 'clerks rob a bank']):\n"
        "    try:\n"
        "        main(words)\n"
        "    except SystemExit as end:\n"
        "        assert not end.code\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=HEIST, capture_output=True, text=True, check=True)
    assert "The Vault (1971)" in done.stdout
    assert strangers(newcomer) == []
    assert any(newcomer.rglob("films.sqlite3"))


def serve(*around, seconds):
    """Run the server for a while, and stop it as people do."""
    with subprocess.Popen([*around, *command("serve", "--port", "0")], stderr=subprocess.PIPE) as process:
        time.sleep(seconds)
        _stop(process.pid)
        process.communicate()


def _stop(parent):
    """Ctrl-C to a process or the one that it waits for."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    waiting = children.read_text().split() if children.exists() else []
    if waiting:
        _stop(int(waiting[-1]))
    else:
        os.kill(parent, signal.SIGINT)


COMMANDS = (
    ("ingest",),
    ("find", "clerks rob a bank"),
    ("info", "--check"),
    ("map", "-o", "map.svg"),
    ("evaluate",),
    ("export", "exported"),
    ("verify",),
    ("repair",),
    ("backup", "films.zip"),
    ("mcp",),
)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="HOME and XDG_CACHE_HOME are POSIX's")
def test_no_command_leaves_anything_else_in_a_home(cold, tmp_path):
    for arguments in COMMANDS:
        subprocess.run(command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, check=True, cwd=tmp_path)
        assert strangers(cold) == [], arguments
    serve(seconds=REPORTED_AFTER)
    assert strangers(cold) == []


@pytest.fixture
def sent(tmp_path):
    """sent(COMMAND) -> [[protocol, address, port], ...] that it sent to other machines, or looked up."""
    report = tmp_path / "sent.json"
    around = ("unshare", "--net", sys.executable, str(NO_WAY_OUT), str(report))
    if not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("needs util-linux' unshare and iproute2's ip")
    tried = subprocess.run([*around, "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no network namespace can be made here: {tried.stderr.strip().splitlines()[-1]}")

    def watch(what, **options):
        if callable(what):
            what(*around)
        else:
            subprocess.run([*around, *what], stdin=subprocess.DEVNULL, capture_output=True, check=True, **options)
        return json.loads(report.read_text())

    return watch


@pytest.mark.slow
def test_no_command_sends_or_looks_up_anything(cold, sent, tmp_path):
    look_up = "import socket\ntry: socket.getaddrinfo('films.example', 80)\nexcept OSError: pass"
    assert [port for _, _, port in sent([sys.executable, "-c", look_up])] == [53]  # one that does is seen
    for arguments in COMMANDS:
        assert sent(command(*arguments), cwd=tmp_path) == [], arguments
    assert sent(lambda *around: serve(*around, seconds=REPORTED_AFTER)) == []


def test_importing_the_package_changes_no_variable(newcomer):
    code = "import os; before = dict(os.environ); import moviesearch; assert before == dict(os.environ)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("package", ["embedding", "storage", "collection"])
def test_packages_that_use_such_libraries_ask_for_silence_first(newcomer, monkeypatch, package):
    """Whatever the variables were: a program that wants reports can set them afterwards."""
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    code = f"import json, os, moviesearch.{package}; print(json.dumps(dict(os.environ)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert privacy.SILENCE.items() <= json.loads(done.stdout).items()


def test_images_ask_for_silence_too():
    root = Path(__file__).parents[1]
    image, services = (root / "Dockerfile").read_text(), (root / "docker-compose.yml").read_text()
    for name in privacy.SILENCE.keys() - {"RAY_USAGE_STATS_ENABLED"}:  # Ray is in no image
        assert f"{name}={privacy.SILENCE[name]}" in image
    assert 'ANONYMIZED_TELEMETRY: "False"' in services
