"""The built wheel, in an environment with nothing but its runtime dependencies."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.paths import ROOT

pytestmark = pytest.mark.slow


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_wheel_in_a_clean_environment(tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("moviesearch-*.whl")
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel)

    places = {"MOVIESEARCH_STORE": str(tmp_path / "store"), "MOVIESEARCH_CACHE": str(tmp_path / "cache")}
    moviesearch = tmp_path / "venv" / "bin" / "moviesearch"
    said = run(moviesearch, "ingest", PYTHONPATH="", **places)
    assert "0 rejected" in said
    answer = json.loads(
        run(moviesearch, "find", "--title", "The Departed", "--format", "json", PYTHONPATH="", **places)
    )
    assert answer["results"][0]["title"] == "Infernal Affairs"
    around = {**os.environ, "PYTHONPATH": "", **places}
    with subprocess.Popen(
        [moviesearch, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True, env=around
    ) as server:
        try:
            said = next(line for line in server.stderr or () if "is served at" in line)
            (address,) = re.findall(r"http://\S+", said)
            page = urllib.request.urlopen(f"{address}/?plot=the+mayor+won%27t+close+the+beach").read().decode()
            assert "Jaws" in page
            for file in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
                assert urllib.request.urlopen(address + file).read()
        finally:
            server.terminate()
