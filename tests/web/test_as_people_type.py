"""Titles, genres, years and films seen, as people give them to the API and the page."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from moviesearch import Movie

BY_LI = {"director": "Bo Li", "cast": ["Cy Dow"], "country": ["Japan"], "language": "ja", "runtime": 100}
FILMS = [
    Movie("lantern", "The Lantern", "A keeper lights a lamp by the sea.", 1931, ("Drama",), None, {"also": "Le Phare"}),
    Movie("comet", "Comet's Tail", "A comet falls into the sea.", 1977, ("Science Fiction",), None, BY_LI),
    Movie("noor", "Café Noor", "Two cooks share a stove by the sea.", 2004, ("Romance", "Comedy")),
]


def answer(client, **wishes):
    response = client.post("/api/search", json=wishes)
    assert response.status_code == 200, response.text
    return {result["id"] for result in response.json()["results"]}, response.json().get("notes")


def test_the_api_says_what_it_took(client):
    assert answer(client, title=["comets tail"]) == ({"lantern", "noor"}, ['taking "Comet\'s Tail (1977)"'])
    assert answer(client, title=["the lantern"]) == ({"comet", "noor"}, None)
    assert answer(client, plot=["the sea"], genre=["scifi"]) == (
        {"comet"}, ["genre: taking 'Science Fiction' for 'scifi'"]
    )  # fmt: skip
    assert answer(client, plot=["the sea"], seen=["Lantern, The (1931)", "cafe noor", "Unknown"]) == (
        {"comet"}, ["seen: 2 of 3 entries are in this collection"]
    )  # fmt: skip
    found, notes = answer(client, plot=["the sea"], genre=["zombie"])
    assert found == set() and "The genres are: Comedy (1)" in notes[0]
    found, notes = answer(client, plot=["the sea"], year_from=1990, year_to=1950)
    assert found == set() and "from 1990 to 1950" in notes[0]


@pytest.mark.parametrize(
    "filters, films",
    [
        ({"director": ["li"]}, {"comet"}),
        ({"cast": ["dow", "Cy Dow"]}, {"comet"}),
        ({"country": ["jp"]}, {"comet"}),
        ({"language": ["japanese"]}, {"comet"}),
        ({"runtime_from": 90, "runtime_to": 100}, {"comet"}),
        ({"runtime_to": 90}, set()),
        ({"not_genre": ["scifi", "comedy"]}, {"lantern"}),
        ({"director": ["nobody"]}, set()),
    ],
)
def test_filters_by_who_where_and_how_long(client, filters, films):
    assert answer(client, plot=["the sea"], **filters)[0] == films
    got = client.get("/api/search", params={"plot": "the sea", **filters}).json()
    assert {result["id"] for result in got["results"]} == films
    like = client.get("/api/films/noor/similar", params=filters).json()
    assert {result["id"] for result in like["results"]} == films
    page = client.get("/", params={"plot": "the sea", **filters}).text
    shown = {film.id for film in FILMS if f'href="/films/{film.id}' in page}
    assert shown == films


def test_a_filter_that_can_not_be_taken_is_a_problem(client):
    for wrong in ({"runtime_from": -1}, {"runtime_to": "soon"}, {"director": [""]}, {"cast": ["x"] * 21}):
        response = client.post("/api/search", json={"plot": ["the sea"], **wrong})
        assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert client.get("/api/films/noor/similar", params={"runtime_from": -1}).status_code == 422


def test_what_a_question_says_it_is_not_is_left_out_and_said(client):
    said = ["left out, as not the film that is meant: The Lantern (1931)", "counted against films: “not a comedy”"]
    assert answer(client, plot=["by the sea, not a comedy. Not The Lantern"]) == ({"comet", "noor"}, said)
    text = client.get("/", params={"plot": "by the sea, not a comedy. Not The Lantern"}).text
    for part, key in [("not The Lantern (1931)", "not:The Lantern (1931)"), ("not a comedy", "without:not a comedy")]:
        chip = re.search(rf'<span>{re.escape(part)}</span>\s*<a href="([^"]*)"[^>]*aria-label="Don’t count', text)
        assert parse_qs(urlsplit(html.unescape(chip[1])).query)["ignore"] == [key]


def test_other_titles_complete(client):
    titles = client.get("/api/suggest", params={"q": "phare"}).json()["titles"]
    assert titles == [{"id": "lantern", "title": "The Lantern", "year": 1931}]


def test_the_page_says_it_too(client):
    text = client.get("/", params={"plot": "the sea", "genre": "scifi"}).text
    assert "Genre: taking &#39;Science Fiction&#39; for &#39;scifi&#39;" in text
    assert "Comet&#39;s Tail" in text and "Café Noor" not in re.sub("<datalist.*?</datalist>", "", text, flags=re.S)
    text = client.get("/", params={"plot": "the sea", "genre": "zombie"}).text
    assert "The genres are: Comedy (1)" in text and "No film matches" in text
    assert "from 1990 to 1950" in client.get("/", params={"plot": "x", "year_from": 1990, "year_to": 1950}).text


def test_a_title_typed_into_the_page_leads_to_its_film(client):
    for typed in ("lantern", "The Lantern (1931)", "le phare", "the lantren"):
        assert client.get("/", params={"title": typed}).headers["location"] == "/?like=lantern"
