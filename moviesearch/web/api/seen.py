"""Routes of the API for what people have seen: listed, marked and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from moviesearch.errors import UsageError
from moviesearch.records import Marked, SeenFilm
from moviesearch.request import LONGEST_PERSON, named_person
from moviesearch.search import MovieSearch
from moviesearch.sources.seen_list import dated
from moviesearch.web.limits import Workers
from moviesearch.web.marking import Marking
from moviesearch.web.problems import with_collection

from .bodies import BODY, json_wanted
from .parameters import each_once
from .schemas import MOST_SEEN, Name, responses

Person = Annotated[str, Field(max_length=LONGEST_PERSON, description="Who has seen them; nobody's name by default.")]
Ids = Annotated[list[Name], Field(max_length=MOST_SEEN, description="Films by id.")]
Titles = Annotated[list[Name], Field(max_length=MOST_SEEN, description='Films as "Title" or "Title (1999)".')]


class Which(BaseModel):
    """Which films, and by whom they were seen."""

    model_config = ConfigDict(extra="forbid")

    id: Ids = []
    title: Titles = []
    person: Person = ""


class Seen(BaseModel):
    """A film that a person has seen."""

    title: str
    year: int | None
    id: str | None = Field(description="Null where the film is not in the collection.")
    by: Literal["hand", "record"] = Field(description="Whether the person said so, or the film's record alone.")

    @classmethod
    def of(cls, film: SeenFilm) -> Seen:
        """The API's film from that of a search."""
        return cls(title=film.title, year=film.year, id=film.film, by="hand" if film.by_hand else "record")


class SeenList(BaseModel):
    """What a person has seen, by title."""

    person: str
    films: list[Seen]


class Title(BaseModel):
    """A film by title."""

    title: str
    year: int | None


class Change(BaseModel):
    """What it came to: the films that changed, and how many did not."""

    id: list[str] = Field(description="Films of the collection.")
    title: list[Title] = Field(description="Films that are not in the collection; their marks count when they come.")
    unchanged: int

    @classmethod
    def of(cls, marked: Marked) -> Change:
        """The API's report from that of a search."""
        titles = [Title(title=title, year=year) for title, year in marked.titles]
        return cls(id=list(marked.films), title=titles, unchanged=marked.unchanged)


_PROBLEMS = responses(
    s400="the request makes no sense as put, or names no server",
    s401="the token is wanted",
    s403="it comes from a page of another site, or this server keeps no marks",
    s404="there is no such film",
    s414="the address is too long",
    s422="a part of the request can't be taken",
    s503="too many requests at once, no collection yet, or the store can't be used",
)


def router(search: MovieSearch, workers: Workers, marking: Marking) -> APIRouter:
    """The routes under /api/seen."""
    routes = APIRouter(prefix="/api", tags=["seen"], dependencies=[Depends(marking.wanted), Depends(each_once)])

    @routes.get("/seen", response_model=SeenList, responses=_PROBLEMS, summary="Films seen")
    async def list_seen(person: Annotated[Person, Query()] = "") -> Any:
        """What a person has seen: what was marked, and for nobody's name what the films' records say."""
        name = named_person(person)
        films = await workers.run(lambda: with_collection(search, lambda: search.seen(name)))
        return SeenList(person=name, films=[Seen.of(film) for film in films])

    @routes.post(
        "/seen",
        response_model=Change,
        responses={**_PROBLEMS, **BODY},
        dependencies=[Depends(json_wanted)],
        summary="Mark films as seen",
    )
    async def mark_seen(which: Which) -> Any:
        """Films of the collection by id or title, and titles of films that may come. The answer says it is stored."""
        titles = _titles(which.id, which.title)
        marked = await workers.run(
            lambda: with_collection(search, lambda: search.mark_seen(which.id, titles=titles, person=which.person))
        )
        return Change.of(marked)

    @routes.delete("/seen", response_model=Change, responses=_PROBLEMS, summary="Take films back from those seen")
    async def unmark_seen(which: Annotated[Which, Query()]) -> Any:
        """They don't count as seen any more, even if their records say so. Repeat a parameter for several."""
        titles = _titles(which.id, which.title)
        marked = await workers.run(
            lambda: with_collection(search, lambda: search.unmark_seen(which.id, titles=titles, person=which.person))
        )
        return Change.of(marked)

    return routes


def _titles(ids: Sequence[str], titles: Sequence[str]) -> list[tuple[str, int | None]]:
    """The titles with their years apart. Raises UsageError where no film is named."""
    if not ids and not titles:
        raise UsageError("say which films: `id` or `title`")
    return [dated(title) for title in titles]
