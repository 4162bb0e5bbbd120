"""What a reader sees first: the front page's drawing whole, each section's own beside its title, corrections folded."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from awareness.navigation import Navigation
from donations.models import Campaign, CostLine, Currency
from foundation.organisation.models import Organisation
from tests.look.stage import show
from tests.narrowing import not_none

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
# The edges of the first element found, or of all of them together.
EDGES = """(which) => { const boxes = [...document.querySelectorAll(which)].map(each => each.getBoundingClientRect())
    return ["left", "top", "right", "bottom"].map((side, at) =>
        Math[at < 2 ? "min" : "max"](...boxes.map(box => box[side]))) }"""
SIZES = {"desktop": (1280, 800), "phone": (390, 664)}


@pytest.fixture
def site(loaded_once: str) -> Client:
    return Client()


@pytest.mark.parametrize("size", SIZES)
def test_it_shows_the_front_pages_drawing_whole_in_the_first_screen(
    site: Client, open_page: Callable[..., Page], size: str
) -> None:
    page = open_page(size, javascript=False)
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(reduced_motion="reduce")
    with_news = Navigation.load()
    with_news.announcement, with_news.announcement_label = "Watch our latest documentary miniseries.", "Watch now"
    with_news.announcement_address = "/films/"
    screens = {address: site.get(address).content.decode() for address in ("/", "/es/")}
    with_news.save()
    screens |= {f"{address} with news": site.get(address).content.decode() for address in ("/", "/es/")}
    for address, html in screens.items():
        show(page, html)
        left, top, right, bottom = page.evaluate(EDGES, ".hero")
        assert (left, right) == (0, width) and bottom <= height, address
        for part in (".hero-art .strands path", ".hero-art .sun circle:not(.halo)", ".hero h1", ".hero .btn"):
            found = page.evaluate(EDGES, part)
            # The coil begins left of the page, and the sun is half below the horizon: neither is cut at top or foot.
            assert found[1] >= top and found[3] <= bottom, (address, part, found)
        assert page.evaluate(EDGES, ".hero .btn")[3] < page.evaluate(EDGES, ".hero-art .strands path")[3]
        horizon, buttons = page.evaluate(EDGES, ".hero-art .horizon"), page.evaluate(EDGES, ".hero .btn")
        assert horizon[0] > buttons[2] or horizon[1] > buttons[3], (address, "the horizon runs through a button")
        behind = page.evaluate("getComputedStyle(document.querySelector('.hero .btn.line')).backgroundColor")
        assert behind == page.evaluate("getComputedStyle(document.querySelector('.hero')).backgroundColor"), address


def test_it_puts_each_sections_drawing_beside_its_title_on_a_desk_and_below_it_on_a_phone(
    site: Client, open_page: Callable[..., Page]
) -> None:
    page = open_page(javascript=False)
    for address in ("/the-problem/", "/films/", "/about/faq/", "/the-problem/what-is-human-trafficking/"):
        show(page, site.get(address).content.decode())
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            title, art = page.evaluate(EDGES, ".read-head h1"), page.evaluate(EDGES, ".section-art")
            assert art[0] > width / 2 if width == 1280 else art[1] > title[3], (address, width)
            assert art[2] <= width and art[3] - art[1] > 80


def test_it_folds_corrections_on_a_phone_and_shows_them_on_a_desk(site: Client, open_page: Callable[..., Page]) -> None:
    page = open_page(javascript=False)
    for address in ("/the-problem/facts-and-sources/", "/the-problem/what-is-human-trafficking/"):
        show(page, site.get(address).content.decode())
        fold, row = page.locator(".fold"), page.locator(".fold tbody tr").first
        page.set_viewport_size({"width": 1280, "height": 800})
        assert row.is_visible() and not fold.locator("summary").is_visible(), address
        page.set_viewport_size({"width": 390, "height": 664})
        assert not row.is_visible(), address
        fold.locator("summary").click()
        assert row.is_visible(), address


def test_it_puts_lists_to_tick_two_abreast_on_a_desk_and_below_each_other_on_a_phone(
    site: Client, open_page: Callable[..., Page]
) -> None:
    page = open_page(javascript=False)
    for address, last_has_both in (("/get-involved/church/", False), ("/get-involved/business/", True)):
        show(page, site.get(address).content.decode())
        places = "() => [...document.querySelectorAll('.checklist')].map(each => each.getBoundingClientRect().toJSON())"
        page.set_viewport_size({"width": 1280, "height": 800})
        first, second, *_, last = page.evaluate(places)
        assert first["top"] == second["top"] and first["right"] < second["left"], address
        assert (last["left"] == first["left"] and last["right"] > second["left"]) == last_has_both, address
        page.set_viewport_size({"width": 390, "height": 664})
        first, second, *_ = page.evaluate(places)
        assert first["bottom"] < second["top"] and first["left"] == second["left"], address


# What a sum pays for, as staff write it: the shortest and the longest of them stand in each row.
CLAUSES = ["one hour of counselling", "a week of safe transport to court", "an evening of street outreach", "a bed"]


def cite_costs() -> None:
    """A cost line for each rung of both ladders, in dollars."""
    usd = Currency.objects.get(code="USD")
    amounts = sorted({*usd.monthly_amounts, *usd.once_amounts})
    for number, amount in enumerate(amounts):
        clause = CLAUSES[number % len(CLAUSES)]
        CostLine.objects.create(currency=usd, amount=amount, clause=clause, citation="Accounts, line 4")


@pytest.mark.parametrize("size", SIZES)
def test_it_shows_frequency_and_amounts_in_the_first_screen(
    site: Client, open_page: Callable[..., Page], size: str
) -> None:
    addresses = ["/give/", "/give/?frequency=monthly", "/es/give/"]
    screens = {address: site.get(address).content.decode() for address in addresses}
    cite_costs()
    Currency.objects.update(yearly_amounts=[15_000, 30_000, 60_000, 120_000])
    addresses += ["/give/?frequency=yearly", "/es/give/?frequency=yearly"]
    screens |= {f"{address} with costs": site.get(address).content.decode() for address in addresses}
    width, height = SIZES[size]
    below = {}
    for javascript in (True, False):
        page = open_page(size, javascript)
        page.set_viewport_size({"width": width, "height": height})
        for address, html in list(screens.items())[-3 if javascript else 0 :]:  # with it the column beside differs
            show(page, html)
            ladder = next((f".if-{each}" for each in ("monthly", "yearly") if each in address), ".if-once")
            assert page.locator(f"{ladder} label b").count() == 4 and page.locator(".seg").is_visible(), address
            assert page.locator(".seg label").count() == (3 if "costs" in address else 2)
            lowest = max(page.evaluate(EDGES, which)[3] for which in (".seg", f"{ladder} label:has(b)"))
            if lowest > height:
                below[address, javascript] = lowest - height
    assert not below


def test_it_keeps_every_sum_of_a_ladder_inside_its_box(site: Client, open_page: Callable[..., Page]) -> None:
    """Yen in Spanish and Kuwaiti dinars say their code in full; two abreast they ran over the edge on a phone."""
    dinars = {"monthly_amounts": [5000, 10_500, 100_500], "once_amounts": [5000, 10_500, 100_500]}
    Currency.objects.create(code="KWD", position=9, minimum=1000, maximum=5_000_000, **dinars)
    page = open_page(javascript=False)
    for address in ("/es/give/?currency=JPY", "/give/?currency=KWD", "/give/"):
        show(page, site.get(address).content.decode())
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            places = page.evaluate(
                """() => [...document.querySelectorAll('.if-once .choice label, .if-once.choice label')].map(label => [
                    label.getBoundingClientRect().right,
                    Math.max(...[...label.children].map(each => each.getBoundingClientRect().right))])"""
            )
            assert len(places) >= 4 and [each for each in places if each[1] > each[0]] == [], (address, width)


def test_it_says_the_sum_beside_the_form_on_a_desk_and_right_above_its_button_on_a_phone(
    site: Client, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    show(page, site.get("/give/?frequency=monthly").content.decode())
    seen = page.locator(".sum:visible")
    for width, beside in ((1280, True), (800, False), (390, False)):
        page.set_viewport_size({"width": width, "height": 664})
        expect(seen).to_have_count(1)
        expect(seen.locator("[data-o=total]")).to_have_text("$30")
        box, form, button = (page.evaluate(EDGES, which) for which in (".sum:not(.above *)", "#give", "button.big"))
        if not beside:
            box = page.evaluate(EDGES, ".above .sum")
            assert 0 < button[1] - box[3] < 40, width
        assert (box[0] > form[2]) == beside, width
    assert page.locator("#give [role=status]").count() == page.locator("[data-o=say]").count() == 1


@pytest.mark.parametrize("size", SIZES)
def test_it_leads_from_the_first_screen_of_a_campaign_to_its_form(
    site: Client, open_page: Callable[..., Page], size: str
) -> None:
    today = Organisation.load().today()
    Campaign.objects.create(
        slug="house",
        title="A house by the sea for women who leave",
        summary="Ten rooms, a garden and a door with a key, for the first months after leaving. We rent it in spring.",
        currency=Currency.objects.get(code="USD"),
        goal=700_000,
        starts_on=today - timedelta(days=1),
        match_funder="The Lantern Trust",
        match_cap=500_000,
        story=[("text", "<p>A door with a key.</p>" * 30)],
    )
    width, height = SIZES[size]
    page = open_page(size, javascript=False)
    page.set_viewport_size({"width": width, "height": height})
    for address in ("/give/house/", "/es/give/house/"):
        show(page, site.get(address).content.decode())
        (button,) = [each for each in page.locator("a.btn[href='#give-here']").all() if each.is_visible()]
        box = not_none(button.bounding_box())
        assert box["y"] + box["height"] <= height, address
        button.click()
        expect(page.locator("#give-here h2").first).to_be_in_viewport()
