"""Prometheus metrics, and the access log: one JSON object a line for each request."""

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

access_log = logging.getLogger("moviesearch.access")

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self, search_workers: Workers) -> None:
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
            buckets=_BUCKETS,
        )
        self.films = Gauge("moviesearch_films", "Films in the collection, when last looked.", registry=self.registry)
        running = Gauge("moviesearch_searches_running", "Searches being done.", registry=self.registry)
        running.set_function(lambda: min(search_workers.load, search_workers.threads))
        waiting = Gauge("moviesearch_searches_waiting", "Searches waiting for their turn.", registry=self.registry)
        waiting.set_function(lambda: max(0, search_workers.load - search_workers.threads))
        refused = Gauge("moviesearch_searches_refused", "Searches refused since the start.", registry=self.registry)
        refused.set_function(lambda: search_workers.refused)


class Watch:
    """ASGI middleware: counts and times each request, gives it an id, and writes it to the access log.

    What people search for is private: the query of an address is logged only with `log_queries`.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, log_queries: bool) -> None:
        self._app, self._metrics, self._log_queries = app, metrics, log_queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and record it when it is answered."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started, request_id, status, size = time.perf_counter(), uuid4().hex[:16], 500, 0

        async def watched_send(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(_method(scope["method"]), route, status).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            access_log.info("%s", self._log_line(scope, route, status, size, seconds, request_id))

    def _log_line(self, scope: Scope, route: str, status: int, size: int, seconds: float, request_id: str) -> str:
        entry: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": request_id,
            "client": (scope.get("client") or ("", 0))[0],
            "method": _method(scope["method"]),
            "route": route,
            "status": status,
            "bytes": size,
            "ms": round(seconds * 1000, 1),
        }
        if self._log_queries:
            entry["query"] = scope["query_string"].decode("ascii", "replace")
        return json.dumps(entry)


def _method(method: str) -> str:
    """The method, or "other" for an invented one: each new one would be a new time series."""
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
