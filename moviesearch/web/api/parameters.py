"""Parameters of an address: what is one value is given once."""

from __future__ import annotations

from collections import Counter

from fastapi import Request

from moviesearch.web.problems import Problem, Refusal

from .schemas import SearchRequest

_SEVERAL = frozenset(name for name, field in SearchRequest.model_fields.items() if field.default == [])


async def each_once(request: Request) -> None:
    """Raise Refusal (422) where a parameter that is one value is given twice: only one of them would count."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    if twice := [name for name, count in counts.items() if count > 1 and name not in _SEVERAL]:
        detail = "is given more than once, and takes one value"
        errors = tuple({"in": "query", "pointer": name, "detail": detail} for name in twice)
        raise Refusal(Problem(422, "invalid", f"{twice[0]:.100}: {detail}", errors=errors))
