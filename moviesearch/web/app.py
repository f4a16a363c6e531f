"""The app: the API and the pages of one `MovieSearch`, inside the middlewares that limit and guard them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer
from starlette.middleware.gzip import GZipMiddleware

from moviesearch import __version__
from moviesearch.errors import MovieSearchError
from moviesearch.search import MovieSearch

from . import api, pages, problems
from .api import health
from .api import seen as seen_api
from .api.openapi import openapi
from .limits import SizeLimits, Workers
from .marking import Marking
from .metrics import Metrics, Watch
from .options import ServeOptions
from .pages import map as map_page
from .pages import posters as poster_pages
from .pages import seen as seen_pages
from .pages.rendering import STATIC_FOLDER, Link, Pages, Static
from .posters import Posters
from .security import OtherOrigins, OwnNames, SecurityHeaders, Token, TokenRequired

_log = logging.getLogger("moviesearch.web")


def create_app(search: MovieSearch, options: ServeOptions | None = None) -> FastAPI:
    """The app over a collection, which the caller closes. The model is loaded when the app starts."""
    options = options or ServeOptions()
    search_workers = Workers(options.threads, options.waiting, "search")
    quick_workers = Workers(1, options.waiting, "quick")
    picture_workers = Workers(1, options.waiting, "pictures")
    posters = Posters(search.settings.cache / "posters")
    token = Token(options.token) if options.token is not None else None
    metrics = Metrics(search_workers)
    marking = Marking.of(allowed=options.marks, token=options.token)
    renderer = Pages(
        links=(Link("/", "Search"), Link("/map", "Map")), form_key=marking.key if marking.allowed else None
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        warming = search_workers.warm(lambda: _warm(search))
        yield
        warming.cancel()
        search_workers.close()
        quick_workers.close()
        picture_workers.close()

    app = FastAPI(
        title="moviesearch",
        version=__version__,
        summary="Find films by what happens in them.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.pages = renderer
    security = [Security(HTTPBearer(auto_error=False, description="The server's token."))] if token else []
    app.include_router(
        api.router(search, search_workers, quick_workers, options.rerank, marking), dependencies=security
    )
    app.include_router(seen_api.router(search, quick_workers, marking), dependencies=security)
    app.include_router(seen_pages.router(search, quick_workers, marking))
    app.include_router(health.router(search, quick_workers, metrics))
    app.include_router(map_page.router(search, quick_workers, renderer))
    app.include_router(poster_pages.router(search, picture_workers, posters))
    app.include_router(pages.router(search, search_workers, quick_workers, renderer, posters, marking, token))
    app.mount("/static", Static(directory=STATIC_FOLDER), name="static")
    problems.install(app)
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]

    # The middleware added last sees a request first.
    app.add_middleware(problems.Unexpected)
    app.add_middleware(SizeLimits, body_size=options.body_size, query_size=options.query_size)
    if token:
        app.add_middleware(TokenRequired, token=token)
    if options.origins:
        app.add_middleware(OtherOrigins, origins=options.origins)
    app.add_middleware(OwnNames, names=options.hosts, origins=options.origins)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.add_middleware(problems.HeadAsGet)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Watch, metrics=metrics, log_queries=options.log_queries)
    return app


def _warm(search: MovieSearch) -> None:
    """Load the model and open the collection, so that the first search doesn't wait for it."""
    try:
        if search.exists():
            search.catalogue()
            search.find([health.SENTINEL], limit=1)
    except MovieSearchError as error:
        _log.error("%s", error)
