"""The story of gifts that do not go smoothly: one gift and nothing lost, whatever is pressed twice or breaks."""

import json
import re
import time
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Error, Page, Route, expect

from tests.browsers import follow
from tests.running import Site
from tests.stories.test_choices import check
from tests.stories.test_giving import WAYS, fill, pay, send
from tests.stories.visitor import PATIENCE, Visitor

pytestmark = [pytest.mark.processes, pytest.mark.browser]
BEGUN = "import json; from donations.models import Gift; print(json.dumps(list(Gift.objects.filter(email='{email}')"
BEGUN += ".values('reference', 'status', 'attempt', 'session_id'))))"
NO_ANSWER = re.compile("^chrome-error:")  # the browser's own page for a connection that broke


def gifts(site: Site, email: str) -> list[dict[str, str]]:
    """The gifts that were begun for an address."""
    begun: list[dict[str, str]] = json.loads(site.manage("shell", "--verbosity", "0", "-c", BEGUN.format(email=email)))
    return begun


def until_booked(page: Page, address: str, words: str) -> None:
    """Open the form until it says so: the worker books what Stripe told, a moment after the donor is back."""
    deadline = time.monotonic() + PATIENCE
    while not (_opened(page, address) and words in page.locator("#giving").inner_text()):
        assert time.monotonic() < deadline, page.locator("main").inner_text()


def _opened(page: Page, address: str) -> bool:
    """False: a page of thanks, which looks again by itself, did so in that moment and stayed."""
    try:
        page.goto(address)
    except Error as error:
        if "interrupted by another navigation" not in error.message:
            raise
        return False
    return True


def back_to_the_form(page: Page) -> None:
    """A browser may have followed both clicks: then Stripe's page stands twice behind the form."""
    deadline = time.monotonic() + PATIENCE
    while "/c/pay/" in page.url:
        assert time.monotonic() < deadline, page.url
        page.go_back()


def begin(page: Page, site: Site, email: str, amount: str = "35") -> None:
    page.goto(f"{site.url}/give/?frequency=once")
    fill(page, "once", amount, email)


@WAYS
def test_it_makes_one_gift_of_a_double_click_the_back_button_a_reload_and_two_tabs(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str, javascript: bool
) -> None:
    email = f"double-{size}-{javascript}@example.org".lower()
    page = open_page(size, javascript)
    page.goto(f"{running_site.url}/give/")
    fill(page, "once", "35", email)
    page.fill("[name=name]", "Ada =1+1")
    second = page.context.new_page()
    second.goto(f"{running_site.url}/give/")
    fill(second, "once", "35", email)
    second.fill("[name=name]", "Ada =1+1")
    page.locator("form#give button.big").dblclick()
    expect(page).to_have_url(re.compile("/c/pay/"))  # the second click ends what the first began
    page.wait_for_load_state()
    led = page.url
    back_to_the_form(page)
    expect(page.locator("#giving")).to_contain_text("You began this gift")
    page.reload()
    assert page.locator("[name=amount_once]:checked").get_attribute("value") == "35"
    assert page.input_value("[name=email]") == email and page.input_value("[name=name]") == "Ada =1+1"
    check(page, javascript)
    for tab in (page, second):
        send(tab)
        tab.wait_for_url("**/c/pay/**")
        assert tab.url == led
    assert len(gifts(running_site, email)) == 1
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    visitor.newest_letter(email, "DEMO-")
    second.go_back()
    expect(second.locator("#giving")).to_contain_text("What you send now is a second gift.")
    assert len(gifts(running_site, email)) == 1


@WAYS
def test_it_makes_one_gift_when_the_connection_is_lost_before_or_after_we_got_the_form(
    running_site: Site, open_page: Callable[..., Page], size: str, javascript: bool
) -> None:
    email = f"lost-{size}-{javascript}@example.org".lower()
    page = open_page(size, javascript)
    page.goto(f"{running_site.url}/give/")
    fill(page, "once", "150", email)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.locator("form#give button.big").click(no_wait_after=True)
    expect(page).to_have_url(NO_ANSWER)
    page.context.set_offline(False)
    page.go_back()
    assert page.locator("[name=amount_once]:checked").get_attribute("value") == "150"
    assert page.input_value("[name=email]") == email and gifts(running_site, email) == []

    def deaf(route: Route) -> None:
        """The form reaches the site, and the answer is lost."""
        sent = route.request
        if sent.method != "POST":
            return route.continue_()
        head = {name: value for name, value in sent.all_headers().items() if not name.startswith(":")}
        answer = requests.post(sent.url, sent.post_data_buffer, headers=head, allow_redirects=False, timeout=60)
        assert answer.status_code == 303, answer.text
        return route.abort("connectionreset")

    page.route("**/give/", deaf)
    with page.expect_event("requestfailed"):
        page.locator("form#give button.big").click(no_wait_after=True)
    expect(page).to_have_url(NO_ANSWER)
    assert len(gifts(running_site, email)) == 1
    page.unroute("**/give/")
    page.goto(f"{running_site.url}/give/")
    expect(page.locator("#giving")).to_contain_text("You began this gift")
    assert page.locator("[name=amount_once]:checked").get_attribute("value") == "150"
    assert page.input_value("[name=email]") == email
    send(page)
    page.wait_for_url("**/c/pay/**")
    assert len(gifts(running_site, email)) == 1


@WAYS
def test_it_tells_this_browser_of_its_first_gift_before_a_second_and_no_other(
    running_site: Site, open_page: Callable[..., Page], size: str, javascript: bool
) -> None:
    email = f"twice-{size}-{javascript}@example.org".lower()
    page = open_page(size, javascript)
    begin(page, running_site, email)
    early = page.context.new_page()  # a tab that was open before anything was given
    early.wrongs = []  # type: ignore[attr-defined]
    begin(early, running_site, email, "150")
    send(page)
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    expect(page.locator("main")).to_contain_text("Your gift has arrived.")  # so it is booked
    send(early)
    note = early.locator("#giving .note")
    expect(note).to_contain_text("You gave $35")
    expect(note).to_contain_text("If you would like to give a second time, press the button once more.")
    assert early.locator("[name=amount_once]:checked").get_attribute("value") == "150"
    check(early, javascript)
    assert len(gifts(running_site, email)) == 1
    until_booked(page, f"{running_site.url}/give/?frequency=once", "What you send now is a second gift.")
    expect(page.locator(".nudge")).to_have_count(0)
    check(page, javascript)
    send(early)
    early.wait_for_url("**/c/pay/**")
    assert len(gifts(running_site, email)) == 2
    stranger = open_page(size, javascript)
    begin(stranger, running_site, email)
    assert "You gave" not in stranger.content()
    send(stranger)
    stranger.wait_for_url("**/c/pay/**")


@WAYS
def test_it_lets_a_donor_put_a_mistyped_address_right_on_the_page_of_thanks(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str, javascript: bool
) -> None:
    who = f"{size}-{javascript}".lower()
    page = open_page(size, javascript)
    begin(page, running_site, f"slip-{who}@exmaple.org")
    send(page)
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    visitor.newest_letter(f"slip-{who}@exmaple.org", "DEMO-")
    expect(page.get_by_role("link", name="Save the receipt")).to_be_visible()  # the page looked again by itself
    expect(page.locator("h1")).to_have_text("Thank you, Ada.")
    expect(page.locator("main")).to_contain_text("Your gift has arrived.")
    check(page, javascript)
    expect(page.locator("main")).to_contain_text("s…@exmaple.org")
    follow(page.get_by_role("link", name="Is this address wrong?"))
    for typed in ("right@", f"right-{who}@example.org"):
        page.fill("[name=email]", typed)
        follow(page.get_by_role("button", name="Send it there"))
        if typed.endswith("@"):
            expect(page.locator("#id_email_error")).to_be_visible()
            assert page.input_value("[name=email]") == typed
            check(page, javascript)
    page.wait_for_url("**/give/thanks/**")
    expect(page.locator("main")).to_contain_text("You have put this address right")
    expect(page.locator("main")).to_contain_text("r…@example.org")
    check(page, javascript)
    assert "$35.00" in visitor.newest_letter(f"right-{who}@example.org", "DEMO-")


@WAYS
def test_it_promises_nothing_while_a_bank_takes_its_days(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str, javascript: bool
) -> None:
    page = open_page(size, javascript)
    begin(page, running_site, f"bank-{size}-{javascript}@example.org".lower())
    send(page)
    page.wait_for_url("**/c/pay/**")
    page.click("#bank")
    page.fill("[name=name]", "Ada Lovelace")
    page.fill("[name=account_number]", "000123456789")
    page.click("#pay")
    page.wait_for_url("**/give/thanks/**")
    expect(page.locator("h1")).to_have_text("Thank you, Ada.")
    expect(page.locator("main")).to_contain_text("Your gift is on its way.")
    expect(page.locator("main")).to_contain_text("When the money has come, the receipt goes to b…@example.org.")
    assert page.get_by_text("PDF").count() == 0 and page.get_by_text("Your gift has arrived.").count() == 0
    check(page, javascript)
    stranger = visitor.open(page.url)
    assert "$35" not in stranger.words.split("Thank you")[-1].split("Learn")[0] and "example.org" not in stranger.words
    until_booked(page, f"{running_site.url}/give/", "You gave $35")
