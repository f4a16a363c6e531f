"""Plots are cut while the model's graph is still being written; whatever needs the graph waits for it."""

import threading

import numpy as np
import pytest

from moviesearch import MovieSearch
from moviesearch.config import Settings
from moviesearch.embedding.early_encoder import EarlyEncoder
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate
from moviesearch.embedding.onnx_encoder import OnnxEncoder
from moviesearch.errors import EncoderError
from moviesearch.records import Movie

TEXTS = ["A lone wolf, a red door: déjà vu.", "Two sisters race camels. " * 40]


@pytest.fixture
def early_of(model_cache):
    """early_of(make) -> an EarlyEncoder of the bundled model."""

    def early(make):
        return EarlyEncoder(OnnxEncoder(locate(None, model_cache), model_cache / "nowhere.onnx", 1), make)

    return early


def test_it_tokenizes_at_once_and_waits_for_the_rest(early_of, prepared_model):
    go = threading.Event()
    encoder = early_of(lambda: go.wait(60) and prepared_model)
    assert (
        encoder.tokenize_all(TEXTS) == [encoder.tokenize(text) for text in TEXTS] == prepared_model.tokenize_all(TEXTS)
    )
    for name in ("name", "location", "digest", "window", "dimension"):
        assert getattr(encoder, name) == getattr(prepared_model, name)
    timer = threading.Timer(0.1, go.set)
    timer.start()
    assert np.array_equal(encoder.encode(TEXTS), prepared_model.encode(TEXTS))
    assert go.is_set()
    assert encoder.token_digest == prepared_model.token_digest
    assert encoder.has_query_encoder
    assert encoder.telling_spans(TEXTS[0]) == prepared_model.telling_spans(TEXTS[0])
    assert np.array_equal(encoder.encode_query(TEXTS)[0], prepared_model.encode_query(TEXTS)[0])
    assert np.array_equal(encoder.encode_tokens(TEXTS)[1][0], prepared_model.encode_tokens(TEXTS)[1][0])


def test_why_it_could_not_be_made_is_raised_where_it_is_needed(early_of):
    def fail():
        raise EncoderError("no room")

    encoder = early_of(fail)
    assert encoder.tokenize("a door")
    for _ in range(2):
        with pytest.raises(EncoderError, match="no room"):
            encoder.encode(TEXTS)


def test_a_first_ingest_and_a_prepared_model_store_the_same(tmp_path, prepared_model):
    films = [Movie(f"film{number}", f"Film {number}", text) for number, text in enumerate(TEXTS)]
    answers = []
    for name, encoder in (("early", None), ("prepared", prepared_model)):
        settings = Settings(store=str(tmp_path / name), cache=tmp_path / "cache")
        with MovieSearch(settings=settings, encoder=encoder) as search:
            search.ingest(films)
            answers.append({match.movie.id: match.score for match in search.find(["camels race"]).matches})
            assert search.verify() is None
    assert answers[0] == pytest.approx(answers[1], rel=1e-4)
    assert len(answers[0]) == len(films)


def test_nothing_half_written_is_left_where_the_graph_was_not_waited_for(tmp_path):
    cache = tmp_path / "cache"
    with MovieSearch(settings=Settings(store=str(tmp_path / "store"), cache=cache)) as search:
        assert search._encoders.at(None).tokenize("a door")
    assert [path.name for path in (cache / "onnx").glob("draft*")] == []
    assert isinstance(load(None, cache), OnnxEncoder)
