"""The versions of chromadb that pyproject.toml allows: each end opens what the other wrote, and restores its backups.

Each is installed into a folder of its own. CHROMADB_VERSIONS names others to try, such as "1.5.8 1.5.9".
"""

import os
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from support.paths import ROOT, TESTS

pytestmark = pytest.mark.slow

WORK = """
import sys
from pathlib import Path
import chromadb
from make_store import DIMENSION, FILMS
from support.hash_encoder import SETTING, HashEncoder
from moviesearch import MovieSearch

version, store, backup, restored = sys.argv[1:]
assert chromadb.__version__ == version, chromadb.__file__
is_there = Path(store).exists()
with MovieSearch(store, encoder=HashEncoder(dimension=DIMENSION)) as search:
    if is_there:
        assert search.verify() is None, search.verify()
        assert search.find(["sailor visits port8 by night"], limit=1).matches[0].movie == FILMS[2]
        search.ingest(FILMS[:3], setting=SETTING, prune=lambda count: True)
        search.ingest(FILMS, setting=SETTING)
    else:
        search.ingest(FILMS, setting=SETTING)
        search.backup(Path(backup))
    assert search.verify() is None, search.verify()
with MovieSearch(restored, encoder=HashEncoder(dimension=DIMENSION)) as search:
    assert search.restore(Path(backup)).films == len(FILMS)
    assert search.verify() is None, search.verify()
"""


def ends():
    """The lowest and the highest version that are allowed and can be had."""
    if told := os.environ.get("CHROMADB_VERSIONS"):
        return told.split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (allowed,) = [Requirement(line) for line in project["dependencies"] if line.startswith("chromadb")]
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "index", "versions", "chromadb"], capture_output=True, text=True, check=False
    )
    _, _, listed = asked.stdout.partition("Available versions: ")
    versions = [version for version in listed.partition("\n")[0].split(", ") if allowed.specifier.contains(version)]
    if not versions:
        pytest.skip(f"the versions of chromadb can't be had here: {asked.stderr[-300:]}")
    return [versions[-1], versions[0]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Version -> the folder that it is installed in."""
    folders = {}
    for version in ends():
        if version not in folders:
            folders[version] = tmp_path_factory.mktemp("chromadb")
            told = ["--quiet", "--no-deps", "--target", folders[version], f"chromadb=={version}"]
            command = [sys.executable, "-m", "pip", "install", *map(str, told)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"chromadb {version} can't be installed here: {done.stderr[-300:]}")
    return folders


def test_each_end_opens_and_restores_what_the_other_wrote(installed, tmp_path):
    versions = list(installed)
    for writer, reader in {(versions[0], versions[-1]), (versions[-1], versions[0])}:
        store, backup = tmp_path / writer / "store", tmp_path / writer / "films.zip"
        for version in (writer, reader):
            path = os.pathsep.join(map(str, (installed[version], TESTS, TESTS / "fixtures", ROOT)))
            told = [version, store, backup, tmp_path / writer / f"restored by {version}, for {reader}"]
            done = subprocess.run(
                [sys.executable, "-c", WORK, *map(str, told)],
                env={**os.environ, "PYTHONPATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"written by {writer}, opened by {version}: {done.stderr[-3000:]}"
