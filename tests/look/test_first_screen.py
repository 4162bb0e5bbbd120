"""What a reader sees first: the front page's drawing whole, each section's own beside its title, corrections folded."""

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page

from awareness.navigation import Navigation
from tests.look.stage import show

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
# The edges of the first element found, or of all of them together.
EDGES = """(which) => { const boxes = [...document.querySelectorAll(which)].map(each => each.getBoundingClientRect())
    return ["left", "top", "right", "bottom"].map((side, at) =>
        Math[at < 2 ? "min" : "max"](...boxes.map(box => box[side]))) }"""
SIZES = {"desktop": (1280, 800), "phone": (390, 664)}


@pytest.fixture
def site(loaded_once: str) -> Client:
    return Client()


@pytest.mark.parametrize("size", SIZES)
def test_it_shows_the_front_pages_drawing_whole_in_the_first_screen(
    site: Client, open_page: Callable[..., Page], size: str
) -> None:
    page = open_page(size, javascript=False)
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(reduced_motion="reduce")
    with_news = Navigation.load()
    with_news.announcement, with_news.announcement_label = "Watch our latest documentary miniseries.", "Watch now"
    with_news.announcement_address = "/films/"
    screens = {address: site.get(address).content.decode() for address in ("/", "/es/")}
    with_news.save()
    screens |= {f"{address} with news": site.get(address).content.decode() for address in ("/", "/es/")}
    for address, html in screens.items():
        show(page, html)
        left, top, right, bottom = page.evaluate(EDGES, ".hero")
        assert (left, right) == (0, width) and bottom <= height, address
        for part in (".hero-art .strands path", ".hero-art .sun circle:not(.halo)", ".hero h1", ".hero .btn"):
            found = page.evaluate(EDGES, part)
            # The coil begins left of the page, and the sun is half below the horizon: neither is cut at top or foot.
            assert found[1] >= top and found[3] <= bottom, (address, part, found)
        assert page.evaluate(EDGES, ".hero .btn")[3] < page.evaluate(EDGES, ".hero-art .strands path")[3]
        horizon, buttons = page.evaluate(EDGES, ".hero-art .horizon"), page.evaluate(EDGES, ".hero .btn")
        assert horizon[0] > buttons[2] or horizon[1] > buttons[3], (address, "the horizon runs through a button")
        behind = page.evaluate("getComputedStyle(document.querySelector('.hero .btn.line')).backgroundColor")
        assert behind == page.evaluate("getComputedStyle(document.querySelector('.hero')).backgroundColor"), address


def test_it_puts_each_sections_drawing_beside_its_title_on_a_desk_and_below_it_on_a_phone(
    site: Client, open_page: Callable[..., Page]
) -> None:
    page = open_page(javascript=False)
    for address in ("/the-problem/", "/films/", "/about/faq/", "/the-problem/what-is-human-trafficking/"):
        show(page, site.get(address).content.decode())
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            title, art = page.evaluate(EDGES, ".read-head h1"), page.evaluate(EDGES, ".section-art")
            assert art[0] > width / 2 if width == 1280 else art[1] > title[3], (address, width)
            assert art[2] <= width and art[3] - art[1] > 80


def test_it_folds_corrections_on_a_phone_and_shows_them_on_a_desk(site: Client, open_page: Callable[..., Page]) -> None:
    page = open_page(javascript=False)
    for address in ("/the-problem/facts-and-sources/", "/the-problem/what-is-human-trafficking/"):
        show(page, site.get(address).content.decode())
        fold, row = page.locator(".fold"), page.locator(".fold tbody tr").first
        page.set_viewport_size({"width": 1280, "height": 800})
        assert row.is_visible() and not fold.locator("summary").is_visible(), address
        page.set_viewport_size({"width": 390, "height": 664})
        assert not row.is_visible(), address
        fold.locator("summary").click()
        assert row.is_visible(), address


def test_it_puts_lists_to_tick_two_abreast_on_a_desk_and_below_each_other_on_a_phone(
    site: Client, open_page: Callable[..., Page]
) -> None:
    page = open_page(javascript=False)
    for address, last_has_both in (("/get-involved/church/", False), ("/get-involved/business/", True)):
        show(page, site.get(address).content.decode())
        places = "() => [...document.querySelectorAll('.checklist')].map(each => each.getBoundingClientRect().toJSON())"
        page.set_viewport_size({"width": 1280, "height": 800})
        first, second, *_, last = page.evaluate(places)
        assert first["top"] == second["top"] and first["right"] < second["left"], address
        assert (last["left"] == first["left"] and last["right"] > second["left"]) == last_has_both, address
        page.set_viewport_size({"width": 390, "height": 664})
        first, second, *_ = page.evaluate(places)
        assert first["bottom"] < second["top"] and first["left"] == second["left"], address
