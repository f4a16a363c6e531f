"""Running the app: uvicorn, what is said on the terminal, and the browser."""

from __future__ import annotations

import logging
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace

import click
import uvicorn

from moviesearch.config import Settings
from moviesearch.errors import MovieSearchError
from moviesearch.search import MovieSearch

from .app import create_app
from .options import ServeOptions

_KEEP_ALIVE = 15
"""Seconds that a connection may be idle."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Server(uvicorn.Server):
    """uvicorn that tells when it is up."""

    def __init__(self, config: uvicorn.Config, up: Callable[[int], None]) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Begin to listen."""
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            self._up(self.servers[0].sockets[0].getsockname()[1])


def run(
    settings: Settings,
    *,
    host: str,
    port: int,
    show: bool,
    threads: int | None,
    waiting: int,
    origins: tuple[str, ...],
    rerank: str | None,
    log_queries: bool,
) -> None:
    """Serve until stopped. Raises MovieSearchError where the address can't be had."""
    options = ServeOptions(
        token=settings.token, origins=origins, waiting=waiting, rerank=rerank, log_queries=log_queries
    )
    options = replace(options, threads=threads) if threads else options
    _log_to_stderr()

    def note(line: str) -> None:
        click.echo(line, err=True)

    def up(bound: int) -> None:
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{bound}"
        note(f"{settings.collection!r} is served at {address} (Ctrl-C stops it)")
        if host not in _LOOPBACK and not options.token:
            note("whoever reaches this address may search; MOVIESEARCH_TOKEN=... asks for a token")
        if show:
            here = address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
            threading.Thread(target=webbrowser.open, args=[here], daemon=True).start()  # some wait until it is closed

    with MovieSearch(settings=settings, note=note) as search:
        if not search.exists():
            note(f"there is no collection {settings.collection!r} yet; `moviesearch ingest` makes one")
        config = uvicorn.Config(
            create_app(search, options),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=10,
        )
        server = Server(config, up)
        try:
            server.run()
        except SystemExit as error:
            raise MovieSearchError(f"{host}:{port} can't be listened at; another --port may be free") from error


def _log_to_stderr() -> None:
    """What is written down goes to standard error, a line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for name, level in (("moviesearch", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
