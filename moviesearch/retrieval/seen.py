"""What a person has seen, of the films of a collection: by their own marks, and by the films' records.

A mark goes by its film's id as long as the film under that id is the one that was marked, else by title and year. So it
outlasts a change of ids, and films that went and came back. The records' own flags are of the person without a name;
what a person says of a film goes before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from moviesearch.collection.base import Collection
from moviesearch.errors import NotFoundError, UsageError, not_text
from moviesearch.records import Marked, Movie, SeenFilm
from moviesearch.request import check_year, titles_and_years
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.seen_table import Mark
from moviesearch.storage.title_folding import fold_title, loose_title

from .titles import nameable, of_title

LONGEST_TITLE = 500
"""Characters of a title that a mark keeps."""

Title = tuple[str, int | None]
"""A title and its year, as a list has it."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A person's marks, and the films that they are of: `waiting` are those of films that are not here.

    `watched` are the films of which the records say so.
    """

    by_film: dict[str, list[Mark]]
    waiting: list[Mark]
    watched: frozenset[str] = frozenset()

    @property
    def seen(self) -> frozenset[str]:
        """The ids of the films seen."""
        said = {film: any(mark.seen for mark in marks) for film, marks in self.by_film.items()}
        return frozenset(
            [film for film, seen in said.items() if seen] + [film for film in self.watched if film not in said]
        )


def resolved(collection: Collection, person: str) -> Resolved:
    """A person's marks and the films of them; found once for each state of the collection and its marks."""
    marks = collection.marks
    version = marks.version()
    return collection.ledger.recall(("seen", person, version), lambda: _resolved(collection, person))


def _resolved(collection: Collection, person: str) -> Resolved:
    ledger, marks = collection.ledger, collection.marks.of(person)
    titles = ledger.titles_of([mark.film for mark in marks if mark.film])
    by_film: dict[str, list[Mark]] = {}
    unknown: list[Mark] = []
    for mark in marks:
        if mark.film in titles and _is_still(mark, titles[mark.film]):
            by_film.setdefault(mark.film, []).append(mark)
        else:
            unknown.append(mark)
    by_id = frozenset(by_film)
    waiting: list[Mark] = []
    meanings = collection.marks.meanings.at(ledger.generation)
    new = [title for mark in unknown if (title := (mark.title, mark.year)) not in meanings]
    meanings |= zip(new, films_named(ledger, new), strict=True)
    for mark in unknown:
        films = meanings[mark.title, mark.year]
        for film in films:
            if film not in by_id:  # what is said of a film by its id goes before
                by_film.setdefault(film, []).append(mark)
        if not films:
            waiting.append(mark)
    return Resolved(by_film, waiting, ledger.watched() if person == "" else frozenset())


def seen_by(collection: Collection, person: str) -> frozenset[str]:
    """The ids of the films that a person has seen."""
    return resolved(collection, person).seen


def unseen_note(person: str, count: int) -> str:
    """How many films are left out as seen."""
    by = f" by {person}" if person else ""
    if not count:
        return f"unseen: no film here is marked as seen{by}, so none is left out"
    return f"unseen: {'1 film' if count == 1 else f'{count:,} films'} seen{by} {'is' if count == 1 else 'are'} left out"


def _is_still(mark: Mark, film: Title) -> bool:
    """Whether the film under a mark's id is the one that was marked: its title is the same, or its year is."""
    title, year = film
    if title == mark.title or fold_title(title[:LONGEST_TITLE]) == fold_title(mark.title):
        return True
    return year is not None and mark.year is not None and abs(year - mark.year) <= 1


def films_named(ledger: Ledger, titles: Sequence[Title]) -> list[list[str]]:
    """The ids of the films that each (title, year) can mean, as `of_title` reads it."""
    known = nameable(ledger, titles)
    return [
        [film.film for film in of_title(ledger, title, year)[0]] if there else []
        for (title, year), there in zip(titles, known, strict=True)
    ]


def seen_films(collection: Collection, person: str) -> list[SeenFilm]:
    """What a person has seen, by title; films that are not in the collection too."""
    found = resolved(collection, person)
    movies = collection.ledger.titles_of(sorted(found.seen))
    films = [SeenFilm(title, year, film, by_hand=film in found.by_film) for film, (title, year) in movies.items()] + [
        SeenFilm(mark.title, mark.year, None) for mark in found.waiting if mark.seen
    ]
    return sorted(films, key=lambda film: (film.title.casefold(), film.year or 0, film.film or ""))


@dataclass(slots=True)
class Change:
    """Marks to make and to take back, and what it comes to."""

    put: list[Mark] = field(default_factory=list)
    drop: list[Mark] = field(default_factory=list)
    marked: Marked = field(default_factory=Marked)


Plan = Callable[[Collection, Sequence[str], Sequence[Title], str], Change]
"""`marking` or `unmarking`."""


def checked(titles: Iterable[Title]) -> list[Title]:
    """Titles, and years, that can be. Raises UsageError for one that can't."""
    checked = titles_and_years(titles, "titles")
    for title, year in checked:
        if not isinstance(title, str) or not title.strip():
            raise UsageError(f"the title of a film seen is {title!r:.40}, and should be a text")
        if fault := not_text(title):
            raise UsageError(f"the title of a film seen {fault}")
        check_year("the year of a film seen", year)
    return [(title.strip(), year) for title, year in checked]


def marking(collection: Collection, films: Sequence[str], titles: Sequence[Title], person: str) -> Change:
    """What it takes to mark films, given by id, and those of titles, as seen by a person.

    Of a title that no film has yet, title and year are kept. Raises NotFoundError for an id that isn't there.
    """
    before = resolved(collection, person)
    seen, movies, unknown = before.seen, *_meant(collection, films, titles)
    put = [Mark(person, movie.id, movie.title[:LONGEST_TITLE], movie.year) for movie in movies]
    drop = [mark for movie in movies for mark in before.by_film.get(movie.id, ()) if mark.film != movie.id]
    waited = {mark.key for mark in before.waiting if mark.seen}
    waiting = {mark.key: mark for title, year in unknown for mark in [Mark(person, "", title[:LONGEST_TITLE], year)]}
    put += waiting.values()
    fresh = tuple(movie.id for movie in movies if movie.id not in seen)
    waiting_now = tuple((mark.title, mark.year) for key, mark in waiting.items() if key not in waited)
    already = len(movies) - len(fresh) + len(waiting) - len(waiting_now)
    return Change(put, drop, Marked(fresh, waiting_now, already))


def unmarking(collection: Collection, films: Sequence[str], titles: Sequence[Title], person: str) -> Change:
    """What it takes to have films not count as seen by a person any more, whatever their records say.

    Raises NotFoundError for an id that isn't there.
    """
    before = resolved(collection, person)
    seen, movies, unknown = before.seen, *_meant(collection, films, titles)
    drop = [mark for movie in movies for mark in before.by_film.get(movie.id, ())]
    put = [
        Mark(person, movie.id, movie.title[:LONGEST_TITLE], movie.year, seen=False)
        for movie in movies
        if movie.id in before.watched
    ]
    wanted = [(loose_title(title), year) for title, year in unknown]
    gone = [
        mark
        for mark in before.waiting
        if any(
            loose_title(mark.title) == title and (year is None or mark.year is None or abs(mark.year - year) <= 1)
            for title, year in wanted
        )
    ]
    of_gone = {loose_title(mark.title) for mark in gone}
    was_seen = tuple(movie.id for movie in movies if movie.id in seen)
    never = sum(title not in of_gone for title, _ in wanted) + len(movies) - len(was_seen)
    gone_titles = tuple((mark.title, mark.year) for mark in gone if mark.seen)
    return Change(put, [*drop, *gone], Marked(was_seen, gone_titles, never))


def _meant(collection: Collection, films: Sequence[str], titles: Sequence[Title]) -> tuple[list[Movie], list[Title]]:
    """The films of ids and of titles, each once, and the titles that no film has."""
    ledger = collection.ledger
    by_title = films_named(ledger, titles)
    ids = dict.fromkeys([*films, *(film for found in by_title for film in found)])
    movies = ledger.movies(list(ids))
    for film in films:
        if film not in movies:
            raise NotFoundError(f"there is no film with the id {film!r} in {collection.name!r}")
    unknown = [title for title, found in zip(titles, by_title, strict=True) if not found]
    return [movies[film] for film in ids if film in movies], list(dict.fromkeys(unknown))
