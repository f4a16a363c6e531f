"""What a Chroma may be asked for at once: one's own nearly anything, Chroma Cloud rather little."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quotas:
    """Limits of one request; None where there is none.

    `written` and `read` are rows, `results` those of one query, `listed` the ids handed to a query;
    `document`, `value` and `id` are bytes of a document, of a value in a row's metadata, and of a row's id;
    `spann` says that the index is of that kind, and not HNSW.
    """

    written: int = 500
    read: int = 2000
    results: int | None = None
    listed: int | None = None
    queries: int = 100
    document: int | None = None
    value: int | None = None
    id: int | None = None
    spann: bool = False


OWN = Quotas()
CLOUD = Quotas(
    written=300, read=300, results=300, listed=300, queries=1, document=16_384, value=4_096, id=128, spann=True
)
"""As https://docs.trychroma.com/cloud/quotas-limits has them."""
