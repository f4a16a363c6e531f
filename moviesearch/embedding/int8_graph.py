"""A transformer's graph -> one whose matrix products are of 8-bit integers, which take less than half the time.

ONNX Runtime measures the range of what enters a product at each run, one range for all its features. Where a few
features are a hundred times as large as the others, as in all-mpnet-base-v2, the others are rounded away. So:

1. Smoothing: feature j of an input is divided by s_j and row j of the weights multiplied by it, which leaves the
   product as it is; s_j = max|x_j|^a / max|w_j|^(1 - a), from Xiao et al., SmoothQuant, 2023. The weights are
   rounded column by column and can bear it. `a` is chosen for each input by the product's error on sample texts.
2. A product whose error is above `WORST` even so stays in float32.
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
"""The `a` that are tried; 0 is no smoothing."""

WORST = 0.04
"""The mean over tokens of the product's relative error from which on it stays in float32."""

_ROWS = 64
"""Of each sample text so many tokens go into measuring the error."""


@dataclass(slots=True)
class _Input:
    """What enters one or more products: the largest magnitude of each feature (d,), and some rows (n, d)."""

    largest: Floats
    rows: Floats


def quantise(graph: Path, target: Path, samples: Sequence[Mapping[str, NDArray[np.int64]]]) -> int:
    """Write the graph at `graph` to `target` with int8 products; returns how many stay in float32.

    `samples` are inputs of the graph for texts of the kind that it is for.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = _with_named_weights(onnx.load(graph))
    products = _products(model)
    inputs = _observed(model, sorted(products), graph.with_suffix(".observed.onnx"), samples)
    kept = _smoothed(model, products, inputs)
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
            nodes_to_exclude=kept,
        )
    finally:
        logging.disable(logging.NOTSET)
    smoothed.unlink()
    return len(kept)


def _with_named_weights(model: Any) -> Any:
    """The model with its constants as initializers; PyTorch exports them as nodes."""
    graph = model.graph
    constants = [node for node in graph.node if node.op_type == "Constant" and node.attribute[0].name == "value"]
    for node in constants:
        node.attribute[0].t.name = node.output[0]
        graph.initializer.append(node.attribute[0].t)
        graph.node.remove(node)
    for at, node in enumerate(graph.node):
        node.name = node.name or f"node_{at}"
    return model


def _products(model: Any) -> dict[str, list[Any]]:
    """Input -> the products of it with weights."""
    weights = {tensor.name for tensor in model.graph.initializer}
    found: dict[str, list[Any]] = defaultdict(list)
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            found[node.input[0]].append(node)
    return dict(found)


def _observed(
    model: Any, names: Sequence[str], draft: Path, samples: Iterable[Mapping[str, NDArray[np.int64]]]
) -> dict[str, _Input]:
    """What enters the products for the samples."""
    import onnx
    from onnxruntime import InferenceSession

    told = len(model.graph.output)
    model.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    onnx.save(model, draft)
    del model.graph.output[told:]
    session = InferenceSession(str(draft), providers=["CPUExecutionProvider"])
    largest: dict[str, Floats] = {}
    rows: dict[str, list[Floats]] = defaultdict(list)
    for sample in samples:
        for name, value in zip(names, session.run(list(names), dict(sample)), strict=True):
            tokens = value.reshape(-1, value.shape[-1])
            most = np.abs(tokens).max(axis=0)
            largest[name] = np.maximum(largest[name], most) if name in largest else most
            rows[name].append(tokens[:: max(1, len(tokens) // _ROWS)])
    draft.unlink()
    return {name: _Input(largest[name], np.concatenate(rows[name])) for name in names}


def _smoothed(model: Any, products: Mapping[str, Sequence[Any]], inputs: Mapping[str, _Input]) -> list[str]:
    """Smooth each input in the model; returns the names of the products that are better left in float32."""
    from onnx import helper, numpy_helper

    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    before: dict[str, Any] = {}
    kept: list[str] = []
    for name, nodes in products.items():
        weights = {node.input[1]: numpy_helper.to_array(tensors[node.input[1]]) for node in nodes}
        scale, error = _best_scale(inputs[name], np.concatenate(list(weights.values()), axis=1))
        if error > WORST:
            kept += [node.name for node in nodes]
            continue
        for tensor, weight in weights.items():
            tensors[tensor].CopyFrom(numpy_helper.from_array(weight * scale[:, None], tensor))
        model.graph.initializer.append(numpy_helper.from_array(1 / scale, f"{name}_scale"))
        before[nodes[0].name] = helper.make_node("Mul", [name, f"{name}_scale"], [f"{name}_smooth"])
        for node in nodes:
            node.input[0] = f"{name}_smooth"
    nodes_in_order = [part for node in model.graph.node for part in (before.get(node.name), node) if part is not None]
    del model.graph.node[:]
    model.graph.node.extend(nodes_in_order)
    return kept


def _best_scale(told: _Input, weights: Floats) -> tuple[Floats, float]:
    """The scale (d,) with the smallest error of the product (n, d) x (d, m), and that error."""
    true = told.rows @ weights
    sizes = np.maximum(np.linalg.norm(true, axis=1), 1e-12)
    largest, heaviest = np.maximum(told.largest, 1e-5), np.maximum(np.abs(weights).max(axis=1), 1e-5)
    best = np.ones(len(largest), np.float32), np.inf
    for strength in STRENGTHS:
        scale = np.clip(largest**strength / heaviest ** (1 - strength), 1e-4, 1e4) if strength else best[0]
        scale = scale.astype(np.float32)
        rounded = _rounded(told.rows / scale) @ _rounded_columns(weights * scale[:, None])
        error = float(np.mean(np.linalg.norm(rounded - true, axis=1) / sizes))
        if error < best[1]:
            best = scale, error
    return best


def _rounded(values: Floats) -> Floats:
    """As ONNX's DynamicQuantizeLinear rounds: 256 steps from the least to the greatest, 0 among them."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    step = max((high - low) / 255, 1e-12)
    zero = np.round(-low / step)
    rounded: Floats = ((np.clip(np.round(values / step) + zero, 0, 255) - zero) * step).astype(np.float32)
    return rounded


def _rounded_columns(weights: Floats) -> Floats:
    step = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127
    rounded: Floats = (np.round(weights / step) * step).astype(np.float32)
    return rounded
