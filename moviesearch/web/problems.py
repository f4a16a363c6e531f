"""Errors as responses: problem details (RFC 9457) for programs, a page for people."""

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

from moviesearch.errors import (
    HOW_TO_FILL,
    EncoderError,
    LockedError,
    MovieSearchError,
    NotFoundError,
    SeveralFilmsError,
    StoreError,
    UsageError,
)
from moviesearch.search import MovieSearch

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "2"
"""Seconds."""

_FOR_PROGRAMS = ("/api/", "/health", "/ready", "/metrics", "/openapi.json")

T = TypeVar("T")

_log = logging.getLogger("moviesearch.web")


class Busy(Exception):
    """Too many searches run and wait already."""


class NoCollection(Exception):
    """There is no collection yet; the text says how to make one."""


class NoMap(Exception):
    """There is no map of the films; the text says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong: an HTTP status, a short `code` for programs, a `detail` for people.

    `headers` go with the response. `errors` name the parts of a request that can't be taken.
    """

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Mapping[str, str], ...] = ()

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def members(self, path: str) -> dict[str, Any]:
        """The members of the JSON object; `path` is that of the request."""
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": path,
            "code": self.code,
        }
        return {**members, "errors": list(self.errors)} if self.errors else members


class Refusal(HTTPException):
    """A request that is refused within the app. An HTTPException, which FastAPI lets through as it reads a body."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status, problem.detail, dict(problem.headers))
        self.problem = problem


def problem_of(error: Exception) -> Problem:
    """The problem of an exception. That of an unexpected one gives nothing of the program away."""
    match error:
        case Busy():
            detail = "too many searches at once; try again in a moment"
            return Problem(503, "busy", detail, {"Retry-After": RETRY_AFTER})
        case NoCollection():
            return Problem(503, "no-collection", str(error), {"Retry-After": "30"})
        case NoMap():
            return Problem(404, "no-map", str(error))
        case RequestValidationError():
            return _invalid(error)
        case Refusal():
            return error.problem
        case HTTPException(status_code=400):  # FastAPI's for a body that can't be read: too deep, a number too long
            detail = "the body is no JSON that can be read; are its lists nested very deep, or its numbers very long?"
            return Problem(422, "invalid", detail, errors=({"in": "body", "pointer": "#/", "detail": detail},))
        case HTTPException():
            phrase = HTTPStatus(error.status_code).phrase
            code = phrase.lower().replace(" ", "-")
            detail = error.detail if error.detail != phrase else _HTTP_DETAILS.get(code, code)
            return Problem(error.status_code, code, str(detail), dict(error.headers or {}))
        case SeveralFilmsError():
            return Problem(409, "several-films", str(error))
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
            _log.error("%s", error)
    return Problem(500, "unexpected", "this should not have happened; the server's log tells more")


_HTTP_DETAILS = {
    "not-found": "there is nothing at this address",
    "method-not-allowed": "this address does not take that method",
}


def _invalid(error: RequestValidationError) -> Problem:
    errors = []
    for fault in error.errors():
        source, *steps = (str(step) for step in fault["loc"])
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)  # RFC 6901
        pointer = "#/" + pointer if source == "body" else pointer
        errors.append({"in": source, "pointer": pointer, "detail": _encodable(str(fault["msg"]))})
    detail = f"{errors[0]['pointer']}: {errors[0]['detail']}" if errors else "the request can't be read"
    return Problem(422, "invalid", detail, errors=tuple(errors))


def _encodable(text: str) -> str:
    """The text with "?" for each lone surrogate, which UTF-8 can't encode."""
    return text.encode("utf-8", "replace").decode()


def for_programs(path: str) -> bool:
    """Whether a path is one for programs, rather than a page's."""
    return path.startswith(_FOR_PROGRAMS) or path == "/api"


def problem_response(problem: Problem, path: str) -> Response:
    """A response of problem details."""
    return JSONResponse(problem.members(_encodable(path)), problem.status, dict(problem.headers), MEDIA_TYPE)


async def respond(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with a problem from within a middleware."""
    app: FastAPI = scope["app"]
    response = response_of(Request(scope), problem, app)
    await response(scope, receive, send)


def response_of(request: Request, problem: Problem, app: FastAPI) -> Response:
    """The response that tells a problem: problem details for a program, a page for a person."""
    path: str = request.scope["path"]
    if for_programs(path):
        return problem_response(problem, path)
    page: Response = app.state.pages.problem(request, problem)
    return page


def install(app: FastAPI) -> None:
    """Have the app respond with a problem to every exception of its routes."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status == 405:
            problem = replace(problem, headers={"Allow": ", ".join(sorted(_methods(app, request.scope)))})
        return response_of(request, problem, app)

    for kind in (RequestValidationError, HTTPException, MovieSearchError, Busy, NoCollection, NoMap):
        app.add_exception_handler(kind, handle)


def _methods(app: FastAPI, scope: Scope) -> set[str]:
    """The methods that an address takes. Starlette's own answer has those of the first matching route only."""
    methods = {
        method
        for method in ("GET", "POST", "DELETE")
        if any(route.matches({**scope, "method": method})[0] == Match.FULL for route in app.routes)
    }
    return {*methods, "HEAD"} if "GET" in methods else methods


class HeadAsGet:
    """ASGI middleware: HEAD wherever GET is, with the headers that GET would have, and no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; one by HEAD as GET, whose body is left out."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self._app(scope, receive, send)

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive, send_without_body)
        finally:
            scope["route"] = as_get.get("route")  # for those who count requests


class Unexpected:
    """ASGI middleware: an unexpected exception goes to the log with its traceback, and the client gets a plain 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and respond where it fails."""
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            _log.exception("a request failed")
            await respond(problem_of(error), scope, receive, send)


def with_collection(search: MovieSearch, work: Callable[[], T]) -> T:
    """What `work` returns. Raises NoCollection, without calling it, where there is no collection yet."""
    if not search.exists():
        raise NoCollection(f"there is no collection {search.settings.collection!r} yet: {HOW_TO_FILL}")
    return work()
