"""Answers, films and reports as people or programs read them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from moviesearch.records import Answer, IngestReport, Match, Movie

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from moviesearch.search import Info

_BAR = 10
_GENRES = 28
_CSV = ("rank", "id", "title", "year", "score", "cosine", "genres", "url")


def match_json(match: Match, *, explain: bool = False) -> dict[str, object]:
    """One result, as the JSON formats have it."""
    told: dict[str, object] = {
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
        told |= {"bm25": match.bm25, "words": list(match.words), "hints": list(match.hints)}
    return told


def answer_text(answer: Answer, form: str, *, explain: bool = False) -> str:
    """An answer as `json` (one object), `jsonl` (one object a film) or `csv` (genres separated by '|')."""
    results = [match_json(match, explain=explain) for match in answer.matches]
    if form == "jsonl":
        return "\n".join(json.dumps(result, ensure_ascii=False) for result in results)
    if form == "json":
        told = {"query": answer.query, "mode": answer.mode, "model": answer.model, "took_ms": round(answer.took_ms, 1)}
        return json.dumps({**told, "results": results}, ensure_ascii=False, indent=1)
    text = io.StringIO()
    table = csv.DictWriter(text, _CSV, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    for match, result in zip(answer.matches, results, strict=True):
        table.writerow({**result, "genres": "|".join(match.movie.genres)})
    return text.getvalue().rstrip("\n")


def answer_table(answer: Answer, console: Console, *, explain: bool = False) -> None:
    """Two lines a film: what it is and how close, then how its plot begins; with `explain`, why it matched."""
    from rich.text import Text

    if not answer.matches:
        console.print("No film matches.")
    most = max([1.0, *(match.score for match in answer.matches)])
    for match in answer.matches:
        head = Text(no_wrap=True, overflow="ellipsis")
        head.append(f"{match.rank:>2}  ", style="dim")
        year = f" ({match.movie.year})" if match.movie.year else ""
        room = console.width - _BAR - 32
        title = Text(_clean(match.movie.title), style="bold")
        title.truncate(room - head.cell_len - len(year), overflow="ellipsis")
        head.append_text(title)
        head.append(year)
        tail = Text(no_wrap=True)
        tail.append(_bar(match.score / most), style="cyan")
        tail.append(f"  {_genres(match.movie)}".rstrip(), style="dim")
        head.truncate(room, overflow="ellipsis", pad=True)
        console.print(head + Text("  ") + tail, no_wrap=True, overflow="crop", soft_wrap=False)
        console.print(_indented(_clean(match.movie.plot), console.width), style="dim")
        if explain:
            _explain(match, console)


def _explain(match: Match, console: Console) -> None:
    from rich.padding import Padding
    from rich.text import Text

    parts = [f"score {match.score:.3f}"]
    if match.cosine is not None:
        parts.append(f"cosine {match.cosine:.3f}")
    if match.bm25 is not None:
        parts.append(f"BM25 {match.bm25:.1f}")
    console.print(Padding(Text(" · ".join(parts + list(match.hints)), style="green"), (0, 0, 0, 4)))
    passage = Text(_clean(match.passage))
    if match.words:
        passage.highlight_words(list(match.words), style="bold yellow", case_sensitive=False)
    console.print(Padding(passage, (0, 0, 1, 4)))


def movie_table(movie: Movie, console: Console) -> None:
    """One film as it is stored."""
    from rich.text import Text

    year = f" ({movie.year})" if movie.year else ""
    console.print(Text(_clean(movie.title), style="bold") + Text(year))
    facts = [("id", movie.id), ("genres", ", ".join(movie.genres)), ("url", movie.url or "")]
    facts += [(name, _plain(value)) for name, value in movie.extra.items()]
    for name, value in facts:
        if value:
            console.print(Text(f"{name}: ", style="dim") + Text(_clean(value)))
    console.print()
    plot = "\n".join(_clean(line) for line in movie.plot.splitlines())
    console.print(Text(plot), soft_wrap=not console.is_terminal)


def movie_json(movie: Movie) -> str:
    """One film as one object."""
    from moviesearch.records import as_json

    return json.dumps(as_json(movie), ensure_ascii=False, indent=1)


def report_line(report: IngestReport) -> str:
    """What an ingest did, in one line."""
    parts = [
        f"{report.added:,} added",
        f"{report.updated:,} updated",
        f"{report.unchanged:,} unchanged",
        f"{report.rejected:,} rejected",
    ]
    if report.duplicates:
        parts.append(f"{report.duplicates:,} told twice")
    if report.removed:
        parts.append(f"{report.removed:,} removed")
    return ", ".join(parts) + f"; {report.passages:,} passages in {report.seconds:.1f} s"


def info_json(info: Info) -> str:
    """What is in a collection, as one object."""
    told = {
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
    return json.dumps(told, ensure_ascii=False, indent=1)


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


def _genres(movie: Movie) -> str:
    """As many genres as fit."""
    shown = ""
    for genre in map(_clean, movie.genres):
        longer = f"{shown}, {genre}" if shown else genre[:_GENRES]
        if len(longer) > _GENRES:
            break
        shown = longer
    return shown


def _bar(score: float) -> str:
    filled = max(0.0, min(1.0, score)) * _BAR
    whole = int(filled)
    return ("█" * whole + ("▌" if filled - whole >= 0.5 else "")).ljust(_BAR, "·")


def _indented(plot: str, width: int) -> Text:
    from rich.text import Text

    text = Text(f"    {' '.join(plot.split())}", no_wrap=True)
    text.truncate(width - 1, overflow="ellipsis")
    return text


def _clean(text: str) -> str:
    """Text that can't steer a terminal: control characters go."""
    return "".join(c for c in text if c.isprintable() or c == " ")


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
