"""A transformer's graph -> one whose matrix products are of 8-bit integers, which take less than half the time.

At each run ONNX Runtime rounds the input of a product to 256 steps, one range for all its features. Where a few
features are a hundred times as large as the others, as in all-mpnet-base-v2, the others are rounded to 0. So:

1. Smoothing: feature j of an input is divided by s_j, and row j of the weights multiplied by it, which leaves the
   product as it is; s_j = max|x_j|^a / max|w_j|^(1 - a), from Xiao et al., SmoothQuant, 2023. Weights lose little by
   it, since each of their columns has a range of its own. The exponent a is chosen for each input, by the product's
   error on sample texts.
2. A product whose error is still above `WORST` stays in float32.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STRENGTHS = (0.0, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
"""The exponents a that are tried; 0 is no smoothing."""

WORST = 0.04
"""The greatest relative error of a product, as a mean over tokens, with which it is made int8."""

_ROWS = 64
"""Tokens of each sample text that the error is measured on, about."""


@dataclass(slots=True)
class _Input:
    """What enters one or more products: the largest magnitude of each feature (d,), and some rows (n, d)."""

    largest: Floats
    rows: Floats


def quantise(graph: Path, target: Path, samples: Sequence[Mapping[str, NDArray[np.int64]]]) -> int:
    """Write the graph in the file `graph` to `target` with int8 products; returns how many stay in float32.

    `samples` are inputs of the graph, by name, for texts like those that it will be used for.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = _with_named_weights(onnx.load(graph))
    products = _products(model)
    inputs = _observed(model, sorted(products), graph.with_suffix(".observed.onnx"), samples)
    in_float32 = _smoothed(model, products, inputs)
    smoothed = graph.with_suffix(".smoothed.onnx")
    onnx.save(model, smoothed)
    logging.disable(logging.WARNING)  # it would have users "consider pre-processing"
    try:
        quantize_dynamic(
            smoothed,
            target,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=in_float32,
        )
    finally:
        logging.disable(logging.NOTSET)
    smoothed.unlink()
    return len(in_float32)


def _with_named_weights(model: Any) -> Any:
    """The model with its constants as initializers; PyTorch exports them as nodes."""
    graph = model.graph
    constants = [node for node in graph.node if node.op_type == "Constant" and node.attribute[0].name == "value"]
    for node in constants:
        node.attribute[0].t.name = node.output[0]
        graph.initializer.append(node.attribute[0].t)
        graph.node.remove(node)
    for index, node in enumerate(graph.node):
        node.name = node.name or f"node_{index}"
    return model


def _products(model: Any) -> dict[str, list[Any]]:
    """Name of an input -> the nodes that multiply it with weights."""
    weights = {tensor.name for tensor in model.graph.initializer}
    products: dict[str, list[Any]] = defaultdict(list)
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            products[node.input[0]].append(node)
    return dict(products)


def _observed(
    model: Any, names: Sequence[str], draft: Path, samples: Iterable[Mapping[str, NDArray[np.int64]]]
) -> dict[str, _Input]:
    """Name of an input -> what it is for the samples. `draft` is a file that is written, and gone afterwards."""
    import onnx
    from onnxruntime import InferenceSession

    outputs = len(model.graph.output)
    model.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    onnx.save(model, draft)
    del model.graph.output[outputs:]
    session = InferenceSession(str(draft), providers=["CPUExecutionProvider"])
    largest: dict[str, Floats] = {}
    rows: dict[str, list[Floats]] = defaultdict(list)
    for sample in samples:
        for name, value in zip(names, session.run(list(names), dict(sample)), strict=True):
            tokens = value.reshape(-1, value.shape[-1])
            magnitudes = np.abs(tokens).max(axis=0)
            largest[name] = np.maximum(largest[name], magnitudes) if name in largest else magnitudes
            rows[name].append(tokens[:: max(1, len(tokens) // _ROWS)])
    draft.unlink()
    return {name: _Input(largest[name], np.concatenate(rows[name])) for name in names}


def _smoothed(model: Any, products: Mapping[str, Sequence[Any]], inputs: Mapping[str, _Input]) -> list[str]:
    """Smooth each input in the model; returns the names of the products that are better left in float32."""
    from onnx import helper, numpy_helper

    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    preceding: dict[str, Any] = {}
    in_float32: list[str] = []
    for name, nodes in products.items():
        weights = {node.input[1]: numpy_helper.to_array(tensors[node.input[1]]) for node in nodes}
        scale, error = _best_scale(inputs[name], np.concatenate(list(weights.values()), axis=1))
        if error > WORST:
            in_float32 += [node.name for node in nodes]
            continue
        for tensor, weight in weights.items():
            tensors[tensor].CopyFrom(numpy_helper.from_array(weight * scale[:, None], tensor))
        model.graph.initializer.append(numpy_helper.from_array(1 / scale, f"{name}_scale"))
        preceding[nodes[0].name] = helper.make_node("Mul", [name, f"{name}_scale"], [f"{name}_smooth"])
        for node in nodes:
            node.input[0] = f"{name}_smooth"
    pairs = [(preceding.get(node.name), node) for node in model.graph.node]
    nodes_in_order = [node for pair in pairs for node in pair if node is not None]
    del model.graph.node[:]
    model.graph.node.extend(nodes_in_order)
    return in_float32


def _best_scale(measured: _Input, weights: Floats) -> tuple[Floats, float]:
    """The scale (d,) with the smallest error of the product (n, d) x (d, m), and that error."""
    exact = measured.rows @ weights
    sizes = np.maximum(np.linalg.norm(exact, axis=1), 1e-12)
    largest, heaviest = np.maximum(measured.largest, 1e-5), np.maximum(np.abs(weights).max(axis=1), 1e-5)
    best = np.ones(len(largest), np.float32), np.inf
    for strength in STRENGTHS:
        scale = np.clip(largest**strength / heaviest ** (1 - strength), 1e-4, 1e4) if strength else best[0]
        scale = scale.astype(np.float32)
        rounded = _rounded(measured.rows / scale) @ _rounded_columns(weights * scale[:, None])
        error = float(np.mean(np.linalg.norm(rounded - exact, axis=1) / sizes))
        if error < best[1]:
            best = scale, error
    return best


def _rounded(values: Floats) -> Floats:
    """Rounded as by ONNX's DynamicQuantizeLinear: to 256 steps from the least to the greatest value, 0 among them."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    step = max((high - low) / 255, 1e-12)
    zero = np.round(-low / step)
    rounded: Floats = ((np.clip(np.round(values / step) + zero, 0, 255) - zero) * step).astype(np.float32)
    return rounded


def _rounded_columns(weights: Floats) -> Floats:
    """Rounded to 255 steps about 0, a range for each column."""
    step = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127
    rounded: Floats = (np.round(weights / step) * step).astype(np.float32)
    return rounded
