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


def rows(passages: float, inputs: Inputs) -> float:
    """A row for each passage and each film."""
    return passages * (1 + 1 / inputs.passages_film)


def text(passages: float, inputs: Inputs) -> float:
    """Bytes of text that Chroma is given: the passages, and the plots."""
    return passages * (inputs.passage_text + inputs.film_text / inputs.passages_film)


def memory(passages: float, inputs: Inputs) -> float:
    """GB of a Chroma server that has all in use."""
    return rows(passages, inputs) * inputs.memory_row / GB


def disk(passages: float, inputs: Inputs) -> float:
    """GB of a Chroma server."""
    return (rows(passages, inputs) * inputs.index_row + text(passages, inputs) * inputs.sqlite_text) / GB


def core_hours(passages: float, inputs: Inputs) -> float:
    """To embed every passage and every film once."""
    return rows(passages, inputs) / inputs.texts_second / 3600


def machine_month(passages: float, inputs: Inputs) -> float:
    """Dollars for a server with a third more memory than needed, a core for each 8 GB of it, and the disk."""
    needed = memory(passages, inputs) * 4 / 3
    return (
        needed * inputs.memory_price
        + max(2, needed / 8) * inputs.core_month
        + disk(passages, inputs) * inputs.disk_price
    )


def cloud_gib(passages: float, inputs: Inputs) -> float:
    """Logical GiB: vectors, texts and metadata."""
    each = 1_536 + inputs.metadata_row
    return (rows(passages, inputs) * each + text(passages, inputs)) / GIB


def cloud_query(passages: float, inputs: Inputs) -> float:
    """Dollars for a thousand searches of the passages, each priced by all of their vectors."""
    return 1000 * passages * 1_536 / 2**40 * inputs.cloud_query


LINES: tuple[tuple[str, Callable[[float, Inputs], str]], ...] = (
    ("films", lambda n, inputs: f"{n / inputs.passages_film:,.0f}"),
    ("rows in Chroma", lambda n, inputs: f"{rows(n, inputs):,.0f}"),
    ("memory of a Chroma server", lambda n, inputs: _gb(memory(n, inputs))),
    ("disk of a Chroma server", lambda n, inputs: _gb(disk(n, inputs))),
    ("word index (each client's mirror)", lambda n, inputs: _gb(text(n, inputs) * inputs.words_text / GB)),
    ("embedding, core hours", lambda n, inputs: f"{core_hours(n, inputs):,.1f}"),
    ("embedding, hours on {cores:.0f} cores", lambda n, inputs: f"{core_hours(n, inputs) / inputs.cores:,.1f}"),
    ("embedding, cost", lambda n, inputs: f"${core_hours(n, inputs) * inputs.core_price:,.2f}"),
    ("one server, a month", lambda n, inputs: _machine(n, inputs)),
    ("Chroma Cloud, stored", lambda n, inputs: f"{cloud_gib(n, inputs):,.1f} GiB"),
    ("Chroma Cloud, writing it once", lambda n, inputs: f"${cloud_gib(n, inputs) * inputs.cloud_write:,.0f}"),
    ("Chroma Cloud, a month", lambda n, inputs: f"${cloud_gib(n, inputs) * inputs.cloud_month:,.2f}"),
    ("Chroma Cloud, 1,000 searches", lambda n, inputs: f"${cloud_query(n, inputs):,.3f}"),
)


def _gb(size: float) -> str:
    return f"{size:,.2f} GB" if size < 1000 else f"{size / 1000:,.2f} TB"


def _machine(passages: float, inputs: Inputs) -> str:
    return f"${machine_month(passages, inputs):,.0f}" if memory(passages, inputs) < 1000 else "no such machine"


def table(sizes: Sequence[float], inputs: Inputs) -> str:
    """The table in Markdown."""
    lines = [["passages", *(f"{size:,.0f}" for size in sizes)], ["---", *("---:" for _ in sizes)]]
    lines += [[name.format(cores=inputs.cores), *(value(size, inputs) for size in sizes)] for name, value in LINES]
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
    inputs = vars(parser.parse_args())
    sizes, store = inputs.pop("passages"), inputs.pop("store")
    print(measured(store) if store else table(sizes, Inputs(**inputs)))


if __name__ == "__main__":
    main()
