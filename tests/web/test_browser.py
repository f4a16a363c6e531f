"""The page in a real Chromium: with the mouse, the keyboard, a finger, without JavaScript, and as axe sees it."""

import pytest
from support.browser import PHONE, WIDE, assert_accessible, describe, keep, settled, titles
from support.hash_encoder import HashEncoder
from support.web_films import FILMS, SCRIPT
from support.web_server import serving

from moviesearch import MovieSearch

pytestmark = pytest.mark.browser

SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


# searching


def test_describe_and_find(visit):
    page = visit()
    describe(page, "girl crawls out of the tv")
    assert "The Ring" in titles(page)
    assert page.url.endswith("/?plot=girl+crawls+out+of+the+tv")
    assert page.title().startswith("girl crawls out of the tv")
    assert page.locator("#status").text_content() == "10 films"
    assert page.evaluate("document.activeElement.id") == "found"
    keep(page, "found")


def test_an_example_leads_to_its_film(visit):
    page = visit()
    page.get_by_role("link", name="the mayor won't close the beach").click()
    page.locator(".cards").wait_for()
    assert titles(page)[0] == "Jaws"
    assert page.get_by_label("Describe the film").input_value() == "the mayor won't close the beach"


def test_endings_are_folded_away(visit):
    page = visit("/?plot=girl+crawls+out+of+the+tv")
    ending = page.get_by_text("helps Aidan copy the tape")
    assert not ending.is_visible()
    ring = page.locator("article", has=page.get_by_role("link", name="The Ring", exact=True))
    ring.get_by_text("Why this film").click()
    assert ending.is_visible()
    assert "girl" in ring.locator("mark").all_text_contents()


def test_more_like_this_and_back(visit):
    page = visit("/?plot=a+crew+meets+a+creature+in+space")
    before = titles(page)
    page.locator(".card").nth(0).get_by_role("link", name="More like this").click()
    page.get_by_text("like Alien").or_(page.locator(".chip.like")).first.wait_for()
    assert "like=" in page.url
    assert before[0] not in titles(page)
    similar = titles(page)
    page.go_back()
    page.locator(".chip").wait_for(state="detached")
    assert titles(page) == before
    assert page.get_by_label("Describe the film").input_value() == "a crew meets a creature in space"
    page.go_forward()
    page.locator(".chip.like").wait_for()
    assert titles(page) == similar


def test_blend_less_like_and_undo(visit):
    page = visit("/?plot=a+heist+goes+wrong")
    first = titles(page)[0]
    page.locator(".card").nth(0).get_by_role("link", name="Add to the blend").click()
    page.locator(".chip.like", has_text=first).wait_for()
    away = titles(page)[0]
    page.locator(".card").nth(0).get_by_role("link", name="Less like this").click()
    page.locator(".chip.unlike", has_text=away).wait_for()
    assert away not in titles(page)
    assert {"plot", "like", "unlike"} <= set(page.evaluate("[...new URLSearchParams(location.search).keys()]"))
    page.locator(".chip.unlike").get_by_role("link", name=f"Remove {away}").click()
    page.locator(".chip.unlike").wait_for(state="detached")
    assert page.locator(".chip").count() == 1


def test_filters_go_at_once_and_stay_in_the_address(visit):
    page = visit("/?plot=a+haunted+house")
    page.get_by_text("Years, genres, people, places").click()
    page.locator('[name="genre"][value="Comedy"]').check(force=True)
    page.wait_for_url("**genre=Comedy*")
    settled(page)
    assert all("Comedy" in kind for kind in page.locator(".card .kind").all_text_contents())
    assert page.evaluate("document.activeElement.value") == "Comedy"
    page.locator("#year_from").fill("1990")
    page.keyboard.press("Enter")
    page.wait_for_url("**year_from=1990*")
    settled(page)
    assert all(int(year) >= 1990 for year in page.locator(".card .year").all_text_contents())
    before = titles(page)
    page.reload()
    assert titles(page) == before
    assert page.locator('[name="genre"][value="Comedy"]').is_checked()


def test_titles_complete_as_they_are_typed(visit):
    page = visit()
    field = page.get_by_role("combobox")
    field.press_sequentially("the godf")
    page.get_by_role("option", name="The Godfather 1972").wait_for()
    assert field.get_attribute("aria-expanded") == "true"
    field.press("ArrowDown")
    chosen = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    assert chosen.get_attribute("aria-selected") == "true"
    keep(page, "titles")
    assert_accessible(page)
    field.press("Escape")
    assert page.get_by_role("option").count() == 0
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")
    page.locator(".chip.like", has_text="The Godfather").wait_for()
    assert "like=the-godfather" in page.url


def test_more_films_are_shown_on_demand(visit):
    page = visit("/?plot=a+detective")
    page.get_by_role("link", name="Show more films").click()
    page.locator(".card").nth(19).wait_for()
    assert page.evaluate("document.activeElement.textContent") == titles(page)[10]


def test_a_film_s_page(visit):
    page = visit("/?like=alien-1979")
    page.get_by_role("link", name="Aliens", exact=True).click()
    page.get_by_role("heading", level=1, name="Aliens").wait_for()
    assert page.url.endswith("/films/aliens-1986")
    assert "Alien" in titles(page)
    keep(page, "film")


def test_nothing_found_is_told(visit):
    page = visit("/?plot=a+robot&year_from=2100")
    page.get_by_role("heading", name="No film matches").wait_for()
    page.get_by_role("link", name="Search all films").click()
    page.locator(".cards").wait_for()


def test_a_server_that_is_gone_is_told(visit):
    page = visit("/?plot=a+robot")
    before = titles(page)
    page.context.set_offline(True)
    page.get_by_label("Describe the film").fill("a boxer")
    with page.expect_event("console"):
        page.keyboard.press("Enter")
    page.get_by_text("What you see is the answer from before.").wait_for()
    assert titles(page) == before
    visit.wrong.clear()
    page.context.set_offline(False)
    describe(page, "a boxer trains for a fight")
    page.wait_for_url("**a+boxer+trains*")


# for everybody


def test_keyboard_alone(visit):
    page = visit()
    assert page.evaluate("document.activeElement.id") == "plot"
    page.keyboard.type("the mayor won't close the beach")
    page.keyboard.press("Enter")
    page.locator(".cards").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "See them on the map"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Jaws"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("details.why[open]").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".chip.like", has_text="Jaws").wait_for()
    assert page.evaluate("document.activeElement.id") == "found"


def test_skip_link_comes_first(visit):
    page = visit("/?plot=a+robot")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_phone(visit, address):
    page = visit("/", viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=3)
    page.get_by_label("Describe the film").fill("a robot learns to love")
    page.get_by_role("button", name="Find").tap()
    page.locator(".cards").wait_for()
    page.get_by_text("Years, genres, people, places").tap()
    for path in ("/", "/?plot=a+robot&genre=Drama&like=alien-1979", "/films/alien-1979"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert_accessible(page)
    page.go_back()
    keep(page, "phone")


PATHS = ("/", "/?plot=a+haunted+house&like=alien-1979&unlike=aliens-1986&genre=Horror", "/films/alien-1979")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PATHS, "/?plot=a+robot&year_from=2100", "/?title=alie"])
def test_axe_finds_no_violation(visit, path, scheme):
    page = visit(path, color_scheme=scheme)
    for fold in page.locator("details.why > summary").all()[:2]:
        fold.click()
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_where_something_is_wrong(visit, scheme):
    page = visit("/nothing", status=404, color_scheme=scheme)
    assert_accessible(page)


def test_dark_is_dark(visit):
    page = visit("/?plot=a+robot+learns+to+love", color_scheme="dark")
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert max(red, green, blue) < 60
    keep(page, "dark")


def test_nothing_moves_that_was_not_asked_to(visit, chromium, address):
    context = chromium.new_context(viewport=WIDE)
    context.add_init_script(SHIFTS)
    page = context.new_page()
    for path in PATHS:
        page.goto(address + path)
        page.wait_for_timeout(300)
        assert page.evaluate("shifted") < 0.01, path
    context.close()


def test_motion_is_left_out_when_it_is_not_wanted(visit):
    page = visit("/", reduced_motion="reduce")
    page.evaluate("document.querySelector('main').setAttribute('aria-busy', 'true')")
    assert page.evaluate("getComputedStyle(document.querySelector('main'), '::before').animationName") == "none"


def test_without_javascript(visit):
    page = visit("/", java_script_enabled=False)
    page.get_by_label("Describe the film").fill("a haunted house")
    page.get_by_role("button", name="Find").click()
    page.locator(".cards").wait_for()
    page.get_by_text("Years, genres, people, places").click()
    page.locator('[name="genre"][value="Horror"]').check(force=True)
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**genre=Horror*")
    page.locator(".card").nth(0).get_by_role("link", name="Add to the blend").click()
    page.locator(".chip.like").wait_for()
    page.get_by_label("Blend with a film").fill("Alien")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**like=alien-1979*")
    assert page.locator(".chip.like").count() == 2


# what films may be called


def test_film_text_is_shown_and_never_run(visit, tmp_path):
    with MovieSearch(tmp_path / "odd", "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        with serving(search) as base:
            page = visit("/?plot=a+man+walks+into+a+bar", base)
            assert SCRIPT in titles(page)
            page.get_by_role("combobox").press_sequentially("script")
            page.get_by_role("option", name=SCRIPT).wait_for()
            page.goto(f"{base}/films/script")
            page.get_by_text("The whole plot").click()
            assert "<img src=x onerror=alert('plot')>" in page.locator(".plot").text_content()
            assert page.locator("a[href^=javascript], main img, main u").count() == 0


def test_signing_in(visit, tmp_path):
    with MovieSearch(tmp_path / "odd", "films", encoder=HashEncoder()) as search:
        search.ingest(FILMS)
        with serving(search, token="s3cret") as base:
            page = visit("/?plot=clock", base)
            page.get_by_role("heading", name="This server wants its token").wait_for()
            assert_accessible(page)
            page.get_by_role("textbox", name="Token").fill("s3cret")
            page.get_by_role("button", name="Sign in").click()
            page.locator(".cards").wait_for()
            assert "The Clock" in titles(page)
            describe(page, "a ghost haunts a ship")
            assert titles(page)[0] == "Ghost Ship"


def test_without_films_the_page_says_how_to_get_them(visit, tmp_path):
    with MovieSearch(tmp_path / "none", "films", encoder=HashEncoder()) as search, serving(search) as base:
        page = visit("/", base, status=503)
        page.get_by_text("moviesearch ingest", exact=False).first.wait_for()
        assert_accessible(page)
