"""Made films, as many as a test wants, the same in every run."""

import json
import random

import numpy as np

from moviesearch import Movie

GENRES = ("Drama", "Comedy", "War", "Science Fiction")


def corpus(count, seed=7):
    """Films of one to five passages over a small vocabulary, with and without year and genres."""
    draw = random.Random(seed)
    words = [f"word{number}" for number in range(120)]
    for number in range(count):
        sentences = (" ".join(draw.choices(words, k=8)).capitalize() + "." for _ in range(draw.randint(1, 10)))
        yield Movie(
            id=f"film#{number}" if number % 9 == 0 else f"film-{number}",
            title=f"Title {number}",
            plot=" ".join(sentences),
            year=None if number % 10 == 0 else draw.randint(1920, 2020),
            genres=tuple(draw.sample(GENRES, draw.randint(0, 3))),
        )


def content(search, folder):
    """The films, their embeddings, and some answers; scores are rounded: float32 sums depend on what else is found."""
    search.export(folder)
    asked = ["word1 word2 word3", "word10 word20"]
    found = [search.find([plot], mode=mode).matches for plot in asked for mode in ("hybrid", "dense", "lexical")]
    listed = [[(match.movie, round(match.score, 3), match.passage) for match in matches] for matches in found]
    return json.loads((folder / "movies.json").read_text()), np.load(folder / "embeddings.npy").tobytes(), listed
