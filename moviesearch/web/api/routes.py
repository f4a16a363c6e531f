"""Routes of the API: search, films, and titles as they are typed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse

from moviesearch.errors import UsageError
from moviesearch.retrieval.titles import taken
from moviesearch.search import MovieSearch
from moviesearch.web.limits import Workers
from moviesearch.web.marking import Marking
from moviesearch.web.problems import with_collection

from .bodies import BODY, json_wanted
from .parameters import each_once
from .schemas import Film, SearchAnswer, SearchRequest, SimilarRequest, Suggestions, TitleOut, responses

T = TypeVar("T")

FilmId = Annotated[str, Path(min_length=1, max_length=500, description="The film's id.", examples=["memento-2000"])]

_PROBLEMS = responses(
    s400="the request makes no sense as put, or names no server",
    s401="the token is wanted",
    s414="the address is too long",
    s422="a part of the request can't be taken",
    s503="too many searches at once, no collection yet, or the store can't be read",
)
_NO_FILM = responses(s404="there is no such film")
_SEARCH_PROBLEMS = {**_NO_FILM, **responses(s409="several films have a title"), **_PROBLEMS}


def find(search: MovieSearch, request: SearchRequest, reranker: str | None) -> SearchAnswer:
    """Answer a request. `reranker` is the server's CrossEncoder, if it has one. Raises UsageError, NotFoundError."""
    if request.rerank and reranker is None:
        raise UsageError("this server has no CrossEncoder to rerank with: `moviesearch serve --rerank MODEL`")
    if request.year is not None and not request.title:
        raise UsageError("year goes with title; for a filter there are year_from and year_to")
    if request.person and not request.unseen:
        raise UsageError("person goes with unseen: it says whose films seen are left out")
    films = [(title, search.show(title, request.year)) for title in request.title]
    answer = search.find(request.as_request([film.id for _, film in films], reranker))
    notes = [note for title, film in films if (note := taken(title, film, request.year))]
    return SearchAnswer.of(replace(answer, notes=(*notes, *answer.notes)), explain=request.explain)


def router(
    search: MovieSearch, search_workers: Workers, quick_workers: Workers, reranker: str | None, marking: Marking
) -> APIRouter:
    """The routes under /api. `search_workers` run searches, `quick_workers` what must not wait for them."""
    routes = APIRouter(prefix="/api", tags=["films"], dependencies=[Depends(each_once)])

    async def respond(request: SearchRequest) -> JSONResponse:
        if request.unseen:
            marking.wanted()
        answer = await search_workers.run(lambda: with_collection(search, lambda: find(search, request, reranker)))
        return JSONResponse(answer.model_dump(exclude_unset=True))

    @routes.get("/search", response_model=SearchAnswer, responses=_SEARCH_PROBLEMS, summary="Find films")
    async def search_by_address(request: Annotated[SearchRequest, Query()]) -> Any:
        """Films by what happens in them, or like others. Repeat a parameter for several."""
        return await respond(request)

    @routes.post(
        "/search",
        response_model=SearchAnswer,
        responses={**BODY, **_SEARCH_PROBLEMS},
        dependencies=[Depends(json_wanted)],
        summary="Find films by a longer request",
    )
    async def search_by_body(request: SearchRequest) -> Any:
        """The same with everything in a JSON object."""
        return await respond(request)

    @routes.get(
        "/films/{film_id:path}/similar",
        response_model=SearchAnswer,
        responses={**_NO_FILM, **_PROBLEMS},
        summary="Films like one",
    )
    async def similar(
        film_id: FilmId,
        request: Annotated[SimilarRequest, Query()],
    ) -> Any:
        """Films similar to this one, never the film itself."""
        return await respond(request.as_search(film_id))

    @routes.get(
        "/films/{film_id:path}", response_model=Film, responses={**_NO_FILM, **_PROBLEMS}, summary="A film as stored"
    )
    async def film(film_id: FilmId) -> Any:
        """One film with its whole plot, ending included."""
        return await quick_workers.run(lambda: with_collection(search, lambda: Film.of(search.film(film_id))))

    @routes.get("/suggest", response_model=Suggestions, responses=_PROBLEMS, summary="Titles as they are typed")
    async def suggest(
        q: Annotated[str, Query(max_length=200, description="What has been typed so far.", examples=["the god"])],
        limit: Annotated[int, Query(ge=1, le=20)] = 8,
    ) -> Any:
        """Titles that begin so, or of which a later word does; where there are none, those that look like it."""
        matches = await quick_workers.run(
            lambda: with_collection(search, lambda: search.catalogue().complete(q, limit))
        )
        titles = [TitleOut(id=match.id, title=match.title, year=match.year) for match in matches]
        return Suggestions(query=q, titles=titles)

    return routes
