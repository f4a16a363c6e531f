"""A shelf of films with posters in a real Chromium: cards, what was seen, filters, a question asked back."""

import re

import pytest
from support.browser import PHONE, WIDE, assert_accessible, keep, settled, titles
from support.bundled import COUNT
from support.film_shelf import make_shelf
from support.web_server import serving

from moviesearch import MovieSearch
from moviesearch.config import Settings
from moviesearch.sources import read

pytestmark = pytest.mark.browser

SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""
ASKED = "/?plot=a+family+falls+apart"


@pytest.fixture(scope="module")
def address(tmp_path_factory, model_cache):
    """A server of a shelf of all bundled films."""
    folder = tmp_path_factory.mktemp("shelf")
    make_shelf(folder / "films", COUNT, size=(200, 300))
    settings = Settings(store=str(folder / "store"), collection="films", model=None, cache=model_cache)
    with MovieSearch(settings=settings) as search:
        search.ingest(read(folder / "films"))
        with serving(search) as address:
            yield address


def picture(page, name):
    """The page as the README shows it."""
    for poster in page.locator("img.poster").all()[:3]:
        poster.evaluate("image => image.decode()")
    keep(page, name)


def card(page, number=0):
    return page.locator(".card").nth(number)


def test_cards_show_posters_and_who_made_the_film(visit):
    page = visit("/?plot=a+general+of+the+civil+war+chases+his+locomotive")
    assert titles(page)[0] == "The General"
    poster = card(page).locator("img.poster")
    poster.evaluate("image => image.decode()")
    assert poster.evaluate("image => [image.naturalWidth, image.width, image.height]") == [192, 96, 144]
    assert "Buster Keaton" in card(page).locator(".made").text_content()
    keep(page, "shelf")


@pytest.mark.parametrize(
    "path, scheme, first",
    [
        ("/?plot=two+moles,+one+in+the+police+and+one+in+the+mob,+hunt+each+other", "light", "The Departed"),
        ("/?plot=a+boy+makes+friends+with+a+monster,+no+horror+film&year_from=1980", "dark", "Monsters, Inc."),
    ],
)
def test_the_pictures_of_the_readme(visit, path, scheme, first):
    page = visit(path, viewport={"width": 1120, "height": 760}, device_scale_factor=1.5, color_scheme=scheme)
    assert titles(page)[0] == first
    picture(page, "readme" if scheme == "light" else "readme-dark")


def test_nothing_moves_as_posters_come(chromium, address):
    context = chromium.new_context(viewport=WIDE)
    context.add_init_script(SHIFTS)
    page = context.new_page()
    page.goto(address + ASKED)
    for image in page.locator("img.poster").all():
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")
    assert page.evaluate("shifted") < 0.01
    context.close()


def test_a_film_is_marked_as_seen_without_leaving_the_page(visit):
    page = visit(ASKED + "&as=browser")
    before = titles(page)
    card(page, 2).get_by_role("button", name="I have seen it").click()
    card(page, 2).get_by_text("✓ Seen").wait_for()
    assert page.locator(".mark .seen").count() == 1
    assert titles(page) == before
    assert page.evaluate("document.activeElement.closest('li').querySelector('h3 a').textContent") == before[2]
    page.get_by_text("Years, genres, people, places").click()
    page.get_by_label("Leave out what I have seen").check()
    page.wait_for_url("**unseen=1*")
    settled(page)
    assert before[2] not in titles(page)
    page.get_by_role("link", name="Don’t count: not seen yet").click()
    page.wait_for_url(lambda url: "unseen" not in url)
    settled(page)
    card(page, 2).get_by_role("button", name="Not seen").click()
    card(page, 2).get_by_role("button", name="I have seen it").wait_for()


def test_without_javascript_it_is_marked_too(visit):
    page = visit(ASKED + "&as=plain", java_script_enabled=False)
    card(page).get_by_role("button", name="I have seen it").click()
    card(page).get_by_text("✓ Seen").wait_for()
    assert "as=plain" in page.url


def test_a_question_is_asked_answered_and_taken_back(visit):
    page = visit(ASKED)
    question = page.locator("#asked").text_content()
    keep(page, "question")
    before = titles(page)
    page.locator(".asked").get_by_role("link", name="Yes").click()
    chip = page.locator(".understood .chip", has_text=f"{question} yes")
    chip.wait_for()
    assert titles(page) != before
    assert question not in page.locator("#asked").all_text_contents()
    chip.get_by_role("link").click()
    chip.wait_for(state="detached")
    assert titles(page) == before
    page.go_back()
    chip.wait_for()


def test_a_name_is_added_to_the_filters(visit):
    page = visit("/?plot=a+man+and+a+woman")
    page.get_by_text("Years, genres, people, places").click()
    page.get_by_label("Director").fill("hitchcock")
    page.keyboard.press("Enter")
    page.locator(".understood .chip", has_text="by hitchcock").wait_for()
    assert all("Alfred Hitchcock" in made for made in page.locator(".made").all_text_contents())
    assert page.get_by_label("Director").input_value() == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [ASKED + "&director=ford&not_genre=War&unseen=1&reply=animated%3Dno", ASKED])
def test_axe_finds_no_violation(visit, path, scheme):
    page = visit(path, color_scheme=scheme)
    page.locator(".filters > summary").click()
    page.locator(".without > summary").click()
    assert_accessible(page)
    keep(page, f"shelf-{scheme}")


def test_on_a_phone_nothing_is_cut_off(visit):
    page = visit(ASKED, viewport=PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_text("Years, genres, people, places").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    keep(page, "shelf-phone")


def test_a_page_is_light_and_comes_from_here_alone(visit, address):
    page = visit("/")
    answers = []
    page.on("response", lambda response: answers.append(response))
    page.goto(address + ASKED + "&limit=20")
    for image in page.locator("img.poster").all():
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")
    assert all(response.url.startswith(address) for response in answers)
    assert sum(len(response.body()) for response in answers if not re.search(r"/static/", response.url)) < 200_000
