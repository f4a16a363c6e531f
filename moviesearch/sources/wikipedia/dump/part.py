"""One part of a dump -> its films, and those left out, as JSON lines, in a worker process."""

from __future__ import annotations

import html
import io
import json
import os
import re
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
from moviesearch.sources.wikipedia.article.infobox import Site, film_record, film_year, may_be_film
from moviesearch.sources.wikipedia.output import LeftOut, written

from .bzip2 import DamagedBzip2Error
from .xml_pages import Chunk, Part, chunks, pages

_HEAD = (
    b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en"><siteinfo></siteinfo>'
)
_MOST_FAULTS = 20
_TITLE_XML = re.compile(rb"<title>([^<]*)</title>")
_bytes_read: Synchronized[int] | None = None


@dataclass(slots=True)
class PartCounts:
    """What a part held. It is the last line of the part's file, under "part"; `seconds` are of processor time."""

    pages: int = 0
    films: int = 0
    xml_bytes: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Article:
    """A page's latest revision; `redirect` is the title of the page to which it leads."""

    title: str
    page_id: int
    revision_id: int | None
    wikitext: str
    redirect: str = ""


def prepare(bytes_read: Synchronized[int], stop: Event, parent: int) -> None:
    """Get a worker ready: it ignores interrupts, and ends when its parent sets `stop` or is gone.

    The worker adds the bytes that it reads of dump files to `bytes_read`.
    """
    global _bytes_read
    _bytes_read = bytes_read
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while not stop.wait(1.0):
            if os.getppid() != parent:
                break
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def read_part(part: Part, target: Path, site: Site) -> PartCounts:
    """Write the films whose pages start in a part; `target` appears whole or not at all. Raises SourceError.

    Each is a line of its own; an article that is left out is one too, under "left_out".
    """
    started = time.process_time()
    counts = PartCounts()
    with written(target) as out:
        for xml in _pages(part, counts):
            counts.pages += 1
            found = _read_page(xml, site, counts, part.path.name) if may_be_film(xml, site.words) else None
            if isinstance(found, LeftOut):
                out.write(json.dumps({"left_out": asdict(found)}, ensure_ascii=False) + "\n")
            elif found:
                counts.films += 1
                out.write(json.dumps(found, ensure_ascii=False) + "\n")
        counts.seconds = time.process_time() - started
        out.write(json.dumps({"part": asdict(counts)}) + "\n")
    return counts


def article(xml: bytes) -> Article | None:
    """Read a page's XML; None for what isn't an article. Raises ValueError for broken XML."""
    try:
        page = next(mwxml.Dump.from_file(io.BytesIO(_HEAD + xml + b"</mediawiki>")).pages)
        if page.namespace:
            return None
        revisions = list(page)
    except (mwxml.errors.MalformedXML, ParseError, StopIteration, TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"broken XML: {error}") from None
    if page.id is None:
        raise ValueError("it has no id")
    if not revisions or not revisions[-1].text:
        return None
    return Article(page.title, page.id, revisions[-1].id, revisions[-1].text, page.redirect or "")


def _pages(part: Part, counts: PartCounts) -> Iterator[bytes]:
    try:
        yield from pages(_counted(chunks(part), counts), str(part.path))
    except DamagedBzip2Error as error:
        raise SourceError(f"{part.path}: {error}; download it again") from None
    except OSError as error:
        raise SourceError(f"{part.path} can't be read: {error.strerror or error}") from None


def _counted(source: Iterator[Chunk], counts: PartCounts) -> Iterator[Chunk]:
    for chunk in source:
        if chunk.in_part:
            counts.xml_bytes += len(chunk.xml)
        if _bytes_read is not None and chunk.file_bytes:
            with _bytes_read.get_lock():
                _bytes_read.value += chunk.file_bytes
        yield chunk


def _read_page(xml: bytes, site: Site, counts: PartCounts, file: str) -> dict[str, object] | LeftOut | None:
    """Return the film of a page, or why it is left out; None for what is no article."""
    page = None
    try:
        page = article(xml)
        if page is None:
            return None
        place = f"{file}: page {page.page_id}"
        if page.redirect:
            return LeftOut(page.title, None, place, f"it redirects: to {page.redirect!r}")
        record, reason = film_record(page.title, page.page_id, page.revision_id, page.wikitext, site)
        return record or LeftOut(page.title, film_year(page.wikitext, site.words), place, reason)
    except (ValueError, RecursionError, ParserError) as error:
        if len(counts.faults) < _MOST_FAULTS:
            counts.faults.append(f"{file}: {repr(page.title) if page else 'a page'}: {error}")
        title = _TITLE_XML.search(xml)
        return LeftOut(
            html.unescape(title[1].decode(errors="replace")) if title else "",
            None,
            f"{file}: page {page.page_id}" if page else file,
            f"it can't be read: {error}",
        )
