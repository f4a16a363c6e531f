"""The HTTP API as a program meets it."""

import json
import logging
import re
import threading

import pytest
from starlette.testclient import TestClient
from support.hash_encoder import HashEncoder
from support.web_films import FILMS

from moviesearch import Movie, MovieSearch
from moviesearch.web.app import create_app
from moviesearch.web.options import ServeOptions

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """The films, stored once; only to be read."""
    with MovieSearch(tmp_path_factory.mktemp("web"), "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        yield search


@pytest.fixture(scope="module")
def client(films):
    with TestClient(create_app(films), follow_redirects=False) as client:
        yield client


@pytest.fixture
def served():
    """served(search, **options) -> a client of a running app; it ends with the test."""
    clients = []

    def serve(search, **options):
        client = TestClient(create_app(search, ServeOptions(**options)), follow_redirects=False)
        clients.append(client)
        return client.__enter__()

    yield serve
    for client in clients:
        client.__exit__(None, None, None)


def ids(response):
    assert response.status_code == 200, response.text
    return [result["id"] for result in response.json()["results"]]


def problem(response, status, code):
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM), response.text
    members = response.json()
    assert (members["status"], members["code"], members["type"]) == (status, code, "about:blank")
    assert members["detail"]
    return members


# searching


def test_search_by_address_and_by_body_are_the_find_of_the_command_line(client, films):
    expected = films.find(["a clerk repairs a clock"], limit=3)
    got = client.get("/api/search", params={"plot": "a clerk repairs a clock", "limit": 3}).json()
    assert [result["id"] for result in got["results"]] == [match.movie.id for match in expected.matches]
    assert [result["score"] for result in got["results"]] == [round(match.score, 6) for match in expected.matches]
    first = got["results"][0]
    assert (first["rank"], first["title"], first["year"], first["genres"]) == (
        1,
        "The Clock Returns",
        2001,
        ["Crime", "Horror"],
    )
    assert got["query"] == {"plot": ["a clerk repairs a clock"], "films": [], "unlike": []}
    assert (got["mode"], got["model"]) == ("hybrid", "hash")
    posted = client.post("/api/search", json={"plot": ["a clerk repairs a clock"], "limit": 3}).json()
    assert posted["results"] == got["results"]


def test_search_takes_all_that_find_takes(client):
    query = {"plot": ["a clerk repairs the old clock"]}
    assert ids(client.post("/api/search", json={**query, "year_from": 2000, "limit": 1})) == ["clock-2"]
    assert ids(client.post("/api/search", json={**query, "genre": ["horror", "Crime"]})) == ["clock-2"]
    assert "clock" not in ids(client.post("/api/search", json={**query, "seen": ["The Clock (1994)"]}))
    assert ids(client.post("/api/search", json={"id": ["clock"], "limit": 1})) == ["clock-2"]
    assert ids(client.post("/api/search", json={"title": ["the clock"], "limit": 1})) == ["clock-2"]
    assert ids(client.post("/api/search", json={"title": ["twins"], "year": 1950, "limit": 1})) == ["twin-1988"]
    away = ids(client.post("/api/search", json={"plot": ["ghost clock"], "unlike": ["Ghost Ship"]}))
    assert "ghost" not in away
    exact = client.post("/api/search", json={**query, "exact": True, "measure": "dot"}).json()
    assert (exact["mode"], exact["results"][0]["id"]) == ("dense", "clock")
    why = client.post("/api/search", json={**query, "explain": True}).json()["results"][0]
    assert "clock" in why["words"]
    assert {"asked": "clock", "found": "clock", "similarity": 1.0} in [
        {**meeting, "found": meeting["found"].lower()} for meeting in why["meetings"]
    ]
    assert why["bm25"] > 0
    for option in ({"diverse": True}, {"mode": "lexical"}, {"mode": "dense"}, {"intent": "similar"}):
        assert ids(client.post("/api/search", json={**query, **option}))[0] in ("clock", "clock-2")


def test_repeated_parameters_blend(client):
    both = ids(
        client.get("/api/search", params={"plot": ["a singer loses her voice", "a clerk repairs the old clock"]})
    )
    assert set(both[:2]) == {"opera", "clock"}


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/api/search?plot=clock&limit=1&limit=3", "limit"),
        ("/api/search?plot=clock&year_from=1990&genre=Crime&year_from=1991&genre=Horror", "year_from"),
        ("/api/films/clock/similar?limit=1&limit=1", "limit"),
        ("/api/suggest?q=clock&q=ghost", "q"),
        ("/api/seen?person=ann&person=ben", "person"),
    ],
)
def test_one_value_given_twice_is_refused(client, address, name):
    members = problem(client.get(address), 422, "invalid")
    assert members["detail"] == f"{name}: is given more than once, and takes one value"
    assert members["errors"][0]["pointer"] == name


def test_opening_never_tells_the_ending(client):
    result = client.get("/api/search", params={"plot": "a ghost haunts a ship", "limit": 1}).json()["results"][0]
    assert result["id"] == "ghost"
    assert "all along" not in result["opening"]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "makes-no-sense", None),
        ({"plot": ["  "]}, "invalid", "#/plot/0"),
        ({"plot": ["x"] * 9}, "invalid", "#/plot"),
        ({"plot": ["x" * 60_001]}, "invalid", "#/plot/0"),
        ({"plot": ["x"], "limit": 101}, "invalid", "#/limit"),
        ({"plot": ["x"], "limit": 0}, "invalid", "#/limit"),
        ({"plot": ["x"], "colour": "red"}, "invalid", "#/colour"),
        ({"plot": ["x"], "year_from": 10**30}, "invalid", "#/year_from"),
        ({"plot": ["x"], "measure": "dot"}, "makes-no-sense", None),
        ({"plot": ["x"], "rerank": True}, "makes-no-sense", None),
        ({"plot": ["\u200b"]}, "makes-no-sense", None),
        ({"plot": ["..."]}, "makes-no-sense", None),
        ({"plot": ["x"], "year": 1999}, "makes-no-sense", None),
        ({"plot": ["x"], "person": "ann"}, "makes-no-sense", None),
        ([], "invalid", "#/"),
    ],
)
def test_what_makes_no_sense_is_told(client, body, code, pointer):
    members = problem(client.post("/api/search", json=body), 422 if pointer else 400, code)
    if pointer:
        assert members["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"plot": ["\\ud800"]}', b"null", b"1e999"])
def test_a_body_that_is_no_request_is_a_problem(client, body):
    response = client.post("/api/search", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == PROBLEM


@pytest.mark.parametrize(
    ("content_type", "told"),
    [
        (None, "without one"),
        ("application/x-www-form-urlencoded", "as application/x-www-form-urlencoded"),
        ("text/plain;charset=UTF-8", "as text/plain"),
        ("application/jsonlines", "as application/jsonlines"),
    ],
)
def test_a_body_without_its_json_type_is_told_so(client, content_type, told):
    headers = {"Content-Type": content_type} if content_type else {}
    refused = client.post("/api/search", content=b'{"plot": ["a clerk repairs a clock"]}', headers=headers)
    detail = problem(refused, 415, "json-wanted")["detail"]
    assert "Content-Type: application/json" in detail
    assert told in detail


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "application/ld+json"])
def test_a_body_of_any_json_type_is_read(client, content_type):
    body = b'{"plot": ["a clerk repairs a clock"], "limit": 1}'
    assert ids(client.post("/api/search", content=body, headers={"Content-Type": content_type}))


def test_no_body_at_all_misses_its_fields_and_no_type(client):
    assert problem(client.post("/api/search"), 422, "invalid")["errors"][0]["detail"] == "Field required"


NINES = "9" * 4400


@pytest.mark.parametrize(
    "address",
    [
        f"/api/search?plot=clock&year_from={NINES}",
        f"/api/search?plot=clock&year_to=0000{NINES}",
        f"/api/search?plot=clock&limit={NINES}",
        f"/api/search?title=twins&year=-{NINES}",
        f"/api/films/clock/similar?limit={NINES}",
        f"/api/suggest?q=clock&limit={NINES}",
    ],
)
def test_numbers_in_an_address_that_are_too_large_are_told(client, address):
    assert problem(client.get(address), 422, "invalid")["errors"][0]["in"] == "query"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"plot": ["clock"], "year_from": {NINES}}}',
        f'{{"plot": ["clock"], "year_to": "{NINES}"}}',
        '{"plot": ["clock"], "limit": 1e999}',
        '{"plot": ["clock"], "limit": NaN}',
        f'{{"plot": ["clock"], "colour": -{NINES}}}',
        "[" * 100_000,
    ],
)
def test_numbers_in_a_body_that_are_too_large_are_told(client, body):
    posted = client.post("/api/search", content=body.encode(), headers={"Content-Type": "application/json"})
    assert problem(posted, 422, "invalid")["errors"][0]["in"] == "body"


def test_unknown_films_are_not_found(client):
    assert "nobody" in problem(client.get("/api/search", params={"id": "nobody"}), 404, "no-such-film")["detail"]
    twins = problem(client.get("/api/search", params={"title": "Twins"}), 409, "several-films")
    assert "twin-1950" in twins["detail"]
    problem(client.get("/api/films/nobody"), 404, "no-such-film")
    problem(client.get("/api/films/nobody/similar"), 404, "no-such-film")
    problem(client.get("/api/films//similar"), 422, "invalid")
    problem(client.get("/api/films/"), 422, "invalid")


# films and titles


def test_a_film_by_its_id_whatever_the_id_is(client):
    film = client.get("/api/films/clock").json()
    assert (film["title"], film["plot"], film["year"]) == ("The Clock", FILMS[0].plot, 1994)
    assert client.get("/api/films/a%2Fb%3Fc%23d%20e").json()["title"] == "Slash & Mark"
    assert client.get("/api/films/script").json()["director"] == ["<u>Nobody</u>"]


def test_where_files_lie_on_this_machine_is_told_to_nobody(tmp_path, served):
    paths = {"nfo": str(tmp_path / "movie.nfo"), "poster": str(tmp_path / "poster.jpg")}
    elsewhere = {"poster": "https://example.org/poster.jpg", "nfo": "an nfo"}
    with MovieSearch(tmp_path / "store", "films", encoder=HashEncoder()) as search:
        search.ingest([Movie("a", "A", "A bell.", extra=paths), Movie("b", "B", "A buoy.", extra=elsewhere)])
        client = served(search)
        assert not paths.keys() & client.get("/api/films/a").json().keys()
        assert elsewhere.items() <= client.get("/api/films/b").json().items()


def test_films_like_one(client):
    assert ids(client.get("/api/films/clock/similar", params={"limit": 1})) == ["clock-2"]
    assert "clock" not in ids(client.get("/api/films/clock/similar"))
    assert ids(client.get("/api/films/clock/similar", params={"year_to": 1980, "genre": "Horror"})) == ["ghost"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [("the cl", "clock"), ("CLOCK R", "clock-2"), ("opera", "opera"), ("ship", "ghost"), ("gohst ship", "ghost")],
)
def test_titles_complete_as_they_are_typed(client, typed, first):
    assert client.get("/api/suggest", params={"q": typed}).json()["titles"][0]["id"] == first


def test_titles_of_nothing_typed_are_none(client):
    assert client.get("/api/suggest", params={"q": " "}).json() == {"query": " ", "titles": []}


def test_titles_follow_the_collection(search, served):
    search.ingest(FILMS)
    client = served(search)
    assert client.get("/api/suggest", params={"q": "ghost"}).json()["titles"][0]["title"] == "Ghost Ship"
    search.ingest([*FILMS, Movie("new", "Ghost", "A new one.")])
    assert client.get("/api/suggest", params={"q": "ghost"}).json()["titles"][0]["title"] == "Ghost"


# operation


def test_live_ready_and_numbers(client):
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/ready").json() == {"status": "ready", "films": len(FILMS), "model": "hash"}
    client.get("/api/search", params={"plot": "clock"})
    numbers = client.get("/metrics").text
    assert 'moviesearch_http_requests_total{method="GET",route="/api/search",status="200"}' in numbers
    assert f"moviesearch_films {len(FILMS)}.0" in numbers


def test_without_a_collection_it_lives_and_says_how_to_make_one(search, served):
    client = served(search)
    assert client.get("/health").status_code == 200
    assert "moviesearch ingest" in problem(client.get("/ready"), 503, "no-collection")["detail"]
    problem(client.get("/api/search", params={"plot": "clock"}), 503, "no-collection")
    search.ingest(FILMS)
    assert ids(client.get("/api/search", params={"plot": "clock", "limit": 1}))


def test_openapi_document_has_examples_and_problems(client):
    document = client.get("/openapi.json").json()
    search = document["paths"]["/api/search"]["post"]
    assert search["responses"]["422"]["content"][PROBLEM]["schema"]["$ref"].endswith("/ProblemDetails")
    assert "ProblemDetails" in document["components"]["schemas"]
    assert document["components"]["schemas"]["SearchRequest"]["examples"]


def test_unknown_addresses_and_methods_are_problems(client):
    problem(client.get("/api/nothing"), 404, "not-found")
    refused = client.delete("/api/search")
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "GET, HEAD, POST"
    problem(client.options("/api/search"), 405, "method-not-allowed")
    assert client.put("/sign-in").headers["allow"] == "GET, HEAD, POST"


EVERYWHERE = (
    "/ /?plot=clock /films/clock /map /sign-in /static/style.css /nothing /health /ready /openapi.json /api/nothing "
    "/api/search?plot=clock /api/search /api/films/clock /api/films/nobody /api/films/clock/similar /api/suggest?q=clo"
).split()


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize("path", EVERYWHERE)
def test_head_is_get_without_its_body(client, path, encoding):
    got, head = (client.request(method, path, headers={"Accept-Encoding": encoding}) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert got.content or got.is_redirect
    for headers in (got.headers, head.headers):
        del headers["x-request-id"]
        if b"took_ms" in got.content:  # of no answer twice the same, and so its length neither
            assert int(headers.pop("content-length")) > 0
    assert [*head.headers.multi_items()] == [*got.headers.multi_items()]


def test_head_is_counted_as_head(client):
    assert client.head("/metrics").content == b""
    client.head("/api/films/clock")
    told = 'moviesearch_http_requests_total{method="HEAD",route="/api/films/{film_id:path}",status="200"}'
    assert told in client.get("/metrics").text


# limits


def test_a_body_or_address_that_is_too_long_is_refused(films, served):
    client = served(films, body_size=1000, query_size=500)
    problem(client.post("/api/search", json={"plot": ["x" * 1000]}), 413, "body-too-long")
    problem(client.get("/api/search", params={"plot": "x" * 500}), 414, "address-too-long")

    def pieces():
        for _ in range(20):
            yield b" " * 100

    streamed = client.post("/api/search", content=pieces(), headers={"Content-Type": "application/json"})
    problem(streamed, 413, "body-too-long")
    counted = client.post("/api/search", content=b"", headers={"Content-Length": "9" * 5000})
    problem(counted, 413, "body-too-long")


def test_more_searches_than_there_is_room_for_are_told_to_come_again(films, served, monkeypatch):
    client = served(films, threads=1, waiting=1)
    client.get("/ready")
    begun, go_on = threading.Semaphore(0), threading.Event()
    encode = films._encoders.at(None).encode

    def slowly(texts):
        begun.release()
        assert go_on.wait(30)
        return encode(texts)

    monkeypatch.setattr(films._encoders.at(None), "encode", slowly)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.get("/api/search", params={"plot": "clock"})))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert begun.acquire(timeout=30)
    while "moviesearch_searches_waiting 1.0" not in client.get("/metrics").text:
        pass
    refused = client.get("/api/search", params={"plot": "clock"})
    problem(refused, 503, "busy")
    assert int(refused.headers["retry-after"]) > 0
    assert client.get("/", params={"plot": "clock"}).status_code == 503
    assert client.get("/api/suggest", params={"q": "clock"}).status_code == 200
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert [answer.status_code for answer in answers] == [200, 200]


# who may come in


def test_token_is_wanted_of_programs_and_people(films, served):
    client = served(films, token="s3cret")
    refused = client.get("/api/search", params={"plot": "clock"})
    problem(refused, 401, "token-wanted")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    for wrong in ("Bearer nonsense", "Basic s3cret", "s3cret", "Bearer"):
        assert client.get("/api/search", params={"plot": "x"}, headers={"Authorization": wrong}).status_code == 401
    assert client.get("/metrics").status_code == 401
    assert client.get("/health").status_code == 200
    right = {"Authorization": "Bearer s3cret"}
    assert client.get("/api/search", params={"plot": "clock"}, headers=right).status_code == 200
    redirect = client.get("/?plot=clock")
    assert (redirect.status_code, redirect.headers["location"]) == (303, "/sign-in?next=%2F%3Fplot%3Dclock")


def test_signing_in_gives_a_cookie_that_is_not_the_token(films, served):
    client = served(films, token="s3cret")
    wrong = client.post("/sign-in", data={"token": "guess", "next": "/"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    right = client.post("/sign-in", data={"token": "s3cret", "next": "/?plot=clock"})
    assert (right.status_code, right.headers["location"]) == (303, "/?plot=clock")
    cookie = right.headers["set-cookie"]
    assert "s3cret" not in cookie
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    assert client.get("/api/search", params={"plot": "clock"}).status_code == 200
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        redirect = client.post("/sign-in", data={"token": "s3cret", "next": elsewhere})
        assert redirect.headers["location"] == "/"


@pytest.mark.parametrize("path", ["/", "/?plot=clock", "/api/search?plot=clock", "/nothing", "/static/style.css"])
def test_every_response_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_an_error_nobody_thought_of_is_told_without_its_inside(client, films, monkeypatch, caplog):
    def broken(*_, **__):
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(films, "find", broken)
    response = client.get("/api/search", params={"plot": "clock"})
    assert "secret" not in response.text
    problem(response, 500, "unexpected")
    assert "content-security-policy" in response.headers
    assert client.get("/", params={"plot": "clock"}).status_code == 500
    assert "secret inside" in caplog.text


def test_access_log_tells_no_queries_unless_asked(films, served, caplog):
    caplog.set_level(logging.INFO, "moviesearch.access")
    served(films).get("/api/search", params={"plot": "private matter"})
    line = json.loads(caplog.messages[-1])
    assert (line["route"], line["status"], line["method"]) == ("/api/search", 200, "GET")
    assert re.fullmatch(r"[0-9a-f]{16}", line["id"])
    assert "private" not in caplog.text
    served(films, log_queries=True).get("/api/search", params={"plot": "private matter"})
    assert "private" in json.loads(caplog.messages[-1])["query"]
