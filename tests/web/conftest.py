"""An app over the films of a test's module, and a real browser before a real server."""

import pytest
from starlette.testclient import TestClient
from support.browser import CHROMIUM, FLAGS, WIDE
from support.hash_encoder import HashEncoder
from support.web_server import serving

from moviesearch import MovieSearch
from moviesearch.config import Settings
from moviesearch.web.app import create_app


@pytest.fixture(scope="module")
def client(request, tmp_path_factory):
    """A client of the app over the FILMS of the module that asks for it."""
    with MovieSearch(tmp_path_factory.mktemp("web"), "films", encoder=HashEncoder()) as search:
        search.ingest(request.module.FILMS)
        with TestClient(create_app(search), follow_redirects=False) as client:
            yield client


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install .[dev]")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt install chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(bundled_store, model_cache):
    """A server of the bundled films."""
    settings = Settings(store=str(bundled_store), collection="films", model=None, cache=model_cache)
    with MovieSearch(settings=settings) as search, serving(search) as address:
        yield address


@pytest.fixture
def visit(chromium, address):
    """visit(path, base=..., **options) -> a page; at the end none may have shown an error."""
    wrong, contexts = [], []

    def open_page(path="/", base=address, *, status=200, **options):
        context = chromium.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        assert page.goto(base + path).status == status
        if status != 200:
            wrong.clear()  # Chromium writes down every status that is no success
        return page

    open_page.wrong = wrong
    yield open_page
    for context in contexts:
        context.close()
    assert not wrong
