"""Limits: a bounded pool of threads for the work, and a bound on the size of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Busy, Problem, Refusal, respond

T = TypeVar("T")


class Workers:
    """A pool of `threads` with a queue for `waiting` more calls. What comes beyond them is refused with `Busy`."""

    def __init__(self, threads: int, waiting: int, name: str) -> None:
        self.threads, self.waiting = threads, waiting
        self.load = 0
        """Calls begun or waiting."""
        self.refused = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work` in a thread and return what it returns. Raises Busy when too many calls wait already."""
        if self.load >= self.threads + self.waiting:
            self.refused += 1
            raise Busy
        self.load += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        return await future

    def warm(self, work: Callable[[], None]) -> Future[None]:
        """Call `work` in a thread at the start, whatever waits; it doesn't count as load."""
        return self._pool.submit(work)

    def _done(self, _: object) -> None:
        self.load -= 1

    def close(self) -> None:
        """Wait for the calls begun and drop those waiting."""
        self._pool.shutdown(cancel_futures=True)


class SizeLimits:
    """ASGI middleware: refuses a request whose address (414) or body (413) is too long. Sizes are in bytes."""

    def __init__(self, app: ASGIApp, *, body_size: int, query_size: int) -> None:
        self._app, self._body_size, self._query_size = app, body_size, query_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on that is short enough."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if len(scope["query_string"]) + len(scope.get("raw_path") or b"") > self._query_size:
            detail = (
                f"the address is longer than {self._query_size:,} bytes: ask in fewer words, or POST the search to "
                "/api/search"
            )
            return await respond(Problem(414, "address-too-long", detail), scope, receive, send)
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or len(length) > 15 or int(length) > self._body_size:
            return await respond(self._body_too_long(), scope, receive, send)
        remaining = self._body_size

        async def limited_receive() -> Message:
            nonlocal remaining
            message = await receive()
            remaining -= len(message.get("body", b""))
            if remaining < 0:
                raise Refusal(self._body_too_long())
            return message

        await self._app(scope, limited_receive, send)

    def _body_too_long(self) -> Problem:
        return Problem(413, "body-too-long", f"the body is longer than {self._body_size:,} bytes")
