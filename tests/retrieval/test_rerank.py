"""A CrossEncoder that puts the best in order: what is said where it can't be had."""

import logging

import pytest

from moviesearch import Movie
from moviesearch.errors import EncoderError


@pytest.fixture
def heard():
    """What the hub's client says, as it goes on."""
    log, said = logging.getLogger("huggingface_hub"), []
    handler, level = logging.Handler(), log.level
    handler.emit = lambda record: said.append(record.getMessage())
    log.addHandler(handler)
    log.setLevel(logging.WARNING)
    yield said
    log.removeHandler(handler)
    log.setLevel(level)


@pytest.mark.integration
def test_a_hub_out_of_reach_is_told_once(search, monkeypatch, heard):
    import sentence_transformers

    client = logging.getLogger("huggingface_hub.utils._http")

    def out_of_reach(*arguments, **options):
        client.warning("thrown while requesting HEAD; retrying in 1s")
        raise OSError("We couldn't connect to the hub")

    monkeypatch.setattr(sentence_transformers, "CrossEncoder", out_of_reach)
    search.ingest([Movie("a", "A", "A shark swims.")])
    with pytest.raises(EncoderError, match="the reranker 'foo' can't be had .*couldn't connect.*CrossEncoder's folder"):
        search.find("a shark", rerank="foo")
    assert heard == []
    client.warning("heard again")
    assert heard == ["heard again"]
