"""What counts beside the story stands over the answers: filters, and what the question says of its film."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from moviesearch import Movie

FILMS = [
    Movie("lantern", "The Lantern", "A keeper lights a lamp by the sea.", 1931, ("Drama",), None,
          {"director": "Ada Stern", "country": ["France"], "runtime": 95}),
    Movie("ferry", "The Ferry", "A keeper lights a lamp by the river.", 1994, ("Drama", "Crime"), None,
          {"director": "Ada Stern", "cast": ["Ulla Berg"], "runtime": 140}),
    Movie("noor", "Café Noor", "A keeper lights a lamp by the road.", 2004, ("Comedy",), None,
          {"director": "Ben Aydin", "language": ["Turkish"], "runtime": "81 min"}),
]  # fmt: skip


def found(client, address):
    text = client.get(address).text
    return set(re.findall(r'<a href="/films/([^"]*)">', text)), text


def chips(text):
    """What stands over the answers: text -> the parameters of the address without it."""
    over = text.partition('aria-label="What counts beside the story"')[2].partition("</ul>")[0]
    pairs = re.findall(r'<span>([^<]*)</span>\s*<a href="([^"]*)"', over)
    return {html.unescape(said): parse_qs(urlsplit(html.unescape(address)).query) for said, address in pairs}


@pytest.mark.parametrize(
    "filters, films, said",
    [
        ({"director": "stern"}, {"lantern", "ferry"}, "by stern"),
        ({"cast": "Ulla Berg"}, {"ferry"}, "with Ulla Berg"),
        ({"country": "france"}, {"lantern"}, "made in france"),
        ({"language": "Turkish"}, {"noor"}, "in Turkish"),
        ({"runtime_to": "100"}, {"lantern", "noor"}, "100 minutes or less"),
        ({"runtime_from": "100"}, {"ferry"}, "100 minutes or more"),
        ({"not_genre": "Drama"}, {"noor"}, "no Drama"),
        ({"genre": "Crime"}, {"ferry"}, "Crime"),
        ({"year_from": "1990"}, {"ferry", "noor"}, "from 1990"),
    ],
)
def test_each_filter_is_said_and_can_be_taken_away(client, filters, films, said):
    address = "/?" + "&".join(f"{name}={value}" for name, value in [("plot", "a lamp"), *filters.items()])
    ids, text = found(client, address)
    assert ids == films
    assert chips(text) == {said: {"plot": ["a lamp"]}}


def test_what_the_question_says_is_said_and_can_be_taken_back(client):
    text = client.get("/?plot=a+Turkish+film+from+the+2000s+with+a+lamp").text
    assert list(chips(text)) == ["2000s", "Turkish"]
    without = chips(text)["Turkish"]
    assert without["ignore"] == ["origin:turkish"]
    assert list(chips(client.get("/", params=without).text)) == ["2000s"]


def test_the_form_takes_along_what_it_does_not_show(client):
    asked = {
        "plot": ["a lamp", "by the sea"],
        "director": "Stern",
        "ignore": "years:2000s",
        "as": "Ann",
        "like": "noor",
    }
    text = client.get("/", params=asked).text
    form = text.partition('<form id="ask"')[2].partition("</form>")[0]
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    assert set(hidden) == {
        ("plot", "by the sea"), ("director", "Stern"), ("ignore", "years:2000s"), ("like", "noor")
    }  # fmt: skip


def test_countries_and_languages_that_there_are_are_offered(client):
    text = client.get("/").text
    assert re.findall(r'<option value="([^"]*)">', text) == ["France", "Turkish"]


def test_a_name_that_no_film_has_says_so(client):
    ids, text = found(client, "/?plot=a+lamp&director=Kubrick")
    assert not ids
    assert re.search(r"no film .*Kubrick", text, re.IGNORECASE)
    assert "by Kubrick" in chips(text)


def test_cards_say_who_made_a_film_where_and_how_long_it_is(client):
    text = client.get("/?plot=a+lamp+by+the+river").text
    assert "Drama · Crime · 2 h 20 min" in text
    assert "by Ada Stern, with Ulla Berg" in text
    facts = client.get("/films/ferry").text
    assert re.search(r"<dt>Director</dt><dd>Ada Stern</dd>", facts)
    assert re.search(r"<dt>Length</dt><dd>2 h 20 min</dd>", facts)
