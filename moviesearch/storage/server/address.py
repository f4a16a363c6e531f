"""Where a store is: a folder, a Chroma server, or a database in Chroma Cloud."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from moviesearch.config import Settings
from moviesearch.errors import UsageError
from moviesearch.storage.quotas import CLOUD, OWN, Quotas

_CLOUD_URL = "https://api.trychroma.com"
_FORMS = "--store takes a folder, http://HOST:PORT, https://HOST/PREFIX, or chroma-cloud://TENANT/DATABASE"


@dataclass(frozen=True, slots=True)
class Server:
    """A Chroma server and a database on it. `name` is what is shown, `url` what is asked, without a trailing slash."""

    name: str
    url: str
    tenant: str = "default_tenant"
    database: str = "default_database"
    header: str = "Authorization"
    quotas: Quotas = OWN

    @property
    def cloud(self) -> bool:
        """Whether this is Chroma Cloud."""
        return self.header == "X-Chroma-Token"

    def header_value(self, token: str) -> str:
        """A token as its header has it."""
        return token if self.cloud else f"Bearer {token}"


def is_server(store: str) -> bool:
    """Whether --store means a server."""
    return "://" in store


def server(store: str) -> Server:
    """The server that --store means. Raises UsageError for an address that makes no sense; never repeats a password."""
    try:
        parts = urlsplit(store.strip())
        port = parts.port
    except ValueError as error:
        raise UsageError(f"that --store is no address ({error}); {_FORMS}") from error
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "--store may not hold a user or password, which others could see: "
            "put the token in a file and give --token @FILE, or set MOVIESEARCH_TOKEN"
        )
    if parts.scheme == "chroma-cloud":
        database = unquote(parts.path.strip("/"))
        if not parts.netloc or not database or "/" in database:
            raise UsageError(f"{store} names no tenant and database: chroma-cloud://TENANT/DATABASE")
        tenant = unquote(parts.netloc)
        return Server(f"chroma-cloud://{tenant}/{database}", _CLOUD_URL, tenant, database, "X-Chroma-Token", CLOUD)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{store} is no place for films; {_FORMS}")
    asked = parse_qs(parts.query)
    if parts.fragment or set(asked) - {"tenant", "database"}:
        raise UsageError(f"{store}: after the '?' only tenant=NAME and database=NAME are known")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # A server without a port of its own in its address listens where Chroma does by itself, or where https does.
    port = port or (443 if parts.scheme == "https" else 8000)
    path = quote(unquote(parts.path).strip("/")).removesuffix("api/v2").strip("/")
    url = f"{parts.scheme}://{host}:{port}" + (f"/{path}" if path else "")
    told = f"?{parts.query}" if asked else ""
    tenant, database = (asked.get(name, [f"default_{name}"])[-1] for name in ("tenant", "database"))
    return Server(url + told, url, tenant, database)


def token(settings: Settings, place: Server) -> str | None:
    """The token for a server: the one that was given, or for Chroma Cloud the one in CHROMA_API_KEY."""
    given = (os.environ.get("CHROMA_API_KEY") if place.cloud else None) or settings.token
    if place.cloud and not given:
        raise UsageError(f"{place.name} needs an API key: set CHROMA_API_KEY, or give --token @FILE")
    if given and given.startswith("@"):
        try:
            given = Path(given[1:]).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the token can't be read from {given[1:]} ({error})") from error
    if given is not None and not (given and given.isascii() and given.isprintable() and " " not in given):
        raise UsageError("the token is empty, or holds spaces or signs that no token has; look at where it comes from")
    return given
