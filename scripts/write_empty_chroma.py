"""Write the statements that make an empty database as the installed chromadb does, into the package's data.

    python scripts/write_empty_chroma.py

Run it when chromadb's version changes; `chroma_engine.KNOWN_VERSIONS` has to name it.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from moviesearch.atomic import replacing
from moviesearch.storage.chroma_engine import empty_database, known_version, make_by_engine


def main() -> None:
    """Have the engine make one, and write down what is in it."""
    version = known_version()
    if version is None:
        sys.exit("the installed chromadb is none of chroma_engine.KNOWN_VERSIONS")
    with tempfile.TemporaryDirectory() as folder:
        make_by_engine(Path(folder))
        with closing(sqlite3.connect(Path(folder) / "chroma.sqlite3")) as db:
            statements = "\n".join(db.iterdump())
    path = empty_database(version)
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as file:
        file.write(f"{statements}\n")
    print(f"{path}: {len(statements):,} characters")


if __name__ == "__main__":
    main()
