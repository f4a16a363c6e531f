"""`moviesearch seen`: what a person has seen, kept with the collection."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.config import Settings
from moviesearch.errors import NotFoundError, SeveralFilmsError, UsageError

from .first_films import opened_with_films
from .options import Year, as_option, as_text, console, opened, store_options
from .output import count_of, printable
from .streams import takes_all_letters

if TYPE_CHECKING:
    from moviesearch.records import Marked, SeenFilm
    from moviesearch.search import MovieSearch

_OF_LISTS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".md", ".zip", ".gz", ".xlsx", ".xls", ".html", ".xml")
"""Ends of names that are files' rather than films'."""
_BEFORE_FILES = ("/", "./", "../", "~", ".\\", "..\\", "\\")
_COLUMNS = ("title", "year", "id", "by")


@click.group()
def seen() -> None:
    """What you have seen: kept with the collection, for `find --unseen`.

    \b
    moviesearch seen add watched.csv           a Letterboxd, IMDb or Trakt export
    moviesearch seen add "The Thing" Jaws      films by title
    moviesearch seen list
    """


_files_or_titles = click.argument("files", nargs=-1, required=True, metavar="FILE|TITLE...")
_year_option = click.option("--year", type=Year(), help="The year, where several films share the title.")


@seen.command()
@_files_or_titles
@_year_option
@as_option
@store_options
def add(settings: Settings, files: tuple[str, ...], year: int | None, person: str) -> None:
    """Mark films as seen, by title or from a list.

    A list is an export of Letterboxd, IMDb or Trakt, a CSV, or titles, one a line. A film that is not here yet is kept
    in mind, and counts when it comes.
    """
    with opened_with_films(settings) as search:
        wanted = _wanted(search, files, year, say_unknown=True)
        if len(files) > 1 and len(wanted.titles) > 1 and not any(" " in word or os.path.exists(word) for word in files):
            click.echo(f'each word is taken for a title; for one film, put it in quotes: "{" ".join(files)}"', err=True)
        marked = search.mark_seen(wanted.films, titles=wanted.titles, person=person)
    click.echo(_report(marked, "marked as seen", "seen already"))


@seen.command()
@click.argument("files", nargs=-1, metavar="[FILE|TITLE]...")
@_year_option
@click.option("--all", "everything", is_flag=True, help="All that is marked by this person.")
@as_option
@store_options
def remove(settings: Settings, files: tuple[str, ...], year: int | None, everything: bool, person: str) -> None:
    """Take films back from those seen.

    They don't count as seen any more, even if their records say so.
    """
    if everything == bool(files):
        raise click.UsageError("say what to take back: FILE, TITLE, or --all")
    with opened(settings) as search:
        if everything:
            films = search.seen(person)
            wanted = _Wanted([film.film for film in films if film.film])
            wanted.titles = [(film.title, film.year) for film in films if not film.film]
        else:
            wanted = _wanted(search, files, year, say_unknown=False)
        marked = search.unmark_seen(wanted.films, titles=wanted.titles, person=person)
    click.echo(_report(marked, "taken back", "not marked"))


@seen.command("list")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@as_option
@store_options
def list_seen(settings: Settings, form: str, person: str) -> None:
    """List the films seen.

    `seen add` reads the CSV and the JSON again.
    """
    with opened(settings) as search:
        films = search.seen(person)
    if form == "table":
        _print_table(films)
        here = sum(film.film is not None for film in films)
        click.echo(f"{count_of(len(films), 'film')} seen, {here:,} of them here", err=True)
    elif form == "json":
        records = [dict(zip(_COLUMNS, _values(film), strict=True)) for film in films]
        click.echo(json.dumps(records, ensure_ascii=not takes_all_letters(), indent=1))
    else:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([_COLUMNS, *map(_values, films)])
        click.echo(text.getvalue(), nl=False)


@dataclass(slots=True)
class _Wanted:
    """What is to be marked: films by id, and (title, year) of a list or of films that are not here."""

    films: list[str] = field(default_factory=list)
    titles: list[tuple[str, int | None]] = field(default_factory=list)


def _wanted(search: MovieSearch, words: Sequence[str], year: int | None, *, say_unknown: bool) -> _Wanted:
    """What files and titles name.

    Raises UsageError for a file that isn't there, NotFoundError where several films have a title that was typed.
    """
    from moviesearch.sources.seen_list import read_seen

    wanted = _Wanted()
    if not all(map(str.strip, words)):
        raise UsageError("a title is empty: name a film, or the file of a list")
    words = _joined(search, words, year)
    for word in words:
        is_folder = os.path.isdir(word)
        if is_folder and (word in (".", "..") or word.endswith("/") or word.startswith(_BEFORE_FILES)):
            raise UsageError(_of_folder(word))
        if os.path.exists(word) and not is_folder:
            wanted.titles += read_seen(Path(word), _noting(word))
            continue
        title = as_text(word)
        try:
            _take(search, title, year, wanted, say_unknown=say_unknown)
        except _NoFilmError as error:
            if is_folder:
                raise UsageError(_of_folder(word)) from error
            if word.startswith(_BEFORE_FILES) or word.lower().endswith(_OF_LISTS):
                raise UsageError(f"there is no file {word}, and no film of that title: check the name") from error
            if say_unknown:
                click.echo(f"not here yet, and kept until it comes: {error}", err=True)
            wanted.titles.append(error.title)
    return wanted


def _of_folder(name: str) -> str:
    return (
        f"{name} is a folder: give the file of a list, or a title. `moviesearch ingest FOLDER` stores the films of a "
        "folder, and those that their NFO files call watched count as seen"
    )


def _joined(search: MovieSearch, words: Sequence[str], year: int | None) -> Sequence[str]:
    """The words of a command line as titles and files: one title, where that was written without quotes.

    They are one where a film here has them all for its title, and one of them is neither a film's nor a file. Raises
    UsageError where it may be either.
    """
    if len(words) < 2 or any(" " in word or os.path.exists(word) for word in words):
        return words
    title = " ".join(map(as_text, words))
    if not search.exists() or not search.of_title(title, year):
        return words
    if all(search.of_title(as_text(word)) for word in words):
        listed = " and ".join(f'"{word}"' for word in words)
        raise UsageError(f'there are films called {listed}, and "{title}": put the title in quotes, or give one by one')
    click.echo(f'taking these words for one title: "{title}"', err=True)
    return [title]


class _NoFilmError(Exception):
    """No film here has the `title` that was typed."""

    def __init__(self, title: tuple[str, int | None], message: str) -> None:
        super().__init__(message)
        self.title = title


def _take(search: MovieSearch, typed: str, year: int | None, wanted: _Wanted, *, say_unknown: bool) -> None:
    """Take the film of a title or id.

    Raises _NoFilmError where there is none, NotFoundError where there are several.
    """
    from moviesearch.retrieval.titles import taken
    from moviesearch.sources.seen_list import dated

    try:
        movie = search.show(typed, year)
    except SeveralFilmsError as error:
        raise NotFoundError(f"{error}: --year, or the id in place of the title") from error
    except NotFoundError:
        if search.of_title(typed, year):
            raise
        title, in_title = (typed, None) if year is not None else dated(typed)
        when = year if year is not None else in_title
        near = map(printable, search.suggest(title, 3)) if say_unknown else ()
        shown = f"{title} ({when})" if when is not None else title
        hint = f". Did you mean: {listed}?" if (listed := "; ".join(near)) else ""
        raise _NoFilmError((title, when), shown + hint) from None
    if note := taken(typed, movie, year):
        click.echo(note, err=True)
    wanted.films.append(movie.id)


def _noting(name: str) -> Callable[[str], None]:
    return lambda note: click.echo(f"{name}: {note}", err=True)


def _report(marked: Marked, done: str, unchanged: str) -> str:
    """What was done, in one line."""
    parts = [f"{count_of(len(marked.films) + len(marked.titles), 'film')} {done}"]
    if marked.titles:
        is_one = len(marked.films) + len(marked.titles) == 1
        parts[0] += ", and is not here" if is_one else f", {len(marked.titles):,} of them not here"
    if marked.unchanged:
        parts.append(f"{marked.unchanged:,} {unchanged}")
    return "; ".join(parts)


def _values(film: SeenFilm) -> tuple[object, ...]:
    return film.title, film.year, film.film, "hand" if film.by_hand else "record"


def _print_table(films: Sequence[SeenFilm]) -> None:
    from rich.text import Text

    shown = console()
    for film in films:
        line = Text(printable(film.title), style="bold")
        line.append(f" ({film.year})" if film.year else "", style="not bold")
        where = "not here" if film.film is None else printable(film.film)
        line.append(f"  {where}{'' if film.by_hand else ', by its record'}", style="not bold dim")
        shown.print(line, soft_wrap=True)
