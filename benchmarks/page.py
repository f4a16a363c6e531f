"""How long an answer takes to be seen in a browser, beyond the search itself, and how many bytes it is.

    python benchmarks/page.py FILMS [--films 10000] [--questions 30]

Stores the first films of a file (as `moviesearch ingest` takes them), each with a poster made for it, serves them on
loopback and opens answers in Chromium, each in a tab of its own with an empty cache. Embedding is no part of this:
the encoder is that of the tests. The browser shares the machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from measuring import ROOT, made, p50, p95, table
from playwright.sync_api import Browser, Response, sync_playwright

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.sources import read

sys.path.insert(0, str(ROOT / "tests"))
from support.browser import CHROMIUM, FLAGS, WIDE
from support.film_shelf import poster
from support.hash_encoder import HashEncoder
from support.web_server import serving

PAINTED = """() => new Promise((resolve) => new PerformanceObserver((list, observer) => {
  const paint = list.getEntries().find((entry) => entry.name === "first-contentful-paint");
  if (paint) { observer.disconnect(); resolve(paint.startTime); }
}).observe({ type: "paint", buffered: true }))"""


def with_posters(films: list[Movie], folder: Path) -> Iterator[Movie]:
    """The films, each with a poster of 400 x 600 pixels beside it."""
    for number, film in enumerate(films):
        path = folder / f"{number}.jpg"
        path.write_bytes(poster(film.id, film.title, (400, 600)))
        yield replace(film, extra={**film.extra, "poster": str(path)})


def opened(browser: Browser, address: str) -> tuple[float, float, int]:
    """(ms to the first paint, ms until all posters in view are there, bytes of page and posters)."""
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(_transferred(response)))
    began = time.perf_counter()
    page.goto(address, wait_until="load")
    whole = (time.perf_counter() - began) * 1000
    painted = page.evaluate(PAINTED)
    context.close()
    return painted, whole, sum(sizes)


def _transferred(response: Response) -> int:
    """The bytes of a page or poster; static files are kept by browsers."""
    return 0 if "/static/" in response.url else int(response.headers.get("content-length", 0))


def _middle_of(plot: str) -> str:
    """Fourteen words of a plot, from its third."""
    words = plot.split()
    return " ".join(words[len(words) // 3 :][:14])


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path)
    parser.add_argument("--films", dest="most", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=30)
    arguments = parser.parse_args()
    films = [film for film in islice(read(arguments.films), arguments.most) if isinstance(film, Movie)]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as running:
        folder = Path(name)
        (folder / "posters").mkdir()
        settings = Settings(store=str(folder / "store"), cache=folder / "cache")
        with MovieSearch(settings=settings, encoder=HashEncoder()) as search:
            search.ingest(with_posters(films, folder / "posters"))
            browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            step = max(1, len(films) // arguments.questions)
            questions = [_middle_of(film.plot) for film in films[::step]][: arguments.questions]
            beyond, whole, sizes, bare = [], [], [], []
            with serving(search) as address:
                opened(browser, address)
                for question in questions:
                    took = search.find(question, explain=True, ask=True).took_ms
                    painted, loaded, size = opened(browser, f"{address}/?plot={quote(question)}")
                    beyond.append(painted - took)
                    whole.append(loaded - took)
                    sizes.append(size)
                    bare.append(opened(browser, address)[0])
            browser.close()
    print(made("fastapi", "pillow", "playwright"))
    print(f"{len(films):,} films with posters, {len(questions)} questions.\n")
    rows = [
        ["first paint beyond the search, ms", f"{p50(beyond):.0f}", f"{p95(beyond):.0f}"],
        ["first paint of the page without a search, ms", f"{p50(bare):.0f}", f"{p95(bare):.0f}"],
        ["all posters in view, beyond the search, ms", f"{p50(whole):.0f}", f"{p95(whole):.0f}"],
        ["page and posters, kB", f"{p50(sizes) / 1000:.0f}", f"{p95(sizes) / 1000:.0f}"],
    ]
    print(table(["", "p50", "p95"], rows))


if __name__ == "__main__":
    main()
