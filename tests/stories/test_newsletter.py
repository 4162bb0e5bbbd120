"""An editor writes a newsletter, sees it, tests it and sends it; a reader reads it and stops the next one."""

import re
import secrets
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.accessibility import violations
from tests.browsers import follow
from tests.running import Site
from tests.stories.visitor import Visitor, link_in, press

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# A reader, and a session of an editor who has shown password and second factor.
PEOPLE = """
from django.conf import settings
from django.test import Client
from tests.staff.users import member, sign_in
from tests.supporters.newsletters import reader
reader({reader!r}, "es", "Eva Ejemplo")
session = sign_in(Client(), member("Editor", {editor!r})).cookies[settings.SESSION_COOKIE_NAME]
print(session.key, session.value)
"""
WORDS = """Hola, {name}:

# Una casa nueva

Tiene **doce** camas. [Lea cómo empezó](/es/about/).

[Done una cama](/es/give/)"""


def colleague(reader: str) -> str:
    """The address of this story's editor."""
    return reader.replace("eva", "editor")


@pytest.fixture
def reader() -> str:
    return f"eva-{secrets.token_hex(4)}@example.org"


@pytest.fixture
def editor(open_page, running_site: Site, reader: str) -> Page:
    """The panel, as an editor has it open."""
    code = PEOPLE.format(reader=reader, editor=colleague(reader))
    name, value = running_site.manage("shell", "-v", "0", "-c", code).split()[-2:]
    tab: Page = open_page(base_url=running_site.url)
    tab.context.add_cookies([{"name": name, "value": value, "url": running_site.url}])
    return tab


def would_get_it(tab: Page) -> int:
    found = re.search(r"(\d+) supporters? would get it", tab.locator("main").inner_text())
    assert found
    return int(found[1])


def accessible(tab: Page) -> None:
    wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    assert [f"{rule}: {each[:200]}" for rule, elements in violations(tab, tags=wcag) for each in elements] == []


def test_it_is_written_tested_sent_read_and_stopped(
    editor: Page, open_page, running_site: Site, visitor: Visitor, reader: str
) -> None:
    subject = f"Noticias {secrets.token_hex(3)}"
    editor.goto("/admin/newsletters/")
    follow(editor.get_by_role("button", name="Write a newsletter"))
    editor.goto(editor.url.replace("/words/en/", "/words/es/"))
    editor.locator("#id_subject").fill(subject)
    editor.locator("#id_body").fill(WORDS)
    editor.locator("#id_preheader").fill("Dos cosas")
    editor.get_by_role("button", name="Choose an image").click()
    editor.locator(".modal-body a.image-choice").first.click()
    editor.locator("#id_picture_alt").fill("Una casa con una puerta azul")
    preview = editor.frame_locator("iframe[name=letter-preview]")  # follows what is typed
    expect(preview.get_by_role("heading", name=subject)).to_be_visible()
    letter = preview.frame_locator("iframe")
    expect(letter.get_by_role("heading", name="Una casa nueva")).to_be_visible()
    assert letter.get_by_alt_text("Una casa con una puerta azul").evaluate("(it) => it.naturalWidth") > 0
    expect(preview.locator("pre")).to_contain_text("Hola, Ada Lovelace:")
    accessible(editor)

    follow(editor.get_by_role("button", name="Send me a test"))
    expect(editor.locator(".messages")).to_contain_text("A test is on its way")
    assert "Una casa nueva" in visitor.newest_letter(colleague(reader), "Una casa nueva")

    follow(editor.get_by_role("button", name="Save"))
    readers = would_get_it(editor)
    assert readers >= 1
    follow(editor.get_by_role("button", name="Send it"))
    expect(editor.locator("main")).to_contain_text(re.compile(f"Send this newsletter to {readers} supporters? now"))
    follow(editor.get_by_role("button", name="Send it"))
    text = visitor.newest_letter(reader, "Una casa nueva")
    assert "Hola, Eva Ejemplo:" in text and "Lea cómo empezó (" in text
    expect(editor.locator("main")).to_contain_text(re.compile("[1-9][0-9]* of them have left"))  # it updates by itself

    phone = open_page("phone")
    phone.goto(re.findall(r"http://\S+/demo/letters/\S+", running_site.printed())[0])
    follow(phone.locator("li", has_text=reader).get_by_role("link", name=subject))
    shown = phone.frame_locator("iframe")
    expect(shown.get_by_role("heading", name="Una casa nueva")).to_be_visible()
    assert shown.get_by_alt_text("Una casa con una puerta azul").evaluate("(it) => it.naturalWidth") > 0
    assert shown.locator("html").evaluate("(it) => it.scrollWidth <= it.clientWidth")
    shown.get_by_role("link", name="no recibir más de estas").click()
    expect(phone).to_have_url(re.compile("/letters/stop/"))
    assert urlsplit(phone.url).path == urlsplit(link_in(text, "/letters/stop/")).path
    press(phone, "main form button")
    expect(phone.get_by_role("heading", level=1)).to_have_text("No enviaremos más de estas")
    assert editor.wrongs == []  # type: ignore[attr-defined]
