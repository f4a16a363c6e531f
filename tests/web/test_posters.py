"""Small pictures of films on the page: made from files of this machine, never of anything else."""

import io
import re

import pytest
from PIL import Image
from starlette.testclient import TestClient
from support.hash_encoder import HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.config import Settings
from moviesearch.web.app import create_app

STORY = "A keeper lights a lamp by the sea."


def poster(folder, name="poster.jpg", size=(400, 600), colour=(200, 30, 30), **options):
    path = folder / name
    Image.new("RGB", size, colour).save(path, **options)
    return path


@pytest.fixture
def page_of(tmp_path):
    """page_of(film=poster path, ...) -> a client of the page over these films."""
    opened = []

    def client_of(**posters):
        settings = Settings(store=str(tmp_path / "store"), cache=tmp_path / "cache")
        search = MovieSearch(settings=settings, encoder=HashEncoder())
        search.ingest(Movie(film, film, STORY, 1931, extra={"poster": str(path)}) for film, path in posters.items())
        client = TestClient(create_app(search))
        opened.append(search)
        return client

    yield client_of
    for search in opened:
        search.close()


def addresses(client):
    return re.findall(r'<img class="poster" src="([^"]*)" width="96" height="144"', client.get("/?plot=lamp").text)


def test_a_film_with_a_poster_shows_it_small(page_of, tmp_path):
    client = page_of(lantern=poster(tmp_path, size=(1000, 1500)))
    (address,) = addresses(client)
    answer = client.get(address)
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (192, 288)
    red, green, blue = picture.convert("RGB").getpixel((96, 144))
    assert red > 180 and green < 60 and blue < 60
    assert client.get("/films/lantern").text.count('class="poster"') == 1


def test_beside_others_a_film_without_one_has_a_plain_card(page_of, tmp_path):
    client = page_of(lantern=poster(tmp_path), comet=tmp_path / "gone.jpg")
    text = client.get("/?plot=lamp").text
    assert re.search(r'<div class="poster" aria-hidden="true"><span>comet</span><span>1931</span></div>', text)
    assert len(addresses(client)) == 1


def test_where_no_film_has_one_there_is_no_place_for_it(page_of, tmp_path):
    assert "poster" not in page_of(comet=tmp_path / "gone.jpg").get("/?plot=lamp").text


def test_a_poster_that_changed_has_another_address_and_picture(page_of, tmp_path):
    client = page_of(lantern=poster(tmp_path))
    (first,) = addresses(client)
    before = client.get(first).content
    poster(tmp_path, colour=(30, 30, 200), size=(300, 450))
    (second,) = addresses(client)
    assert second != first
    assert client.get(second).content != before


def test_what_else_a_picture_tells_stays_here(page_of, tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    client = page_of(lantern=poster(tmp_path, exif=exif))
    (address,) = addresses(client)
    assert b"taken at home" not in client.get(address).content


@pytest.mark.parametrize(
    "content", [b"root:x:0:0:", b"", b"\xff\xd8\xff\xe0 cut short", b"<svg xmlns='http://w3.org'/>"]
)
def test_a_file_that_is_no_picture_is_not_shown(page_of, tmp_path, content):
    (tmp_path / "passwd").write_bytes(content)
    client = page_of(lantern=tmp_path / "passwd")
    answer = client.get("/posters/lantern")
    assert answer.status_code == 404
    assert content == b"" or content not in answer.content


def test_neither_a_device_nor_a_relative_path_is_read(page_of):
    client = page_of(lantern="/dev/zero", comet="pyproject.toml")
    assert client.get("/posters/lantern").status_code == client.get("/posters/comet").status_code == 404


def test_a_picture_that_unpacks_to_too_much_is_refused(page_of, tmp_path):
    path = tmp_path / "huge.png"
    Image.new("1", (20_000, 20_000)).save(path)
    assert page_of(lantern=path).get("/posters/lantern").status_code == 404


def test_without_a_cache_folder_pictures_are_made_all_the_same(page_of, tmp_path):
    client = page_of(lantern=poster(tmp_path))
    (tmp_path / "cache" / "posters").parent.mkdir(exist_ok=True)
    (tmp_path / "cache" / "posters").write_text("in the way")
    assert client.get("/posters/lantern").status_code == 200
