"""Products of 8-bit integers: near the model's own vectors, told apart from them, and chosen by name."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from moviesearch.embedding import export
from moviesearch.embedding.int8_graph import quantise
from moviesearch.embedding.load import load
from moviesearch.embedding.models import locate, split_precision, with_precision
from moviesearch.errors import EncoderError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small(model_cache):
    return load("all-MiniLM-L6-v2@int8", model_cache)


def test_its_vectors_are_near_the_models_own(small, prepared_model):
    texts = [*export.PROBES, "A man relives the same day until he gets it right."]
    cosines = (small.encode(texts) * prepared_model.encode(texts)).sum(axis=1)

    assert 0.98 < cosines.min() < 0.99999


def test_it_is_another_model_by_digest_and_found_again_by_location(small, prepared_model, model_cache):
    assert small.digest != prepared_model.digest
    assert load(small.location, model_cache).digest == small.digest


def test_a_collection_remembers_its_precision(run, tmp_path, surroundings):
    films = tmp_path / "films.jsonl"
    films.write_text(
        '{"id": "a", "title": "Alone", "plot": "A man is left behind on Mars and grows potatoes."}\n'
        '{"id": "b", "title": "Below", "plot": "A submarine crew finds three survivors of a sunken ship."}\n'
    )
    store = str(tmp_path / "store")

    assert run("ingest", str(films), "--store", store, "--precision", "int8").exit_code == 0
    assert "all-MiniLM-L6-v2@int8" in run("info", "--store", store).output
    assert "Alone" in run("find", "--plot", "an astronaut farms on another planet", "--store", store).output
    again = run("ingest", str(films), "--store", store)
    assert "0 added, 0 updated, 2 unchanged" in again.output
    refused = run("ingest", str(films), "--store", store, "--precision", "float32")
    assert refused.exit_code == 1
    assert "--rebuild" in refused.output
    assert run("ingest", "--rebuild", "--store", store, "--precision", "float32").exit_code == 0
    assert "int8" not in run("info", "--store", store).output


def test_a_folder_of_that_name_is_a_folder(tmp_path):
    (tmp_path / "mine@int8").mkdir()

    assert split_precision(str(tmp_path / "mine@int8")) == (str(tmp_path / "mine@int8"), "float32")
    assert split_precision("mine@int8") == ("mine", "int8")
    assert with_precision("mine@int8", "int8") == "mine@int8"
    assert with_precision("mine@int8", "float32") == "mine"


def test_a_model_that_bears_no_rounding_is_refused(model_cache, tmp_path, monkeypatch):
    monkeypatch.setitem(export.PROBE_COSINE, "int8", 1.1)

    with pytest.raises(EncoderError, match="int8"):
        load("all-MiniLM-L6-v2@int8", tmp_path)
    assert load(None, model_cache).digest == locate(None, tmp_path).digest


def product(weights, path, loudest=1.0):
    """A graph of one product: input (1, tokens) picks rows of a table, which are multiplied with weights."""
    chance = np.random.default_rng(0)
    table = chance.standard_normal((50, weights.shape[0])).astype(np.float32)
    table[:, 3] *= 400  # the one feature beside which all others are rounded away
    table[9] *= loudest
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "ids"], ["rows"]),
            helper.make_node("MatMul", ["rows", "weights"], ["out"]),
        ],
        "product",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(weights, "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def answer(path, ids):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"ids": ids})[0]


def test_one_great_feature_does_not_drown_the_others(tmp_path):
    weights = np.random.default_rng(1).standard_normal((64, 32)).astype(np.float32)
    weights[3] /= 400
    ids = np.arange(50)[None, :]
    product(weights, tmp_path / "plain.onnx")

    kept = quantise(tmp_path / "plain.onnx", tmp_path / "small.onnx", [{"ids": ids}])

    true, found = answer(tmp_path / "plain.onnx", ids), answer(tmp_path / "small.onnx", ids)
    kinds = {node.op_type for node in onnx.load(tmp_path / "small.onnx").graph.node}
    assert kept == 0
    assert "MatMulInteger" in kinds
    assert np.linalg.norm(found - true) / np.linalg.norm(true) < 0.02


def test_a_product_that_can_not_bear_it_stays_in_float(tmp_path):
    weights = np.random.default_rng(1).standard_normal((64, 32)).astype(np.float32)
    ids = np.arange(50)[None, :]
    product(weights, tmp_path / "plain.onnx", loudest=1000)  # one token beside which all others are rounded away

    kept = quantise(tmp_path / "plain.onnx", tmp_path / "small.onnx", [{"ids": ids}])

    true, found = answer(tmp_path / "plain.onnx", ids), answer(tmp_path / "small.onnx", ids)
    assert kept == 1
    assert np.allclose(found, true, rtol=1e-4)
