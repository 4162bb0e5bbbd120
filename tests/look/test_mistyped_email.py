"""A slip in an e-mail address while it is typed: the script asks what the server would, and stops nobody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from foundation.access import mistyped_email
from tests.foundation.slips import NEAR
from tests.look.stage import show

pytestmark = pytest.mark.browser

FORM = f"""<!doctype html><html lang="en"><title>Write</title><script src="/static/js/site.js" defer></script>
<form><label>E-mail<input type="email" name="email" data-hosts="{" ".join(mistyped_email.HOSTS)}"
data-ask="Did you mean {{address}}?"></label></form>"""
ASKED = """typed => typed.map((text) => {
    const field = document.querySelector('[name=email]');
    field.value = text;
    field.dispatchEvent(new Event('change', {bubbles: true}));
    return document.querySelector('.near button')?.textContent || '';
})"""


def test_it_asks_what_the_server_would_and_takes_the_answer(open_page: Callable[..., Page]) -> None:
    page = open_page()
    show(page, FORM)
    typed = [text for text in NEAR if "@" in text]
    assert dict(zip(typed, page.evaluate(ASKED, typed), strict=True)) == {text: NEAR[text] for text in typed}
    field, ask = page.locator("[name=email]"), page.locator(".near")
    field.fill("jo@gmial.com")
    field.blur()
    expect(ask).to_have_text("Did you mean jo@gmail.com?")
    expect(ask.locator("[name=sure]")).to_have_value("jo@gmial.com")
    ask.get_by_role("button").click()
    expect(field).to_have_value("jo@gmail.com")
    expect(ask).to_have_count(0)
    assert page.wrongs == []  # type: ignore[attr-defined]
