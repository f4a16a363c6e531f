"""The help that is printed without importing click is the help that click would print."""

import importlib.util

from support.paths import ROOT


def test_help_files_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("write_help", ROOT / "scripts" / "write_help.py")
    assert spec and spec.loader
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    files = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "moviesearch/data/help").glob("*.txt")}
    assert files == writer.pages(), "run: python scripts/write_help.py"
