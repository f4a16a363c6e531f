"""`moviesearch find` and `show`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from moviesearch.config import DEFAULT_LIMIT, MOST_RESULTS, Settings
from moviesearch.errors import NotFoundError, SeveralFilmsError, UsageError
from moviesearch.request import INTENTS, MEASURES, Filters, Request

from .asking import answered, check_ask, how_to_reply, on_terminal, replies_given
from .filter_options import filter_options
from .first_films import opened_with_films
from .options import Year, as_option, console, mode_option, opened, store_options
from .streams import lacks_letters, plain_width, shows_styles

if TYPE_CHECKING:
    from moviesearch.records import Movie
    from moviesearch.search import MovieSearch

_NOTHING_SAID = (
    'say what to find: `moviesearch find "a shark attacks a beach"`, or --title "a film you like"; '
    "other options only narrow that"
)
_LONGEST_TITLE = 100
"""Characters of what may be a film's title, to be fetched."""


@click.command()
@click.argument("words", nargs=-1, metavar="[WORDS]...")
@click.option(
    "--plot", "plots", metavar="TEXT", multiple=True, help="What happens in the film; '-' reads standard input."
)
@click.option("--plot-file", "plot_files", metavar="FILE", multiple=True, help="The same from a file.")
@click.option("--title", "titles", metavar="TITLE", multiple=True, help="Films like this one.")
@click.option("--year", type=Year(), help="The year of --title, where several films share it.")
@click.option("--id", "ids", metavar="ID", multiple=True, help="Films like the one with this id.")
@click.option("--unlike", metavar="TEXT|TITLE", multiple=True, help="Away from this plot or film.")
@click.option(
    "--limit", type=click.IntRange(1, MOST_RESULTS), default=DEFAULT_LIMIT, show_default=True, help="How many films."
)
@mode_option
@click.option(
    "--intent",
    type=click.Choice(INTENTS),
    help="The one film meant, or films like it.  [default: by what is asked]",
)
@click.option(
    "--seen",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Leave out the films of a list: a Letterboxd, IMDb or Trakt export, a CSV, or titles.",
)
@click.option("--unseen", is_flag=True, help="Leave out what is marked as seen (`moviesearch seen`).")
@as_option
@click.option("--diverse", is_flag=True, help="Spread the answers out.")
@click.option("--rerank", metavar="MODEL", help="A CrossEncoder (name or folder) that puts the best 50 in order.")
@filter_options
@click.option("--exact", is_flag=True, help="Compare whole-film vectors one by one, as the original does.")
@click.option("--measure", type=click.Choice(MEASURES), default=MEASURES[0], help="What --exact compares by.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "jsonl", "csv"]), default="table", show_default=True
)
@click.option("--ask", is_flag=True, help="Ask back, up to three times, where no film is clear.")
@click.option(
    "--reply",
    "replies",
    multiple=True,
    metavar="KEY=yes|no|unknown",
    callback=replies_given,
    help="A reply to a question of --ask.",
)
@click.option("--explain", is_flag=True, help="Show the passage that matched (it may give the ending away).")
@store_options
def find(
    settings: Settings,
    words: tuple[str, ...],
    plots: tuple[str, ...],
    plot_files: tuple[str, ...],
    titles: tuple[str, ...],
    year: int | None,
    ids: tuple[str, ...],
    seen: Path | None,
    filters: Filters,
    form: str,
    **options: Any,
) -> None:
    """Find films by a described plot, or films like one in the collection."""
    from . import answer_table, output

    _check_pairs(titles, year, options)
    texts = _plot_texts(plots, plot_files, words)
    if not texts and not titles and not ids:
        piped = "" if sys.stdin is None or sys.stdin.isatty() else _stdin_text()
        if not piped.strip():
            raise click.UsageError(_NOTHING_SAID)
        texts = [piped]
    seen_titles = _seen_titles(seen) if seen else []
    with opened_with_films(settings) as search:
        search.check_filters(filters)
        request = Request(
            plots=tuple(texts),
            films=(*ids, *(_film(search, title, year).id for title in titles)),
            filters=filters,
            seen=tuple(seen_titles),
            **options,
        )
        check_ask(request)
        asks = request.ask and on_terminal()
        answer = answered(search, request) if asks else search.find(request)
    from moviesearch.retrieval.confidence import is_unlikely
    from moviesearch.retrieval.filters import NONE_CAN

    for note in answer.notes:
        click.echo(output.printable(note), err=True)
    if form == "table":
        if request.explain or shows_styles():
            answer_table.answer_table(answer, console(), explain=request.explain)
        else:
            click.echo(answer_table.plain_table(answer, plain_width()))
    elif text := output.answer_text(answer, form, explain=request.explain):
        if lacks_letters(text):
            click.echo(
                "standard output can't show all letters, and has others instead; for all: PYTHONUTF8=1", err=True
            )
        click.echo(text)
    may_be_elsewhere = not answer.matches and not any(NONE_CAN in note for note in answer.notes)
    if may_be_elsewhere or is_unlikely(answer.confidence):
        click.echo(output.where_else(), err=True)
    if answer.question and not asks:
        click.echo(how_to_reply(answer.question), err=True)


def _check_pairs(titles: Sequence[str], year: int | None, options: Mapping[str, Any]) -> None:
    """Raise click's UsageError for an option that would not count without another one."""

    def is_typed(option: str) -> bool:
        return click.get_current_context().get_parameter_source(option) == ParameterSource.COMMANDLINE

    if year is not None and not titles:
        raise click.UsageError("--year goes with --title; for a filter there are --year-from and --year-to")
    if is_typed("person") and not options["unseen"]:
        raise click.UsageError("--as goes with --unseen: it says whose films seen are left out")
    if is_typed("measure") and not options["exact"]:
        raise click.UsageError("--measure goes with --exact: Chroma's index is one of cosine similarity")


def _seen_titles(path: Path) -> list[tuple[str, int | None]]:
    """The films of a list, as `Request.seen` has them. Notes on how it was read go to standard error."""
    from moviesearch.sources.seen_list import read_seen

    return read_seen(path, lambda note: click.echo(f"seen: {note}", err=True))


def _plot_texts(plots: Sequence[str], plot_files: Sequence[str], words: Sequence[str]) -> list[str]:
    """All plots that are described, the text of files and of standard input in them.

    Words without an option go on with the last --plot, whose quotes were forgotten, or are a plot without one.
    """
    if words:
        plots = [*plots[:-1], " ".join([*plots[-1:], *words])]
    return [*(_stdin_text() if plot == "-" else plot for plot in plots), *(_file_text(name) for name in plot_files)]


def _file_text(name: str) -> str:
    if name == "-":
        return _stdin_text()
    try:
        return _decode(Path(name).read_bytes(), name)
    except OSError as error:
        raise UsageError(f"{name} can't be read: {error.strerror}") from error


def _stdin_text() -> str:
    if sys.stdin is None:
        raise UsageError("standard input is closed: name a file instead of '-', or write the plot itself")
    return _decode(sys.stdin.buffer.read(), "standard input")


def _decode(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text (byte {error.start}): give it as UTF-8") from error


def _film(search: MovieSearch, wanted: str, year: int | None) -> Movie:
    """The film of an id or title; where it was written in another way, a line tells which was taken.

    Raises NotFoundError, for a title that no film here can have with the command that fetches it.
    """
    from moviesearch.retrieval.titles import taken, with_year

    try:
        movie = search.show(wanted, year)
    except SeveralFilmsError as error:
        by_id = "--id" if click.get_current_context().info_name == "find" else "the id in place of the title"
        raise SeveralFilmsError(f"{error}: --year, or {by_id}") from error
    except NotFoundError as error:
        if len(wanted) > _LONGEST_TITLE or not wanted.isprintable() or search.of_title(wanted, year):
            raise
        name = shlex.quote(with_year(wanted, year))
        raise NotFoundError(f"{error} `moviesearch fetch {name}` gets a film from Wikipedia") from error
    if note := taken(wanted, movie, year):
        click.echo(note, err=True)
    return movie


@click.command()
@click.argument("film", metavar="ID|TITLE")
@click.option("--year", type=Year(), help="The year, where several films share the title.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@store_options
def show(settings: Settings, film: str, year: int | None, form: str) -> None:
    """Show one film as it is stored, its plot included."""
    from . import output

    with opened(settings) as search:
        movie = _film(search, film, year)
    if form == "json":
        click.echo(output.movie_json(movie))
    else:
        output.movie_table(movie, console())
