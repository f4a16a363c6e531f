"""What was left out of one source's films: a note for each field, with its first case and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from moviesearch.records import Note

OnNote = Callable[[Note], None]


class Notes:
    """The notes of one source, in the order of their first cases."""

    def __init__(self) -> None:
        """Start with none."""
        self._notes: dict[str, Note] = {}

    def add(self, place: str, field: str, reason: str, *, kind: str = "") -> None:
        """Count a case: of a `kind`, by default its field."""
        first = self._notes.get(kind or field)
        self._notes[kind or field] = replace(first, count=first.count + 1) if first else Note(place, field, reason)

    def take(self, note: Note) -> None:
        """Tell this one too, as it is."""
        self._notes[str(note)] = note

    def header_again(self, name: str) -> Callable[[str], None]:
        """What is told of a header that stands in a file a second time."""
        return lambda where: self.add(f"{name}:{where}", "", "the header stands here again, and is skipped")

    def give(self, on_note: OnNote) -> None:
        """Tell all notes."""
        for note in self._notes.values():
            on_note(note)


def log_note(note: Note) -> None:
    """Note it in the log `moviesearch.sources`, where nobody else is told."""
    import logging

    logging.getLogger("moviesearch.sources").warning("%s", note)
