"""Every row is found, even of films that are much alike, and though a graph has lost links."""

import random
from pathlib import Path

import numpy as np
import pytest
from support.hash_encoder import HashEncoder

from moviesearch import Movie
from moviesearch.storage.ledger import Ledger

pytestmark = pytest.mark.integration

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
        head[0], head[1 : 1 + len(kept)] = head[0] - (head[0] & 0xFFFF) + len(kept), kept
    data.tofile(path)


def _lose_links(where, encoder, lost):
    """Leave rows of both indexes without links to them."""
    for path in Path(where).glob("films/chroma-1/*/data_level0.bin"):
        _without_links_to(path, lost, encoder.dimension)


@pytest.fixture
def of_earlier_version(open_search, where, alike):
    """A store of 300 films as an earlier version may have left it: 30 of them are not found, and nobody has looked."""
    encoder = HashEncoder(window=80)
    with open_search(encoder=encoder) as search:
        search.ingest(alike[:300])
    _lose_links(where, encoder, set(range(0, 300, 10)))
    with open_search(encoder=encoder) as search:
        search._collection.begin_writing(linked=None)
        search._collection.stamp()
        assert "is not found by its own vector" in search.verify()
        yield search


def test_films_that_an_earlier_version_left_without_links_are_found_after_the_next_ingest(of_earlier_version, alike):
    report = of_earlier_version.ingest(alike[:300])
    assert (report.unchanged, report.updated, report.embedded) == (300, 0, 0)
    assert of_earlier_version.verify() is None


def test_they_are_found_after_a_repair(of_earlier_version):
    assert of_earlier_version.repair() == 300
    assert of_earlier_version.verify() is None


def test_what_is_interrupted_while_rows_are_put_in_again_is_finished(open_search, of_earlier_version, monkeypatch):
    class Interrupted(Exception):
        pass

    def interrupt(*told):
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", interrupt)
        with pytest.raises(Interrupted):
            of_earlier_version.ingest([])
    with open_search(encoder=HashEncoder(window=80)) as search:
        assert [match.movie.id for match in search.find(films=["film7"], limit=1).matches]
        assert search.verify() is None


@pytest.mark.slow
def test_films_that_are_much_alike_are_all_found_and_a_graph_without_its_links_is(open_search, where, alike):
    encoder = HashEncoder(window=80)
    with open_search(encoder=encoder) as search:
        search.ingest(alike)
        assert search.verify() is None

    lost = set(range(0, FILMS, 10))
    _lose_links(where, encoder, lost)
    with open_search(encoder=encoder) as search:
        assert "is not found by its own vector" in search.verify()
        assert search.repair() is not None
        assert search.verify() is None
