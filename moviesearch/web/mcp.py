"""The search as tools for assistants: a Model Context Protocol server on standard input and output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

from moviesearch import __version__
from moviesearch.config import DEFAULT_LIMIT, MOST_SHOWN, Settings
from moviesearch.errors import MovieSearchError
from moviesearch.records import Match
from moviesearch.request import Filters, Request
from moviesearch.search import MovieSearch

from .api.filter_fields import MOST_NAMES, FilterName, Genre, Minutes, Year
from .api.schemas import MOST_PARTS, Film, Name, Plot
from .opening import opening

_READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_INSTRUCTIONS = (
    "Finds films by what happens in them, in a collection of plots. find_films takes a description in the person's own "
    "words. Openings of plots give no ending away; passages and get_film's plot may, so warn before you tell them."
)

Limit = Annotated[int, Field(ge=1, le=MOST_SHOWN, description="How many films.")]
Genres = Annotated[list[Genre], Field(max_length=MOST_NAMES, description="Only films of all these.")]
NotGenres = Annotated[list[Genre], Field(max_length=MOST_NAMES, description="No films of any of these.")]
People = Annotated[
    list[FilterName], Field(max_length=MOST_NAMES, description="Only films of all these, by name or surname.")
]
Places = Annotated[
    list[FilterName], Field(max_length=MOST_NAMES, description="Only films of all these, by name or ISO code.")
]


class FoundFilm(BaseModel):
    """A film that answers. `score` orders the films of one answer."""

    id: str
    title: str
    year: int | None
    genres: list[str]
    score: float
    opening: str = Field(description="How the plot begins.")
    passage: str | None = Field(default=None, description="The passage that matched; it may tell the ending.")


class FoundFilms(BaseModel):
    """The films found, best first."""

    films: list[FoundFilm]
    notes: list[str] = Field(default=[], description="How the request was understood, where that needs saying.")


def create_server(search: MovieSearch) -> MCPServer:
    """The server over a collection, which the caller closes."""
    server = MCPServer("moviesearch", version=__version__, instructions=_INSTRUCTIONS, log_level="WARNING")

    @server.tool(title="Find films", annotations=_READ_ONLY)
    def find_films(
        plots: Annotated[
            list[Plot], Field(max_length=MOST_PARTS, description="What happens in the film; several are blended.")
        ],
        unlike: Annotated[
            list[Plot], Field(max_length=MOST_PARTS, description="Away from these plots or titles.")
        ] = [],  # noqa: B006
        year_from: Year | None = None,
        year_to: Year | None = None,
        genres: Genres = [],  # noqa: B006
        not_genres: NotGenres = [],  # noqa: B006
        directors: People = [],  # noqa: B006
        cast: People = [],  # noqa: B006
        countries: Places = [],  # noqa: B006
        languages: Places = [],  # noqa: B006
        runtime_from: Minutes | None = None,
        runtime_to: Minutes | None = None,
        limit: Limit = DEFAULT_LIMIT,
        passages: Annotated[bool, Field(description="Add the passages that matched.")] = False,
    ) -> FoundFilms:
        """Find films by a description of what happens in them."""
        with _tool_errors():
            request = Request(
                plots=tuple(plots),
                unlike=tuple(unlike),
                filters=Filters(
                    year_from=year_from,
                    year_to=year_to,
                    genres=tuple(genres),
                    not_genres=tuple(not_genres),
                    directors=tuple(directors),
                    cast=tuple(cast),
                    countries=tuple(countries),
                    languages=tuple(languages),
                    runtime_from=runtime_from,
                    runtime_to=runtime_to,
                ),
                limit=limit,
            )
            answer = search.find(request)
        return FoundFilms(films=[_found_film(match, passages) for match in answer.matches], notes=list(answer.notes))

    @server.tool(title="Similar films", annotations=_READ_ONLY)
    def similar_films(
        film: Annotated[Name, Field(description="An id or a title.")],
        year: Annotated[Year | None, Field(description="The film's year, where several share the title.")] = None,
        year_from: Year | None = None,
        year_to: Year | None = None,
        genres: Genres = [],  # noqa: B006
        not_genres: NotGenres = [],  # noqa: B006
        directors: People = [],  # noqa: B006
        cast: People = [],  # noqa: B006
        countries: Places = [],  # noqa: B006
        languages: Places = [],  # noqa: B006
        runtime_from: Minutes | None = None,
        runtime_to: Minutes | None = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> FoundFilms:
        """Films with the same soul as one in the collection."""
        with _tool_errors():
            filters = Filters(
                year_from=year_from,
                year_to=year_to,
                genres=tuple(genres),
                not_genres=tuple(not_genres),
                directors=tuple(directors),
                cast=tuple(cast),
                countries=tuple(countries),
                languages=tuple(languages),
                runtime_from=runtime_from,
                runtime_to=runtime_to,
            )
            answer = search.find(Request(films=(search.show(film, year).id,), filters=filters, limit=limit))
        return FoundFilms(films=[_found_film(match, False) for match in answer.matches], notes=list(answer.notes))

    @server.tool(title="A film", annotations=_READ_ONLY)
    def get_film(
        film: Annotated[Name, Field(description="An id or a title.")],
        year: Annotated[Year | None, Field(description="The film's year, where several share the title.")] = None,
    ) -> Film:
        """One film as it is stored, with its whole plot, ending included."""
        with _tool_errors():
            return Film.of(search.show(film, year))

    return server


def run(settings: Settings, note: Callable[[str], None]) -> None:
    """Serve until standard input ends."""
    with MovieSearch(settings=settings, note=note) as search:
        create_server(search).run("stdio")


@contextmanager
def _tool_errors() -> Iterator[None]:
    """Turn a MovieSearchError into a ToolError with its text, which an assistant can read and act on."""
    try:
        yield
    except MovieSearchError as error:
        raise ToolError(str(error)) from error


def _found_film(match: Match, passages: bool) -> FoundFilm:
    movie = match.movie
    return FoundFilm(
        id=movie.id,
        title=movie.title,
        year=movie.year,
        genres=list(movie.genres),
        score=round(match.score, 4),
        opening=opening(movie.plot),
        passage=match.passage if passages else None,
    )
