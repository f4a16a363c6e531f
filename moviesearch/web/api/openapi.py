"""The OpenAPI document: FastAPI's, with the shape of problems in it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .schemas import ProblemDetails


def openapi(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        told = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes, tags=app.openapi_tags
        )
        shape = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = told.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(shape.pop("$defs", {}))
        schemas["ProblemDetails"] = shape
        app.openapi_schema = told
    return app.openapi_schema
