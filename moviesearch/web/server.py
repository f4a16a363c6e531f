"""Running the app: uvicorn, the notes on the terminal, and the browser."""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import click
import uvicorn

from moviesearch.errors import MovieSearchError, UsageError
from moviesearch.search import MovieSearch

from .app import create_app
from .hosts import ANY, is_local, names_of_server, normal_name
from .options import ServeOptions

_KEEP_ALIVE = 15
"""Seconds that a connection may be idle."""

_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Server(uvicorn.Server):
    """A uvicorn server that calls `on_ready` with its port once it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[int], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready(self.servers[0].sockets[0].getsockname()[1])


def run(
    search: MovieSearch,
    *,
    host: str,
    port: int,
    show: bool,
    threads: int | None,
    waiting: int,
    allowed_hosts: tuple[str, ...],
    origins: tuple[str, ...],
    rerank: str | None,
    log_queries: bool,
    marks: bool | None = None,
) -> None:
    """Serve until stopped. `marks` is that of `ServeOptions`; None: on this machine alone, or with a token.

    The token is that of the search's settings. Raises UsageError for a token, address, name or origin that can be none,
    and MovieSearchError where the address can't be had.
    """
    host = host.strip().removeprefix("[").removesuffix("]")
    settings = search.settings
    with ExitStack() as at_end:
        sockets = _bind(host, port)
        for listener in sockets:
            at_end.callback(listener.close)
        local = all(is_local(normal_name(listener.getsockname()[0])) for listener in sockets)
        options = ServeOptions(
            token=settings.token,
            hosts=names_of_server(host, allowed_hosts, local=local, has_token=settings.token is not None),
            origins=origins,
            waiting=waiting,
            rerank=rerank,
            log_queries=log_queries,
            marks=marks if marks is not None else local or settings.token is not None,
        )
        options = replace(options, threads=threads) if threads else options
        _log_to_stderr()

        def note(line: str) -> None:
            click.echo(line, err=True)

        def on_ready(bound_port: int) -> None:
            url_host = f"[{host}]" if ":" in host else host
            address = f"http://{url_host}:{bound_port}"
            note(f"{settings.collection!r} is served at {address} (Ctrl-C stops it)")
            for line in _warnings(options, local=local):
                note(line)
            if show:
                page = address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
                threading.Thread(target=webbrowser.open, args=[page], daemon=True).start()  # some block until closed

        if not search.exists():
            note(f"there is no collection {settings.collection!r} yet; `moviesearch ingest` makes one")
        config = uvicorn.Config(
            create_app(search, options),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=10,
        )
        Server(config, on_ready).run(sockets)


def _warnings(options: ServeOptions, *, local: bool) -> list[str]:
    """What whoever starts a server should know about who may use it; `local`: it listens to this machine alone."""
    lines = []
    if not options.token and not local:
        may = "search, and see and mark what was seen" if options.marks else "search"
        lines.append(f"whoever reaches this address may {may}; MOVIESEARCH_TOKEN=... asks for a token")
    if not options.token and ANY in options.origins:
        lines.append("pages of every site may read this collection (--cors '*')")
    if ANY not in options.hosts and not local:
        names = ", ".join(("localhost", *options.hosts))
        lines.append(f"it answers as {names}, and by its addresses; --allow-host NAME adds a name")
    return lines


def _bind(host: str, port: int) -> list[socket.socket]:
    """Sockets at a host's addresses, all with one port. Raises UsageError for what is no address of this machine."""
    try:
        normal_name(host)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--host {host!r} is no address: it takes one alone, such as 127.0.0.1 for this machine or 0.0.0.0 for "
            "others as well; the port goes to --port"
        ) from error
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            sockets.append(_listener(family, address, sockets[0].getsockname()[1] if sockets else port))
        except OSError as error:
            failure = error
            if error.errno not in _NO_SUCH_ADDRESS:  # else another of the host's addresses may do
                break
    else:
        if sockets:
            return sockets
    for listener in sockets:
        listener.close()
    raise _bind_error(host, port, failure or OSError(errno.EADDRNOTAVAIL, "")) from failure


def _listener(family: socket.AddressFamily, address: tuple[Any, ...], port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address[0], port, *address[2:]))
    except OSError:
        listener.close()
        raise
    return listener


def _bind_error(host: str, port: int, failure: OSError) -> MovieSearchError:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    match failure.errno:
        case number if number in _NO_SUCH_ADDRESS:
            return UsageError(f"--host {host} is no address of this machine: 0.0.0.0 stands for all that it has")
        case errno.EACCES | errno.EPERM:
            reason = "this user may not; --port 1024 and above are for everybody"
        case errno.EADDRINUSE:
            reason = "another program does already; another --port may be free"
        case _:
            reason = f"{failure.strerror}; another --port may be free"
    return MovieSearchError(f"{where} can't be listened at: {reason}")


def _log_to_stderr() -> None:
    """Have log records go to standard error, one line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name, level in (("moviesearch", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
