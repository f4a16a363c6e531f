"""Routes of the pages. They work without JavaScript, and each state has its own address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from moviesearch.config import MOST_SHOWN
from moviesearch.errors import MovieSearchError, NotFoundError
from moviesearch.retrieval.titles import Catalogue, Title, with_year
from moviesearch.retrieval.understood import notes_on
from moviesearch.search import MovieSearch
from moviesearch.web.limits import Workers
from moviesearch.web.marking import Marking
from moviesearch.web.opening import opening
from moviesearch.web.posters import Posters
from moviesearch.web.problems import problem_of, with_collection
from moviesearch.web.security import COOKIE, Token, own_address

from .address import PageQuery
from .cards import Asked, Card, Chip, cards, chips, facts, poster_address, understood_chips
from .rendering import Pages

EXAMPLES = (
    "a man who can't make new memories hunts his wife's killer",
    "girl crawls out of the tv",
    "the mayor won't close the beach",
    "two moles, one in the police and one in the mob, hunt each other",
    "an old man flies his house away with balloons",
    "someone relives the same day again and again",
)
_MOST_GENRES = 24
_MOST_LISTED = 60
"""Countries and languages that are offered."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What the search page shows for a query.

    `understood` is what counts beside the story, and `question` is asked back. `choices` are the films to choose from
    where several have the title that was typed. `wrong` says why there is no answer, and `status` is the HTTP status.
    `notes` tell how the query was understood.
    """

    query: PageQuery
    catalogue: Catalogue | None = None
    cards: tuple[Card, ...] = ()
    chips: tuple[Chip, ...] = ()
    understood: tuple[Chip, ...] = ()
    question: Asked | None = None
    choices: tuple[Title, ...] = ()
    status: int = 200
    wrong: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def genres(self) -> list[str]:
        """The genres to choose from: the most frequent ones, and those chosen."""
        frequent = [genre for genre, _ in self.catalogue.genres[:_MOST_GENRES]] if self.catalogue else []
        listed = {genre.casefold() for genre in frequent}
        chosen = (*self.query.filters.genres, *self.query.filters.not_genres)
        return frequent + [genre for genre in chosen if genre.casefold() not in listed]

    @property
    def heading(self) -> str:
        """How many films were found, in words."""
        if self.wrong:
            return "That could not be searched"
        if not self.cards:
            return "No film matches"
        return f"{len(self.cards)} films" if len(self.cards) > 1 else "One film"


def router(
    search: MovieSearch,
    search_workers: Workers,
    quick_workers: Workers,
    renderer: Pages,
    posters: Posters,
    marking: Marking,
    token: Token | None,
) -> APIRouter:
    """The pages. `search_workers` run searches, `quick_workers` what must not wait for them."""
    routes = APIRouter(include_in_schema=False)

    def answered(query: PageQuery) -> SearchPage:
        return _answer(search, query, posters, marking)

    @routes.get("/")
    async def home(request: Request) -> Response:
        query = PageQuery.read(request.query_params)
        if query.unseen:
            marking.wanted()
        if query.title:
            page = await quick_workers.run(lambda: with_collection(search, lambda: _resolve_title(search, query)))
            if not page.choices and not page.wrong:
                return RedirectResponse(page.query.address(), 303)
        elif query.asks:
            page = await search_workers.run(lambda: with_collection(search, lambda: answered(query)))
        else:
            page = await quick_workers.run(
                lambda: with_collection(search, lambda: SearchPage(query, search.catalogue()))
            )
        return renderer.render(
            request,
            "search.html",
            page.status,
            shown=page,
            wish=query,
            examples=EXAMPLES,
            most=MOST_SHOWN,
            most_listed=_MOST_LISTED,
        )

    @routes.get("/films/{film_id:path}")
    async def film(request: Request, film_id: str) -> Response:
        movie = await quick_workers.run(lambda: with_collection(search, lambda: search.film(film_id)))
        similar = await search_workers.run(lambda: answered(PageQuery(like=(movie.id,))))
        return renderer.render(
            request,
            "film.html",
            200,
            movie=movie,
            shown=similar,
            facts=facts(movie),
            opening=opening(movie.plot),
            poster=poster_address(movie, posters),
            seen=marking.allowed and movie.id in await quick_workers.run(search.seen_ids),
        )

    @routes.get("/sign-in")
    async def sign_in(request: Request) -> Response:
        to = own_address(request.query_params.get("next", "/"))
        return renderer.render(request, "sign_in.html", to=to, wrong=False) if token else RedirectResponse(to, 303)

    @routes.post("/sign-in")
    async def signed_in(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        to = own_address(form.get("next", ["/"])[0])
        if token is None:
            return RedirectResponse(to, 303)
        if not token.is_it(form.get("token", [""])[0].strip()):
            return renderer.render(request, "sign_in.html", 401, to=to, wrong=True)
        response = RedirectResponse(to, 303)
        secure = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, token.cookie, max_age=30 * 24 * 3600, httponly=True, samesite="strict", secure=secure
        )
        return response

    return routes


def _answer(search: MovieSearch, query: PageQuery, posters: Posters, marking: Marking) -> SearchPage:
    """The page that answers a query. A query that can't be searched stays in its box, and the page says why."""
    catalogue = search.catalogue()
    names = {
        film_id: with_year(movie.title, movie.year)
        for film_id, movie in search.movies((*query.like, *query.unlike)).items()
    }
    try:
        answer = search.find(query.request)
        seen = search.seen_ids(query.person) if marking.allowed else frozenset()
    except MovieSearchError as error:
        problem = problem_of(error)
        return SearchPage(
            query,
            catalogue,
            chips=tuple(chips(query, names)),
            understood=tuple(understood_chips((), query)),
            status=problem.status,
            wrong=problem.detail,
        )
    said_by_chips = notes_on(answer.understood)
    return SearchPage(
        query,
        catalogue,
        tuple(cards(answer, query, posters, seen)),
        tuple(chips(query, names)),
        tuple(understood_chips(answer.understood, query)),
        Asked.of(answer.question, query) if answer.question else None,
        notes=tuple(note for note in answer.notes if note not in said_by_chips),
    )


def _resolve_title(search: MovieSearch, query: PageQuery) -> SearchPage:
    """The query with the film of its title in the blend; where several have that title, those to choose from."""
    catalogue = search.catalogue()
    try:
        movie = search.show(query.title)
    except NotFoundError as error:
        choices = tuple(catalogue.complete(query.title))
        wrong = None if choices else str(error)
        return SearchPage(query, catalogue, choices=choices, status=200 if choices else 404, wrong=wrong)
    return SearchPage(replace(query.with_like(movie.id), title=""), catalogue)
