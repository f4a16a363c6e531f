"""The pages as they come from the server, without JavaScript."""

import html
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient
from support.web_films import FILMS, SCRIPT

from moviesearch.web.app import create_app


def page(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status, response.text
    return response.text


def titles(text):
    return [html.unescape(title) for title in re.findall(r'<h3 id="film-\d+"><a href="[^"]*">(.*?)</a>', text)]


def links(text, words):
    """The addresses of links whose text begins so, in order."""
    addresses = re.findall(rf'<a href="([^"]*)"[^>]*>{re.escape(words)}', text)
    return [html.unescape(address) for address in addresses]


def test_home_invites_a_sentence_and_gives_examples(client):
    text = page(client, "/")
    assert "what happens in it?" in text
    assert "8 films, 1950 to 2010" in text
    for example in re.findall(r'<li><a href="(/\?plot=[^"]*)"', text):
        assert page(client, html.unescape(example))


def test_answers_show_how_films_begin_and_not_how_they_end(client):
    text = page(client, "/?plot=a+ghost+haunts+a+ship")
    assert titles(text)[0] == "Ghost Ship"
    before, _, _ = text.partition("Why this film")
    assert "all along" not in before
    assert "1979" in before
    assert re.search(r"<details class=\"why\">", text)
    assert "<mark>ghost</mark>" in text
    assert "your words in the plot" not in before
    assert re.search(r"your words in the plot: [^<]*\bhaunts\b", text)


def test_film_text_is_shown_and_never_run(client):
    for address in ("/?plot=a+man+walks+into+a+bar+and+orders+gin", "/films/script", "/?like=script", "/?title=alert"):
        text = page(client, address)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "javascript:" not in text
        assert html.escape(SCRIPT, quote=True).replace("&#x27;", "&#39;") in text


def test_what_was_asked_is_shown_and_never_run(client):
    text = page(client, "/?plot=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&like=%22%3E%3Cb%3E", 404)
    assert "<script>alert" not in text
    assert '"><b>' not in text


def test_more_less_and_blend_are_addresses(client):
    text = page(client, "/?plot=clerk+repairs+clock&year_to=2005")
    index = titles(text).index("Ghost Ship")
    more, less, blend = (
        links(text, words)[index] for words in ("More like this", "Less like this", "Add to the blend")
    )
    assert parse_qs(urlsplit(more).query) == {"like": ["ghost"], "year_to": ["2005"]}
    assert parse_qs(urlsplit(less).query) == {"plot": ["clerk repairs clock"], "unlike": ["ghost"], "year_to": ["2005"]}
    assert parse_qs(urlsplit(blend).query) == {"plot": ["clerk repairs clock"], "like": ["ghost"], "year_to": ["2005"]}
    assert "Ghost Ship" not in titles(page(client, less))
    assert "like <b>Ghost Ship (1979)</b>" in page(client, blend)
    assert "unlike <b>Ghost Ship (1979)</b>" in page(client, less)


def test_filters_live_in_the_address(client):
    text = page(client, "/?plot=clerk+repairs+clock&genre=Horror&year_from=1990")
    assert titles(text) == ["The Clock Returns"]
    assert re.search(r'value="Horror"\s+checked', text)
    assert 'value="1990"' in text
    assert titles(page(client, links(text, "All films")[0]))[1:]


def test_nothing_found_says_why_and_the_way_on(client):
    text = page(client, "/?plot=clock&year_from=2090")
    assert "No film matches" in text
    assert links(text, "Search all films")


def test_a_year_that_is_none_is_left_out_and_said(client):
    text = page(client, "/?plot=clock&year_from=soon")
    assert "“soon” is no year" in text
    assert titles(text)


@pytest.mark.parametrize(
    "year", ["0000" + "9" * 4400, "9" * 4400, "12345", "00012345", "-1994", "1e9", "１９９４", "1994 "]
)
def test_years_of_any_length_are_years_or_left_out_and_said(client, year):
    for field in ("year_from", "year_to"):
        text = page(client, "/?" + urlencode({"plot": "clock", field: year}))
        assert ("is no year and was left out" in text) == (year != "1994 ")
        assert titles(text)


def test_zeros_before_a_year_are_no_fault(client):
    text = page(client, "/?plot=clerk+repairs+clock&year_from=" + "0" * 4400 + "2000&year_to=00002005")
    assert titles(text) == ["The Clock Returns"]
    assert "is no year" not in text


def test_a_limit_of_any_length_shows_films(client):
    assert titles(page(client, "/?plot=clock&limit=" + "9" * 4400))


def test_a_title_leads_to_its_film(client):
    redirect = client.get("/", params={"title": "the clock"})
    assert (redirect.status_code, redirect.headers["location"]) == (303, "/?like=clock")
    assert titles(page(client, "/?like=clock"))[0] == "The Clock Returns"


def test_a_title_of_several_films_asks_which(client):
    text = page(client, "/?title=Twins")
    assert "Which film is “Twins”?" in text
    assert "Twins (1950)" in text
    assert "Twins (1988)" in text


def test_an_unknown_title_is_told(client):
    assert "no film called" in page(client, "/?title=qqqqqqqq", 404)


def test_a_film_has_a_page_with_films_like_it(client):
    text = page(client, "/films/clock")
    assert "<h1>The Clock" in text
    assert titles(text)[0] == "The Clock Returns"
    before, _, after = text.partition("The whole plot, ending included")
    assert "The end." not in before
    assert "The end." in after
    assert "Slash &amp; Mark" in page(client, "/films/a%2Fb%3Fc%23d%20e")


@pytest.mark.integration
def test_every_address_on_a_page_leads_somewhere(client):
    seen, todo = set(), ["/"]
    while todo and len(seen) < 60:
        address = todo.pop()
        if address in seen or not address.startswith("/"):
            continue
        seen.add(address)
        response = client.get(address)
        assert response.status_code in (200, 303), address
        addresses = re.findall(r'(?:href|src)="([^"#]+)"', response.text)
        assert not [link for link in addresses if "://" in link]
        todo += [html.unescape(link) for link in addresses]


@pytest.mark.parametrize(("address", "status"), [("/nothing", 404), ("/films/nobody", 404), ("/sign-in", 303)])
def test_addresses_that_lead_nowhere_are_told_on_a_page(client, address, status):
    response = client.get(address)
    assert response.status_code == status
    if status == 404:
        assert response.headers["content-type"].startswith("text/html")
        assert 'href="/"' in response.text


def test_first_page_is_small(client):
    """With all that it loads, as it travels."""
    weight = 0
    for address in (
        "/",
        *(html.unescape(link) for link in re.findall(r'(?:href|src)="(/static[^"]+)"', page(client, "/"))),
    ):
        with client.stream("GET", address) as response:
            weight += sum(len(piece) for piece in response.iter_raw())
    assert weight < 100_000


def test_files_of_one_version_are_kept_by_browsers(client):
    (style,) = re.findall(r'href="(/static/style.css[^"]+)"', page(client, "/"))
    assert "immutable" in client.get(style).headers["cache-control"]
    assert "immutable" not in client.get("/static/style.css").headers["cache-control"]


def test_without_a_collection_the_page_says_how_to_make_one(search):
    with TestClient(create_app(search)) as client:
        response = client.get("/")
        assert response.status_code == 503
        assert "moviesearch ingest" in response.text
        search.ingest(FILMS)
        assert client.get("/").status_code == 200


def test_a_query_that_is_too_long_is_told_in_the_page(client):
    shown = page(client, "/?plot=" + "x" * 20_000, 414)
    assert "longer than" in shown
    assert "ask in fewer words" in shown


@pytest.mark.parametrize("plot", ["%E2%80%8B", "%00", "%1b", "%ED%A0%80", "...", "%3F", "!!!"])
def test_a_question_without_a_word_is_told_so(client, plot):
    response = client.get(f"/?plot={plot}")
    assert response.status_code == 400
    assert "nothing to look for" in response.text.lower()
