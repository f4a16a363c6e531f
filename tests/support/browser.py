"""What browser tests share beside their fixtures."""

import shutil
from urllib.parse import quote_plus

import pytest

from support.paths import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Chromium's own requests are no business of a test, and root has no sandbox.
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
SCREENSHOTS = ROOT / "build" / "screenshots"

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 740}


def titles(page):
    return page.locator(".cards h3 a").all_text_contents()


def describe(page, plot):
    page.get_by_label("Describe the film").fill(plot)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: f"plot={quote_plus(plot)}" in url)
    page.locator(".cards").wait_for()


def keep(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def assert_accessible(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def settled(page):
    page.locator("main[aria-busy]").wait_for(state="detached")
