"""The fields of a request that keep its answers to some films."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from moviesearch.request import LONGEST_RUNTIME, Filters

MOST_NAMES = 20
"""How many genres, directors, ... one search may ask for, in a page's address too."""

Genre = Annotated[str, StringConstraints(min_length=1, max_length=100)]
FilterName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Year = Annotated[int, Field(ge=0, le=9999)]
Minutes = Annotated[int, Field(ge=0, le=LONGEST_RUNTIME)]


class FilterFields(BaseModel):
    """What films have to be. Names are taken as people write them: `kubrick`, `USA`, `scifi`."""

    year_from: Year | None = Field(default=None, description="Not older than this.")
    year_to: Year | None = Field(default=None, description="Not younger than this.")
    genre: list[Genre] = Field(default=[], max_length=MOST_NAMES, description="Only films of all these genres.")
    not_genre: list[Genre] = Field(default=[], max_length=MOST_NAMES, description="No films of any of these genres.")
    director: list[FilterName] = Field(
        default=[], max_length=MOST_NAMES, description="Only films by all of these, whole names or surnames."
    )
    cast: list[FilterName] = Field(default=[], max_length=MOST_NAMES, description="Only films with all these actors.")
    country: list[FilterName] = Field(
        default=[], max_length=MOST_NAMES, description="Only films of all these countries, by name or ISO 3166 code."
    )
    language: list[FilterName] = Field(
        default=[], max_length=MOST_NAMES, description="Only films in all these languages, by name or ISO 639 code."
    )
    runtime_from: Minutes | None = Field(default=None, description="Not shorter than so many minutes.")
    runtime_to: Minutes | None = Field(default=None, description="Not longer than so many minutes.")

    @property
    def filters(self) -> Filters:
        """The filters that `Request` takes."""
        return Filters(
            year_from=self.year_from,
            year_to=self.year_to,
            genres=tuple(self.genre),
            not_genres=tuple(self.not_genre),
            directors=tuple(self.director),
            cast=tuple(self.cast),
            countries=tuple(self.country),
            languages=tuple(self.language),
            runtime_from=self.runtime_from,
            runtime_to=self.runtime_to,
        )
