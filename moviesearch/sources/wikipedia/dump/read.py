"""A dump -> every film in it, on all cores, part by part. Parts that are read stay when the work is stopped."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from xml.etree.ElementTree import ParseError

import mwxml
import portalocker

from moviesearch.errors import LockedError, SourceError, StoreError
from moviesearch.sources.wikipedia.article.infobox import Site
from moviesearch.sources.wikipedia.output import LeftOut, write_misses, written

from .part import PartCounts, prepare, read_part
from .xml_pages import PART_BYTES, Part, head, parts

_POLL_SECONDS = 0.3
_PARTS_FORMAT = 2
"""Of the files in the folder of parts: those of another format aren't gone on from."""


@dataclass(slots=True)
class DumpReport:
    """What came out of a dump.

    Of this run alone are `new_bytes`, bytes of XML, and `seconds`, of processor time of all workers together.
    """

    films: int = 0
    pages: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    new_bytes: int = 0
    seconds: float = 0.0

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """Why films are left out, and how many for each reason; the most frequent first."""
        return Counter(film.kind for film in self.left_out).most_common()

    @property
    def rate(self) -> float:
        """How fast a core was, in megabytes of XML a second."""
        return self.new_bytes / 1e6 / self.seconds if self.seconds else 0.0


def read_dump(
    paths: Sequence[Path],
    output: Path,
    *,
    misses: Path | None = None,
    jobs: int | None = None,
    part_bytes: int = PART_BYTES,
    on_bytes: Callable[[int, int], None] | None = None,
) -> DumpReport:
    """Write every film of the dump files to `output`, in the files' order, and those left out to `misses`.

    The folder `OUTPUT.parts` holds the parts that are read until the output is whole; the same call goes on from there.
    `on_bytes` is called with the number of bytes read of the files, and that of all. Raises SourceError, StoreError,
    LockedError.
    """
    plan = [part for path in paths for part in parts(path, part_bytes)]
    site = _site(paths)
    folder = output.with_name(output.name + ".parts")
    report = DumpReport()
    with _locked(folder):
        _check_plan(folder, plan)
        targets = [folder / f"{number:05}.jsonl" for number in range(len(plan))]
        _work(plan, targets, site, jobs or os.cpu_count() or 1, on_bytes or (lambda done, total: None), report)
        _join(targets, output, report)
        if misses:
            write_misses(misses, report.left_out)
    shutil.rmtree(folder)
    return report


def _site(paths: Sequence[Path]) -> Site:
    start = [head(path) for path in paths][0]
    try:
        end = b"" if b"</mediawiki>" in start else b"</mediawiki>"
        info = mwxml.Dump.from_file(io.BytesIO(start + end)).site_info
    except (mwxml.errors.MalformedXML, ParseError, AssertionError) as error:
        raise SourceError(f"{paths[0]} is no MediaWiki dump: {error}") from None
    base = str(info.base or "https://en.wikipedia.org/wiki/")
    return Site(str(info.dbname or "enwiki"), base.rpartition("/")[0] + "/")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make the folder of parts and keep other processes out of it."""
    try:
        folder.mkdir(exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise StoreError(f"{folder} can't be made: {error.strerror or error}") from None
    with lock:
        try:
            portalocker.lock(lock, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            raise LockedError(f"another process is working in {folder}: wait until it is done, or stop it") from None
        yield


def _check_plan(folder: Path, plan: Sequence[Part]) -> None:
    """Write the plan to the folder, or compare it with the one there. Raises StoreError for another dump's."""
    parts_and_sizes = [[part.path.name, part.path.stat().st_size, part.start, part.end] for part in plan]
    entries = [_PARTS_FORMAT, *parts_and_sizes]
    path = folder / "plan.json"
    if not path.exists():
        with written(path) as file:
            json.dump(entries, file)
        return
    try:
        is_same = json.loads(path.read_text(encoding="utf-8")) == entries
    except ValueError:
        is_same = False
    if not is_same:
        raise StoreError(f"{folder} holds parts of another dump: delete it, or give the same files as before")


def _work(
    plan: Sequence[Part],
    targets: Sequence[Path],
    site: Site,
    jobs: int,
    on_bytes: Callable[[int, int], None],
    report: DumpReport,
) -> None:
    """Read the parts that have no target yet, in worker processes."""
    todo = [(part, target) for part, target in zip(plan, targets, strict=True) if not target.exists()]
    total = sum(part.end - part.start for part in plan)
    before = total - sum(part.end - part.start for part, _ in todo)
    if not todo:
        return
    context = get_context("spawn")
    bytes_read = context.Value("q", 0)
    stop = context.Event()
    pool = ProcessPoolExecutor(min(jobs, len(todo)), context, prepare, (bytes_read, stop, os.getpid()))
    try:
        waiting: set[Future[PartCounts]] = {pool.submit(read_part, part, target, site) for part, target in todo}
        while waiting:
            done, waiting = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
            for future in done:
                counts = future.result()
                report.new_bytes += counts.xml_bytes
                report.seconds += counts.seconds
            on_bytes(before + bytes_read.value, total)
    except BrokenProcessPool:
        raise StoreError("a worker process died; run the same command again, perhaps with fewer --jobs") from None
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _join(targets: Sequence[Path], output: Path, report: DumpReport) -> None:
    """Write the films of all parts to the output, each page's once, and count all in the report."""
    films: set[int] = set()
    left_out: dict[tuple[str, str], LeftOut] = {}
    with written(output) as out:
        for target in targets:
            with target.open(encoding="utf-8") as file:
                for line in file:
                    record = json.loads(line)
                    if "part" in record:
                        report.pages += record["part"]["pages"]
                        report.faults += record["part"]["faults"]
                    elif "left_out" in record:
                        film = LeftOut(**record["left_out"])
                        left_out[film.title, film.place] = film
                    elif record["wikipedia_page_id"] not in films:
                        films.add(record["wikipedia_page_id"])
                        out.write(line)
        if not report.pages:
            raise SourceError("the dump holds no pages: download it again")
    report.films = len(films)
    report.left_out = list(left_out.values())
