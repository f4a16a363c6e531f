"""What is damage and what is only approximate: films that are much alike, and a graph that has lost its links."""

import random
from pathlib import Path

import numpy as np
import pytest
from support.hash_encoder import HashEncoder

from moviesearch import Movie

pytestmark = pytest.mark.slow

WORDS = [f"word{number}" for number in range(300)]
FILMS = 2500
"""So many that HNSW itself leaves some 30 of them without a link to them."""


@pytest.fixture(scope="module")
def alike():
    """Plots after one pattern: of 60 words, three are each one's own."""
    chance = random.Random(8)
    pattern = chance.choices(WORDS, k=60)

    def plot():
        words = list(pattern)
        for at in chance.sample(range(60), 3):
            words[at] = chance.choice(WORDS)
        return " ".join(words)

    return [Movie(f"film{number}", f"Part {number}", plot()) for number in range(FILMS)]


def _without_links_to(path, lost, dimension):
    """Make as if a graph's rows had never been linked to: hnswlib's lowest layer, a row being links, vector, label."""
    row = 4 + 64 * 4 + dimension * 4 + 8
    data = np.fromfile(path, np.uint8)
    for start in range(0, len(data) - row + 1, row):
        head = data[start : start + 260].view(np.uint32)
        kept = [link for link in head[1 : 1 + (head[0] & 0xFFFF)] if link not in lost]
        head[0], head[1 : 1 + len(kept)] = len(kept), kept
    data.tofile(path)


def test_films_that_are_much_alike_are_no_damage_but_a_graph_without_its_links_is(open_search, where, alike):
    encoder = HashEncoder(window=80)
    with open_search(encoder=encoder) as search:
        search.ingest(alike)
        assert search.verify() is None

    lost = set(range(0, FILMS, 10))
    for path in Path(where).glob("films/chroma-1/*/data_level0.bin"):
        _without_links_to(path, lost, encoder.dimension)
    with open_search(encoder=encoder) as search:
        assert "is not found by its own vector" in search.verify()
        assert search.repair() is not None
        assert search.verify() is None
