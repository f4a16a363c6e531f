"""benchmarks/scale.py makes films, stores and asks them, whatever an encoder has to do by then."""

import os
import subprocess
import sys

import pytest
from support.paths import ROOT

pytestmark = pytest.mark.slow


def test_growth_is_measured(bundled_store, tmp_path):
    run = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "scale.py", bundled_store, "--sizes", "60", "150", "--work", tmp_path],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    cells = [line.split("|")[1].strip() for line in run.stdout.splitlines() if line.startswith("| ")]
    passages = [int(cell) for cell in cells if cell != "passages"]
    assert len(passages) == 2
    assert passages[0] < passages[1]
