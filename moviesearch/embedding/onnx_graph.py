"""A model's transformer as an ONNX graph: exported by PyTorch and fused once, loaded at each start."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moviesearch.errors import EncoderError

if TYPE_CHECKING:
    import torch


def write(transformer: Any, path: Path) -> None:
    """Export a PyTorch model of the library transformers, from token ids to the last hidden states."""
    import torch

    transformer.eval().requires_grad_(False)
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in _forward_names(transformer)]

    class LastHidden(torch.nn.Module):
        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            hidden: torch.Tensor = transformer(**dict(zip(names, inputs, strict=True))).last_hidden_state
            return hidden

    example = torch.ones((2, 8), dtype=torch.int64)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            LastHidden(),
            tuple(example for _ in names),
            str(path),
            input_names=names,
            output_names=["hidden"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in [*names, "hidden"]},
            opset_version=17,
            dynamo=False,
        )


def _forward_names(module: object) -> list[str]:
    return list(inspect.signature(module.forward).parameters)  # type: ignore[attr-defined]


def _runtime() -> Any:
    """The module onnxruntime, which reports nothing of what we do, though a program may have imported it before us."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


def _providers() -> list[str]:
    preferred = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "CPUExecutionProvider")
    available = _runtime().get_available_providers()
    return [name for name in preferred if name in available]


def on_processor() -> bool:
    """Whether graphs run on the processor, since ONNX Runtime has no GPU."""
    return len(_providers()) == 1


def session(graph: Path, threads: int, *, at_once: bool = False) -> Any:
    """An ONNX Runtime session over a graph that `optimise` has fused; for a GPU it is fused further, each time.

    With `at_once` its weights stay as they are in the file, and are not copied into the order in which products take
    them fastest: it opens in 10 ms, not 55, and a question takes 2 ms longer. Raises EncoderError when the file can't
    be loaded.
    """
    onnxruntime = _runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Threads spin while they wait for their part of a run, which saves a tenth of it; once they spun on after it, which
    # took four tenths of a search's processor time from other searches.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if at_once:
        options.add_session_config_entry("session.disable_prepacking", "1")
    if on_processor():
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=_providers())
    except Exception as error:  # onnxruntime's errors share no root but Exception
        raise EncoderError(f"{graph} can't be loaded ({error}); delete {graph.parent} and try again") from error


def optimise(plain: Path, graph: Path) -> None:
    """Write `graph` with the nodes of `plain` fused, and its weights in a file of their own; `plain` is removed.

    That file is mapped, not read: loading takes 30 ms, not 180. Optimisations are "extended", not "all", since these
    don't depend on the kind of processor. Raises EncoderError.
    """
    onnxruntime = _runtime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(graph)
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", "weights.bin")
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    try:
        onnxruntime.InferenceSession(str(plain), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no root but Exception
        raise EncoderError(f"{plain} can't be fused ({error})") from error
    plain.unlink()
