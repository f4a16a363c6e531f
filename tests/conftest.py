"""What the tests share: stores that are thrown away, the bundled model prepared once, the bundled films stored once."""

import hashlib
import os
import shutil
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.chroma_server import ChromaServer
from support.hash_encoder import HashEncoder

from moviesearch import MovieSearch, embedding
from moviesearch.cli.main import main
from moviesearch.config import Settings
from moviesearch.embedding.load import load
from moviesearch.sources import bundled, read
from moviesearch.storage import vector_cache

os.environ["HF_HUB_OFFLINE"] = "1"  # no test asks the network

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job hands that on to what tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory):
    """The prepared model: in the folder that MOVIESEARCH_CACHE names (runs after the first are fast), or a new one."""
    given = os.environ.get("MOVIESEARCH_CACHE")
    return Path(given).absolute() if given else tmp_path_factory.mktemp("cache")


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
def bundled_store(tmp_path_factory, model_cache):
    """A store with the bundled films, by the bundled model; only to be read."""
    store = tmp_path_factory.mktemp("bundled")
    code = sorted(Path(embedding.__file__).parent.glob("*.py"))
    encoding = hashlib.sha256(b"".join(path.read_bytes() for path in (Path(vector_cache.__file__), *code)))
    kept = model_cache / f"bundled-vectors-{encoding.hexdigest()[:16]}.sqlite3"
    if kept.exists():  # embedded by an earlier run of the tests, with the same code
        shutil.copy(kept, store / "vectors.sqlite3")
    with MovieSearch(settings=Settings(store=str(store), collection="films", model=None, cache=model_cache)) as search:
        search.ingest(read(bundled()))
    if not kept.exists():
        shutil.copy(store / "vectors.sqlite3", kept)
    return store
