"""Names under which a server may be asked, and origins: whose pages may use it."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from moviesearch.errors import UsageError

ANY = "*"
"""Every name, or the pages of every site."""

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+(?:%[^\[\]]*)?\]|[^\s\[\]:/?#@\\]+)(?::([0-9]{0,5}))?")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WITHOUT_ORIGIN = ("file", "data", "blob", "javascript", "about")
"""Schemes whose pages all have the origin "null"."""


def normal_name(text: str) -> str:
    """A host's name or address in the one spelling that is compared. Raises ValueError for what is neither."""
    in_brackets = text.startswith("[") and text.endswith("]")
    try:
        address = ipaddress.ip_address((text[1:-1] if in_brackets else text).partition("%")[0])
    except ValueError:
        name = text.removesuffix(".").lower()
        if not name.isascii():
            name = name.encode("idna").decode("ascii")
        if not _NAME.fullmatch(name):
            raise ValueError(f"{text!r} is no host's name") from None
        return name
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_local(name: str) -> bool:
    """Whether a name, as `normal_name` spells it, can only be this machine: localhost, or a loopback address."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom a request is for, as its Host header says: a name or address, and the port where one is given."""

    name: str
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> Authority:
        """The authority of "films.example", "127.0.0.1:8765" or "[::1]:8765". Raises ValueError for anything else."""
        parts = _AUTHORITY.fullmatch(text)
        if not parts:
            raise ValueError(f"{text!r} is no host with or without a port")
        return cls(normal_name(parts[1]), int(parts[2]) if parts[2] else None)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a page comes from, as browsers say it in the Origin header; `port` is None for that of the scheme."""

    scheme: str
    name: str
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> Origin:
        """The origin of "https://site.example", however it is spelt. Raises ValueError with the reason it is none."""
        scheme, separator, rest = text.strip().partition("://")
        scheme = scheme.lower()
        if not separator or not _SCHEME.fullmatch(scheme):
            raise ValueError("has no scheme: write https://site.example, or http://localhost:3000")
        if scheme in _WITHOUT_ORIGIN:
            raise ValueError("names pages that have no origin; serve them by a web server, and name that")
        try:
            parts = urlsplit(f"//{rest}")
            port = parts.port
        except ValueError as error:
            raise ValueError(f"is no address ({error})") from error
        if "@" in parts.netloc:
            raise ValueError("holds a user, which no origin has")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(f"goes on after the host, and an origin ends there: {scheme}://{parts.netloc}")
        if "*" in parts.netloc:
            raise ValueError("holds a *, which is no pattern here: name each site, or give * alone for all")
        try:
            name = Authority.read(parts.netloc).name
        except ValueError as error:
            raise ValueError("has no host that could be one" if parts.netloc else "names no host") from error
        return cls(scheme, name, None if port == _DEFAULT_PORTS.get(scheme) else port)

    def is_at(self, authority: Authority) -> bool:
        """Whether a page of this origin comes from there. The scheme is the browser's: a proxy may add the TLS."""
        port = None if authority.port == _DEFAULT_PORTS.get(self.scheme) else authority.port
        return (self.name, self.port) == (authority.name, port)

    def __str__(self) -> str:
        host = f"[{self.name}]" if ":" in self.name else self.name
        return f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")


def allowed_names(given: Iterable[str]) -> tuple[str, ...]:
    """The names that --allow-host gives, each in its one spelling; commas separate several.

    Raises UsageError for what is no name.
    """
    names = []
    for text in _listed(given):
        if "://" in text:
            raise UsageError(
                f"--allow-host takes a name alone, and {text!r} is an address: leave out all around the name"
            )
        try:
            names.append(ANY if text == ANY else _name(text))
        except ValueError as error:
            raise UsageError(
                f"--allow-host {text!r} is no name of a host: give one such as films.example, or * for all"
            ) from error
    return tuple(dict.fromkeys(names))


def allowed_origins(given: Iterable[str]) -> tuple[str, ...]:
    """The origins that --cors gives, as browsers spell them; commas separate several. `*` stands for all of them.

    Raises UsageError, with the reason, for what is no origin.
    """
    origins = []
    for text in _listed(given):
        if text == "null":
            raise UsageError(
                "--cors null would let in pages of every site, which can make themselves 'null': if that is meant, "
                "give *"
            )
        try:
            origins.append(ANY if text == ANY else str(Origin.read(text)))
        except ValueError as error:
            raise UsageError(f"--cors {text!r} {error}") from error
    return (ANY,) if ANY in origins else tuple(dict.fromkeys(origins))


def names_of_server(host: str, allowed: Iterable[str], *, local: bool, has_token: bool) -> tuple[str, ...]:
    """The names that a server answers to, beside the local ones, where it listens at `host`.

    They are `host` itself, what --allow-host gives (`allowed`), and this machine's name unless only the machine
    itself is listened to (`local`). No name is looked up. Where others are, and a token is wanted, any name will do,
    unless --allow-host says which: a page that comes by a false name has no token to show.
    """
    given = allowed_names(allowed)
    own = normal_name(host)
    if local:
        return tuple(dict.fromkeys((own, *given)))
    if has_token and not given:
        return (ANY,)
    return tuple(dict.fromkeys((own, *_machine_names(), *given)))


def _machine_names() -> list[str]:
    """What this machine is called: alone, and as its neighbours find it without a name server (.local)."""
    try:
        name = normal_name(socket.gethostname())
    except ValueError:
        return []
    first = name.partition(".")[0]
    return [name, first, f"{first}.local"]


def _name(text: str) -> str:
    try:
        return normal_name(text)  # an IPv6 address without brackets too
    except ValueError:
        return Authority.read(text).name


def _listed(given: Iterable[str]) -> list[str]:
    return [text.strip() for several in given for text in several.split(",") if text.strip()]
