"""How much is done at once and how much is read: a bounded pool of threads, and limits on what a request holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Busy, Problem, respond

T = TypeVar("T")


class Workers:
    """So many threads at once, so many waiting. Refuses more with `Busy` instead of letting a queue grow."""

    def __init__(self, threads: int, waiting: int, name: str) -> None:
        self.threads, self.waiting = threads, waiting
        self.load = 0
        """Works begun or waiting."""
        self.refused = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        """Do some work in a thread. Raises Busy when too many are waiting already."""
        if self.load >= self.threads + self.waiting:
            self.refused += 1
            raise Busy
        self.load += 1
        doing = asyncio.get_running_loop().run_in_executor(self._pool, work)
        doing.add_done_callback(self._done)
        return await doing

    def warm(self, work: Callable[[], None]) -> Future[None]:
        """Do some work before anybody has asked."""
        return self._pool.submit(work)

    def _done(self, _: object) -> None:
        self.load -= 1

    def close(self) -> None:
        """Wait for what is being done; what waits is dropped."""
        self._pool.shutdown(cancel_futures=True)


class SizeLimits:
    """ASGI middleware: an address or a body that is too long is refused before it is read."""

    def __init__(self, app: ASGIApp, *, body_size: int, query_size: int) -> None:
        self._app, self._body_size, self._query_size = app, body_size, query_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on that is small enough."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if len(scope["query_string"]) + len(scope.get("raw_path") or b"") > self._query_size:
            detail = f"the address is longer than {self._query_size:,} bytes; POST the search instead"
            return await respond(Problem(414, "address-too-long", detail), scope, receive, send)
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not told.isdigit() or int(told) > self._body_size:
            return await respond(self._too_long(), scope, receive, send)
        left = self._body_size

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, self._too_long().detail)
            return message

        await self._app(scope, counted, send)

    def _too_long(self) -> Problem:
        return Problem(413, "body-too-long", f"the body is longer than {self._body_size:,} bytes")
