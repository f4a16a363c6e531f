"""Lists of films to fetch: IMDb's published tables, or any list with titles that `lists.read` reads."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from moviesearch.errors import SourceError
from moviesearch.sources.lists.read import LARGEST, list_of
from moviesearch.sources.text import unpacked

_RATINGS = "title.ratings.tsv"


@dataclass(frozen=True, slots=True)
class ListedFilm:
    """A film of a list.

    `place` is `file:line` in the list, a category, a page, or a film of the collection. With `exact`, `title` is the
    title of the film's page. With `by_id`, its page is first looked for among those that link to it at IMDb.
    """

    title: str
    year: int | None = None
    place: str = ""
    other_title: str = ""
    imdb_id: str = ""
    exact: bool = False
    by_id: bool = False

    def __str__(self) -> str:
        """`Heat (1995)`, or `Heat` without a year."""
        return f"{self.title} ({self.year})" if self.year else self.title


def read_list(
    path: Path,
    *,
    ratings: Path | None = None,
    top: int | None = None,
    min_votes: int = 25_000,
    note: Callable[[str], None] | None = None,
) -> list[ListedFilm]:
    """Read the films of a list: IMDb's title.basics.tsv(.gz), or any list of titles, mostly with years.

    A list gives its first `top` films; `note` is told how it was taken, and what in it could not be read. IMDb's table
    gives the `top` films by weighted rating, of those with `min_votes` votes or more; `ratings` is
    title.ratings.tsv(.gz), by default the one beside the table. Raises SourceError.
    """
    with unpacked(path) as raw:
        head = raw.readline(1000)
        if head.removeprefix(codecs.BOM_UTF8).startswith(b"tconst\t"):
            raw.seek(0)
            lines = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            return _imdb(path, lines, ratings, top, min_votes)
        films = list_of(head + raw.read(LARGEST), path)
    if note:
        for line in films.report:
            note(line)
    return [
        ListedFilm(entry.title, entry.year, f"{path.name}:{entry.number}", entry.other_title) for entry in films.entries
    ][:top]


def _ratings_beside(path: Path) -> Path:
    for name in (f"{_RATINGS}.gz", _RATINGS):
        if (path.parent / name).exists():
            return path.parent / name
    raise SourceError(
        f"there is no {_RATINGS}.gz beside {path}: get it from IMDb's published data sets, or name it with --ratings"
    )


def _imdb(path: Path, lines: TextIO, ratings_path: Path | None, top: int | None, min_votes: int) -> list[ListedFilm]:
    header = lines.readline()
    if "averageRating" in header:
        raise SourceError(f"{path} is IMDb's table of ratings: give title.basics.tsv.gz, and this as --ratings")
    ratings = _ratings(ratings_path or _ratings_beside(path), min_votes)
    names = header.rstrip("\r\n").split("\t")
    columns = [_column(path, names, name) for name in ("titleType", "primaryTitle", "originalTitle", "startYear")]
    rated: list[tuple[float, int, ListedFilm]] = []
    for number, line in enumerate(lines, 2):
        if line.partition("\t")[0] not in ratings:
            continue
        fields = line.rstrip("\r\n").split("\t")
        if len(fields) != len(names):
            raise SourceError(f"{path}:{number}: {len(fields)} fields instead of {len(names)}: download the file again")
        kind, title, original, year = (fields[column] for column in columns)
        if kind != "movie":
            continue
        film = ListedFilm(
            title,
            int(year) if re.fullmatch(r"\d{4}", year) else None,
            place=f"{path.name}:{number}",
            other_title=original if original != title else "",
            imdb_id=fields[0],
        )
        rated.append((*ratings[fields[0]], film))
    if not rated:
        raise SourceError(f"{path} has no film with {min_votes} votes or more: lower --min-votes")
    mean = sum(rating for rating, _, _ in rated) / len(rated)

    def best_first(entry: tuple[float, int, ListedFilm]) -> tuple[float, int, str]:
        rating, votes, film = entry
        score = (votes * rating + min_votes * mean) / (votes + min_votes)
        return -score, -votes, film.imdb_id

    return [film for _, _, film in sorted(rated, key=best_first)][:top]


def _ratings(path: Path, min_votes: int) -> dict[str, tuple[float, int]]:
    """Return (rating, votes) by IMDb id, of the films with `min_votes` votes or more."""
    ratings: dict[str, tuple[float, int]] = {}
    with unpacked(path) as raw:
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        names = lines.readline().rstrip("\r\n").split("\t")
        rating_column, votes_column = (_column(path, names, name) for name in ("averageRating", "numVotes"))
        for number, line in enumerate(lines, 2):
            fields = line.rstrip("\r\n").split("\t")
            try:
                votes = int(fields[votes_column])
                if votes >= min_votes:
                    ratings[fields[0]] = float(fields[rating_column]), votes
            except (IndexError, ValueError):
                raise SourceError(
                    f"{path}:{number}: averageRating, numVotes: not numbers; download the file again"
                ) from None
    return ratings


def _column(path: Path, names: list[str], name: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        raise SourceError(f"{path}:1: there is no column {name}, only {', '.join(names)}") from None
