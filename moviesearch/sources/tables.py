"""Tables -> the named values of each record: CSV with any separator, and the CMU Movie Summary Corpus."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator

from .text import LIMIT, Found, Line, Text

_CMU_COLUMNS = ("id", "freebase_id", "title", "year", "revenue", "runtime", "languages", "countries", "genres")


def csv_columns(header: str) -> tuple[str, list[str]]:
    """Find the separator and the names in a header: those that tell films, or else the most that can be made of it."""
    best: tuple[str, list[str]] = (",", [])
    for separator in ",;\t|":
        try:
            cells = next(csv.reader([header.rstrip("\r\n")], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            continue
        names = [name.strip() for name in cells]
        if tells_films(names):
            return separator, names
        best = max(best, (separator, names), key=lambda guess: len(guess[1]))
    return best


def tells_films(names: Iterable[str]) -> bool:
    """Tell whether columns of these names make films."""
    known = {name.casefold() for name in names}
    return "title" in known and not known.isdisjoint({"plot", "overview"})


def csv_rows(text: Text, separator: str, names: list[str]) -> Iterator[Found]:
    """Read the rows below the header, each as long as the header."""
    # No field passes the csv module's limit, so no good row is longer than this.
    lines = _RowLines(text.lines(), min(LIMIT, 2 * len(names) * csv.field_size_limit()))
    rows = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        lines.row.clear()
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as exc:
            yield Found(str(lines.row[0].number), None, lines.row[0].fault or _why_not_csv(exc))
            lines.read_again()
            continue
        finally:
            lines.size = 0
        bad = next((line for line in lines.row if line.fault), None)
        if bad:
            yield Found(str(bad.number), None, bad.fault)
        elif lines.row[0].number == text.first_line or all(not cell or cell.isspace() for cell in cells):
            continue
        elif len(cells) < len(names) or any(cells[len(names) :]):
            fault = f"has {len(cells)} column{'s' * (len(cells) > 1)} where the header has {len(names)}"
            yield Found(str(lines.row[0].number), None, fault)
        else:
            values = {name: cell if cell.strip() else None for name, cell in zip(names, cells, strict=False) if name}
            yield Found(str(lines.row[0].number), values)


def cmu_films(plots: Text, metadata: Text, metadata_name: str) -> Iterator[Found]:
    """Join the two files of the CMU Movie Summary Corpus; the metadata is small and held in memory."""
    known: dict[str, Line] = {}
    for line in metadata.lines():
        if line.fault:
            yield Found("", None, line.fault, f"{metadata_name}:{line.number}")
        else:
            known.setdefault(line.text.split("\t", 1)[0].strip(), line)
    for line in plots.lines():
        film_id, tab, plot = line.text.partition("\t")
        film_id = film_id.strip()
        where = str(line.number)
        if line.fault or not tab:
            if line.fault or film_id:
                yield Found(where, None, line.fault or "has no tab between id and plot")
        elif film_id not in known:
            yield Found(where, None, f"has no line in {metadata_name}")
        else:
            facts = known[film_id].text.rstrip("\r\n").split("\t")
            facts_at = f"{metadata_name}:{known[film_id].number}"
            yield _cmu_film(where, film_id, plot, facts, facts_at)


def _cmu_film(where: str, film_id: str, plot: str, facts: list[str], facts_at: str) -> Found:
    if len(facts) != len(_CMU_COLUMNS):
        return Found(where, None, f"has {len(facts)} columns instead of {len(_CMU_COLUMNS)}", facts_at)
    values: dict[str, object] = {name: text or None for name, text in zip(_CMU_COLUMNS, facts, strict=True)}
    values["plot"] = plot
    values["url"] = f"https://en.wikipedia.org/?curid={film_id}"
    for name, text in zip(_CMU_COLUMNS[6:], facts[6:], strict=True):
        try:
            names = json.loads(text or "{}")
        except (ValueError, RecursionError):
            names = None
        if not isinstance(names, dict):
            return Found(where, None, f"has {name} that aren't a JSON object", facts_at)
        values[name] = list(names.values()) or None
    return Found(where, values, "", facts_at)


class _RowLines:
    """The lines for the csv module; keeps those of the row at hand, to read them again after a quote gone wrong."""

    def __init__(self, lines: Iterable[Line], limit: int) -> None:
        self._lines = iter(lines)
        self._again: deque[Line] = deque()
        self._limit = limit
        self._budget = 1 << 20
        self.row: list[Line] = []
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._next()
        while not self.row and line.text.isspace() and not line.fault:
            line = self._next()
        self.row.append(line)
        self.size += len(line.text)
        if self.size > self._limit:
            raise csv.Error("field larger than field limit")
        return line.text

    def _next(self) -> Line:
        if self._again:
            return self._again.popleft()
        line = next(self._lines)
        self._budget += len(line.text)
        return line

    def read_again(self) -> None:
        """Take all lines but the first once more: an open quote swallows the good rows below it.

        However a file's quotes are set, it is read little more than twice.
        """
        size = sum(len(line.text) for line in self.row[1:])
        if size <= self._budget:
            self._budget -= size
            self._again.extendleft(reversed(self.row[1:]))


def _why_not_csv(exc: csv.Error) -> str:
    said = str(exc)
    if "unexpected end of data" in said:
        return "has a quote that is never closed"
    if "field limit" in said:
        return "is too long for a row: a quote may not be closed"
    if "expected after" in said:
        return 'has broken quoting: a quote inside a quoted text is written twice ("")'
    return f"isn't valid CSV: {said}"
