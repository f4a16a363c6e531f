"""Each code in the table of docs/api.md comes, with its status, when the table says."""

import re
import threading
import time

import pytest
from starlette.testclient import TestClient
from support.hash_encoder import HashEncoder
from support.paths import ROOT
from support.web_films import FILMS

from moviesearch import MovieSearch
from moviesearch.storage import locks
from moviesearch.web import problems
from moviesearch.web.app import create_app
from moviesearch.web.options import ServeOptions
from moviesearch.web.pages import map as map_page

TABLE = re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.M)
SEARCH = "/api/search?plot=clock"


class GivenEncoder(HashEncoder):
    """The hash encoder, which first does what a test gives it to do."""

    first = staticmethod(lambda: None)

    def encode(self, texts):
        self.first()
        return super().encode(texts)


@pytest.fixture
def store(tmp_path):
    """A store with the films, that nobody has open."""
    with MovieSearch(tmp_path, "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
    return tmp_path


@pytest.fixture
def client(store):
    """client(encoder, **options) -> a client of a server over the films; both end with the test."""
    ends = []

    def serve(encoder=None, **options):
        search = MovieSearch(store, "films", encoder=encoder or HashEncoder())
        ends.append(search.close)
        return TestClient(create_app(search, ServeOptions(**options)), follow_redirects=False)

    yield serve
    for end in ends:
        end()


def test_each_code_of_the_table_has_its_test():
    codes = [code for _, code in TABLE]
    assert sorted(codes) == sorted(set(codes))
    tested = {name.removeprefix("when_").replace("_", "-") for name in globals() if name.startswith("when_")}
    assert tested == set(codes)


def test_no_other_code_is_written_anywhere():
    package = (ROOT / "moviesearch" / "web").rglob("*.py")
    written = re.findall(
        r'Problem\(\d{3}, "([a-z-]+)"', "\n".join(path.read_text(encoding="utf-8") for path in package)
    )
    assert set(written) <= {code for _, code in TABLE}


@pytest.mark.parametrize(("status", "code"), TABLE)
def test_the_code_comes_with_its_status(client, store, monkeypatch, status, code):
    response = globals()[f"when_{code.replace('-', '_')}"](client=client, store=store, monkeypatch=monkeypatch)
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    told = response.json()
    assert (response.status_code, told["status"], told["code"]) == (int(status), int(status), code)
    assert told["detail"]
    assert ("retry-after" in response.headers) == (status == "503")


def when_makes_no_sense(client, **_):
    return client().post("/api/search", json={})


def when_bad_host(client, **_):
    return client().get(SEARCH, headers={"Host": "two words"})


def when_not_for_other_sites(client, **_):
    headers = {"Origin": "https://friend.example", "Access-Control-Request-Method": "DELETE"}
    return client(origins=("https://friend.example",)).options("/api/search", headers=headers)


def when_token_wanted(client, **_):
    return client(token="s3cret").get(SEARCH)


def when_foreign_origin(client, **_):
    return client().get(SEARCH, headers={"Origin": "https://stranger.example"})


def when_no_marks(client, **_):
    return client(marks=False).get("/api/seen")


def when_not_found(client, **_):
    return client().get("/api/nothing")


def when_no_such_film(client, **_):
    return client().get("/api/films/nobody")


def when_several_films(client, **_):
    return client().get("/api/search?title=twins")


def when_no_map(client, monkeypatch, **_):
    monkeypatch.setattr(map_page, "MOST_UNASKED", 5)
    return client().get("/api/map")


def when_method_not_allowed(client, **_):
    return client().options("/api/search")


def when_body_too_long(client, **_):
    return client(body_size=100).post("/api/search", json={"plot": ["clock " * 100]})


def when_address_too_long(client, **_):
    return client(query_size=100).get(SEARCH + "+clock" * 100)


def when_json_wanted(client, **_):
    return client().post("/api/search", data={"plot": "clock"})


def when_unknown_host(client, **_):
    return client().get(SEARCH, headers={"Host": "rebound.example"})


def when_invalid(client, **_):
    return client().get(SEARCH + "&limit=1000")


def when_unexpected(client, **_):
    encoder = GivenEncoder()
    encoder.first = lambda: 1 // 0
    return client(encoder).get(SEARCH)


def when_busy(client, **_):
    encoder, begun, go_on = GivenEncoder(), threading.Event(), threading.Event()
    one = client(encoder, threads=1, waiting=0)
    with one:
        assert one.get(SEARCH).status_code == 200  # the search that warms a server up is over, which counts as none
        encoder.first = lambda: (begun.set(), go_on.wait(30))
        running = threading.Thread(target=one.get, args=[SEARCH])
        running.start()
        assert begun.wait(30)
        refused = one.get(SEARCH)
        go_on.set()
        running.join(30)
    return refused


def when_locked(client, store, monkeypatch, **_):
    monkeypatch.setattr(locks, "GATE_PATIENCE", 0.1)
    with locks.gate(store / "films", write=True):
        return client().get(SEARCH)


def when_no_collection(store, **_):
    with MovieSearch(store, "others", encoder=HashEncoder()) as empty:
        return TestClient(create_app(empty)).get(SEARCH)


def when_store(client, **_):
    return client(HashEncoder(name="another model")).get(SEARCH)


def when_model(store, **_):
    with MovieSearch(store, "films") as search:  # the model is called "hash", and there is none of that name
        return TestClient(create_app(search)).get(SEARCH)


def test_a_map_that_is_being_laid_out_is_no_fault(client):
    with client() as one:
        for _ in range(300):
            response = one.get("/api/map")
            if response.status_code == 200:
                break
            assert response.status_code == 202
            time.sleep(0.1)
    assert response.json()["ids"]
