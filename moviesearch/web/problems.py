"""What goes wrong, told as problem details (RFC 9457) to programs and as a page to people."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moviesearch.errors import EncoderError, LockedError, MovieSearchError, NotFoundError, StoreError, UsageError
from moviesearch.search import MovieSearch

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "2"
"""Seconds."""

_FOR_PROGRAMS = ("/api/", "/health", "/ready", "/metrics", "/openapi.json")

T = TypeVar("T")

_log = logging.getLogger("moviesearch.web")


class Busy(Exception):
    """More is asked for at once than the server does."""


class NoCollection(Exception):
    """Nothing has been stored yet; the text says how."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong: an HTTP status, a short code for programs, and what to do about it."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Mapping[str, str], ...] = ()

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def told(self, path: str) -> dict[str, Any]:
        """The members of the JSON object."""
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": path,
            "code": self.code,
        }
        return {**members, "errors": list(self.errors)} if self.errors else members


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is; one that nobody thought of says nothing of the program's inside."""
    match error:
        case Busy():
            detail = "too many searches at once; try again in a moment"
            return Problem(503, "busy", detail, {"Retry-After": RETRY_AFTER})
        case NoCollection():
            return Problem(503, "no-collection", str(error), {"Retry-After": "30"})
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
            detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else _HTTP.get(code, code)
            return Problem(error.status_code, code, str(detail), dict(error.headers or {}))
        case NotFoundError():
            return Problem(404, "no-such-film", str(error))
        case UsageError():
            return Problem(400, "makes-no-sense", str(error))
        case LockedError():
            _log.warning("%s", error)
            return Problem(503, "locked", "the collection is being mended; try again", {"Retry-After": RETRY_AFTER})
        case StoreError() | EncoderError():
            _log.error("%s", error)  # it names files, which are the owner's business
            code = "store" if isinstance(error, StoreError) else "model"
            return Problem(503, code, f"the {code} can't be used; the server's log says why", {"Retry-After": "30"})
        case MovieSearchError():
            return Problem(500, "failed", str(error))
    return Problem(500, "unexpected", "this should not have happened; the server's log tells more")


_HTTP = {
    "not-found": "there is nothing at this address",
    "method-not-allowed": "this address does not take that method",
}


def _invalid(error: RequestValidationError) -> Problem:
    wrong = []
    for told in error.errors():
        place = [str(part) for part in told["loc"]]
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place[1:])
        where = "#/" + pointer if place[0] == "body" else pointer
        wrong.append({"in": place[0], "pointer": where, "detail": _plain(str(told["msg"]))})
    first = f"{wrong[0]['pointer']}: {wrong[0]['detail']}" if wrong else "the request can't be read"
    return Problem(422, "invalid", first, errors=tuple(wrong))


def _plain(text: str) -> str:
    """Text that can be encoded."""
    return text.encode("utf-8", "replace").decode()


def for_programs(path: str) -> bool:
    """Whether an address is the API's, rather than a page's."""
    return path.startswith(_FOR_PROGRAMS) or path == "/api"


def problem_response(problem: Problem, path: str) -> Response:
    """Problem details."""
    return JSONResponse(problem.told(_plain(path)), problem.status, dict(problem.headers), MEDIA_TYPE)


async def respond(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Tell a problem from within a middleware, where no route has been chosen."""
    app: FastAPI = scope["app"]
    response = tell(Request(scope), problem, app)
    await response(scope, receive, send)


def tell(request: Request, problem: Problem, app: FastAPI) -> Response:
    """Problem details for a program, a page for a person."""
    if for_programs(request.url.path):
        return problem_response(problem, request.url.path)
    page: Response = app.state.pages.problem(request, problem)
    return page


def install(app: FastAPI) -> None:
    """Have every exception of the app's routes told as a problem."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status == 405:
            problem = replace(problem, headers={"Allow": ", ".join(sorted(_methods(app, request.scope)))})
        return tell(request, problem, app)

    for kind in (RequestValidationError, HTTPException, MovieSearchError, Busy, NoCollection):
        app.add_exception_handler(kind, handle)


def _methods(app: FastAPI, scope: Scope) -> set[str]:
    """The methods that an address takes; a router knows only those of the route that it came by first."""
    return {
        method
        for method in ("GET", "HEAD", "POST")
        if any(route.matches({**scope, "method": method})[0] == Match.FULL for route in app.routes)
    }


class Unexpected:
    """ASGI middleware: what nobody thought of goes to the log, with its traceback, and not to the client."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer for what fails."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            _log.exception("a request failed")
            await respond(problem_of(error), scope, receive, send)


def collected(search: MovieSearch, work: Callable[[], T]) -> T:
    """Do some work on a collection. Raises NoCollection where there is none yet."""
    if not search.exists():
        raise NoCollection(
            f"there is no collection {search.settings.collection!r} yet: `moviesearch ingest` stores the bundled "
            "films, `moviesearch ingest FILE` your own"
        )
    return work()
