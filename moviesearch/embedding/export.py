"""A model -> the ONNX file that `onnx_encoder` runs, checked against sentence-transformers on a set of probes.

PyTorch exports it. The bundled model, of which vectors were recorded, is written by `bert_graph` within a second,
without PyTorch.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moviesearch.config import BUNDLED_FILMS
from moviesearch.errors import EncoderError

from . import bert_graph, onnx_graph
from .models import ModelFiles, Precision
from .onnx_encoder import OnnxEncoder, Shape
from .passages import whole_film
from .query_encoder import query_encoder_file, read_corrections
from .reference_encoder import SentenceTransformersEncoder
from .vectors import Vectors

PROBE_COSINE: dict[Precision, float] = {"float32": 0.9999, "int8": 0.99}
"""The least cosine of a probe's vectors by ONNX and by sentence-transformers with which an export is used."""

SAMPLED = 27
"""One of so many bundled films is a sample of what enters the products that are made int8."""

PROBES = (
    "A detective.",
    "Two strangers meet on a train to Vienna and walk through the city until dawn - what happens next?",
    "Ένας άντρας χάνει τη μνήμη του. 記憶を失った男。 Мужчина теряет память.",
    "What was that film, late 90s I think, where a guy finds out his whole life is a TV show?? NOT EDtv!",
    "A retired thief is pulled back for one last job. " * 30,
    "x",
)


def export(files: ModelFiles, target: Path, threads: int, reference: Callable[[], SentenceTransformersEncoder]) -> bool:
    """Write the folder `target`: `model.onnx`, and `checked.json` with the outcome of the check.

    True where the export agrees with the model and is to be used; a `target` that another process wrote meanwhile
    stays, and its outcome counts. `reference` gives the model on sentence-transformers; EncoderError is raised where
    it is needed and can't be had, OSError where `target` can't be written.
    """
    recorded = bert_graph.recorded(files.float_digest)
    if recorded is not None:
        return _checked(
            files, target, threads, lambda path: bert_graph.write_graph(files.folder, path), lambda: recorded
        )
    model = reference()
    return _checked(
        files,
        target,
        threads,
        lambda path: onnx_graph.write(model.model[0].auto_model, path),
        lambda: model.encode(PROBES),
    )


def _checked(
    files: ModelFiles, target: Path, threads: int, write: Callable[[Path], None], expected: Callable[[], Vectors]
) -> bool:
    import shutil
    import tempfile

    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
    try:
        try:
            Shape.of(files.folder)
            outline = bert_graph.outline_file(files.float_digest)
            if files.precision == "float32" and outline.is_file():
                bert_graph.write_outlined(files.folder, outline, draft / "model.onnx")
                _write_query_encoder(files, draft)
            else:
                write(draft / "plain.onnx")
                if files.precision == "int8":
                    _quantise(files, draft / "plain.onnx", threads)
                onnx_graph.optimise(draft / "plain.onnx", draft / "model.onnx")
            vectors = OnnxEncoder(files, draft / "model.onnx", threads).encode(PROBES)
            cosines = _cosines(vectors, expected())
            verdict: dict[str, object] = {
                "agrees": bool(cosines.min() >= PROBE_COSINE[files.precision]),
                "cosine": float(cosines.min()),
            }
        except (EncoderError, ImportError, RuntimeError, ValueError, KeyError, OSError) as error:
            verdict = {"agrees": False, "error": str(error)[:200]}
            if isinstance(error, OSError | ImportError):
                return False
        (draft / "checked.json").write_text(json.dumps({"model": files.name, **verdict}), encoding="utf-8")
        try:
            draft.rename(target)
        except OSError:
            if not (target / "checked.json").is_file():
                raise
            # another process prepared the model at the same time and was first
            verdict = json.loads((target / "checked.json").read_text(encoding="utf-8"))
        for folder in target.parent.glob(f"{files.digest[:32]}-*"):  # by earlier versions
            if folder != target:
                shutil.rmtree(folder, ignore_errors=True)
        return bool(verdict["agrees"])
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_query_encoder(files: ModelFiles, draft: Path) -> None:
    """Write the graph of the model's query encoder beside the model's, where the package has one."""
    outline = bert_graph.outline_file(files.float_digest, of_queries=True)
    corrections = query_encoder_file(files.name)
    if outline.is_file() and corrections is not None:
        path = draft / bert_graph.QUERY_GRAPH
        bert_graph.write_outlined_query(files.folder, read_corrections(corrections), outline, path)


def _quantise(files: ModelFiles, plain: Path, threads: int) -> None:
    """Replace the graph in the file `plain` by one with int8 products."""
    from .int8_graph import quantise

    encoder = OnnxEncoder(files, plain, threads)
    films = [json.loads(line) for line in BUNDLED_FILMS.read_text(encoding="utf-8").splitlines()[::SAMPLED]]
    samples = [encoder.inputs(whole_film(film["title"], film["plot"])) for film in films]
    quantised = plain.with_name("quantised.onnx")
    quantise(plain, quantised, samples)
    quantised.replace(plain)


def _cosines(a: Vectors, b: Vectors) -> Vectors:
    """Row by row: (n, d), (n, d) -> (n,)."""
    product = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(axis=1) / np.maximum(product, 1e-12), np.float32)
