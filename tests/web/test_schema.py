"""schemathesis over the API's own OpenAPI document: what it makes up is answered as the document says."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from support.hash_encoder import HashEncoder
from support.web_films import FILMS
from support.web_server import serving

from moviesearch import MovieSearch

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("schemathesis") is None, reason="schemathesis is not installed"),
]

RULES = """
[checks.positive_data_acceptance]
# 400: each parameter is fine and all together make no sense; 414: together they are too long for an address
expected-statuses = ["2xx", 400, 401, 404, 414, "5xx"]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 404, 405, 406, 413, 414, 415, 422]
"""
EXAMPLES = os.environ.get("SCHEMA_EXAMPLES", "100")


def test_schemathesis_finds_nothing(tmp_path):
    with MovieSearch(tmp_path / "store", "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        with serving(search) as address:
            (tmp_path / "schemathesis.toml").write_text(RULES)
            command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json", "--no-color"]
            result = subprocess.run(
                [*command, "--max-examples", EXAMPLES, "--seed", "1", "--checks", "all"],
                capture_output=True,
                text=True,
                cwd=tmp_path,
                check=False,
            )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"Selected: (\d+)/\1\s+Tested: \1\b", result.stdout), result.stdout
