"""The encoder of questions: the model with a correction, where passages are read by the model as it is."""

import numpy as np
import pytest

from moviesearch.embedding import query_encoder as module
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate
from moviesearch.embedding.query_encoder import (
    QueryEncoder,
    corrected,
    query_encoder_file,
    read_corrections,
    read_query_encoder,
    write_query_encoder,
)
from moviesearch.errors import EncoderError

MODEL = "all-MiniLM-L6-v2"
LAYER = "encoder.layer.0.attention.self.query"
QUESTIONS = ["a man who can't make new memories hunts his wife's killer", "janitor turns out to be a maths genius"]


def made(seed=0):
    chance = np.random.default_rng(seed)

    def part(*shape):
        return chance.normal(size=shape).astype(np.float16).astype(np.float32)

    return QueryEncoder(part(6), part(6, 4), part(9), part(6)), {LAYER: (part(2, 6), part(6, 2))}


def test_a_query_encoder_is_read_as_it_was_written(tmp_path):
    encoder, corrections = made()

    write_query_encoder(tmp_path / "query.npz", encoder, corrections)

    read = read_query_encoder(tmp_path / "query.npz")
    for name in ("shift", "projection", "weights", "context"):
        assert np.array_equal(getattr(read, name), getattr(encoder, name))
    ((down, up),) = [read_corrections(tmp_path / "query.npz")[LAYER]]
    assert np.array_equal(down, corrections[LAYER][0]) and np.array_equal(up, corrections[LAYER][1])


def test_corrections_are_added_to_the_weights_of_their_layers_alone():
    _, corrections = made()
    weights = {f"{LAYER}.weight": np.ones((6, 6), np.float32), f"{LAYER}.bias": np.ones(6, np.float32)}

    merged = corrected(weights, corrections)

    down, up = corrections[LAYER]
    assert np.allclose(merged[f"{LAYER}.weight"], 1 + up @ down)
    assert np.array_equal(merged[f"{LAYER}.bias"], weights[f"{LAYER}.bias"])
    assert np.array_equal(weights[f"{LAYER}.weight"], np.ones((6, 6)))


def test_corrections_of_another_model_are_refused():
    _, corrections = made()

    with pytest.raises(EncoderError, match="doesn't fit the model"):
        corrected({f"{LAYER}.weight": np.ones((8, 8), np.float32)}, corrections)
    with pytest.raises(EncoderError, match="doesn't fit the model"):
        corrected({}, corrections)


def test_a_moved_question_has_length_1():
    encoder, _ = made()

    moved = encoder.moved(np.eye(6, dtype=np.float32)[:2])

    assert np.allclose(np.linalg.norm(moved, axis=1), 1)


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "query.npz").write_bytes(b"PK\x03\x04 no such thing")

    with pytest.raises(EncoderError, match=r"query\.npz can't be read .* reinstall"):
        read_query_encoder(tmp_path / "query.npz")


@pytest.mark.parametrize("name", ["all-mpnet-base-v2", "all-MiniLM-L6-v2@int8", "../all-MiniLM-L6-v2", ""])
def test_other_models_have_none(name):
    assert query_encoder_file(name) is None


def test_the_file_in_the_package_is_small():
    assert query_encoder_file(MODEL).stat().st_size < 1_000_000


def test_questions_are_read_otherwise_than_passages(prepared_model):
    vectors, tokens = prepared_model.encode_query(QUESTIONS)
    as_passages = prepared_model.encode(QUESTIONS)

    assert prepared_model.has_query_encoder
    cosines = (vectors * as_passages).sum(axis=1)
    assert (cosines < 0.99).all() and (cosines > 0.5).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert "janitor" in tokens.texts


def test_one_question_has_the_vectors_that_it_has_among_many(prepared_model):
    alone = [prepared_model.encode_query([question])[0][0] for question in QUESTIONS * 3]

    assert np.allclose(prepared_model.encode_query(QUESTIONS * 3)[0], alone, atol=1e-6)


@pytest.mark.integration
def test_a_model_in_int8_reads_questions_as_passages(tmp_path_factory, model_cache):
    encoder = load(f"{MODEL}@int8", model_cache)

    assert not encoder.has_query_encoder
    assert np.allclose(encoder.encode_query(QUESTIONS)[0], encoder.encode(QUESTIONS), atol=1e-6)


def test_without_its_file_a_model_reads_questions_as_passages(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DATA", tmp_path)

    encoder = load(None, tmp_path / "cache")

    assert not encoder.has_query_encoder
    assert np.allclose(encoder.encode_query(QUESTIONS)[0], encoder.encode(QUESTIONS), atol=1e-6)


@pytest.mark.slow
def test_questions_have_the_vectors_of_pytorchs_model_with_the_corrections(prepared_model, tmp_path):
    import torch
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(locate(None, tmp_path).folder), device="cpu")
    bert, path = reference[0].auto_model, query_encoder_file(MODEL)
    with torch.no_grad():
        for layer, (down, up) in read_corrections(path).items():
            bert.get_submodule(layer).weight += torch.from_numpy(up @ down)
    expected = read_query_encoder(path).moved(reference.encode(QUESTIONS))

    assert ((prepared_model.encode_query(QUESTIONS)[0] * expected).sum(axis=1) > 0.9999).all()
