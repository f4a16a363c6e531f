"""Nothing heavy is loaded before it is needed."""

import json
import subprocess
import sys

import pytest

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
    "arguments", [["--help"], ["--version"], ["find", "--help"], ["ingest", "--help"], ["serve", "--help"]]
)
def test_help_is_light(arguments):
    code = f"from moviesearch.cli.main import main; main({arguments!r}, standalone_mode=False)"
    assert loaded_by(code) == []


def test_reading_a_source_is_light():
    assert loaded_by("from moviesearch.sources import bundled, read; next(read(bundled()))") == []


def test_search_itself_waits_with_models_and_database(tmp_path):
    heavy = loaded_by(f"from moviesearch import MovieSearch; MovieSearch({str(tmp_path)!r})")
    assert set(heavy) <= {"numpy"}


def test_search_loads_no_pytorch(bundled_store):
    find = f"main(['find', '--plot', 'a heist', '--store', {str(bundled_store)!r}])"
    code = f"from moviesearch.cli.main import main; {find}"
    heavy = loaded_by(f"try:\n    {code.replace('; ', chr(10) + '    ')}\nexcept SystemExit:\n    pass")
    assert {"chromadb", "onnxruntime"} <= set(heavy)
    assert not {"torch", "sentence_transformers", "transformers"} & set(heavy)


def test_names_of_the_package():
    import moviesearch

    assert all(getattr(moviesearch, name) is not None for name in moviesearch.__all__)
    with pytest.raises(AttributeError):
        moviesearch.nothing_of_that_name  # noqa: B018
