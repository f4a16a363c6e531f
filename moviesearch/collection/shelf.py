"""The files that films of an ingest came from: which film each is of is kept, and which films are gone with theirs."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from functools import cached_property

from moviesearch.records import FilmFile, FolderEnd, is_in
from moviesearch.storage.ledger import Ledger
from moviesearch.storage.shelf_table import ShelfFile


class Shelf:
    """The files and folders of one ingest. What it learns is kept at its end, when the films are stored."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._read: list[FilmFile] = []
        self._came: set[bytes] = set()
        self._folders: list[FolderEnd] = []
        self.stored_as: dict[str, str] = {}
        """The ids that films of this ingest have here, where they are others than they came under."""

    @cached_property
    def _before(self) -> dict[bytes, ShelfFile]:
        return self._ledger.shelf.files()

    def take(self, file: FilmFile) -> str:
        """Note a file; gives the id of the film that is here because of it and did not come with it, or ""."""
        self._came.add(file.path)
        if file.is_read:
            self._read.append(file)
            if file.tells_film or not file.film:
                return ""
        before = self._before.get(file.path)
        return before.film if before and before.file.film == file.film else ""

    def end(self, folder: FolderEnd) -> None:
        """Note that the files of a folder have all come."""
        self._folders.append(folder)

    def is_all(self, sources: int) -> bool:
        """Whether so many sources were all folders."""
        return len(self._folders) >= max(sources, 1)

    def keep(self, unsettled: Container[str]) -> None:
        """Keep what was read, but of films that are not stored yet."""
        films = [(file, self._film_of(file)) for file in self._read]
        settled = [(file, film) for file, film in films if film not in unsettled]
        if settled:
            self._ledger.shelf.note([*settled, *self._replaced(settled)], ())

    def _replaced(self, settled: list[tuple[FilmFile, str]]) -> Iterator[tuple[FilmFile, str]]:
        """The films that came from these files before, where others come from them now.

        They are kept as files that are gone, under paths that no file can have.
        """
        for file, film in settled:
            before = self._before.get(file.path)
            if before and before.film not in ("", film):
                path = file.path + b"\0" + before.film.encode()
                yield replace(before.file, path=path, changed=-1), before.film

    def _film_of(self, file: FilmFile) -> str:
        """The id that the film of a file that was read has here."""
        before = self._before.get(file.path)
        if not file.tells_film and before and before.file.film == file.film:
            return before.film
        return self.stored_as.get(file.film, file.film)

    def gone(self, seen: Container[str]) -> list[str]:
        """The films here that came from these folders, have no file any more, and are not among those `seen`.

        To be asked after `keep`. Files that are gone are forgotten, where their films are told by others.
        """
        if not self._folders:
            return []
        files = self._ledger.shelf.files()
        missing = {path: file.film for path, file in files.items() if self._is_missing(path)}
        elsewhere = {file.film for path, file in files.items() if path not in missing}
        films = [film for film in dict.fromkeys(missing.values()) if film not in elsewhere and film not in seen]
        here = self._ledger.known([film for film in films if film])
        self._ledger.shelf.note((), [path for path, film in missing.items() if film not in here])
        return [film for film in films if film in here]

    def out_of_sight(self) -> set[str]:
        """The films of files in folders that can't be read now."""
        hidden = [unreadable for folder in self._folders for unreadable in folder.unreadable]
        return {file.film for path, file in self._before.items() if any(is_in(path, folder) for folder in hidden)}

    def _is_missing(self, path: bytes) -> bool:
        return path not in self._came and any(
            is_in(path, folder.path) and not any(is_in(path, unreadable) for unreadable in folder.unreadable)
            for folder in self._folders
        )

    def forget_gone(self) -> None:
        """Forget all files that are gone: their films were removed."""
        self._ledger.shelf.note((), [path for path in self._ledger.shelf.files() if self._is_missing(path)])
