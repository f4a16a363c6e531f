"""What the API takes and gives: the models of its OpenAPI document, which has their docstrings in it too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from moviesearch.config import DEFAULT_LIMIT, MOST_SERVED
from moviesearch.records import Answer, Match, Movie, as_json, without_local_paths
from moviesearch.request import LONGEST_PERSON, LONGEST_QUERY, Intent, Measure, Mode, Request, reply_of
from moviesearch.sources.seen_list import dated
from moviesearch.web.opening import opening

from .filter_fields import FilterFields, Year

MOST_PARTS = 8
"""How many plots, how many ids, titles, and things to keep away from one search may have."""
MOST_SEEN = 5000

Plot = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUERY, pattern=r"\S")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]

_EXAMPLE: JsonDict = {
    "plot": ["a man who can't make new memories hunts his wife's killer"],
    "year_from": 1990,
    "genre": ["Thriller"],
    "limit": 3,
}


class SearchRequest(FilterFields):
    """What to find: plots described, films named by id or title, and what is to be left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    plot: list[Plot] = Field(
        default=[], max_length=MOST_PARTS, description="What happens in the film; several are blended."
    )
    id: list[Name] = Field(default=[], max_length=MOST_PARTS, description="Films like the ones with these ids.")
    title: list[Name] = Field(default=[], max_length=MOST_PARTS, description="Films like the ones of these titles.")
    year: Year | None = Field(default=None, description="The year of `title`, where several films share it.")
    unlike: list[Plot] = Field(default=[], max_length=MOST_PARTS, description="Away from these plots, titles or ids.")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_SERVED, description="How many films.")
    mode: Mode | None = Field(
        default=None, description="Meaning and words, meaning alone, or words alone; hybrid unless `exact`."
    )
    intent: Intent | None = Field(
        default=None,
        description="The one film meant (identify), or films like it (similar); by what is asked where not given.",
    )
    seen: list[Name] = Field(
        default=[], max_length=MOST_SEEN, description='Films to leave out, as "Title" or "Title (1999)".'
    )
    unseen: bool = Field(default=False, description="Leave out what `person` has seen.")
    person: str = Field(default="", max_length=LONGEST_PERSON, description="By whom: nobody's name by default.")
    ignore: list[Name] = Field(
        default=[], max_length=100, description="Parts of `understood` that are not to count, by their keys."
    )
    ask: bool = Field(default=False, description="Ask a question back where no film is clear: `question`.")
    replies: list[Name] = Field(
        default=[],
        max_length=MOST_PARTS,
        description="Replies to such questions, as KEY=yes, KEY=no or KEY=unknown; they weigh, and filter nothing.",
    )
    diverse: bool = Field(default=False, description="Spread the answers out.")
    exact: bool = Field(default=False, description="Compare whole-film vectors one by one, as the original does.")
    measure: Measure = Field(default="cosine", description="What `exact` compares by.")
    explain: bool = Field(default=False, description="Add the words and hints that matched, and which words met.")
    rerank: bool = Field(
        default=False, description="Have the server's CrossEncoder order the best 50, where it has one."
    )

    def as_request(self, films: Sequence[str], reranker: str | None) -> Request:
        """The request that `MovieSearch.find` takes; `films` are the ids of the films that `title` names."""
        return Request(
            plots=tuple(self.plot),
            films=(*self.id, *films),
            unlike=tuple(self.unlike),
            filters=self.filters,
            seen=tuple(dated(line) for line in self.seen),
            unseen=self.unseen,
            person=self.person,
            limit=self.limit,
            mode=self.mode,
            intent=self.intent,
            diverse=self.diverse,
            exact=self.exact,
            measure=self.measure,
            explain=self.explain,
            rerank=reranker if self.rerank else None,
            ignored=tuple(self.ignore),
            ask=self.ask,
            replies=tuple(map(reply_of, self.replies)),
        )


class SimilarRequest(FilterFields):
    """Which films like one to find."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_SERVED, description="How many films.")
    diverse: bool = Field(default=False, description="Spread the answers out.")
    unseen: bool = Field(default=False, description="Leave out what `person` has seen.")
    person: str = Field(default="", max_length=LONGEST_PERSON, description="By whom: nobody's name by default.")

    def as_search(self, film: str) -> SearchRequest:
        """The search for films like the one with this id."""
        return SearchRequest(id=[film], **self.model_dump())


class MeetingOut(BaseModel):
    """A word of the query and the word of the title or passage that it met: alike in meaning, or the same."""

    asked: str
    found: str = Field(description="Several words where parts of the one asked met several.")
    similarity: float = Field(description="0.35 to 1.")


class Result(BaseModel):
    """A film that answers. `passage` is the one that matched best and may give the ending away."""

    rank: int
    id: str
    title: str
    year: int | None
    genres: list[str]
    url: str | None
    score: float = Field(description="Orders the films of one answer; not to be compared between answers.")
    cosine: float | None = Field(description="Of the best passage with the query; null where only words matched.")
    opening: str = Field(description="How the plot begins.")
    passage: str
    bm25: float | None = None
    words: list[str] | None = None
    hints: list[str] | None = None
    meetings: list[MeetingOut] | None = Field(default=None, description="Those that count most come first.")

    @classmethod
    def of(cls, match: Match, *, explain: bool = False) -> Result:
        """The result of a match."""
        movie = match.movie
        explanation: dict[str, Any] = {}
        if explain:
            explanation = {"bm25": match.bm25, "words": list(match.words), "hints": list(match.hints)}
            explanation["meetings"] = [
                MeetingOut(asked=met.asked, found=met.found, similarity=round(met.similarity, 3))
                for met in match.meetings
            ]
        return cls(
            rank=match.rank,
            id=movie.id,
            title=movie.title,
            year=movie.year,
            genres=list(movie.genres),
            url=movie.url,
            score=round(match.score, 6),
            cosine=None if match.cosine is None else round(match.cosine, 6),
            opening=opening(movie.plot),
            passage=match.passage,
            **explanation,
        )


class Asked(BaseModel):
    """What was asked for; `films` are ids."""

    plot: list[str]
    films: list[str]
    unlike: list[str]


class UnderstoodOut(BaseModel):
    """A part of the question beside its story, as it was understood; `ignore` takes its `key` back."""

    kind: str = Field(description="years, origin, genre or person; without, for what it is not; not, for another film.")
    text: str
    key: str


class QuestionOut(BaseModel):
    """A question for the person to answer with yes, no or "I don't know": `replies` takes `KEY=yes` and the like."""

    key: str
    text: str


class SearchAnswer(BaseModel):
    """The films found, best first."""

    query: Asked
    mode: str
    model: str
    took_ms: float
    results: list[Result]
    confidence: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="The chance that the film that is meant is among the first ten; null where it can't be told.",
    )
    notes: list[str] = Field(default=[], description="How the request was understood, where that needs saying.")
    understood: list[UnderstoodOut] = Field(default=[], description="What counts beside the story.")
    question: QuestionOut | None = Field(
        default=None, description="What to ask back, with `ask`; null where one film is clear or nothing more helps."
    )

    @classmethod
    def of(cls, answer: Answer, *, explain: bool = False) -> SearchAnswer:
        """The API's answer from that of a search."""
        notes: dict[str, Any] = {"notes": list(answer.notes)} if answer.notes else {}
        if answer.question:
            notes["question"] = QuestionOut(key=answer.question.key, text=answer.question.text)
        return cls(
            query=Asked.model_validate(answer.query),
            mode=answer.mode,
            model=answer.model,
            took_ms=round(answer.took_ms, 1),
            confidence=None if answer.confidence is None else round(answer.confidence, 2),
            results=[Result.of(match, explain=explain) for match in answer.matches],
            understood=[UnderstoodOut(kind=part.kind, text=part.text, key=part.key) for part in answer.understood],
            **notes,
        )


class Film(BaseModel):
    """A film as it is stored, with whatever else its source told."""

    model_config = ConfigDict(extra="allow")

    id: str
    title: str
    plot: str
    year: int | None
    genres: list[str]
    url: str | None

    @classmethod
    def of(cls, movie: Movie) -> Film:
        """The API's film from a stored one."""
        return cls.model_validate(without_local_paths(as_json(movie)))


class TitleOut(BaseModel):
    """A film by name."""

    id: str
    title: str
    year: int | None


class Suggestions(BaseModel):
    """Titles for what has been typed so far, the likeliest first."""

    query: str
    titles: list[TitleOut]


class Health(BaseModel):
    """That the server is up."""

    status: Literal["ok"] = "ok"
    version: str


class Ready(BaseModel):
    """That the collection answers."""

    status: Literal["ready"] = "ready"
    films: int
    model: str


class WrongField(BaseModel):
    """A part of a request that can't be taken: where it stands, and why."""

    model_config = ConfigDict(populate_by_name=True)

    in_: str = Field(alias="in")
    pointer: str
    detail: str


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457). `code` is for programs, `detail` for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[WrongField] | None = None


_EVERYWHERE = {
    "s400": "the request names no server, or several",
    "s403": "it comes from a page of another site",
    "s421": "it is for a server of another name",
}


def responses(**problems: str) -> dict[int | str, dict[str, Any]]:
    """A route's problems as its OpenAPI `responses`, by status: `responses(s404="no such film")`.

    Those that come before any route are added.
    """
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    by_status: dict[int | str, dict[str, Any]] = {
        int(name[1:]): {"description": text, "content": {"application/problem+json": {"schema": schema}}}
        for name, text in sorted({**_EVERYWHERE, **problems}.items())
    }
    # uvicorn itself answers what is no HTTP, in plain text
    by_status[400]["content"]["text/plain"] = {"schema": {"type": "string"}}
    return by_status
