"""Write a large dump in Wikipedia's proportions, to measure how fast one is read.

    cd tests && python -m support.wiki.big_dump TARGET.xml.bz2 [MEGABYTES]

One article in forty is a film's, of the test wiki's forms and about 20 kB long with its cast, its reception and its
references; the others are some 8 kB of other text.
"""

from __future__ import annotations

import bz2
import random
import sys
from collections.abc import Iterator
from xml.sax.saxutils import escape

from .pages import PAGES, film

_FILMS_EVERY = 40


def xml_pages(megabytes: int) -> Iterator[bytes]:
    """Yield the dump piece by piece."""
    chance = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    words = ["".join(chance.choices(letters, range(26, 0, -1), k=chance.randrange(2, 11))) for _ in range(20_000)]
    common = [1 / (rank + 3) for rank in range(len(words))]
    stock = chance.choices(words, common, k=400_000)

    def text(count: int) -> str:
        start = chance.randrange(len(stock) - count)
        told = stock[start : start + count]
        told[::9] = [f"[[{word}]]" for word in told[::9]]
        told[::40] = [
            f"{word}.<ref>{{{{cite web|title={word}|url=https://x.test/{word}}}}}</ref>" for word in told[::40]
        ]
        return " ".join(told)

    yield (
        b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">\n<siteinfo>'
        b"<dbname>enwiki</dbname><base>https://en.wikipedia.org/wiki/Main_Page</base></siteinfo>\n"
    )
    shapes = [wikitext for wikitext in PAGES.values() if "{{Infobox film" in wikitext]
    size = number = 0
    while size < megabytes * 1_000_000:
        number += 1
        if number % _FILMS_EVERY:
            wikitext = f"'''Article {number}''' is a thing.\n\n== History ==\n{text(800)}\n\n== Use ==\n{text(400)}"
        elif number % (2 * _FILMS_EVERY):
            rest = f"== Cast ==\n* {text(100)}\n\n== Reception ==\n{text(1800)}\n"
            wikitext = film(
                f"Film {number}", 1990, f"== Plot ==\n{text(350)}\n\n=== Later ===\n{text(350)}\n", rest=rest
            )
        else:
            wikitext = shapes[number // _FILMS_EVERY % len(shapes)] + text(2000)
        page = (
            f"  <page>\n    <title>Article {number}</title>\n    <ns>0</ns>\n    <id>{number}</id>\n    <revision>\n"
            f"      <id>{number}</id>\n      <timestamp>2024-01-01T00:00:00Z</timestamp>\n"
            "      <model>wikitext</model>\n"
            f'      <text bytes="{len(wikitext)}" xml:space="preserve">{escape(wikitext)}</text>\n    </revision>\n'
            "  </page>\n"
        ).encode()
        size += len(page)
        yield page
    yield b"</mediawiki>\n"


def main() -> None:
    """Write the dump."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with bz2.open(sys.argv[1], "wb") as out:
        for piece in xml_pages(int(sys.argv[2]) if len(sys.argv) > 2 else 300):
            out.write(piece)


if __name__ == "__main__":
    main()
