"""How much one request to Chroma may hold: nearly anything on a server of one's own, little in Chroma Cloud."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quotas:
    """Limits of one request; None where there is no limit.

    `written` and `read` count rows, `results` the rows that a query gives, `listed` the ids that it may
    be confined to, `queries` the vectors that are asked for together. `document`, `value` and `id` are
    bytes: of a document, of a value in a row's metadata, of a row's id. `spann` says that the index is
    of that kind, and not HNSW.
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
