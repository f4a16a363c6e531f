"""Routes for operation: whether the server is up, whether its collection answers, and its metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from moviesearch import __version__
from moviesearch.search import MovieSearch
from moviesearch.web.limits import Workers
from moviesearch.web.metrics import Metrics
from moviesearch.web.problems import with_collection

from .schemas import Health, Ready, responses

SENTINEL = "a man meets a woman"
"""A query that any collection with a film in it answers."""

_PLAIN_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus' text format"}
}


def router(search: MovieSearch, quick_workers: Workers, metrics: Metrics) -> APIRouter:
    """/health, /ready and /metrics. `quick_workers` run what must not wait for searches."""
    routes = APIRouter(tags=["operation"])

    def try_search() -> Ready:
        answer = search.find([SENTINEL], limit=1)
        films = len(search.catalogue())
        metrics.films.set(films)
        return Ready(films=films, model=answer.model)

    @routes.get("/health", response_model=Health, responses=responses(), summary="Live")
    async def health() -> Any:
        """The server is up."""
        return Health(version=__version__)

    @routes.get("/ready", response_model=Ready, responses=responses(s503="not ready"), summary="Ready")
    async def ready() -> Any:
        """The collection answers a query."""
        return await quick_workers.run(lambda: with_collection(search, try_search))

    @routes.get("/metrics", response_class=Response, responses={**_PLAIN_TEXT, **responses(s401="the token is wanted")})
    async def numbers() -> Any:
        """Prometheus metrics."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return routes
