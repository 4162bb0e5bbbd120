"""The stories of a reader, a donor and a signer in Spanish: not one English word, in pages, letters and papers."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.accessibility import violations
from tests.drawing import reading
from tests.english import english_in, english_messages_in, english_on
from tests.running import Site
from tests.stories.test_giving import fill as fill_gift
from tests.stories.test_giving import pay
from tests.stories.visitor import Visitor, link_in, press

pytestmark = [pytest.mark.processes, pytest.mark.browser]
SCREENS = pytest.mark.parametrize("size", ["desktop", "phone"])


def check(page: Page) -> None:
    """What stands on the page now, as a reader and a screen reader meet it."""
    assert page.locator("html").get_attribute("lang") == "es"
    assert english_on(page.content()) == set(), page.url
    assert violations(page) == [], page.url


def every_page(site: Site) -> Iterator[tuple[str, requests.Response]]:
    """All that a reader of /es/ can reach without leaving the language."""
    waiting = ["/es/", "/es/give/", "/es/pledge/", "/es/subscribe/", "/es/my/", "/es/no-such-page/"]
    seen: set[str] = set()
    while waiting:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = requests.get(site.url + address, timeout=60)
        if "html" in answer.headers["Content-Type"]:
            yield address, answer
            waiting += re.findall(r'href="(/es/[^"#]*)', answer.text)


def test_it_leads_a_reader_of_spanish_through_the_whole_site_in_spanish(running_site: Site) -> None:
    pages = dict(every_page(running_site))
    assert len(pages) > 40
    assert {address: found for address, page in pages.items() if (found := english_on(page.text))} == {}
    assert {page.headers["Content-Language"] for page in pages.values()} == {"es"}
    assert [address for address, page in pages.items() if page.status_code != 200] == ["/es/no-such-page/"]
    reading = [page for page in pages.values() if 'method="post"' not in page.text]
    assert len(reading) > 30 and not any("Set-Cookie" in page.headers for page in reading)


@pytest.mark.parametrize(
    ("size", "frequency", "amount", "shown"),
    [("desktop", "once", "35", "35,00"), ("phone", "monthly", "15", "15,00")],
)
def test_it_takes_a_gift_in_spanish_from_the_form_to_the_paper(
    running_site: Site,
    open_page: Callable[..., Page],
    visitor: Visitor,
    size: str,
    frequency: str,
    amount: str,
    shown: str,
) -> None:
    email = f"dona-{frequency}-{size}@example.org"
    page = open_page(size)
    page.goto(f"{running_site.url}/es/give/?currency=EUR")
    check(page)
    press(page, "form#give button.big")
    expect(page.locator(".errors")).to_be_visible()
    check(page)
    fill_gift(page, frequency, amount, email)
    check(page)
    press(page, "form#give button.big")
    page.wait_for_url("**/c/pay/**")
    assert "/es/" in (page.locator("#cancel").get_attribute("href") or "")
    pay(page)
    page.wait_for_url("**/es/give/thanks/**")
    expect(page.locator("h1")).to_contain_text("racias")
    letter = visitor.newest_letter(email, "DEMO-")
    assert f"{shown}\N{NO-BREAK SPACE}€" in letter
    assert english_in(letter) == set()
    expect(page.get_by_text("Guardar el recibo")).to_be_visible()  # the page looked again by itself
    check(page)
    paper = requests.get(link_in(letter, ".pdf"), timeout=60).content
    assert reading.promises(paper)["language"] == "es"
    assert english_messages_in(reading.text(paper)) == set()
    assert reading.squeezed(f"{shown} €") in reading.text(paper)
    assert page.wrongs == []  # type: ignore[attr-defined]


@SCREENS
def test_it_takes_a_signature_in_spanish_and_keeps_the_words_that_were_read(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str
) -> None:
    email = f"firma-{size}@example.org"
    page = open_page(size)
    page.goto(f"{running_site.url}/es/pledge/")
    check(page)
    press(page, "main form button")
    check(page)
    page.fill("[name=name]", "Inés")
    page.fill("[name=email]", email)
    page.select_option("[name=country]", "MX")
    page.check("[name=age]")
    press(page, "main form button")
    page.wait_for_url("**/es/pledge/sent/**")
    check(page)
    letter = visitor.newest_letter(email)
    assert english_in(letter) == set()
    page.goto(link_in(letter, "/es/pledge/confirm/"))
    check(page)
    expect(page.locator("ol.promises")).to_contain_text("Aprenderé")
    press(page, "main form button")
    expect(page.locator("h1")).to_contain_text("racias")
    check(page)


def test_it_opens_my_page_in_spanish(running_site: Site, open_page: Callable[..., Page], visitor: Visitor) -> None:
    page = open_page("phone")
    page.goto(f"{running_site.url}/es/give/?frequency=monthly&currency=EUR")
    fill_gift(page, "monthly", "30", "mia@example.org")
    press(page, "form#give button.big")
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.wait_for_url("**/es/give/thanks/**")
    visitor.newest_letter("mia@example.org", "DEMO-")
    page.goto(f"{running_site.url}/es/my/")
    page.fill("[name=email]", "mia@example.org")
    press(page, "main form button")
    check(page)
    letter = visitor.newest_letter("mia@example.org", "/my/enter/")
    assert english_in(letter) == set()
    page.goto(link_in(letter, "/es/my/enter/"))
    check(page)
    press(page, "main form button")
    page.wait_for_url("**/es/my/")
    check(page)
    links = page.eval_on_selector_all("main a[href^='/es/my/']", "links => links.map(link => link.href)")
    for address in [link for link in links if link.endswith("/")]:
        page.goto(address)
        check(page)
