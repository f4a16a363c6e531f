"""The map: like stories beside each other, films that stay where they are, and pictures of it."""

import os
import re
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.spatial import procrustes
from support.bundled import SHOWN
from support.sound import wrong_in

from moviesearch import Movie, MovieSearch
from moviesearch.cli.main import main
from moviesearch.config import Settings
from moviesearch.errors import NotFoundError, StoreError
from moviesearch.maps.layout import lay_out
from moviesearch.maps.legend import by_decade, by_genre, colours, legend
from moviesearch.maps.svg import svg
from moviesearch.records import FilmMap

pytestmark = pytest.mark.integration

KINDS = {
    "Heist": "thieves plan a robbery open the vault and run from the police with gold".split(),
    "Space": "astronauts leave earth in a rocket and find alien life on a distant planet".split(),
    "Love": "lovers meet in the rain quarrel write letters and marry by the lake".split(),
}


def films(count, *, first=0):
    """Films of three kinds in turn: most words are the kind's, one the film's own."""
    made = []
    for number in range(first, first + count):
        kind = list(KINDS)[number % 3]
        words = KINDS[kind][number // 3 % 7 :][:9]
        made.append(
            Movie(f"film-{number}", f"Film {number}", f"{' '.join(words)} own{number}.", 1950 + number % 60, (kind,))
        )
    return made


def places(shown):
    return dict(zip(shown.ids, shown.points, strict=True))


def nearest(points, count):
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1)[:, :count]


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    """A store of 90 films with a map; to be copied."""
    from support.hash_encoder import HashEncoder

    store = tmp_path_factory.mktemp("map")
    with MovieSearch(store, "films", encoder=HashEncoder()) as search:
        search.ingest(films(90))
        search.map()
    return store


@pytest.fixture
def search(laid_out, tmp_path, encoder):
    shutil.copytree(laid_out, tmp_path / "store")
    with MovieSearch(tmp_path / "store", "films", encoder=encoder) as search:
        yield search


def test_films_of_a_kind_lie_together(search):
    shown = search.map()
    kinds = np.array([genres[0] for genres in shown.genres])
    of_neighbours = kinds[nearest(shown.points, 5)]
    assert (of_neighbours == kinds[:, None]).mean() > 0.9
    assert np.abs(shown.points).max() < 1.5 and shown.points.dtype == np.float32
    assert shown.titles[0] == "Film 0" and shown.years[0] == 1950 and shown.placed == 0


@pytest.fixture(scope="module")
def bundled_map(made_once, bundled_store, tmp_path_factory, prepared_model, model_cache):
    """A store of the bundled films, and what the command that made its map said."""

    def make(folder):
        store = shutil.copytree(bundled_store, folder / "store")
        others = {name: None for name in os.environ if name.startswith("MOVIESEARCH_")}
        environment = {**others, "MOVIESEARCH_CACHE": str(model_cache)}
        made = CliRunner().invoke(main, ["map", "--store", str(store)], env=environment)
        (folder / "said.txt").write_text(f"{made.exit_code} {made.output}", encoding="utf-8")

    made = made_once("bundled-map", make)
    store = shutil.copytree(made / "store", tmp_path_factory.mktemp("bundled-map") / "store")
    return store, (made / "said.txt").read_text(encoding="utf-8")


def test_bundled_films_keep_many_of_their_neighbours(bundled_map, tmp_path):
    with MovieSearch(bundled_map[0]) as search:
        shown = search.map(make=False)
        search.export(tmp_path / "export")
    vectors = np.load(tmp_path / "export" / "embeddings.npy")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -1)
    wanted, found = np.argsort(-alike, axis=1)[:, :10], nearest(shown.points, 10)
    kept = np.mean([len({*a} & {*b}) / 10 for a, b in zip(wanted, found, strict=True)])
    noise = np.random.default_rng(0).normal(0, 1e-7, vectors.shape).astype(np.float32)  # another machine's rounding
    other = procrustes(shown.points, lay_out(vectors + noise))
    assert other[2] < 0.3  # 0 is the same map, 1 another one
    assert kept > 10 * 10 / len(shown.ids)  # ten times what chance would keep


def test_the_same_films_make_the_same_map(laid_out, open_search):
    other = open_search()
    other.ingest(films(90))
    with MovieSearch(laid_out, encoder=other._encoders.at(None)) as first:
        assert np.array_equal(other.map().points, first.map().points)


def test_films_that_come_later_move_no_other(search):
    before = places(search.map())
    search.ingest(films(6, first=90))
    after = search.map()
    assert after.placed == 6 and len(after.ids) == 96
    assert all(np.array_equal(places(after)[film], before[film]) for film in before)
    kinds = [genres[0] for genres in after.genres]
    for row in range(90, 96):
        beside = [kinds[other] for other in nearest(after.points, 3)[row]]
        assert beside.count(kinds[row]) >= 2


def test_a_film_is_placed_the_same_whenever_it_comes(search, tmp_path, encoder):
    shutil.copytree(tmp_path / "store", tmp_path / "other")
    late = films(4, first=90)
    for film in late:
        search.ingest([film])
        search.map()
    with MovieSearch(tmp_path / "other", encoder=encoder) as other:
        other.ingest(late)
        together = places(other.map())
    one_by_one = places(search.map())
    assert all(np.array_equal(one_by_one[film.id], together[film.id]) for film in late)


def test_a_changed_film_moves_to_its_new_neighbours_and_a_removed_one_goes(search):
    before = places(search.map())
    changed = replace(films(1)[0], plot=films(2)[1].plot)  # a heist that became a journey
    search.ingest([changed, *films(88, first=1)], prune=lambda count: True)
    after = search.map()
    assert "film-89" not in after.ids and after.placed == 1
    assert np.linalg.norm(places(after)["film-0"] - before["film-1"]) < np.linalg.norm(
        before["film-0"] - before["film-1"]
    )
    assert np.array_equal(places(after)["film-5"], before["film-5"])


def test_many_new_films_are_laid_out_with_the_others(search):
    search.ingest(films(60, first=90))
    with pytest.raises(NotFoundError, match="moviesearch map"):
        search.map(make=False)
    shown = search.map()
    assert shown.placed == 0 and len(shown.ids) == 150


def test_laid_out_anew_it_is_recognised(search):
    before = search.map()
    after = search.map(anew=True)
    turned = np.corrcoef(before.points[:, 0], after.points[:, 0])[0, 1]
    assert turned > 0.8 and after.placed == 0


@pytest.mark.parametrize("count", [1, 2, 3, 9, 12])
def test_few_films_have_a_map_too(open_search, count):
    search = open_search()
    search.ingest(films(count))
    shown = search.map()
    assert shown.points.shape == (count, 2) and np.isfinite(shown.points).all()
    ElementTree.fromstring(svg(shown))


def test_films_with_one_story_have_a_map(open_search):
    search = open_search()
    search.ingest(Movie(f"same-{number}", "Same", "the same story.") for number in range(30))
    assert np.isfinite(search.map().points).all()


@pytest.mark.parametrize("damage", [b"", b"not a map", None])
def test_a_damaged_map_is_made_again(search, tmp_path, damage):
    before = search.map().points
    path = tmp_path / "store" / "films" / "map.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert np.array_equal(search.map().points, before)
    assert wrong_in(search) is None


def test_a_map_that_cannot_be_kept_is_told(search, tmp_path):
    path = tmp_path / "store" / "films" / "map.npz"
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreError, match=r"map\.npz"):
        search.map()
    assert not list(path.parent.glob("*.draft"))


def test_another_collections_map_is_not_taken(search, open_search, tmp_path):
    other = open_search("other")
    other.ingest(films(30))
    shutil.copy(tmp_path / "store" / "films" / "map.npz", tmp_path / "store" / "other" / "map.npz")
    with pytest.raises(NotFoundError):
        other.map(make=False)


@pytest.mark.server
def test_films_on_a_server_have_a_map(chroma_server, tmp_path, encoder):
    settings = Settings(store=chroma_server.database(), cache=tmp_path / "cache")
    with MovieSearch(settings=settings, encoder=encoder) as search:
        search.ingest(films(60))
        before = places(search.map())
        search.ingest(films(3, first=60))
        after = search.map(make=False)
    assert after.placed == 3 and all(np.array_equal(places(after)[film], before[film]) for film in before)


# colours


def drawn(genres, points=None):
    count = len(genres)
    spread = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    return FilmMap(
        ids=tuple(str(number) for number in range(count)),
        titles=tuple(f"Film {number}" for number in range(count)),
        years=tuple(1900 + number % 120 for number in range(count)),
        genres=tuple(genres),
        points=spread if points is None else points,
        generation=1,
        placed=0,
    )


def test_a_film_is_coloured_by_the_genre_that_has_a_region_of_its_own():
    points = np.array([[x % 10, x // 10] for x in range(100)], np.float32)
    genres = [("Drama", "Horror") if x % 10 < 3 else ("drama",) if x % 2 else ("Drama",) for x in range(100)]
    found = by_genre(genres, points)
    assert found.names[found.group_of_film[0]] == "Horror"
    assert [name.casefold() for name in found.names].count("drama") <= 1  # one genre, however it is written


def test_decades_come_in_order_and_the_first_are_one():
    found = by_decade([1905, 1931, *range(1940, 2030, 3), None])
    assert found.names[0] == "to 1949" and found.names[-2:] == ("2020s", "no year")
    assert found.group_of_film[:2] == (0, 0) and found.names[found.group_of_film[-1]] == "no year"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colouring", ["genre", "decade"])
def test_each_group_has_a_colour_of_its_own(colouring, theme):
    shown = drawn([(f"Genre {number % 12}",) for number in range(240)])
    groups = legend(shown, colouring)
    found = colours(groups, colouring, theme)
    assert len(found) == len(set(found)) == len(groups.names)


# Machado, Oliveira and Fernandes (2009), linear RGB, complete deficiency
VISION = {
    "usual": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def lab(colour, vision):
    """CIE L*a*b* of #rrggbb as seen."""
    told = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(told <= 0.04045, told / 12.92, ((told + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
    x, y, z = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_genres_are_told_apart_by_people_of_any_colour_vision(theme, vision):
    groups = legend(drawn([(f"Genre {number % 8}",) for number in range(240)]), "genre")
    seen = [lab(colour, vision) for colour in colours(groups, "genre", theme)]
    apart = [np.linalg.norm(a - b) for at, a in enumerate(seen) for b in seen[:at]]
    assert min(apart) > 9  # ten is another colour at a glance, two the least that is seen


# pictures and the command


def test_picture_names_films_and_shows_their_titles_as_they_are(search):
    search.ingest([*films(90), Movie("odd", '<b>&\x07"', "thieves plan a robbery", 2001, ("<i>",))])
    root = ElementTree.fromstring(svg(search.map(), labels=200))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "Film 0" in texts and "91 films by story" in texts
    assert root.find("{http://www.w3.org/2000/svg}b") is None


def test_names_do_not_lie_on_each_other(search):
    told = re.findall(r'<text x="(\d+)" y="(\d+)"(?: text-anchor="(\w+)")?>(Film \d+)', svg(search.map(), labels=60))
    shift = {"": 0, "end": 1, "middle": 0.5}
    boxes = [(int(x) - shift[anchor] * 7 * len(text), int(y), 7 * len(text)) for x, y, anchor, text in told]
    assert len(boxes) > 10
    for at, (left, base, wide) in enumerate(boxes):
        for other, below, width in boxes[:at]:
            assert left > other + width or other > left + wide or abs(base - below) > 14


def test_command_makes_the_map_and_its_picture(run, bundled_map, tmp_path):
    store, said = bundled_map
    assert said == f"0 a map of {SHOWN} films\n"
    picture = tmp_path / "map.svg"
    drawn = run("map", "--store", store, "-o", picture, "--colour", "decade", "--theme", "dark")
    assert drawn.exit_code == 0 and drawn.stdout == f"{picture}\n" and f"{SHOWN} films" in drawn.stderr
    assert "1990s" in picture.read_text(encoding="utf-8")
    image = tmp_path / "map.png"
    assert run("map", "--store", store, "-o", image).exit_code == 0
    assert image.read_bytes().startswith(b"\x89PNG") and image.stat().st_size < 300_000


def test_command_says_what_is_wrong(run, tmp_path):
    wrong = run("map", "-o", tmp_path / "map.gif")
    assert wrong.exit_code == 2 and "neither .svg nor .png" in wrong.stderr
    nothing = run("map")
    assert nothing.exit_code == 1 and "moviesearch ingest" in nothing.stderr
