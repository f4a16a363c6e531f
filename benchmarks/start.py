"""How long a cold process takes: `find`, the page's first answer, `--help`, and their rivals, by turns.

    moviesearch ingest --store STORE
    python benchmarks/start.py STORE

The rivals: `python -c "import chromadb"`, below which no program with Chroma can come; the original's query (load the
model with sentence-transformers, encode the words, loop over the exported vectors); and Python's own start. The page's
first answer is that to a question asked as soon as `serve` says that it serves, the server's start included.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from load import serving
from measuring import command, made, p50, table, turns

from moviesearch import MovieSearch
from moviesearch.embedding.models import locate

WORDS = "a man who can't make new memories hunts his wife's killer"
ORIGINAL = """
import json, sys
import numpy as np
from sentence_transformers import SentenceTransformer
folder, model, words = sys.argv[1:]
rows, movies = np.load(f"{folder}/embeddings.npy"), json.load(open(f"{folder}/movies.json"))
query = SentenceTransformer(model).encode(words)
scores = [float(np.dot(query, row) / (np.linalg.norm(query) * np.linalg.norm(row))) for row in rows]
for at in sorted(range(len(rows)), key=lambda at: -scores[at])[:10]:
    print(movies[at]["title"])
"""


def ask_page(store: Path) -> None:
    """Start a server, and wait for the page with the answer to a question."""
    with serving(str(store)) as (_, port), urlopen(f"http://127.0.0.1:{port}/?plot={quote(WORDS)}") as page:
        assert b"Memento" in page.read()


def main() -> None:
    """Time the processes and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path, help="a store with films; it is only read")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with MovieSearch(arguments.store) as search, tempfile.TemporaryDirectory() as folder:
        films = search.export(Path(folder))
        location = search.info().manifest.location
        model = locate(location, search.settings.cache).folder
        python = sys.executable
        find = (python, "-m", "moviesearch", "find", "--plot", WORDS, "--store", arguments.store)
        calls = {
            "`python -c pass`": command(python, "-c", "pass"),
            "`moviesearch --help`": command(python, "-m", "moviesearch", "--help"),
            '`python -c "import chromadb"`': command(python, "-c", "import chromadb"),
            "`moviesearch find --plot`": command(*find),
            "the page's first answer, `serve` included": lambda: ask_page(arguments.store),
            "the original's query": command(python, "-W", "ignore", "-c", ORIGINAL, folder, model, WORDS),
        }
        turns(calls, 1)  # into the page cache
        found = {name: p50(times) for name, times in turns(calls, arguments.rounds).items()}
    nothing, helped, chroma, ours, page, original = found.values()
    print(f"### Start\n\n{films:,} films; medians of {arguments.rounds} rounds. {made('chromadb')}\n")
    print(table(["cold process", "s"], [[name, f"{seconds:.2f}"] for name, seconds in found.items()]))
    print(
        f"\n`find` takes {ours / chroma:.2f} × `import chromadb` and 1/{original / ours:.1f} of the original's query; "
        f"the page's first answer takes {page / chroma:.2f} × `import chromadb`, its server's end included; "
        f"`--help` takes {helped / nothing:.1f} × Python's start."
    )


if __name__ == "__main__":
    main()
