"""Lists of films to look for: IMDb's published tables, or a CSV with title and year."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from moviesearch.errors import SourceError

_RATINGS = "title.ratings.tsv"
_TITLE_COLUMNS = ("title", "name", "film", "movie")
_YEAR_COLUMNS = ("year", "release year", "release_year", "release date", "release_date", "released")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A film to look for. `place` is where the list names it; with `exact`, `title` is the page's own."""

    title: str
    year: int | None = None
    place: str = ""
    other_title: str = ""
    imdb_id: str = ""
    exact: bool = False

    def __str__(self) -> str:
        """`Heat (1995)`, as it is shown on the screen."""
        return f"{self.title} ({self.year})" if self.year else self.title


def read_list(
    path: Path, *, ratings: Path | None = None, top: int | None = None, min_votes: int = 25_000
) -> list[Wanted]:
    """Read the films of a list: IMDb's title.basics.tsv(.gz), or a CSV with a title and a year column.

    Of IMDb's table come the `top` films by weighted rating among those with `min_votes` votes or more; `ratings`
    is title.ratings.tsv(.gz), looked for beside the table where it isn't given. Raises SourceError.
    """
    with _opened(path) as lines:
        header = lines.readline()
        if header.startswith("tconst\t"):
            if "averageRating" in header:
                raise SourceError(f"{path} is IMDb's table of ratings: give title.basics.tsv.gz, and this as --ratings")
            return _imdb(path, lines, header, ratings or _beside(path), top, min_votes)
        found = list(_csv(path, header, lines))
    if not found:
        raise SourceError(f"{path} names no films")
    return found[:top]


def _beside(path: Path) -> Path:
    for name in (f"{_RATINGS}.gz", _RATINGS):
        if (path.parent / name).exists():
            return path.parent / name
    raise SourceError(
        f"there is no {_RATINGS}.gz beside {path}: get it from IMDb's published data sets, or name it with --ratings"
    )


def _imdb(path: Path, lines: TextIO, header: str, ratings_path: Path, top: int | None, min_votes: int) -> list[Wanted]:
    ratings = _ratings(ratings_path, min_votes)
    names = header.rstrip("\r\n").split("\t")
    columns = [_column(path, names, name) for name in ("titleType", "primaryTitle", "originalTitle", "startYear")]
    films: list[tuple[float, int, Wanted]] = []
    for number, line in enumerate(lines, 2):
        if line.partition("\t")[0] not in ratings:
            continue
        fields = line.rstrip("\r\n").split("\t")
        if len(fields) != len(names):
            raise SourceError(f"{path}:{number}: {len(fields)} fields instead of {len(names)}: download the file again")
        kind, title, original, year = (fields[column] for column in columns)
        if kind != "movie":
            continue
        wanted = Wanted(
            title,
            int(year) if re.fullmatch(r"\d{4}", year) else None,
            place=f"{path.name}:{number}",
            other_title=original if original != title else "",
            imdb_id=fields[0],
        )
        films.append((*ratings[fields[0]], wanted))
    if not films:
        raise SourceError(f"{path} has no film with {min_votes} votes or more: lower --min-votes")
    mean = sum(rating for rating, _, _ in films) / len(films)

    def weighted(entry: tuple[float, int, Wanted]) -> tuple[float, int, str]:
        rating, votes, wanted = entry
        score = (votes * rating + min_votes * mean) / (votes + min_votes)
        return -score, -votes, wanted.imdb_id

    return [wanted for _, _, wanted in sorted(films, key=weighted)][:top]


def _ratings(path: Path, min_votes: int) -> dict[str, tuple[float, int]]:
    found: dict[str, tuple[float, int]] = {}
    with _opened(path) as lines:
        names = lines.readline().rstrip("\r\n").split("\t")
        rating_column, votes_column = (_column(path, names, name) for name in ("averageRating", "numVotes"))
        for number, line in enumerate(lines, 2):
            fields = line.rstrip("\r\n").split("\t")
            try:
                votes = int(fields[votes_column])
                if votes >= min_votes:
                    found[fields[0]] = float(fields[rating_column]), votes
            except (IndexError, ValueError):
                raise SourceError(
                    f"{path}:{number}: averageRating, numVotes: not numbers; download the file again"
                ) from None
    return found


def _column(path: Path, names: list[str], name: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        raise SourceError(f"{path}:1: there is no column {name}, only {', '.join(names)}") from None


def _csv(path: Path, header: str, lines: TextIO) -> Iterator[Wanted]:
    separator = max(",;\t|", key=header.count)
    names = [name.strip().casefold() for name in next(csv.reader([header], delimiter=separator), [])]
    title_column = next((names.index(name) for name in _TITLE_COLUMNS if name in names), None)
    year_column = next((names.index(name) for name in _YEAR_COLUMNS if name in names), None)
    if title_column is None:
        shown = ", ".join(name for name in names if name)[:200] or "nothing"
        raise SourceError(f"{path}:1: a list needs the columns title and year; its first line has {shown}")
    rows = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for row in rows:
            place = f"{path.name}:{rows.line_num + 1}"
            if not any(cell.strip() for cell in row):
                continue
            title = row[title_column].strip() if title_column < len(row) else ""
            if not title:
                raise SourceError(f"{path.parent / place}: title: is missing")
            yield Wanted(title, _year(row, year_column, path.parent / place), place)
    except csv.Error as error:
        raise SourceError(f"{path}:{rows.line_num + 1}: broken CSV: {error}") from None


def _year(row: list[str], column: int | None, place: Path) -> int | None:
    text = row[column].strip() if column is not None and column < len(row) else ""
    if not text:
        return None
    year = re.match(r"(\d{4})(?:\.0|-\d\d.*)?$", text)
    if not year or not 1870 <= int(year[1]) <= 2100:
        raise SourceError(f"{place}: year: {text[:40]!r} is no year")
    return int(year[1])


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """Open a text file, gzipped or not; whatever is wrong with it becomes a SourceError."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            plain = gzip.GzipFile(fileobj=raw) if packed else raw
            with io.TextIOWrapper(plain, encoding="utf-8-sig", newline="") as text:
                yield text
    except FileNotFoundError:
        raise SourceError(f"there is no file {path}: check the name") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path} is not UTF-8 text: save the list as UTF-8") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise SourceError(f"{path} is a damaged or incomplete gzip file: download it again") from None
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror or error}") from None
