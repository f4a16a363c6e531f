"""The options of a server, with their defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from moviesearch.config import check_token

from .hosts import allowed_names, allowed_origins


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Limits and permissions of one server.

    `threads` searches run at once and `waiting` more wait for their turn; any beyond them are refused
    (503, try again). `body_size` and `query_size`, of a request's body and address, are in bytes.
    Without a `token` anyone who reaches the server may search. `hosts` are the names under which it may be
    asked, beside the local ones and the address that a connection came in at; "*" is any. `origins` are other
    sites whose pages may use the API; "*" is all, but not for what changes something. With `marks`, whoever may search
    may also see and mark what was seen. `rerank` names the CrossEncoder that a request may ask for.

    Raises UsageError for a token, name or origin that can be none.
    """

    token: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    threads: int = field(default_factory=lambda: max(2, os.cpu_count() or 1))
    waiting: int = 64
    body_size: int = 256 * 1024
    query_size: int = 16 * 1024
    log_queries: bool = False
    marks: bool = True
    rerank: str | None = None

    def __post_init__(self) -> None:
        """Bring names and origins to one spelling, and refuse what can be none."""
        if self.token is not None:
            check_token(self.token)
        object.__setattr__(self, "hosts", allowed_names(self.hosts))
        object.__setattr__(self, "origins", allowed_origins(self.origins))
