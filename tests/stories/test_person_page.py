"""The story of one person's page for staff: read and steered by keyboard alone, with scripts and without."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsers import SIZES
from tests.running import Site
from tests.staff.test_browser import axe
from tests.stories.test_my_page import tab_to

pytestmark = [pytest.mark.processes, pytest.mark.browser]
# Two rows of one person: the first gave by cheque, and was written to. Whoever looks has signed in with both factors.
MAKE = """
from django.conf import settings
from donations.giving import offline
from donations.models.gifts import Method
from foundation.organisation.models import Organisation
from supporters import supporters
from tests.staff.users import signed_in
day = Organisation.load().today()
offline.record(offline.Entry("{run}", Method.CHEQUE, day, 12500, "USD", name="Ottoline {run}", email="{first}"))
supporters.get_or_create_supporter("{second}", "Ottoline {run}")
session = signed_in("Administrator", "staff-{run}@example.org").cookies[settings.SESSION_COOKIE_NAME]
print(supporters.known_by("{first}").pk, session.key, session.value)
"""


def fits(page: Page) -> None:
    for size in ("phone", "desktop"):
        page.set_viewport_size(SIZES[size])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (size, page.url)


def go(page: Page, words: str) -> None:
    tab_to(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_it_is_read_and_steered_by_keys_alone(
    running_site: Site, open_page: Callable[..., Page], javascript: bool
) -> None:
    """A note, a letter sent again, a merge and its undoing, and the way to erase; each page at 390 and 1280."""
    run = uuid.uuid4().hex[:6]
    first, second = f"first-{run}@example.org", f"second-{run}@example.org"
    made = running_site.manage("shell", "-v", "0", "-c", MAKE.format(run=run, first=first, second=second))
    number, name, session = made.split()[-3:]
    page = open_page("desktop", javascript)
    page.context.add_cookies([{"name": name, "value": session, "url": running_site.url}])
    address = f"{running_site.url}/admin/supporter/inspect/{number}/"
    page.goto(address)
    fits(page)
    assert not javascript or axe(page) == []
    for words in (f"Ottoline {run}", first, "$125.00", "by cheque"):
        expect(page.locator("main")).to_contain_text(words)

    go(page, "Write a note")
    tab_to(page, "id_text")
    page.keyboard.type("Likes post cards.")
    go(page, "Write a note")
    expect(page.locator("main")).to_contain_text("Likes post cards.")

    go(page, "receipt")
    expect(page.get_by_role("region", name="As it was sent")).to_contain_text("$125.00")
    fits(page)
    go(page, "Send again")
    expect(page.locator("body")).to_contain_text("waits to be sent to the present address")

    go(page, "Merge another supporter into this one")
    tab_to(page, "id_other")
    page.keyboard.type(second)
    tab_to(page, "id_check_made")
    page.keyboard.type("She answered from both addresses.")
    go(page, "Merge another supporter into this one")
    expect(page.locator("main")).to_contain_text(f"becomes part of Ottoline {run} ({first})")
    fits(page)
    go(page, "Merge another supporter into this one")
    expect(page.locator("main")).to_contain_text(second)
    go(page, "Undo the last merge")
    go(page, "Undo the last merge")
    expect(page.locator("main")).to_contain_text("Undone")

    go(page, "Erase this person")
    expect(page.locator("main")).to_contain_text("What must stay")
    fits(page)
    assert not javascript or axe(page) == []
    go(page, "Change nothing")
    expect(page.locator("main")).to_contain_text(first)
    assert page.wrongs == []  # type: ignore[attr-defined]
