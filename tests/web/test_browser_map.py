"""The map of films in a real Chromium: looked at, pointed at, chosen from, searched, by mouse, keys and finger."""

import pytest
from support.browser import PHONE, assert_accessible, keep
from support.hash_encoder import HashEncoder
from support.web_films import FILMS, SCRIPT
from support.web_server import serving

from moviesearch import MovieSearch

pytestmark = pytest.mark.browser


@pytest.fixture
def look(visit):  # noqa: F811
    """look(path) -> a page whose map is drawn."""

    def open_map(path="/map", *base, **options):
        page = visit(path, *base, **options)
        page.locator("#film-map[data-ready]").wait_for(timeout=120_000)
        page.locator("#film-map:not([aria-busy])").wait_for()
        return page

    return open_map


def position(page, film):
    """A film's position in the window, in pixels: [x, y]."""
    return page.evaluate(
        """(id) => {
          const { field, rows } = document.getElementById("film-map");
          const box = field.canvas.getBoundingClientRect();
          const [x, y] = field.screen(rows.get(id));
          return [box.x + x, box.y + y];
        }""",
        film,
    )


def lonely_film(page):
    """A film of the collection with no other one near it."""
    return page.evaluate(
        """() => {
          const { field, rows } = document.getElementById("film-map");
          const ids = [...rows.keys()];
          const points = ids.map((_, film) => field.screen(film));
          const room = (film) => Math.min(...points.map(([x, y], other) =>
            other === film ? Infinity : Math.hypot(x - points[film][0], y - points[film][1])));
          const inside = ([x, y]) => x > 60 && y > 60 && x < field.width - 120 && y < field.height - 60;
          return ids.filter((_, film) => inside(points[film])).sort((a, b) => room(rows.get(b)) - room(rows.get(a)))[0];
        }"""
    )


def name(page, film):
    return page.evaluate(
        "(id) => { const p = document.getElementById('film-map'); return p.field.films.titles[p.rows.get(id)] }", film
    )


def scale(page):
    return page.evaluate("document.getElementById('film-map').field.view.scale")


def wait_until(page, holds):
    """Wait for something that can be asked for; `wait_for_function` evaluates text, which the page forbids."""
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came to be")


def wait_until_still(page):
    """Wait until the map no longer moves."""
    before = None
    while before != (view := page.evaluate("JSON.stringify(document.getElementById('film-map').field.view)")):
        before = view
        page.wait_for_timeout(120)


def listed_films(page):
    return page.locator("#map-beside .pick").all_text_contents()


def test_pointing_at_a_film_shows_its_card(look):
    page = look()
    film = lonely_film(page)
    page.mouse.move(*position(page, film))
    card = page.locator("#map-card")
    card.wait_for()
    assert name(page, film) in card.text_content()
    keep(page, "map")
    page.mouse.move(*[value - 3 for value in page.locator("#film-map canvas").bounding_box().values()][:2])
    card.wait_for(state="hidden")


def test_a_click_lists_the_neighbours_and_back_goes_back(look):
    page = look()
    film = lonely_film(page)
    page.mouse.click(*position(page, film))
    page.get_by_role("heading", level=2, name=name(page, film)).wait_for()
    assert len(listed_films(page)) == 12
    assert f"film={film}" in page.url
    keep(page, "map-neighbours")
    second = listed_films(page)[0]
    page.locator("#map-beside .pick").nth(0).click()
    page.get_by_role("heading", level=2, name=second.rsplit(" ", 1)[0]).wait_for()
    page.go_back()
    page.get_by_role("heading", level=2, name=name(page, film)).wait_for()
    assert listed_films(page)[0] == second
    page.get_by_role("button", name="Show the whole map").click()
    page.locator("#map-beside").wait_for(state="hidden")
    assert page.url.endswith("/map")


def test_more_like_this_leads_to_the_search(look):
    page = look("/map?film=jaws-1975")
    page.locator("#map-beside").get_by_role("link", name="more like").first.click()
    page.locator(".cards").wait_for()
    assert "/?like=" in page.url


def test_answers_light_up_and_are_in_sight(look):
    page = look()
    page.get_by_role("textbox").fill("girl crawls out of the tv")
    page.get_by_role("button", name="Light up").click()
    page.get_by_role("heading", level=2, name="30 films").wait_for()
    assert any(film.startswith("The Ring") for film in listed_films(page)[:5])
    wait_until_still(page)
    box = page.locator("#film-map canvas").bounding_box()
    x, y = position(page, "the-ring-2002")
    assert box["x"] <= x <= box["x"] + box["width"] and box["y"] <= y <= box["y"] + box["height"]
    assert page.locator("#status").text_content() == "30 films are lit up on the map"
    keep(page, "map-lit")
    page.reload()
    page.get_by_role("heading", level=2, name="30 films").wait_for()


def test_the_wheel_goes_closer_to_what_is_under_the_pointer(look):
    page = look()
    film = lonely_film(page)
    pointer, before = position(page, film), scale(page)
    page.mouse.move(*pointer)
    for _ in range(4):
        page.mouse.wheel(0, -200)
    wait_until(page, lambda: scale(page) > before * 2)
    after = position(page, film)
    assert abs(after[0] - pointer[0]) < 8 and abs(after[1] - pointer[1]) < 8  # the pointer stands on whole pixels


def test_dragging_moves_the_map_and_chooses_nothing(look):
    page = look()
    film = lonely_film(page)
    x, y = position(page, film)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=4)
    page.mouse.up()
    after = position(page, film)
    assert abs(after[0] - x - 40) < 3 and abs(after[1] - y - 30) < 3
    assert "film=" not in page.url


def test_keys_alone(look):
    page = look()
    page.locator("#film-map canvas").focus()
    before = scale(page)
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert scale(page) > before * 2
    page.keyboard.press("ArrowLeft")
    card = page.locator("#map-card")
    card.wait_for()
    film = card.locator("b").text_content()
    assert page.locator("#status").text_content() == film
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=2, name=film).wait_for()
    page.keyboard.press("Escape")
    page.locator("#map-beside").wait_for(state="hidden")
    page.keyboard.press("0")
    wait_until(page, lambda: abs(scale(page) / before - 1) < 0.01)


def test_the_legend_hides_and_shows(look):
    page = look()
    toggle = page.locator("#map-legend button", has_text="Crime")
    assert toggle.get_attribute("aria-pressed") == "true"
    crime = page.evaluate(
        """() => {
          const { field, rows } = document.getElementById("film-map");
          const buttons = [...document.querySelectorAll("#map-legend button")];
          const group = buttons.findIndex((button) => button.textContent.includes("Crime"));
          const seen = (film) => field.at(...field.screen(film), 1) === film;
          return [...rows].find(([, film]) => field.of[film] === group && seen(film))[0];
        }"""
    )
    toggle.click()
    assert toggle.get_attribute("aria-pressed") == "false"
    page.mouse.move(*position(page, crime))
    page.wait_for_timeout(100)
    card = page.locator("#map-card")
    assert not card.is_visible() or name(page, crime) not in card.text_content()
    page.get_by_label("decade").check()
    page.locator("#map-legend button", has_text="1990s").wait_for()
    assert "colour=decade" in page.url


def test_a_finger_chooses_and_the_phone_shows_all(look):
    page = look("/map", viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)
    film = lonely_film(page)
    page.touchscreen.tap(*position(page, film))
    page.get_by_role("heading", level=2, name=name(page, film)).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    keep(page, "map-phone")


def test_motion_is_left_out_when_it_is_not_wanted(look):
    page = look("/map", reduced_motion="reduce")
    before = scale(page)
    page.get_by_role("button", name="Closer").click()
    assert scale(page) > before * 1.5


def test_filters_of_an_address_hold_on_the_map(look):
    page = look("/map?plot=a+man+in+space&director=kubrick&not_genre=war&year_from=1970")
    page.get_by_role("heading", level=2, name="2 films").wait_for()
    assert sorted(listed_films(page)) == ["A Clockwork Orange 1971", "The Shining 1980"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/map", "/map?film=jaws-1975", "/map?plot=a+heist&colour=decade"])
def test_axe_finds_no_violation(look, path, scheme):
    page = look(path, color_scheme=scheme)
    assert_accessible(page)
    keep(page, f"map-{scheme}")


def test_without_javascript_there_is_a_picture(visit, look):  # noqa: F811
    look()  # which has the map laid out
    page = visit("/map", java_script_enabled=False)
    picture = page.locator("img.map-picture")
    picture.wait_for()
    assert page.request.get(page.url + ".svg").text().startswith("<svg")
    assert not page.locator("#film-map").is_visible()


def test_film_text_is_shown_and_never_run(look, tmp_path):
    with MovieSearch(tmp_path / "odd", "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        with serving(search) as base:
            page = look("/map?film=script", base)
            page.get_by_role("heading", level=2, name=SCRIPT).wait_for()
            assert page.locator("#map-beside i, #map-beside script").count() == 0


def test_an_address_of_a_film_that_is_gone_shows_the_whole_map(look):
    page = look("/map?film=gone-1999")
    assert not page.locator("#map-beside").is_visible()
