"""The app: one `MovieSearch`, its API and its pages, with their limits around them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from moviesearch import __version__
from moviesearch.errors import MovieSearchError
from moviesearch.search import MovieSearch

from . import api, pages, problems
from .api import health
from .api.openapi import openapi
from .limits import SizeLimits, Workers
from .metrics import Metrics, Watch
from .options import ServeOptions
from .pages import map as map_page
from .pages.rendering import FOLDER, Link, Pages, Static
from .security import SecurityHeaders, Token, TokenRequired

_log = logging.getLogger("moviesearch.web")


def create_app(search: MovieSearch, options: ServeOptions | None = None) -> FastAPI:
    """The app over a collection that stays the caller's to close. The model is loaded when the app starts."""
    options = options or ServeOptions()
    searches = Workers(options.threads, options.waiting, "search")
    aside = Workers(1, options.waiting, "aside")
    token = Token(options.token) if options.token else None
    metrics = Metrics(searches)
    shown = Pages(links=(Link("/", "Search"), Link("/map", "Map")))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        warming = searches.warm(lambda: _warm(search))
        yield
        warming.cancel()
        searches.close()
        aside.close()

    app = FastAPI(
        title="moviesearch",
        version=__version__,
        summary="Find films by what happens in them.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.pages = shown
    told = [Security(HTTPBearer(auto_error=False, description="The server's token."))] if token else []
    app.include_router(api.router(search, searches, aside, options.rerank), dependencies=told)
    app.include_router(health.router(search, aside, metrics))
    app.include_router(map_page.router(search, aside, shown))
    app.include_router(pages.router(search, searches, aside, shown, token))
    app.mount("/static", Static(directory=FOLDER), name="static")
    problems.install(app)
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]

    # The last one added is the first to see a request.
    app.add_middleware(problems.Unexpected)
    app.add_middleware(SizeLimits, body_size=options.body_size, query_size=options.query_size)
    if token:
        app.add_middleware(TokenRequired, token=token)
    if options.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=options.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Watch, metrics=metrics, queries=options.log_queries)
    return app


def _warm(search: MovieSearch) -> None:
    """Load the model and open the collection, so that the first to ask doesn't wait for it."""
    try:
        if search.exists():
            search.catalogue()
            search.find([health.SENTINEL], limit=1)
    except MovieSearchError as error:
        _log.error("%s", error)
