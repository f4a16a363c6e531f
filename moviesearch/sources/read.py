"""Files, folders and pipes of films -> `Movie`, one at a time; each fault comes with its file, line and field.

The format of a source is detected from its content, whatever its name: JSON lines, a JSON list or an object around one,
CSV with any separator (the "Wikipedia Movie Plots" and TMDB layouts among them), the CMU Movie Summary Corpus, and gzip
of each, in UTF-8, or in UTF-16 with its byte order mark; or a folder of films with NFO files beside them. A record
needs a title and a plot (or overview). Its id, year, genres and url are used where it has them, and left out with a
note where they can't be used; all else goes to `extra`.
`docs/sources.md` says how each oddity is taken.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from moviesearch.config import BUNDLED_FILMS
from moviesearch.errors import SourceError
from moviesearch.records import Movie, Rejected

from .fields import BadField, film, shown
from .ids import FilmIds
from .json_layouts import object_layout
from .json_records import json_columns, json_lines, json_nested, json_values
from .notes import Notes, OnNote, log_note
from .posters import with_whole_poster
from .tables import HeaderAgain, are_film_columns, cmu_films, csv_columns, csv_rows, separator_line
from .text import MARKUP, SourceRecord, Text

_CMU_PLOTS = "plot_summaries.txt"
_CMU_METADATA = "movie.metadata.tsv"
_CMU_NAMES = {f"{name}{ending}" for name in (_CMU_PLOTS, _CMU_METADATA) for ending in ("", ".gz")}
_PATH_LENGTH = 1000


def read(
    source: str | os.PathLike[str],
    *,
    stdin: BinaryIO | None = None,
    on_bytes: Callable[[int], None] | None = None,
    on_raw: Callable[[bytes], None] | None = None,
    on_note: OnNote | None = None,
) -> Iterator[Movie | Rejected]:
    """Yield the films of a source in its order, and a Rejected for each record that isn't one.

    `source` is a file, a folder of films with NFO files (see `media_folder`), the folder of the CMU Movie Summary
    Corpus, or "-" for standard input (or `stdin`, where it is given). Memory stays bounded whatever the source's size,
    but for a small digest a film. `on_bytes` is called with the number of bytes of each read from a file, and `on_raw`
    with these bytes, where the source is one file. A film without an id gets one (see `ids`). A film that the source
    holds twice is rejected as a duplicate, and one with an id that another film has as a fault.

    What of a film can't be used, such as a year, is left out. At the end `on_note` is told of it, one note a field;
    without `on_note` a warning goes to the log `moviesearch.sources`.

    Raises SourceError, at the first step, for what can't be read at all: there is no such file, no permission, no
    text, no known format, or no record in it.
    """
    path = os.fspath(source)
    label = "standard input" if path == "-" else shown(path, _PATH_LENGTH)
    ids, notes = FilmIds(), Notes()
    empty = True
    with ExitStack() as files:
        files.callback(notes.give, on_note or log_note)
        if path == "-":
            name = "stdin"
            records = _records(_piped(stdin, label), notes.header_again(name))
        elif is_media_folder(path):
            from .media_folder import read_folder  # XML takes a while to import

            for found in read_folder(path, on_bytes=on_bytes or (lambda count: None), on_note=notes.take):
                if isinstance(found, Movie | Rejected):
                    empty = False
                    yield found
            name, records = path, iter(())
        elif os.path.isdir(path):
            name, records = _cmu(path, files, on_bytes)
        else:
            name = shown(os.path.basename(path), _PATH_LENGTH)
            records = _records(_text(path, files, on_bytes, on_raw), notes.header_again(name))
        for record in records:
            empty = False
            yield _judge(record, name, ids, notes, os.path.dirname(os.path.abspath(path)))
    if empty:
        raise SourceError(f"{label} holds no films: give at least one with a title and a plot")


def is_media_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a source is a folder, and not that of the CMU Movie Summary Corpus."""
    try:
        return os.path.isdir(path) and not _CMU_NAMES & set(os.listdir(path))
    except OSError:
        return True  # who reads it is told why it can't be


def bundled() -> Path:
    """Return the file of the films that come with the package."""
    return BUNDLED_FILMS


def _judge(record: SourceRecord, name: str, ids: FilmIds, notes: Notes, folder: str) -> Movie | Rejected:
    """The film of a record; a picture that it names lies in a folder."""
    place = f"{name}:{record.where}"
    if record.values is None:
        return Rejected(record.metadata_place or place, "", record.fault)
    unusable: list[BadField] = []
    try:
        movie = with_whole_poster(film(record.values, unusable.append), folder)
    except BadField as bad:
        return Rejected(_place_of(bad, record, place), bad.field, bad.reason)
    for field in unusable:
        remedy = "one is made of its title" if field.field == "id" else "the film is stored without it"
        notes.add(_place_of(field, record, place), field.field, f"{field.reason}: {remedy}")
    return ids.admit(movie, name, record.where)


def _place_of(bad: BadField, record: SourceRecord, place: str) -> str:
    return place if bad.field in ("id", "plot") else record.metadata_place or place


def _piped(stdin: BinaryIO | None, label: str) -> Text:
    stream = stdin or getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise SourceError("there is no standard input: name a file instead of '-'")
    return Text(getattr(stream, "read1", stream.read), label)


def _cmu(folder: str, files: ExitStack, on_bytes: Callable[[int], None] | None) -> tuple[str, Iterator[SourceRecord]]:
    plots, metadata = (_member(folder, name) for name in (_CMU_PLOTS, _CMU_METADATA))
    films = cmu_films(_text(plots, files, on_bytes), _text(metadata, files, on_bytes), os.path.basename(metadata))
    return os.path.basename(plots), films


def _member(folder: str, name: str) -> str:
    label = shown(folder, _PATH_LENGTH)
    try:
        names = os.listdir(folder)
    except OSError as exc:
        raise SourceError(f"the folder {label} can't be read: {exc.strerror}; change that, or give a file") from None
    member = next((file for file in (name, f"{name}.gz") if file in names), None)
    if member is None:
        raise SourceError(
            f"the folder {label} has no {name}: give a file, or the unpacked folder of the CMU Movie Summary Corpus"
        )
    return os.path.join(folder, member)


def _text(
    path: str,
    files: ExitStack,
    on_bytes: Callable[[int], None] | None,
    on_raw: Callable[[bytes], None] | None = None,
) -> Text:
    name = shown(path, _PATH_LENGTH) or "''"
    try:
        file = files.enter_context(io.FileIO(path))
    except FileNotFoundError:
        raise SourceError(f"there is no file {name}: check the name, or give '-' for standard input") from None
    except PermissionError:
        raise SourceError(f"no permission to read {name}: change it, or read it as another user") from None
    except (OSError, ValueError) as exc:
        raise SourceError(f"{name} can't be opened: {getattr(exc, 'strerror', None) or exc}") from None
    if on_bytes is None and on_raw is None:
        return Text(file.read, name)

    def told(size: int = -1) -> bytes:
        raw = file.read(size)
        if on_bytes:
            on_bytes(len(raw))
        if on_raw:
            on_raw(raw)
        return raw

    return Text(told, name)


def _records(text: Text, header_again: HeaderAgain) -> Iterator[SourceRecord]:
    """Read a text in the format that its first lines show. Raises SourceError where they show none."""
    first, _, below = text.head.partition(b"\n")
    below = below.lstrip()
    start = first.lstrip()[:1]
    if start == b"[":
        if text.head.lstrip()[1:].lstrip()[:1] == b"[":
            raise SourceError(f"{text.label} is a list of lists, which name no columns: give a list of objects, or CSV")
        return json_values(text, in_list=True)
    if start == b"{":
        layout = object_layout(text.head)
        if layout != "film":
            return json_nested(text) if layout == "nested" else json_columns(text)
        # An object may go on in the lines below; below a cut-off JSON line another object begins.
        spread = not first.rstrip().endswith(b"}") and below.startswith((b'"', b",", b":", b"}"))
        return json_values(text, in_list=False) if spread else json_lines(text)
    return _table(text, header_again, first, below)


def _table(text: Text, header_again: HeaderAgain, first: bytes, below: bytes) -> Iterator[SourceRecord]:
    """Read a table, or JSON lines whose first line is broken."""
    header_line, header, separators = text.first_line, first, ",;\t|"
    if separator := separator_line(first.decode(errors="replace")):
        header_line += text.head[: len(text.head) - len(below)].count(b"\n")
        header, separators = below.partition(b"\n")[0], separator
    separator, columns = csv_columns(header.decode(errors="replace"), separators)
    if are_film_columns(columns):
        return csv_rows(text, separator, columns, header_again, header_line=header_line)
    if below.startswith(b"{"):
        return json_lines(text)
    if MARKUP.match(text.head[:1000].decode(errors="replace")):
        raise SourceError(f"{text.label} is a web page or XML: give the films as JSON, JSON lines or CSV")
    if text.failure and not below:
        raise SourceError(f"{text.label}: {text.failure}")
    names = ", ".join(shown(column, 30) for column in columns[:12]) + (", ..." if len(columns) > 12 else "")
    raise SourceError(
        f"{text.label} is neither JSON nor a CSV of films: the first line has to name a title and a plot (or overview) "
        f"column, and these are there: {names}"
    )
