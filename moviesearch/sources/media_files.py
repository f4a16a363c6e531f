"""A folder of films as media centres keep it -> its NFO files, each with the picture beside it. Nothing is opened.

Films lie in folders of their own (`Heat (1995)/movie.nfo`, or named as the film's file), several in one folder, or as
discs (`VIDEO_TS`, `BDMV`). What Kodi and Jellyfin don't take for films isn't looked at: hidden folders, those of
trailers and other extras beside a film, those that hold a file `.nomedia`, `.tmmignore` or an empty `.ignore`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

PICTURES = ("jpg", "jpeg", "png", "webp")
_VIDEOS = frozenset(
    ("mkv", "mp4", "m4v", "avi", "mov", "wmv", "mpg", "mpeg", "ts", "m2ts", "mts", "webm", "flv", "divx", "ogm", "ogv")
    + ("iso", "img", "strm", "rmvb", "vob", "asf", "3gp", "mk3d", "disc")
)
_NEVER = frozenset(
    ("srt", "sub", "idx", "ass", "ssa", "vtt", "sup", "smi", "txt", "part", "partial", "tmp", "crdownload", "db", "xml")
    + ("ifo", "bup", "mp3", "flac", "mka", "ac3", "dts", "json", "torrent", "nzb", "log", "bif", "tbn", "gif")
)
"""Endings of files whose changes never matter; what has none of these may be a folder that is gone."""

_DISCS = frozenset(("video_ts", "bdmv"))
_OF_FOLDER = ("poster", "folder", "cover", "movie-poster", "movie", "default")
"""Names of a picture that belongs to the folder's only film."""

_NOT_FILMS = frozenset(
    ("@eadir", "#recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found", "__macosx")
    + ("extrafanart", "extrathumbs", "backdrops", "theme-music", "metadata.never_index")
)
_KEEP_OUT = (".nomedia", ".tmmignore")
_EXTRAS = frozenset(
    ("trailers", "trailer", "extras", "extra", "featurettes", "featurette", "behind the scenes", "deleted scenes")
    + ("interviews", "scenes", "shorts", "clips", "samples", "sample", "other", "bonus", "specials")
)
"""Folders of these names, in a folder that has a film itself, hold no further ones."""

_EXTRA_FILE = re.compile(r".*[-._ ](?:trailer|sample|behindthescenes|deleted|featurette|interview|scene|short|clip)\d*")
_PART = re.compile(r"[ ._-]+(?:cd|dvd|dis[ck]|part|pt)[ ._-]*[1-9a-d]$")


class NfoFile(NamedTuple):
    """An NFO file: its path, what it has in bytes, its time of change in nanoseconds, the picture beside it or ""."""

    path: str
    size: int
    changed: int
    poster: str


@dataclass(slots=True)
class MediaFiles:
    """The NFO files of a folder, those of each folder in it together, and the folders in it that can't be read."""

    files: list[NfoFile] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)  # path, reason


class _Listing(NamedTuple):
    """One folder: its folders, NFO files and pictures, by name."""

    folders: list[str]
    nfos: dict[str, os.stat_result]
    pictures: dict[str, str]  # in lower case -> as it is
    films: int
    """How many films lie here, by the names of videos, or where there are none of NFO files."""


def media_files(root: str, on_folder: Callable[[], None] = lambda: None) -> MediaFiles:
    """Look for NFO files in a folder and all folders in it, each once, however links lead to it.

    `on_folder` is called before each folder. Raises OSError where the folder itself can't be read.
    """
    found = MediaFiles()
    visited: set[tuple[int, int]] = set()
    waiting: list[tuple[str, _Listing | None]] = [(root, None)]
    while waiting:
        path, parent = waiting.pop()
        on_folder()
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in visited and status.st_ino:
                continue
            visited.add((status.st_dev, status.st_ino))
            listing = _listing(path)
        except OSError as error:
            if path == root:
                raise
            found.unreadable.append((path, error.strerror or str(error)))
            continue
        is_disc = parent is not None and os.path.basename(path).lower() in _DISCS
        for name in sorted(listing.nfos, key=lambda name: (name.lower() != "movie.nfo", name)):
            status = listing.nfos[name]
            poster = _poster(path, name, listing)
            if not poster and is_disc and parent:
                poster = _poster(os.path.dirname(path), "movie.nfo", parent)
            found.files.append(NfoFile(os.path.join(path, name), status.st_size, status.st_mtime_ns, poster))
        has_film = bool(listing.films)
        inner = [name for name in sorted(listing.folders, reverse=True) if not (has_film and name.lower() in _EXTRAS)]
        waiting += [(os.path.join(path, name), listing) for name in inner]
    return found


def part_to_read(root: str, changed: str) -> str | None:
    """The folder that is to be read again, with all in it, when something in `root` changed; None where it isn't read.

    `changed` is a folder or a file; neither needs to be there any more.
    """
    parts = os.path.relpath(changed, root).split(os.sep)
    if parts[0] == os.pardir:
        return None
    if parts == [os.curdir] or not os.path.isdir(changed):
        name = parts.pop().lower()
        if not parts and name == os.curdir:
            return root
        ending = name.rpartition(".")[2]
        if name.startswith(".") and name not in (*_KEEP_OUT, ".ignore"):
            return None
        if ending in _VIDEOS or ending in _NEVER:
            return None
        if ending != "nfo" and ending not in PICTURES and not name.startswith("."):
            if os.path.exists(changed):
                return None
            parts.append(os.path.basename(changed))  # a folder that is gone, as far as one can tell
    for depth, part in enumerate(parts):
        if part.startswith(".") or part.lower() in _NOT_FILMS:
            return None
        # What is in a folder of a disc, or of extras, depends on what lies beside that.
        if part.lower() in _DISCS or part.lower() in _EXTRAS:
            return os.path.join(root, *parts[:depth])
        if any(os.path.exists(os.path.join(root, *parts[:depth], name)) for name in _KEEP_OUT):
            return None
    return os.path.join(root, *parts)


def _listing(path: str) -> _Listing:
    folders: list[str] = []
    nfos: dict[str, os.stat_result] = {}
    pictures: dict[str, str] = {}
    videos: set[str] = set()
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name.lower()
            stem, _, ending = name.rpartition(".")
            if name in _KEEP_OUT or (name == ".ignore" and not entry.stat().st_size):
                return _Listing([], {}, {}, 0)
            if name.startswith(".") or name in _NOT_FILMS:
                continue
            if ending == "nfo":
                status = _status(entry)
                if status and stat.S_ISREG(status.st_mode) and not _EXTRA_FILE.fullmatch(stem):
                    nfos[entry.name] = status
            elif ending in PICTURES:
                pictures[name] = entry.name
            elif ending in _VIDEOS:
                if not _EXTRA_FILE.fullmatch(stem):
                    videos.add(_PART.sub("", stem))
            elif _is_folder(entry):
                folders.append(entry.name)
    stems = {_PART.sub("", name.lower().removesuffix(".nfo")) for name in nfos} - {"movie"}
    return _Listing(folders, nfos, pictures, len(videos or stems) or (1 if nfos else 0))


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """What the system says of a file; None for a link that leads nowhere."""
    try:
        return entry.stat()
    except OSError:
        return None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _poster(folder: str, name: str, listing: _Listing) -> str:
    """The picture of the film that an NFO file tells; one named `poster` is its own where no other film lies here."""
    stem = name.lower().removesuffix(".nfo")
    names = [] if stem == "movie" else [f"{stem}-poster", f"{stem}.poster", stem]
    if (whole := _PART.sub("", stem)) != stem:
        names += [f"{whole}-poster", whole]
    if stem == "movie" or listing.films <= 1:
        names += _OF_FOLDER
    candidates = (listing.pictures.get(f"{name}.{ending}") for name in names for ending in PICTURES)
    picture = next(filter(None, candidates), None)
    return os.path.join(folder, picture) if picture else ""
