"""The ledger's table of the files on this machine that films came from: what each was like when it was last read.

So a folder is read again quickly: a file that is as it was, and whose film is stored as it was then, needn't be opened.
And it tells which films came from a folder, and are gone when their files are. The table follows from the folders, and
where it is lost they are read once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from moviesearch.records import FilmFile

from .entries import COMMITTED
from .sqlite import Database, PerThread

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS shelf (path BLOB PRIMARY KEY, size INTEGER NOT NULL, changed INTEGER NOT NULL,"
    " poster BLOB NOT NULL, kind TEXT NOT NULL, came TEXT NOT NULL, film TEXT NOT NULL, hash TEXT NOT NULL)"
    " WITHOUT ROWID"
)


class ShelfFile(NamedTuple):
    """A file as it was when it was read; the id that its film has here; and whether that is stored as it was then."""

    file: FilmFile
    film: str
    fits: bool


def prepare(db: Database) -> Database:
    """Add the table to a ledger that lacks it."""
    db.execute(_SCHEMA)
    return db


class ShelfTable:
    """The files in a ledger's file."""

    def __init__(self, connections: PerThread) -> None:
        self._connections = connections

    def files(self) -> dict[bytes, ShelfFile]:
        """All files, by path."""
        sql = (
            "SELECT path, size, changed, shelf.poster, kind, came, shelf.film, shelf.hash = '' OR films.id IS NOT NULL"
            " FROM shelf LEFT JOIN films ON films.id = shelf.film AND films.hash = shelf.hash"
            f" AND films.state = {COMMITTED}"
        )
        return {
            bytes(path): ShelfFile(FilmFile(path, size, changed, poster, kind, came), str(film), bool(fits))
            for path, size, changed, poster, kind, came, film, fits in self._connections.get().execute(sql)
        }

    def note(self, files: Iterable[tuple[FilmFile, str]], forgotten: Iterable[bytes]) -> None:
        """Keep files, each with the id that its film has here, and forget some, by path.

        A file whose film is not stored, because it was refused, is forgotten too: it is to be read again.
        """
        db = self._connections.get()
        with db:
            db.executemany("DELETE FROM shelf WHERE path = ?", [(path,) for path in forgotten])
            for file, film in files:
                stored = db.execute(f"SELECT hash FROM films WHERE id = ? AND state = {COMMITTED}", [film]).fetchone()
                row = (file.path, file.size, file.changed, file.poster, file.kind, file.film, film)
                if stored or not film:
                    db.execute("INSERT OR REPLACE INTO shelf VALUES (?,?,?,?,?,?,?,?)", (*row, *(stored or ("",))))
                else:
                    db.execute("DELETE FROM shelf WHERE path = ?", [file.path])
