"""The addresses that --store takes: a folder, a Chroma server, or a database in Chroma Cloud."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

from moviesearch.config import Settings, read_token
from moviesearch.errors import UsageError
from moviesearch.storage.quotas import CLOUD, OWN, Quotas

_CLOUD_URL = "https://api.trychroma.com"
_FORMS = "--store takes a folder, http://HOST:PORT, https://HOST/PREFIX, or chroma-cloud://TENANT/DATABASE"


@dataclass(frozen=True, slots=True)
class Server:
    """A Chroma server and a database on it.

    `name` is shown in messages. Requests go to `url`, which has no trailing slash. `header` is the HTTP
    header that takes the token.
    """

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
        """The value of `header` for a token."""
        return token if self.cloud else f"Bearer {token}"


_HOST = r"(?:[^/@\s]*@)?((?:[\w-]+\.)+[\w-]+|[\w-]{2,}|\[[0-9A-Fa-f:.]+\])"
_WITHOUT_SCHEME = re.compile(_HOST + r":(\d{1,5})(/.*)?|(localhost|(?:\d{1,3}\.){3}\d{1,3})")
_BROKEN_SCHEME = re.compile(r"(https?)(?::/?|//)([^/:].*)", re.IGNORECASE)


def address_without_scheme(store: str) -> str | None:
    """The address that a value of --store is, but for `http://`; None where it looks like a folder."""
    store = store.strip()
    if broken := _BROKEN_SCHEME.fullmatch(store):
        return f"{broken[1].lower()}://{broken[2].rpartition('@')[2]}"
    if not (found := _WITHOUT_SCHEME.fullmatch(store)):
        return None
    host, port, path, alone = found.groups()
    if alone:
        return f"http://{alone}:8000"
    return f"{'https' if port in ('443', '8443') else 'http'}://{host}:{port}{path or ''}"


def is_server(store: str) -> bool:
    """Whether a value of --store is a server's address, and no folder."""
    return "://" in store


def server(store: str) -> Server:
    """The server at an address. Raises UsageError, without repeating a password, for one that makes no sense."""
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
    options = parse_qs(parts.query)
    if parts.fragment or set(options) - {"tenant", "database"}:
        raise UsageError(f"{store}: after the '?' only tenant=NAME and database=NAME are known")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # Without a port in the address it is 443 for https, and otherwise the default of Chroma's server.
    port = port or (443 if parts.scheme == "https" else 8000)
    path = quote(unquote(parts.path).strip("/")).removesuffix("api/v2").strip("/")
    url = f"{parts.scheme}://{host}:{port}" + (f"/{path}" if path else "")
    query = f"?{parts.query}" if options else ""
    tenant, database = (options.get(name, [f"default_{name}"])[-1] for name in ("tenant", "database"))
    return Server(url + query, url, tenant, database)


def token(settings: Settings, server: Server) -> str | None:
    """The token for a server, from the settings, or None. For Chroma Cloud, CHROMA_API_KEY goes before.

    Raises UsageError where one is needed and missing, or can't be read, or can be no token.
    """
    value = (os.environ.get("CHROMA_API_KEY") if server.cloud else None) or settings.token
    if server.cloud and not value:
        raise UsageError(f"{server.name} needs an API key: set CHROMA_API_KEY, or give --token @FILE")
    return read_token(value) if value else None
