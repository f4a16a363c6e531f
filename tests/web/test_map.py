"""The map over HTTP: its data, its page, and its picture."""

import gzip
import json
import time

import numpy as np
import pytest
from starlette.testclient import TestClient
from support.hash_encoder import HashEncoder
from support.web_films import FILMS, SCRIPT

from moviesearch import MovieSearch
from moviesearch.web.app import create_app
from moviesearch.web.pages import map as map_page


def the_map(client, **headers):
    """The map; where it is being laid out, when it is."""
    for _ in range(600):
        response = client.get("/api/map", headers=headers)
        if response.status_code != 202:
            return response
        assert response.json()["status"] == "in work" and int(response.headers["Retry-After"]) > 0
        time.sleep(0.1)
    raise AssertionError("the map was never done")


def test_every_film_is_a_point_with_its_name_and_colours(client):
    payload = the_map(client).json()
    assert payload["ids"] == [movie.id for movie in FILMS]
    assert payload["titles"][0] == "The Clock" and payload["years"][0] == 1994
    assert [payload["genres"][index] for index in payload["genres_of"][1]] == ["Crime", "Horror"]
    assert len(payload["x"]) == len(payload["y"]) == len(FILMS)
    assert (
        all(0 <= value <= 65535 for value in payload["x"] + payload["y"]) and max(payload["x"] + payload["y"]) == 65535
    )
    for groups in payload["colourings"].values():
        assert len(groups["names"]) == len(groups["light"]) == len(groups["dark"])
        assert all(0 <= group < len(groups["names"]) for group in groups["of"]) and len(groups["of"]) == len(FILMS)


def test_the_map_is_sent_again_only_when_it_has_changed(client):
    first = the_map(client)
    again = client.get("/api/map", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and not again.content


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_map_comes_packed_to_those_who_take_it(client, encoding):
    the_map(client)
    with client.stream("GET", "/api/map", headers={"Accept-Encoding": encoding}) as response:
        raw = b"".join(response.iter_raw())
        assert response.headers.get("Content-Encoding") == (encoding if encoding == "gzip" else None)
    payload = json.loads(gzip.decompress(raw) if encoding == "gzip" else raw)
    assert payload["ids"][0] == "clock"


def test_twelve_thousand_films_are_little_to_send():
    film_map = map_page.FilmMap(
        ids=tuple(f"the-title-of-the-film-{number}-1994" for number in range(12_000)),
        titles=tuple(f"The Title of the Film {number}" for number in range(12_000)),
        years=(1994,) * 12_000,
        genres=(("Drama", "Comedy"),) * 12_000,
        points=np.random.default_rng(0).normal(size=(12_000, 2)).astype(np.float32),
        generation=1,
        placed=0,
    )
    text = json.dumps(map_page.payload(film_map), separators=(",", ":")).encode()
    assert len(gzip.compress(text, 6)) < 600_000


def test_films_stored_meanwhile_come_onto_the_map(tmp_path):
    with MovieSearch(tmp_path, "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS[:7])
        with TestClient(create_app(search)) as client:
            assert len(the_map(client).json()["ids"]) == 7
            with MovieSearch(tmp_path, "films", encoder=HashEncoder()) as other:
                other.ingest(FILMS)
            payload = the_map(client).json()
    assert len(payload["ids"]) == 8 and payload["placed"] == 1


def test_too_many_films_are_not_laid_out_unasked(tmp_path, monkeypatch):
    monkeypatch.setattr(map_page, "MOST_UNASKED", 5)
    with MovieSearch(tmp_path, "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        with TestClient(create_app(search)) as client:
            refused = client.get("/api/map")
    assert refused.status_code == 404 and "moviesearch map" in refused.json()["detail"]


def test_a_map_that_cannot_be_made_is_told_and_not_tried_for_ever(tmp_path):
    with MovieSearch(tmp_path, "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        (tmp_path / "films" / "map.npz").mkdir()
        with TestClient(create_app(search)) as client:
            failed = the_map(client)
    assert failed.status_code == 503 and "map.npz" not in failed.text  # the log tells where


def test_nothing_stored_has_no_map(tmp_path):
    with (
        MovieSearch(tmp_path, "films", encoder=HashEncoder()) as search,
        TestClient(create_app(search)) as client,
    ):
        assert client.get("/api/map").status_code == 503
        page = client.get("/map")
    assert page.status_code == 503 and "moviesearch ingest" in page.text


def test_page_says_what_to_do_without_javascript(client):
    page = client.get("/map?plot=%3Cscript%3Ealert(1)%3C/script%3E")
    assert page.status_code == 200
    assert "<noscript>" in page.text and 'src="/map.svg"' in page.text
    assert "<script>alert" not in page.text
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert " style=" not in page.text and "<style" not in page.text


def test_picture_of_the_map_shows_titles_as_they_are(client):
    the_map(client)
    picture = client.get("/map.svg?theme=dark&colour=decade")
    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert SCRIPT not in picture.text and "&lt;script&gt;" in picture.text
    assert client.get("/map.svg?colour=red").status_code == 422
