"""What a server allows, and whom: every default once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Limits and permissions of one server.

    `threads` searches run at once and `waiting` more wait for their turn; what comes then is told to
    come again. Sizes are in bytes. Without a `token` whoever reaches the server may search.
    """

    token: str | None = field(default=None, repr=False)
    origins: tuple[str, ...] = ()
    threads: int = field(default_factory=lambda: max(2, os.cpu_count() or 1))
    waiting: int = 64
    most_results: int = 100
    most_wishes: int = 8
    body_size: int = 256 * 1024
    query_size: int = 16 * 1024
    log_queries: bool = False
    rerank: str | None = None
