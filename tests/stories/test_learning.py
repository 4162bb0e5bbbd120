"""The story of a reader: pages with sources, help within reach, away at once, and nothing left behind by us."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.running import Site
from tests.stories.visitor import Visitor
from tests.waiting import wait_for

pytestmark = [pytest.mark.processes, pytest.mark.browser]
READING = [
    "/",
    "/the-problem/",
    "/the-problem/what-is-human-trafficking/",
    "/get-help/",
    "/get-help/card/",
    "/the-problem/facts-and-sources/",
]
FORMS = ["/give/", "/give/?frequency=monthly", "/give/?currency=JPY&frequency=once", "/pledge/", "/pledge/sent/"]
OTHERS = ["/no-such-page/", "/give/thanks/", "/accounts/login/", "/accounts/password/reset/", "/pledge/confirm/none/"]
# One address for each further type of page.
TYPES = ["/our-solution/", "/get-involved/church/", "/about/financials/", "/about/faq/", "/about/jobs/", "/articles/"]
TYPES += ["/about/newsroom/", "/about/contact/", "/films/", "/podcast/", "/shop/", "/privacy/", "/subscribe/"]
TYPES += ["/films/forty-seconds/", "/podcast/reading-a-number-aloud/", "/about/jobs/sample-posting/"]
TYPES += ["/articles/reading-a-number/", "/resources/", "/about/", "/policies/refunds/", "/my/"]
# Where somebody stays for a while: help, texts about trafficking, films.
LONG = ("/get-help/", "/the-problem/what-is-human-trafficking/", "/articles/reading-a-number/", "/films/forty-seconds/")
# What axe looks for: all of it once a page, and again what colours and the width of the window can change.
BRIEF = {"resultTypes": ["violations"]}  # what passes is not told in full: most of the time goes there
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BY_WIDTH = ["color-contrast", "target-size", "link-in-text-block", "link-name", "button-name", "aria-hidden-focus"]


@pytest.mark.parametrize("address", READING)
def test_it_leaves_no_cookie_and_no_token_on_reading_pages(visitor: Visitor, address: str) -> None:
    answer = visitor.open(address).answer
    assert answer is not None and answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "cookie" not in answer.headers.get("Vary", "").lower()
    assert "csrfmiddlewaretoken" not in answer.text


@pytest.mark.parametrize("address", [*READING, *FORMS, *OTHERS, *TYPES])
def test_it_is_accessible_at_every_width_in_light_and_dark_and_never_scrolls_sideways(
    running_site: Site, open_page: Callable[..., Page], address: str
) -> None:
    page = open_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(running_site.url + address)
    assert violations(page, BY_WIDTH, kind="rule") == []
    assert page.locator("h1").count() == 1
    page.emulate_media(color_scheme="dark")
    assert violations(page, ["color-contrast"], kind="rule") == []  # dark changes nothing but colours
    page.emulate_media(color_scheme="light")
    for width in (1280, 320, 390):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if page.locator(".exit").count():
            assert the_exit_is_in_reach(page)
    assert violations(page, RULES) == []  # on a phone, where all that the menu holds is there as well
    foreign = [wrong for wrong in page.wrongs if "404" not in wrong and "410" not in wrong]  # type: ignore[attr-defined]
    assert foreign == []


@pytest.mark.parametrize("address", [*READING, *FORMS, *OTHERS, *TYPES])
def test_it_offers_the_way_out_on_every_page_and_names_it_first(visitor: Visitor, address: str) -> None:
    page = visitor.open(address).page
    ways = page.select("a[data-leave][rel~=noreferrer][rel~=nofollow][href='/leave/']")
    if "/accounts/" in address:  # staff's own pages
        assert not ways and not page.select("#leaving")
        return
    assert ways[0] is page.select("body a")[1]  # for the Tab key: behind "Skip to the content"
    assert page.select_one(".help a[data-leave], .exit a[data-leave]") in ways[1:]
    assert bool(page.select(".exit")) == address.startswith(LONG), "a button in the corner for readers alone"
    assert page.select("#leaving[data-to^='https://']")


@pytest.mark.parametrize("address", ["/pledge/", "/subscribe/", "/about/contact/", "/my/"])
def test_it_lets_no_form_be_remembered_once_the_browser_is_closed(visitor: Visitor, address: str) -> None:
    visitor.open(address)
    assert [cookie.expires for cookie in visitor.session.cookies] == [None]


def violations(page: Page, only: list[str], kind: str = "tag") -> list[tuple[str, list[str]]]:
    """What axe finds by these tags or rules."""
    found = Axe().run(page, options={"runOnly": {"type": kind, "values": only}, **BRIEF}).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found]


def the_exit_is_in_reach(page: Page) -> bool:
    """Nothing covers it and a finger meets it, wherever one has scrolled to."""
    for part in (0, 0.5, 1):
        page.evaluate("part => scrollTo(0, document.body.scrollHeight * part)", part)
        hit, width, height = page.evaluate(
            """() => {
                const box = document.querySelector('.exit a.out').getBoundingClientRect();
                const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return [!!hit && !!hit.closest('.exit a.out'), box.width, box.height];
            }"""
        )
        if not hit or min(width, height) < 44:
            return False
    return True


def test_it_shows_each_figure_with_its_source(visitor: Visitor) -> None:
    visitor.open("/the-problem/what-is-human-trafficking/")
    for cite in visitor.page.select("sup a[href^='#note-']"):
        assert visitor.page.select_one(str(cite["href"])), cite
    assert len(visitor.page.select("sup a[href^='#note-']")) >= 5
    assert "Palermo" in visitor.words or "Protocol to Prevent" in visitor.words
    assert "27.6 million" in visitor.words
    assert "International Labour Organization" in visitor.words


def test_it_says_that_the_help_lines_of_a_demonstration_are_real(visitor: Visitor) -> None:
    visitor.open("/get-help/")
    assert "real" in visitor.page.select_one(".demo").get_text()
    assert visitor.page.select("a[href^='tel:']")


def test_it_brings_nothing_typed_back_after_leaving(running_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page("phone")
    page.route(re.compile(r"^https://"), lambda route: route.fulfill(body="<p>Weather</p>"))
    page.goto(f"{running_site.url}/give/")
    page.fill("[name=email]", "half@example.org")
    page.locator("[name=amount_once][value=other]").check()
    with page.expect_navigation():
        page.locator("form#give button.big").click()  # without a sum: the form comes back, filled
    page.locator(".help a[data-leave]").click()
    page.wait_for_url(re.compile("^https://"))
    wait_for(lambda: page.context.cookies() == [], "the end of our cookies")
    page.go_back()
    page.wait_for_url("**/give/**")
    assert page.input_value("[name=email]") == ""


def test_it_leaves_at_once_and_takes_its_place_in_the_history(
    running_site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.route(re.compile(r"^https://"), lambda route: route.fulfill(body="<p>Weather</p>"))
    page.goto(f"{running_site.url}/healthz")
    page.goto(f"{running_site.url}/get-help/")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url(re.compile("^https://"))
    page.go_back()
    expect(page).to_have_url(f"{running_site.url}/healthz")


def test_it_sends_the_headers_of_a_careful_site(visitor: Visitor) -> None:
    for address in (
        "/",
        "/give/",
        "/pledge/",
        "/get-help/",
        "/no-such-page/",
        "/accounts/login/",
        "/static/css/site.css",
    ):
        answer = visitor.open(address).answer
        assert answer is not None
        headers = answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("javascript", [True, False])
def test_it_shows_help_in_the_language_that_was_chosen(
    running_site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    page = open_page("phone", javascript=javascript)
    page.goto(running_site.url + "/get-help/")
    arabic = page.locator("#in-ar")
    expect(arabic).to_be_hidden()
    page.get_by_role("link", name="العربية").click()
    expect(arabic).to_be_visible()
    assert arabic.evaluate("part => getComputedStyle(part).direction") == "rtl"
    expect(page.locator("#in-es")).to_be_hidden()


def test_it_leaves_help_in_one_step_however_one_moved_about(running_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(running_site.url + "/the-problem/")
    page.goto(running_site.url + "/get-help/")
    page.locator(".tongues").get_by_role("link", name="Español").click()
    page.locator('a[href="#country-fr"]').click()
    page.go_back()
    assert page.url.endswith("/the-problem/")


def test_it_prints_the_open_card_alone(running_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(running_site.url + "/get-help/card/")
    page.get_by_text("France", exact=True).first.click()
    page.emulate_media(media="print")
    expect(page.locator("details[open] .card")).to_be_visible()
    assert "Germany" not in page.locator("main").inner_text()
    expect(page.locator("h1")).to_be_hidden()


@pytest.mark.parametrize(
    ("address", "most"),
    [
        *((address, 100_000) for address in ("/", "/the-problem/what-is-human-trafficking/", "/give/", "/pledge/")),
        ("/films/forty-seconds/", 100_000),
        ("/get-help/", 50_000),
    ],
)
def test_it_brings_the_first_view_to_weak_lines(
    running_site: Site, open_page: Callable[..., Page], address: str, most: int
) -> None:
    page = open_page("phone")
    page.goto(running_site.url + address, wait_until="networkidle")
    weight = page.evaluate(
        """() => [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]
            .reduce((sum, entry) => sum + entry.transferSize, 0)"""
    )
    assert 5_000 < weight < most


def test_it_packs_what_everybody_may_read_and_nothing_of_a_person(visitor: Visitor) -> None:
    answer = visitor.open("/the-problem/").answer
    assert answer is not None and answer.headers["Content-Encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["Vary"].lower()
    for address in ("/my/", "/the-problem/"):  # the first sets a cookie, and the browser brings it from then on
        answer = visitor.open(address).answer
        assert answer is not None and "Content-Encoding" not in answer.headers
