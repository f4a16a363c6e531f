"""The work of `moviesearch fetch`: films of a list from Wikipedia, or all of a dump, into a collection or a file."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moviesearch.errors import SourceError, StoreError, UsageError
from moviesearch.records import IngestReport, Movie, Rejected
from moviesearch.sources.fields import BadField, film
from moviesearch.sources.sorted_titles import article_first, without_year
from moviesearch.sources.wikipedia.api.answers import Answers
from moviesearch.sources.wikipedia.api.client import WikiClient, legal
from moviesearch.sources.wikipedia.api.fetch import FetchReport, fetch, fetched
from moviesearch.sources.wikipedia.api.film_lists import ListedFilm, read_list
from moviesearch.sources.wikipedia.api.page_finder import FilmPage, Miss, find
from moviesearch.sources.wikipedia.api.polite import Manners, PoliteTransport, WikiStoppedError
from moviesearch.sources.wikipedia.dump.read import DumpReport, read_dump
from moviesearch.sources.wikipedia.dump.xml_pages import PART_BYTES
from moviesearch.sources.wikipedia.output import LeftOut, write_misses, written

from .progress import noted_bar

if TYPE_CHECKING:
    from moviesearch.search import MovieSearch

_IMDB_TOP = 1000
_SHOWN_MISSES = 10
_STORED_AT_ONCE, _STORED_AFTER = 100, 30.0
"""Films, or seconds, after which what was fetched is stored, so that it can be searched and others can write."""
_STALE_DAYS = 7
"""Answers of a fetch that nobody went on with are thrown away after so long."""

_IMDB_ID = re.compile(r"tt\d{5,}")
_YEAR = re.compile(r"(?:18[89]|19\d|20\d)\d")
_PAGE_ADDRESS = re.compile(
    r"https?://(?P<language>[a-z-]+)\.(?:m\.)?wikipedia\.org/(?:wiki/|w/index\.php\?title=)(?P<title>[^?&#]+)"
)


@dataclass(frozen=True, slots=True)
class FetchJob:
    """What to fetch, and from which wiki. One of `films`, `page`, `category`, `titles`, `imdb` and `enrich` is given.

    `films` are titles as people type them, `page` is one that lists films, `titles` a file, `imdb` a folder of IMDb's
    tables. `enrich` is for the films of the collection that have only an overview.
    """

    output: Path | None = None
    contact: str | None = None
    films: tuple[str, ...] = ()
    page: str | None = None
    category: str | None = None
    titles: Path | None = None
    imdb: Path | None = None
    enrich: bool = False
    ratings: Path | None = None
    top: int | None = None
    min_votes: int = 25_000
    misses: Path | None = None
    seed_json: Path | None = None
    language: str = "en"
    api: str | None = None
    connections: int = 1
    manners: Manners = field(default_factory=Manners)

    @property
    def site(self) -> str:
        """The wiki's name, as its films' ids begin."""
        return f"{self.language}wiki"

    def state(self, cache: Path | None = None) -> Path:
        """The file that keeps the server's answers until all is done: beside the output, else in a cache's folder."""
        if self.output and cache is None:
            return self.output.with_name(self.output.name + ".state.sqlite3")
        assert cache is not None
        files = [path.absolute() if path else None for path in (self.titles, self.imdb, self.ratings)]
        which = (self.films, self.page, self.category, files, self.enrich, self.top, self.min_votes)
        return cache / f"{_fingerprint(self.language, self.api, *which)}.sqlite3"


@dataclass(frozen=True, slots=True)
class Summary:
    """The text to print at the end; `complete` when every film of the list is a record or a lasting miss.

    `ingested` is what came into the collection, and `films` are the pages of those that were named. `ended` says why
    nothing more could be asked for, if so.
    """

    text: str
    complete: bool
    misses: int = 0
    ingested: IngestReport | None = None
    films: tuple[str, ...] = ()
    ended: WikiStoppedError | None = None


def run_fetch(job: FetchJob, stopped: threading.Event | None = None) -> Summary:
    """Fetch the films into the output. The stored answers are removed when none is missing. Raises MovieSearchError."""
    started = time.monotonic()
    assert job.output
    _check_outputs(job.output, job.misses, job.seed_json)
    films = _films_of_files(job)
    with _asking(job, job.state(), len(films) or None, stopped) as (client, move):
        films = films or _films_of_wiki(job, client)
        report = fetch(
            films,
            client,
            job.output,
            site=job.site,
            connections=job.connections,
            seed_json=job.seed_json,
            on_film=lambda result: move(1, _bar_note(result)),
        )
    _write_misses(job.misses, report)
    if not report.unanswered:
        job.state().unlink(missing_ok=True)
    head = f"{_count(report.films, 'film')} in {job.output}, {_count(len(report.misses), 'miss', 'misses')}"
    return Summary(_fetch_text(job, report, head, started), not report.unanswered, len(report.misses))


def run_into(job: FetchJob, search: MovieSearch, stopped: threading.Event | None = None) -> Summary:
    """Fetch the films into a collection, where they are stored as they come. Raises MovieSearchError.

    What was stored stays when this is stopped. The same job goes on from there, and asks for no page twice.
    """
    started = time.monotonic()
    _check_outputs(job.misses)
    state = job.state(_states(search.settings.cache))
    to_enrich = {movie.id: movie for movie in search.overviews()} if job.enrich else {}
    films = [_listed(movie, job.language) for movie in to_enrich.values()][: job.top] or _films_of_files(job)
    report = FetchReport()
    store = _Store(search)
    shown: list[str] = []
    ended: WikiStoppedError | None = None
    if job.enrich and not films:
        return Summary("every film here has its whole plot", complete=True)
    with _asking(job, state, len(films) or None, stopped) as (client, move):
        films = films or _films_of_wiki(job, client)
        try:
            for result in fetched(films, client, report, connections=job.connections):
                if stopped and stopped.is_set():
                    raise WikiStoppedError("stopped")
                if isinstance(result, FilmPage):
                    found = _found(result, job.site, to_enrich)
                    if isinstance(found, Miss):
                        report.films -= 1
                        report.misses.append(found)
                        result = found
                    else:
                        store.add(found)
                        shown.append(f"{found.title}{f' ({found.year})' if found.year else ''}: {result.page.url}")
                move(1, _bar_note(result))
        except WikiStoppedError as error:
            ended = error
        move(0, "storing")
        store.finish()
    _write_misses(job.misses, report)
    if not (report.unanswered or ended):
        state.unlink(missing_ok=True)
    head = f"{_count(report.films, 'film')}, {_count(len(report.misses), 'miss', 'misses')}"
    few = tuple(shown) if job.films else ()
    text = _fetch_text(job, report, head, started)
    ingested = store.report if report.films else None
    return Summary(text, not report.unanswered, len(report.misses), ingested, few, ended)


def run_dry(job: FetchJob, search: MovieSearch, stopped: threading.Event | None = None) -> list[str]:
    """The films that would be asked for; a wiki is asked for nothing but a list or a category."""
    if job.enrich:
        return [str(_listed(movie, job.language)) for movie in search.overviews()][: job.top]
    films = _films_of_files(job)
    if not films:
        with _asking(job, job.state(_states(search.settings.cache)), None, stopped) as (client, _):
            films = _films_of_wiki(job, client)
    return [str(film) for film in films]


@contextmanager
def _asking(
    job: FetchJob, state: Path, count: int | None, stopped: threading.Event | None
) -> Iterator[tuple[WikiClient, Callable[[float, str], None]]]:
    """A client of the job's wiki whose answers are kept in `state`, and a progress bar."""
    try:
        with Answers(state) as answers, noted_bar("films", count) as move:
            transport = PoliteTransport(
                answers,
                api=job.api,
                manners=job.manners,
                on_wait=lambda reason: move(0, f"waiting: {reason}"),
                stopped=stopped,
            )
            try:
                yield WikiClient(job.contact, transport, language=job.language, maxlag=job.manners.maxlag), move
            finally:
                transport.close()
    except UsageError:
        state.unlink(missing_ok=True)  # nothing in it can be gone on from
        raise


def _states(cache: Path) -> Path:
    """The folder of answers to jobs that have no file to write; those that nobody went on with are removed."""
    folder = cache / "fetch"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if time.time() - path.stat().st_mtime > _STALE_DAYS * 86400:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(f"{folder} can't be used ({reason}): MOVIESEARCH_CACHE names another folder") from error
    return folder


def _fingerprint(*values: object) -> str:
    return hashlib.sha256(repr(values).encode(errors="surrogatepass")).hexdigest()[:16]


# Which films


def _films_of_files(job: FetchJob) -> list[ListedFilm]:
    """The films of a list or of IMDb's tables; none where the job is of another kind."""
    path = job.titles or (_imdb_table(job.imdb) if job.imdb else None)
    if path is None:
        return []
    films = read_list(
        path,
        ratings=job.ratings,
        top=job.top,
        min_votes=job.min_votes,
        note=lambda line: click.echo(f"{path}: {line}", err=True),
    )
    return films[:_IMDB_TOP] if films[0].imdb_id and job.top is None else films


def _imdb_table(folder: Path) -> Path:
    if folder.is_file():
        return folder
    for name in ("title.basics.tsv.gz", "title.basics.tsv"):
        if (folder / name).is_file():
            return folder / name
    raise SourceError(
        f"there is no title.basics.tsv.gz in {folder}: get it and title.ratings.tsv.gz from IMDb's published data sets"
    )


def _films_of_wiki(job: FetchJob, client: WikiClient) -> list[ListedFilm]:
    """The films that are named, or that a page or a category of the wiki lists."""
    if job.films:
        return _named(job, client)[: job.top]
    titles = client.films_on(job.page) if job.page else client.category(job.category or "")
    place = job.page or f"Category:{job.category}"
    return [ListedFilm(title, place=place, exact=True) for title in titles][: job.top]


def _named(job: FetchJob, client: WikiClient) -> list[ListedFilm]:
    """The films of titles as people type them; words without quotes are one title where a film has it."""
    if len(job.films) > 1 and all(re.fullmatch(r"\S+", word) for word in job.films):
        whole = " ".join(job.films)
        readings = [ListedFilm(whole)]
        if _YEAR.fullmatch(job.films[-1].strip("()")):
            readings.insert(0, ListedFilm(" ".join(job.films[:-1]), int(job.films[-1].strip("()"))))
        for reading in readings:
            if isinstance(find(reading, client, client.words), FilmPage):
                click.echo(f"taking {str(reading)!r} as one title; quotes tell several apart", err=True)
                return [reading]
    return [named_film(text, job.language) for text in dict.fromkeys(job.films)]


def named_film(text: str, language: str) -> ListedFilm:
    """The film of a title with or without its year, an id of IMDb's, or the address of a page.

    Raises UsageError for a title that can't be one, and for the page of another language.
    """
    if address := _PAGE_ADDRESS.match(text.strip()):
        if address["language"] != language:
            raise UsageError(f"{text} is of another Wikipedia: --language {address['language']} asks that one")
        return ListedFilm(urllib.parse.unquote(address["title"]).replace("_", " "), exact=True)
    if id_found := re.search(r"^(?:https?://(?:\w+\.)?imdb\.com/title/)?(tt\d{5,})/?", text.strip()):
        return ListedFilm(id_found[1], imdb_id=id_found[1], by_id=True)
    title, year = without_year(" ".join(text.split()))
    title = article_first(title, beside_year=year is not None)
    if not legal(title):
        raise UsageError(f"{text!r} can't be a film's title")
    return ListedFilm(title, year)


def _listed(movie: Movie, language: str) -> ListedFilm:
    """A film of the collection as it is looked for: by its page here, its id at IMDb, else its title and year."""
    address = _PAGE_ADDRESS.match(movie.url or "")
    if address and address["language"] == language:
        title = urllib.parse.unquote(address["title"]).replace("_", " ")
        return ListedFilm(title, movie.year, movie.id, exact=True)
    ids = (movie.id, *(str(movie.extra.get(name, "")) for name in ("imdb_id", "imdbId", "imdb", "tconst")))
    imdb_id = next((text for text in ids if _IMDB_ID.fullmatch(text)), "")
    original = movie.extra.get("original_title")
    other = original if isinstance(original, str) and original != movie.title else ""
    return ListedFilm(movie.title, movie.year, movie.id, other, imdb_id, by_id=bool(imdb_id))


# Into the collection


class _Store:
    """Stores films as they come, a hundred at once or what has come in half a minute."""

    def __init__(self, search: MovieSearch) -> None:
        self.report = IngestReport()
        self._search = search
        self._films: list[Movie] = []
        self._since = time.monotonic()

    def add(self, movie: Movie) -> None:
        self._films.append(movie)
        if len(self._films) == _STORED_AT_ONCE or time.monotonic() - self._since > _STORED_AFTER:
            self.finish()

    def finish(self) -> None:
        """Store what has come since."""
        if self._films:
            report = self._search.ingest(self._films, on_rejected=_say_rejected)
            counts = [one for one in fields(IngestReport) if one.name != "stopped"]
            self.report = IngestReport(
                **{one.name: getattr(self.report, one.name) + getattr(report, one.name) for one in counts}
            )
            self._films = []
        self._since = time.monotonic()


def _say_rejected(record: Rejected) -> None:
    click.echo(str(record), err=True)


def _found(result: FilmPage, site: str, to_enrich: Mapping[str, Movie]) -> Movie | Miss:
    """The film of a page, or why it can't be stored.

    Of the films of the collection that are `to_enrich`, by id, it is the one that was asked for, with its plot.
    """
    try:
        record = result.record(site)
        record.pop("listed_title", None)  # the same film under another name is no other record
        there = film(record, lambda bad: None)
    except BadField as bad:
        return Miss(result.wanted, f"the page {result.page.title!r}: {bad}")
    stored = to_enrich.get(result.wanted.place)
    return _with_plot(stored, there, result.wanted) if stored else there


def _with_plot(stored: Movie, there: Movie, wanted: ListedFilm) -> Movie | Miss:
    """A film of the collection with the plot that was found for it, or why that is not its own."""
    from moviesearch.collection.same_film import contradict, filled

    # Only what both say of the film itself is compared: the page has an id and an address of its own.
    if contradict(stored, replace(there, id="film", url=stored.url)):
        return Miss(wanted, f"{there.url} is of another film: its director, year or an id is another one")
    if len(there.plot) <= len(stored.plot):
        return Miss(wanted, f"{there.url} has no more of its plot than is here")
    licences = [str(extra["licence"]) for extra in (stored.extra, there.extra) if "licence" in extra]
    extra = {"wikipedia_url": there.url, "licence": "; ".join(dict.fromkeys(licences))}
    movie = filled(stored, there)
    return replace(movie, plot=there.plot, extra={**movie.extra, **extra})


# What is said


def _check_outputs(*paths: Path | None) -> None:
    """Raise StoreError or UsageError for files that can't be written in the end, before any work is done."""
    outputs = [path for path in paths if path is not None]
    for path in outputs:
        if not path.parent.is_dir():
            raise StoreError(f"there is no folder {path.parent}: make it first")
    if len({path.absolute() for path in outputs}) < len(outputs):
        raise UsageError("two of the files to write have the same name: give each its own")


def _count(number: int, name: str, several: str = "") -> str:
    return f"1 {name}" if number == 1 else f"{number:,} {several or f'{name}s'}"


def _bar_note(result: FilmPage | Miss) -> str:
    return result.wanted.title if isinstance(result, FilmPage) else f"not found: {result.wanted.title}"


def _fetch_text(job: FetchJob, report: FetchReport, head: str, started: float) -> str:
    lines = [f"{head}; {_count(report.asked, 'request')}, {time.monotonic() - started:.0f} s"]
    lines += _first_misses(list(map(_left_out, report.misses)), job.misses)
    if report.unanswered:
        lines.append(f"{report.unanswered} of them had no answer: run the same command again to ask for those alone.")
    return "\n".join(lines)


def _write_misses(path: Path | None, report: FetchReport) -> None:
    if path:
        write_misses(path, map(_left_out, report.misses))


def _left_out(miss: Miss) -> LeftOut:
    return LeftOut(miss.wanted.title, miss.wanted.year, miss.wanted.place, miss.reason)


def _first_misses(films: Sequence[LeftOut], path: Path | None) -> list[str]:
    """Return the lines that show the first films that are left out, and say where the others are."""
    lines = [f"  {f'{film.place}: ' if film.place else ''}{film}: {film.reason}" for film in films[:_SHOWN_MISSES]]
    if len(films) > _SHOWN_MISSES:
        rest = f"{len(films) - _SHOWN_MISSES} more"
        lines.append(f"  ... and {rest} in {path}" if path else f"  ... and {rest}: --misses FILE has all")
    return lines


# Dumps


def run_dump(
    paths: Sequence[Path],
    output: Path,
    jobs: int | None = None,
    part_bytes: int = PART_BYTES,
    *,
    misses: Path | None = None,
) -> str:
    """Read the dump files and return the text to print at the end. Raises MovieSearchError."""
    started = time.monotonic()
    _check_outputs(output, misses)
    report = _read_shown(paths, output, misses, jobs, part_bytes)
    return _dump_text(report, str(output), misses, time.monotonic() - started)


def _read_shown(
    paths: Sequence[Path], output: Path, misses: Path | None, jobs: int | None, part_bytes: int
) -> DumpReport:
    """Read the dump files with a progress bar."""
    total = sum(path.stat().st_size for path in paths if path.exists())
    with noted_bar("dump", total or None, counted=False) as move:
        moved = 0

        def on_bytes(done: int, total: int) -> None:
            nonlocal moved
            move(done - moved, "")
            moved = done

        return read_dump(paths, output, misses=misses, jobs=jobs, part_bytes=part_bytes, on_bytes=on_bytes)


def dump_films(
    paths: Sequence[Path], cache: Path, jobs: int | None, part_bytes: int, misses: Path | None
) -> tuple[Path, Path, str]:
    """The files of a dump's films and of what it leaves out, in a cache's folder, and the text to print.

    They are made where they aren't there yet; whoever has stored the films removes both. `misses` is written in any
    case. Raises MovieSearchError.
    """
    started = time.monotonic()
    _check_outputs(misses)
    sizes = [(path.absolute(), path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.exists()]
    films = _states(cache) / f"{_fingerprint(sizes)}.jsonl"
    left_out = films.with_suffix(".misses.jsonl")
    text = ""
    if not (films.exists() and left_out.exists()):
        report = _read_shown(paths, films, left_out, jobs, part_bytes)
        text = _dump_text(report, "the dump", misses, time.monotonic() - started)
    if misses:
        with written(misses) as file:
            file.write(left_out.read_text(encoding="utf-8"))
    return films, left_out, text


def _dump_text(report: DumpReport, output: str, misses: Path | None, seconds: float) -> str:
    counts = f"{_count(report.films, 'film')} in {output}, {_count(len(report.left_out), 'article')} left out"
    read = f"{counts}; {_count(report.pages, 'page')} read"
    lines = [f"{read}, {report.new_bytes / 1e6:.0f} MB of XML in {seconds:.0f} s, {report.rate:.1f} MB/s a core"]
    lines += [f"  {count} left out: {kind}" for kind, count in report.kinds]
    lines += _first_misses(report.left_out, misses)
    lines += [f"  {fault}" for fault in report.faults]
    return "\n".join(lines)
