"""Answers, films and reports as people or programs read them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from moviesearch.errors import HOW_TO_FILL
from moviesearch.records import Answer, IngestReport, Match, Movie

from .streams import takes_all_letters

if TYPE_CHECKING:
    from rich.console import Console

    from moviesearch.collection.info import Info

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
    import csv
    import io

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


def count_of(number: int, name: str, several: str = "") -> str:
    """A number with what it counts, as in "1 film" and "1,234 films"."""
    return f"1 {name}" if number == 1 else f"{number:,} {several or f'{name}s'}"


def where_else() -> str:
    """What to do where no film here answers a question."""
    return "a film that is not here yet comes from Wikipedia with `moviesearch fetch TITLE`"


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
    return ", ".join(counts) + f"; {count_of(report.passages, 'passage')} in {report.seconds:.1f} s"


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
        "language": info.manifest.language,
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
    of_years = f", {info.years[0]} to {info.years[1]}" if info.years else ""
    rows = [
        ("store", info.store),
        ("collection", info.collection),
        ("films", f"{info.films:,}{of_years}" if info.films else f"0: {HOW_TO_FILL}"),
        ("passages", f"{info.passages:,} of up to {manifest.size} tokens"),
        ("model", f"{manifest.model} ({manifest.dimension} dimensions, window {manifest.window} tokens)"),
        ("language", f"{manifest.language_name}, by which words are stemmed"),
        ("size", f"{info.bytes / 1e6:,.1f} MB"),
        ("health", f"damaged: {info.wrong}" if info.wrong else "good"),
    ]
    for name, value in rows:
        console.print(f"{name:<11}{value}", highlight=False, soft_wrap=True)


def printable(text: str) -> str:
    """Text without control characters, which could steer a terminal."""
    return "".join(letter for letter in text if letter.isprintable() or letter == " ")


def _as_text(value: object) -> str:
    """A JSON value as people read it: a list by commas, a text without quotes."""
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
