"""While stolen cards are tried, a browser that nobody knows does one step more: by its own work, or by a letter."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility import violations
from tests.running import Site
from tests.stories.test_giving import WAYS, fill, pay, send
from tests.stories.visitor import Visitor, link_in, press

pytestmark = [pytest.mark.processes, pytest.mark.browser]
TRIP = "from donations.card_testing import breaker; breaker.trip(breaker.Breaker.Reason.DECLINES)"
CLOSE = "from donations.models import Breaker, Opening; Breaker.objects.all().delete(); Opening.objects.all().delete()"


@pytest.fixture
def tripped(running_site: Site) -> Iterator[None]:
    """The breaker is open, and no gift that was paid from this machine vouches for it."""
    running_site.manage("shell", "--verbosity", "0", "-c", f"{CLOSE}; {TRIP}")
    yield
    running_site.manage("shell", "--verbosity", "0", "-c", CLOSE)


def begin(page: Page, site: Site, email: str) -> None:
    page.goto(f"{site.url}/give/?frequency=once")
    fill(page, "once", "35", email)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_it_lets_the_browser_work_and_leads_on_by_itself(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, tripped: None, size: str
) -> None:
    page = open_page(size)
    begin(page, running_site, f"work-{size}@example.org")
    if size == "phone":  # a tab that was restored: its form is held first, and asks for one more press
        page.context.clear_cookies(name="csrftoken")
        send(page)
        page.get_by_role("button", name="Go on with what I typed").click()
    else:
        send(page)
    page.wait_for_url("**/c/pay/**")
    page.go_back()  # no browser keeps the answers between
    expect(page.locator("#giving")).to_contain_text("You began this gift")
    page.go_forward()
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    assert "$35.00" in visitor.newest_letter(f"work-{size}@example.org", "DEMO-")
    assert [each for each in page.wrongs if "403" not in each] == []  # type: ignore[attr-defined]


@WAYS  # where there are scripts, this one fails
def test_it_mails_a_link_where_the_browser_cannot(
    running_site: Site,
    open_page: Callable[..., Page],
    visitor: Visitor,
    tripped: None,
    size: str,
    javascript: bool,
) -> None:
    email = f"letter-{size}-{javascript}@example.org".lower()
    page = open_page(size, javascript)
    page.add_init_script("SubtleCrypto.prototype.deriveBits = () => Promise.reject(new Error('broken'))")
    begin(page, running_site, email)
    send(page)
    expect(page.locator("h1")).to_contain_text("One more step before the payment")
    expect(page.get_by_text("could not do the calculation")).to_be_visible(visible=javascript)
    expect(page.get_by_text("does a short calculation")).to_be_hidden()
    if javascript:
        assert violations(page) == []
    page.get_by_role("button", name="Send me the link").click()
    expect(page.locator("main")).to_contain_text("inbox")
    page.goto(link_in(visitor.newest_letter(email, "/finish/"), "/finish/"))
    press(page, "main form button")
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    assert "$35.00" in visitor.newest_letter(email, "DEMO-")
