"""The story of a reader: pages with sources, help within reach, away at once, and nothing left behind by us."""

import itertools
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility import violations
from tests.browsers import SIZES, follow
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
KINDS = {"reading": READING, "forms": FORMS, "others": OTHERS, "types": TYPES}
# Where somebody stays for a while: help, texts about trafficking, films.
LONG = ("/get-help/", "/the-problem/what-is-human-trafficking/", "/articles/reading-a-number/", "/films/forty-seconds/")
# What axe looks for: all of it once a page, and again what colours and the width of the window can change.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BY_WIDTH = ["color-contrast", "target-size", "link-in-text-block", "link-name", "button-name", "aria-hidden-focus"]

# What stands around the text of a page: the same on most, more than half of what a short page holds.
FRAME = """() => [...document.body.children].filter((part) => part.localName !== "main").map((part) =>
    [part.className, ...["*", "[aria-current]"].map((which) => part.querySelectorAll(which).length)]).join()"""


@pytest.mark.parametrize("address", READING)
def test_it_leaves_no_cookie_and_no_token_on_reading_pages(visitor: Visitor, address: str) -> None:
    answer = visitor.open(address).answer
    assert answer is not None and answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "cookie" not in answer.headers.get("Vary", "").lower()
    assert "csrfmiddlewaretoken" not in answer.text


@pytest.mark.parametrize("addresses", KINDS.values(), ids=KINDS)
def test_it_is_accessible_at_every_width_in_light_and_dark_and_never_scrolls_sideways(
    running_site: Site, open_page: Callable[..., Page], addresses: list[str]
) -> None:
    page = open_page(reduced_motion="reduce")
    frames: set[str] = set()
    wrong = {address: found for address in addresses if (found := trouble(page, running_site.url + address, frames))}
    assert not wrong, "\n".join(f"{address}: {found}" for address, found in wrong.items())


def trouble(page: Page, address: str, frames: set[str]) -> list[object]:
    """What is wrong with a page in any look. It is loaded once, on a desk in the light. Of `frames`, which were seen on
    other pages, axe looks at their colours on a phone alone.
    """
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(SIZES["desktop"])
    page.wrongs.clear()  # type: ignore[attr-defined]
    page.goto(address)
    frame = page.evaluate(FRAME)
    part = "main" if frame in frames else "html"
    frames.add(frame)
    found: list[object] = [*violations(page, BY_WIDTH, within=part)]
    if page.locator("h1").count() != 1:
        found.append("not one title")
    page.emulate_media(color_scheme="dark")
    found += violations(page, ["color-contrast"], within=part)  # dark changes nothing but colours
    page.emulate_media(color_scheme="light")
    for width in (1280, 320, 390):
        page.set_viewport_size({"width": width, "height": 700})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"it scrolls sideways at {width}")
        if page.locator(".exit").count() and not the_exit_is_in_reach(page):
            found.append(f"the way out is not in reach at {width}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")  # as a phone's own setting for texts does
    if page.evaluate("document.documentElement.scrollWidth") > 390:
        found.append("it scrolls sideways at 390 with large letters")
    page.evaluate("document.documentElement.style.fontSize = ''")
    found += violations(page, tags=RULES)  # on a phone, where all that the menu holds is there as well
    found += [wrong for wrong in page.wrongs if "404" not in wrong and "410" not in wrong]  # type: ignore[attr-defined]
    return found


def test_it_offers_the_way_out_on_every_page_and_names_it_first(visitor: Visitor) -> None:
    for address in itertools.chain(*KINDS.values()):
        page = visitor.open(address).page
        ways = page.select("a[data-leave][rel~=noreferrer][rel~=nofollow][href='/leave/']")
        if "/accounts/" in address:  # staff's own pages
            assert not ways and not page.select("#leaving"), address
            continue
        assert ways[0] is page.select("body a")[1], address  # for the Tab key: behind "Skip to the content"
        assert page.select_one(".help a[data-leave], .exit a[data-leave]") in ways[1:], address
        assert bool(page.select(".exit")) == address.startswith(LONG), f"{address}: for readers alone"
        assert page.select("#leaving[data-to^='https://']"), address


@pytest.mark.parametrize("address", ["/pledge/", "/subscribe/", "/about/contact/", "/my/"])
def test_it_lets_no_form_be_remembered_once_the_browser_is_closed(visitor: Visitor, address: str) -> None:
    visitor.open(address)
    assert [cookie.expires for cookie in visitor.session.cookies] == [None]


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
    page = visitor.open("/the-problem/what-is-human-trafficking/").page
    cites, words = page.select("sup a[href^='#note-']"), visitor.words
    assert len(cites) >= 5
    for cite in cites:
        assert page.select_one(str(cite["href"])), cite
    assert "Palermo" in words or "Protocol to Prevent" in words
    assert "27.6 million" in words
    assert "International Labour Organization" in words


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
    follow(page.locator("form#give button.big"))  # without a sum: the form comes back, filled
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
    assert answer is not None and answer.headers["Content-Encoding"] == "br"
    assert "accept-encoding" in answer.headers["Vary"].lower()
    answer = visitor.open("/my/").answer
    assert answer is not None and "Content-Encoding" not in answer.headers
    answer = visitor.open("/the-problem/").answer  # the same bytes for everybody, whichever cookie the browser brings
    assert answer is not None and answer.headers["Content-Encoding"] == "br"
