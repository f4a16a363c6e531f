"""Nothing heavy is loaded before it is needed."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import moviesearch

HEAVY = (
    "torch",
    "sentence_transformers",
    "transformers",
    "chromadb",
    "onnxruntime",
    "numpy",
    "tantivy",
    "tokenizers",
    "fastapi",
    "uvicorn",
    "mcp",
)


def loaded_by(code):
    """Which heavy modules a fresh Python has loaded after `code`."""
    show = f"import json, sys; print(json.dumps([name for name in {HEAVY} if name in sys.modules]), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True)
    return json.loads(done.stderr.splitlines()[-1])


def test_import_moviesearch_is_light():
    assert loaded_by("import moviesearch") == []


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["find", "--help"], ["ingest", "--help"], ["fetch", "--help"], ["serve", "--help"]],
)
def test_help_is_light(arguments):
    code = f"from moviesearch.cli.main import main; main({arguments!r}, standalone_mode=False)"
    assert loaded_by(code) == []


def test_reading_a_source_is_light():
    assert loaded_by("from moviesearch.sources import bundled, read; next(read(bundled()))") == []


def test_search_itself_waits_with_models_and_database(tmp_path):
    heavy = loaded_by(f"from moviesearch import MovieSearch; MovieSearch({str(tmp_path)!r})")
    assert set(heavy) <= {"numpy"}


def test_search_loads_neither_pytorch_nor_chromas_client(bundled_store):
    find = f"main(['find', '--plot', 'a heist', '--store', {str(bundled_store)!r}])"
    code = f"from moviesearch.cli.main import main; {find}"
    heavy = loaded_by(f"try:\n    {code.replace('; ', chr(10) + '    ')}\nexcept SystemExit:\n    pass")
    assert {"onnxruntime", "tantivy", "tokenizers"} <= set(heavy)
    assert not {"chromadb", "torch", "sentence_transformers", "transformers"} & set(heavy)


def test_names_of_the_package():
    assert all(getattr(moviesearch, name) is not None for name in moviesearch.__all__)
    with pytest.raises(AttributeError):
        moviesearch.nothing_of_that_name  # noqa: B018


@pytest.mark.parametrize("module", moviesearch._NAMES)
def test_names_are_defined_where_the_table_says(module):
    path = Path(moviesearch.__file__).with_name(f"{module}.py")
    definitions = ast.parse(path.read_text(encoding="utf-8")).body
    defined = {node.name for node in definitions if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert set(moviesearch._NAMES[module]) <= defined


def test_type_checkers_are_told_the_same_names():
    tree = ast.parse(Path(moviesearch.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    named = {(node.module, alias.name) for node in imports for alias in node.names}
    assert named == {(module, name) for module, names in moviesearch._NAMES.items() for name in names}
