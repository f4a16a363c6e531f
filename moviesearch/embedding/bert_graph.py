"""A BERT checkpoint -> an ONNX graph, without PyTorch: importing that takes longer than writing the graph.

The weights are read as numpy arrays, and the transformer is written operator by operator. `export` checks the graph
against vectors of its probes that sentence-transformers gave earlier (`recorded`). There are such vectors for the
bundled model; any other model is exported by PyTorch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moviesearch.config import DATA
from moviesearch.errors import EncoderError

if TYPE_CHECKING:
    from .vectors import Vectors

OPSET = 17
_LOWEST = np.float32(np.finfo(np.float32).min)


def recorded(digest: str) -> Vectors | None:
    """The probes' vectors by sentence-transformers, float32 (probes, dimension), for the model of a digest, or None."""
    path = DATA / "probes" / f"{digest[:32]}.npy"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        vectors: Vectors = np.load(file, allow_pickle=False)
    return vectors


def write_graph(folder: Path, path: Path) -> None:
    """Write the transformer of a sentence-transformers folder to `path` (ONNX).

    Inputs are input_ids, attention_mask and token_type_ids, int64 (batch, tokens); the output is
    hidden, float32 (batch, tokens, dimension). Raises EncoderError where it is no plain BERT.
    """
    import onnx
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = (config.get("model_type"), config.get("hidden_act"), config.get("position_embedding_type", "absolute"))
    if kind != ("bert", "gelu", "absolute"):
        raise EncoderError(f"{folder}: {kind} is no plain BERT")
    model = _Graph(load_file(str(folder / "model.safetensors")), config).model()
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


class _Graph:
    """BERT, operator by operator; each method adds nodes and returns the name of their output."""

    def __init__(self, weights: dict[str, NDArray[Any]], config: dict[str, Any]) -> None:
        self._weights, self._config = weights, config
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[Any]] = {}

    def model(self) -> Any:
        from onnx import TensorProto, helper, numpy_helper

        hidden = self._layers(self._embedded(), self._bias_of_mask())
        self._nodes.append(helper.make_node("Identity", [hidden], ["hidden"]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ]
        size = self._config["hidden_size"]
        outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["batch", "tokens", size])]
        constants = [numpy_helper.from_array(value, name) for name, value in self._constants.items()]
        graph = helper.make_graph(self._nodes, "bert", inputs, outputs, constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)

    def _add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        output = f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def _constant(self, name: str, value: Any) -> str:
        self._constants.setdefault(name, np.asarray(value))
        return name

    def _weight(self, name: str, *, transposed: bool = False) -> str:
        value = np.asarray(self._weights[name], np.float32)
        return self._constant(name, np.ascontiguousarray(value.T) if transposed else value)

    def _dense(self, value: str, name: str) -> str:
        product = self._add("MatMul", value, self._weight(f"{name}.weight", transposed=True))
        return self._add("Add", product, self._weight(f"{name}.bias"))

    def _norm(self, value: str, name: str) -> str:
        weight, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._add("LayerNormalization", value, weight, bias, epsilon=float(self._config["layer_norm_eps"]))

    def _embedded(self) -> str:
        length = self._add("Gather", self._add("Shape", "input_ids"), self._constant("one", [1]))
        zero = self._constant("zero", [0])
        positions = self._add("Slice", self._weight("embeddings.position_embeddings.weight"), zero, length, zero)
        words = self._add("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids")
        kinds = self._add("Gather", self._weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
        return self._norm(self._add("Add", self._add("Add", words, kinds), positions), "embeddings.LayerNorm")

    def _bias_of_mask(self) -> str:
        """0 where there is a token and the lowest number where there is none, (batch, 1, 1, tokens)."""
        mask = self._add("Cast", self._add("Unsqueeze", "attention_mask", self._constant("mask_axes", [1, 2])), to=1)
        absent = self._add("Sub", self._constant("present", np.float32(1)), mask)
        return self._add("Mul", absent, self._constant("lowest", _LOWEST))

    def _layers(self, hidden: str, bias: str) -> str:
        for layer in range(self._config["num_hidden_layers"]):
            name = f"encoder.layer.{layer}"
            attended = self._dense(
                self._attention(hidden, bias, f"{name}.attention.self"), f"{name}.attention.output.dense"
            )
            hidden = self._norm(self._add("Add", attended, hidden), f"{name}.attention.output.LayerNorm")
            inner = self._gelu(self._dense(hidden, f"{name}.intermediate.dense"))
            hidden = self._norm(
                self._add("Add", self._dense(inner, f"{name}.output.dense"), hidden), f"{name}.output.LayerNorm"
            )
        return hidden

    def _attention(self, hidden: str, bias: str, name: str) -> str:
        heads = self._config["num_attention_heads"]
        width = self._config["hidden_size"] // heads
        split = self._constant("split", [0, 0, heads, width])

        def part(which: str, order: list[int]) -> str:
            return self._add(
                "Transpose", self._add("Reshape", self._dense(hidden, f"{name}.{which}"), split), perm=order
            )

        query, value = part("query", [0, 2, 1, 3]), part("value", [0, 2, 1, 3])
        scores = self._add("MatMul", query, part("key", [0, 2, 3, 1]))
        scores = self._add("Mul", scores, self._constant("scale", np.float32(width**-0.5)))
        shares = self._add("Softmax", self._add("Add", scores, bias), axis=-1)
        joined = self._add("Transpose", self._add("MatMul", shares, value), perm=[0, 2, 1, 3])
        return self._add("Reshape", joined, self._constant("joined", [0, 0, heads * width]))

    def _gelu(self, value: str) -> str:
        """x / 2 * (1 + erf(x / sqrt 2))."""
        raised = self._add("Erf", self._add("Mul", value, self._constant("root_half", np.float32(0.5**0.5))))
        whole = self._add("Mul", value, self._add("Add", raised, self._constant("present", np.float32(1))))
        return self._add("Mul", whole, self._constant("half", np.float32(0.5)))
