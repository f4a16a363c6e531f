"""docs/scaling.md shows what benchmarks/scaling.py computes."""

import subprocess
import sys

import pytest
from support.paths import ROOT


def scaling(*arguments):
    command = [sys.executable, str(ROOT / "benchmarks" / "scaling.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_table_in_the_docs_is_the_computed_one():
    assert scaling() in (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("price", ["1", "2"])
def test_a_reader_can_change_a_price(price):
    table = scaling("--passages", "1073741824", "--cloud-month", price, "--passage-text", "0", "--film-text", "0")
    line = next(line for line in table.splitlines() if "Chroma Cloud, a month" in line)
    assert line.endswith(f"| ${float(price) * 1.2 * 1736:,.2f} |")


def test_a_folder_tells_its_own_figures(search):
    from moviesearch import Movie

    search.ingest([Movie(id="a", title="A", plot="A diver finds a bell. " * 20)])
    search.close()
    assert scaling("--store", search.settings.store).startswith("rows ")
