"""The vectors that come with the package are the model's own, of every text of every bundled film."""

import numpy as np
import pytest
from support.hash_encoder import HashEncoder

from moviesearch.embedding.passages import PassageSetting, split, whole_film
from moviesearch.embedding.shipped import shipped_vectors
from moviesearch.sources import bundled, read

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def texts(prepared_model):
    """All that is embedded of the bundled films."""
    setting = PassageSetting(prepared_model.window)
    return list(
        dict.fromkeys(
            text
            for movie in read(bundled())
            for text in (whole_film(movie.title, movie.plot), *split(movie, prepared_model.tokenize, setting))
        )
    )


def test_no_bundled_text_is_without_its_vector(prepared_model, texts):
    vectors = shipped_vectors(prepared_model.digest, texts)
    assert list(vectors) == texts
    shapes = {(vector.dtype.name, vector.shape) for vector in vectors.values()}
    assert shapes == {("float32", (prepared_model.dimension,))}


def test_some_of_them_embedded_anew(prepared_model, texts):
    assert_same(prepared_model, texts[::60])


@pytest.mark.slow
def test_all_of_them_embedded_anew(prepared_model, texts):
    assert_same(prepared_model, texts)


def assert_same(encoder, texts):
    ours, shipped = encoder.encode(texts), shipped_vectors(encoder.digest, texts)
    cosines = (ours * np.stack([shipped[text] for text in texts])).sum(axis=1)
    assert cosines.min() >= 0.9999


def test_another_model_or_text_has_none(prepared_model, texts):
    assert shipped_vectors(HashEncoder().digest, texts[:5]) == {}
    assert shipped_vectors(prepared_model.digest, ["a text that nobody shipped"]) == {}
