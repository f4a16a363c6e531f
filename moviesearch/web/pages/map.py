"""The map of films: its page, the data that the page draws it from, and a still picture."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from collections import Counter
from hashlib import blake2b
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from moviesearch.errors import MovieSearchError, NotFoundError, StoreError
from moviesearch.maps.legend import Colouring, Legend, Theme, colours, legend
from moviesearch.maps.svg import svg
from moviesearch.records import FilmMap
from moviesearch.search import MovieSearch
from moviesearch.web.api.schemas import responses
from moviesearch.web.limits import Workers
from moviesearch.web.problems import RETRY_AFTER, NoMap, with_collection

from .address import PageQuery
from .rendering import Pages

MOST_UNASKED = 30_000
"""The largest collection whose map is laid out when somebody opens the page; for a larger one it takes too long."""

_GRID = 65535

_log = logging.getLogger("moviesearch.web")


class Groups(BaseModel):
    """One way to colour the map: the groups' names and colours, and the group of each film. The last is the rest."""

    names: list[str]
    light: list[str] = Field(description="#rrggbb, on a light ground.")
    dark: list[str]
    of: list[int]


class MapOut(BaseModel):
    """All films as points, row by row; those of like stories are beside each other."""

    generation: int = Field(description="Of the collection, when the map was brought up to date.")
    placed: int = Field(description="How many films came after the rest and were placed beside their neighbours.")
    ids: list[str]
    titles: list[str]
    years: list[int | None]
    genres: list[str] = Field(description="The genres that there are; `genres_of` counts from 0.")
    genres_of: list[list[int]]
    x: list[int] = Field(description="0 to 65535, to the right.")
    y: list[int] = Field(description="In the same unit, downwards.")
    colourings: dict[Literal["genre", "decade"], Groups]


class MapInWork(BaseModel):
    """The map is being laid out; ask again."""

    status: Literal["in work"] = "in work"
    films: int


class Cartographer:
    """Has the map laid out in the background where there is none, and keeps it as JSON as long as it is current."""

    def __init__(self, search: MovieSearch) -> None:
        self._search = search
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None
        self._packed: tuple[FilmMap, bytes, bytes] | None = None

    def map(self) -> FilmMap | int:
        """The map, or the number of films of which one is being laid out.

        Raises StoreError where one can't be made, and NoMap for more films than are laid out unasked.
        """
        try:
            return self._search.map(make=False)
        except NotFoundError:
            films = self._search.info().films
            if films > MOST_UNASKED:
                raise NoMap(
                    f"there is no map of these {films:,} films yet; `moviesearch map` makes it, which takes a while"
                ) from None
        with self._lock:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise StoreError(f"the map can't be made: {failure}") from failure
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._make, name="map", daemon=True)
                self._thread.start()
        return films

    def packed(self, film_map: FilmMap) -> tuple[bytes, bytes]:
        """The map as JSON in UTF-8, plain and gzipped."""
        with self._lock:
            if self._packed is None or self._packed[0] is not film_map:
                text = json.dumps(payload(film_map), ensure_ascii=False, separators=(",", ":"))
                plain = text.encode("utf-8", "replace")
                self._packed = (film_map, plain, gzip.compress(plain, 6, mtime=0))
            return self._packed[1], self._packed[2]

    def _make(self) -> None:
        try:
            self._search.map()
        except (MovieSearchError, OSError, MemoryError) as error:
            _log.error("%s", error)
            with self._lock:
                self._failure = error


def payload(film_map: FilmMap) -> dict[str, Any]:
    """The map as the page takes it: the JSON object that MapOut describes."""
    counts = Counter(name for names in film_map.genres for name in names)
    genres = [name for name, _ in counts.most_common()]
    index_of = {name: index for index, name in enumerate(genres)}
    x, y = _grid_points(film_map)
    return {
        "generation": film_map.generation,
        "placed": film_map.placed,
        "ids": film_map.ids,
        "titles": film_map.titles,
        "years": film_map.years,
        "genres": genres,
        "genres_of": [[index_of[name] for name in names] for names in film_map.genres],
        "x": x,
        "y": y,
        "colourings": {"genre": _groups(film_map, "genre"), "decade": _groups(film_map, "decade")},
    }


def _groups(film_map: FilmMap, colouring: Colouring) -> dict[str, Any]:
    groups: Legend = legend(film_map, colouring)
    light, dark = (colours(groups, colouring, theme) for theme in ("light", "dark"))
    return {"names": groups.names, "light": light, "dark": dark, "of": groups.group_of_film}


def _grid_points(film_map: FilmMap) -> tuple[list[int], list[int]]:
    """x and y of the points as whole numbers of one scale: the wider direction spans 0 to 65535, y goes downwards."""
    if not len(film_map.points):
        return [], []
    low, high = film_map.points.min(axis=0), film_map.points.max(axis=0)
    scale = _GRID / (float((high - low).max()) or 1.0)
    x = ((film_map.points[:, 0] - low[0]) * scale).round().astype(int)
    y = ((high[1] - film_map.points[:, 1]) * scale).round().astype(int)
    return x.tolist(), y.tolist()


def router(search: MovieSearch, quick_workers: Workers, renderer: Pages) -> APIRouter:
    """The map's page, its data, and a still picture of it."""
    routes = APIRouter()
    cartographer = Cartographer(search)

    @routes.get(
        "/api/map",
        response_model=MapOut,
        tags=["films"],
        summary="The map of films",
        responses={
            202: {"model": MapInWork, "description": "the map is being laid out; ask again after Retry-After seconds"},
            304: {"description": "the map is as it was"},
            **responses(
                s401="the token is wanted",
                s404="there are too many films to lay them out unasked",
                s503="too many requests at once, no collection yet, or the store can't be read",
            ),
        },
    )
    async def data(
        accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
        if_none_match: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> Response:
        """All films as points in two dimensions. Where there is no map yet it is laid out, and the answer is 202."""

        def work() -> Response:
            film_map = with_collection(search, cartographer.map)
            if isinstance(film_map, int):
                return JSONResponse(MapInWork(films=film_map).model_dump(), 202, {"Retry-After": RETRY_AFTER})
            plain, packed = cartographer.packed(film_map)
            headers = {"ETag": _etag(plain), "Vary": "Accept-Encoding"}
            if _etag(plain) in if_none_match:
                return Response(None, 304, headers)
            if "gzip" in accept_encoding:
                return Response(packed, 200, {**headers, "Content-Encoding": "gzip"}, "application/json")
            return Response(plain, 200, headers, "application/json")

        return await quick_workers.run(work)

    @routes.get("/map", include_in_schema=False)
    async def page(request: Request) -> Response:
        await quick_workers.run(lambda: with_collection(search, lambda: None))
        return renderer.render(request, "map.html", wish=PageQuery.read(request.query_params))

    @routes.get("/map.svg", include_in_schema=False)
    async def picture(
        colour: Annotated[Colouring, Query()] = "genre", theme: Annotated[Theme, Query()] = "light"
    ) -> Response:
        def work() -> Response:
            film_map = with_collection(search, cartographer.map)
            if isinstance(film_map, int):
                raise NoMap("the map is being laid out; try again in a moment")
            return Response(svg(film_map, colouring=colour, theme=theme), media_type="image/svg+xml")

        return await quick_workers.run(work)

    return routes


def _etag(content: bytes) -> str:
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'
