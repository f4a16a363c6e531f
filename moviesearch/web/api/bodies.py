"""Bodies of requests: those that are not sent as JSON are refused."""

from __future__ import annotations

import re

from fastapi import Request

from moviesearch.web.problems import Problem, Refusal

from .schemas import responses

BODY = responses(s413="the body is too long", s415="the body is not sent as JSON")
"""The problems of a body."""

_JSON = re.compile(r"application/(?:[^;\s]+\+)?json", re.IGNORECASE)


async def json_wanted(request: Request) -> None:
    """Raise Refusal (415) for a body that doesn't say it is JSON, as a form or curl's --data does not by itself."""
    content_type = request.headers.get("content-type", "")
    if _JSON.fullmatch(content_type.partition(";")[0].strip()) or not await request.body():
        return
    came = f"it came as {content_type[:100]}" if content_type else "it came without one"
    raise Refusal(Problem(415, "json-wanted", f"send the body with Content-Type: application/json ({came})"))
