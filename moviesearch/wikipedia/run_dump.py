"""A whole dump: progress shown, and the counts summed up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from moviesearch.errors import StoreError
from moviesearch.sources.wikipedia.dump.read import DumpReport, read_dump
from moviesearch.sources.wikipedia.dump.xml_pages import PART_BYTES

from .progress import bar


def run_dump(paths: Sequence[Path], output: Path, jobs: int | None = None, part_bytes: int = PART_BYTES) -> str:
    """Read the dump files and return what to tell at the end. Raises MovieSearchError."""
    started = time.monotonic()
    if not output.parent.is_dir():
        raise StoreError(f"there is no folder {output.parent}: make it first")
    total = sum(path.stat().st_size for path in paths if path.exists())
    with bar("dump", total or None, counted=False) as move:
        shown = 0

        def on_bytes(done: int, total: int) -> None:
            nonlocal shown
            move(done - shown, "")
            shown = done

        report = read_dump(paths, output, jobs=jobs, part_bytes=part_bytes, on_bytes=on_bytes)
    return _text(report, output, time.monotonic() - started)


def _text(report: DumpReport, output: Path, seconds: float) -> str:
    lines = [
        f"{report.films} films in {output}; {report.pages} pages read, {report.without_plot} film articles without a "
        "plot left out",
        f"{report.new_bytes / 1e6:.0f} MB of XML in {seconds:.0f} s, {report.rate:.1f} MB/s a core",
    ]
    lines += [f"  {fault}" for fault in report.faults]
    return "\n".join(lines)
