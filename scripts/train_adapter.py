"""Train a query adapter for a model: from people's descriptions of films to the passages of those films.

    python scripts/train_adapter.py MODEL films.jsonl posts.jsonl OUT.npz --dev vague.jsonl --dev logline.jsonl

`films.jsonl` has `id`, `title` and `plot`; `posts.jsonl` and the dev sets have `query` and `relevant` (ids).
MODEL is a sentence-transformers name or folder. The same input gives the same adapter.

What is learned: q' = normalize(q + (q down) up + shift), so that a softmax over the films (each by its best
passage, temperature .05) finds the film described. What keeps it honest:

- negatives are films of the same source as the answer (`--source`: the part of an id that tells it), so that it
  can't learn which source answers come from, and a film's weight falls with the number of its posts, so that it
  can't learn which films are asked for;
- half of each step is descriptions made from plots: a few sentences, names forgotten, words left out; of every
  film alike;
- the weights are an average over steps, the step is chosen on the dev sets and on posts about films that were kept
  out of training, and there are few steps;
- the report gives each set by the answers' source, and posts whose film was trained on apart from the others.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from head_data import lines
from numpy.typing import NDArray

from moviesearch.embedding.adapter import Adapter, read_adapter, write_adapter
from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.load import load
from moviesearch.embedding.passages import PassageSetting, split
from moviesearch.embedding.vectors import Vectors, unit
from moviesearch.records import Movie
from moviesearch.retrieval.queries import clean
from moviesearch.storage.vector_cache import VectorCache

TEMPERATURE, BATCH, RATE, DECAY, AVERAGE = 0.05, 64, 5e-4, 0.01, 0.985
CHECK_EVERY, HELD_OUT = 40, 0.1
STRETCH = 512
"""Texts that are embedded between two writes to the cache."""
AS_GOOD = 0.005
"""Of the steps so near to the best one, the last is kept: differences below that are noise on small sets."""

_SENTENCE = re.compile(r"(?<=[.!?])[\"']?\s+(?=[\"'A-Z])")
_NAME = re.compile(
    r"(?<![.!?]\s)(?<!^)(?<![.!?][\"']\s)\b[A-Z][\w'’.-]*(?:\s+(?:of\s+the\s+|de\s+|von\s+)?[A-Z][\w'’.-]*)*"
)


@dataclass(frozen=True)
class Judged:
    """Queries with the row of the film that answers each: `vectors` (n, d), `film` (n,)."""

    name: str
    vectors: torch.Tensor
    film: torch.Tensor


class LowRank(torch.nn.Module):
    """The adapter while it learns; `up` and `shift` begin at zero, so it begins as no adapter."""

    def __init__(self, dimension: int, rank: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.down = torch.nn.Parameter(torch.randn(dimension, rank, generator=generator) / dimension**0.5)
        self.up = torch.nn.Parameter(torch.zeros(rank, dimension))
        self.shift = torch.nn.Parameter(torch.zeros(dimension))

    def forward(self, queries: torch.Tensor) -> torch.Tensor:
        """(n, d) -> (n, d), unit length."""
        return torch.nn.functional.normalize(queries + (queries @ self.down) @ self.up + self.shift, dim=1)


class Corpus:
    """All passages, and which film each is of."""

    def __init__(self, vectors: Vectors, owner: Sequence[int], sources: Sequence[str]) -> None:
        self.vectors = torch.from_numpy(vectors)
        self.owner = torch.tensor(owner)
        self.sources = np.array(sources)
        kinds = sorted(set(sources))
        self.kind = torch.tensor([kinds.index(source) for source in sources])

    def scores(self, queries: torch.Tensor) -> torch.Tensor:
        """(n, d) -> (n, films): the cosine of each film's best passage."""
        cosines = queries @ self.vectors.T
        best = torch.full((len(queries), len(self.kind)), -2.0)
        return best.scatter_reduce(1, self.owner.expand(len(queries), -1), cosines, "amax")

    def centre(self) -> Vectors:
        """The mean over films of the means of their passages (d,): long films count no more than short ones."""
        sums = torch.zeros(len(self.kind), self.vectors.shape[1]).index_add_(0, self.owner, self.vectors)
        means = sums / torch.bincount(self.owner, minlength=len(self.kind))[:, None]
        return np.asarray(means.mean(0).numpy(), np.float32)

    def loss(self, queries: torch.Tensor, film: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Softmax over the films of the answer's own source."""
        logits = self.scores(queries) / TEMPERATURE
        logits = logits.masked_fill(self.kind[None, :] != self.kind[film][:, None], -1e4)
        losses = torch.nn.functional.cross_entropy(logits, film, reduction="none")
        return (losses * weight).sum() / weight.sum()

    def ranks(self, model: torch.nn.Module | None, judged: Judged) -> NDArray[np.int64]:
        """The place of each query's film, from 0."""
        with torch.no_grad():
            scores = self.scores(model(judged.vectors) if model else judged.vectors)
        own = scores.gather(1, judged.film[:, None])
        return np.asarray((scores > own).sum(1).numpy(), np.int64)


def remembered(plot: str, chance: random.Random) -> str:
    """A part of a plot as someone may remember it: a few sentences, names forgotten, words left out."""
    sentences = [sentence for sentence in _SENTENCE.split(plot) if len(sentence) > 20] or [plot]
    long = len(sentences) > 8
    count = chance.choice((1, 2, 2, 3)) if long else max(1, len(sentences) - chance.randint(0, 1))
    first = chance.randrange(max(1, len(sentences) - count + 1))
    words = _NAME.sub(
        lambda m: m.group() if m.group() == "I" else "someone", " ".join(sentences[first : first + count])
    ).split()
    return " ".join([word for word in words if chance.random() > 0.15][:80] or words[:80])


def train(
    corpus: Corpus, posts: Judged, made: Judged, dev: Sequence[Judged], *, rank: int, steps: int, seed: int, held: float
) -> tuple[LowRank, set[int]]:
    """The adapter at its best step, and the films whose posts were kept out."""
    films = np.unique(posts.film.numpy())
    generator = torch.Generator().manual_seed(seed)
    out = {int(film) for film in films if random.Random(f"{seed}-{film}").random() < held}
    inside = torch.tensor([int(film) not in out for film in posts.film])
    trained = Judged("trained", posts.vectors[inside], posts.film[inside])
    unseen = Judged("unseen", posts.vectors[~inside], posts.film[~inside])
    often = torch.bincount(trained.film, minlength=len(corpus.kind)).clamp(min=1)
    weight = often[trained.film] ** -0.5

    model, average = LowRank(posts.vectors.shape[1], rank, seed), LowRank(posts.vectors.shape[1], rank, seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    kept: dict[int, dict[str, torch.Tensor]] = {}
    means: dict[int, float] = {}
    for step in range(steps + 1):
        if step % CHECK_EVERY == 0:
            checks = [*dev, *([unseen] if out else [])]
            found = [float((corpus.ranks(average, judged) < 10).mean()) for judged in checks]
            scores = "  ".join(f"{judged.name} {value:.3f}" for judged, value in zip(checks, found, strict=True))
            print(f"step {step:4d}  success@10: {scores}", flush=True)
            kept[step] = {name: part.clone() for name, part in average.state_dict().items()}
            means[step] = float(np.mean(found))
        at = torch.randint(len(trained.film), (BATCH,), generator=generator)
        also = torch.randint(len(made.film), (BATCH,), generator=generator)
        loss = corpus.loss(model(trained.vectors[at]), trained.film[at], weight[at])
        loss = loss + corpus.loss(model(made.vectors[also]), made.film[also], torch.ones(BATCH))
        loss = loss + DECAY * (model.up.square().sum() + model.shift.square().sum())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        keep = min(AVERAGE, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean_part, part in zip(average.parameters(), model.parameters(), strict=True):
                mean_part.lerp_(part, 1 - keep)
    chosen = max(step for step, mean in means.items() if mean >= max(means.values()) - AS_GOOD)
    average.load_state_dict(kept[chosen])
    print(f"kept: step {chosen}")
    return average, out


def report(corpus: Corpus, model: torch.nn.Module, sets: Sequence[Judged], trained_on: set[int]) -> None:
    """success@1 / @10 / @100 before and after, by the answers' source and by whether they were trained on."""
    for judged in sets:
        before, after = corpus.ranks(None, judged), corpus.ranks(model, judged)
        film = judged.film.numpy()
        groups = {"all": np.ones(len(film), bool)}
        groups |= {f"source {kind}": corpus.sources[film] == kind for kind in sorted(set(corpus.sources[film]))}
        groups |= {"trained film": np.isin(film, list(trained_on)), "new film": ~np.isin(film, list(trained_on))}
        for name, chosen in groups.items():
            if chosen.any():
                row = "   ".join(
                    " / ".join(f"{(ranks[chosen] < k).mean():.3f}" for k in (1, 10, 100)) for ranks in (before, after)
                )
                print(f"{judged.name:14s} {name:13s} {int(chosen.sum()):5d}   {row}")


def encoded(encoder: Encoder, texts: Sequence[str], label: str, cache: VectorCache) -> Vectors:
    """Vectors of unit length (n, d); those that are new go to the cache."""
    known = cache.get(encoder.digest, texts)
    missing = sorted({text for text in texts if text not in known}, key=lambda text: (-len(text), text))
    if missing:
        print(f"embedding {len(missing):,} texts ({label})", flush=True)
    for start in range(0, len(missing), STRETCH):
        part = missing[start : start + STRETCH]
        found = dict(zip(part, encoder.encode(part), strict=True))
        cache.put(encoder.digest, found)
        known |= found
    return unit(np.stack([known[text] for text in texts]))


def main() -> None:
    """Read, embed, train, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "films", "posts", "out"):
        parser.add_argument(name, type=Path if name != "model" else str)
    parser.add_argument("--dev", type=Path, action="append", default=[], help="judged queries to choose the step by")
    parser.add_argument("--report", type=Path, action="append", default=[], help="judged queries to report on only")
    parser.add_argument("--source", default=r"^[a-z]+", help="what of a film's id tells its source (regex)")
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--steps", type=int, default=320)
    parser.add_argument("--made", type=int, default=6000, help="descriptions to make from plots")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--held-out", type=float, default=HELD_OUT, help="part of the posts' films kept out")
    parser.add_argument("--vectors", type=Path, help="an embedding cache, as a store's vectors.sqlite3")
    parser.add_argument("--models", type=Path, default=Path.home() / ".cache" / "moviesearch")
    given = parser.parse_args()

    with tempfile.TemporaryDirectory() as place:
        cache = VectorCache(given.vectors or Path(place) / "vectors.sqlite3")
        trained_and_written(given, cache)
        cache.close()


def trained_and_written(given: argparse.Namespace, cache: VectorCache) -> None:
    """All of the work."""
    torch.manual_seed(given.seed)
    encoder = load(given.model, given.models)
    films = [Movie(str(film["id"]), str(film["title"]), str(film["plot"])) for film in lines(given.films)]
    row = {film.id: at for at, film in enumerate(films)}
    pieces = [split(film, encoder.tokenize, PassageSetting(window=encoder.window)) for film in films]
    texts = [text for passages in pieces for text in passages]
    owner = [at for at, passages in enumerate(pieces) for _ in passages]
    sources = [match.group() if (match := re.search(given.source, film.id)) else "" for film in films]
    corpus = Corpus(encoded(encoder, texts, "passages", cache), owner, sources)

    def judged(path: Path) -> Judged:
        records = lines(path)
        asked = [clean(str(record["query"])).text for record in records]
        answers = [row[list(record["relevant"])[0]] for record in records]  # type: ignore[call-overload]
        return Judged(path.stem, torch.from_numpy(encoded(encoder, asked, path.stem, cache)), torch.tensor(answers))

    chance = random.Random(given.seed)
    copies = [min(12, 1 + len(passages) // 2 if len(passages) > 1 else 1) for passages in pieces]
    about = [at for at, count in enumerate(copies) for _ in range(count)]
    about = sorted(chance.sample(about, min(given.made, len(about))))
    parts = [remembered(films[at].plot, chance) for at in about]
    made = Judged("made", torch.from_numpy(encoded(encoder, parts, "made", cache)), torch.tensor(about))
    posts, dev = judged(given.posts), [judged(path) for path in given.dev]
    others = [judged(path) for path in given.report]

    model, out = train(
        corpus, posts, made, dev, rank=given.rank, steps=given.steps, seed=given.seed, held=given.held_out
    )
    trained_on = {int(film) for film in posts.film} - out
    report(corpus, model, [*dev, *others, posts], trained_on)
    down, up, shift = (part.detach().numpy() for part in (model.down, model.up, model.shift))
    write_adapter(given.out, Adapter(down, up, shift, centre=corpus.centre()))
    size = given.out.stat().st_size
    read_adapter(given.out)
    print(f"{given.out}: {size:,} bytes")


if __name__ == "__main__":
    main()
