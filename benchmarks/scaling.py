"""What a collection of so many passages takes: memory, disk, embedding hours and money; docs/scaling.md shows it.

python benchmarks/scaling.py                                  the table for 10^5, 10^7 and 10^9 passages
python benchmarks/scaling.py --passages 3e6 --memory-price 4  other sizes and prices
python benchmarks/scaling.py --store STORE                    the measured inputs, from a folder of your own
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything the table follows from. Sizes in bytes, prices in US dollars; a month has 730 hours."""

    # measured
    index_row: float = 1_847
    """On disk, a row of the HNSW index: 1,536 of vector, 268 of links and label, 8 of upper levels, 35 of id."""
    memory_row: float = 2_490
    """Resident in the Chroma server, a row of both indexes, all of it in use."""
    sqlite_text: float = 8.15
    """On disk in Chroma's database, a byte of text: the text, its trigrams, its metadata."""
    words_text: float = 0.17
    """On disk in the word index, a byte of the same text."""
    texts_second: float = 29.5
    """Embedded on one core."""

    # of the collection
    passages_film: float = 5
    passage_text: float = 900
    film_text: float = 4_000
    metadata_row: float = 200

    # assumed
    cores: float = 32
    core_price: float = 0.033
    core_month: float = 24
    memory_price: float = 2.75
    disk_price: float = 0.08
    cloud_write: float = 2.50
    cloud_month: float = 0.33
    cloud_query: float = 0.0075


GB, GIB = 1e9, 2**30


def rows(passages: float, told: Inputs) -> float:
    """A row for each passage and each film."""
    return passages * (1 + 1 / told.passages_film)


def text(passages: float, told: Inputs) -> float:
    """Bytes of text that Chroma is given: the passages, and the plots."""
    return passages * (told.passage_text + told.film_text / told.passages_film)


def memory(passages: float, told: Inputs) -> float:
    """GB of a Chroma server that has all in use."""
    return rows(passages, told) * told.memory_row / GB


def disk(passages: float, told: Inputs) -> float:
    """GB of a Chroma server."""
    return (rows(passages, told) * told.index_row + text(passages, told) * told.sqlite_text) / GB


def core_hours(passages: float, told: Inputs) -> float:
    """To embed every passage and every film once."""
    return rows(passages, told) / told.texts_second / 3600


def machine_month(passages: float, told: Inputs) -> float:
    """Dollars for a server with a third more memory than needed, a core for each 8 GB of it, and the disk."""
    needed = memory(passages, told) * 4 / 3
    return needed * told.memory_price + max(2, needed / 8) * told.core_month + disk(passages, told) * told.disk_price


def cloud_gib(passages: float, told: Inputs) -> float:
    """Logical GiB: vectors, texts and metadata."""
    each = 1_536 + told.metadata_row
    return (rows(passages, told) * each + text(passages, told)) / GIB


def cloud_query(passages: float, told: Inputs) -> float:
    """Dollars for a thousand searches of the passages, each priced by all of their vectors."""
    return 1000 * passages * 1_536 / 2**40 * told.cloud_query


LINES: tuple[tuple[str, Callable[[float, Inputs], str]], ...] = (
    ("films", lambda n, told: f"{n / told.passages_film:,.0f}"),
    ("rows in Chroma", lambda n, told: f"{rows(n, told):,.0f}"),
    ("memory of a Chroma server", lambda n, told: _gb(memory(n, told))),
    ("disk of a Chroma server", lambda n, told: _gb(disk(n, told))),
    ("word index (each client's mirror)", lambda n, told: _gb(text(n, told) * told.words_text / GB)),
    ("embedding, core hours", lambda n, told: f"{core_hours(n, told):,.1f}"),
    ("embedding, hours on {cores:.0f} cores", lambda n, told: f"{core_hours(n, told) / told.cores:,.1f}"),
    ("embedding, cost", lambda n, told: f"${core_hours(n, told) * told.core_price:,.2f}"),
    ("one server, a month", lambda n, told: _machine(n, told)),
    ("Chroma Cloud, stored", lambda n, told: f"{cloud_gib(n, told):,.1f} GiB"),
    ("Chroma Cloud, writing it once", lambda n, told: f"${cloud_gib(n, told) * told.cloud_write:,.0f}"),
    ("Chroma Cloud, a month", lambda n, told: f"${cloud_gib(n, told) * told.cloud_month:,.2f}"),
    ("Chroma Cloud, 1,000 searches", lambda n, told: f"${cloud_query(n, told):,.3f}"),
)


def _gb(size: float) -> str:
    return f"{size:,.2f} GB" if size < 1000 else f"{size / 1000:,.2f} TB"


def _machine(passages: float, told: Inputs) -> str:
    return f"${machine_month(passages, told):,.0f}" if memory(passages, told) < 1000 else "no such machine"


def table(sizes: Sequence[float], told: Inputs) -> str:
    """The table in Markdown."""
    lines = [["passages", *(f"{size:,.0f}" for size in sizes)], ["---", *("---:" for _ in sizes)]]
    lines += [[name.format(cores=told.cores), *(value(size, told) for size in sizes)] for name, value in LINES]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def measured(store: Path) -> str:
    """The inputs that can be read from a folder with a collection, as lines."""
    database = max(store.glob("*/chroma-*/chroma.sqlite3"), key=lambda path: path.stat().st_size)
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    count = connection.execute("SELECT count(*) FROM embeddings").fetchone()[0]
    bytes_of_text = connection.execute(
        "SELECT sum(length(CAST(string_value AS BLOB))) FROM embedding_metadata WHERE key = 'chroma:document'"
    ).fetchone()[0]
    connection.close()
    index = sum(path.stat().st_size for path in database.parent.glob("*/*") if path.is_file())
    words = sum(path.stat().st_size for path in database.parents[1].glob("lexical-*/**/*") if path.is_file())
    return (
        f"rows {count:,}; index {index / count:,.0f} bytes a row; "
        f"database {database.stat().st_size / bytes_of_text:.2f} bytes a byte of text; "
        f"text {bytes_of_text / count:,.0f} bytes a row; words {words / bytes_of_text:.2f} bytes a byte of text"
    )


def main() -> None:
    """Print the table, or what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=float, nargs="+", default=[1e5, 1e7, 1e9])
    parser.add_argument("--store", type=Path)
    for each in fields(Inputs):
        parser.add_argument(f"--{each.name.replace('_', '-')}", type=float, default=each.default)
    told = vars(parser.parse_args())
    sizes, store = told.pop("passages"), told.pop("store")
    print(measured(store) if store else table(sizes, Inputs(**told)))


if __name__ == "__main__":
    main()
