"""The story of a gift, as donors live it: in Chromium on a desk and on a phone, with and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility import violations
from tests.running import Site
from tests.stories.visitor import Visitor, link_in, press

pytestmark = [pytest.mark.processes, pytest.mark.browser]
SCREENS = pytest.mark.parametrize("size", ["desktop", "phone"])
SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
# A story begins here, and goes on at the other width where it calls `check` of test_choices.py: it has shown both.
WAYS = pytest.mark.parametrize(
    ("size", "javascript"), [("phone", True), ("desktop", False)], ids=["script", "no script"]
)
GOOD, DECLINED = "4242424242424242", "4000000000000002"


def send(page: Page) -> None:
    press(page, "form#give button.big")


def pay(page: Page, card: str = GOOD) -> None:
    page.fill("[name=card_number]", card)
    page.fill("[name=exp]", "12/34")
    page.fill("[name=cvc]", "123")
    page.fill("[name=name]", "Ada Lovelace")
    page.click("#pay")


def fill(page: Page, frequency: str, amount: str, email: str) -> None:
    page.locator(f"[name=frequency][value={frequency}]").check()
    page.locator(f"[name=amount_{frequency}][value='{amount}']").check()
    page.fill("[name=email]", email)


@SCREENS
@SCRIPTS
@pytest.mark.parametrize(("frequency", "amount"), [("once", "35"), ("monthly", "15")])
def test_it_takes_a_gift_from_the_form_to_the_receipt(
    running_site: Site,
    open_page: Callable[..., Page],
    visitor: Visitor,
    size: str,
    javascript: bool,
    frequency: str,
    amount: str,
) -> None:
    email = f"{frequency}-{size}-{javascript}@example.org".lower()
    page = open_page(size, javascript)
    page.goto(f"{running_site.url}/give/")
    assert page.locator("[name=frequency]:checked").get_attribute("value") == "once"
    expect(page.locator("#id_amount_once label").first).to_be_in_viewport()
    fill(page, frequency, amount, email)
    if javascript:
        interval = "every month" if frequency == "monthly" else ""
        expect(page.locator("form#give button.big")).to_contain_text(f"${amount}")
        expect(page.locator("form#give button.big")).to_contain_text(interval)
    send(page)
    page.wait_for_url("**/c/pay/**")
    assert email in page.content()
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    expect(page.locator("h1")).to_contain_text("hank")
    receipt = visitor.newest_letter(email, "NOT A RECEIPT")
    assert f"${amount}.00" in receipt
    assert "DEMO-" in receipt
    assert ("every month" in receipt) is (frequency == "monthly")
    save = page.get_by_role("link", name="Save the receipt")
    expect(save).to_be_visible()  # the page looked again by itself
    expect(page.locator("h1")).to_have_text("Thank you, Ada.")
    expect(page.get_by_text("The next payment is taken on")).to_be_visible(visible=frequency == "monthly")
    if javascript:
        assert violations(page) == []
    page.emulate_media(media="print")
    expect(save).to_be_hidden()
    expect(page.get_by_text("What happens next")).to_be_visible()
    assert page.wrongs == []  # type: ignore[attr-defined]


@SCRIPTS
def test_it_tells_a_declined_donor_and_takes_the_next_card(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, javascript: bool
) -> None:
    email = f"declined-{javascript}@example.org".lower()
    page = open_page("phone", javascript)
    page.goto(f"{running_site.url}/give/?frequency=once")
    fill(page, "once", "75", email)
    send(page)
    page.wait_for_url("**/c/pay/**")
    pay(page, DECLINED)
    expect(page.locator("#error")).to_contain_text("declined")
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    assert "$75.00" in visitor.newest_letter(email, "DEMO-")


def test_it_follows_the_link_and_preselects_nothing_else(running_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(f"{running_site.url}/give/?frequency=monthly")
    assert page.locator("[name=frequency]:checked").get_attribute("value") == "monthly"
    assert not page.locator("[name=cover_fee]").is_checked()


def test_it_keeps_what_was_typed_when_something_is_wrong(running_site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page("phone")
    page.goto(f"{running_site.url}/give/?frequency=once")
    page.locator("[name=amount_once][value=other]").check()
    page.fill("[name=other]", "0.001")
    page.fill("[name=email]", "kept@example.org")
    send(page)
    expect(page.locator(".errors")).to_be_visible()
    assert page.input_value("[name=other]") == "0.001"
    assert page.input_value("[name=email]") == "kept@example.org"
    assert page.title().startswith("Error:")


@SCRIPTS
def test_it_finds_the_form_by_the_back_button_after_an_error_was_put_right(
    running_site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    page = open_page("phone", javascript)
    page.goto(f"{running_site.url}/give/")
    page.locator("[name=amount_once][value='150']").check()
    send(page)
    expect(page.locator(".errors")).to_be_visible()  # it is no answer to a POST, which no browser keeps
    page.goto(f"{running_site.url}/about/")
    page.go_back()
    assert page.locator("[name=amount_once]:checked").get_attribute("value") == "150"
    page.fill("[name=email]", "back-after-error@example.org")
    send(page)
    page.wait_for_url("**/c/pay/**")
    page.go_back()
    expect(page.locator("#giving")).to_contain_text("You began this gift")
    assert page.input_value("[name=email]") == "back-after-error@example.org"


def test_it_brings_back_who_changed_their_mind_with_nothing_charged(
    running_site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.goto(f"{running_site.url}/give/?frequency=once")
    fill(page, "once", "150", "mind@example.org")
    send(page)
    page.wait_for_url("**/c/pay/**")
    page.click("#cancel")
    page.wait_for_url("**/give/**")
    expect(page.locator("main")).to_contain_text("othing was charged")
    assert page.locator("[name=amount_once]:checked").get_attribute("value") == "150"


def test_it_takes_yen_without_decimals(running_site: Site, open_page: Callable[..., Page], visitor: Visitor) -> None:
    page = open_page("phone")
    page.goto(f"{running_site.url}/give/?frequency=once&currency=JPY")
    page.locator("[name=amount_once][value=other]").check()
    page.fill("[name=other]", "1234")
    page.fill("[name=email]", "yen@example.org")
    page.locator("[name=cover_fee]").check()
    send(page)
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    letter = visitor.newest_letter("yen@example.org", "DEMO-")
    assert "¥1,234" in letter and "JPY" in letter


def test_it_shows_a_stranger_nothing_of_somebody_elses_gift(
    running_site: Site, open_page: Callable[..., Page], another: Callable[[], Visitor]
) -> None:
    page = open_page()
    page.goto(f"{running_site.url}/give/?frequency=once")
    fill(page, "once", "300", "private@example.org")
    send(page)
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    stranger = another().open(page.url)
    assert "300" not in stranger.words.replace("300,", "")
    assert "private" not in stranger.words


@pytest.mark.both
def test_it_gives_over_plain_http_too(visitor: Visitor) -> None:
    """The same way without any browser: what a very old device or a screen reader's browser does."""
    visitor.open("/give/?frequency=monthly")
    visitor.submit(
        "form#give", frequency="monthly", amount_monthly="60", email="plain@example.org", name="=HYPERLINK(1)"
    )
    assert visitor.answer and "/c/pay/" in visitor.answer.url
    visitor.submit("form", card_number=GOOD, exp="12/34", cvc="123", name="Ada")
    assert visitor.answer and "/give/thanks/" in visitor.answer.url
    letter = visitor.newest_letter("plain@example.org", "DEMO-")
    assert "$60.00" in letter and "=HYPERLINK(1)" in letter
    assert link_in(letter, visitor.site.url)
