"""Staff in a real browser, on the running site: joining, coming back, editing and previewing, and nothing refused."""

import re
import secrets
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.staff.people import PASSWORD, code_of

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# The console reports what the policy refuses, but a listener names it.
LISTEN = """document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`refused: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""


@pytest.fixture
def newcomer(running_site):
    """An address with a link to join: newcomer(role) -> (e-mail, path of the link)."""

    def invite(role: str) -> tuple[str, str]:
        email = f"{secrets.token_hex(4)}@example.org"
        return email, urlsplit(running_site.manage("invite_staff", email, "--role", role).split()[-1]).path

    return invite


@pytest.fixture
def tab(open_page, running_site) -> Page:
    page = open_page(base_url=running_site.url)
    page.add_init_script(LISTEN)
    page.on("dialog", lambda dialog: page.wrongs.append(f"dialog: {dialog.message}"))
    return page


def carry_passkeys(tab: Page) -> None:
    """Give the browser an authenticator, as a phone or a laptop has one."""
    session = tab.context.new_cdp_session(tab)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def axe(tab: Page) -> list[str]:
    found = Axe().run(tab).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def choose_password(tab: Page, link: str) -> None:
    tab.goto(link)
    assert axe(tab) == []
    tab.get_by_label("Show what I type").check()
    field = tab.get_by_label("Password", exact=True)
    field.fill(PASSWORD)
    expect(field).to_have_attribute("type", "text")
    tab.get_by_role("button", name="Save and go on").click()
    expect(tab).to_have_url(re.compile("/accounts/2fa/$"))
    tab.goto("/admin/")
    expect(tab).to_have_url(re.compile("/accounts/2fa/$"))
    assert axe(tab) == []


def enrol_app(tab: Page) -> str:
    tab.get_by_role("link", name="An authenticator app").click()
    assert axe(tab) == []
    secret = tab.locator("#authenticator-secret").inner_text()
    tab.get_by_label("Authenticator code").fill(code_of(secret))
    tab.get_by_role("button", name="Set it up").click()
    expect(tab.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    return secret


def sign_out(tab: Page) -> None:
    tab.goto("/accounts/logout/")
    tab.get_by_role("button", name="Sign out").click()
    expect(tab).to_have_url(re.compile("/accounts/login/$"))


def test_it_brings_a_newcomer_in_with_a_passkey_alone(tab, newcomer):
    _, link = newcomer("Administrator")
    carry_passkeys(tab)
    choose_password(tab, link)
    tab.get_by_role("link", name="A passkey").click()
    assert axe(tab) == []
    tab.get_by_role("button", name="Add the passkey").click()
    expect(tab.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    assert tab.locator(".staff-codes li").count() == 10
    assert axe(tab) == []
    tab.get_by_role("link", name="to the panel").click()
    expect(tab.get_by_role("heading", name="Is everything running?")).to_be_visible()
    sign_out(tab)
    tab.goto("/admin/")
    assert axe(tab) == []
    tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(tab.get_by_role("heading", name="Is everything running?")).to_be_visible()
    assert tab.wrongs == []


def test_it_brings_a_newcomer_in_with_an_app_and_a_recovery_code(tab, newcomer):
    email, link = newcomer("Finance")
    choose_password(tab, link)
    enrol_app(tab)
    recovery = tab.locator(".staff-codes li").first.inner_text()
    tab.get_by_role("link", name="to the panel").click()
    expect(tab).to_have_url(re.compile("/admin/$"))
    sign_out(tab)
    tab.goto("/admin/gift/")
    tab.get_by_label("Email").fill(email)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    assert axe(tab) == []
    tab.get_by_label("Code").fill("000000")
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Incorrect code")
    tab.get_by_label("Code").fill(recovery)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab).to_have_url(re.compile("/admin/gift/$"))
    assert tab.wrongs == []


def test_it_signs_in_without_javascript(open_page, running_site, newcomer):
    _, link = newcomer("Editor")
    tab = open_page("phone", javascript=False, base_url=running_site.url)
    tab.goto(link)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Save and go on").click()
    enrol_without_script = tab.get_by_role("link", name="An authenticator app")
    enrol_without_script.click()
    secret = tab.locator("#authenticator-secret").inner_text()
    tab.get_by_label("Authenticator code").fill(code_of(secret))
    tab.get_by_role("button", name="Set it up").click()
    expect(tab.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    assert tab.wrongs == []


def test_it_edits_and_previews_a_page_under_the_strict_policy(tab, newcomer):
    _, link = newcomer("Editor")
    choose_password(tab, link)
    enrol_app(tab)
    tab.goto("/admin/pages/")
    tab.get_by_role("link", name="The Road Out").or_(tab.locator(".title-wrapper a")).first.click()
    tab.wait_for_load_state("networkidle")
    editor = tab.locator('a[href$="/edit/"]').first.get_attribute("href")
    tab.goto(editor)
    title = tab.locator("#id_title")
    expect(title).to_be_visible()
    changed = f"{title.input_value()} {secrets.token_hex(2)}"
    title.fill(changed)
    tab.get_by_role("button", name="Toggle preview").click()
    frame = tab.frame_locator("#w-preview-iframe, iframe[title='Preview']").first
    expect(frame.locator("main")).to_be_visible(timeout=20_000)
    expect(frame.locator("title, h1").first).to_be_attached()
    tab.get_by_role("button", name="Save draft").first.click()
    expect(title).to_have_value(changed)
    assert tab.wrongs == []
