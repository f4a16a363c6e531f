"""Who may come in, and what a browser may do with a page: a token, and the headers that every response carries."""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Problem, for_programs, respond

COOKIE = "moviesearch"
_OPEN = ("/static/", "/health", "/ready", "/sign-in", "/favicon.ico")

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
    """ASGI middleware: the headers, on every response. Pages and answers are not kept by caches of others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add to what the app sends."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class Token:
    """One shared secret: as a bearer token for programs, and as a cookie that is made from it for browsers."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self.cookie = hmac.new(self._token, b"moviesearch cookie", hashlib.sha256).hexdigest()

    def is_it(self, given: str) -> bool:
        """Whether this is the token; takes as long for a wrong one."""
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
        told = cookies.get(COOKIE)
        return told is not None and hmac.compare_digest(told.value.encode("utf-8", "replace"), self.cookie.encode())


class TokenRequired:
    """ASGI middleware: without the token a program is refused and a person is asked for it."""

    def __init__(self, app: ASGIApp, token: Token) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in who has the token."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(_OPEN) or self._token.admits(Headers(scope=scope)):
            return await self._app(scope, receive, send)
        if for_programs(path):
            detail = "this server wants its token: Authorization: Bearer TOKEN"
            refused = Problem(401, "token-wanted", detail, {"WWW-Authenticate": 'Bearer realm="moviesearch"'})
            return await respond(refused, scope, receive, send)
        query = scope["query_string"].decode("ascii", "replace")
        wanted = quote(path + (f"?{query}" if query else ""), safe="")
        await RedirectResponse(f"/sign-in?next={wanted}", 303)(scope, receive, send)


def own_address(given: str) -> str:
    """An address on this server, whatever was given: the start page for any other."""
    parts = urlsplit(given)
    fine = given.startswith("/") and not given.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return given if fine and given.isprintable() else "/"
