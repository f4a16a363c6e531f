"""Tables -> the named values of each record: CSV with any separator, and the CMU Movie Summary Corpus."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from .fields import PLOT_NAMES, TITLE_NAMES, folded
from .text import LIMIT, TOO_LONG, Line, SourceRecord, Text

_CMU_COLUMNS = ("id", "freebase_id", "title", "year", "revenue", "runtime", "languages", "countries", "genres")


_SEPARATOR_LINE = re.compile(r'"?sep=([^"\w\s]|\t|\\t)"?', re.IGNORECASE)

_LONGEST_NAME = 30
"""Columns that a film needs have short names, and a plot is longer: so few cells of a row are compared with them."""

HeaderAgain = Callable[[str], None]
"""Told of a header in the middle of a table: its line."""


def separator_line(line: str) -> str:
    r"""Return the separator that a line like `sep=;` names, as Excel writes it above a header; else nothing."""
    named = _SEPARATOR_LINE.fullmatch(line.strip("\ufeff\r\n "))
    return named[1].replace("\\t", "\t") if named else ""


def csv_columns(header: str, separators: str = ",;\t|") -> tuple[str, list[str]]:
    """Return the separator and the column names of a header.

    The first separator that gives the columns of films is taken, or else the one that gives the most columns.
    """
    best: tuple[str, list[str]] = (separators[0], [])
    for separator in separators:
        try:
            cells = next(csv.reader([header.rstrip("\r\n")], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            continue
        names = [name.strip() for name in cells]
        if are_film_columns(names):
            return separator, names
        best = max(best, (separator, names), key=lambda guess: len(guess[1]))
    return best


def are_film_columns(names: Iterable[str]) -> bool:
    """Tell whether columns of these names are enough for a film: a title, and a plot or an overview."""
    plain = {folded(name) for name in names}
    return not plain.isdisjoint(TITLE_NAMES) and not plain.isdisjoint(PLOT_NAMES)


def csv_rows(
    text: Text, separator: str, names: list[str], header_again: HeaderAgain, *, header_line: int
) -> Iterator[SourceRecord]:
    """Yield the rows below the header; one that is shorter or longer than the header is a fault.

    A header in the middle, as where tables were put one after the other, holds for the rows below it.
    """
    lines = _RowLines(text.lines())
    rows = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        lines.begin_row()
        try:
            with _LONG_CELLS:
                cells, fault = next(rows), ""
        except StopIteration:
            return
        except csv.Error as exc:
            cells, fault = [], _why_not_csv(exc)
        first = lines.row[0]
        where = str(first.number)
        if not fault and (damaged := next((line for line in lines.row if line.fault), None)):
            yield SourceRecord(str(damaged.number), None, damaged.fault)
        elif not fault and (first.number <= header_line or all(not cell or cell.isspace() for cell in cells)):
            continue
        elif not fault and _is_header(cells):
            names = [cell.strip() for cell in cells]
            header_again(where)
        elif not fault and len(cells) >= len(names) and not any(cells[len(names) :]):
            yield SourceRecord(where, _values(names, cells))
        elif _fits_as_it_stands(first, separator, names) and lines.read_again():
            yield SourceRecord(where, _values(names, first.text.rstrip("\r\n").split("\t")))
        elif not fault:
            count = f"{len(cells)} column{'s' * (len(cells) > 1)}"
            yield SourceRecord(where, None, f"has {count} where the header has {len(names)}")
        else:
            lost = "" if lines.read_again() else f" (the lines up to {lines.row[-1].number} are lost with it)"
            yield SourceRecord(where, None, first.fault or fault + lost)


def _values(names: list[str], cells: list[str]) -> dict[str, str | None]:
    """The cells by their columns' names; of several columns of one name, the first that says something."""
    values: dict[str, str | None] = {}
    for name, cell in zip(names, cells, strict=False):
        if name and values.get(name) is None:
            values[name] = cell if cell.strip() else None
    return values


def _fits_as_it_stands(line: Line, separator: str, names: list[str]) -> bool:
    """Whether a line is a row without quoting: in tables with tabs, as IMDb's, a quote is a letter like any other."""
    return separator == "\t" and not line.fault and line.text.count("\t") == len(names) - 1


def _is_header(cells: list[str]) -> bool:
    names = [cell.strip() for cell in cells if len(cell) < _LONGEST_NAME]
    return are_film_columns(names)


def cmu_films(plots: Text, metadata: Text, metadata_name: str) -> Iterator[SourceRecord]:
    """Join the two files of the CMU Movie Summary Corpus; the metadata is small and held in memory."""
    metadata_lines: dict[str, Line] = {}
    for line in metadata.lines():
        if line.fault:
            yield SourceRecord("", None, line.fault, f"{metadata_name}:{line.number}")
        else:
            metadata_lines.setdefault(line.text.split("\t", 1)[0].strip(), line)
    for line in plots.lines():
        film_id, tab, plot = line.text.partition("\t")
        film_id = film_id.strip()
        where = str(line.number)
        if line.fault or not tab:
            if line.fault or film_id:
                yield SourceRecord(where, None, line.fault or "has no tab between id and plot")
        elif film_id not in metadata_lines:
            yield SourceRecord(where, None, f"has no line in {metadata_name}")
        else:
            cells = metadata_lines[film_id].text.rstrip("\r\n").split("\t")
            metadata_place = f"{metadata_name}:{metadata_lines[film_id].number}"
            yield _cmu_film(where, film_id, plot, cells, metadata_place)


def _cmu_film(where: str, film_id: str, plot: str, cells: list[str], metadata_place: str) -> SourceRecord:
    if len(cells) != len(_CMU_COLUMNS):
        return SourceRecord(where, None, f"has {len(cells)} columns instead of {len(_CMU_COLUMNS)}", metadata_place)
    values: dict[str, object] = {name: text or None for name, text in zip(_CMU_COLUMNS, cells, strict=True)}
    values["plot"] = plot
    values["url"] = f"https://en.wikipedia.org/?curid={film_id}"
    for name, text in zip(_CMU_COLUMNS[6:], cells[6:], strict=True):
        try:
            names = json.loads(text or "{}")
        except (ValueError, RecursionError):
            names = None
        if not isinstance(names, dict):
            return SourceRecord(where, None, f"has {name} that aren't a JSON object", metadata_place)
        values[name] = list(names.values()) or None
    return SourceRecord(where, values, "", metadata_place)


class _LongCells:
    """Lets the csv module read cells of any length within a `with`.

    Its limit (131,072 characters) holds for the whole process. So it is put back behind each row, and where several
    threads read, behind the last of them; others see no lower limit than their own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._usual_limit = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._readers:
                self._usual_limit = csv.field_size_limit()
                csv.field_size_limit(max(self._usual_limit, LIMIT))
            self._readers += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                csv.field_size_limit(self._usual_limit)


_LONG_CELLS = _LongCells()


class _RowLines:
    """Lines for the csv module. Those of the current row are kept, to be read again after a broken quote."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self._pending: deque[Line] = deque()
        self._budget = 1 << 20
        self._size = 0
        self.row: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._next()
        while not self.row and line.text.isspace() and not line.fault:
            line = self._next()
        if not self.row and line.text.startswith("\ufeff"):  # where files were put one after the other
            line = line._replace(text=line.text.lstrip("\ufeff"))
        self.row.append(line)
        self._size += len(line.text)
        if self._size > LIMIT:
            raise csv.Error(TOO_LONG)
        return line.text

    def begin_row(self) -> None:
        """Forget the lines of the row before."""
        self.row.clear()
        self._size = 0

    def _next(self) -> Line:
        if self._pending:
            return self._pending.popleft()
        line = next(self._lines)
        self._budget += len(line.text)
        return line

    def read_again(self) -> bool:
        """Give the row's lines but the first once more: an open quote swallows the good rows below it.

        The budget, in characters, sees to it that a file is read little more than twice, whatever its quotes. Returns
        False where it is used up.
        """
        size = sum(len(line.text) for line in self.row[1:])
        if size > self._budget:
            return False
        self._budget -= size
        self._pending.extendleft(reversed(self.row[1:]))
        return True


def _why_not_csv(exc: csv.Error) -> str:
    message = str(exc)
    if "unexpected end of data" in message:
        return "has a quote that is never closed"
    if message == TOO_LONG:
        return f"{TOO_LONG}: a quote may not be closed"
    if "expected after" in message:
        return 'has broken quoting: a quote inside a quoted text is written twice ("")'
    return f"isn't valid CSV: {message}"
