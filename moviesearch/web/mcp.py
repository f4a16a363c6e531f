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
from moviesearch.errors import MovieSearchError, NotFoundError
from moviesearch.records import Match
from moviesearch.request import LONGEST_PERSON, Filters, Request, reply_of
from moviesearch.search import MovieSearch
from moviesearch.sources.seen_list import dated

from .api.filter_fields import MOST_NAMES, FilterName, Genre, Minutes, Year
from .api.schemas import MOST_PARTS, Film, Name, Plot, QuestionOut
from .opening import opening

_READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_MARKING = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_INSTRUCTIONS = (
    "Finds films by what happens in them, in a collection of plots. find_films takes a description in the person's own "
    "words. Openings of plots give no ending away; passages and get_film's plot may, so warn before you tell them."
)

MOST_MARKED = 200
"""Films that are marked by one call."""

Person = Annotated[
    str, Field(max_length=LONGEST_PERSON, description="A name, where several people share the collection; else empty.")
]
Unseen = Annotated[bool, Field(description="Leave out what the person has seen.")]
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


class SeenFilmOut(BaseModel):
    """A film that was seen; `id` is null where it is not in the collection."""

    id: str | None
    title: str
    year: int | None


class SeenFilms(BaseModel):
    """What a person has seen."""

    films: list[SeenFilmOut]


class MarkedFilms(BaseModel):
    """What was marked, or taken back, by title; `unchanged` is how many were so before."""

    changed: list[str]
    not_in_collection: list[str]
    unchanged: int


class FoundFilms(BaseModel):
    """The films found, best first."""

    films: list[FoundFilm]
    notes: list[str] = Field(default=[], description="How the request was understood, where that needs saying.")
    question: QuestionOut | None = Field(
        default=None,
        description="Where no film is clear: to put to the person. Then call again with the same words and the reply.",
    )


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
        unseen: Unseen = False,
        person: Person = "",
        limit: Limit = DEFAULT_LIMIT,
        passages: Annotated[bool, Field(description="Add the passages that matched.")] = False,
        replies: Annotated[
            list[Name],
            Field(
                max_length=MOST_PARTS,
                description="The person's replies to earlier questions: KEY=yes, KEY=no or KEY=unknown.",
            ),
        ] = [],  # noqa: B006
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
                unseen=unseen,
                person=person,
                limit=limit,
                ask=True,
                replies=tuple(map(reply_of, replies)),
            )
            answer = search.find(request)
        question = answer.question
        return FoundFilms(
            films=[_found_film(match, passages) for match in answer.matches],
            notes=list(answer.notes),
            question=QuestionOut(key=question.key, text=question.text) if question else None,
        )

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
        unseen: Unseen = False,
        person: Person = "",
        limit: Limit = DEFAULT_LIMIT,
    ) -> FoundFilms:
        """Films similar to one in the collection."""
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
            films = (search.show(film, year).id,)
            answer = search.find(Request(films=films, filters=filters, unseen=unseen, person=person, limit=limit))
        return FoundFilms(films=[_found_film(match, False) for match in answer.matches], notes=list(answer.notes))

    @server.tool(title="A film", annotations=_READ_ONLY)
    def get_film(
        film: Annotated[Name, Field(description="An id or a title.")],
        year: Annotated[Year | None, Field(description="The film's year, where several share the title.")] = None,
    ) -> Film:
        """One film as it is stored, with its whole plot, ending included."""
        with _tool_errors():
            return Film.of(search.show(film, year))

    @server.tool(title="Films seen", annotations=_READ_ONLY)
    def seen_films(person: Person = "") -> SeenFilms:
        """What a person has seen, by title."""
        with _tool_errors():
            films = search.seen(person)
        return SeenFilms(films=[SeenFilmOut(id=film.film, title=film.title, year=film.year) for film in films])

    @server.tool(title="Mark films as seen", annotations=_MARKING)
    def mark_seen(
        films: Annotated[
            list[Name], Field(min_length=1, max_length=MOST_MARKED, description='Ids, "Title" or "Title (1999)".')
        ],
        seen: Annotated[bool, Field(description="False takes films back from those seen.")] = True,
        person: Person = "",
    ) -> MarkedFilms:
        """Note that a person has seen films, for them to be left out where unseen ones are wanted.

        A film that is not in the collection is noted by its title, and counts when it comes.
        """
        with _tool_errors():
            wanted = [_meant(search, film) for film in films]
            ids = [film for film in wanted if isinstance(film, str)]
            titles = [film for film in wanted if not isinstance(film, str)]
            change = search.mark_seen if seen else search.unmark_seen
            marked = change(ids, titles=titles, person=person)
            movies = search.movies(marked.films)
            changed = [movies[film].title for film in marked.films if film in movies]
        not_here = [title if year is None else f"{title} ({year})" for title, year in marked.titles]
        return MarkedFilms(changed=changed, not_in_collection=not_here, unchanged=marked.unchanged)

    return server


def _meant(search: MovieSearch, film: str) -> str | tuple[str, int | None]:
    """The id of the film that an id or title means, or (title, year) where there is none.

    Raises NotFoundError where there are several.
    """
    try:
        return search.show(film).id
    except NotFoundError:
        if search.of_title(film):
            raise
        return dated(film)


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
