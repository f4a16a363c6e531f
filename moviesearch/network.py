"""The way to other machines that the environment describes: proxies, and certificates to trust.

httpx reads the same variables, but fails on many values that other programs take, with errors that name no variable.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import urllib.request
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from .errors import StoreError, UsageError


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its `address`, with the user and password if it has them, and the `variable` that names it."""

    address: str
    variable: str

    def __str__(self) -> str:
        """The address without user and password, and where it comes from."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]} ({self.variable})"


def proxy_for(address: str) -> Proxy | None:
    """The proxy that the environment, or the system, names for an address; None where it is reached directly.

    Raises UsageError, which names the variable and no password, for one that can't be used.
    """
    goal = urlsplit(address)
    host = goal.hostname or ""
    found = urllib.request.getproxies()
    kind = next((kind for kind in (goal.scheme, "all") if found.get(kind, "").strip()), None)
    if kind is None or _goes_directly(host) or urllib.request.proxy_bypass(host):
        return None
    variable = next(
        (name for name in (f"{kind}_proxy", f"{kind}_proxy".upper()) if os.environ.get(name)), "the system's settings"
    )
    text = found[kind].strip()
    text = text if "://" in text else f"http://{text}"
    text = f"socks5{text.removeprefix('socks')}" if text.startswith("socks://") else text  # as desktops write it
    otherwise = f"without {variable}, or with NO_PROXY={host}, none is used"
    if not _can_be_proxy(text):
        raise UsageError(
            f"the proxy that {variable} names can't be used: it is written http://HOST:PORT, https://HOST:PORT or "
            f"socks5://HOST:PORT; {otherwise}"
        )
    if text.startswith("socks") and find_spec("socksio") is None:
        raise UsageError(
            f"the proxy that {variable} names speaks SOCKS, which needs one more package: pip install 'httpx[socks]'; "
            f"{otherwise}"
        )
    return Proxy(text, variable)


def _can_be_proxy(address: str) -> bool:
    import httpx

    try:
        url = httpx.Proxy(address).url  # knows the same schemes as the client that will use it
        return bool(url.host) and (url.port is None or 0 < url.port < 65536)
    except (ValueError, httpx.InvalidURL):
        return False


def _goes_directly(host: str) -> bool:
    """Whether NO_PROXY names a host: by its name, the end of its name, its address or a range of addresses."""
    entries = (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").lower().replace(",", " ").split()
    return any(_covers(entry.rpartition("://")[2], host.lower()) for entry in entries)


def _covers(entry: str, host: str) -> bool:
    if entry == "*":
        return True
    name = entry.removeprefix("*").removeprefix(".")
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return bool(name) and (host == name or host.endswith(f".{name}"))


def trusted(ca_file: str | None = None) -> ssl.SSLContext:
    """Whom to trust: by a file of certificates, else by what SSL_CERT_FILE or SSL_CERT_DIR name, else as usual.

    Raises StoreError, which names the variable, for a file or folder that can't be used.
    """
    chosen = [(ca_file, "--ca-file or MOVIESEARCH_CA_FILE"), (os.environ.get("SSL_CERT_FILE"), "SSL_CERT_FILE")]
    for file, origin in chosen:
        if file:
            return _by_file(file, origin)
    folder = os.environ.get("SSL_CERT_DIR")
    if folder and not any(map(os.path.isdir, folder.split(os.pathsep))):
        raise StoreError(f"there is no folder of certificates {folder}, which SSL_CERT_DIR names")
    import httpx

    return httpx.create_ssl_context()


def _by_file(file: str, origin: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ValueError) as error:
        by_system = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
        reason = getattr(error, "strerror", None) if by_system else "it holds no certificate in PEM form"
        raise StoreError(f"the file of certificates {file} can't be used: {reason}. It is named by {origin}") from error
