"""The ledger's tables of attributes: the people, countries and languages of films, and their running times.

Each attribute is there once, with the films that have it in a second table, so that filters and names in a question
are looked up at once. The tables follow from the films, and are kept up and made again as `titles_table` is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .attributes import PEOPLE, Kind, attributes_of, fold_name, last_name, runtime_of
from .attributes import VERSION as VERSION
from .sqlite import Database

FACT = "attributes"
"""The fact that tells at which generation the tables fit."""

_SCHEMA = (
    # `value` is a folded name, or a number of minutes; `last` a person's surname, folded; `name` as a record has it.
    "CREATE TABLE IF NOT EXISTS attributes"
    " (number INTEGER PRIMARY KEY, kind INTEGER, value, last TEXT, name TEXT, UNIQUE (kind, value))",
    "CREATE INDEX IF NOT EXISTS attributes_last ON attributes (last, kind)",
    "CREATE TABLE IF NOT EXISTS film_attributes (attribute INTEGER, film TEXT, PRIMARY KEY (attribute, film))"
    " WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS film_attributes_film ON film_attributes (film)",
)
_LAST = "\U0010ffff"


class Attribute(NamedTuple):
    """An attribute: its number in the table, its folded value, a record's name for it, and its number of films."""

    number: int
    value: str
    name: str
    films: int


def prepare(db: Database) -> Database:
    """Add the tables to a ledger that lacks them."""
    for statement in _SCHEMA:
        db.execute(statement)
    return db


def enter(db: Database, films: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
    """Note the attributes of films, given as (id, title, extra), in place of theirs. Within a transaction."""
    rows: dict[tuple[Kind, str | int], tuple[str, str]] = {}
    links: list[tuple[str, Kind, str | int]] = []
    ids: list[str] = []
    for film, _, extra in films:
        ids.append(film)
        for kind, name in attributes_of(extra):
            value = fold_name(name)
            rows.setdefault((kind, value), (last_name(value) if kind in PEOPLE else "", name))
            links.append((film, kind, value))
        if minutes := runtime_of(extra):
            rows[Kind.RUNTIME, minutes] = ("", str(minutes))
            links.append((film, Kind.RUNTIME, minutes))
    remove(db, ids)
    db.executemany(
        "INSERT OR IGNORE INTO attributes (kind, value, last, name) VALUES (?, ?, ?, ?)",
        [(*key, *names) for key, names in rows.items()],
    )
    db.executemany(
        "INSERT OR IGNORE INTO film_attributes SELECT number, ? FROM attributes WHERE kind = ? AND value = ?", links
    )


def remove(db: Database, films: Iterable[str]) -> None:
    """Forget the attributes of films. Within a transaction."""
    db.executemany("DELETE FROM film_attributes WHERE film = ?", [(film,) for film in films])


def clear(db: Database) -> None:
    """Forget all attributes. Within a transaction."""
    db.execute("DELETE FROM film_attributes")
    db.execute("DELETE FROM attributes")


class Attributes:
    """The attributes of a ledger whose tables fit its films."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all_of(self, kind: Kind) -> list[Attribute]:
        """All attributes of a kind, those of most films first."""
        return self._rows("kind = ?", [kind])

    def having(self, kind: Kind, values: Sequence[str]) -> list[Attribute]:
        """Those of a kind that are among some folded values, those of most films first."""
        return self._where(f"kind = ? AND value IN ({','.join('?' * len(values))})", [kind, *values])

    def ending(self, kind: Kind, folded: str) -> list[Attribute]:
        """The people whose surname is this: the last words of a name, or the last word but for "jr"."""
        if " " not in folded:
            return self._where("last = ? AND kind = ?", [folded, kind])
        ends = "last = ? AND kind = ? AND substr(value, -length(?)) = ?"
        return self._where(ends, [last_name(folded), kind, f" {folded}", f" {folded}"])

    def beginning(self, kind: Kind, folded: str) -> list[Attribute]:
        """Those whose names begin with these words."""
        return self._where("kind = ? AND value BETWEEN ? AND ?", [kind, f"{folded} ", f"{folded} {_LAST}"])

    def _where(self, condition: str, values: Sequence[object]) -> list[Attribute]:
        return self._db.recall((condition, *values), lambda: self._rows(condition, values))

    def _rows(self, condition: str, values: Sequence[object]) -> list[Attribute]:
        sql = (
            "SELECT number, value, name, count(*) FROM attributes JOIN film_attributes ON attribute = number"
            f" WHERE {condition} GROUP BY number ORDER BY 4 DESC, name"
        )
        return [Attribute(*row) for row in self._db.execute(sql, list(values))]

    def with_any(self, kind: Kind, most: int) -> int:
        """The number of films that have any attribute of a kind, counted up to `most`; kept until something changes."""
        sql = (
            "SELECT count(*) FROM (SELECT DISTINCT film FROM film_attributes"
            " WHERE attribute IN (SELECT number FROM attributes WHERE kind = ?) LIMIT ?)"
        )
        db = self._db
        return int(db.recall((sql, kind, most), lambda: db.execute(sql, [kind, most]).fetchone()[0]))

    def films_of(self, names: Sequence[str], most: int) -> list[str]:
        """Up to `most` films of people, given by whole names or surnames, folded: those that they directed first."""
        people, values = _people(names)
        sql = (
            f"SELECT film FROM film_attributes JOIN ({people}) ON attribute = number"
            " GROUP BY film ORDER BY min(kind), film LIMIT ?"
        )
        return [str(row[0]) for row in self._db.execute(sql, [*values, most])]

    def films_with(self, films: Sequence[str], names: Sequence[str]) -> set[str]:
        """Those of some films that have any of these people."""
        people, values = _people(names)
        marks = ",".join("?" * len(films))
        sql = (
            f"SELECT DISTINCT film FROM film_attributes WHERE film IN ({marks})"
            f" AND attribute IN (SELECT number FROM ({people}))"
        )
        return {str(row[0]) for row in self._db.execute(sql, [*films, *values])}

    def people_among(self, names: Sequence[str]) -> set[str]:
        """Those of some names that any film's people have, as whole names or surnames."""
        people, values = _people(names)
        sql = (
            f"SELECT value, last FROM ({people}) WHERE EXISTS (SELECT 1 FROM film_attributes WHERE attribute = number)"
        )
        return {name for row in self._db.execute(sql, values) for name in row}.intersection(names)


def _people(names: Sequence[str]) -> tuple[str, list[str]]:
    """An SQL query for the people of these names, and its values."""
    marks = ",".join("?" * len(names))
    kinds = ",".join(str(int(kind)) for kind in PEOPLE)
    select = f"SELECT number, kind, value, last FROM attributes WHERE kind IN ({kinds}) AND"
    return f"{select} value IN ({marks}) UNION {select} last IN ({marks})", [*names, *names]
