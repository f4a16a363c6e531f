"""What was seen, on the page: a card is marked, the mark is taken back, and a switch leaves marked films out."""

import html
import re

import pytest
from starlette.testclient import TestClient
from support.hash_encoder import HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.web.app import create_app
from moviesearch.web.options import ServeOptions

FILMS = [Movie(film, film.title(), f"A keeper lights a lamp by the {film}.", 1931) for film in ("sea", "river", "road")]


@pytest.fixture
def search(tmp_path):
    with MovieSearch(tmp_path / "store", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        yield search


@pytest.fixture
def client(search):
    return TestClient(create_app(search), follow_redirects=True)


def forms(text):
    """Film -> the fields of the form that marks it."""
    fields = r'<input type="hidden" name="([^"]*)" value="([^"]*)">'
    found = [dict(re.findall(fields, form)) for form in re.findall(r'<form class="mark".*?</form>', text, re.DOTALL)]
    return {form["film"]: {name: html.unescape(value) for name, value in form.items()} for form in found}


def test_a_card_is_marked_and_unmarked(client, search):
    address = "/?plot=a+lamp&as=Ann"
    before = client.get(address).text
    assert "✓ Seen" not in before
    answer = client.post("/seen", data=forms(before)["river"])
    assert str(answer.url).endswith(address)
    assert answer.text.count("✓ Seen") == 1
    assert search.seen_ids("Ann") == {"river"}
    assert search.seen_ids() == frozenset()
    after = client.post("/seen", data=forms(answer.text)["river"])
    assert "✓ Seen" not in after.text
    assert search.seen_ids("Ann") == frozenset()


def test_a_switch_leaves_out_what_was_seen(client, search):
    search.mark_seen(["river"])
    text = client.get("/?plot=a+lamp&unseen=1").text
    assert set(forms(text)) == {"sea", "road"}
    assert re.search(r'id="unseen"[^>]*checked', text)
    assert "not seen yet" in text
    assert set(forms(client.get("/?plot=a+lamp&unseen=1&as=Ann").text)) == {"sea", "river", "road"}


def test_the_page_of_a_film_marks_it_too(client, search):
    text = client.get("/films/road").text
    client.post("/seen", data=forms(text)["road"])
    assert search.seen_ids() == {"road"}
    assert "✓ Seen" in client.get("/films/road").text


def test_where_marks_are_not_for_all_the_page_has_none(search):
    search.mark_seen(["river"])
    client = TestClient(create_app(search, ServeOptions(marks=False)))
    for address in ("/?plot=a+lamp", "/films/river"):
        text = client.get(address).text
        assert "seen" not in re.sub(r'"unseen"', "", text).lower()
