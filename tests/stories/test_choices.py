"""The story of what donors decide on the way: a dedication, a monthly gift instead, another currency, by keys alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility import in_both_themes
from tests.browsers import SIZES, follow
from tests.running import Site
from tests.stories.test_giving import WAYS, fill, pay, send
from tests.stories.test_learning import RULES
from tests.stories.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.browser]
REACHED = "where => document.activeElement.matches(where)"
# What has the focus, whether anything marks it, and whether it lies in sight, clear of the bar at the bottom.
FOCUS = """() => {
    const it = document.activeElement, marked = [it, it.closest('label')].some(
        each => each && getComputedStyle(each).outlineStyle !== 'none');
    const box = (it.closest('.seg label, .choice label') || it).getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + Math.min(box.width / 2, 40), box.y + Math.min(box.height / 2, 20));
    const seen = !!hit && (hit.contains(it) || it.contains(hit) || !hit.closest('.exit'));
    return [it.outerHTML.slice(0, 90), marked, seen];
}"""


def check(page: Page, javascript: bool) -> None:
    """Nothing that axe finds, nothing that scrolls sideways, nothing wrong in the console. The story goes on at the
    other width, so that it has shown both when it ends.
    """
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.wrongs == []  # type: ignore[attr-defined]
    if javascript:
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")  # elsewhere the bar at the bottom may halve a target
        assert in_both_themes(page, RULES) == []
    page.set_viewport_size(SIZES["desktop" if page.viewport_size == SIZES["phone"] else "phone"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@WAYS
def test_it_shows_the_card_before_anything_is_sent_and_mails_it_after_the_payment(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str, javascript: bool
) -> None:
    who = f"{size}-{javascript}".lower()
    page = open_page(size, javascript)
    page.goto(f"{running_site.url}/give/?frequency=once")
    fill(page, "once", "35", f"giver-{who}@example.org")
    page.locator("#dedication summary").click()
    page.select_option("[name=tribute]", "honour")
    page.fill("[name=card_to]", f"grace-{who}@example.org")
    page.fill("[name=card_message]", "For all you did.\nالسلام عليكم 🕊")
    follow(page.get_by_role("button", name="Look at the card"))
    expect(page.locator("#id_tribute_name_error")).to_be_visible()
    expect(page.locator(".errors")).to_be_in_viewport()
    assert page.locator("#card-title").count() == 0 and page.input_value("[name=card_message]").startswith("For all")
    check(page, javascript)
    page.fill("[name=tribute_name]", "غريس")
    follow(page.get_by_role("button", name="Look at the card"))
    expect(page.locator("#card")).to_contain_text("A gift was made in honour of غريس")
    expect(page.locator("#card")).to_contain_text(f"It goes to grace-{who}@example.org as soon as")
    expect(page.locator("#card-title")).to_be_in_viewport()
    check(page, javascript)
    send(page)
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    card = visitor.newest_letter(f"grace-{who}@example.org", "in honour of غريس")
    assert "السلام عليكم 🕊" in card and "$35" not in card


@WAYS
def test_it_suggests_a_monthly_gift_on_the_page_and_keeps_all_that_was_typed(
    running_site: Site, open_page: Callable[..., Page], size: str, javascript: bool
) -> None:
    page = open_page(size, javascript)
    page.goto(f"{running_site.url}/give/?frequency=once")
    fill(page, "once", "75", "turned@example.org")
    page.fill("[name=name]", "Zoë 🙂")
    suggestion = page.locator("form#give .nudge")
    expect(suggestion).to_be_visible()
    if javascript:
        expect(suggestion).to_contain_text("$25 every month")
    page.locator("[name=amount_once][value='300']").check()
    expect(suggestion).to_be_hidden()  # whoever gives that much has decided
    page.locator("[name=amount_once][value='75']").check()
    follow(page.get_by_role("button", name="Make it monthly instead"))
    expect(page.locator("#giving")).to_contain_text("Now it says $25 every month. Nothing has been charged.")
    expect(page.locator("#giving .note")).to_be_in_viewport()
    assert page.locator("[name=frequency]:checked").get_attribute("value") == "monthly"
    assert page.input_value("[name=other]") == "25" and page.input_value("[name=name]") == "Zoë 🙂"
    check(page, javascript)
    send(page)
    page.wait_for_url("**/c/pay/**")
    expect(page.locator("body")).to_contain_text("$25.00")


@WAYS
def test_it_changes_the_currency_on_the_way_by_keys_and_by_hand_and_keeps_all_that_was_typed(
    running_site: Site, open_page: Callable[..., Page], size: str, javascript: bool
) -> None:
    page = open_page(size, javascript, reduced_motion="reduce")
    page.goto(f"{running_site.url}/give/")
    fill(page, "monthly", "other", "moved@example.org")
    page.fill("[name=other]", "4,000")
    page.fill("[name=name]", "Zoë 🙂")
    page.locator("#dedication summary").click()
    page.select_option("[name=tribute]", "honour")
    page.fill("[name=tribute_name]", "Grace")
    page.locator("[name=cover_fee]").check()
    menu = page.get_by_label("Currency", exact=True)
    menu.focus()
    for each in ("EUR", "GBP"):
        page.keyboard.press("ArrowDown")  # through a menu that is closed: nothing may happen on the way
        assert menu.input_value() == each
    tab_to(page, "[name=step][value=currency]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#how-much")).to_contain_text("British pounds")
    expect(page.locator("#how-much")).to_be_in_viewport()
    check(page, javascript)
    if javascript:
        with page.expect_navigation():
            menu.select_option(label="Japanese Yen (JPY)")
    else:
        menu.select_option(label="Japanese Yen (JPY)")
        follow(page.get_by_role("button", name="Change currency"))
    expect(page.locator("#how-much")).to_contain_text("Japanese yen")
    expect(page.locator("#giving .note")).to_contain_text("nothing has been charged")
    assert page.locator("[name=amount_monthly]:checked").get_attribute("value") == "other"
    assert page.locator("[name=frequency]:checked").get_attribute("value") == "monthly"
    assert page.locator("[name=cover_fee]").is_checked() and page.input_value("[name=tribute]") == "honour"
    kept = {"email": "moved@example.org", "name": "Zoë 🙂", "tribute_name": "Grace", "other": "4,000"}
    assert {name: page.input_value(f"[name={name}]") for name in kept} == kept
    check(page, javascript)
    send(page)
    page.wait_for_url("**/c/pay/**")
    expect(page.locator("body")).to_contain_text("¥4,16")  # the gift and its fee


def tab_to(page: Page, where: str) -> None:
    """Press Tab until that has the focus; on the way, each stop is marked and in sight."""
    for _ in range(60):
        page.keyboard.press("Tab")
        what, marked, seen = page.evaluate(FOCUS)
        assert marked and seen, what
        if page.evaluate(REACHED, where):
            return
    raise AssertionError(f"Tab does not lead to {where}")


@WAYS
def test_it_takes_a_whole_gift_by_keys_alone(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str, javascript: bool
) -> None:
    email, friend = f"keys-{size}-{javascript}@example.org".lower(), f"friend-{size}-{javascript}@example.org".lower()
    page = open_page(size, javascript, reduced_motion="reduce")
    page.goto(f"{running_site.url}/give/")
    tab_to(page, ".skip")
    page.keyboard.press("Enter")
    tab_to(page, "[name=frequency]:checked")
    page.keyboard.press("ArrowLeft")  # from once to every month
    assert page.locator("[name=frequency]:checked").get_attribute("value") == "monthly"
    page.keyboard.press("ArrowRight")
    assert page.locator("[name=frequency]:checked").get_attribute("value") == "once"
    tab_to(page, "[name=amount_once]:checked")
    for _ in range(3):
        page.keyboard.press("ArrowDown")  # from the second rung to another amount
    tab_to(page, "[name=other]")
    page.keyboard.type("forty")
    tab_to(page, "[name=cover_fee]")
    page.keyboard.press("Space")
    tab_to(page, "#dedication summary")
    page.keyboard.press("Enter")
    tab_to(page, "[name=tribute_name]")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("In m")  # of memory
    tab_to(page, "[name=tribute_name]")
    page.keyboard.type("Grace")
    tab_to(page, "[name=card_to]")
    page.keyboard.type(friend)
    tab_to(page, "[name=step][value=card]")
    _press_enter(page)
    expect(page.locator("#card")).to_contain_text("in memory of Grace")
    expect(page.locator("#card-title")).to_be_in_viewport()
    tab_to(page, "[name=email]")
    page.keyboard.type(email)
    _press_enter(page)
    expect(page.locator(".errors")).to_contain_text("in digits")
    if javascript:
        assert page.evaluate(REACHED, ".errors")
    tab_to(page, ".errors a")
    page.keyboard.press("Enter")
    if not page.evaluate(REACHED, "[name=other]"):
        tab_to(page, "[name=other]")
    page.keyboard.press("Control+a")
    page.keyboard.type("42.50")
    if javascript:  # without it nobody knows the sum that was typed, and nothing is suggested
        tab_to(page, "[name=step][value=monthly]")
        _press_enter(page)
        expect(page.locator("#giving")).to_contain_text("Now it says $15 every month")
        tab_to(page, "[name=email]")
    _press_enter(page)
    page.wait_for_url("**/c/pay/**")
    for name, text in (("card_number", "4242424242424242"), ("exp", "12/34"), ("cvc", "123"), ("name", "Ada")):
        while not page.evaluate(REACHED, f"[name={name}]"):
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/give/thanks/**")
    assert ("$15.76" if javascript else "$44.08") in visitor.newest_letter(email, "DEMO-")
    assert "in memory of Grace" in visitor.newest_letter(friend, "in memory of Grace")


def _press_enter(page: Page) -> None:
    """On a button, or in a field, where it sends the form."""
    with page.expect_navigation():
        page.keyboard.press("Enter")
