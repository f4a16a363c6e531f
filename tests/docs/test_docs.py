"""What the documentation says is there is there, and its examples run."""

import re
from importlib import import_module

import pytest
from support.paths import ROOT

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PYTHON = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([a-z_]+(?:\.\w+)+)`", ARCHITECTURE)))
FILES = re.compile(r"\.(py|md|csv|npy|zip)$")


def test_the_tree_is_the_package():
    tree = ARCHITECTURE.split("```")[1]
    drawn = {line.split()[0].strip("/") for line in tree.splitlines() if re.match(r"  [a-z]", line)}
    there = {path.name for path in (ROOT / "moviesearch").iterdir() if not path.name.startswith(("__", "py."))}
    assert drawn == there


@pytest.mark.parametrize("name", [name for name in NAMED if not FILES.search(name)])
def test_what_the_architecture_names_exists(name):
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(["moviesearch", *parts[:split]]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            found = found.__dict__[part] if isinstance(found, type) else getattr(found, part)
        return
    pytest.fail(f"docs/architecture.md names {name}, which is not there")


def test_files_that_the_architecture_names_exist():
    names = re.findall(r"`([\w.]+/[\w/.]*)`", ARCHITECTURE)
    assert names
    for name in names:
        assert (ROOT / name).exists() or (ROOT / "moviesearch" / name).exists(), name


@pytest.mark.integration
def test_the_examples_of_the_python_page_run(tmp_path, monkeypatch, bundled_store, capsys):
    """In their order, in a folder where the bundled films are stored already."""
    import shutil

    monkeypatch.chdir(tmp_path)
    shutil.copytree(bundled_store, tmp_path / "my-films")
    names = {}
    for example in re.findall(r"```python\n(.*?)```", PYTHON, re.DOTALL):
        exec(compile(example, "docs/python.md", "exec"), names)  # noqa: S102
    said = capsys.readouterr().out
    assert "1 Jaws 1975" in said
    assert "there is no film called 'Jaws 17' in 'films'. Did you mean: Jaws (1975)" in said
    assert (tmp_path / "exported" / "embeddings.npy").exists()
