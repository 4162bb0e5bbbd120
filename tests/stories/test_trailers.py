"""The story of a reader before a trailer: the other site hears of them after a press, and the way out stays."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility import violations
from tests.running import Site

pytestmark = [pytest.mark.processes, pytest.mark.browser]
MAKE = """
from awareness.models import FilmIndexPage, FilmPage
index = FilmIndexPage.objects.get(locale__language_code="en")
if not index.get_children().filter(slug="far-away"):
    index.add_child(instance=FilmPage(title="Far away", slug="far-away", minutes=9, deck="A film.",
        trailer="https://vimeo.com/123456789"))
"""
PLAYER = "<!doctype html><html lang=en><title>Player</title><body><h1>Playing</h1></body></html>"


@pytest.mark.parametrize(("size", "javascript"), [("desktop", True), ("phone", True), ("phone", False)])
def test_it_asks_the_other_site_after_a_press_and_not_before(
    running_site: Site, open_page: Callable[..., Page], size: str, javascript: bool
) -> None:
    running_site.manage("shell", "-v", "0", "-c", MAKE)
    page = open_page(size, javascript)
    told: list[dict[str, str]] = []

    def answer(route) -> None:
        told.append(route.request.headers)
        route.fulfill(body=PLAYER, content_type="text/html")

    page.route("https://player.vimeo.com/**", answer)
    page.route("https://vimeo.com/**", answer)
    page.goto(f"{running_site.url}/films/far-away/")
    button = page.get_by_role("link", name="Watch the trailer")
    expect(button).to_be_visible()
    if javascript:
        assert violations(page) == []
    assert told == [] and page.wrongs == []  # type: ignore[attr-defined]
    button.click()
    if not javascript:
        page.wait_for_url("https://vimeo.com/123456789")
        assert len(told) == 1 and "referer" not in told[0]
        return
    expect(page.frame_locator(".trailer iframe").get_by_role("heading")).to_have_text("Playing")
    assert len(told) == 1 and told[0].get("referer") == f"{running_site.url}/"
    expect(page.locator("[data-leave]").last).to_be_in_viewport()
    assert [wrong for wrong in page.wrongs if "foreign" not in wrong] == []  # type: ignore[attr-defined]
    page.route("https://www.weather.gov/**", lambda route: route.fulfill(body="Weather", content_type="text/html"))
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("https://www.weather.gov/**")
