"""Cheques are typed in a browser by keyboard alone, on a wide and a narrow screen, and axe finds nothing."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.staff.test_browser import axe, enter, newcomer, tab  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.processes]
NEW = "/admin/gifts/batches/new/"
MOST_TABS = 12  # from one field to the next one that is wanted: a date has several parts


def focused(tab: Page) -> str:  # noqa: F811
    return str(tab.evaluate("document.activeElement.name || ''"))


def tab_to(tab: Page, name: str) -> None:  # noqa: F811
    for _step in range(MOST_TABS):
        if focused(tab) == name:
            return
        tab.keyboard.press("Tab")
    raise AssertionError(f"no way by Tab to {name}, but to {focused(tab)}")


def type_row(tab: Page, row: int, amount: str, name: str, number: str) -> None:  # noqa: F811
    assert focused(tab) == f"row-{row}-amount", "the next empty row waits for it"
    tab.keyboard.type(amount)
    for field, text in (("name", name), ("number", number)):
        tab_to(tab, f"row-{row}-{field}")
        tab.keyboard.type(text)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


def overflow(tab: Page) -> int:  # noqa: F811
    """How far the page scrolls sideways, in pixels; what scrolls within it is not the page."""
    return int(tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_it_books_a_slip_by_keyboard_alone_and_axe_finds_nothing(tab, newcomer):  # noqa: F811
    enter(tab, newcomer, "Donor care")
    tab.goto(NEW)
    assert axe(tab) == [] and focused(tab) == "slip-banked_on"
    tab.keyboard.type("01152026")
    tab_to(tab, "slip-currency")
    tab.keyboard.type("U")
    tab_to(tab, "slip-total")
    tab.keyboard.type("175.50")
    tab_to(tab, "slip-count")
    tab.keyboard.type("2")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    giver = f"Ada {secrets.token_hex(4)}"
    type_row(tab, 0, "125.50", giver, "000417")
    expect(tab.get_by_text("1 too few cheques. $50.00 USD are missing.")).to_be_visible()
    type_row(tab, 1, "5O", "Bea Lind", "88")  # a letter among the digits
    expect(tab.get_by_text("These rows cannot be read: 2.")).to_be_visible()
    assert axe(tab) == []
    for width in (390, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        assert overflow(tab) <= 0, width
    tab.locator("[name=row-1-amount]").press("Control+a")
    tab.keyboard.type("50")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    expect(tab.get_by_text("Sum and number are those of the slip.")).to_be_visible()
    tab.get_by_role("button", name="Book the batch").focus()
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    expect(tab.get_by_role("row", name=giver)).to_contain_text("$125.50 USD")
    assert axe(tab) == [] and tab.wrongs == []
    for width in (390, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        assert overflow(tab) <= 0, width
    tab.emulate_media(media="print")
    whole = (
        "main.scrollHeight <= document.documentElement.scrollHeight && getComputedStyle(main).overflowY == 'visible'"
    )
    assert tab.evaluate(f"(main => {whole})(document.querySelector('main'))"), "paper has all pages of a long list"
    tab.emulate_media(media="screen")
    tab.goto("/admin/gifts/batches/")
    assert axe(tab) == []
