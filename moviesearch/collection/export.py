"""A collection as plain files: `embeddings.npy`, one row a film, and the films beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from moviesearch.embedding.passages import whole_film
from moviesearch.records import as_json
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.paging import pages

from .base import Collection

_PAGE = 2000


def export(collection: Collection, manifest: Manifest, folder: Path) -> int:
    """Write embeddings.npy (float32, one row a film), movies.json and manifest.json; returns the number of films.

    The rows are in the order of ingest. The files appear under their names only when they are complete.
    """
    ledger, ids = collection.ledger, collection.ledger.ids()
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {name: folder / f".{name}.draft" for name in ("embeddings.npy", "movies.json", "manifest.json")}
    shape = len(ids), manifest.dimension
    rows = np.lib.format.open_memmap(drafts["embeddings.npy"], mode="w+", dtype=np.float32, shape=shape)
    with drafts["movies.json"].open("w", encoding="utf-8") as listing:
        listing.write("[")
        for number, page in enumerate(pages(ids, _PAGE)):
            start = number * _PAGE
            movies, vectors = ledger.movies(page), collection.chroma.vectors("films", page)
            rows[start : start + len(page)] = np.stack([vectors[film] for film in page])
            for row, film in enumerate(page, start):
                listing.write("," if row else "")
                listing.write("\n" + json.dumps(as_json(movies[film]), ensure_ascii=False))
        listing.write("\n]\n")
    rows.flush()
    del rows
    about = {
        "model": manifest.model,
        "model_digest": manifest.digest,
        "dimension": manifest.dimension,
        "films": len(ids),
        "text": whole_film("{title}", "{plot}"),
    }
    drafts["manifest.json"].write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, draft in drafts.items():
        os.replace(draft, folder / name)
    return len(ids)
