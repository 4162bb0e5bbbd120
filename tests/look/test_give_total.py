"""The live total of the give form: the server's sums in whole minor units, and silence when unsure."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from playwright.sync_api import Page, expect

from donations import money
from tests.look.stage import show

pytestmark = pytest.mark.browser

FORM = """<!doctype html><html lang="en"><title>Give</title>
<link rel="stylesheet" href="/static/css/site.css">
<script src="/static/js/give.js" defer></script>
<form id="give" class="steps" {data}>
<label><input type="radio" name="frequency" value="monthly">Every month</label>
<label><input type="radio" name="frequency" value="once">Once</label>
<p class="if-unchosen">First choose how often.</p>
<div class="choice if-monthly"><h2 class="if-both">Every month</h2>
<label><input type="radio" name="amount_monthly" value="30">30</label>
<label><input type="radio" name="amount_monthly" value="other">Other</label></div>
<div class="choice if-once"><label><input type="radio" name="amount_once" value="75" checked>75</label>
<label><input type="radio" name="amount_once" value="other">Other</label></div>
<div class="field if-other"><label for="other">Another amount</label><input id="other" name="other"></div>
<label><input type="checkbox" name="cover_fee">Cover <span data-o="feeask">the fee</span></label>
<button><span data-o="verb">Continue</span></button></form>
<div class="sum" hidden><span data-o="gift"></span><span data-o="fee"></span><span data-o="total"></span>
<span data-o="when"></span><p role="status" data-o="say"></p></div>"""

USD = 'data-currency="USD" data-decimals="2" data-locale="en" data-fee-percent="2.9" data-fee-fixed="30"'
JPY = 'data-currency="JPY" data-decimals="0" data-locale="en" data-fee-percent="3.6" data-fee-fixed="0"'
ODD = 'data-currency="GBP" data-decimals="2" data-locale="en-GB" data-fee-percent="1.25" data-fee-fixed="20"'


def test_it_shows_amounts_only_once_a_frequency_is_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page(javascript=False)
    show(page, FORM.format(data=USD))
    monthly, once, other = page.locator(".if-monthly"), page.locator(".if-once"), page.locator(".if-other")
    for part in (monthly, once, other):
        expect(part).to_be_hidden()
    expect(page.locator(".if-unchosen")).to_be_visible()
    page.get_by_label("Every month").check()
    expect(monthly).to_be_visible()
    expect(once).to_be_hidden()
    expect(page.locator(".if-unchosen")).to_be_hidden()
    page.locator("[name=amount_monthly][value=other]").check()
    expect(other).to_be_visible()
    page.get_by_label("Once").check()
    expect(once).to_be_visible()
    expect(other).to_be_hidden()
    expect(page.locator(".if-both")).to_be_hidden()


def test_it_says_sum_and_interval_on_the_button(open_page: Callable[..., Page]) -> None:
    page = open_page()
    show(page, FORM.format(data=USD))
    button = page.locator("button")
    expect(button).to_have_text("Continue")
    expect(page.locator(".sum")).to_be_hidden()
    page.get_by_label("Once").check()
    expect(button).to_have_text("Continue with $75, once")
    page.get_by_label("Every month").check()
    expect(button).to_have_text("Continue")
    page.locator("[name=amount_monthly][value='30']").check()
    expect(button).to_have_text("Continue with $30 every month")
    expect(page.locator("[data-o=feeask]")).to_have_text("Adds $1.20.")
    page.locator("[name=cover_fee]").check()
    expect(button).to_have_text("Continue with $31.20 every month")
    expect(page.locator("[data-o=fee]")).to_have_text("$1.20")
    expect(page.locator("[role=status]")).to_have_text("Total: $31.20 every month")
    assert page.wrongs == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "code", "basis_points", "fixed"), [(USD, "USD", 290, 30), (JPY, "JPY", 360, 0), (ODD, "GBP", 125, 20)]
)
def test_it_grosses_up_exactly_as_the_server_does(
    open_page: Callable[..., Page], data: str, code: str, basis_points: int, fixed: int
) -> None:
    page = open_page()
    show(page, FORM.format(data=data))
    decimals = money.decimals(code)
    gifts = [*range(100, 1400, 7), 2500, 3333, 9999, 10_000, 123_456, 4_999_999, 5_000_000, 99_000_000]
    typed = [f"{gift // 10**decimals}.{gift % 10**decimals:0{decimals}d}" if decimals else str(gift) for gift in gifts]
    shown = page.evaluate(
        """typed => {
        const pick = (selector) => { document.querySelector(selector).checked = true; };
        pick('[value=once]'); pick('[name=amount_once][value=other]'); pick('[name=cover_fee]');
        const other = document.querySelector('#other'), total = document.querySelector('[data-o=total]');
        return typed.map((text) => {
            other.value = text;
            other.dispatchEvent(new Event('input', {bubbles: true}));
            return total.textContent;
        });
    }""",
        typed,
    )
    digits = [text.replace(",", "").lstrip("$£¥") for text in shown]
    units = [round(Fraction(text) * 10**decimals) for text in digits]
    assert units == [money.with_fee(gift, code, basis_points, fixed) for gift in gifts]


TYPED = {
    "25": "Continue with $25, once",
    " $25.50 ": "Continue with $25.50, once",
    "1,000": "Continue with $1,000, once",
    "１２": "Continue with $12, once",
    **dict.fromkeys(
        ["-5", "NaN", "0.001", "1.130", "1e9", "1.000,00", "10,00", "007", "25.", "12 or so", ""], "Continue"
    ),
}


def test_it_stays_silent_when_it_is_not_sure_of_the_sum(open_page: Callable[..., Page]) -> None:
    page = open_page()
    show(page, FORM.format(data=USD))
    page.get_by_label("Once").check()
    page.locator("[name=amount_once][value=other]").check()
    said = {}
    for typed in TYPED:
        page.get_by_label("Another amount").fill(typed)
        said[typed] = page.locator("button").inner_text()
    assert said == TYPED


def test_it_knows_money_without_decimals(open_page: Callable[..., Page]) -> None:
    page = open_page()
    show(page, FORM.format(data=JPY))
    page.get_by_label("Every month").check()
    page.locator("[name=amount_monthly][value=other]").check()
    page.get_by_label("Another amount").fill("3000")
    expect(page.locator("button")).to_have_text("Continue with ¥3,000 every month")
    page.get_by_label("Another amount").fill("3000.5")
    expect(page.locator("button")).to_have_text("Continue")
