"""The small pictures of films, from this machine alone."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from moviesearch.search import MovieSearch
from moviesearch.web.limits import Workers
from moviesearch.web.posters import Posters
from moviesearch.web.problems import with_collection


def router(search: MovieSearch, picture_workers: Workers, posters: Posters) -> APIRouter:
    """`/posters/ID`. An address with the poster's version may be cached for ever."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/posters/{film_id:path}")
    async def poster(request: Request, film_id: str) -> Response:
        picture = await picture_workers.run(
            lambda: with_collection(search, lambda: posters.picture(search.film(film_id)))
        )
        lasts = "private, max-age=31536000, immutable" if "v" in request.query_params else "private, no-cache"
        return Response(picture, media_type="image/webp", headers={"Cache-Control": lasts})

    return routes
