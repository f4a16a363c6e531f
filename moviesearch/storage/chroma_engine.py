"""Chroma's engine without its Python client, for a folder.

`import chromadb` takes longer than a whole search, and a folder needs nothing of what it imports. Under the client lies
the engine, the extension `chromadb_rust_bindings` of the same distribution; `chromadb/api/rust.py` shows its calls. A
folder is read and written straight through it where the installed version is one that has been compared with the client
(tests/storage/test_chroma_engine.py does so, row by row). Servers and other versions go through the client.

Nor does a folder need Chroma's full-text index of documents, since words have an index of their own: it would take half
of the time that rows take to be written, and a third of the file. A new database is written from what the engine makes
without that index, `data/chroma`, in one step: the engine makes it in eighteen, each brought to the disk.
`scripts/write_empty_chroma.py` writes that file.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.config import DATA

KNOWN_VERSIONS = ("1.5.9",)
"""Versions of chromadb whose engine answers as its client does."""

_TENANT, _DATABASE = "default_tenant", "default_database"
_FILES_AN_INDEX = 5
"""Files that Chroma holds open for each HNSW index."""


def is_known() -> bool:
    """Whether the installed engine is one whose calls are known; nothing is imported to find out."""
    return known_version() is not None


def known_version() -> str | None:
    """The version of the installed engine, if it is a known one."""
    spec = find_spec("chromadb_rust_bindings")
    if spec is None or spec.origin is None:
        return None
    packages = Path(spec.origin).parents[1]
    return next((name for name in KNOWN_VERSIONS if (packages / f"chromadb-{name}.dist-info").is_dir()), None)


def empty_database(version: str) -> Path:
    """The statements that make an empty database as the engine of a version does."""
    return DATA / "chroma" / f"{version}.sql"


class EngineClient:
    """Chroma's files in a folder: a `chroma_client.Client`."""

    def __init__(self, folder: Path) -> None:
        database = folder / "chroma.sqlite3"
        if not database.exists() and not _write_empty(database):
            make_by_engine(folder)
        self._bindings = _bindings(folder, database)

    def get_collection(self, name: str, *, embedding_function: None = None) -> Any:
        """A collection by name. Raises ValueError where there is none."""
        for model in self._bindings.list_collections(None, 0, _TENANT, _DATABASE):
            if model.name == name:
                return EngineCollection(self._bindings, model)
        raise ValueError(f"Collection [{name}] does not exist")

    def get_or_create_collection(
        self, name: str, *, configuration: Any, metadata: Any, embedding_function: None = None
    ) -> Any:
        """A collection by name, unchanged where there is one; otherwise a new one."""
        settings = {"hnsw": None, "spann": None, **configuration, "embedding_function": {"type": "legacy"}}
        model = self._bindings.create_collection(
            name, json.dumps(settings), None, dict(metadata), True, _TENANT, _DATABASE
        )
        return EngineCollection(self._bindings, model)

    def delete_collection(self, name: str) -> None:
        """Delete a collection."""
        self._bindings.delete_collection(name, _TENANT, _DATABASE)

    def close(self) -> None:
        """Close the files."""
        self._bindings = None


def _bindings(folder: Path, database: Path) -> Any:
    """The engine over the files in a folder, as the client opens it."""
    import chromadb_rust_bindings as engine

    return engine.Bindings(
        allow_reset=False,
        sqlite_db_config=engine.SqliteDBConfig(
            hash_type=engine.MigrationHash.MD5, migration_mode=engine.MigrationMode.Apply, url=str(database)
        ),
        persist_path=str(folder),
        hnsw_cache_size=_open_files() // _FILES_AN_INDEX,
    )


def _write_empty(database: Path) -> bool:
    """Write a new database; False where that can't be done, and the engine has to make it itself."""
    try:
        statements = empty_database(known_version() or "").read_text(encoding="utf-8")
        with closing(sqlite3.connect(database, isolation_level=None)) as db:
            db.executescript(statements)
    except (OSError, sqlite3.Error):
        return False
    return True


def make_by_engine(folder: Path) -> None:
    """Have the engine make a new database in a folder, without its full-text index."""
    database = folder / "chroma.sqlite3"
    _bindings(folder, database)  # closed at once: two libraries of SQLite in one process must not have it open together
    _drop_full_text_index(database)


def _drop_full_text_index(database: Path) -> None:
    """Put a plain table in the place of Chroma's full-text index of documents, in a new database.

    Documents stay as they are, and Chroma finds texts in them by looking at all. Where this can't be done, as by an
    SQLite without full text, the index stays.
    """
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        db.execute("DROP TABLE embedding_fulltext_search")
        db.execute("CREATE TABLE embedding_fulltext_search (string_value)")
        db.execute("COMMIT")


class EngineCollection:
    """A collection; what it gives has the client's form, but for embeddings as lists."""

    def __init__(self, bindings: Any, model: Any) -> None:
        self._bindings = bindings
        self.id, self.name = model.id, str(model.name)
        self.metadata: Mapping[str, Any] | None = model.metadata
        self._key = str(model.id)

    def count(self) -> int:
        """The number of rows."""
        return int(self._bindings.count(self._key, _TENANT, _DATABASE))

    def query(
        self,
        *,
        query_embeddings: NDArray[np.float32],
        n_results: int,
        include: Sequence[str],
        ids: Sequence[str] | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The nearest rows of each query, float32 (queries, d): their `ids` and `distances`."""
        answer = self._bindings.query(
            self._key,
            None if ids is None else list(ids),
            list(query_embeddings),
            n_results,
            json.dumps(where) if where else None,
            None,
            list(include),
            _TENANT,
            _DATABASE,
        )
        return {"ids": answer.ids, "distances": answer.distances}

    def get(
        self,
        *,
        ids: Sequence[str] | None = None,
        include: Sequence[str],
        limit: int | None = None,
        offset: int | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Rows by id, or a page of all: `ids`, and what is to be included of `embeddings`, `documents`, `metadatas`."""
        answer = self._bindings.get(
            self._key,
            None if ids is None else list(ids),
            json.dumps(where) if where else None,
            limit,
            offset or 0,
            None,
            list(include),
            _TENANT,
            _DATABASE,
        )
        return {
            "ids": answer.ids,
            "embeddings": answer.embeddings,
            "documents": answer.documents,
            "metadatas": answer.metadatas,
        }

    def upsert(
        self,
        *,
        ids: Sequence[str],
        embeddings: NDArray[np.float32],
        documents: Sequence[str],
        metadatas: Sequence[Mapping[str, Any]],
    ) -> None:
        """Write rows, in place of those that have these ids; `embeddings` are float32 (rows, d)."""
        self._bindings.upsert(
            self._key, list(ids), list(embeddings), list(metadatas), list(documents), None, _TENANT, _DATABASE
        )

    def delete(self, *, ids: Sequence[str]) -> None:
        """Delete rows; ids without a row are passed over."""
        self._bindings.delete(self._key, list(ids), None, None, None, _TENANT, _DATABASE)


def _open_files() -> int:
    """How many files this process may hold open."""
    if sys.platform == "win32":
        return 512
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
