"""The story of somebody who looks for something on a screen that may be watched: found, and nothing left behind."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page, expect

from tests.accessibility import violations
from tests.browsers import SIZES
from tests.running import Site

pytestmark = [pytest.mark.processes, pytest.mark.browser]
WORD = "palermo"


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_it_finds_a_page_from_the_menu_and_leaves_no_word_behind(
    running_site: Site, open_page: Callable[..., Page], size: str, javascript: bool
) -> None:
    page = open_page(size, javascript=javascript)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.headers.get('referer', '')}"))
    page.goto(running_site.url + "/about/")
    if size == "phone":
        page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Search").click()
    page.get_by_label("Words to look for").fill(WORD)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("mark").first).to_have_text("Palermo")
    assert page.url == running_site.url + "/search/"
    assert WORD not in page.title().lower()
    page.locator("main h3 a").first.click()
    expect(page.locator("h1")).to_be_visible()
    assert not [line for line in asked if WORD in line.split("#")[0].lower()]
    assert page.context.cookies() == []
    assert page.wrongs == []  # type: ignore[attr-defined]
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # the browser has no copy of the answers to show again
        page.go_back()
    assert WORD not in running_site.printed().lower()


@pytest.mark.parametrize("words", [WORD, "hotline mexico", "zzyzx", "<b>'\";--"])
def test_it_is_accessible_whatever_was_found(running_site: Site, open_page: Callable[..., Page], words: str) -> None:
    page = open_page()
    page.goto(running_site.url + "/search/")
    page.get_by_label("Words to look for").fill(words)
    page.get_by_label("Words to look for").press("Enter")
    expect(page.get_by_role("main").get_by_role("status")).to_be_visible()
    assert page.locator("h1").count() == 1
    for look in ("light", "dark", "phone"):
        page.emulate_media(color_scheme="dark" if look == "dark" else "light")
        page.set_viewport_size(SIZES["phone" if look == "phone" else "desktop"])
        # Colours are all that the dark changes; a phone shows what the menu holds, too.
        assert (look, violations(page, ["color-contrast"] if look == "dark" else [])) == (look, [])
        assert (look, page.evaluate("document.documentElement.scrollWidth <= innerWidth")) == (look, True)
    assert page.wrongs == []  # type: ignore[attr-defined]


def test_it_is_offered_where_an_address_holds_no_page(running_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(javascript=False)
    page.goto(running_site.url + "/no-such-page/")
    page.get_by_label("Words to look for").fill(WORD)
    page.get_by_label("Words to look for").press("Enter")
    expect(page.locator("mark").first).to_have_text("Palermo")


def test_it_runs_no_data_that_is_meant_for_search_engines(running_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(running_site.url + "/about/faq/")
    assert page.locator('script[type="application/ld+json"]').count() == 1
    assert page.wrongs == []  # type: ignore[attr-defined]
