"""What can be read of a ledger: its films, and what follows from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from moviesearch.errors import DamagedError
from moviesearch.records import Movie

from . import attributes_table, parts_table, titles_table, watched_table
from .attributes_table import Attributes
from .entries import COMMITTED, TOMBSTONE, Entry, Facts, content_hash, origins_of, people_of
from .ledger_file import LedgerFile
from .paging import pages
from .parts_table import OfPart
from .titles_table import Named, TitleKind

_COLUMNS = "id, title, plot, year, genres, url, extra"
_ENTRY_COLUMNS = f"{_COLUMNS}, seq, hash, passages, stale"
_PAGE = 500


class LedgerReader(LedgerFile):
    """The films of one collection, as they are read.

    It writes nothing but the tables that follow from the films, where an earlier version of the program left none.
    """

    def known(self, ids: Sequence[str]) -> dict[str, tuple[Entry, int]]:
        """(entry, state) of those films that are in the ledger, by id."""
        entries: dict[str, tuple[Entry, int]] = {}
        for page in _pages(ids):
            sql = f"SELECT {_ENTRY_COLUMNS}, state FROM films WHERE id IN ({','.join('?' * len(page))})"
            for row in self._db.execute(sql, page):
                entries[row[0]] = (_entry(row), row[-1])
        return entries

    def next_seq(self) -> int:
        """The `seq` for the next film: one more than the highest, or 0."""
        return int(self._db.execute("SELECT coalesce(max(seq), -1) + 1 FROM films").fetchone()[0])

    def counts(self) -> tuple[int, int, int]:
        """(films committed, their passages, films pending or with a tombstone); kept until something changes."""
        sql = (
            f"SELECT coalesce(sum(state = {COMMITTED}), 0), coalesce(sum(passages * (state = {COMMITTED})), 0),"
            f" coalesce(sum(state <> {COMMITTED}), 0) FROM films"
        )
        films, passages, uncommitted = self._recalled(sql)
        return int(films), int(passages), int(uncommitted)

    def movie(self, film: str) -> Movie | None:
        """One film by id, or None."""
        return self.movies([film]).get(film)

    def movies(self, ids: Sequence[str]) -> dict[str, Movie]:
        """Films by id; those that the ledger lacks are left out."""
        movies: dict[str, Movie] = {}
        for page in _pages(ids):
            sql = f"SELECT {_COLUMNS} FROM films WHERE id IN ({','.join('?' * len(page))})"
            for row in self._db.execute(sql, page):
                movies[row[0]] = _movie(row)
        return movies

    def entries(self, state: int | None = None) -> Iterator[Entry]:
        """The films, or those of one state, in the order of ingest. The ledger may be written to meanwhile."""
        of_state = "" if state is None else f"AND state = {int(state)}"
        sql = f"SELECT {_ENTRY_COLUMNS} FROM films WHERE (seq, id) > (?, ?) {of_state} ORDER BY seq, id LIMIT {_PAGE}"
        after: tuple[int, str] = (-1, "")
        while rows := self._db.execute(sql, after).fetchall():
            for row in rows:
                yield _entry(row)
            after = (rows[-1][7], rows[-1][0])

    def ids(self) -> list[str]:
        """All ids in the order of ingest."""
        return [row[0] for row in self._db.execute("SELECT id FROM films ORDER BY seq, id")]

    def by_title(self, title: str, year: int | None = None) -> list[Movie]:
        """The films of a title, oldest first; case, accents and punctuation don't count.

        Films that have it as another of their titles count where there are no others.
        """
        films = [film for film in self.named(title) if film.kind <= TitleKind.OTHER and year in (None, film.year)]
        movies = self.movies([film.film for film in films if film.kind == films[0].kind])
        return [movies[film.film] for film in films if film.film in movies]

    def named(self, title: str) -> list[Named]:
        """The films that have a title, however written, the best fit first, then the oldest."""
        if not _is_text(title):
            return []
        self._fit(titles_table)
        return titles_table.named(self._db, title)

    def of_part(self, part: str) -> OfPart:
        """The films that are named by a part of their title, such as "Léon" of "Léon: The Professional"."""
        if not _is_text(part):
            return OfPart({}, begins=False)
        self._fit(parts_table)
        return parts_table.films_of(self._db, part)

    def titles_among(self, folded: Iterable[str]) -> set[str]:
        """Those of some texts, folded in either form, that are titles of films."""
        self._fit(titles_table)
        return titles_table.present(self._db, [text for text in folded if _is_text(text)])

    def titled(self, folded: Sequence[str]) -> dict[str, list[Entry]]:
        """The films whose own titles, folded, are among these, by title and in the order of ingest.

        Those with a tombstone are left out.
        """
        self._fit(titles_table)
        columns = ", ".join(f"films.{column}" for column in _ENTRY_COLUMNS.split(", "))
        found: dict[str, list[Entry]] = {}
        for page in _pages(folded):
            sql = (
                f"SELECT {columns}, titles.title FROM titles JOIN films ON films.id = titles.film WHERE titles.title"
                f" IN ({','.join('?' * len(page))}) AND kind = {TitleKind.OWN:d} AND state <> {TOMBSTONE}"
                " ORDER BY seq, films.id"
            )
            for row in self._db.execute(sql, page):
                found.setdefault(row[-1], []).append(_entry(row))
        return found

    def shared_titles(self) -> list[str]:
        """The titles, folded, that several films have as their own."""
        self._fit(titles_table)
        sql = f"SELECT title FROM titles WHERE kind = {TitleKind.OWN:d} GROUP BY title HAVING count(*) > 1"
        return [str(row[0]) for row in self._db.execute(sql)]

    def folded_titles(self, *, loosely: bool = False) -> list[tuple[str, str]]:
        """(folded title, id) for every title of every film; `loosely` by `loose_title`."""
        self._fit(titles_table)
        return titles_table.all_of(self._db, loosely=loosely)

    def attributes(self) -> Attributes:
        """The people, countries, languages and running times of the films."""
        self._fit(attributes_table)
        return Attributes(self._db)

    def titles(self) -> Iterator[tuple[str, str, int | None]]:
        """(id, title, year) of every film, in the order of ingest."""
        yield from self._db.execute("SELECT id, title, year FROM films ORDER BY seq, id")

    def sizes(self, condition: str, values: Sequence[object]) -> dict[str, int]:
        """The films for which an SQL condition on their columns holds: id -> number of passages."""
        return dict(self._db.execute(f"SELECT id, passages FROM films WHERE {condition}", list(values)))

    def count(self, condition: str, values: Sequence[object]) -> tuple[int, int]:
        """(films, their passages) for which an SQL condition on their columns holds; kept until something changes."""
        films, passages = self._recalled(
            f"SELECT count(*), coalesce(sum(passages), 0) FROM films WHERE {condition}", values
        )
        return int(films), int(passages)

    def meeting(self, ids: Sequence[str], condition: str, values: Sequence[object]) -> set[str]:
        """Those of some films for which an SQL condition on their columns holds."""
        matches: set[str] = set()
        for page in _pages(ids):
            # The condition is a column here: in the WHERE, SQLite might go through all films of some years, not by ids.
            sql = f"SELECT id, {condition} FROM films WHERE id IN ({','.join('?' * len(page))})"
            matches |= {film for film, meets in self._db.execute(sql, [*values, *page]) if meets}
        return matches

    def fingerprints(self) -> dict[str, tuple[str, int, int]]:
        """(content hash, `seq`, number of passages) of every film by id, in the order of ingest."""
        return {
            row[0]: (row[1], row[2], row[3])
            for row in self._db.execute("SELECT id, hash, seq, passages FROM films ORDER BY seq, id")
        }

    def contents(self) -> str:
        """A digest, of 32 hex digits, of the ids and content hashes of all films that are committed."""
        rows = self._db.execute(f"SELECT id, hash FROM films WHERE state = {COMMITTED} ORDER BY id").fetchall()
        return hashlib.blake2b(repr(rows).encode(), digest_size=16).hexdigest()

    def sizes_of(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of passages of those films that are in the ledger, by id."""
        sizes: dict[str, int] = {}
        for page in _pages(ids):
            sizes |= self._db.execute(f"SELECT id, passages FROM films WHERE id IN ({','.join('?' * len(page))})", page)
        return sizes

    def titles_of(self, ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """(title, year) of films by id; those that the ledger lacks are left out."""
        titles: dict[str, tuple[str, int | None]] = {}
        for page in _pages(ids):
            sql = f"SELECT id, title, year FROM films WHERE id IN ({','.join('?' * len(page))})"
            titles |= {film: (title, year) for film, title, year in self._db.execute(sql, page)}
        return titles

    def watched(self) -> frozenset[str]:
        """The ids of the films that were watched by what their records say."""
        self._fit(watched_table)
        return watched_table.films(self._db)

    def facts_of(self, ids: Sequence[str], people: Sequence[str] = ()) -> dict[str, Facts]:
        """What the records of films say beside their stories, by id.

        Only of films that have one of `people`, given by whole names or surnames, folded, people are told.
        """
        facts: dict[str, Facts] = {}
        for page in _pages(ids):
            theirs = self.attributes().films_with(page, people) if people else set()
            sql = f"SELECT id, year, genres, extra FROM films WHERE id IN ({','.join('?' * len(page))})"
            for film, year, genres, extra in self._db.execute(sql, page):
                told = people_of(json.loads(extra)) if film in theirs else ()
                facts[film] = Facts(year, tuple(json.loads(genres)), _origins(extra), told)
        return facts

    def years(self) -> tuple[int, int] | None:
        """The first and the last year of a film; None where no film has a year."""
        first, last = self._db.execute("SELECT min(year), max(year) FROM films").fetchone()
        return None if first is None else (int(first), int(last))

    def genres(self) -> list[tuple[str, int]]:
        """(genre, number of its films), the most frequent first; upper and lower case are one genre."""
        sql = (
            "SELECT min(value), count(DISTINCT films.id) FROM films, json_each(films.genres) WHERE value <> ''"
            " GROUP BY lower(value) ORDER BY 2 DESC, 1"
        )
        db = self._db
        rows = db.recall((sql,), lambda: db.execute(sql).fetchall())
        return [(str(genre), int(count)) for genre, count in rows]

    def uncommitted(self) -> bool:
        """Whether a film is pending or has a tombstone: a writer is at work, or was interrupted."""
        return bool(self._db.execute(f"SELECT EXISTS (SELECT 1 FROM films WHERE state <> {COMMITTED})").fetchone()[0])

    def hashes(self) -> dict[str, str]:
        """The content hashes of the committed films, by id."""
        return dict(self._db.execute(f"SELECT id, hash FROM films WHERE state = {COMMITTED}"))

    def check(self) -> str | None:
        """What is wrong with the file, by SQLite's own check and every film's content hash; None when nothing is."""
        result = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if result != "ok":
            return f"{self.path} is damaged ({result})"
        wrong = next((entry.movie.id for entry in self.entries() if content_hash(entry.movie) != entry.hash), None)
        return None if wrong is None else f"{self.path} is damaged (the film {wrong!r} is not as it was stored)"


@lru_cache(maxsize=10_000)
def _origins(extra: str) -> frozenset[str]:
    """The origins that a film's further fields, as the ledger has them, name. Questions with hints ask for hundreds."""
    return origins_of(json.loads(extra))


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids that can be in the ledger, by the page."""
    return pages([film for film in ids if _is_text(film)], _PAGE)


def _is_text(text: str) -> bool:
    """Whether a text can be stored: not one with a lone surrogate."""
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(_movie(row), *row[7:11])


def _movie(row: tuple[Any, ...]) -> Movie:
    film, title, plot, year, genres, url, extra = row[:7]
    try:
        return Movie(
            id=str(film),
            title=str(title),
            plot=str(plot),
            year=year if isinstance(year, int) else None,
            genres=tuple(json.loads(genres)),
            url=None if url is None else str(url),
            extra=json.loads(extra),
        )
    except (TypeError, ValueError) as error:
        raise DamagedError(f"the film {film!r} can't be read from the ledger ({error})") from error
