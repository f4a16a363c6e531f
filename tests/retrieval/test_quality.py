"""The bundled judged queries: fit to be asked, and a guard on the order of the ways to rank (not on their figures)."""

import json
from collections import Counter

import pytest

from moviesearch import MovieSearch
from moviesearch.config import BUNDLED_QUERIES, Settings
from moviesearch.request import Request
from moviesearch.retrieval import evaluation
from moviesearch.sources import bundled
from moviesearch.storage.entries import fold_title

STYLES = {"short", "gist", "scene", "vague", "paraphrase", "ending"}
"""A story retold; a few keywords; a hazy memory with wrong details; a forum post."""

WAYS = {
    "whole film": {"mode": "dense", "exact": True},
    "dense": {"mode": "dense"},
    "hybrid": {"mode": "hybrid"},
}


def records(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def words(text):
    return f" {' '.join(''.join(letter if letter.isalnum() else ' ' for letter in fold_title(text)).split())} "


def test_bundled_queries_hold_to_their_form():
    queries = records(BUNDLED_QUERIES)
    assert len(queries) >= 500
    assert len(evaluation.read_queries(BUNDLED_QUERIES)) == len(queries)
    for query in queries:
        assert list(query) == ["query", "relevant", "style"]
        assert query["style"] in {*STYLES, "post"}
        assert query["query"] == query["query"].strip() and len(query["query"].split()) >= 4
        assert 1 <= len(query["relevant"]) == len(set(query["relevant"])) <= 5
    assert len({words(query["query"]) for query in queries}) == len(queries)
    styles = Counter(query["style"] for query in queries)
    assert min(styles[style] for style in STYLES) >= len(queries) // 9


def test_bundled_queries_ask_for_bundled_films_and_do_not_name_them():
    films = {film["id"]: film for film in records(bundled())}
    queries = records(BUNDLED_QUERIES)
    assert [film for query in queries for film in query["relevant"] if film not in films] == []
    named = [
        (films[film]["title"], query["query"])
        for query in queries
        for film in query["relevant"]
        if words(films[film]["title"]) in words(query["query"])
    ]
    assert named == []
    assert len({film for query in queries for film in query["relevant"]}) >= 400


@pytest.fixture(scope="module")
def runs(bundled_store, model_cache):
    """Way -> its run over the bundled queries, by the bundled model."""
    queries = evaluation.read_queries(BUNDLED_QUERIES)
    settings = Settings(store=str(bundled_store), collection="films", model=None, cache=model_cache)
    with MovieSearch(settings=settings) as search:

        def rank_by(way):
            return lambda judged, depth: search.rank(Request(plots=(judged.query,), limit=depth, **way))

        return {name: evaluation.run(queries, rank_by(way), search.known) for name, way in WAYS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["success@10", "MRR@10"])
def test_hybrid_is_no_worse_than_dense_and_dense_no_worse_than_whole_films(runs, metric):
    whole, dense, hybrid = (runs[name].metrics[metric].mean for name in WAYS)
    assert hybrid >= dense >= whole


@pytest.mark.slow
def test_hybrid_is_better_than_whole_films_beyond_chance(runs):
    for metric in ("success@10", "MRR@10"):
        told = evaluation.compare(runs["hybrid"], runs["whole film"])[metric]
        assert told.difference.low > 0 and told.p < 0.01


@pytest.mark.slow
def test_every_answer_of_hybrid_is_a_ranking_of_100_films(runs):
    for ranked in runs["hybrid"].ranked:
        assert len(ranked) == len(set(ranked)) == 100
