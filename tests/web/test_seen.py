"""Films marked as seen over the API and by the page's form, and who may do it."""

import re

import pytest
from starlette.testclient import TestClient
from support.hash_encoder import HashEncoder
from support.web_films import FILMS

from moviesearch import MovieSearch
from moviesearch.web.app import create_app
from moviesearch.web.options import ServeOptions

OURS = "http://127.0.0.1:8765"
STRANGER = "https://stranger.example"


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("web"), "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        yield search


@pytest.fixture
def search(films):
    """The films, none of them seen."""
    yield films
    for person in ("", "anna"):
        seen = films.seen(person)
        films.unmark_seen(
            [film.film for film in seen if film.film],
            titles=[(film.title, film.year) for film in seen if not film.film],
            person=person,
        )


@pytest.fixture
def served(search):
    """served(**options) -> a client of an app that is asked at 127.0.0.1:8765."""
    return lambda **options: TestClient(create_app(search, ServeOptions(**options)), OURS, follow_redirects=False)


def found(client, **wishes):
    answer = client.get("/api/search", params={"plot": "a clock and a ghost", "limit": 100, **wishes}).json()
    return {film["id"] for film in answer["results"]}, answer.get("notes", [])


def test_films_are_marked_listed_left_out_and_taken_back(served, search):
    client = served()
    marked = client.post("/api/seen", json={"id": ["clock"], "title": ["opera", "Twins (1988)", "The Lamp (1931)"]})
    assert marked.json() == {
        "id": ["clock", "opera", "twin-1988"],
        "title": [{"title": "The Lamp", "year": 1931}],
        "unchanged": 0,
    }
    assert client.get("/api/seen").json() == {
        "person": "",
        "films": [
            {"title": "Opéra", "year": 1979, "id": "opera", "by": "hand"},
            {"title": "The Clock", "year": 1994, "id": "clock", "by": "hand"},
            {"title": "The Lamp", "year": 1931, "id": None, "by": "hand"},
            {"title": "Twins", "year": 1988, "id": "twin-1988", "by": "hand"},
        ],
    }
    everything, _ = found(client)
    left, notes = found(client, unseen=True)
    assert everything - left == {"clock", "opera", "twin-1988"} & everything
    assert notes[0] == "unseen: 3 films seen are left out"
    posted = client.post("/api/search", json={"plot": ["clock"], "unseen": True, "limit": 100}).json()
    assert "clock" not in {film["id"] for film in posted["results"]}
    similar = client.get("/api/films/clock-2/similar", params={"unseen": True, "limit": 100}).json()["results"]
    assert {film["id"] for film in similar}.isdisjoint({"clock", "opera"})
    back = client.delete("/api/seen", params={"id": ["clock", "ghost"], "title": "the lamp"}).json()
    assert back == {"id": ["clock"], "title": [{"title": "The Lamp", "year": 1931}], "unchanged": 1}
    assert search.seen_ids() == {"opera", "twin-1988"}


def test_each_person_has_their_own(served, search):
    client = served()
    client.post("/api/seen", json={"id": ["clock"], "person": "Anna"})
    assert (search.seen_ids(), search.seen_ids("anna")) == (set(), {"clock"})
    assert client.get("/api/seen", params={"person": "ANNA "}).json()["person"] == "anna"
    assert "clock" not in found(client, unseen=True, person="anna")[0]
    assert "clock" in found(client, unseen=True)[0]


def test_mistakes_are_told_and_nothing_is_marked(served, search):
    client = served()

    def code(response):
        return response.status_code, response.json()["code"]

    assert code(client.post("/api/seen", json={})) == (400, "makes-no-sense")
    assert code(client.delete("/api/seen")) == (400, "makes-no-sense")
    assert code(client.post("/api/seen", json={"id": ["clock", "nothing"]})) == (404, "no-such-film")
    assert code(client.post("/api/seen", json={"id": ["clock"], "person": "\x00"})) == (400, "makes-no-sense")
    assert code(client.post("/api/seen", json={"id": ["clock"], "person": "x" * 101})) == (422, "invalid")
    assert code(client.post("/api/seen", json={"film": ["clock"]})) == (422, "invalid")
    assert code(client.post("/api/seen", data={"id": "clock"})) == (415, "json-wanted")
    refused = client.put("/api/seen", json={"id": ["clock"]})
    assert (code(refused), refused.headers["allow"]) == ((405, "method-not-allowed"), "DELETE, GET, HEAD, POST")
    assert search.seen() == []


# the form of the page


def key_of(client):
    """The key that the pages of a client's app have in their forms."""
    return client.app.state.pages._environment.globals["form_key"]


def test_the_form_marks_and_goes_back_to_its_page(served, search):
    client = served()
    form = {"film": ["clock", "a/b?c#d e"], "key": key_of(client), "next": "/?plot=clock&limit=20#results"}
    answer = client.post("/seen", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, form["next"])
    assert search.seen_ids() == {"clock", "a/b?c#d e"}
    back = client.post("/seen", data={**form, "film": "clock", "seen": "0", "next": "https://stranger.example/"})
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert search.seen_ids() == {"a/b?c#d e"}
    client.post("/seen", data={**form, "film": "clock", "person": "anna"})
    assert search.seen_ids("anna") == {"clock"}


def test_a_form_without_the_key_is_refused_on_a_page(served, search):
    client = served()
    for key in ({}, {"key": ""}, {"key": "0" * 32}, {"key": key_of(served())}):
        refused = client.post("/seen", data={"film": "clock", **key})
        assert refused.status_code == 403
        assert "load it again" in re.sub(r"\s+", " ", refused.text)
    assert search.seen_ids() == set()
    token = {"token": "s3cret"}
    assert key_of(served(**token)) == key_of(served(**token)) != key_of(served(token="another"))


def test_a_film_that_is_gone_is_told_on_a_page(served):
    client = served()
    gone = client.post("/seen", data={"film": "nothing", "key": key_of(client)})
    assert gone.status_code == 404
    assert gone.headers["content-type"].startswith("text/html")


# who may


@pytest.mark.parametrize("origin", [STRANGER, "http://127.0.0.1:3000", "nonsense"])
def test_pages_of_other_sites_change_nothing(served, search, origin):
    for client in (served(), served(origins=("*",)), served(origins=("https://friend.example",))):
        headers = {"Origin": origin}
        form = {"film": "clock", "key": key_of(client)}
        answers = [
            client.post("/seen", data=form, headers=headers),
            client.post("/api/seen", json={"id": ["clock"]}, headers=headers),
            client.request("DELETE", "/api/seen?id=clock", headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [403] * 3
    assert search.seen_ids() == set()


def test_a_page_without_an_origin_needs_the_key(served, search):
    """As browsers send our own form, which have Referrer-Policy no-referrer, and frames without rights any other."""
    client = served()
    null = {"Origin": "null"}
    assert client.post("/seen", data={"film": "clock"}, headers=null).status_code == 403
    assert client.post("/api/seen", json={"id": ["clock"]}, headers=null).status_code == 403
    assert search.seen_ids() == set()
    assert client.post("/seen", data={"film": "clock", "key": key_of(client)}, headers=null).status_code == 303
    assert search.seen_ids() == {"clock"}


def test_our_own_pages_and_sites_that_are_named_may(served, search):
    client = served(origins=("https://friend.example",))
    for number, origin in enumerate((OURS, "https://friend.example")):
        film = ("clock", "ghost")[number]
        assert client.post("/api/seen", json={"id": [film]}, headers={"Origin": origin}).status_code == 200
    assert search.seen_ids() == {"clock", "ghost"}
    asks = {"Origin": "https://friend.example", "Access-Control-Request-Method": "DELETE"}
    assert client.options("/api/seen", headers=asks).status_code == 400


def test_the_token_is_wanted(served, search):
    client = served(token="s3cret")
    assert client.get("/api/seen").status_code == 401
    assert client.post("/api/seen", json={"id": ["clock"]}).status_code == 401
    assert (
        client.post("/seen", data={"film": "clock", "key": key_of(client)}).headers["location"].startswith("/sign-in")
    )
    assert search.seen_ids() == set()
    bearer = {"Authorization": "Bearer s3cret"}
    assert client.post("/api/seen", json={"id": ["clock"]}, headers=bearer).status_code == 200
    assert search.seen_ids() == {"clock"}


def test_a_server_without_marks_neither_shows_nor_makes_any(served, search):
    search.mark_seen("clock")
    client = served(marks=False)
    answers = [
        client.get("/api/seen"),
        client.post("/api/seen", json={"id": ["ghost"]}),
        client.delete("/api/seen", params={"id": "clock"}),
        client.get("/api/search?plot=clock&unseen=true"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "no-marks")] * 4
    assert key_of(client) is None
    assert client.get("/?plot=clock&unseen=1").status_code == 403
    assert client.post("/seen", data={"film": "ghost"}).status_code == 403
    assert client.get("/api/search?plot=clock").json()["results"][0]["id"] == "clock"
    assert search.seen_ids() == {"clock"}
