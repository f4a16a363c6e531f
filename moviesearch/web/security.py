"""Who is let in: by the server's name, the page that asks, and the token; and what a browser may do with a page."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .hosts import ANY, Authority, Origin, is_local, normal_name
from .marking import changes
from .problems import Problem, for_programs, respond

COOKIE = "moviesearch"
_WITHOUT_TOKEN = ("/static/", "/health", "/ready", "/sign-in", "/favicon.ico")

_LONGEST_NAMED = 200
"""Characters of a stranger's name or origin that a message repeats."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware: adds HEADERS to every response, and keeps it out of shared caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to the headers of its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class OwnNames:
    """ASGI middleware: answers under the server's own names only, and to no page of another site.

    A page elsewhere could have its own name resolve to this machine, and read all answers as its own ("DNS
    rebinding"). But its requests carry that name in their Host header, and are refused (421). `names` pass, as do
    localhost, loopback addresses, and the address that the connection came in at; ports don't matter.

    A page of another origin is refused by its Origin header (403) unless `origins` has it, before any work is done.
    What has no Origin passes: programs, addresses that are typed or followed, and a page's own reading. The origin
    "null" could be any site's, in a frame without rights, and passes at /sign-in and /seen alone: with Referrer-Policy
    no-referrer that is what browsers say of our own forms, and who sends them from elsewhere must know the token, or
    the key that our pages put into the form (`marking`). What changes something is not for all sites even where
    `origins` is "*": only those that are named may do it.
    """

    def __init__(self, app: ASGIApp, *, names: Collection[str], origins: Collection[str]) -> None:
        self._app, self._names, self._origins = app, names, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on that is meant for this server, and comes from no foreign page."""
        problem = self._problem(scope, Headers(scope=scope)) if scope["type"] == "http" else None
        if problem:
            return await respond(problem, scope, receive, send)
        await self._app(scope, receive, send)

    def _problem(self, scope: Scope, headers: Headers) -> Problem | None:
        """Why a request is refused, or None."""
        hosts = headers.getlist("host")
        authority = None
        if hosts or scope.get("http_version") != "1.0":  # HTTP/1.0 knows no Host, and no browser speaks it
            try:
                (host,) = hosts
                authority = Authority.read(host)
            except ValueError:
                detail = "a request names the server once, in its Host header: a name or address, perhaps with a port"
                return Problem(400, "bad-host", detail)
            if not self._is_own(authority.name, scope):
                return _unknown_host(authority.name)
        for origin in headers.getlist("origin"):
            if not self._may_ask(origin, authority, scope, headers):
                return _foreign_origin(origin)
        return None

    def _is_own(self, name: str, scope: Scope) -> bool:
        return is_local(name) or name in self._names or ANY in self._names or name == _local_address(scope)

    def _may_ask(self, text: str, authority: Authority | None, scope: Scope, headers: Headers) -> bool:
        """Whether a page of the origin `text` may send this request."""
        changing = changes(scope["method"], scope["path"])
        if text in self._origins or (ANY in self._origins and not changing):
            return True
        # Browsers name the origin of a page's own scripts, and a proxy may have put another Host. No data is there.
        if scope["path"].startswith("/static/"):
            return True
        if headers.get("sec-fetch-site") == "same-origin":  # which no page can put there itself
            return True
        if text == "null":
            return scope["path"] in ("/sign-in", "/seen")
        try:
            origin = Origin.read(text)
        except ValueError:
            return False
        if authority is None or authority.name == origin.name:
            return authority is not None and origin.is_at(authority)
        return origin.name in self._names and not is_local(origin.name)  # ours, behind a proxy that puts another Host


def _local_address(scope: Scope) -> str | None:
    """The address of this machine that a connection came in at, where there is one."""
    host, _ = scope.get("server") or (None, None)
    try:
        return normal_name(host) if host else None
    except ValueError:  # the path of a Unix socket
        return None


def _unknown_host(name: str) -> Problem:
    name = name[:_LONGEST_NAMED]
    detail = (
        f"this server does not answer under the name {name}. Ask it by its own name or address; or whoever runs it "
        f"adds this one: moviesearch serve --allow-host {name} (or MOVIESEARCH_ALLOW_HOST={name})"
    )
    return Problem(421, "unknown-host", detail)


def _foreign_origin(origin: str) -> Problem:
    try:
        named = str(Origin.read(origin))[:_LONGEST_NAMED]
    except ValueError:
        detail = "pages that keep their origin to themselves (a file, a frame without rights) may not use this server"
        return Problem(403, "foreign-origin", detail)
    detail = (
        f"pages of {named} may not use this server, unless whoever runs it lets them: moviesearch serve --cors "
        f"{named}. Where that is this server's own name, a proxy before it should pass the Host header on as it came"
    )
    return Problem(403, "foreign-origin", detail)


class OtherOrigins(CORSMiddleware):
    """CORS for the origins that --cors names. What a browser asks leave for in vain is told as a problem."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        super().__init__(app, origins, ("GET", "HEAD", "POST"), ("Authorization", "Content-Type"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a browser that asks what it may send; say of any other request who may read the response."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            asks = "origin" in headers and "access-control-request-method" in headers
            if asks and self.preflight_response(headers).status_code != 200:
                detail = "pages of other sites may send GET, HEAD and POST, with Authorization and Content-Type"
                return await respond(Problem(400, "not-for-other-sites", detail), scope, receive, send)
        await super().__call__(scope, receive, send)


class Token:
    """One shared secret. Programs send it as a bearer token, browsers a cookie that is made from it."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self.cookie = hmac.new(self._token, b"moviesearch cookie", hashlib.sha256).hexdigest()

    def is_it(self, given: str) -> bool:
        """Whether `given` is the token. Compared in constant time."""
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._token)

    def admits(self, headers: Headers) -> bool:
        """Whether a request carries the token or the cookie."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.is_it(given.strip())
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        cookie = cookies.get(COOKIE)
        return cookie is not None and hmac.compare_digest(cookie.value.encode("utf-8", "replace"), self.cookie.encode())


class TokenRequired:
    """ASGI middleware: without the token a program is refused (401), and a person is sent to the sign-in page."""

    def __init__(self, app: ASGIApp, token: Token) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on that has the token, or needs none."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(_WITHOUT_TOKEN) or self._token.admits(Headers(scope=scope)):
            return await self._app(scope, receive, send)
        if for_programs(path):
            detail = "this server wants its token: Authorization: Bearer TOKEN"
            refused = Problem(401, "token-wanted", detail, {"WWW-Authenticate": 'Bearer realm="moviesearch"'})
            return await respond(refused, scope, receive, send)
        query = scope["query_string"].decode("ascii", "replace")
        back = quote(path + (f"?{query}" if query else ""), safe="")
        await RedirectResponse(f"/sign-in?next={back}", 303)(scope, receive, send)


def own_address(given: str) -> str:
    """`given` where it is an address on this server, else "/"."""
    parts = urlsplit(given)
    is_own = given.startswith("/") and not given.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return given if is_own and given.isprintable() else "/"
