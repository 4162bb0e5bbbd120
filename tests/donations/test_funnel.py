"""The funnel of a campaign: seen, begun, paid. Counts alone, of people alone, cheap in a crowd."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from config import retention_rules
from donations.campaigns import funnel
from donations.giving import starter
from donations.models import Campaign, CampaignViews, Gift
from foundation.organisation.models import Organisation
from tests.donations import appeal
from tests.foundation.crowd import together
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LIST = "/admin/snippets/donations/campaign/"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Each test with a process that has counted nothing yet, and writes what it sees."""
    monkeypatch.setattr(funnel, "_waiting", funnel._Waiting())
    monkeypatch.setattr(funnel, "EVERY", 0)


@pytest.fixture
def campaign(charity) -> Campaign:
    return appeal.make()


def look(path: str = "/give/house/", agent: str = BROWSER, **headers: str) -> None:
    assert Client(headers={"User-Agent": agent, **headers}).get(path).status_code == 200


def seen() -> int:
    return sum(CampaignViews.objects.values_list("seen", flat=True))


def row(since=None) -> tuple[int, int, int]:
    found: Any = funnel.counted(Campaign.objects.all(), since).get()
    return found.seen, found.begun, found.paid


def test_it_counts_who_reads_the_page_as_one_number_a_day(campaign):
    for _ in range(3):
        look()
    assert seen() == 3 and CampaignViews.objects.get().day == Organisation.load().today()
    assert {field.name for field in CampaignViews._meta.fields} == {"id", "campaign", "day", "seen"}


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", {}),
        ("facebookexternalhit/1.1", {}),
        ("WhatsApp/2.2 Preview", {}),
        ("Slackbot-LinkExpanding 1.0", {}),
        ("curl/8.1", {}),
        ("", {}),
        (BROWSER, {"Sec-Purpose": "prefetch;prerender"}),
    ],
)
def test_it_counts_no_robot_no_preview_of_a_link_and_nothing_fetched_ahead(campaign, agent, headers):
    look(agent=agent, **headers)
    assert seen() == 0


def test_it_counts_no_head_no_post_no_draft_and_no_return_from_stripe(campaign, donor):
    browser = Client(headers={"User-Agent": BROWSER})
    browser.head("/give/house/")
    browser.post("/give/house/", {**donor.form("/give/house/"), "frequency": "once"})
    browser.get("/give/house/?back=AAAA-BBBB-CCCC")
    Campaign.objects.update(ended=True)
    browser.get("/give/house/")
    assert seen() == 0


def test_it_counts_nobody_twice_who_puts_the_form_right_and_no_staff_who_look_at_their_page(campaign, donor):
    browser = Client(headers={"User-Agent": BROWSER})
    fields = {**donor.form("/give/house/"), "frequency": "once", "email": "nobody", "plain": "1"}
    address = browser.post("/give/house/", fields)["Location"]
    assert browser.get(address).status_code == 200
    assert signed_in("Editor").get("/give/house/", headers={"User-Agent": BROWSER}).status_code == 200
    assert seen() == 0


def test_it_sets_no_cookie_beyond_those_of_the_form(campaign):
    counted = Client(headers={"User-Agent": BROWSER}).get("/give/house/")
    assert set(counted.cookies) == set(Client().get("/give/house/").cookies)


def test_it_writes_for_a_crowd_as_seldom_as_for_one(campaign, monkeypatch):
    look()
    monkeypatch.setattr(funnel, "EVERY", 10**6)
    request = RequestFactory(headers={"User-Agent": BROWSER}).get("/give/house/")
    with CaptureQueriesContext(connection) as asked:
        for _ in range(50):
            funnel.saw(request, campaign)
    assert not [query for query in asked if not query["sql"].startswith("SELECT")] and seen() == 1
    monkeypatch.setattr(funnel, "EVERY", 0)
    look()
    assert seen() == 52


def test_it_shows_the_page_and_keeps_the_count_when_the_database_takes_nothing(campaign, monkeypatch):
    def full(counts: Counter) -> None:
        raise DatabaseError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(funnel, "_write", full)
        broken.setattr(funnel, "EVERY", 0)
        look()
    look()
    assert seen() == 2


@pytest.mark.both
def test_it_says_begun_for_a_payment_page_and_paid_for_what_came_and_stayed(campaign, donor, till):
    fields = {"frequency": "once", "amount_once": "other", "other": "25", "email": "ada@donor.example"}
    donor.client.post("/give/house/", {**donor.form("/give/house/"), **fields})
    assert row() == (0, 1, 0)
    first = Gift.objects.get()
    appeal.arrived(first)
    assert row() == (0, 1, 1)
    appeal.book(first, "refund", -2400)
    assert row() == (0, 1, 1)
    appeal.book(first, "refund", -100)
    assert row() == (0, 1, 0)
    appeal.arrived(appeal.begun(campaign))  # a renewal, or one without Stripe: it was begun elsewhere
    assert row() == (0, 1, 0)


def test_it_tells_staff_of_all_days_or_of_the_last_ones(campaign):
    today = Organisation.load().today()
    for past, number in ((0, 1), (6, 2), (7, 40), (364, 500), (365, 6000)):
        CampaignViews.objects.create(campaign=campaign, day=today - timedelta(days=past), seen=number)
    gift = appeal.begun(campaign, session_id="cs_1")
    Gift.objects.filter(pk=gift.pk).update(created_at=gift.created_at - timedelta(days=20))
    assert row() == (6543, 1, 0)
    assert row(today - timedelta(days=6)) == (3, 0, 0)
    finance = signed_in("Finance")
    assert "6,543" in finance.get(LIST).content.decode()
    for period, shown in (("7", "3"), ("30", "43"), ("365", "543"), ("1000", "6,543"), ("x", "6,543")):
        assert f">{shown}<" in "".join(finance.get(f"{LIST}?days={period}").content.decode().split()), period


def test_it_forgets_the_counts_when_the_table_says_so(campaign, settings):
    today = Organisation.load().today()
    for days in (0, settings.RETENTION["views"] - 2, settings.RETENTION["views"] + 2):
        CampaignViews.objects.create(campaign=campaign, day=today - timedelta(days=days), seen=1)
    assert dict(retention_rules.run(dry=True)) and CampaignViews.objects.count() == 3
    assert funnel.forget() == 1 and CampaignViews.objects.count() == 2


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_it_loses_no_view_when_many_look_at_once():
    starter.load()
    campaign = appeal.make()
    request = RequestFactory(headers={"User-Agent": BROWSER}).get("/give/house/")

    def look_four_times(number: int) -> None:
        for _ in range(4):
            funnel.saw(request, campaign)

    together(32, look_four_times)
    assert seen() == 128 and CampaignViews.objects.count() == 1
