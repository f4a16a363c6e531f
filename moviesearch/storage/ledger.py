"""The ledger: the record of every film of a collection, and whether its vectors are in Chroma.

A film is pending while it is written to Chroma, and committed afterwards. One that is to be removed
has a tombstone until it is gone from Chroma. So the ledger tells what a crash interrupted, which is
finished at the next start. As a replica of the records it also serves to make a damaged index again.
For a store on a server it is the local mirror.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .entries import COMMITTED, PENDING, TOMBSTONE, Entry
from .following import FOLLOWING, state
from .ledger_reader import LedgerReader
from .title_folding import fold_title


class Ledger(LedgerReader):
    """The films of one collection, read and written. Raises DamagedError when the file is no ledger."""

    def set_facts(self, **facts: object) -> None:
        """Set facts in one commit; the value None removes one."""
        with self._db:
            self._set(facts)

    def enter(self, entries: Iterable[Entry]) -> None:
        """Enter films as pending, replacing earlier versions; on return they are on the disk."""
        entries = list(entries)
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
            if not self._db.execute("SELECT EXISTS (SELECT 1 FROM films)").fetchone()[0]:
                self._set({table.FACT: state(table, self.generation) for table in FOLLOWING})
            self._db.executemany(f"INSERT OR REPLACE INTO films VALUES (?,?,?,?,?,?,?,?,?,?,?,?,{PENDING})", rows)
            films = [(entry.movie.id, entry.movie.title, entry.movie.extra) for entry in entries]
            for table in FOLLOWING:
                table.enter(self._db, films)

    def adopt(self, entries: Sequence[Entry]) -> int:
        """Enter those of some films that the ledger lacks, as committed; returns their number.

        One whose `seq` is taken comes after all others.
        """
        present = self.known([entry.movie.id for entry in entries])
        taken = {row[0] for row in self._db.execute("SELECT seq FROM films")}
        fresh: list[Entry] = []
        for entry in sorted(entries, key=lambda entry: entry.seq):
            if entry.movie.id not in present:
                seq = entry.seq if entry.seq not in taken else max(taken) + 1
                taken.add(seq)
                fresh.append(replace(entry, seq=seq))
        self.enter(fresh)
        self.commit([entry.movie.id for entry in fresh])
        return len(fresh)

    def commit(self, ids: Sequence[str]) -> int:
        """Mark films as committed and return the new generation."""
        with self._db:
            self._db.executemany(
                f"UPDATE films SET state = {COMMITTED}, stale = 0 WHERE id = ?", [(film,) for film in ids]
            )
            return self._bump()

    def recount(self, passages: Mapping[str, int], **facts: object) -> None:
        """After a rebuild: set the films' numbers of passages, and facts, in one commit.

        All these films are then committed, and those with a tombstone gone.
        """
        with self._db:
            self._db.execute("DELETE FROM films WHERE state = ?", [TOMBSTONE])
            self._db.executemany(
                f"UPDATE films SET state = {COMMITTED}, stale = 0, passages = ? WHERE id = ?",
                [(count, film) for film, count in passages.items()],
            )
            self._bump()
            self._set({**{table.FACT: None for table in FOLLOWING}, **facts})

    def tombstone(self, ids: Sequence[str]) -> None:
        """Give films a tombstone, until they are removed from Chroma."""
        with self._db:
            self._db.executemany("UPDATE films SET state = ? WHERE id = ?", [(TOMBSTONE, film) for film in ids])

    def remove(self, ids: Sequence[str]) -> int:
        """Delete films from the ledger and return the new generation."""
        with self._db:
            self._db.executemany("DELETE FROM films WHERE id = ?", [(film,) for film in ids])
            for table in FOLLOWING:
                table.remove(self._db, ids)
            return self._bump()

    def clear(self, **facts: object) -> None:
        """Delete all films and facts, and set `facts`; the generation stays and grows."""
        with self._db:
            generation = self.generation
            self._db.execute("DELETE FROM films")
            for table in FOLLOWING:
                table.clear(self._db)
            self._db.execute("DELETE FROM facts")
            self._set({"generation": generation + 1, **facts})

    def _bump(self) -> int:
        generation = self.generation + 1
        fitting = [table for table in FOLLOWING if self._fits(table)]
        self._set({"generation": generation, **{table.FACT: state(table, generation) for table in fitting}})
        return generation
