"""What axe says of a page does not depend on the moment at which it looks."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.accessibility import violations
from tests.look.stage import show

pytestmark = pytest.mark.browser
WORDS = '<!doctype html><html lang="en"><title>Fading</title><main><h1>Booked</h1><p>The slip is booked.</p></main>'
# A year: no machine is slow enough to see the end of it. Styles set by a script are no inline styles for the policy.
FADE = """() => {
    const words = document.querySelector("p")
    words.style.opacity = 0.1
    getComputedStyle(words).opacity
    words.style.transition = "opacity 31536000s"
    words.style.opacity = 1
}"""
COME = """() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync("@keyframes come { from { opacity: 0.1 } } p { animation: come 31536000s }")
    document.adoptedStyleSheets.push(sheet)
}"""


@pytest.mark.parametrize("way", [FADE, COME], ids=["transition", "animation"])
def test_it_reads_words_that_fade_in_as_they_will_stand(open_page: Callable[..., Page], way: str) -> None:
    page = open_page()
    show(page, WORDS)
    page.evaluate(way)
    assert float(page.evaluate("getComputedStyle(document.querySelector('p')).opacity")) < 0.2
    assert violations(page, ["color-contrast"]) == []
    assert page.evaluate("document.adoptedStyleSheets.length") == (1 if way == COME else 0)


def test_it_finds_words_that_stay_pale(open_page: Callable[..., Page]) -> None:
    page = open_page()
    show(page, WORDS)
    page.evaluate("() => { document.querySelector('p').style.opacity = 0.3 }")
    assert violations(page, ["color-contrast"]) == [
        ("color-contrast", ['<p style="opacity: 0.3;">The slip is booked.</p>'])
    ]
