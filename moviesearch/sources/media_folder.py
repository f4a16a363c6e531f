"""A folder of films with NFO files (Kodi, Jellyfin, Emby, Radarr, tinyMediaManager) -> `Movie`, one at a time.

What is of no film (tv shows, music, texts of releases), or tells no plot, is left out, counted and noted: that is no
fault of the folder. `docs/sources.md` says which fields are taken.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from moviesearch.errors import SourceError
from moviesearch.records import FILM, FilmFile, FolderEnd, Movie, Rejected, is_in

from . import nfo
from .fields import BadField, film, shown
from .ids import id_of
from .media_files import NfoFile, media_files
from .nfo_xml import LONGEST
from .notes import Notes, OnNote, log_note
from .sorted_titles import without_year

FoundInFolder = Movie | Rejected | FilmFile | FolderEnd

PLOTLESS, DOUBLE, BROKEN = "plotless", "double", "broken"
"""Kinds of files, beside those of `nfo`: a film's without a plot, a film's that another file tells, and one that can't
be read."""

_LEFT_OUT = {
    nfo.TV: ("", "is of a tv show, a season or an episode: left out"),
    nfo.MUSIC: ("", "is of music: left out"),
    nfo.SET: ("", "is of a set of films: left out"),
    nfo.ADDRESS: ("", "gives a film's address alone, without title and plot: left out"),
    nfo.TEXT: ("", "is a text of something else, and no XML: left out"),
    nfo.OTHER: ("", "is XML of something else than a film: left out"),
    PLOTLESS: ("plot", "is missing, as are outline and tagline: the film is left out"),
}

_UNSURE = 2_000_000_000
"""Nanoseconds. What was changed so lately may be changed once more, and look the same: it is read again next time."""

_YEAR_BEHIND = re.compile(r"(.+?)[ ._(\[]+((?:18|19|20)\d\d)(?:[ ._)\]].*)?")
_SHOWN = 1000


def read_folder(
    path: str,
    known: Mapping[bytes, FilmFile] | None = None,
    *,
    within: str | None = None,
    on_bytes: Callable[[int], None] = lambda count: None,
    on_size: Callable[[int], None] = lambda count: None,
    on_folder: Callable[[], None] = lambda: None,
    on_note: OnNote = log_note,
) -> Iterator[FoundInFolder]:
    """Yield the films of a folder, those of each folder in it together; behind each stands its file.

    `known` are files as they were when they were last read: those that are so still aren't opened. Messages have paths
    relative to the folder `within` which it lies, or else to the folder itself. `on_size` is told how many bytes there
    are to read as soon as that is known, `on_bytes` those of each file; `on_folder` is called before each folder that
    is looked into. At the end a FolderEnd comes, and `on_note` is told what was left out.

    Raises SourceError, at the first step, for a folder that isn't there or can't be read.
    """
    root, name, known = os.path.abspath(path), shown(path, _SHOWN), known or {}
    try:
        found = media_files(root, on_folder)
    except FileNotFoundError:
        raise SourceError(f"there is no folder {name}: check the name, and that its disk is there") from None
    except OSError as error:
        reason = error.strerror or error
        raise SourceError(f"the folder {name} can't be read: {reason}; change that, or give another one") from None
    if not found.files and not found.unreadable and not any(is_in(file, os.fsencode(root)) for file in known):
        raise SourceError(
            f"the folder {name} has no NFO files, as Kodi, Jellyfin and Radarr write them beside films: give a file of "
            "films, a folder with NFO files, or the unpacked folder of the CMU Movie Summary Corpus"
        )
    on_size(sum(file.size for file in found.files))
    reading = _Folder(os.path.abspath(within) if within else root, known)
    try:
        for file in found.files:
            yield from reading.file(file)
            on_bytes(file.size)
    finally:
        for unreadable, reason in found.unreadable:
            place = reading.place(unreadable)
            reading.notes.add(place, "", f"the folder can't be read ({reason}); films of it stay as they are", kind="/")
        reading.notes.give(on_note)
    unreadable_now = tuple(os.fsencode(folder) for folder, _ in found.unreadable)
    yield FolderEnd(os.fsencode(root), len(found.files), unreadable_now + tuple(reading.unreadable))


@dataclass(slots=True)
class _Folder:
    """One folder that is read: the ids of its films so far, and where each stands."""

    root: str
    known: Mapping[bytes, FilmFile]
    notes: Notes = field(default_factory=Notes)
    unreadable: list[bytes] = field(default_factory=list)
    _films: dict[str, str] = field(default_factory=dict)  # id -> path of its file

    def place(self, path: str) -> str:
        """A path as messages show it: from the folder that was given."""
        return shown(os.path.relpath(path, self.root) if path != self.root else path, _SHOWN)

    def file(self, file: NfoFile) -> Iterator[FoundInFolder]:
        now = FilmFile(os.fsencode(file.path), file.size, file.changed, os.fsencode(file.poster), "", "", False)
        before = self.known.get(now.path)
        if before and now == replace(before, kind="", film="", is_read=False) and self._stands(before, file):
            yield replace(before, is_read=False)
            return
        if time.time_ns() - now.changed < _UNSURE:
            now = replace(now, changed=-1)
        yield from self._read(file, replace(now, is_read=True), before)

    def _stands(self, before: FilmFile, file: NfoFile) -> bool:
        """Whether what is known of a file that is unchanged still holds; it is counted then."""
        if before.kind == DOUBLE:
            return before.film in self._films
        if before.kind == FILM:
            if before.film in self._films:
                return False
            self._films[before.film] = file.path
        elif before.kind in _LEFT_OUT:
            self._leave_out(file, before.kind)
        return True

    def _leave_out(self, file: NfoFile, kind: str) -> None:
        self.notes.add(self.place(file.path), *_LEFT_OUT[kind], kind=kind)

    def _read(self, file: NfoFile, now: FilmFile, before: FilmFile | None) -> Iterator[FoundInFolder]:
        place = self.place(file.path)
        # Of a film that was told here before, and is told badly now, the record stays.
        film_before = before.film if before else ""
        try:
            with open(file.path, "rb") as opened:
                raw = opened.read(LONGEST + 1)
        except OSError as error:
            self.notes.add(
                place, "", f"can't be read ({error.strerror}); a film of it stays as it is", kind="unreadable"
            )
            self.unreadable.append(now.path)
            return
        contents = nfo.read_nfo(raw)
        if contents.kind == FILM and contents.values.get("plot"):
            yield from self._film(file, replace(now, film=film_before), contents)
        elif contents.fault:
            yield Rejected(place, "", contents.fault)
            yield replace(now, kind=BROKEN, film=film_before, changed=-1)
        else:
            kind = PLOTLESS if contents.kind == FILM else contents.kind
            self._leave_out(file, kind)
            yield replace(now, kind=kind, film=film_before if kind == PLOTLESS else "")

    def _film(self, file: NfoFile, now: FilmFile, contents: nfo.Nfo) -> Iterator[FoundInFolder]:
        place, unusable = self.place(file.path), list[BadField]()
        try:
            movie = film(self._values(file, contents, place), unusable.append)
        except BadField as bad:
            yield Rejected(place, bad.field, bad.reason)
            yield replace(now, kind=BROKEN, changed=-1)
            return
        for left_out in unusable:
            self.notes.add(place, left_out.field, f"{left_out.reason}: the film is stored without it")
        if contents.fault:
            self.notes.add(place, "", f"{contents.fault}: what stands behind that is left out", kind="fault")
        if contents.titles:
            self.notes.add(
                place, "", f"tells {shown(contents.titles[0])!r} too: the first film is taken", kind="several"
            )
        movie = replace(movie, id=movie.id or id_of(movie))
        first = self._films.setdefault(movie.id, file.path)
        if first == file.path:
            yield movie
            yield replace(now, kind=FILM, film=movie.id)
            return
        # `movie.nfo` beside a file named as the video, or one for each part, are what programs write of one film.
        if os.path.dirname(first) != os.path.dirname(file.path):
            yield Rejected(place, "", f"the same film as in {self.place(first)}; that one is kept", duplicate=True)
        yield replace(now, kind=DOUBLE, film=movie.id)

    def _values(self, file: NfoFile, contents: nfo.Nfo, place: str) -> dict[str, object]:
        values: dict[str, object] = {**contents.values, "nfo": file.path, "poster": file.poster or None}
        for name in ("nfo", "poster"):
            if not _is_text(str(values[name])):
                del values[name]
                self.notes.add(place, name, "its path is not UTF-8: the film is stored without it")
        if not values.get("title"):
            title, year = _named(file.path)
            values |= {"title": title, "year": values.get("year") or year}
            self.notes.add(place, "title", f"is missing: {shown(title)!r} is taken, as the file is called")
        return values


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _named(path: str) -> tuple[str, int | None]:
    """(title, year) by the name of a film's file, or of its folder."""
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    if os.path.basename(folder).casefold() in ("video_ts", "bdmv"):
        stem = os.path.basename(os.path.dirname(folder))
    elif stem.casefold() == "movie":
        stem = os.path.basename(folder)
    stem = os.fsencode(stem).decode("utf-8", errors="replace")
    title, year = without_year(stem)
    if year is None and (behind := _YEAR_BEHIND.fullmatch(stem)):
        title, year = behind[1], int(behind[2])
    return (title if " " in title else re.sub(r"[._]+", " ", title)).strip() or stem, year
