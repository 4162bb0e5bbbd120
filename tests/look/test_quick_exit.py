"""Quick exit, in a real browser: it works without JavaScript, is in reach, and is not triggered by typing."""

from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.look.stage import ELSEWHERE, show

pytestmark = pytest.mark.browser
FILLER = "<p>Something to read.</p>" * 120


def reading(page: Page) -> Page:
    """A long page with a text field, and the button in its corner."""
    html = render_to_string("400.html").replace("</h1>", "</h1><input aria-label='note'>" + FILLER, 1)
    html = html.replace("</body>", render_to_string("partials/exit_button.html") + "</body>")
    show(page, html)
    return page


def press_shift(page: Page, times: int) -> None:
    for _ in range(times):
        page.keyboard.press("Shift")


def test_it_leaves_by_a_plain_link(open_page: Callable[..., Page]) -> None:
    page = reading(open_page(javascript=False))
    page.locator(".exit .out").click()
    page.wait_for_url("**/leave/")  # which leads on: tests/look/test_base.py


def test_it_takes_the_place_of_the_page_in_the_history_of_the_tab_and_ends_our_cookies(
    open_page: Callable[..., Page],
) -> None:
    page = reading(open_page())
    with page.expect_request(lambda request: request.url.endswith("/leave/") and request.method == "POST"):
        page.locator(".exit .out").click()
    page.wait_for_url(ELSEWHERE)
    page.go_back()
    expect(page).to_have_title("Start")


def test_it_goes_blank_before_the_other_site_answers(open_page: Callable[..., Page]) -> None:
    page = reading(open_page())
    page.unroute(f"{ELSEWHERE}**")
    page.route(f"{ELSEWHERE}**", lambda route: None)  # the other site never answers
    seen = page.evaluate("""() => {
        document.querySelector('.exit .out').click();
        return [getComputedStyle(document.body).display, document.title];
    }""")
    assert seen == ["none", "Loading"]


def test_it_shows_the_page_again_when_the_reader_comes_back_to_it(open_page: Callable[..., Page]) -> None:
    page = reading(open_page())
    page.evaluate("document.body.hidden = true; dispatchEvent(new PageTransitionEvent('pageshow'))")
    expect(page.locator("h1")).to_be_visible()


def test_it_leaves_after_shift_three_times_and_counts_aloud(open_page: Callable[..., Page]) -> None:
    page = reading(open_page())
    status, lights = page.locator("#leaving"), page.locator(".exit i b.on")
    press_shift(page, 1)
    expect(status).to_contain_text("2 more times")
    expect(lights).to_have_count(1)
    press_shift(page, 1)
    expect(status).to_contain_text("once more")
    press_shift(page, 1)
    page.wait_for_url(ELSEWHERE)


def test_it_forgets_the_presses_after_five_seconds(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.clock.install()
    reading(page)
    press_shift(page, 2)
    page.clock.run_for(1000)
    expect(page.locator(".exit i b.on")).to_have_count(2)
    page.clock.run_for(5000)
    expect(page.locator(".exit i b.on")).to_have_count(0)
    press_shift(page, 1)
    assert page.title() != "Loading"


def test_it_is_not_triggered_by_capital_letters_or_other_keys(open_page: Callable[..., Page]) -> None:
    page = reading(open_page())
    page.get_by_label("note").focus()
    for letter in "ABCDEF":
        page.keyboard.press(f"Shift+{letter}")
    for _ in range(4):  # the letter let go after Shift, as fast typists do
        page.keyboard.down("Shift")
        page.keyboard.down("Q")
        page.keyboard.up("Shift")
        page.keyboard.up("Q")
    for _ in range(4):
        press_shift(page, 2)
        page.keyboard.press("x")
    expect(page.get_by_label("note")).to_have_value("ABCDEFQQQQxxxx")
    expect(page.locator(".exit i b.on")).to_have_count(0)


def test_it_is_not_triggered_by_selecting_or_by_holding_the_key(open_page: Callable[..., Page]) -> None:
    page = reading(open_page())
    for _ in range(4):
        page.locator("h1").click(modifiers=["Shift"])
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.down("Shift")
    for _ in range(6):
        page.keyboard.down("Shift")  # repeats of one long press
    page.keyboard.up("Shift")
    expect(page.locator(".exit i b.on")).to_have_count(1)


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (768, 1024), (1280, 900)])
def test_it_is_in_reach_wherever_the_reader_is(open_page: Callable[..., Page], width: int, height: int) -> None:
    page = open_page()
    page.set_viewport_size({"width": width, "height": height})
    reading(page)
    for share in (0, 0.5, 1):
        page.evaluate("share => scrollTo({top: share * document.body.scrollHeight, behavior: 'instant'})", share)
        box = page.locator(".exit .out").bounding_box()
        assert box
        assert box["width"] >= 44
        assert box["height"] >= 44
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert page.evaluate("([x, y]) => !!document.elementFromPoint(x, y)?.closest('.out')", middle)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_is_the_second_stop_of_the_tab_key_and_hides_no_focus(open_page: Callable[..., Page]) -> None:
    page = reading(open_page("phone", reduced_motion="reduce"))  # no smooth scrolling to wait for
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("href", "#main")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("href", "/leave/")
    expect(page.locator(":focus")).to_be_in_viewport()
    for _ in range(4):  # the mark, the field, the two links below the text
        page.keyboard.press("Tab")
        hidden = page.evaluate("""() => {
            const focus = document.activeElement, bar = document.querySelector('.exit');
            const foot = focus.getBoundingClientRect().bottom;
            return !bar.contains(focus) && foot > bar.getBoundingClientRect().top;
        }""")
        assert not hidden


def test_it_breaks_no_rule_of_the_security_policy(open_page: Callable[..., Page]) -> None:
    page = reading(open_page())
    assert page.wrongs == []  # type: ignore[attr-defined]
