"""The ledger: every film of a collection as its source told it, and whether its vectors are in.

A film is entered as pending before anything is written to Chroma, and settled afterwards; one that
is to go is marked as leaving until it is gone. So what a crash interrupts is known and finished at
the next start, and a broken index can be rebuilt: the ledger is the records' second home. For a
store on a server it is the local mirror.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from moviesearch.errors import DamagedError
from moviesearch.records import Movie
from moviesearch.request import Filters

from .entries import Entry, content_hash, fold_title, origins_of
from .sqlite import Database, PerThread, connect

_SCHEMA = """
CREATE TABLE IF NOT EXISTS films (
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, title TEXT NOT NULL, folded TEXT NOT NULL, year INTEGER,
    genres TEXT NOT NULL, plot TEXT NOT NULL, url TEXT, extra TEXT NOT NULL,
    hash TEXT NOT NULL, passages INTEGER NOT NULL, stale INTEGER NOT NULL, state INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS films_order ON films (seq, id);
CREATE INDEX IF NOT EXISTS films_folded ON films (folded);
CREATE INDEX IF NOT EXISTS films_span ON films (year, passages);
CREATE INDEX IF NOT EXISTS films_genres ON films (genres, year, passages);
CREATE INDEX IF NOT EXISTS films_unsettled ON films (id) WHERE state <> 1;
CREATE INDEX IF NOT EXISTS films_counts ON films (state, passages);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_MARK = 0x6D736C65  # "msle"

PENDING, STORED, TOMBSTONE = 0, 1, 2

_COLUMNS = "id, title, plot, year, genres, url, extra"
_ENTRY = f"{_COLUMNS}, seq, hash, passages, stale"
_PAGE = 500


class Ledger:
    """The films of one collection, in an SQLite file. Raises DamagedError when the file is no ledger."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections = PerThread(lambda: connect(path, _SCHEMA, _MARK))

    @property
    def _db(self) -> Database:
        return self._connections.get()

    # facts about the collection as a whole

    def fact(self, name: str) -> str | None:
        """A fact by name, or None."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def set_facts(self, **facts: object) -> None:
        """Set facts, durably and together; None removes one."""
        with self._db:
            self._set(facts)

    def _set(self, facts: Mapping[str, object]) -> None:
        for name, value in facts.items():
            if value is None:
                self._db.execute("DELETE FROM facts WHERE name = ?", [name])
            else:
                self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, str(value)])

    @property
    def generation(self) -> int:
        """A number that grows with every change; what is derived from the collection carries it."""
        return self.number("generation", 0)

    def number(self, name: str, default: int) -> int:
        """A fact that is a number. Raises DamagedError when it is none."""
        told = self.fact(name) or str(default)
        if not told.isascii() or not told.isdigit():
            raise DamagedError(f"{self.path} is damaged ({name} is {told[:40]!r})")
        return int(told)

    # writing

    def enter(self, entries: Iterable[Entry]) -> None:
        """Note films as pending: on return they are on the disk."""
        rows = [
            (
                entry.movie.id,
                entry.seq,
                entry.movie.title,
                fold_title(entry.movie.title),
                entry.movie.year,
                json.dumps(entry.movie.genres, ensure_ascii=False),
                entry.movie.plot,
                entry.movie.url,
                json.dumps(dict(entry.movie.extra), ensure_ascii=False),
                entry.hash,
                entry.passages,
                entry.stale,
            )
            for entry in entries
        ]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO films VALUES (?,?,?,?,?,?,?,?,?,?,?,?,0)", rows)

    def adopt(self, entries: Sequence[Entry]) -> int:
        """Take in stored films that are not known here, after the others where their place is taken; how many."""
        known = self.known([entry.movie.id for entry in entries])
        taken = {row[0] for row in self._db.execute("SELECT seq FROM films")}
        fresh: list[Entry] = []
        for entry in sorted(entries, key=lambda entry: entry.seq):
            if entry.movie.id not in known:
                seq = entry.seq if entry.seq not in taken else max(taken) + 1
                taken.add(seq)
                fresh.append(replace(entry, seq=seq))
        self.enter(fresh)
        self.commit([entry.movie.id for entry in fresh])
        return len(fresh)

    def commit(self, ids: Sequence[str]) -> int:
        """Mark films as stored and return the new generation."""
        with self._db:
            self._db.executemany("UPDATE films SET state = 1, stale = 0 WHERE id = ?", [(film,) for film in ids])
            return self._bump()

    def recount(self, passages: Mapping[str, int], **facts: object) -> None:
        """After a rebuild: the films' numbers of passages, all settled, those on their way out gone; and facts."""
        with self._db:
            self._db.execute("DELETE FROM films WHERE state = ?", [TOMBSTONE])
            self._db.executemany(
                "UPDATE films SET state = 1, stale = 0, passages = ? WHERE id = ?",
                [(count, film) for film, count in passages.items()],
            )
            self._bump()
            self._set(facts)

    def tombstone(self, ids: Sequence[str]) -> None:
        """Mark films as leaving."""
        with self._db:
            self._db.executemany("UPDATE films SET state = ? WHERE id = ?", [(TOMBSTONE, film) for film in ids])

    def remove(self, ids: Sequence[str]) -> int:
        """Strike films out and return the new generation."""
        with self._db:
            self._db.executemany("DELETE FROM films WHERE id = ?", [(film,) for film in ids])
            return self._bump()

    def clear(self, **facts: object) -> None:
        """Strike everything out, facts too, but for the generation, which grows; then set facts."""
        with self._db:
            generation = self.generation
            self._db.execute("DELETE FROM films")
            self._db.execute("DELETE FROM facts")
            self._set({"generation": generation + 1, **facts})

    def _bump(self) -> int:
        generation = self.generation + 1
        self._db.execute("INSERT OR REPLACE INTO facts VALUES ('generation', ?)", [str(generation)])
        return generation

    # reading

    def known(self, ids: Sequence[str]) -> dict[str, tuple[Entry, int]]:
        """(entry, state) of those films that are in the ledger."""
        known: dict[str, tuple[Entry, int]] = {}
        for page in _pages(ids):
            sql = f"SELECT {_ENTRY}, state FROM films WHERE id IN ({','.join('?' * len(page))})"
            for row in self._db.execute(sql, page):
                known[row[0]] = (_entry(row), row[-1])
        return known

    def next_seq(self) -> int:
        """The place after the last film in the order of ingest."""
        return int(self._db.execute("SELECT coalesce(max(seq), -1) + 1 FROM films").fetchone()[0])

    def counts(self) -> tuple[int, int, int]:
        """(films stored, their passages, films pending or leaving); counted again only after a change."""
        sql = (
            "SELECT coalesce(sum(state = 1), 0), coalesce(sum(passages * (state = 1)), 0),"
            " coalesce(sum(state <> 1), 0) FROM films"
        )
        films, passages, uncommitted = self._once(sql)
        return int(films), int(passages), int(uncommitted)

    def movie(self, film: str) -> Movie | None:
        """One film by id, or None."""
        found = self.movies([film])
        return found.get(film)

    def movies(self, ids: Sequence[str]) -> dict[str, Movie]:
        """Films by id; those that aren't there are left out."""
        found: dict[str, Movie] = {}
        for page in _pages(ids):
            sql = f"SELECT {_COLUMNS} FROM films WHERE id IN ({','.join('?' * len(page))})"
            for row in self._db.execute(sql, page):
                found[row[0]] = _movie(row)
        return found

    def entries(self, state: int | None = None) -> Iterator[Entry]:
        """The films (of one state) in the order of ingest, page by page, so that it may be written to meanwhile."""
        condition = "" if state is None else f"AND state = {int(state)}"
        sql = f"SELECT {_ENTRY} FROM films WHERE (seq, id) > (?, ?) {condition} ORDER BY seq, id LIMIT {_PAGE}"
        after: tuple[int, str] = (-1, "")
        while rows := self._db.execute(sql, after).fetchall():
            for row in rows:
                yield _entry(row)
            after = (rows[-1][7], rows[-1][0])

    def ids(self) -> list[str]:
        """All ids in the order of ingest."""
        return [row[0] for row in self._db.execute("SELECT id FROM films ORDER BY seq, id")]

    def by_title(self, title: str, year: int | None = None) -> list[Movie]:
        """The films of a title, however it is typed; oldest first."""
        if not _is_text(title):
            return []
        sql = f"SELECT {_COLUMNS} FROM films WHERE folded = ? AND (? IS NULL OR year = ?) ORDER BY year, id"
        return [_movie(row) for row in self._db.execute(sql, [fold_title(title), year, year])]

    def titles(self) -> Iterator[tuple[str, str, int | None]]:
        """(id, title, year) of every film."""
        yield from self._db.execute("SELECT id, title, year FROM films ORDER BY seq, id")

    def sizes(self, condition: str, values: Sequence[object]) -> dict[str, int]:
        """The films for which an SQL condition on their columns holds, with their numbers of passages."""
        return dict(self._db.execute(f"SELECT id, passages FROM films WHERE {condition}", list(values)))

    def count(self, condition: str, values: Sequence[object]) -> tuple[int, int]:
        """(films, their passages) for which an SQL condition on their columns holds; counted again after a change."""
        films, passages = self._once(
            f"SELECT count(*), coalesce(sum(passages), 0) FROM films WHERE {condition}", values
        )
        return int(films), int(passages)

    def _once(self, sql: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
        """The only row of an answer that takes going over all films; asked again only after a change."""
        db = self._db
        row: tuple[Any, ...] = db.recall((sql, *values), lambda: db.execute(sql, list(values)).fetchone())
        return row

    def meeting(self, ids: Sequence[str], condition: str, values: Sequence[object]) -> set[str]:
        """Those of some films for which an SQL condition on their columns holds."""
        found: set[str] = set()
        for page in _pages(ids):
            # As a column: in the WHERE, SQLite may go through all films of some years rather than by ids.
            sql = f"SELECT id, {condition} FROM films WHERE id IN ({','.join('?' * len(page))})"
            found |= {film for film, meets in self._db.execute(sql, [*values, *page]) if meets}
        return found

    def fingerprints(self) -> dict[str, tuple[str, int, int]]:
        """(content hash, place in the order of ingest, number of passages) of every film, in that order."""
        return {
            row[0]: (row[1], row[2], row[3])
            for row in self._db.execute("SELECT id, hash, seq, passages FROM films ORDER BY seq, id")
        }

    def sizes_of(self, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of passages of those films that are in the ledger."""
        found: dict[str, int] = {}
        for page in _pages(ids):
            found |= self._db.execute(f"SELECT id, passages FROM films WHERE id IN ({','.join('?' * len(page))})", page)
        return found

    def facts_of(self, ids: Sequence[str]) -> dict[str, tuple[int | None, tuple[str, ...], frozenset[str]]]:
        """(year, genres, places: countries and languages in lower case) of films, without their plots."""
        found: dict[str, tuple[int | None, tuple[str, ...], frozenset[str]]] = {}
        for page in _pages(ids):
            sql = f"SELECT id, year, genres, extra FROM films WHERE id IN ({','.join('?' * len(page))})"
            for film, year, genres, extra in self._db.execute(sql, page):
                found[film] = (year, tuple(json.loads(genres)), origins_of(json.loads(extra)))
        return found

    def years(self) -> tuple[int, int] | None:
        """The first and the last year of a film, where any has one."""
        first, last = self._db.execute("SELECT min(year), max(year) FROM films").fetchone()
        return None if first is None else (int(first), int(last))

    def genres(self) -> list[tuple[str, int]]:
        """The genres with their numbers of films, the most frequent first."""
        sql = (
            "SELECT min(value), count(DISTINCT films.id) FROM films, json_each(films.genres) WHERE value <> ''"
            " GROUP BY lower(value) ORDER BY 2 DESC, 1"
        )
        return [(str(genre), int(count)) for genre, count in self._db.execute(sql)]

    def uncommitted(self) -> bool:
        """Whether a writer is (or was) in the middle of something."""
        return bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM films WHERE state <> 1)").fetchone()[0])

    def hashes(self) -> dict[str, str]:
        """The content hashes of the films that are stored."""
        return dict(self._db.execute("SELECT id, hash FROM films WHERE state = 1"))

    def check(self) -> str | None:
        """What is wrong with the file: SQLite's own checks, and every film against its hash; None when nothing is."""
        said = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok":
            return f"{self.path} is damaged ({said})"
        wrong = next((entry.movie.id for entry in self.entries() if content_hash(entry.movie) != entry.hash), None)
        return None if wrong is None else f"{self.path} is damaged (the film {wrong!r} is not as it was stored)"

    def close(self) -> None:
        """Close the file."""
        self._connections.close()


def condition(filters: Filters) -> tuple[str, list[object]]:
    """Filters over the ledger's columns, as SQL and its values; an empty condition where nothing is asked."""
    parts: list[str] = []
    values: list[object] = []
    if filters.year_from is not None:
        parts.append("year >= ?")
        values.append(filters.year_from)
    if filters.year_to is not None:
        parts.append("year <= ?")
        values.append(filters.year_to)
    for genre in filters.genres:
        # LIKE goes over all films in an instant, and leaves few of them to be looked at one by one.
        parts.append(
            "(genres LIKE ? ESCAPE '!' AND EXISTS (SELECT 1 FROM json_each(genres) WHERE lower(value) = lower(?)))"
        )
        values += ["%" + re.sub("[!%_]", r"!\g<0>", json.dumps(genre, ensure_ascii=False)) + "%", genre]
    return " AND ".join(parts), values


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    ids = [film for film in ids if _is_text(film)]
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]


def _is_text(told: str) -> bool:
    """Whether it can be stored, and so can be there: a lone surrogate can't."""
    return told.isascii() or not any("\ud800" <= c <= "\udfff" for c in told)


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
