"""A CrossEncoder that puts the best in order: what is said where it can't be had."""

import pytest

from moviesearch import Movie
from moviesearch.errors import EncoderError


@pytest.mark.integration
def test_a_hub_out_of_reach_is_told_once(search, monkeypatch, capfd):
    import sentence_transformers
    from huggingface_hub.utils import logging

    def out_of_reach(*arguments, **options):
        logging.get_logger("huggingface_hub.utils._http").warning("thrown while requesting HEAD; retrying in 1s")
        raise OSError("We couldn't connect to the hub")

    monkeypatch.setattr(sentence_transformers, "CrossEncoder", out_of_reach)
    search.ingest([Movie("a", "A", "A shark swims.")])
    with pytest.raises(EncoderError, match="the reranker 'foo' can't be had .*couldn't connect.*CrossEncoder's folder"):
        search.find("a shark", rerank="foo")
    assert "retrying" not in capfd.readouterr().err
    logging.get_logger("huggingface_hub.utils._http").warning("heard again")
    assert "heard again" in capfd.readouterr().err
