"""The bundled model without PyTorch: the same vectors, from a graph written by hand."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from moviesearch.embedding import bert_graph, export
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate
from moviesearch.embedding.onnx_encoder import OnnxEncoder
from moviesearch.embedding.reference_encoder import SentenceTransformersEncoder
from moviesearch.errors import EncoderError

pytestmark = pytest.mark.integration

TEXTS = [*export.PROBES, "", "A man relives the same day until he gets it right. " * 7]


@pytest.fixture
def without_torch(monkeypatch):
    for name in ("sentence_transformers", "transformers", "torch"):
        monkeypatch.setitem(sys.modules, name, None)


def test_the_bundled_model_gives_the_same_vectors_without_pytorch(prepared_model, without_torch, tmp_path):
    bare = load(None, tmp_path)

    assert bare.digest == prepared_model.digest
    assert np.allclose(bare.encode(TEXTS), prepared_model.encode(TEXTS), atol=1e-6)


def test_who_prepares_the_model_at_the_same_time_uses_what_the_first_wrote(tmp_path, monkeypatch):
    rename = Path.rename

    def rename_second(draft, target):
        shutil.copytree(draft, target)
        (target / "first").touch()
        return rename(draft, target)

    monkeypatch.setattr(Path, "rename", rename_second)

    assert isinstance(load(None, tmp_path), OnnxEncoder)
    (folder,) = (tmp_path / "onnx").iterdir()
    assert (folder / "first").is_file()


def test_the_outcome_that_the_first_wrote_counts(tmp_path):
    target = tmp_path / "onnx" / "model"
    target.mkdir(parents=True)
    (target / "checked.json").write_text('{"agrees": false}')

    def reference():
        raise AssertionError("the bundled model's vectors are recorded")

    assert export.export(locate(None, tmp_path), target, 1, reference) is False
    assert [file.name for file in target.iterdir()] == ["checked.json"]
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_many_texts_get_the_vectors_that_each_gets_alone(model_cache, threads):
    encoder = load(None, model_cache, threads=threads)
    texts = [f"Film {number} - {'A stranger comes to town. ' * (number % 13)}" for number in range(60)]

    alone = np.concatenate([encoder.encode([text]) for text in texts])

    assert np.allclose(encoder.encode(texts), alone, atol=1e-6)


@pytest.mark.parametrize("of_queries", [False, True])
def test_the_outlines_that_come_with_the_package_are_up_to_date(tmp_path, of_queries):
    files = locate(None, tmp_path)

    bert_graph.write_outline(files.folder, tmp_path / "outline.onnx", of_queries=of_queries)

    outline = bert_graph.outline_file(files.float_digest, of_queries=of_queries).read_bytes()
    assert (tmp_path / "outline.onnx").read_bytes() == outline, "run: python scripts/make_graph.py"


def test_the_outline_gives_the_vectors_that_the_whole_graph_gives(tmp_path, monkeypatch):
    outlined = load(None, tmp_path / "outlined")
    monkeypatch.setattr(bert_graph, "outline_file", lambda digest, of_queries=False: tmp_path / "none")
    whole = load(None, tmp_path / "whole")

    assert np.allclose(outlined.encode(TEXTS), whole.encode(TEXTS), atol=1e-6)


def test_texts_have_the_same_vectors_however_long_a_session_runs(model_cache):
    encoder = load(None, model_cache)

    vectors = [encoder.encode(TEXTS[:3]) for _ in range(6)]

    assert all(np.allclose(vectors[0], later, atol=1e-6) for later in vectors)


@pytest.mark.slow
def test_the_recorded_vectors_are_those_of_sentence_transformers(model_cache):
    files = locate(None, model_cache)
    theirs = SentenceTransformersEncoder(files).encode(export.PROBES)

    assert np.allclose(bert_graph.recorded(files.float_digest), theirs, atol=1e-6)


def test_another_model_says_what_it_needs(without_torch, tmp_path):
    folder = shutil.copytree(locate(None, tmp_path).folder, tmp_path / "mine")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "note": "another model"}))

    with pytest.raises(EncoderError, match="pip install sentence-transformers"):
        load(str(folder), tmp_path)


def test_what_is_no_bert_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "mpnet", "hidden_act": "gelu"}))

    with pytest.raises(EncoderError, match="mpnet"):
        bert_graph.write_graph(tmp_path, tmp_path / "model.onnx")
