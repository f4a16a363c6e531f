"""By which names a server may be asked, and by the pages of which sites."""

import pytest
from starlette.testclient import TestClient
from support.hash_encoder import HashEncoder
from support.web_films import FILMS

from moviesearch import MovieSearch
from moviesearch.web.app import create_app
from moviesearch.web.options import ServeOptions

OURS = "http://127.0.0.1:8765"
SEARCH = "/api/search?plot=clock"


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    with MovieSearch(tmp_path_factory.mktemp("web"), "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        yield search


@pytest.fixture
def served(films):
    """served(**options) -> a client of an app that is asked at 127.0.0.1:8765."""
    return lambda **options: TestClient(create_app(films, ServeOptions(**options)), OURS, follow_redirects=False)


def asked(client, path=SEARCH, *, method="GET", **headers):
    """The answer to a request with other headers than the client's own: Host, Origin, Sec_Fetch_Site."""
    return client.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def code(response):
    return response.json()["code"] if response.status_code >= 400 else None


# names


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8765",
        "127.0.0.1",
        "127.8.9.10:80",
        "localhost",
        "LocalHost:3000",
        "localhost.",
        "[::1]:8765",
        "[::ffff:127.0.0.1]",
    ],
)
def test_local_names_pass_at_any_port(served, host):
    assert asked(served(), Host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:8765",
        "localhost.rebound.example",
        "127.0.0.1.rebound.example",
        "app.localhost",
        "10.0.0.7:8765",
        "0.0.0.0:8765",
        "xn--lcalhost-n4a",
    ],
)
def test_a_name_that_is_not_its_own_is_refused_before_anything_is_read(served, host):
    client = served()
    refused = asked(client, Host=host)
    assert (refused.status_code, code(refused)) == (421, "unknown-host")
    assert "--allow-host" in refused.json()["detail"]
    assert "results" not in refused.text
    for path in ("/", "/?plot=clock", "/films/clock", "/map", "/static/style.css", "/openapi.json", "/health"):
        assert asked(client, path, Host=host).status_code == 421
    for method in ("HEAD", "POST", "OPTIONS"):
        assert asked(client, method=method, Host=host).status_code == 421


@pytest.mark.parametrize(
    "host", ["", "a b", "localhost@rebound.example", "localhost:http", "localhost/x", "[::1", "x" * 300]
)
def test_a_host_that_is_no_name_is_told(served, host):
    assert code(asked(served(), Host=host)) == "bad-host"


def test_a_page_says_what_to_do_and_shows_a_stranger_s_name_as_text(served):
    page = asked(served(), "/?plot=clock", Host="rebound.example")
    assert page.headers["content-type"].startswith("text/html")
    assert "moviesearch serve --allow-host rebound.example" in page.text
    assert "The Clock" not in page.text
    assert "<script>alert" not in asked(served(), "/", Host="<script>alert(1)</script>").text


def test_given_names_pass(served):
    client = served(hosts=("films.example", "192.168.1.7"))
    for host in ("films.example", "Films.Example:8443", "192.168.1.7:8765", "localhost"):
        assert asked(client, Host=host).status_code == 200
    assert asked(client, Host="other.films.example").status_code == 421
    assert asked(served(hosts=("*",)), Host="whatever.example").status_code == 200


def test_the_address_that_a_connection_came_in_at_passes(films):
    """As when a container or a neighbour asks by this machine's address."""
    client = TestClient(create_app(films), "http://192.168.1.7:8765")
    assert client.get(SEARCH).status_code == 200
    assert asked(client, Host="192.168.1.8:8765").status_code == 421


def test_a_name_is_checked_though_the_token_is_there(served):
    client = served(token="s3cret")
    refused = asked(client, Host="rebound.example", Authorization="Bearer s3cret")
    assert (refused.status_code, code(refused)) == (421, "unknown-host")


# pages of other sites


@pytest.mark.parametrize(
    "origin",
    [
        "https://stranger.example",
        "http://127.0.0.1:3000",
        "https://127.0.0.1",
        "http://localhost:8765",
        "chrome-extension://abcdef",
        "null",
        "",
        "nonsense",
    ],
)
def test_pages_of_other_sites_are_refused(served, origin):
    client = served()
    refused = asked(client, Origin=origin)
    assert (refused.status_code, code(refused)) == (403, "foreign-origin")
    assert "access-control-allow-origin" not in refused.headers
    for path in ("/", "/films/clock", "/health", "/metrics", "/map.svg"):
        assert asked(client, path, Origin=origin).status_code == 403
    for method in ("HEAD", "POST", "OPTIONS"):
        assert asked(client, method=method, Origin=origin).status_code == 403


def test_the_way_in_is_told_to_a_page(served):
    assert "--cors https://stranger.example" in asked(served(), Origin="https://Stranger.example:443").json()["detail"]


def test_the_server_s_own_page_passes(served):
    client = served()
    assert asked(client, Origin=OURS).status_code == 200
    assert asked(client, method="POST", Origin=OURS).status_code == 422  # it misses its body alone
    assert asked(client, Origin="http://localhost", Host="localhost").status_code == 200
    assert asked(client, Origin="http://localhost:80", Host="localhost").status_code == 200
    assert client.get(SEARCH).status_code == 200  # programs, and links that somebody follows, have no Origin


def test_the_own_page_passes_behind_a_proxy(served):
    named = served(hosts=("films.example",))
    assert asked(named, Host="films.example", Origin="https://films.example").status_code == 200  # which adds the TLS
    assert asked(named, Origin="http://films.example:8080").status_code == 200  # which puts its own Host
    assert asked(named, Host="films.example", Origin="http://films.example:8080").status_code == 403  # another program
    told = {"Origin": "https://films.example", "Sec_Fetch_Site": "same-origin"}
    assert asked(served(), **told).status_code == 200
    assert asked(served(), **{**told, "Sec_Fetch_Site": "cross-site"}).status_code == 403
    assert asked(served(), "/static/app.js", Origin="http://films.example").status_code == 200  # a module of the page


def test_the_sign_in_form_passes_with_the_origin_that_browsers_give_it(served):
    """Referrer-Policy no-referrer makes that "null"."""
    client = served(token="s3cret")
    signed_in = client.post("/sign-in", data={"token": "s3cret"}, headers={"Origin": "null"})
    assert (signed_in.status_code, "set-cookie" in signed_in.headers) == (303, True)
    guessed = client.post("/sign-in", data={"token": "guess"}, headers={"Origin": "null"})
    assert guessed.status_code == 401
    elsewhere = client.post("/sign-in", data={"token": "s3cret"}, headers={"Origin": "https://stranger.example"})
    assert elsewhere.status_code == 403


# --cors


def test_pages_of_named_sites_may_use_the_api(served):
    client = served(origins=("https://Friend.example:443/",))
    answer = asked(client, Origin="https://friend.example")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://friend.example")
    assert asked(client, Origin="https://stranger.example").status_code == 403
    assert asked(client, Origin="https://friend.example", Host="rebound.example").status_code == 421


def test_a_browser_is_told_what_pages_of_named_sites_may_send(served):
    client = served(origins=("https://friend.example",), token="s3cret")
    ask = {"Origin": "https://friend.example", "Access_Control_Request_Method": "POST"}
    headers = "authorization,content-type"
    allowed = asked(client, method="OPTIONS", **ask, Access_Control_Request_Headers=headers)
    assert (allowed.status_code, allowed.headers["access-control-allow-methods"]) == (200, "GET, HEAD, POST")
    for more in ({"Access_Control_Request_Method": "DELETE"}, {"Access_Control_Request_Headers": "x-odd"}):
        assert code(asked(client, method="OPTIONS", **{**ask, **more})) == "not-for-other-sites"
    assert code(asked(client, method="OPTIONS", **{**ask, "Origin": "https://stranger.example"})) == "foreign-origin"


def test_all_sites_may_be_let_in_on_purpose(served):
    client = served(origins=("*",))
    for origin in ("https://stranger.example", "null"):
        answer = asked(client, Origin=origin)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
