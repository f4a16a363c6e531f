"""Files, folders and pipes of films -> `Movie`, one at a time, with every fault named by file, line and field.

What a source is, is told by what it holds: JSON lines, a JSON list, CSV with any separator (the "Wikipedia Movie
Plots" and TMDB layouts among them), the CMU Movie Summary Corpus, and gzip of each; UTF-8, or UTF-16 with its byte
order mark. A record needs a title and a plot (or overview); id, year, genres and url are used where it has them, and
all else is kept in `extra`.
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
from .json_records import json_lines, json_values
from .tables import cmu_films, csv_columns, csv_rows, tells_films
from .text import Found, Text

_CMU_PLOTS = "plot_summaries.txt"
_CMU_METADATA = "movie.metadata.tsv"
_PATH = 1000


def read(
    source: str | os.PathLike[str], *, stdin: BinaryIO | None = None, on_bytes: Callable[[int], None] | None = None
) -> Iterator[Movie | Rejected]:
    """Yield the films of a source in its order, and a Rejected for each record that is none.

    `source` is a file, the folder of the CMU Movie Summary Corpus, or "-" for standard input (or `stdin`, where it is
    given). Memory stays bounded whatever the source's size, but for a small digest a film. `on_bytes` is told how many
    bytes of a file were read. A film without an id gets one (see `film_ids`). A film told twice is rejected as a
    duplicate, one whose own id was another film's as a fault.

    Raises SourceError, at the first step, for what can't be read at all: nothing there, no permission, no text, no
    known layout, or no record in it.
    """
    path = os.fspath(source)
    label = "standard input" if path == "-" else shown(path, _PATH)
    ids = FilmIds()
    empty = True
    with ExitStack() as files:
        if path == "-":
            name, records = "stdin", _records(_piped(stdin, label))
        elif os.path.isdir(path):
            name, records = _cmu(path, files, on_bytes)
        else:
            name, records = shown(os.path.basename(path), _PATH), _records(_text(path, files, on_bytes))
        for record in records:
            empty = False
            yield _judge(record, name, ids)
    if empty:
        raise SourceError(f"{label} holds no films: give at least one with a title and a plot")


def bundled() -> Path:
    """Return the file of the films that come with the package."""
    return BUNDLED_FILMS


def _judge(found: Found, name: str, ids: FilmIds) -> Movie | Rejected:
    place = f"{name}:{found.where}"
    if found.values is None:
        return Rejected(found.facts_at or place, "", found.fault)
    try:
        movie = film(found.values)
    except BadField as bad:
        of_plot = bad.field in ("id", "plot")
        return Rejected(place if of_plot or not found.facts_at else found.facts_at, bad.field, bad.reason)
    return ids.admit(movie, name, found.where)


def _piped(stdin: BinaryIO | None, label: str) -> Text:
    stream = stdin or getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise SourceError("there is no standard input: name a file instead of '-'")
    return Text(getattr(stream, "read1", stream.read), label)


def _cmu(folder: str, files: ExitStack, on_bytes: Callable[[int], None] | None) -> tuple[str, Iterator[Found]]:
    plots, metadata = (_member(folder, name) for name in (_CMU_PLOTS, _CMU_METADATA))
    films = cmu_films(_text(plots, files, on_bytes), _text(metadata, files, on_bytes), os.path.basename(metadata))
    return os.path.basename(plots), films


def _member(folder: str, name: str) -> str:
    label = shown(folder, _PATH)
    try:
        there = os.listdir(folder)
    except OSError as exc:
        raise SourceError(f"the folder {label} can't be read: {exc.strerror}; change that, or give a file") from None
    found = next((file for file in (name, f"{name}.gz") if file in there), None)
    if found is None:
        raise SourceError(
            f"the folder {label} has no {name}: give a file, or the unpacked folder of the CMU Movie Summary Corpus"
        )
    return os.path.join(folder, found)


def _text(path: str, files: ExitStack, on_bytes: Callable[[int], None] | None) -> Text:
    name = shown(path, _PATH) or "''"
    try:
        file = files.enter_context(io.FileIO(path))
    except FileNotFoundError:
        raise SourceError(f"there is no file {name}: check the name, or give '-' for standard input") from None
    except PermissionError:
        raise SourceError(f"no permission to read {name}: change it, or read it as another user") from None
    except (OSError, ValueError) as exc:
        raise SourceError(f"{name} can't be opened: {getattr(exc, 'strerror', None) or exc}") from None
    if on_bytes is None:
        return Text(file.read, name)

    def counted(size: int = -1) -> bytes:
        raw = file.read(size)
        on_bytes(len(raw))
        return raw

    return Text(counted, name)


def _records(text: Text) -> Iterator[Found]:
    """Tell what the text is by its first lines."""
    first, _, below = text.head.partition(b"\n")
    below = below.lstrip()
    start = first.lstrip()[:1]
    if start == b"[":
        return json_values(text, in_list=True)
    if start == b"{":
        # An object may go on in the lines below; a cut-off JSON line has another object there.
        spread = not first.rstrip().endswith(b"}") and below.startswith((b'"', b",", b":", b"}"))
        return json_values(text, in_list=False) if spread else json_lines(text)
    separator, columns = csv_columns(first.decode(errors="replace"))
    if tells_films(columns):
        return csv_rows(text, separator, columns)
    if below.startswith(b"{"):
        return json_lines(text)
    if text.failure and not below:
        raise SourceError(f"{text.label}: {text.failure}")
    found = ", ".join(shown(column, 30) for column in columns[:12]) + (", ..." if len(columns) > 12 else "")
    raise SourceError(
        f"{text.label} is neither JSON nor a CSV of films: the first line has to name a title and a plot (or overview) "
        f"column, and these are there: {found}"
    )
