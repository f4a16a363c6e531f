"""A BERT checkpoint -> an ONNX graph, without PyTorch: importing that takes longer than writing the graph.

The weights are read as numpy arrays, and the transformer is written operator by operator. `export` checks the graph
against vectors of its probes that sentence-transformers gave earlier (`recorded`). There are such vectors for the
bundled model; any other model is exported by PyTorch.

With the bundled model comes its outline: the graph without the weights, as ONNX Runtime would fuse it
(`scripts/make_graph.py` writes it). Then only the weights are laid out beside it (`write_outlined`), in the order and
form in which the outline names them; neither the library onnx nor a session that fuses is needed. A second outline is
that of the model's query encoder (`write_outlined_query`): it shares the file of weights but for those that differ.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from moviesearch.config import DATA
from moviesearch.errors import EncoderError

if TYPE_CHECKING:
    from .query_encoder import Corrections
    from .vectors import Vectors

OPSET = 17
WEIGHTS = "weights.bin"
"""The file of the weights, beside the graph that names it."""
QUERY_GRAPH, QUERY_WEIGHTS = "query.onnx", "query.bin"
"""The query encoder's graph, and the file of the weights that it has of its own."""

_ALIGNED = 64
"""Bytes at whose multiples weights begin in their file."""

_MICROSOFT = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""
_LOWEST = np.float32(np.finfo(np.float32).min)


def recorded(digest: str) -> Vectors | None:
    """The probes' vectors by sentence-transformers, float32 (probes, dimension), for the model of a digest, or None."""
    path = DATA / "probes" / f"{digest[:32]}.npy"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        vectors: Vectors = np.load(file, allow_pickle=False)
    return vectors


def outline_file(digest: str, *, of_queries: bool = False) -> Path:
    """Where the outline of the model of a digest, or of its query encoder, is, if one comes with the package."""
    return DATA / "graphs" / f"{digest[:32]}{'-query' * of_queries}.onnx"


def write_outlined(folder: Path, outline: Path, path: Path) -> None:
    """Write an outline to `path`, and the weights of a sentence-transformers folder beside it."""
    from safetensors.numpy import load_file

    weights = load_file(str(folder / "model.safetensors"))
    _lay_out(path.with_name(WEIGHTS), weights, _laid_out(weights))
    shutil.copyfile(outline, path)


def write_outlined_query(folder: Path, corrections: Corrections, outline: Path, path: Path) -> None:
    """Write the outline of a query encoder to `path`, beside the model's, and the weights that it has of its own.

    Raises EncoderError where it doesn't fit the model.
    """
    from safetensors.numpy import load_file

    from .query_encoder import corrected

    weights = corrected(load_file(str(folder / "model.safetensors")), corrections)
    _lay_out(path.with_name(QUERY_WEIGHTS), weights, _corrected(weights))
    shutil.copyfile(outline, path)


def _lay_out(path: Path, weights: Mapping[str, NDArray[Any]], names: Iterable[tuple[str, bool]]) -> None:
    with path.open("wb") as file:
        for name, is_transposed in names:
            weight = np.asarray(weights[name], np.float32)
            file.seek(-file.tell() % _ALIGNED, 1)
            file.write(np.ascontiguousarray(weight.T if is_transposed else weight).data)


def _laid_out(weights: Iterable[str]) -> list[tuple[str, bool]]:
    """The weights that the transformer uses, in the order of their file, and whether each is transposed there."""
    used = sorted(name for name in weights if name.startswith(("embeddings.", "encoder.")))
    dense = {
        name for name in used if name.startswith("encoder.") and name.endswith("weight") and "LayerNorm" not in name
    }
    return [(name, name in dense) for name in used if not name.endswith("position_ids")]


def _corrected(weights: Iterable[str]) -> list[tuple[str, bool]]:
    """Those of them that a query encoder has of its own: the dense layers'."""
    return [(name, is_dense) for name, is_dense in _laid_out(weights) if is_dense]


def write_outline(folder: Path, path: Path, *, of_queries: bool = False) -> None:
    """Write the outline of a model or of its query encoder. Raises EncoderError where it is no plain BERT."""
    import onnx

    onnx.save(_Outline(*_plain_bert(folder), of_queries=of_queries).model(), str(path))


def write_graph(folder: Path, path: Path) -> None:
    """Write the transformer of a sentence-transformers folder to `path` (ONNX).

    Inputs are input_ids, attention_mask and token_type_ids, int64 (batch, tokens); the output is
    hidden, float32 (batch, tokens, dimension). Raises EncoderError where it is no plain BERT.
    """
    import onnx

    model = _Graph(*_plain_bert(folder)).model()
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _plain_bert(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The weights and the configuration of a model. Raises EncoderError where it is no plain BERT."""
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = (config.get("model_type"), config.get("hidden_act"), config.get("position_embedding_type", "absolute"))
    if kind != ("bert", "gelu", "absolute"):
        raise EncoderError(f"{folder}: {kind} is no plain BERT")
    return load_file(str(folder / "model.safetensors")), config


class _Graph:
    """BERT, operator by operator; each method adds nodes and returns the name of their output."""

    opsets: ClassVar[dict[str, int]] = {"": OPSET}

    def __init__(self, weights: dict[str, NDArray[Any]], config: dict[str, Any]) -> None:
        self._weights, self._config = weights, config
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[Any]] = {}

    def model(self) -> Any:
        from onnx import TensorProto, helper

        hidden = self._layers(self._embedded(), self._bias_of_mask())
        self._nodes.append(helper.make_node("Identity", [hidden], ["hidden"]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ]
        size = self._config["hidden_size"]
        outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["batch", "tokens", size])]
        graph = helper.make_graph(self._nodes, "bert", inputs, outputs, self._initializers())
        opsets = [helper.make_opsetid(domain, version) for domain, version in self.opsets.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def _initializers(self) -> list[Any]:
        from onnx import numpy_helper

        return [numpy_helper.from_array(value, name) for name, value in self._constants.items()]

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
        scores = self._scores(query, part("key", [0, 2, 3, 1]), width**-0.5)
        shares = self._add("Softmax", self._add("Add", scores, bias), axis=-1)
        joined = self._add("Transpose", self._add("MatMul", shares, value), perm=[0, 2, 1, 3])
        return self._add("Reshape", joined, self._constant("joined", [0, 0, heads * width]))

    def _scores(self, query: str, key: str, scale: float) -> str:
        return self._add("Mul", self._add("MatMul", query, key), self._constant("scale", np.float32(scale)))

    def _gelu(self, value: str) -> str:
        """x / 2 * (1 + erf(x / sqrt 2))."""
        raised = self._add("Erf", self._add("Mul", value, self._constant("root_half", np.float32(0.5**0.5))))
        whole = self._add("Mul", value, self._add("Add", raised, self._constant("present", np.float32(1))))
        return self._add("Mul", whole, self._constant("half", np.float32(0.5)))


class _Outline(_Graph):
    """The same with weights in files of their own, and products scaled as they are made."""

    opsets: ClassVar[dict[str, int]] = {"": OPSET, _MICROSOFT: 1}

    def __init__(self, weights: dict[str, NDArray[Any]], config: dict[str, Any], *, of_queries: bool) -> None:
        super().__init__(weights, config)
        self._places = {name: (WEIGHTS, place) for name, place in self._begins(_laid_out(weights))}
        if of_queries:
            self._places |= {name: (QUERY_WEIGHTS, place) for name, place in self._begins(_corrected(weights))}

    def _initializers(self) -> list[Any]:
        from onnx import TensorProto, numpy_helper
        from onnx.external_data_helper import set_external_data

        initializers: list[Any] = []
        for name, value in self._constants.items():
            if name not in self._places:
                initializers.append(numpy_helper.from_array(value, name))
                continue
            file, place = self._places[name]
            tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=value.shape, raw_data=b"")
            set_external_data(tensor, file, offset=place, length=value.nbytes)
            tensor.ClearField("raw_data")
            initializers.append(tensor)
        return initializers

    def _begins(self, names: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, int]]:
        """Where each weight begins in its file."""
        end = 0
        for name, _ in names:
            place = end + -end % _ALIGNED
            yield name, place
            end = place + 4 * self._weights[name].size

    def _scores(self, query: str, key: str, scale: float) -> str:
        return self._add("FusedMatMul", query, key, domain=_MICROSOFT, alpha=scale)
