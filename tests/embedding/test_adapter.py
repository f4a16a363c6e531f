import io
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from moviesearch.embedding.adapter import Adapter, adapted, adapter_for, read_adapter, write_adapter
from moviesearch.errors import EncoderError

SHIPPED = sorted(path.name for path in (files("moviesearch") / "data").iterdir() if path.name.startswith("adapter-"))


def queries(n: int, d: int) -> np.ndarray:
    # a fixed rule, not chance: rows differ in direction and are the same on every machine
    angles = np.outer(np.arange(1, n + 1), np.arange(1, d + 1)).astype(np.float32)
    vectors = np.cos(angles)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def small() -> Adapter:
    return Adapter(
        down=np.eye(4, 2, dtype=np.float32),
        up=np.full((2, 4), 0.25, np.float32),
        shift=np.array([0, 0, 0.5, 0], np.float32),
        centre=np.array([0.1, 0, 0, 0], np.float32),
    )


def test_the_default_model_has_one() -> None:
    assert "adapter-all-MiniLM-L6-v2.npz" in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_are_small_and_sound(name: str) -> None:
    path = Path(str(files("moviesearch") / "data" / name))
    assert path.stat().st_size < 1_000_000
    with np.load(path) as stored:
        assert {stored[part].dtype for part in stored.files} == {np.dtype(np.float16)}
    adapter = read_adapter(path)
    same = adapter_for(name.removeprefix("adapter-").removesuffix(".npz"), adapter.dimension)
    assert same is not None and np.array_equal(same.up, adapter.up)
    asked = queries(7, adapter.dimension)
    for moved in (adapter.identify(asked), adapter.similar(asked)):
        assert moved.dtype == np.float32
        assert np.linalg.norm(moved, axis=1) == pytest.approx(np.ones(7), abs=1e-5)
    assert adapter.identify(asked[0]) == pytest.approx(adapter.identify(asked)[0], abs=1e-5)


def test_a_model_without_one_keeps_its_vectors() -> None:
    asked = queries(2, 4)
    assert adapter_for("some-other-model", 384) is None
    assert adapter_for("../data/adapter-all-MiniLM-L6-v2", 384) is None
    assert adapter_for("all-MiniLM-L6-v2", 768) is None
    assert adapted(asked, None) is asked
    assert adapted(asked, None, similar=True) is asked


def test_the_formula() -> None:
    query = np.array([0.6, 0.8, 0, 0], np.float32)
    moved = query + np.full(4, 0.35) + [0, 0, 0.5, 0]
    assert adapted(query, small()) == pytest.approx(moved / np.linalg.norm(moved))
    apart = query - [0.1, 0, 0, 0]
    assert adapted(query, small(), similar=True) == pytest.approx(apart / np.linalg.norm(apart))


def test_written_and_read(tmp_path: Path) -> None:
    write_adapter(tmp_path / "a.npz", small())
    again = read_adapter(tmp_path / "a.npz")
    assert all(np.array_equal(getattr(again, part), getattr(small(), part)) for part in ("down", "up", "shift"))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_a_damaged_file_is_told(content: bytes) -> None:
    with pytest.raises(EncoderError, match="reinstall"):
        read_adapter(io.BytesIO(content))


def test_parts_that_do_not_fit_are_told(tmp_path: Path) -> None:
    write_adapter(tmp_path / "a.npz", Adapter(small().down, small().up.T.copy(), small().shift, small().centre))
    with pytest.raises(EncoderError, match="fit"):
        read_adapter(tmp_path / "a.npz")
