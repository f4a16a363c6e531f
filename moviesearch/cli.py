"""The command line: parse, call `MovieSearch`, show. Imports that take time wait until they are needed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import __version__
from .config import DEFAULT_COLLECTION, DEFAULT_LIMIT, DEFAULT_MODEL, DEFAULT_TIMEOUT, Settings
from .errors import MovieSearchError, UsageError
from .web import command as web

if TYPE_CHECKING:
    from rich.console import Console

    from .models import Precision
    from .search import MovieSearch

F = TypeVar("F", bound=Callable[..., Any])


class Friendly(click.Group):
    """A group that turns errors into one message and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; 1 when it can't be done, 2 for wrong usage, 130 when stopped."""
        try:
            return super().invoke(ctx)
        except (MovieSearchError, OSError, MemoryError) as error:
            if isinstance(error, BrokenPipeError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to write goes there
                ctx.exit(0)
            if ctx.params.get("debug"):
                raise
            click.echo(f"Error: {error or type(error).__name__}", err=True)
            ctx.exit(2 if isinstance(error, UsageError) else 1)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            ctx.exit(130)


@click.group(cls=Friendly, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="moviesearch")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Find films by what happens in them.

    \b
    moviesearch ingest                               store the bundled films
    moviesearch find --plot "a man relives one day"  describe a film
    moviesearch find --title "The Departed"          films like one you know
    """


def token_option(name: str) -> Callable[[F], F]:
    """A server's token, which is never an argument: others could read it there."""

    def checked(ctx: click.Context, option: click.Parameter, told: str | None) -> str | None:
        if told is not None and not told.startswith("@"):
            raise click.UsageError(
                f"{name} takes @FILE, a file that holds the token: on the command line others could read it. "
                "Or set MOVIESEARCH_TOKEN"
            )
        return told

    help_text = "The file with a server's token; or set MOVIESEARCH_TOKEN to the token."
    return click.option(name, metavar="@FILE", callback=checked, help=help_text)


def store_options(command: F) -> F:
    """--store with what a server needs, --collection and --model, said once."""

    @click.option(
        "--store",
        metavar="FOLDER|URL",
        envvar="MOVIESEARCH_STORE",
        help="Where the films are kept: a folder, http(s)://HOST:PORT, or chroma-cloud://TENANT/DATABASE.",
    )
    @token_option("--token")
    @click.option(
        "--ca-file", metavar="FILE", envvar="MOVIESEARCH_CA_FILE", help="Certificates (PEM) to trust a server by."
    )
    @click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        envvar="MOVIESEARCH_TIMEOUT",
        help=f"How long a server may take to answer.  [default: {DEFAULT_TIMEOUT:g}]",
    )
    @click.option(
        "--collection",
        metavar="NAME",
        envvar="MOVIESEARCH_COLLECTION",
        help=f"Which collection there.  [default: {DEFAULT_COLLECTION}]",
    )
    @click.option(
        "--model",
        metavar="NAME|FOLDER",
        envvar="MOVIESEARCH_MODEL",
        help=f"A sentence-transformers model; matters at ingest, the collection remembers.  [default: {DEFAULT_MODEL}]",
    )
    @wraps(command)
    def wrapped(
        store: str | None,
        token: str | None,
        ca_file: str | None,
        timeout: float | None,
        collection: str | None,
        model: str | None,
        **rest: Any,
    ) -> Any:
        base = Settings()
        settings = replace(
            base,
            store=store or base.store,
            token=token or base.token,
            ca_file=ca_file or base.ca_file,
            timeout=timeout or base.timeout,
            collection=collection or base.collection,
            model=model or base.model,
        )
        return command(settings=settings, **rest)

    return wrapped  # type: ignore[return-value]


def mode_option(command: F) -> F:
    """--mode, said once."""
    choices = click.Choice(["hybrid", "dense", "lexical"])
    help_text = "Meaning and words, meaning alone, or words alone.  [default: hybrid]"
    return click.option("--mode", type=choices, help=help_text)(command)


def _search(settings: Settings) -> MovieSearch:
    from .search import MovieSearch

    return MovieSearch(settings=settings, note=lambda line: click.echo(line, err=True))


def _shard(ctx: click.Context, option: click.Parameter, told: str | None) -> tuple[int, int] | None:
    if told is None:
        return None
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", told)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter("takes K/N, such as 2/5 for the second of five parts")
    return int(found[1]), int(found[2])


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:  # rich would exit with 1
            raise BrokenPipeError

    return Piped(stderr=stderr, highlight=False, emoji=False, markup=False)


def _of_precision(settings: Settings, precision: Precision) -> str:
    """The model that was named, or the collection's, or the default one, with products of a precision."""
    from .models import with_precision

    model = settings.model
    if model is None:
        with _search(settings) as search:
            model = search.info().manifest.location if search.exists() else DEFAULT_MODEL
    return with_precision(model, precision)


@main.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--skip-invalid", is_flag=True, help="Exit with 0 although records were rejected.")
@click.option("--strict", is_flag=True, help="Store nothing unless every record is good.")
@click.option("--prune", is_flag=True, help="Remove films that the sources no longer have.")
@click.option("--shard", callback=_shard, metavar="K/N", help="Only the Kth of N parts, for N machines and one server.")
@click.option("--ray", metavar="ADDRESS", help="Embed on a Ray cluster: HOST:PORT, auto, or local (this machine's).")
@click.option("--rebuild", is_flag=True, help="Make a collection of another model anew, with the films it has.")
@click.option(
    "--precision",
    type=click.Choice(["float32", "int8"]),
    help="int8: embed in two thirds of the time, a little less exactly.  [default: float32]",
)
@store_options
def ingest(
    settings: Settings,
    sources: tuple[str, ...],
    skip_invalid: bool,
    strict: bool,
    prune: bool,
    rebuild: bool,
    shard: tuple[int, int] | None,
    ray: str | None,
    precision: Precision | None,
) -> None:
    """Store films from files, folders or '-' (JSON lines on standard input); none: the bundled films.

    JSON, JSON lines, CSV (Wikipedia Movie Plots, TMDB), the CMU Movie Summary Corpus, and gzip of
    these are told apart by what they hold. Only new and changed films are embedded.
    """
    from .ingesting import run

    if precision:
        settings = replace(settings, model=_of_precision(settings, precision))
    with _search(settings) as search:
        status = run(
            search,
            sources,
            skip_invalid=skip_invalid,
            strict=strict,
            prune=prune,
            rebuild=rebuild,
            shard=shard,
            ray=ray,
            console=_console(),
        )
    sys.exit(status)


@main.command()
@click.option(
    "--plot", "plots", metavar="TEXT", multiple=True, help="What happens in the film; '-' reads standard input."
)
@click.option("--plot-file", "plot_files", metavar="FILE", multiple=True, help="The same from a file.")
@click.option("--title", "titles", metavar="TITLE", multiple=True, help="Films like this one.")
@click.option("--year", type=int, help="The year of --title, where several films share it.")
@click.option("--id", "ids", metavar="ID", multiple=True, help="Films like the one with this id.")
@click.option("--unlike", metavar="TEXT|TITLE", multiple=True, help="Away from this plot or film.")
@click.option("--limit", type=click.IntRange(1, 1000), default=DEFAULT_LIMIT, show_default=True, help="How many films.")
@mode_option
@click.option(
    "--intent",
    type=click.Choice(["identify", "similar"]),
    help="The one film meant, or films with the same soul.  [default: by what is asked]",
)
@click.option(
    "--seen",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Leave out a Letterboxd or IMDb export, or a list of titles.",
)
@click.option("--diverse", is_flag=True, help="Spread the answers out.")
@click.option("--rerank", metavar="MODEL", help="A CrossEncoder (name or folder) that puts the best 50 in order.")
@click.option("--year-from", type=int, metavar="YEAR", help="Not older than this.")
@click.option("--year-to", type=int, metavar="YEAR", help="Not younger than this.")
@click.option(
    "--genre", "genres", multiple=True, metavar="GENRE", help="Only of this genre; repeat for several at once."
)
@click.option("--exact", is_flag=True, help="Compare whole-film vectors one by one, as the original does.")
@click.option(
    "--measure", type=click.Choice(["cosine", "dot", "euclidean"]), default="cosine", help="What --exact compares by."
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "jsonl", "csv"]), default="table", show_default=True
)
@click.option("--explain", is_flag=True, help="Show the passage that matched (it may give the ending away).")
@store_options
def find(
    settings: Settings,
    plots: tuple[str, ...],
    plot_files: tuple[str, ...],
    titles: tuple[str, ...],
    year: int | None,
    ids: tuple[str, ...],
    unlike: tuple[str, ...],
    limit: int,
    mode: Any,
    intent: Any,
    seen: Path | None,
    diverse: bool,
    rerank: str | None,
    year_from: int | None,
    year_to: int | None,
    genres: tuple[str, ...],
    exact: bool,
    measure: Any,
    form: str,
    explain: bool,
) -> None:
    """Find films by a described plot, or films like one in the collection."""
    from . import screen
    from .retrieval import Filters

    wishes = [*(_text(plot) for plot in plots), *(_file(name) for name in plot_files)]
    if not wishes and not titles and not ids:
        if sys.stdin.isatty():
            raise click.UsageError('say what to find: --plot "what happens", or --title "a film you like"')
        wishes = [_text("-")]
    from .seen import read_seen

    watched = read_seen(seen) if seen else []
    with _search(settings) as search:
        films = [*ids, *(search.show(title, year).id for title in titles)]
        answer = search.find(
            wishes,
            films,
            unlike=unlike,
            limit=limit,
            mode="dense" if exact and mode is None else mode or "hybrid",
            intent=intent,
            filters=Filters(year_from, year_to, genres),
            seen=watched,
            diverse=diverse,
            exact=exact,
            measure=measure,
            explain=explain,
            rerank=rerank,
        )
    for note in answer.notes:
        click.echo(note, err=True)
    if form == "table":
        screen.answer_table(answer, _console(), explain=explain)
    else:
        if text := screen.answer_text(answer, form, explain=explain):
            click.echo(text)


@main.command()
@click.argument("queries", type=click.Path(path_type=Path), metavar="[QUERIES.jsonl]", required=False)
@mode_option
@click.option("--exact", is_flag=True, help="The original's way: whole-film vectors, one by one.")
@click.option("--intent", type=click.Choice(["identify", "similar"]), help="As in find.")
@click.option("--pool", type=click.Path(path_type=Path), metavar="FILE", help="Rank only the ids in this JSON list.")
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Write metrics and rankings here (JSON).")
@click.option(
    "--against", type=click.Path(path_type=Path), metavar="FILE", help="Compare with a saved run, query by query."
)
@store_options
def evaluate(
    settings: Settings,
    queries: Path | None,
    mode: Any,
    exact: bool,
    intent: Any,
    pool: Path | None,
    save: Path | None,
    against: Path | None,
) -> None:
    """Measure the ranking on judged queries; none: those that come with the bundled films.

    Each line is {"query": "...", "relevant": [ids]}, or {"id": "...", "relevant": {id: gain}} for
    films like one. Metrics come with bootstrap 95 % confidence intervals.
    """
    from .evaluating import bundled_queries, run

    chosen: Any = "dense" if exact and mode is None else mode or "hybrid"
    with _search(settings) as search:
        run(
            search,
            queries or bundled_queries(),
            mode=chosen,
            exact=exact,
            intent=intent,
            pool=pool,
            save=save,
            against=against,
            console=_console(),
        )


@main.command()
@click.argument("film", metavar="ID|TITLE")
@click.option("--year", type=int, help="The year, where several films share the title.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@store_options
def show(settings: Settings, film: str, year: int | None, form: str) -> None:
    """Show one film as it is stored, its plot included."""
    from . import screen

    with _search(settings) as search:
        movie = search.show(film, year)
    if form == "json":
        click.echo(screen.movie_json(movie))
    else:
        screen.movie_table(movie, _console())


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@store_options
def export(settings: Settings, folder: Path) -> None:
    """Write embeddings.npy (float32, one row a film), movies.json and manifest.json, as the original has them."""
    with _search(settings) as search:
        films = search.export(folder)
    click.echo(f"{films:,} films in {folder}: embeddings.npy, movies.json, manifest.json")


@main.command("map")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Draw it: a .svg or a .png.")
@click.option(
    "--colour", type=click.Choice(["genre", "decade"]), default="genre", show_default=True, help="What colours say."
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option(
    "--labels", type=click.IntRange(0, 1000), default=40, show_default=True, help="How many films are named at most."
)
@click.option("--anew", is_flag=True, help="Lay all films out again; without it those that have a place keep it.")
@store_options
def film_map(settings: Settings, output: Path | None, colour: Any, theme: Any, labels: int, anew: bool) -> None:
    """Make the map of films: each a point, those of like stories beside each other."""
    from .mapping import run

    with _search(settings) as search:
        run(search, output, colouring=colour, theme=theme, labels=labels, anew=anew, errors=_console(stderr=True))


@main.command()
@click.option("--check", is_flag=True, help="Look at every row, not only at the counts.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@store_options
def info(settings: Settings, check: bool, form: str) -> None:
    """Show what is in the collection: films, passages, model, sizes, health."""
    from . import screen

    with _search(settings) as search:
        told = search.info(check=check)
    if form == "json":
        click.echo(screen.info_json(told))
    else:
        screen.info_table(told, _console())
    if told.wrong:
        sys.exit(1)


@main.command()
@store_options
def verify(settings: Settings) -> None:
    """Compare every film and vector with its second home, and look each one up."""
    with _search(settings) as search:
        wrong = search.verify()
    if wrong:
        click.echo(f"damaged: {wrong}; `moviesearch repair` makes the index again", err=True)
        sys.exit(1)
    click.echo("all good")


@main.command()
@store_options
def repair(settings: Settings) -> None:
    """Make the index again from its second home; nothing is embedded that was embedded before."""
    with _search(settings) as search:
        films = search.repair()
    click.echo(f"the index was made again: {films:,} films")


web.add(main, store_options)


def _text(given: str) -> str:
    if given != "-":
        return given
    return _decoded(sys.stdin.buffer.read(), "standard input")


def _file(name: str) -> str:
    if name == "-":
        return _text("-")
    try:
        return _decoded(Path(name).read_bytes(), name)
    except OSError as error:
        raise UsageError(f"{name} can't be read: {error.strerror}") from error


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text (byte {error.start})") from error


from .moving_commands import backup, copy, restore  # noqa: E402 - they use the options above

for command in (copy, backup, restore):
    main.add_command(command)
