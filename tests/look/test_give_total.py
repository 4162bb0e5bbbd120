"""The live total of the give form: the server's sums in whole minor units, and silence when unsure."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import Client
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect

from donations import money
from donations.giving import appeals, gifts, starter
from donations.giving.forms import GiveForm
from donations.models import Currency
from foundation.access import antispam
from tests.accessibility import violations
from tests.donations.written import CURRENCIES, WRITTEN
from tests.look.stage import show

pytestmark = pytest.mark.browser

FORM = """<!doctype html><html lang="en"><title>Give</title>
<link rel="stylesheet" href="/static/css/site.css">
<script src="/static/js/give.js" defer></script>
<form id="give" class="steps" {data}>
<label><input type="radio" name="frequency" value="monthly">Every month</label>
<label><input type="radio" name="frequency" value="yearly">Every year</label>
<label><input type="radio" name="frequency" value="once">Once</label>
<p class="if-unchosen">First choose how often.</p>
<div class="choice if-monthly"><h2 class="if-both">Every month</h2>
<label><input type="radio" name="amount_monthly" value="30">30</label>
<label><input type="radio" name="amount_monthly" value="other">Other</label></div>
<div class="choice if-yearly"><label><input type="radio" name="amount_yearly" value="300">300</label>
<label><input type="radio" name="amount_yearly" value="other">Other</label></div>
<div class="choice if-once"><label><input type="radio" name="amount_once" value="75" checked>75</label>
<label class="own quiet"><input type="radio" name="amount_once" value="other">Other</label></div>
<p class="nudge if-once if-small"><span data-o="nudge">A third</span></p>
<div class="field if-other"><label for="other">Another amount</label><input id="other" name="other"></div>
<label><input type="checkbox" name="cover_fee">Cover <span data-o="feeask">the fee</span></label>
<button><span data-o="verb">Continue</span></button></form>
<div class="sum" hidden><span data-o="gift"></span><span data-o="fee"></span><span data-o="total"></span>
<span data-o="when"></span><p role="status" data-o="say"></p></div>"""

USD = 'data-currency="USD" data-decimals="2" data-exponent="2" data-groups="," data-signs="US$ USD $" data-locale="en"'
USD += ' data-fee-percent="2.9" data-fee-fixed="30" data-suggest-step="500" data-suggest-most="15000"'
USD += ' data-words-yearly="Continue with {sum} every year" data-words-every-year="every year"'
CODES = [*starter.CURRENCIES, *money.WHOLE_ONLY, "KWD", "HUF", "TWD", "KRW", "INR", "SEK", "CHF"]
WRITERS = {*CURRENCIES, "ISK", "UGX", "KWD"}  # in which every way to write a sum is tried
USD += ' data-words-suggest="{sum} every month?"'
# What is typed, and what is suggested every month in its place: about a third, up to twice the second rung.
SUGGESTED = {"40": "$15 every month?", "150": "$50 every month?", "forty": "", "150.01": "", "5": "", "": ""}
# The ground of the chosen amount and its outline while it has the focus, and two of the reader's own colours.
MARKS = """() => {
    const rung = getComputedStyle(document.querySelector('.if-once label:has(:checked)'));
    document.body.style.color = 'ButtonText';
    document.body.style.backgroundColor = 'Highlight';
    const own = getComputedStyle(document.body);
    return [[rung.backgroundColor, rung.outlineColor, rung.outlineStyle], [own.backgroundColor, own.color, 'solid']];
}"""
NEXT_FORM = """([html, address]) => new Promise((seen) => {
    document.querySelector('form').outerHTML = html;
    const script = document.createElement('script');
    script.onload = seen;
    script.src = address;
    document.body.append(script);
})"""
SAID = """typed => {
    for (const chosen of ['[value=once]', '[name=amount_once][value=other]', '[name=cover_fee]'])
        document.querySelector(chosen).checked = true;
    const other = document.querySelector('[name=other]');
    return typed.map((text) => {
        other.value = text;
        other.dispatchEvent(new Event('input', {bubbles: true}));
        return document.querySelector('[data-o=verb]').textContent;
    });
}"""


def test_it_shows_amounts_only_once_a_frequency_is_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page(javascript=False)
    show(page, FORM.format(data=USD))
    monthly, once, other = page.locator(".if-monthly"), page.locator(".choice.if-once"), page.locator(".if-other")
    yearly = page.locator(".if-yearly")
    for part in (monthly, yearly, once, other):
        expect(part).to_be_hidden()
    expect(page.locator(".if-unchosen")).to_be_visible()
    page.get_by_label("Every month").check()
    expect(monthly).to_be_visible()
    for part in (yearly, once):
        expect(part).to_be_hidden()
    expect(page.locator(".if-unchosen")).to_be_hidden()
    page.locator("[name=amount_monthly][value=other]").check()
    expect(other).to_be_visible()
    page.get_by_label("Every year").check()
    expect(yearly).to_be_visible()
    for part in (monthly, once, other):
        expect(part).to_be_hidden()
    page.locator("[name=amount_yearly][value=other]").check()
    expect(other).to_be_visible()
    page.get_by_label("Once").check()
    expect(once).to_be_visible()
    expect(other).to_be_hidden()
    expect(page.locator(".if-both")).to_be_hidden()


def test_it_marks_amount_and_focus_in_the_colours_that_a_reader_forces(open_page: Callable[..., Page]) -> None:
    page = open_page(forced_colors="active")
    show(page, FORM.format(data=USD))
    page.get_by_label("Once").check()
    page.keyboard.press("Tab")
    marks, own = page.evaluate(MARKS)
    assert marks == own


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
    page.get_by_label("Every year").check()
    page.locator("[name=amount_yearly][value='300']").check()
    expect(button).to_have_text("Continue with $309.27 every year")
    expect(page.locator("[role=status]")).to_have_text("Total: $309.27 every year")
    assert page.wrongs == []  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize("start", ["", "/es"])
def test_it_has_room_for_three_frequencies_on_a_phone(loaded_once: str, open_page: Callable[..., Page], start) -> None:
    Currency.objects.filter(code="USD").update(yearly_amounts=[15000, 30000, 60000])
    page = open_page("phone", javascript=not start)
    show(page, Client().get(f"{start}/give/?frequency=yearly").content.decode())
    tops = {each.bounding_box()["y"] for each in page.locator("#id_frequency .seg label").all()}  # type: ignore[index]
    assert len(tops) == 1 and page.locator("#id_frequency .seg label").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(".if-yearly .choice")).to_be_visible()
    expect(page.locator(".if-once .choice")).to_be_hidden()
    if not start:
        expect(page.locator("[data-o=verb]")).to_have_text("Continue with $300 every year")
        assert violations(page) == []


def test_it_suggests_a_monthly_gift_for_another_amount_where_the_server_would(open_page: Callable[..., Page]) -> None:
    page = open_page()
    show(page, FORM.format(data=USD))
    nudge = page.locator(".nudge")
    page.get_by_label("Once").check()
    expect(nudge).to_be_visible()
    page.locator("[name=amount_once][value=other]").check()
    expect(nudge).to_be_hidden()
    shown = {}
    for typed in SUGGESTED:
        page.get_by_label("Another amount").fill(typed)
        shown[typed] = nudge.inner_text() if nudge.is_visible() else ""
    assert shown == SUGGESTED
    usd = Currency(code="USD", minimum=500, once_amounts=[3500, 7500])
    assert [usd.monthly_instead(sum) for sum in (4000, 15000, 15001, 500)] == [1500, 5000, 0, 0]


def offered(code: str) -> Currency:
    """Anything from the smallest sum to the largest, with the fee of an account of another country."""
    unit = 10 ** money.exponent(code)
    ladder = [10 * unit, 20 * unit]
    fee = {"fee_basis_points": 290, "fee_fixed": 30 if code in ("USD", "EUR") else 3 * money.step(code) + 7}
    limits = {"minimum": money.step(code), "maximum": money.LARGEST}
    return Currency.objects.update_or_create(
        code=code, defaults={"monthly_amounts": ladder, "once_amounts": ladder, **limits, **fee}
    )[0]


def form_of(currency: Currency) -> GiveForm:
    sent = {"email": "ada@example.org", "opened": antispam.stamp()}
    sent["attempt"] = gifts.stamped(gifts.new_attempt())
    sent |= {"currency": currency.code, "frequency": "once", "amount_once": "other", "cover_fee": "on"}
    return GiveForm(QueryDict(urlencode(sent)), currency=currency)


def charged(form: GiveForm, typed: str) -> str:
    """What the button should say: the sum that the server asks Stripe for; nothing where it asks the donor first."""
    form.retype(other=typed)
    form.full_clean()
    if not form.is_valid():
        return ""
    wish = form.gift_request(appeals.everything())
    sum_of_it = money.short(wish.amount + wish.fee_cover, wish.currency)
    return gettext("Continue with {sum}, once").replace("{sum}", sum_of_it)


@pytest.mark.django_db
def test_it_says_in_every_currency_what_the_server_charges(open_page: Callable[..., Page], client: Client) -> None:
    """One page walks them all: whole sums, the parts that each has, and the ways in which people write them."""
    page = open_page()
    show(page, FORM.format(data=USD))
    told: dict[tuple[str, str], str] = {}
    right: dict[tuple[str, str], str] = {}
    for code in CODES:
        currency = offered(code)
        html = client.get("/give/", {"currency": code}).content.decode()
        form = html[html.index('<form id="give"') :].partition("</form>")[0] + "</form>"
        page.evaluate(NEXT_FORM, [form, f"{settings.STATIC_URL}js/give.js"])
        steps = [1, 7, 99, 1001, 5003, 33_333, 990_001]
        sums = [money.plain(units * money.step(code), code) for units in steps] + ["50000", "5.25", "1.005"]
        sums += [money.plain(money.LARGEST // money.step(code) * money.step(code), code)]  # too large with its fee
        typed = sums + [text for text, *_sums in WRITTEN if code in WRITERS]
        typed += [f"4500 {mark}" for mark in money.signs(code)]
        told |= zip([(code, text) for text in typed], page.evaluate(SAID, typed), strict=True)
        sent = form_of(currency)
        right |= {(code, text): charged(sent, text) for text in typed}
    waiting = "Continue to secure payment"
    assert told == {case: said or waiting for case, said in right.items()}
    assert told["UGX", "50000"] == "Continue with UGX\xa051,497, once"


@pytest.mark.django_db
def test_it_asks_in_spanish_where_the_server_does(open_page: Callable[..., Page], client: Client) -> None:
    """A comma alone says less there. Digits are compared: a browser sets no dot in a thousand there, and we do."""
    page = open_page()
    show(page, FORM.format(data=USD))
    for code in ("USD", "INR", "JPY"):
        currency = offered(code)
        html = client.get("/es/give/", {"currency": code}).content.decode()
        form = html[html.index('<form id="give"') :].partition("</form>")[0] + "</form>"
        page.evaluate(NEXT_FORM, [form, f"{settings.STATIC_URL}js/give.js"])
        typed = [text for text, _sums in WRITTEN]
        with override("es"):
            sent = form_of(currency)
            right = [charged(sent, text) for text in typed]
        told = page.evaluate(SAID, typed)
        digits = [["".join(filter(str.isdecimal, said)) for said in each] for each in (told, right)]
        assert dict(zip(typed, digits[0], strict=True)) == dict(zip(typed, digits[1], strict=True)), code


TYPED = {
    "25": "Continue with $25, once",
    " $25.50 ": "Continue with $25.50, once",
    "1,000": "Continue with $1,000, once",
    "１２": "Continue with $12, once",
    "1.000,00": "Continue with $1,000, once",
    "10,00": "Continue with $10, once",
    "25.": "Continue with $25, once",
    **dict.fromkeys(["-5", "NaN", "0.001", "1.130", "1.000", "1e9", "007", "25²", "12 or so", ""], "Continue"),
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
