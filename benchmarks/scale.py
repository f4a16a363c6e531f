"""How ingest, search, memory and disk grow with the number of passages.

    moviesearch ingest --store STORE films.jsonl
    python benchmarks/scale.py STORE --sizes 10000 100000 --work FOLDER
    python benchmarks/scale.py STORE --sizes 10000 100000 1000000 --work FOLDER       (hours, some 15 GB)

Films are made by recombining sentences of those in STORE, about five passages each. A made passage's vector is the
mean of the vectors of the passages that its sentences come from, with some noise: embedding a million passages is
known arithmetic (see ingest.py) and is left out. All else is as it always is: ledger, cache, Chroma, word index.
The store grows from size to size, and each is asked in a process of its own. Results are appended to
FOLDER/scale.jsonl, and --plot draws what is there. Stopped, the same command goes on where the store is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient
from measuring import commit, made, p50, p95, resident_mb, table, timed
from recall import recall

from moviesearch import Movie, MovieSearch
from moviesearch.collection.steps import Stopped
from moviesearch.embedding.load import load
from moviesearch.embedding.passages import Spans
from moviesearch.embedding.vectors import TokenVectors, Vectors
from moviesearch.errors import EncoderError
from moviesearch.request import Filters
from moviesearch.web.app import create_app

SENTENCE = re.compile(r"(?<=[.!?]) +")
SENTENCES = 36
"""In a made plot: some five passages."""

SENTENCES_A_PASSAGE = 5.35
"""As they are cut, overlap included."""

NOISE = 0.3
"""How far a made vector is moved, along the difference of two real ones. So made, 408 passages were as like each other
as they are when the model embeds them: mean cosine .42 (.40), of the nearest .64 (.65), over 92 dimensions (88, as the
participation ratio counts them). Noise of all directions would be over 126, and no model's."""

QUERIES = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured at a size; times in seconds or milliseconds as named, sizes in MB."""

    passages: int
    films: int
    ingest_s: float
    passages_a_second: float
    last_tenth_a_second: float
    disk_mb: dict[str, float]
    ingest_resident_mb: float
    cold_s: float
    p50_ms: float
    p95_ms: float
    filtered_p50_ms: float
    resident_mb: float
    recall_at_10: float
    commit: str
    served_p50_ms: float = 0.0
    served_mb: float = 0.0
    narrow_p50_ms: float = 0.0


class Recombined:
    """An encoder for made texts: real tokens, and vectors that follow from the sentences."""

    location = "made by benchmarks/scale.py"
    name = "recombined"
    token_digest = None
    has_query_encoder = False

    def __init__(self, source: Path) -> None:
        with MovieSearch(source) as search:
            manifest = search.info().manifest
            real = load(manifest.location, search.settings.cache)
            self.dimension, self.window, self.tokenize = real.dimension, real.window, real.tokenize
            self.sentences: list[str] = []
            rows: list[Vectors] = []
            self.at: dict[str, int] = {}
            for movie, vectors in _films(search):
                found = [text for text in SENTENCE.split(movie.plot) if 30 < len(text) < 400]
                for number, text in enumerate(found):
                    if text not in self.at:
                        self.at[text] = len(rows)
                        self.sentences.append(text)
                        rows.append(vectors[number * len(vectors) // len(found)])
        self.rows = np.stack(rows)
        self.digest = hashlib.sha256(self.rows.tobytes()).hexdigest()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 (texts, dimension), each of unit length."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            known = [
                at for part in SENTENCE.split(text.partition(" - ")[2] or text) if (at := self.at.get(part)) is not None
            ]
            chance = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
            away = self.rows[chance % len(self.rows)] - self.rows[(chance >> 32) % len(self.rows)]
            out[row] = NOISE / max(1e-6, math.sqrt(away @ away)) * away
            if known:
                mean = self.rows[known[:12]].mean(axis=0)
                out[row] += mean / math.sqrt(mean @ mean)
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def encode_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """None are given."""
        raise EncoderError(f"{self.name} gives no token vectors")

    def encode_query(self, pieces: Sequence[str]) -> tuple[Vectors, None]:
        """The pieces' vectors, as `encode` gives them."""
        return self.encode(pieces), None

    def telling_spans(self, text: str) -> Spans:
        """None are given."""
        raise EncoderError(f"{self.name} gives no token vectors")

    def made(self, films: int) -> Iterator[Movie]:
        """So many films, the same ones each time."""
        chance = random.Random(1)
        for number in range(films):
            first = chance.randrange(len(self.sentences))
            near = [first + step for step in range(8)] + [
                chance.randrange(len(self.sentences)) for _ in range(SENTENCES - 8)
            ]
            plot = " ".join(self.sentences[at % len(self.sentences)] for at in near)
            yield Movie(f"made{number}", f"Film {number}", plot, 1920 + number % 100)

    def queries(self, count: int) -> list[str]:
        """Descriptions of a sentence or three."""
        chance = random.Random(2)
        return [" ".join(chance.sample(self.sentences, chance.choice((1, 2, 3)))) for _ in range(count)]


def _films(search: MovieSearch) -> Iterator[tuple[Movie, Vectors]]:
    with search._collection.reading():
        entries = list(search._collection.ledger.entries())
        for start in range(0, len(entries), 500):
            page = entries[start : start + 500]
            ids = [f"{entry.movie.id}#{n}" for entry in page for n in range(entry.passages)]
            found = search._collection.chroma.vectors("passages", ids)
            for entry in page:
                rows = [found[f"{entry.movie.id}#{n}"] for n in range(entry.passages)]
                if rows:
                    yield entry.movie, np.stack(rows)


def filled(
    store: Path, encoder: Recombined, passages: int, stopping: Sequence[object]
) -> tuple[int, int, float, float, float]:
    """Add films until there are so many passages, or `stopping` is no longer empty.

    Returns (films, passages, seconds, passages stored a second, those of the last tenth); the times are of what came
    to the store in this call.
    """
    each = len(SENTENCE.split(next(encoder.made(1)).plot)) / SENTENCES_A_PASSAGE
    films = max(1, int(passages / each))
    marks: list[tuple[float, float]] = []
    with MovieSearch(store, encoder=encoder) as search:
        before = search.info().films if search.exists() else 0
        began = time.perf_counter()

        def progress(step: object) -> None:
            if stopping:
                raise Stopped
            marks.append((step.done, time.perf_counter() - began))  # type: ignore[attr-defined]
            if sys.stderr.isatty():
                print(f"\r{before + step.done:,.0f} of {films:,} films", end="", file=sys.stderr)  # type: ignore[attr-defined]

        report = search.ingest(islice(encoder.made(films), before, None), progress=progress)
        seconds = time.perf_counter() - began
        info = search.info()
    late = next(((done, at) for done, at in marks if done >= 0.9 * report.added), (0.0, 0.0))
    share = report.passages / max(1, report.added)
    return (
        info.films,
        info.passages,
        seconds,
        report.passages / seconds,
        (report.added - late[0]) * share / max(1e-9, seconds - late[1]),
    )


def asked(store: Path, encoder: Recombined) -> dict[str, float]:
    """Cold and warm times, memory and recall, in this process."""
    queries = encoder.queries(QUERIES)
    before = resident_mb()
    search = MovieSearch(store, encoder=encoder)
    cold = timed(lambda: search.find([queries[0]]))
    times = _times(search, queries[1:], Filters())
    filtered = _times(search, queries[1:51], Filters(year_from=1970))
    narrow = _times(search, queries[1:51], Filters(1950, 1950))
    resident = resident_mb() - before
    with TestClient(create_app(search)) as client:
        served = [timed(lambda words=words: _got(client, words)) * 1e3 for words in queries[1:51]]
        client.get("/api/suggest", params={"q": "film 7"}).raise_for_status()
        served_mb = resident_mb() - before
    found = recall(search, encoder.encode(queries))
    search.close()
    return {
        "cold_s": cold,
        "p50_ms": p50(times),
        "p95_ms": p95(times),
        "filtered_p50_ms": p50(filtered),
        "narrow_p50_ms": p50(narrow),
        "resident_mb": resident,
        "recall_at_10": found,
        "served_p50_ms": p50(served),
        "served_mb": served_mb,
    }


def _times(search: MovieSearch, queries: Sequence[str], filters: Filters) -> list[float]:
    """Milliseconds of each search."""
    return [timed(lambda words=words: search.find([words], filters=filters)) * 1e3 for words in queries]


def _got(client: TestClient, words: str) -> None:
    client.get("/api/search", params={"plot": words}).raise_for_status()


def sizes_on_disk(store: Path) -> dict[str, float]:
    """MB of each part."""
    found: dict[str, float] = {}
    for path in store.rglob("*"):
        if path.is_file():
            name = path.relative_to(store).parts
            other = "word index" if "lexical" in str(path) else "Chroma"
            part = {
                "vectors.sqlite3": "embedding cache",
                "films.sqlite3": "ledger",
                "tokens.sqlite3": "token index",
            }.get(name[-1].removesuffix("-wal").removesuffix("-shm"), other)
            found[part] = found.get(part, 0.0) + path.stat().st_size / 1e6
    return {part: round(size, 1) for part, size in sorted(found.items())}


def plot(results: Sequence[Result], target: Path) -> None:
    """Latency and memory against size."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    sizes = [result.passages for result in results]
    left.plot(sizes, [result.p50_ms for result in results], "o-", label="p50")
    left.plot(sizes, [result.p95_ms for result in results], "s--", label="p95")
    left.plot(sizes, [result.filtered_p50_ms for result in results], "^:", label="p50, half of the years")
    left.plot(sizes, [result.narrow_p50_ms for result in results], "v:", label="p50, one year of a hundred")
    left.set(xscale="log", ylabel="ms", xlabel="passages", title="a warm search, the query's encoding left out", ylim=0)
    left.legend(frameon=False)
    right.plot(sizes, [result.resident_mb for result in results], "o-", label="memory of a search")
    right.plot(sizes, [sum(result.disk_mb.values()) for result in results], "s--", label="disk")
    right.set(xscale="log", yscale="log", ylabel="MB", xlabel="passages", title="memory and disk")
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
    figure.savefig(target, metadata={"Date": None})


def main() -> None:
    """Fill, ask, write down, print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("store", type=Path, help="a store with real films")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000])
    parser.add_argument("--work", type=Path, required=True, help="where the made store goes; removed afterwards")
    parser.add_argument("--keep", action="store_true", help="don't remove it")
    parser.add_argument("--plot", type=Path, metavar="SVG", help="draw the results (needs matplotlib)")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    encoder = Recombined(arguments.store)
    if arguments.ask:
        print(json.dumps(asked(arguments.ask, encoder)))
        return
    log = arguments.work / "scale.jsonl"
    store = arguments.work / "scale"
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))  # what is stored by then is asked
    for size in sorted(arguments.sizes):
        if stopping:
            break
        films, passages, seconds, rate, late = filled(store, encoder, size, stopping)
        done = subprocess.run(
            [sys.executable, __file__, str(arguments.store), "--work", str(arguments.work), "--ask", str(store)],
            capture_output=True,
            text=True,
            check=True,
        )
        answered = json.loads(done.stdout.splitlines()[-1])
        result = Result(
            passages, films, seconds, rate, late, sizes_on_disk(store), resident_mb(), commit=commit(), **answered
        )
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")
    if not arguments.keep:
        shutil.rmtree(store)
    results = {
        result["passages"]: Result(**result) for result in map(json.loads, log.read_text(encoding="utf-8").splitlines())
    }
    ordered = [results[size] for size in sorted(results)]
    print(f"### Scale\n\n{made('chromadb', 'tantivy')}\n")
    figures = "passages|films|stored /s|last tenth /s|disk MB|search MB|serve MB"
    times = "cold s|p50 ms|p95 ms|half of the years|one year|recall@10"
    print(
        table(
            [*figures.split("|"), *times.split("|")],
            [
                [
                    f"{r.passages:,}",
                    f"{r.films:,}",
                    f"{r.passages_a_second:.0f}",
                    f"{r.last_tenth_a_second:.0f}",
                    f"{sum(r.disk_mb.values()):,.0f}",
                    f"{r.resident_mb:,.0f}",
                    f"{r.served_mb:,.0f}" if r.served_mb else "",
                    f"{r.cold_s:.2f}",
                    f"{r.p50_ms:.1f}",
                    f"{r.p95_ms:.1f}",
                    f"{r.filtered_p50_ms:.1f}",
                    f"{r.narrow_p50_ms:.1f}",
                    f"{r.recall_at_10:.3f}",
                ]
                for r in ordered
            ],
        )
    )
    for r in ordered:
        print(
            f"\n{r.passages:,} passages on disk, in MB: "
            + ", ".join(f"{part} {size:,.0f}" for part, size in r.disk_mb.items())
        )
    if arguments.plot:
        plot(ordered, arguments.plot)


if __name__ == "__main__":
    main()
