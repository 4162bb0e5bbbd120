"""Right to left: every box of a page stands mirrored, and an Arabic sample runs from the right."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client, override_settings
from playwright.sync_api import Page

from config.management.commands import catalogue
from tests.accessibility import violations
from tests.look.stage import show
from tests.narrowing import not_none

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
PAGES = ["/", "/the-problem/what-is-human-trafficking/", "/give/", "/pledge/", "/get-help/", "/about/financials/"]
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right)(?:-\w+)?|left|right|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)"
)
# The outer edges of whatever stands by itself, from the edge at which a line begins.
BOXES = """(side) => [...document.querySelectorAll("body *")].filter(each => {
    const style = getComputedStyle(each)
    return !each.closest("svg, [hidden], .vh, .skip, [popover]:not(:popover-open)") && style.display !== "inline"
        && style.display !== "contents" && style.visibility !== "hidden" && each.getBoundingClientRect().width > 1
}).map(each => {
    const box = each.getBoundingClientRect(), whole = document.documentElement.clientWidth
    const [start, end] = side === "rtl" ? [whole - box.right, whole - box.left] : [box.left, box.right]
    return [each.tagName + "." + each.className + " " + each.textContent.trim().slice(0, 30), start, end]
})"""


@pytest.fixture
def client(loaded_once: str, db: None) -> Client:
    return Client()


def test_it_styles_by_where_a_line_begins_and_ends_not_by_left_and_right() -> None:
    css = (settings.BASE_DIR / "static" / "css" / "site.css").read_text()
    assert PHYSICAL.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)) == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_it_mirrors_every_box_of_a_page(client: Client, open_page: Callable[..., Page], size: str) -> None:
    for address in PAGES:
        html = client.get(address).content.decode()
        boxes = []
        for side in ("ltr", "rtl"):
            page = open_page(size)
            show(page, html.replace('<html lang="en" dir="ltr">', f'<html lang="en" dir="{side}">'))
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
            boxes.append(page.evaluate(BOXES, side))
            page.context.close()
        ltr, rtl = boxes
        assert len(ltr) == len(rtl) > 40
        wrong = [
            (one, other)
            for one, other in zip(ltr, rtl, strict=True)
            if abs(one[1] - other[1]) > 2 or abs(one[2] - other[2]) > 2
        ]
        assert wrong == [], address


@pytest.fixture
def arabic(tmp_path: Path) -> Iterator[None]:
    """The sample as a language of the site."""
    with (Path(__file__).parent / "arabic.po").open("rb") as file:
        words = read_po(file, locale="ar")
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(catalogue.compiled(words))
    both = [("en", "English"), ("ar", "العربية")]
    with override_settings(LANGUAGES=both, WAGTAIL_CONTENT_LANGUAGES=both, LOCALE_PATHS=[tmp_path]):
        yield


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("address", ["/ar/give/", "/ar/pledge/"])
def test_it_runs_from_right_to_left_in_arabic(
    arabic: None, client: Client, open_page: Callable[..., Page], address: str, size: str
) -> None:
    answer = client.get(address)
    assert answer["Content-Language"] == "ar"
    page = open_page(size)
    show(page, answer.content.decode())
    root = page.locator("html")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == ("ar", "rtl")
    middle = page.evaluate("document.documentElement.clientWidth / 2")
    assert not_none(page.locator(".mark").first.bounding_box())["x"] > middle  # the name of the house begins the line
    assert page.locator(".help a[data-leave]").inner_text().strip().startswith("غادر هذا الموقع")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).textAlign") in ("start", "right")
    assert page.locator("[type=email]").first.get_attribute("dir") == "ltr"
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert violations(page) == []
