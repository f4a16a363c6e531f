"""One part of a dump, in a process of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from xml.etree.ElementTree import ParseError

import mwxml
from mwparserfromhell.parser import ParserError

from moviesearch.errors import SourceError
from moviesearch.sources.wikipedia.article.infobox import FILM_XML, Site, film_record
from moviesearch.sources.wikipedia.output import written

from .bzip2 import DamagedBzip2Error
from .xml_pages import Chunk, Part, chunks, pages

_HEAD = (
    b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en"><siteinfo></siteinfo>'
)
_MOST_FAULTS = 20
_bytes_read: Synchronized[int] | None = None


@dataclass(slots=True)
class PartCounts:
    """What a part held; the last line of its file, under "part"."""

    pages: int = 0
    films: int = 0
    without_plot: int = 0
    xml_bytes: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Article:
    """A page's latest revision."""

    title: str
    page_id: int
    revision_id: int | None
    wikitext: str


def prepare(read: Synchronized[int], stop: Event, parent: int) -> None:
    """Get a worker ready: it leaves interrupts to its parent, and goes when that is gone or says so."""
    global _bytes_read
    _bytes_read = read
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while not stop.wait(1.0):
            if os.getppid() != parent:
                break
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def read_part(part: Part, target: Path, site: Site) -> PartCounts:
    """Write the films whose pages start in a part; the file appears whole or not at all. Raises SourceError."""
    started = time.process_time()
    counts = PartCounts()
    with written(target) as out:
        for xml in _pages(part, counts):
            counts.pages += 1
            record = _record(xml, site, counts, part) if FILM_XML.search(xml) else {}
            if record:
                counts.films += 1
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
        counts.seconds = time.process_time() - started
        out.write(json.dumps({"part": asdict(counts)}) + "\n")
    return counts


def article(xml: bytes) -> Article | None:
    """Read a page's XML; None when it is a redirect or no article. Raises ValueError when it is broken."""
    try:
        page = next(mwxml.Dump.from_file(io.BytesIO(_HEAD + xml + b"</mediawiki>")).pages)
        if page.namespace or page.redirect:
            return None
        revisions = list(page)
    except (mwxml.errors.MalformedXML, ParseError, StopIteration, TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"broken XML: {error}") from None
    if page.id is None:
        raise ValueError("it has no id")
    if not revisions or not revisions[-1].text:
        return None
    return Article(page.title, page.id, revisions[-1].id, revisions[-1].text)


def _pages(part: Part, counts: PartCounts) -> Iterator[bytes]:
    try:
        yield from pages(_counted(chunks(part), counts), str(part.path))
    except DamagedBzip2Error as error:
        raise SourceError(f"{part.path}: {error}; download it again") from None
    except OSError as error:
        raise SourceError(f"{part.path} can't be read: {error.strerror or error}") from None


def _counted(source: Iterator[Chunk], counts: PartCounts) -> Iterator[Chunk]:
    for chunk in source:
        if chunk.own:
            counts.xml_bytes += len(chunk.xml)
        if _bytes_read is not None and chunk.read:
            with _bytes_read.get_lock():
                _bytes_read.value += chunk.read
        yield chunk


def _record(xml: bytes, site: Site, counts: PartCounts, part: Part) -> dict[str, object]:
    title = "a page"
    try:
        page = article(xml)
        if page is None:
            return {}
        title = repr(page.title)
        record, _ = film_record(page.title, page.page_id, page.revision_id, page.wikitext, site)
        counts.without_plot += not record
        return record
    except (ValueError, RecursionError, ParserError) as error:
        if len(counts.faults) < _MOST_FAULTS:
            counts.faults.append(f"{part.path.name}: {title}: {error}")
        return {}
