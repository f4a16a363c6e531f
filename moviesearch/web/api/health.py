"""Whether the server lives, whether its collection answers, and its numbers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from moviesearch import __version__
from moviesearch.search import MovieSearch
from moviesearch.web.limits import Workers
from moviesearch.web.metrics import Metrics
from moviesearch.web.problems import collected

from .schemas import Health, Ready, responses

SENTINEL = "a man meets a woman"
"""A query that any collection with a film in it answers."""

_LABEL: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus' text format"}
}


def router(search: MovieSearch, aside: Workers, metrics: Metrics) -> APIRouter:
    """The routes for those who look after the server."""
    routes = APIRouter(tags=["operation"])

    def answers() -> Ready:
        answer = search.find([SENTINEL], limit=1)
        films = len(search.catalogue())
        metrics.films.set(films)
        return Ready(films=films, model=answer.model)

    @routes.get("/health", response_model=Health, summary="Live")
    async def health() -> Any:
        """The server is up."""
        return Health(version=__version__)

    @routes.get("/ready", response_model=Ready, responses=responses(s503="not ready"), summary="Ready")
    async def ready() -> Any:
        """The collection answers a query."""
        return await aside.run(lambda: collected(search, answers))

    @routes.get("/metrics", response_class=Response, responses={**_LABEL, **responses(s401="the token is wanted")})
    async def numbers() -> Any:
        """Prometheus metrics."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return routes
