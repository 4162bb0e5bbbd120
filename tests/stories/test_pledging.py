"""The story of a signature: signed, confirmed by letter, counted, and never a word about who signed before."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from playwright.sync_api import Page, expect

from tests.running import Site
from tests.stories.test_giving import WAYS
from tests.stories.visitor import Visitor, link_in, press

pytestmark = [pytest.mark.processes, pytest.mark.browser]


def send(page: Page) -> None:
    press(page, "main form button")


def fill(page: Page, email: str, name: str = "Ada") -> None:
    page.fill("[name=name]", name)
    page.fill("[name=email]", email)
    page.select_option("[name=country]", "GB")
    page.check("[name=age]")


@pytest.fixture(scope="module", autouse=True)
def small_numbers(running_site: Site) -> None:
    """Staff chose that the page names the number from the first signature on."""
    running_site.manage("shell", "-c", "from pledges.models import Pledge; Pledge.objects.update(count_from=0)")


def count(page: Page, site: Site) -> int:
    page.goto(f"{site.url}/pledge/")
    text = page.locator("[data-count]").get_attribute("data-count")
    return int(text or 0)


def sheets(page: Page) -> int:
    """How many sheets of paper the page takes; it stays as it is on paper."""
    page.emulate_media(media="print")
    with pikepdf.open(io.BytesIO(page.pdf(format="A4"))) as pdf:
        return len(pdf.pages)


@WAYS
def test_it_counts_a_signature_once_it_is_confirmed(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str, javascript: bool
) -> None:
    email = f"signer-{size}-{javascript}@example.org".lower()
    page = open_page(size, javascript)
    before = count(page, running_site)
    assert not page.locator("[name=letters]").is_checked()
    fill(page, email)
    send(page)
    page.wait_for_url("**/pledge/sent/**")
    assert count(page, running_site) == before
    link = link_in(visitor.newest_letter(email), "/pledge/confirm/")
    for _ in range(3):  # a mail scanner looks at the link
        visitor.open(link)
    assert count(page, running_site) == before
    page.goto(link)
    send(page)
    expect(page.locator("h1")).to_contain_text("hank")
    page.reload()
    assert sheets(page) == 1
    for words in ("Ada", "The Abolitionist Pledge", "Number", "Date"):
        expect(page.get_by_text(words, exact=True).locator("visible=true")).to_have_count(1)
    for rest in ("header, nav, footer, h1, h2, aside", "main a"):
        expect(page.locator(rest).locator("visible=true")).to_have_count(0)
    page.emulate_media(media="screen")
    assert count(page, running_site) == before + 1
    assert page.wrongs == []  # type: ignore[attr-defined]


def test_it_shows_the_same_page_to_who_signed_before(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor
) -> None:
    page = open_page("phone")
    page.goto(f"{running_site.url}/pledge/")
    fill(page, "jane.doe@gmail.com", "Jane")
    send(page)
    page.wait_for_url("**/pledge/sent/**")
    first = page.locator("main").inner_text()
    page.goto(link_in(visitor.newest_letter("jane.doe@gmail.com"), "/pledge/confirm/"))
    send(page)
    page.goto(f"{running_site.url}/pledge/")
    fill(page, "JaneDoe+again@googlemail.com", "Jane")
    send(page)
    page.wait_for_url("**/pledge/sent/**")
    assert page.locator("main").inner_text() == first
    letter = visitor.newest_letter("JaneDoe+again@googlemail.com", "already")
    assert "/pledge/confirm/" not in letter
