"""The API: search, films, titles as they are typed."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from moviesearch.config import DEFAULT_LIMIT
from moviesearch.errors import UsageError
from moviesearch.search import MovieSearch
from moviesearch.web.limits import Workers
from moviesearch.web.problems import collected

from .schemas import MOST_RESULTS, Film, Genre, SearchAnswer, SearchRequest, Suggestions, TitleOut, Year, responses

T = TypeVar("T")

FilmId = Annotated[str, Path(max_length=500, description="The film's id.", examples=["memento-2000"])]

_TROUBLE = responses(
    s400="the request makes no sense as put",
    s401="the token is wanted",
    s414="the address is too long",
    s422="a part of the request can't be taken",
    s503="too many searches at once, no collection yet, or the store can't be read",
)
_NO_FILM = responses(s404="there is no such film")
_LONG_BODY = responses(s413="the body is too long")


def find(search: MovieSearch, asked: SearchRequest, rerank: str | None) -> SearchAnswer:
    """Answer a request. Raises UsageError, NotFoundError."""
    if asked.rerank and rerank is None:
        raise UsageError("this server has no CrossEncoder to rerank with: `moviesearch serve --rerank MODEL`")
    films = [search.show(title, asked.year).id for title in asked.title]
    answer = search.find(asked.request(films, rerank))
    return SearchAnswer.of(answer, explain=asked.explain)


def router(search: MovieSearch, searches: Workers, aside: Workers, rerank: str | None) -> APIRouter:
    """The routes under /api. `searches` does the searching, `aside` what must not wait for it."""
    routes = APIRouter(prefix="/api", tags=["films"])

    async def answered(asked: SearchRequest) -> JSONResponse:
        found = await searches.run(lambda: collected(search, lambda: find(search, asked, rerank)))
        return JSONResponse(found.model_dump(exclude_unset=True))

    @routes.get("/search", response_model=SearchAnswer, responses={**_NO_FILM, **_TROUBLE}, summary="Find films")
    async def search_by_address(asked: Annotated[SearchRequest, Query()]) -> Any:
        """Films by what happens in them, or like others. Repeat a parameter for several."""
        return await answered(asked)

    @routes.post(
        "/search",
        response_model=SearchAnswer,
        responses={**_NO_FILM, **_LONG_BODY, **_TROUBLE},
        summary="Find films by a longer request",
    )
    async def search_by_body(asked: SearchRequest) -> Any:
        """The same with everything in a JSON object."""
        return await answered(asked)

    @routes.get(
        "/films/{film_id:path}/similar",
        response_model=SearchAnswer,
        responses={**_NO_FILM, **_TROUBLE},
        summary="Films like one",
    )
    async def similar(
        film_id: FilmId,
        limit: Annotated[int, Query(ge=1, le=MOST_RESULTS)] = DEFAULT_LIMIT,
        year_from: Year | None = None,
        year_to: Year | None = None,
        genre: Annotated[list[Genre], Query(max_length=20)] = [],  # noqa: B006
        diverse: bool = False,
    ) -> Any:
        """Films with the same soul, never the film itself."""
        return await answered(
            SearchRequest(id=[film_id], limit=limit, year_from=year_from, year_to=year_to, genre=genre, diverse=diverse)
        )

    @routes.get(
        "/films/{film_id:path}", response_model=Film, responses={**_NO_FILM, **_TROUBLE}, summary="A film as stored"
    )
    async def film(film_id: FilmId) -> Any:
        """One film with its whole plot, ending included."""
        return await aside.run(lambda: collected(search, lambda: Film.of(search.film(film_id))))

    @routes.get("/suggest", response_model=Suggestions, responses=_TROUBLE, summary="Titles as they are typed")
    async def suggest(
        q: Annotated[str, Query(max_length=200, description="What has been typed so far.", examples=["the god"])],
        limit: Annotated[int, Query(ge=1, le=20)] = 8,
    ) -> Any:
        """Titles that begin so, or of which a later word does; where there are none, those that look like it."""
        titles = await aside.run(lambda: collected(search, lambda: search.catalogue().complete(q, limit)))
        found = [TitleOut(id=title.id, title=title.title, year=title.year) for title in titles]
        return Suggestions(query=q, titles=found)

    return routes
