"""What the tests share: stores that are thrown away, the bundled model prepared once, the bundled films stored once."""

import json
import os
import shutil
import signal
from dataclasses import asdict
from pathlib import Path

import portalocker
import pytest
from click.testing import CliRunner
from support.chroma_server import ChromaServer
from support.hash_encoder import HashEncoder

from moviesearch import MovieSearch
from moviesearch.cli.main import main
from moviesearch.config import BUNDLED_FILMS, Settings
from moviesearch.embedding.load import load
from moviesearch.sources import read

os.environ["HF_HUB_OFFLINE"] = "1"  # no test asks the network

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job hands that on to what tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)


IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ


SLOWER_KINDS = {"browser", "docker", "ray", "server", "slow", "wiki"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What wants the real model is an integration test, unless it is of a slower kind: preparing it takes seconds."""
    for item in items:
        if {"bundled", "prepared_model"} & set(item.fixturenames) and not SLOWER_KINDS & {
            marker.name for marker in item.iter_markers()
        }:
            item.add_marker("integration")


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder that all workers of a run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if IS_WORKER else own


@pytest.fixture(scope="session")
def made_once(shared):
    """made_once(name, make) -> a folder that make(folder) filled: once a run, the other workers wait for it."""

    def get(name, make):
        folder, draft = shared / name, shared / f"{name}-draft"
        with portalocker.Lock(shared / f"{name}.lock", timeout=600):
            if not folder.exists():
                draft.mkdir()
                make(draft)
                draft.rename(folder)
        return folder

    return get


@pytest.fixture(scope="session")
def model_cache(shared, made_once):
    """The prepared model: in the folder that MOVIESEARCH_CACHE names (runs after the first are fast), or a new one."""
    given = os.environ.get("MOVIESEARCH_CACHE")
    cache = Path(given).absolute() if given else shared / "cache"
    if IS_WORKER:  # so that no two prepare it at once; else the first test that wants it does
        made_once("prepared", lambda _: load(None, cache))
    return cache


@pytest.fixture(scope="session")
def prepared_model(model_cache):
    """The bundled model made ready, which says so on standard error when it is done for the first time."""
    return load(None, model_cache)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path, model_cache):
    """No test sees the settings, films or terminal of whoever runs it."""
    for name in (*(name for name in os.environ if name.startswith("MOVIESEARCH_")), "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOVIESEARCH_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("MOVIESEARCH_CACHE", str(model_cache))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def encoder():
    return HashEncoder()


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory):
    server = ChromaServer(tmp_path_factory.mktemp("server"))
    yield server
    server.kill()


@pytest.fixture
def where(request, tmp_path):
    """What --store is: a folder, or for tests that run over both, a database of its own on a server."""
    if getattr(request, "param", "folder") == "folder":
        return str(tmp_path / "store")
    return request.getfixturevalue("chroma_server").database()


def pytest_generate_tests(metafunc):
    """The tests of a module that says FOLDER_AND_SERVER run over both."""
    if "where" in metafunc.fixturenames and getattr(metafunc.module, "FOLDER_AND_SERVER", False):
        kinds = ["folder", pytest.param("server", marks=pytest.mark.server)]
        metafunc.parametrize("where", kinds, indirect=True)


@pytest.fixture
def open_search(where, tmp_path, encoder):
    """open_search(collection="films", encoder=...) -> a MovieSearch in one store; closed when the test ends.

    `machine` is another machine's name: it has a cache, and so a mirror, of its own.
    """
    opened = []

    def open_one(collection="films", *, encoder=encoder, machine="here"):
        settings = Settings(store=where, cache=tmp_path / "cache" / machine)
        opened.append(MovieSearch(collection=collection, settings=settings, encoder=encoder))
        return opened[-1]

    yield open_one
    for search in opened:
        search.close()


@pytest.fixture
def search(open_search):
    return open_search()


@pytest.fixture
def run(prepared_model):
    """run("find", "--plot", "...") -> click's result: exit_code, stdout, stderr apart."""

    def run_one(*arguments, stdin=None, **environment):
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin, env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run_one


@pytest.fixture(scope="session")
def bundled(made_once, model_cache):
    """A folder with `store`, which holds the bundled films by the bundled model, and `report.json` on their ingest."""

    def make(folder):
        settings = Settings(store=str(folder / "store"), collection="films", model=None, cache=model_cache)
        with MovieSearch(settings=settings) as search:
            report = search.ingest(read(BUNDLED_FILMS))
        (folder / "report.json").write_text(json.dumps(asdict(report)), encoding="utf-8")

    return made_once("bundled", make)


@pytest.fixture(scope="session")
def bundled_store(tmp_path_factory, bundled):
    """A store with the bundled films; only to be read. Each worker has its own: reading makes and removes files too."""
    return shutil.copytree(bundled / "store", tmp_path_factory.mktemp("bundled") / "store")
