"""All films of a dump, into a file that is asked for, or one from which a collection takes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from moviesearch.cli.output import count_of
from moviesearch.cli.progress import noted_bar
from moviesearch.sources.wikipedia.dump.read import DumpReport, read_dump
from moviesearch.sources.wikipedia.dump.xml_pages import PART_BYTES
from moviesearch.sources.wikipedia.output import written

from .job import check_outputs, fingerprint, states
from .summary import first_misses


def run_dump(
    paths: Sequence[Path],
    output: Path,
    jobs: int | None = None,
    part_bytes: int = PART_BYTES,
    *,
    misses: Path | None = None,
) -> str:
    """Read the dump files and return the text to print at the end. Raises MovieSearchError."""
    started = time.monotonic()
    check_outputs(output, misses)
    report = _read_shown(paths, output, misses, jobs, part_bytes)
    return _dump_text(report, str(output), misses, time.monotonic() - started)


def _read_shown(
    paths: Sequence[Path], output: Path, misses: Path | None, jobs: int | None, part_bytes: int
) -> DumpReport:
    """Read the dump files with a progress bar."""
    total = sum(path.stat().st_size for path in paths if path.exists())
    with noted_bar("dump", total or None, counted=False) as move:
        moved = 0

        def on_bytes(done: int, total: int) -> None:
            nonlocal moved
            move(done - moved, "")
            moved = done

        return read_dump(paths, output, misses=misses, jobs=jobs, part_bytes=part_bytes, on_bytes=on_bytes)


def dump_films(
    paths: Sequence[Path], cache: Path, jobs: int | None, part_bytes: int, misses: Path | None
) -> tuple[Path, Path, str]:
    """The files of a dump's films and of what it leaves out, in a cache's folder, and the text to print.

    They are made where they aren't there yet; whoever has stored the films removes both. `misses` is written in any
    case. Raises MovieSearchError.
    """
    started = time.monotonic()
    check_outputs(misses)
    sizes = [(path.absolute(), path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.exists()]
    films = states(cache) / f"{fingerprint(sizes)}.jsonl"
    left_out = films.with_suffix(".misses.jsonl")
    text = ""
    if not (films.exists() and left_out.exists()):
        report = _read_shown(paths, films, left_out, jobs, part_bytes)
        text = _dump_text(report, "the dump", misses, time.monotonic() - started)
    if misses:
        with written(misses) as file:
            file.write(left_out.read_text(encoding="utf-8"))
    return films, left_out, text


def _dump_text(report: DumpReport, output: str, misses: Path | None, seconds: float) -> str:
    counts = f"{count_of(report.films, 'film')} in {output}, {count_of(len(report.left_out), 'article')} left out"
    read = f"{counts}; {count_of(report.pages, 'page')} read"
    lines = [f"{read}, {report.new_bytes / 1e6:.0f} MB of XML in {seconds:.0f} s, {report.rate:.1f} MB/s a core"]
    lines += [f"  {count} left out: {kind}" for kind, count in report.kinds]
    lines += first_misses(report.left_out, misses)
    lines += [f"  {fault}" for fault in report.faults]
    return "\n".join(lines)
