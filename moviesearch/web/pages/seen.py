"""The form by which a page marks a film as seen, or takes that back."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from moviesearch.search import MovieSearch
from moviesearch.web.limits import Workers
from moviesearch.web.marking import Marking
from moviesearch.web.problems import with_collection
from moviesearch.web.security import own_address


def router(search: MovieSearch, workers: Workers, marking: Marking) -> APIRouter:
    """The route of the form. Its fields are:

    - `film`: an id; there may be several;
    - `seen`: 1 to mark it (the default), 0 to take that back;
    - `person`: a name, empty for nobody's;
    - `key`: `marking.key`;
    - `next`: the address of the page to show then.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.post("/seen")
    async def mark(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        marking.wanted()
        marking.check(form.get("key", [""])[0])
        films, person = form.get("film", []), form.get("person", [""])[0]
        change = search.unmark_seen if form.get("seen", ["1"])[0] == "0" else search.mark_seen
        await workers.run(lambda: with_collection(search, lambda: change(films, person=person)))
        return RedirectResponse(own_address(form.get("next", ["/"])[0]), 303)

    return routes
