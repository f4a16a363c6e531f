"""Who may import whom, and that imports run downwards, over the syntax trees; `docs/architecture.md` says why.

python tests/test_architecture.py      the arrows between packages, counted
"""

import ast
from collections import Counter, defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "moviesearch"

BASE = {"atomic", "background", "errors", "config", "network", "privacy", "records", "request"}
MAY_IMPORT = {
    "atomic": set(),
    "background": set(),
    "errors": set(),
    "config": {"errors"},
    "network": {"errors"},
    "privacy": set(),
    "records": set(),
    "request": {"errors", "config"},
    "sources": {"atomic", "errors", "config", "network", "records"},
    "embedding": {"errors", "config", "network", "privacy", "records", "atomic", "background"},
    "storage": BASE | {"embedding"},
    "collection": BASE | {"embedding", "storage"},
    "retrieval": BASE | {"embedding", "storage", "collection"},
    "maps": BASE | {"embedding", "storage", "collection"},
    "search": BASE | {"embedding", "storage", "collection", "retrieval", "maps"},
    # What people and programs see: the search, and the types that it takes and gives.
    "web": BASE | {"sources", "retrieval", "maps", "search"},
    "cli": BASE | {"sources", "embedding", "collection", "retrieval", "maps", "search", "web"},
    "__main__": {"cli"},
}
"""From the ground up: what each package or file at the top may import, itself apart."""

ONLY_IN = {
    "chromadb": {"storage"},
    "chromadb_rust_bindings": {"storage"},
    "tantivy": {"storage"},
    "onnx": {"embedding"},
    "onnxruntime": {"embedding"},
    "tokenizers": {"embedding"},
    "click": {"cli", "web"},
    "rich": {"cli"},
    "fastapi": {"web"},
    "starlette": {"web"},
    "mcp": {"web"},
    "ray": {"collection"},
    "mwparserfromhell": {"sources"},
    "wikipediaapi": {"sources"},
}
"""Libraries with one home each, so that another one can take their place there."""

REPORTING = {
    "chromadb",
    "chromadb_rust_bindings",
    "huggingface_hub",
    "onnxruntime",
    "ray",
    "sentence_transformers",
    "transformers",
}
"""Libraries that would report to their makers: see `moviesearch/privacy.py`."""


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(module):
    """The package or file at the top that a module belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


@cache
def tree(module):
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module):
    """(line, name imported) of every import of a module, lazy ones and those for types too."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = []
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{origin}.{alias.name}"
                found.append((node.lineno, whole if whole in MODULES else origin))
    return found


def own_imports(module):
    """(line, module of the project) of the same."""
    return [(line, name) for line, name in imports(module) if name in MODULES and name != module]


def arrows():
    """(from, to) packages -> how many imports run so."""
    count = Counter()
    for module in MODULES:
        for _, name in own_imports(module):
            if room(name) not in (room(module), "__init__"):
                count[room(module), room(name)] += 1
    return count


def upwards():
    """The arrows that run against the table's order."""
    floor = {name: at for at, name in enumerate(MAY_IMPORT)}
    return {(a, b): count for (a, b), count in arrows().items() if a in floor and b in floor and floor[a] < floor[b]}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_downwards(package):
    allowed = MAY_IMPORT[package] | {package, "__init__"}
    for module in (name for name in MODULES if room(name) == package):
        for line, name in own_imports(module):
            assert room(name) in allowed, (
                f"{MODULES[module].relative_to(PACKAGE.parent)}:{line} imports {name}, but {package} may import only: "
                + (", ".join(sorted(MAY_IMPORT[package])) or "nothing of the project")
            )


@pytest.mark.parametrize("library", ONLY_IN)
def test_libraries_stay_in_their_rooms(library):
    for module in MODULES:
        for line, name in imports(module):
            if name.split(".")[0] == library:
                assert room(module) in ONLY_IN[library], (
                    f"{MODULES[module].relative_to(PACKAGE.parent)}:{line} imports {library}, which only "
                    f"{' and '.join(sorted(ONLY_IN[library]))} may"
                )


def test_libraries_that_report_are_imported_after_they_are_told_not_to():
    silent = {room(name) for name in MODULES if "moviesearch.privacy" in {imported for _, imported in imports(name)}}
    for module in MODULES:
        if REPORTING & {name.split(".")[0] for _, name in imports(module)}:
            packages = {room(module), *(room(name) for _, name in own_imports(module))}
            assert packages & silent, f"{module} imports nothing of {', '.join(sorted(silent))}, which turn reports off"


def test_the_table_names_what_is_there_and_runs_downwards():
    assert {room(module) for module in MODULES} == {*MAY_IMPORT, "__init__"}
    floors = list(MAY_IMPORT)
    for at, name in enumerate(floors):
        assert MAY_IMPORT[name] <= set(floors[:at])
    assert not upwards()


def test_no_module_imports_itself_by_way_of_others():
    graph = defaultdict(set)
    for module in MODULES:
        for _, name in own_imports(module):
            if MODULES[name].name != "__init__.py":
                graph[module].add(name)
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_packages_say_what_they_are():
    for module in MODULES:
        assert ast.get_docstring(tree(module)), f"{module} has no first line"


if __name__ == "__main__":
    counted = arrows()
    for (origin, goal), number in sorted(counted.items()):
        print(f"{origin:>12} -> {goal:<12}{number:4}")
    longest = max(MODULES.values(), key=lambda path: path.read_text(encoding="utf-8").count("\n"))
    lines = longest.read_text(encoding="utf-8").count("\n")
    top = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    print(f"{len(counted)} arrows between packages, {sum(counted.values())} imports, {sum(upwards().values())} upwards")
    print(f"{len(top)} entries at the top, {sum(path.suffix == '.py' for path in top)} of them modules")
    print(f"{len(MODULES)} modules, the longest {longest.relative_to(PACKAGE.parent)} with {lines} lines")
