"""Which films are asked for: named ones, those of a list, IMDb's tables, a page, a category, or of the collection."""

from __future__ import annotations

import re
import urllib.parse
from pathlib import Path

import click

from moviesearch.errors import SourceError, UsageError
from moviesearch.records import Movie
from moviesearch.sources.sorted_titles import article_first, without_year
from moviesearch.sources.wikipedia.api.client import WikiClient, legal
from moviesearch.sources.wikipedia.api.film_lists import ListedFilm, read_list
from moviesearch.sources.wikipedia.api.page_finder import FilmPage, find

from .job import FetchJob

_IMDB_TOP = 1000
_IMDB_ID = re.compile(r"tt\d{5,}")
_YEAR = re.compile(r"(?:18[89]|19\d|20\d)\d")
_PAGE_ADDRESS = re.compile(
    r"https?://(?P<language>[a-z-]+)\.(?:m\.)?wikipedia\.org/(?:wiki/|w/index\.php\?title=)(?P<title>[^?&#]+)"
)


def films_of_files(job: FetchJob) -> list[ListedFilm]:
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


def films_of_wiki(job: FetchJob, client: WikiClient) -> list[ListedFilm]:
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


def listed(movie: Movie, language: str) -> ListedFilm:
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
