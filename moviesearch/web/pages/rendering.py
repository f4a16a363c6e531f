"""Templates and static files. All come from the package, nothing from elsewhere, and film text is escaped."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from moviesearch.web.problems import Problem

STATIC_FOLDER = Path(__file__).parents[1] / "static"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation."""

    address: str
    text: str


class Pages:
    """Makes pages from templates. `links` are the entries of the navigation.

    Templates know `form_key`, the key of forms that mark films as seen; it is None where none may.
    """

    def __init__(self, links: tuple[Link, ...], form_key: str | None = None) -> None:
        self.links = links
        self._environment = Environment(
            loader=PackageLoader("moviesearch.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(static=static_address, form_key=form_key)

    def render(self, request: Request, template: str, status: int = 200, **context: object) -> Response:
        """A page of a template; `context` are its variables, beside `links`, `here` (path) and `address`."""
        page = self._environment.get_template(template).render(
            links=self.links, here=request.url.path, address=_address(request), **context
        )
        return HTMLResponse(page, status)

    def problem(self, request: Request, problem: Problem) -> Response:
        """The page that tells a problem."""
        template = "empty.html" if problem.code == "no-collection" else "problem.html"
        page = self.render(request, template, problem.status, problem=problem)
        page.headers.update(dict(problem.headers))
        return page


def _address(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


_addresses: dict[str, str] = {}


def static_address(name: str) -> str:
    """The address of a static file. It changes with the file, so browsers may cache it for ever."""
    if name not in _addresses:
        digest = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]
        _addresses[name] = f"/static/{name}?v={digest}"
    return _addresses[name]


class Static(StaticFiles):
    """The static files; one whose address says which version may be cached for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v="):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
