"""Staff in a real browser, on the running site: joining, coming back, editing and previewing, and nothing refused."""

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.accessibility import violations
from tests.browsers import follow
from tests.running import Site
from tests.staff.users import PASSWORD, code_of

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# The console reports what the policy refuses, but a listener names it.
LISTEN = """document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`refused: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""


# Of somebody new with this role: the session of a browser that has shown a password and a code.
SESSION = """
from django.conf import settings
from tests.staff.users import signed_in
name = settings.SESSION_COOKIE_NAME
print("SESSION", name, signed_in({role!r}, {email!r}).cookies[name].value)
"""


class Newcomer:
    """newcomer(role) -> (e-mail, path of the link to join), of somebody who was invited; `session` of who is in."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def __call__(self, role: str) -> tuple[str, str]:
        email = f"{secrets.token_hex(4)}@example.org"
        return email, urlsplit(self.site.manage("invite_staff", email, "--role", role).split()[-1]).path

    def session(self, role: str) -> Any:  # Playwright keeps the type of a cookie to itself
        code = SESSION.format(role=role, email=f"{secrets.token_hex(4)}@example.org")
        name, value = self.site.manage("shell", "-c", code).rpartition("SESSION ")[2].split()
        return {"name": name, "value": value, "url": self.site.url}


@pytest.fixture
def newcomer(running_site) -> Newcomer:
    return Newcomer(running_site)


@pytest.fixture
def tab(open_page, running_site) -> Page:
    page = open_page(base_url=running_site.url)
    page.add_init_script(LISTEN)
    page.on("dialog", lambda dialog: answer(dialog, page.wrongs))
    return page


def answer(dialog: Dialog, wrongs: list[str]) -> None:
    """Leave a form that was touched, about which Wagtail asks once it has noticed: on a slow machine before the test is
    gone. Whatever else opens is wrong. A dialog that nobody answers holds the page for good.
    """
    if dialog.type == "beforeunload":
        dialog.accept()
    else:
        wrongs.append(f"dialog: {dialog.message}")
        dialog.dismiss()


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
    """What axe finds: by all its rules on pages of ours, by those of WCAG 2.2 AA on pages that Wagtail makes."""
    wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] if "/admin/" in tab.url else []
    return [f"{rule}: {element[:200]}" for rule, elements in violations(tab, tags=wcag) for element in elements]


def choose_password(tab: Page, link: str, seen: bool = False) -> None:
    """`seen`: axe looks at these pages in another test."""
    tab.goto(link)
    assert seen or axe(tab) == []
    tab.get_by_label("Show what I type").check()
    field = tab.get_by_label("Password", exact=True)
    field.fill(PASSWORD)
    expect(field).to_have_attribute("type", "text")
    tab.get_by_role("button", name="Save and go on").click()
    expect(tab).to_have_url(re.compile("/accounts/2fa/$"))
    tab.goto("/admin/")
    expect(tab).to_have_url(re.compile("/accounts/2fa/$"))
    assert seen or axe(tab) == []


def enrol_app(tab: Page) -> str:
    follow(tab.get_by_role("link", name="An authenticator app"))
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
    follow(tab.get_by_role("link", name="A passkey"))
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


def test_it_says_in_words_that_a_browser_has_no_passkey_for_this_address_and_how_to_come_in(tab):
    carry_passkeys(tab)
    tab.goto("/accounts/login/")
    trouble = tab.get_by_role("alert").filter(has_text="works only at the address it was made for")
    expect(trouble).to_be_hidden()
    tab.get_by_role("button", name="Sign in with a passkey").click()
    expect(trouble).to_be_visible()
    expect(trouble).to_contain_text("Sign in with your password and a code, or ask an administrator for a sign-in link")
    assert tab.wrongs == []


def test_it_brings_a_newcomer_in_with_an_app_and_a_recovery_code(tab, newcomer):
    email, link = newcomer("Finance")
    choose_password(tab, link, seen=True)
    enrol_app(tab)
    recovery = tab.locator(".staff-codes li").first.inner_text()
    tab.get_by_role("link", name="to the panel").click()
    expect(tab).to_have_url(re.compile("/admin/$"))
    sign_out(tab)
    tab.goto("/admin/gift/")
    tab.get_by_label("E-mail address").fill(email)
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    follow(tab.get_by_role("button", name="Sign in", exact=True))
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
    follow(tab.get_by_role("button", name="Save and go on"))
    follow(tab.get_by_role("link", name="An authenticator app"))
    secret = tab.locator("#authenticator-secret").inner_text()
    tab.get_by_label("Authenticator code").fill(code_of(secret))
    tab.get_by_role("button", name="Set it up").click()
    expect(tab.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    assert tab.wrongs == []


def enter(tab: Page, newcomer: Newcomer, role: str) -> None:
    """The tests above walk through the pages that lead in; here somebody is in."""
    tab.context.add_cookies([newcomer.session(role)])


def test_it_edits_and_previews_a_page_under_the_strict_policy(tab, newcomer):
    enter(tab, newcomer, "Editor")
    tab.goto("/admin/pages/search/?q=The problem")  # nine kinds of blocks; an article of 74 blocks shows no more
    tab.get_by_role("link", name="The problem", exact=True).first.click()
    title = tab.locator("#id_title")
    expect(title).to_be_visible()
    before, words = title.input_value(), f"Edited {secrets.token_hex(4)}"
    title.fill(words)
    rich = tab.locator("[contenteditable=true]").first
    rich.click()
    tab.keyboard.type("plain words ")
    tab.locator("button.c-sf-add-button:visible").first.click()
    expect(tab.get_by_role("option", name="Heading")).to_be_visible()
    tab.keyboard.press("Escape")
    tab.get_by_role("button", name="Toggle preview").click()
    preview = tab.frame_locator("iframe[src*='/preview/']").first
    expect(preview.get_by_role("heading", level=1)).to_have_text(words)
    expect(preview.locator("wagtail-userbar")).to_be_attached()
    tab.get_by_role("button", name="Toggle checks").click()
    expect(tab.locator("[data-side-panel=checks]")).to_contain_text("Issues found")
    tab.get_by_role("button", name="Save draft").first.click()
    expect(tab.locator(".messages")).to_contain_text("has been updated")
    expect(title).to_have_value(words)
    address = tab.url
    # Once it has loaded, Wagtail's checker looks at every element of a long article: nobody needs to wait for that.
    tab.goto(re.sub("/edit/.*", "/view_draft/", address), wait_until="domcontentloaded")
    expect(tab.get_by_role("heading", level=1)).to_have_text(words)
    tab.goto(address)
    title.fill(before)
    tab.get_by_role("button", name="Save draft").first.click()
    expect(title).to_have_value(before)
    assert tab.wrongs == []


PAGES = (  # one of each kind
    *("/admin/", "/admin/pages/", "/admin/images/", "/admin/documents/", "/admin/account/", "/admin/users/"),
    *("/admin/users/new/", "/admin/redirects/add/", "/admin/workflows/add/", "/admin/reports/site-history/"),
    *("/admin/snippets/awareness/figure/", "/admin/snippets/awareness/figure/add/"),
    *("/admin/snippets/awareness/source/add/", "/admin/snippets/awareness/hotline/add/"),
    *("/admin/settings/organisation/organisation/", "/admin/settings/awareness/navigation/"),
    "/admin/settings/donations/thankyou/",
    *("/admin/gift/", "/admin/currency/new/", "/admin/pledge/new/", "/admin/job/"),
    *("/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/", "/accounts/password/change/"),
)
# Made of the same parts as that of gifts, which axe has seen; the rest of them are walked below, with rows in them.
MORE_LISTS = ("/admin/currency/", "/admin/consentevent/", "/admin/pledge/")


def test_it_refuses_nothing_and_calls_nobody_on_any_page_of_the_panel(tab, newcomer):
    enter(tab, newcomer, "Administrator")
    found = {}
    for path in (*PAGES, *MORE_LISTS):
        tab.wrongs.clear()
        answer = tab.goto(path)
        wrong = [*tab.wrongs, *(axe(tab) if path in PAGES else [])]
        if answer.status != 200 or not urlsplit(tab.url).path.startswith(path) or wrong:
            found[path] = [answer.status, tab.url, wrong]
    assert not found, "\n".join(f"{path}: {wrong}" for path, wrong in found.items())


def test_it_chooses_pages_and_days_without_inline_scripts(tab, newcomer):
    enter(tab, newcomer, "Administrator")
    tab.goto("/admin/redirects/add/")
    tab.get_by_role("button", name="Choose a page").click()
    tab.locator(".modal-body").get_by_role("link", name="Home", exact=True).first.click()
    expect(tab.locator("#id_redirect_page")).to_have_value(re.compile("[0-9]+"))
    tab.goto("/admin/job/")
    tab.get_by_role("button", name="Show filters").click()
    tab.get_by_role("button", name="State").click()
    tab.get_by_label("failed").check()
    expect(tab).to_have_url(re.compile("state=dead"))
    tab.goto("/admin/snippets/awareness/source/add/")
    tab.get_by_label("Date checked").click()
    expect(tab.locator(".xdsoft_datetimepicker:visible")).to_have_count(1)
    assert tab.wrongs == []


def test_it_shows_names_of_any_kind_inside_their_column(tab, newcomer, running_site):
    names = ["Maximiliana-" * 16, "מרים רחל", "=HYPERLINK(1)", "<img src=x onerror=alert(1)>"]
    code = "from supporters.supporters import get_or_create_supporter as known\n"
    code += f"for i, n in enumerate({names!r}): known(f'inert{{i}}@example.org', n)"
    running_site.manage("shell", "-c", code)
    enter(tab, newcomer, "Donor care")
    tab.goto("/admin/supporter/?q=inert")
    for name in names:
        expect(tab.get_by_text(name, exact=True)).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    follow(tab.get_by_text(names[0]))
    expect(tab.get_by_text("inert0@example.org").first).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.wrongs == []


# Words of up to thirty letters that stand on more than one line; a line may end at a hyphen.
BROKEN = """() => {
  const found = [];
  for (const cell of document.querySelectorAll("main td, main th, main dd")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode());) {
      for (const word of text.nodeValue.matchAll(/[\\p{L}\\p{N}@._:]+/gu)) {
        if (word[0].length > 30) continue;
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].filter((each) => each.width).map((each) => each.top));
        if (lines.size > 1) found.push(word[0]);
      }
    }
  }
  return found;
}"""
LISTS = ["gift", "plan", "ledgerentry", "dispute", "receipt", "letter", "job", "supporter", "signature"]
LISTS += ["stripeevent", "users"]
ROWS = """
from django.utils import timezone
from donations.models import Gift, LedgerEntry, Dispute, Plan, StripeEvent
from supporters.supporters import get_or_create_supporter
now = timezone.now()
ada = get_or_create_supporter("featherstonehaugh@example.org", "Maximiliana Featherstonehaugh")
plan = {"currency": "JPY", "amount": 1000, "fee_cover": 0, "total": 1000, "as_of": now, "started_at": now}
plan = Plan.objects.create(subscription_id="sub_1vQ4GvXefoun7E1cL7EdObwz", supporter=ada, livemode=False, **plan)
gift = {"amount": 1234500, "total": 1234500, "currency": "USD", "frequency": "monthly", "status": "paid"}
gift |= {"email": ada.email, "name": ada.name, "livemode": False, "paid_at": now, "supporter": ada}
gift = Gift.objects.create(reference="W8MWKW4WGW2M", attempt="words-stay-whole", **gift)
moved = {"amount": 1234500, "currency": "USD", "settled": 1234500, "settled_currency": "USD", "livemode": False}
moved |= {"occurred_at": now, "day": now.date(), "gift": gift}
LedgerEntry.objects.create(kind="charge", stripe_object="ch_3SLD6aatLWYSK42nzRJB1BwU", **moved)
held = {"kind": "dispute", "status": "needs_response", "reason": "made_with_stolen_card", "amount": 1234500}
held |= {"currency": "USD", "gift": gift, "opened_at": now, "as_of": now, "answer_by": now, "livemode": False}
Dispute.objects.create(stripe_object="du_1yB4MyBCEinvYoJz4CQDVPZP", **held)
told = {"type": "customer.subscription.trial_will_end", "created": now}
told |= {"object_id": "cs_test_a1Xr2Tavv1p5J32kNx4cfy4PxRTYhw9eCiyjwoxLP0fJTSQSIygJZxKmws"}
told |= {"note": "Done with evt_1b5lokcCrY7lowhz18i8GPIG.", "livemode": False, "payload": "{}"}
StripeEvent.objects.create(event_id="evt_1ms5Mi4KO7drY3usHedNMBVC", state="done", **told)
"""


def test_it_keeps_the_words_in_every_column_whole(tab, newcomer, running_site):
    running_site.manage("shell", "-c", ROWS)
    enter(tab, newcomer, "Administrator")
    for name in LISTS:
        answer = tab.goto(f"/admin/{name}/")
        assert (answer.status, urlsplit(tab.url).path, tab.wrongs) == (200, f"/admin/{name}/", [])
        assert (name, tab.evaluate(BROKEN)) == (name, [])
        assert tab.evaluate("document.querySelector('main').scrollWidth <= innerWidth"), name
        assert tab.locator("main table").evaluate_all("all => all.every((each) => each.clientWidth <= innerWidth)"), (
            name
        )
    tab.goto("/admin/dispute/?q=du_1yB4")
    expect(tab.locator("main tbody")).to_contain_text("made with stolen card")


PERSON = """
from django.utils import timezone
from donations.models import Gift, Plan
from foundation.letters import outbox
from supporters.consent import record
from supporters.supporters import get_or_create_supporter as known
now = timezone.now()
ada = known("whole-person@example.org", "Maximiliana Featherstonehaugh")
plan = {"currency": "JPY", "amount": 1000, "fee_cover": 0, "total": 1000, "as_of": now, "started_at": now}
plan = Plan.objects.create(subscription_id="sub_ofawholeperson", supporter=ada, livemode=False, **plan)
gift = {"amount": 1234500, "total": 1234500, "currency": "USD", "frequency": "monthly", "status": "paid", "plan": plan}
gift |= {"email": ada.email, "name": ada.name, "livemode": False, "paid_at": now, "supporter": ada}
Gift.objects.create(reference="W8MWWHOLEW2M", attempt="whole-person", **gift)
record(ada, "letters", True, "The Road Out may send me letters by e-mail. I can stop them at any time.", "/give/")
outbox.queue("whole-person", "address_changed", ada.email, {"before": "before@example.org", "after": ada.email})
known("same-person@example.org", "M. Featherstonehaugh")
"""


def test_it_lets_donor_care_see_a_whole_person_merge_another_and_undo_it(tab, newcomer, running_site):
    running_site.manage("shell", "-c", PERSON)
    enter(tab, newcomer, "Donor care")
    tab.goto("/admin/supporter/?q=whole-person@")
    follow(tab.get_by_role("link", name="Maximiliana Featherstonehaugh"))

    def fits(*widths: int) -> None:
        for width in widths:
            tab.set_viewport_size({"width": width, "height": 900})
            assert (axe(tab), tab.wrongs, tab.evaluate(BROKEN)) == ([], [], []), width
            assert tab.evaluate("document.querySelector('main').scrollWidth <= innerWidth"), width

    fits(390, 1280)
    person = tab.url
    follow(tab.get_by_role("link", name="Write a note"))
    tab.get_by_label("Note").fill("Likes post cards.")
    follow(tab.get_by_role("button", name="Write a note"))
    expect(tab.get_by_role("region", name="Notes of staff")).to_contain_text("Likes post cards.")
    follow(tab.get_by_role("link", name="Merge another supporter into this one"))
    tab.get_by_label("The other supporter").fill("same-person@example.org")
    tab.get_by_label("How you made sure").fill("She answered from both addresses.")
    follow(tab.get_by_role("button", name="Merge another supporter into this one"))
    expect(tab.locator("main")).to_contain_text("M. Featherstonehaugh (same-person@example.org)")
    follow(tab.get_by_role("button", name="Merge another supporter into this one"))
    expect(tab.get_by_role("region", name="Merged into this person")).to_contain_text("She answered from both")
    follow(tab.get_by_role("link", name="Undo the last merge"))
    follow(tab.get_by_role("button", name="Undo the last merge"))
    expect(tab).to_have_url(person)
    expect(tab.get_by_role("region", name="Merged into this person")).to_contain_text("Undone")
    follow(tab.get_by_role("region", name="Letters").get_by_role("link").first)
    expect(tab.get_by_role("region", name="As it was sent")).to_contain_text("before@example.org")
    fits(390)
