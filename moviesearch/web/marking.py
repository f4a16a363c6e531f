"""Marking films as seen on a server: whether it may be done at all, and by which requests.

It is all that a request can change here. A page of another site must not have a visitor's browser do it. So a request
of the API has a body of JSON, or the method DELETE, which a browser sends from elsewhere only to servers that allow it;
a form has a key that only our own pages know; and where a browser names another site as its origin, the request is
refused (`security.OwnNames`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from .problems import Problem, Refusal

CHANGING = ("/api/seen", "/seen")
"""The paths of requests that change something, unless they are GET or HEAD."""


@dataclass(frozen=True, slots=True)
class Marking:
    """Whether people may see and change what they have seen, and the `key` of forms that do."""

    allowed: bool
    key: str

    @classmethod
    def of(cls, *, allowed: bool, token: str | None) -> Marking:
        """The marking of a server. With a token the key outlasts the server, so that open pages do."""
        secret = token.encode() if token is not None else secrets.token_bytes()
        return cls(allowed, hmac.new(secret, b"moviesearch form", hashlib.sha256).hexdigest()[:32])

    def wanted(self) -> None:
        """Raise Refusal (403) where there is no marking."""
        if not self.allowed:
            detail = (
                "what was seen is not shown or marked on this server: it would take a token (MOVIESEARCH_TOKEN), or "
                "moviesearch serve --marks"
            )
            raise Refusal(Problem(403, "no-marks", detail))

    def check(self, key: str) -> None:
        """Raise Refusal (403) for a form that has another key."""
        if not hmac.compare_digest(key.encode("utf-8", "replace"), self.key.encode()):
            detail = (
                "the form has not the key of this server's pages: it is of another site, or its page is older than the "
                "server. Go back, load it again, and repeat it"
            )
            raise Refusal(Problem(403, "foreign-origin", detail))


def changes(method: str, path: str) -> bool:
    """Whether a request is to change something."""
    return path in CHANGING and method not in ("GET", "HEAD", "OPTIONS")
