"""The pages, made on the server: they work without JavaScript, and each state has an address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from moviesearch.errors import MovieSearchError, NotFoundError
from moviesearch.retrieval.titles import Catalogue, Title
from moviesearch.search import MovieSearch
from moviesearch.web.limits import Workers
from moviesearch.web.opening import opening
from moviesearch.web.problems import collected, problem_of
from moviesearch.web.security import COOKIE, Token, own_address

from .address import MOST, Wish
from .cards import Card, Chip, cards, chips, facts, named
from .rendering import Pages

EXAMPLES = (
    "a man who can't make new memories hunts his wife's killer",
    "girl crawls out of the tv",
    "the mayor won't close the beach",
    "two moles, one in the police and one in the mob, hunt each other",
    "an old man flies his house away with balloons",
    "someone relives the same day again and again",
)
_GENRES = 24


@dataclass(frozen=True, slots=True)
class Shown:
    """What the search page shows for a wish."""

    wish: Wish
    catalogue: Catalogue | None = None
    cards: tuple[Card, ...] = ()
    chips: tuple[Chip, ...] = ()
    choices: tuple[Title, ...] = ()
    status: int = 200
    wrong: str | None = None

    @property
    def genres(self) -> list[str]:
        """The genres to choose from: the frequent ones, and those chosen."""
        known = [genre for genre, _ in self.catalogue.genres[:_GENRES]] if self.catalogue else []
        chosen = {genre.casefold() for genre in self.wish.genres}
        listed = {genre.casefold() for genre in known}
        return known + [genre for genre in self.wish.genres if genre.casefold() not in listed & chosen]

    @property
    def heading(self) -> str:
        """What was found, in words; the page's title too."""
        if self.wrong:
            return "That could not be searched"
        if not self.cards:
            return "No film matches"
        return f"{len(self.cards)} films" if len(self.cards) > 1 else "One film"


def router(search: MovieSearch, searches: Workers, aside: Workers, pages: Pages, token: Token | None) -> APIRouter:
    """The routes that people see."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/", methods=["GET", "HEAD"])
    async def home(request: Request) -> Response:
        wish = Wish.read(request.query_params)
        if wish.title:
            shown = await aside.run(lambda: collected(search, lambda: _named(search, wish)))
            if not shown.choices and not shown.wrong:
                return RedirectResponse(shown.wish.address(), 303)
        elif wish.asks:
            shown = await searches.run(lambda: collected(search, lambda: _shown(search, wish)))
        else:
            shown = await aside.run(lambda: collected(search, lambda: Shown(wish, search.catalogue())))
        return pages.render(request, "search.html", shown.status, shown=shown, wish=wish, examples=EXAMPLES, most=MOST)

    @routes.api_route("/films/{film_id:path}", methods=["GET", "HEAD"])
    async def film(request: Request, film_id: str) -> Response:
        movie = await aside.run(lambda: collected(search, lambda: search.film(film_id)))
        wish = Wish(like=(movie.id,))
        shown = await searches.run(lambda: _shown(search, wish))
        told: dict[str, Any] = {"facts": facts(movie), "opening": opening(movie.plot)}
        return pages.render(request, "film.html", 200, movie=movie, shown=shown, **told)

    @routes.api_route("/sign-in", methods=["GET", "HEAD"])
    async def sign_in(request: Request) -> Response:
        to = own_address(request.query_params.get("next", "/"))
        return pages.render(request, "sign_in.html", to=to, wrong=False) if token else RedirectResponse(to, 303)

    @routes.post("/sign-in")
    async def signed_in(request: Request) -> Response:
        told = parse_qs((await request.body()).decode("utf-8", "replace"))
        to = own_address(told.get("next", ["/"])[0])
        if token is None:
            return RedirectResponse(to, 303)
        if not token.is_it(told.get("token", [""])[0].strip()):
            return pages.render(request, "sign_in.html", 401, to=to, wrong=True)
        response = RedirectResponse(to, 303)
        secure = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, token.cookie, max_age=30 * 24 * 3600, httponly=True, samesite="strict", secure=secure
        )
        return response

    return routes


def _shown(search: MovieSearch, wish: Wish) -> Shown:
    """The answer to a wish; what can't be searched is told in the page, with the wish still in its box."""
    catalogue = search.catalogue()
    names = {film: named(movie) for film, movie in search.movies((*wish.like, *wish.unlike)).items()}
    try:
        answer = search.find(wish.request)
    except MovieSearchError as error:
        problem = problem_of(error)
        return Shown(wish, catalogue, chips=tuple(chips(wish, names)), status=problem.status, wrong=problem.detail)
    return Shown(wish, catalogue, tuple(cards(answer, wish)), tuple(chips(wish, names)))


def _named(search: MovieSearch, wish: Wish) -> Shown:
    """The wish with the film of its title in it; where several have that title, or none, those to choose from."""
    catalogue = search.catalogue()
    try:
        found = search.show(wish.title)
    except NotFoundError as error:
        choices = tuple(catalogue.complete(wish.title))
        wrong = None if choices else str(error)
        return Shown(wish, catalogue, choices=choices, status=200 if choices else 404, wrong=wrong)
    return Shown(replace(wish.with_like(found.id), title=""), catalogue)
