"""A dump -> every film in it, over all cores, part by part: what is done stays done when the work is stopped."""

from __future__ import annotations

import io
import json
import os
import shutil
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
from moviesearch.sources.wikipedia.output import written

from .part import PartCounts, prepare, read_part
from .xml_pages import PART_BYTES, Part, head, parts

_LOOK = 0.3


@dataclass(slots=True)
class DumpReport:
    """What came out of a dump. `seconds` are the workers' own together, of this run alone, as are `new_bytes`."""

    films: int = 0
    pages: int = 0
    without_plot: int = 0
    faults: list[str] = field(default_factory=list)
    new_bytes: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Megabytes of XML a second and core."""
        return self.new_bytes / 1e6 / self.seconds if self.seconds else 0.0


def read_dump(
    paths: Sequence[Path],
    output: Path,
    *,
    jobs: int | None = None,
    part_bytes: int = PART_BYTES,
    on_bytes: Callable[[int, int], None] | None = None,
) -> DumpReport:
    """Write every film of the dump files to `output`, in the files' order.

    `OUTPUT.parts` holds what is done until the output is whole; the same call goes on from there. `on_bytes` is told
    how many bytes of the files have been read, and how many there are. Raises SourceError, StoreError, LockedError.
    """
    plan = [part for path in paths for part in parts(path, part_bytes)]
    site = _site(paths)
    folder = output.with_name(output.name + ".parts")
    report = DumpReport()
    with _held(folder):
        _check_plan(folder, plan)
        targets = [folder / f"{number:05}.jsonl" for number in range(len(plan))]
        _work(plan, targets, site, jobs or os.cpu_count() or 1, on_bytes or (lambda done, total: None), report)
        _join(targets, output, report)
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
def _held(folder: Path) -> Iterator[None]:
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
    """Write down what the parts are, and refuse to go on with parts of another dump."""
    wanted = [[part.path.name, part.path.stat().st_size, part.start, part.end] for part in plan]
    path = folder / "plan.json"
    if not path.exists():
        with written(path) as file:
            json.dump(wanted, file)
        return
    try:
        same = json.loads(path.read_text(encoding="utf-8")) == wanted
    except ValueError:
        same = False
    if not same:
        raise StoreError(f"{folder} holds parts of another dump: delete it, or give the same files as before")


def _work(
    plan: Sequence[Part],
    targets: Sequence[Path],
    site: Site,
    jobs: int,
    on_bytes: Callable[[int, int], None],
    report: DumpReport,
) -> None:
    """Read the parts that aren't done yet, each in a process of its own."""
    todo = [(part, target) for part, target in zip(plan, targets, strict=True) if not target.exists()]
    total = sum(part.end - part.start for part in plan)
    before = total - sum(part.end - part.start for part, _ in todo)
    if not todo:
        return
    context = get_context("spawn")
    read = context.Value("q", 0)
    stop = context.Event()
    pool = ProcessPoolExecutor(min(jobs, len(todo)), context, prepare, (read, stop, os.getpid()))
    try:
        waiting: set[Future[PartCounts]] = {pool.submit(read_part, part, target, site) for part, target in todo}
        while waiting:
            done, waiting = wait(waiting, _LOOK, FIRST_COMPLETED)
            for future in done:
                counts = future.result()
                report.new_bytes += counts.xml_bytes
                report.seconds += counts.seconds
            on_bytes(before + read.value, total)
    except BrokenProcessPool:
        raise StoreError("a worker process died; run the same command again, perhaps with fewer --jobs") from None
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _join(targets: Sequence[Path], output: Path, report: DumpReport) -> None:
    seen: set[int] = set()
    with written(output) as out:
        for target in targets:
            with target.open(encoding="utf-8") as file:
                for line in file:
                    record = json.loads(line)
                    if "part" in record:
                        report.pages += record["part"]["pages"]
                        report.without_plot += record["part"]["without_plot"]
                        report.faults += record["part"]["faults"]
                    elif record["wikipedia_page_id"] not in seen:
                        seen.add(record["wikipedia_page_id"])
                        out.write(line)
        if not report.pages:
            raise SourceError("the dump holds no pages: download it again")
    report.films = len(seen)
