"""The story of a campaign: donors read it, give, and see what their gift did."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility import in_both_themes, violations
from tests.running import Site
from tests.stories.test_giving import fill, pay, send
from tests.stories.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.browser]
MAKE = """
from datetime import timedelta
from donations.models import Campaign, Currency
from foundation.organisation.models import Organisation
today = Organisation.load().today()
Campaign.objects.get_or_create(slug="{slug}", defaults=dict(
    title="A house by the sea", summary="Ten rooms.", currency=Currency.objects.get(code="USD"), goal=7000,
    starts_on=today - timedelta(days=1), ends_on=today + timedelta(days=9), match_funder="The Lantern Trust",
    match_cap=5000, story=[("heading", "Why a house"), ("text", "<p>A door with a key.</p>")]))
"""


@pytest.mark.parametrize(("size", "javascript"), [("desktop", True), ("phone", False)], ids=["script", "no-script"])
def test_it_takes_a_matched_gift_and_shows_what_it_did(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str, javascript: bool
) -> None:
    slug, email = f"house-{size}", f"campaign-{size}@example.org"
    running_site.manage("shell", "-v", "0", "-c", MAKE.format(slug=slug))
    page = open_page(size, javascript)
    page.goto(f"{running_site.url}/give/{slug}/")
    expect(page.locator(".progress")).to_be_visible()
    expect(page.locator(".progress")).to_contain_text("of which $50 is left")
    assert page.locator(".meter").count() == 0
    if javascript:
        assert in_both_themes(page) == []
    fill(page, "once", "35", email)
    page.get_by_label("Name on the receipt").fill("Ottoline Morrell")
    page.get_by_label("My first name may stand on this page").check()
    send(page)
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.wait_for_url("**/give/thanks/**")
    visitor.newest_letter(email, "DEMO-")
    if javascript:
        page.reload()  # as it is once all is known: before, it may look again by itself
        assert in_both_themes(page) == []
    page.goto(f"{running_site.url}/give/{slug}/")
    expect(page.locator(".progress")).to_contain_text("$35 of $70 raised")
    expect(page.locator(".progress")).to_contain_text("of which $15 is left")
    expect(page.locator(".meter")).to_be_visible()
    expect(page.locator(".donor-names li")).to_have_text(["Ottoline"])
    expect(page.get_by_label("My first name may stand on this page")).not_to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if javascript:
        assert in_both_themes(page) == []
    assert page.wrongs == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_it_reads_and_is_filled_in_on_a_desk_and_on_a_phone_with_scripts_and_without(
    running_site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    """One load for each, whose window is then drawn to the other width: the form keeps what was typed on the way."""
    made = MAKE.format(slug="house-of-four").replace("The Lantern Trust", "Grundstücksverkehrsgenehmigungsamt")
    running_site.manage("shell", "-v", "0", "-c", made)
    page = open_page("desktop", javascript)
    page.goto(f"{running_site.url}/give/house-of-four/")
    page.locator("[name=frequency][value=once]").check()
    page.locator("[name=amount_once][value=other]").check()
    page.fill("[name=other]", "19.50")
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        page.get_by_role("link", name="Give to this campaign").first.click()
        expect(page.get_by_role("heading", name="Give to this campaign")).to_be_in_viewport()
        expect(page.get_by_label("Amount in US dollars")).to_be_visible()
        expect(page.locator("[name=other]")).to_have_value("19.50")
        expect(page.locator("form#give button.big")).to_be_enabled()
        assert not javascript or violations(page) == [], width
    page.fill("[name=email]", "nobody")
    send(page)
    expect(page.locator("#id_email_error")).to_be_visible()
    expect(page.locator("[name=other]")).to_have_value("19.50")
    expect(page.locator(".progress")).to_have_count(1)
    assert page.wrongs == []  # type: ignore[attr-defined]
