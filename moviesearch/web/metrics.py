"""What the server counts (Prometheus) and what it writes down of each request (one JSON object a line)."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import Workers

access = logging.getLogger("moviesearch.access")

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The numbers of one server, in a registry of its own."""

    def __init__(self, searches: Workers) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "moviesearch_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "moviesearch_http_request_seconds",
            "Time to a request's answer.",
            ("route",),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.films = Gauge("moviesearch_films", "Films in the collection, when last looked.", registry=self.registry)
        at_work = Gauge("moviesearch_searches_running", "Searches being done.", registry=self.registry)
        at_work.set_function(lambda: min(searches.load, searches.threads))
        queued = Gauge("moviesearch_searches_waiting", "Searches waiting for their turn.", registry=self.registry)
        queued.set_function(lambda: max(0, searches.load - searches.threads))
        refused = Gauge("moviesearch_searches_refused", "Searches refused since the start.", registry=self.registry)
        refused.set_function(lambda: searches.refused)


class Watch:
    """ASGI middleware: time and count each request, give it an id, and write it down.

    What people search for is theirs: addresses are written without their query unless `queries` is set.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, queries: bool) -> None:
        self._app, self._metrics, self._queries = app, metrics, queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watch one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, request_id, status, size = time.perf_counter(), uuid4().hex[:16], 500, 0

        async def noted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(_method(scope["method"]), route, status).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            access.info("%s", self._line(scope, route, status, size, seconds, request_id))

    def _line(self, scope: Scope, route: str, status: int, size: int, seconds: float, request_id: str) -> str:
        told: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": request_id,
            "client": (scope.get("client") or ("", 0))[0],
            "method": _method(scope["method"]),
            "route": route,
            "status": status,
            "bytes": size,
            "ms": round(seconds * 1000, 1),
        }
        if self._queries:
            told["query"] = scope["query_string"].decode("ascii", "replace")
        return json.dumps(told)


def _method(method: str) -> str:
    """A method by name, and one word for all that are made up."""
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
