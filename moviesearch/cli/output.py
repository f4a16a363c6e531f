"""Answers, films and reports as people or programs read them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from moviesearch.records import Answer, IngestReport, Match, Movie

from .streams import takes_all_letters

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from moviesearch.collection.info import Info

_BAR_WIDTH = 10
_GENRES_WIDTH = 28
_NARROW = 60
"""Columns below which a table has room for rank, title and year alone."""
_CSV_COLUMNS = ("rank", "id", "title", "year", "score", "cosine", "genres", "url")


def answer_text(answer: Answer, form: str, *, explain: bool = False) -> str:
    """An answer as `json` (one object), `jsonl` (one object a film) or `csv` (genres separated by '|')."""
    results = [_match_json(match, explain=explain) for match in answer.matches]
    if form == "jsonl":
        return "\n".join(map(_json, results))
    if form == "json":
        head = {"query": answer.query, "mode": answer.mode, "model": answer.model, "took_ms": round(answer.took_ms, 1)}
        notes = {"notes": list(answer.notes)} if answer.notes else {}
        sure = {} if answer.confidence is None else {"confidence": round(answer.confidence, 2)}
        question = {"question": asdict(answer.question)} if answer.question else {}
        return _json({**head, **sure, **notes, **question, "results": results}, indent=1)
    text = io.StringIO()
    table = csv.DictWriter(text, _CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    for match, result in zip(answer.matches, results, strict=True):
        table.writerow({**result, "genres": "|".join(match.movie.genres)})
    return text.getvalue().rstrip("\n")


def _json(value: object, indent: int | None = None) -> str:
    r"""A value as JSON; letters as `\u00e9` where standard output lacks some, so that programs read what was meant."""
    return json.dumps(value, ensure_ascii=not takes_all_letters(), indent=indent)


def _match_json(match: Match, *, explain: bool = False) -> dict[str, object]:
    """One result, as the JSON formats have it."""
    result: dict[str, object] = {
        "rank": match.rank,
        "id": match.movie.id,
        "title": match.movie.title,
        "year": match.movie.year,
        "score": round(match.score, 6),
        "cosine": None if match.cosine is None else round(match.cosine, 6),
        "passage": match.passage,
        "genres": list(match.movie.genres),
        "url": match.movie.url,
    }
    if explain:
        result |= {"bm25": match.bm25, "words": list(match.words), "hints": list(match.hints)}
        result["meetings"] = [
            {**asdict(meeting), "similarity": round(meeting.similarity, 3)} for meeting in match.meetings
        ]
    return result


def answer_table(answer: Answer, console: Console, *, explain: bool = False) -> None:
    """Two lines a film: what it is and how close, then how its plot begins; with `explain`, why it matched.

    On a narrow terminal it is one line: rank, title and year.
    """
    if not answer.matches:
        console.print("No film matches.")
    best = max([1.0, *(match.score for match in answer.matches)])
    for match in answer.matches:
        if console.width < _NARROW:
            console.print(_film_line(match, console.width), no_wrap=True, overflow="crop", soft_wrap=False)
        else:
            _print_two_lines(match, match.score / best, console)
        if explain:
            _print_explanation(match, console)


def where_else() -> str:
    """What to do where no film here answers a question."""
    return "a film that is not here yet comes from Wikipedia with `moviesearch fetch TITLE`"


def _print_two_lines(match: Match, share: float, console: Console) -> None:
    from rich.text import Text

    left_width = console.width - _BAR_WIDTH - 32
    left = _film_line(match, left_width)
    right = Text(no_wrap=True)
    right.append(_bar(share), style="cyan")
    right.append(f"  {_fitting_genres(match.movie)}".rstrip(), style="dim")
    left.truncate(left_width, overflow="ellipsis", pad=True)
    console.print(left + Text("  ") + right, no_wrap=True, overflow="crop", soft_wrap=False)
    console.print(_plot_line(match.movie.plot, console.width), style="dim")


def _film_line(match: Match, width: int) -> Text:
    """Rank, title and year; a title that is too long for the width is cut."""
    from rich.text import Text

    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{match.rank:>2}  ", style="dim")
    year = f" ({match.movie.year})" if match.movie.year else ""
    title = Text(printable(match.movie.title), style="bold")
    title.truncate(max(1, width - line.cell_len - len(year)), overflow="ellipsis")
    line.append_text(title)
    line.append(year)
    return line


def _bar(share: float) -> str:
    """A bar of block characters, full at 1."""
    filled = max(0.0, min(1.0, share)) * _BAR_WIDTH
    whole = int(filled)
    return ("█" * whole + ("▌" if filled - whole >= 0.5 else "")).ljust(_BAR_WIDTH, "·")


def _fitting_genres(movie: Movie) -> str:
    """The first genres, as many as fit in the column."""
    text = ""
    for genre in map(printable, movie.genres):
        longer = f"{text}, {genre}" if text else genre[:_GENRES_WIDTH]
        if len(longer) > _GENRES_WIDTH:
            break
        text = longer
    return text


def _plot_line(plot: str, width: int) -> Text:
    """How a plot begins, indented, in one line."""
    from rich.text import Text

    text = Text(f"    {printable(' '.join(plot.split()))}", no_wrap=True)
    text.truncate(width - 1, overflow="ellipsis")
    return text


def _print_explanation(match: Match, console: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    figures = [f"score {match.score:.3f}"]
    if match.cosine is not None:
        figures.append(f"cosine {match.cosine:.3f}")
    if match.bm25 is not None:
        figures.append(f"BM25 {match.bm25:.1f}")
    console.print(Padding(Text(" · ".join(figures + list(match.hints)), style="green"), (0, 0, 0, 4)))
    if match.meetings:
        met = printable(" · ".join(map(str, match.meetings)))
        console.print(Padding(Text(met, style="green"), (0, 0, 0, 4)))
    passage = Text(printable(match.passage))
    if match.words:
        either = "|".join(map(re.escape, match.words))
        passage.highlight_regex(rf"(?i)(?<![^\W_])(?:{either})(?![^\W_])", style="bold yellow")
    console.print(Padding(passage, (0, 0, 1, 4)))


def movie_table(movie: Movie, console: Console) -> None:
    """One film as it is stored, for people."""
    from rich.text import Text

    year = f" ({movie.year})" if movie.year else ""
    console.print(Text(printable(movie.title), style="bold") + Text(year))
    facts = [("id", movie.id), ("genres", ", ".join(movie.genres)), ("url", movie.url or "")]
    facts += [(name, _as_text(value)) for name, value in movie.extra.items()]
    for name, value in facts:
        if value:
            console.print(Text(f"{name}: ", style="dim") + Text(printable(value)))
    console.print()
    plot = "\n".join(printable(line) for line in movie.plot.splitlines())
    console.print(Text(plot), soft_wrap=not console.is_terminal)


def movie_json(movie: Movie) -> str:
    """One film as a JSON object."""
    from moviesearch.records import as_json

    return _json(as_json(movie), indent=1)


def report_line(report: IngestReport) -> str:
    """What an ingest did, in one line."""
    counts = [
        f"{report.added:,} added",
        f"{report.updated:,} updated",
        f"{report.unchanged:,} unchanged",
        f"{report.rejected:,} rejected",
    ]
    if report.duplicates:
        counts.append(f"{report.duplicates:,} told twice")
    if report.joined:
        counts.append(f"{report.joined:,} joined")
    if report.removed:
        counts.append(f"{report.removed:,} removed")
    return ", ".join(counts) + f"; {report.passages:,} passages in {report.seconds:.1f} s"


def info_json(info: Info) -> str:
    """What is in a collection, as a JSON object."""
    members = {
        "store": info.store,
        "collection": info.collection,
        "films": info.films,
        "passages": info.passages,
        "model": info.manifest.model,
        "model_digest": info.manifest.digest,
        "dimension": info.manifest.dimension,
        "window": info.manifest.window,
        "passage_tokens": info.manifest.size,
        "overlap_tokens": info.manifest.overlap,
        "years": info.years,
        "bytes": info.bytes,
        "wrong": info.wrong,
    }
    return _json(members, indent=1)


def info_table(info: Info, console: Console) -> None:
    """What is in a collection, for people."""
    manifest = info.manifest
    rows = [
        ("store", info.store),
        ("collection", info.collection),
        ("films", f"{info.films:,}" + (f", {info.years[0]} to {info.years[1]}" if info.years else "")),
        ("passages", f"{info.passages:,} of up to {manifest.size} tokens"),
        ("model", f"{manifest.model} ({manifest.dimension} dimensions, window {manifest.window} tokens)"),
        ("size", f"{info.bytes / 1e6:,.1f} MB"),
        ("health", f"damaged: {info.wrong}" if info.wrong else "good"),
    ]
    for name, value in rows:
        console.print(f"{name:<11}{value}", highlight=False, soft_wrap=True)


def printable(text: str) -> str:
    """Text without control characters, which could steer a terminal."""
    return "".join(c for c in text if c.isprintable() or c == " ")


def _as_text(value: object) -> str:
    """A JSON value as people read it: a list by commas, a text without quotes."""
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
