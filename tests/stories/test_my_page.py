"""The story of a donor's own page: in by a mailed link, every power over giving, letters and data, and out again."""

import json
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.accessibility import violations
from tests.browsers import follow
from tests.running import Site
from tests.stories.test_giving import fill, pay, send
from tests.stories.test_learning import RULES
from tests.stories.visitor import Visitor, link_in, press

pytestmark = [pytest.mark.processes, pytest.mark.browser]
RUN = uuid.uuid4().hex[:6]
SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])


def own(name: str) -> str:
    """An address of this run. Ten links an hour are for one connection, and each browser of the tests has its own."""
    return f"{name}-{RUN}@example.org".lower()


def fits(page: Page, javascript: bool = True) -> None:
    """Nothing breaks the rules of accessibility, nothing is refused by the policy, nothing scrolls sideways."""
    if javascript:  # the checker is a script itself
        assert violations(page, tags=RULES) == []
    wrongs = [wrong for wrong in page.wrongs if "status of 422" not in wrong]  # type: ignore[attr-defined]
    assert wrongs == [], "a form that was filled in wrongly is the only thing that may be refused"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def ask_for_link(page: Page, email: str) -> None:
    page.fill("[name=email]", email)
    follow(page.get_by_role("button", name="Mail me the link"))


def give(page: Page, site: Site, email: str, frequency: str, amount: str) -> None:
    page.goto(f"{site.url}/give/?frequency={frequency}")
    fill(page, frequency, amount, email)
    send(page)
    if "/c/pay/" not in page.url:  # this browser gave a minute ago: the form says so and asks once more
        send(page)
    pay(page)
    page.wait_for_url("**/give/thanks/**")


def come_in(page: Page, site: Site, visitor: Visitor, email: str) -> None:
    page.goto(f"{site.url}/my/")
    ask_for_link(page, email)
    expect(page.locator("h1")).to_have_text("Look in your inbox")
    page.goto(link_in(visitor.newest_letter(email, "/my/enter/"), "/my/enter/").rstrip(")"))
    press(page, "main form button")
    expect(page.get_by_role("heading", name="My gifts")).to_be_visible()


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("status").first).to_contain_text(words)


def tab_to(page: Page, words: str) -> None:
    """With Tab alone to what says these words, or has them as its id; one sees that one is there."""
    for _ in range(80):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "[document.activeElement.tagName, document.activeElement.innerText, document.activeElement.id]"
        )
        # A list says all that it offers; the whole page is what has the focus when a script took away what had it.
        if words in ((at[0] not in ("SELECT", "BODY") and at[1]) or at[2]):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", words
            return
    raise AssertionError(f"no key leads to “{words}”")


def saved(page: Page, link: str) -> Path:
    """The file behind a link, as a browser keeps it."""
    with page.expect_download() as keeping:
        page.get_by_role("link", name=link).first.click()
    return keeping.value.path()


@pytest.mark.parametrize(
    ("size", "javascript"), [("desktop", True), ("phone", True), ("phone", False)], ids=["desk", "phone", "no-script"]
)
def test_it_gives_a_donor_every_power_over_a_monthly_gift(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, size: str, javascript: bool
) -> None:
    email = own(f"own-page-{size}-{javascript}")
    page = open_page(size, javascript)
    give(page, running_site, email, "monthly", "15")
    receipt = visitor.newest_letter(email, "DEMO-20")
    number = next(word for word in receipt.split() if "DEMO-20" in word).strip(".,:")
    page.goto(f"{running_site.url}/my/")
    fits(page, javascript)
    come_in(page, running_site, visitor, email)
    expect(page.get_by_text(number).first).to_be_visible()
    expect(page.get_by_role("img", name="A road with 1 gift")).to_be_visible()
    fits(page, javascript)

    follow(page.get_by_role("link", name="$15.00 USD every month"))
    fits(page, javascript)
    page.fill("[name=total]", "0")
    follow(page.get_by_role("button", name="Change the amount"))
    expect(page.get_by_role("alert").first).to_contain_text("Between $5 and $50,000")
    assert page.locator("[name=total]").input_value() == "0"
    fits(page, javascript)
    page.fill("[name=total]", "20")
    follow(page.get_by_role("button", name="Change the amount"))
    expect(page.locator("main")).to_contain_text("$20.00 USD is taken every month, instead of $15.00 USD")
    fits(page, javascript)
    follow(page.get_by_role("link", name="No, leave it as it is"))
    expect(page.locator("h1")).to_have_text("$15.00 USD every month")
    page.fill("[name=total]", "20")
    follow(page.get_by_role("button", name="Change the amount"))
    page.get_by_role("button", name="Yes, change the amount").click()
    says(page, "Your new amount counts from the next payment")
    expect(page.locator("h1")).to_have_text("$20.00 USD every month")

    page.get_by_role("button", name="Skip the next payment").click()
    says(page, "The next payment is left out")
    page.get_by_role("button", name="End the rest").click()
    says(page, "Your gift goes on")

    chosen = page.locator("select[name=until] option").nth(1)
    expect(chosen).to_contain_text("2 payments; the next is on ")
    next_day = chosen.inner_text().split(" on ")[1]
    page.locator("select[name=until]").select_option(index=1)
    follow(page.get_by_role("button", name="Pause", exact=True))
    expect(page.locator("main")).to_contain_text(f"The next one is taken on {next_day}")
    page.get_by_role("button", name="Yes, leave them out").click()
    says(page, "Your gift rests as long as you chose")
    expect(page.locator("main")).to_contain_text(f"The next payment is on {next_day}")
    follow(page.get_by_role("button", name="End the rest"))

    page.get_by_role("button", name="Change the card").click()
    page.wait_for_url(lambda address: not address.startswith(running_site.url))
    follow(page.locator("#return"))
    says(page, "You came back from Stripe without a new card")

    page.get_by_role("button", name="Stop this monthly gift").click()
    says(page, "Nothing more is taken")
    fits(page, javascript)
    page.get_by_role("button", name="Undo the stop").click()
    says(page, "Your gift goes on")

    follow(page.get_by_role("link", name="My page").first)
    page.get_by_role("button", name="Close my page").click()
    expect(page.get_by_role("button", name="Mail me the link")).to_be_visible()


@SCRIPTS
def test_it_lets_who_meant_to_give_once_say_so_and_then_be_forgotten(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor, javascript: bool
) -> None:
    email = own(f"meant-once-{javascript}")
    page = open_page("phone", javascript)
    give(page, running_site, email, "monthly", "15")
    give(page, running_site, email, "monthly", "60")
    visitor.newest_letter(email, "$60.00")
    come_in(page, running_site, visitor, email)
    expect(page.locator("main").get_by_role("link", name="every month")).to_have_count(2)

    follow(page.get_by_role("link", name="Forget me"))
    expect(page.locator(".note.warn a")).to_have_count(2)
    expect(page.locator("main")).to_contain_text("Your 2 receipts, with the name they were issued to")
    fits(page, javascript)
    for sum_of in ("$15.00", "$60.00"):
        follow(page.get_by_role("link", name=f"{sum_of} USD every month"))
        follow(page.get_by_role("button", name="Make it a single gift"))
        expect(page.locator("main")).to_contain_text("This cannot be undone")
        page.get_by_role("button", name="Yes, make it a single gift").click()
        says(page, "It is a single gift now")
        follow(page.get_by_role("link", name="My page").first)
        follow(page.get_by_role("link", name="Forget me"))
    expect(page.locator(".note.warn")).to_have_count(0)

    follow(page.get_by_role("button", name="Forget me"))
    expect(page.get_by_role("alert")).to_contain_text("tick the box first")
    page.get_by_label("Yes, forget me").check()
    page.get_by_role("button", name="Forget me").click()
    expect(page.locator("h1")).to_have_text("You are forgotten here")
    page.goto(f"{running_site.url}/my/")
    expect(page.get_by_role("button", name="Mail me the link")).to_be_visible()


def test_it_hands_over_receipt_statement_and_all_data_and_keeps_the_words_agreed_to(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor
) -> None:
    email = own("takes-all")
    page = open_page("phone")
    give(page, running_site, email, "once", "35")
    visitor.newest_letter(email, "DEMO-20")
    come_in(page, running_site, visitor, email)
    assert saved(page, "DEMO-20").read_bytes().startswith(b"%PDF")
    assert saved(page, "PDF").read_bytes().startswith(b"%PDF")
    assert ",35,USD," in saved(page, "CSV").read_text("utf-8-sig")
    known = json.loads(saved(page, "Take everything").read_text())
    assert known["supporters"]["email"] == email and known["donations"]["gifts"][0]["sum"] == "$35.00 USD"

    words = page.get_by_text("By pressing the button you agree:").locator("xpath=..").inner_text()
    agreed = words.partition("“")[2].partition("”")[0]
    page.get_by_role("button", name="Send me these letters").click()
    says(page, "Saved")
    expect(page.locator("main")).to_contain_text(f"to these words: “{agreed}”")
    fits(page)
    page.get_by_role("button", name="Stop these letters").first.click()
    expect(page.get_by_role("heading", name="Letters by e-mail: no")).to_be_visible()


def test_it_is_walked_by_keyboard_alone(running_site: Site, open_page: Callable[..., Page], visitor: Visitor) -> None:
    """From the door to a stopped gift and a folded year, with Tab, Enter and Space; each stop can be seen."""
    email = own("keys-only")
    page = open_page("desktop")
    give(page, running_site, email, "monthly", "15")
    visitor.newest_letter(email, "DEMO-20")
    come_in(page, running_site, visitor, email)

    def reach(words: str) -> None:
        tab_to(page, words)

    reach(str(timezone.now().year))
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_be_visible()
    page.reload()
    reach("Change, pause or stop")
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/gifts/**")
    reach("Stop this monthly gift")
    page.keyboard.press("Space")
    says(page, "Nothing more is taken")
    reach("Undo the stop")
    page.keyboard.press("Enter")
    says(page, "Your gift goes on")


def test_it_reads_in_the_dark_in_chosen_colours_and_on_paper(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor
) -> None:
    email = own("looks")
    page = open_page("desktop")
    give(page, running_site, email, "monthly", "15")
    visitor.newest_letter(email, "DEMO-20")
    come_in(page, running_site, visitor, email)
    page.locator("details.drop").evaluate("each => each.open = false")
    close = page.get_by_role("button", name="Close my page")
    for look in ({"color_scheme": "dark"}, {"forced_colors": "active"}, {"forced_colors": "none", "media": "print"}):
        page.emulate_media(**look)  # type: ignore[arg-type]
        if "color_scheme" in look:
            fits(page)
        stone, ground = page.evaluate(
            """() => [getComputedStyle(document.querySelector('.own-road circle')).fill,
                      getComputedStyle(document.body).backgroundColor]"""
        )
        assert stone not in (ground, "none"), f"the stone of the road is seen: {look}"
        on_paper = "media" in look  # it unfolds what is folded, and has no buttons
        expect(page.get_by_role("table")).to_have_count(1 if on_paper else 0)
        expect(close).to_be_hidden() if on_paper else expect(close).to_be_visible()


def test_it_hands_over_everything_and_forgets_at_a_desk_by_keys_alone_without_a_script(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor
) -> None:
    """In by the link, all tables taken along, letters chosen, forgotten: Tab, Space and Enter."""
    email = own("keys-no-script")
    page = open_page("desktop", False)
    give(page, running_site, email, "once", "35")
    visitor.newest_letter(email, "DEMO-20")
    come_in(page, running_site, visitor, email)
    fits(page, javascript=False)

    def reach(words: str) -> None:
        tab_to(page, words)

    reach("tables for a spreadsheet program")
    with page.expect_download() as keeping:
        page.keyboard.press("Enter")
    with zipfile.ZipFile(keeping.value.path()) as packed:
        assert {"about-me.csv", "gifts.csv", "receipts.csv", "letters.csv"} <= set(packed.namelist())
        assert email in packed.read("about-me.csv").decode("utf-8-sig")
    page.reload()
    reach("Send me these letters")
    page.keyboard.press("Enter")
    says(page, "Saved")
    reach("Forget me")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Forget me")
    expect(page.get_by_role("listitem").filter(has_text="One last letter says")).to_be_visible()
    expect(page.locator(".note.warn")).to_have_count(0)
    fits(page, javascript=False)
    reach("sure")
    page.keyboard.press("Space")
    reach("Forget me")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("You are forgotten here")  # the last letter holds nothing once it has left


def test_it_changes_a_monthly_gift_at_a_desk_by_keys_alone_without_a_script(
    running_site: Site, open_page: Callable[..., Page], visitor: Visitor
) -> None:
    """Another amount, one and three left out, a rest of a chosen length, the end of each, a stop and its undoing."""
    email = own("keys-change")
    page = open_page("desktop", False)
    give(page, running_site, email, "monthly", "15")
    visitor.newest_letter(email, "DEMO-20")
    come_in(page, running_site, visitor, email)

    def press_key(words: str, key: str = "Enter") -> None:
        tab_to(page, words)
        with page.expect_navigation():
            page.keyboard.press(key)

    press_key("Change, pause or stop")
    tab_to(page, "id_total")
    page.keyboard.press("Control+A")
    page.keyboard.type("20")
    press_key("Change the amount", "Space")
    expect(page.locator("main")).to_contain_text("$20.00 USD is taken every month, instead of $15.00 USD")
    press_key("Yes, change the amount")
    says(page, "Your new amount counts from the next payment")
    for button, words in (
        ("Skip the next payment", "The next payment is left out"),
        ("End the rest", "Your gift goes on"),
        ("Skip the next three", "Your gift rests as long as you chose"),
        ("End the rest", "Your gift goes on"),
    ):
        press_key(button)
        says(page, words)
    tab_to(page, "id_until")
    page.keyboard.press("ArrowDown")
    press_key("Pause")
    expect(page.locator("main")).to_contain_text("The 2 payments of $20.00 USD from ")
    fits(page, javascript=False)
    press_key("Yes, leave them out")
    says(page, "Your gift rests as long as you chose")
    press_key("Stop this monthly gift", "Space")
    says(page, "Nothing more is taken")
    press_key("Undo the stop")
    says(page, "rests as it did before you stopped it")
