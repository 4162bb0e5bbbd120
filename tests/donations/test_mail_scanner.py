"""A mail program's scanner follows every link of every letter, ten times, and presses nothing: nothing changes."""

import re
from collections import defaultdict
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve
from django.utils import timezone, translation

from awareness import correspondence
from awareness.messages import Message
from donations.giving import step_up
from donations.letters import dedications, gift_letters, papers, plan_letters, year_end
from donations.models import Dedication, Gift, Plan, Receipt
from foundation.jobs.queue import run_due
from foundation.letters import kinds, outbox, writing
from foundation.letters.models import Letter
from pledges import starter
from supporters import moving, news, subscribing, visits
from supporters.models import Supporter
from tests.donations.donor import opened_before
from tests.donations.kept import rows
from tests.narrowing import not_none
from tests.pledges import driver
from tests.supporters.visitor import come_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADA, SIGNER = "ada@donor.example", "signer@donor.example"  # a mailbox gets three letters a day that forms send
TIMES = 10
# A kind that nothing below writes may hold these alone: in whatever letter, they are the same links.
SAME_EVERYWHERE = {"my_page", "check", "file"}
# Tables that may change: numbers and codes of receipts can be guessed, so that looking at them is counted. Nothing
# else is, and no visit is kept.
MAY_CHANGE = {"access_tokenbucket"}


def about_a_plan(plan: Plan) -> None:
    now = timezone.now()
    plan.past_due_since, plan.resumes_at, plan.cancel_at = now, now + timedelta(days=40), now + timedelta(days=9)
    for days in plan_letters.SERIES:
        plan_letters.card_failed(plan, days)
    plan_letters.card_link(plan)
    plan_letters.welcome(plan)
    plan_letters.changed(plan, 2000)
    plan_letters.paused(plan)
    plan_letters.resumed(plan)
    for plan.status in (Plan.Status.PAUSED, Plan.Status.ACTIVE):
        plan.as_of += timedelta(seconds=1)
        plan_letters.stopped(plan)
    plan_letters.renews(plan, now + timedelta(days=21))
    plan_letters.ended(plan)
    facts = {"name": "Ada", "my_page": papers.my_page(), "total": "$30.00", "given": "$360.00"}
    news.write("yearly", "yearly_reminder", not_none(plan.supporter), "reminders", facts)


def about_a_gift(gift: Gift) -> None:
    document = gift.receipts.get()
    for status in ("succeeded", "pending", "requires_action"):
        gift_letters.refund(document, f"re_{status}", 500, status)
        gift_letters.refund_failed(document, f"re_{status}", 500, "canceled" if status == "pending" else status)
    gift_letters.receipt_corrected(document)
    with gift_letters.speaking_to(gift):
        gift_letters.post("corrected", "receipt_corrected", gift, gift_letters._numbers(document), (), document)
    gift_letters.debit_failed(gift, document)
    Dedication.objects.create(gift=gift, kind="honour", name="Ottoline", card_to=ADA, card_from="Ada")
    dedications.schedule(gift)
    year_end._write(not_none(gift.supporter), document.year)


def about_a_person(person: Supporter) -> None:
    come_in(ADA).post("/my/address/", {"email": "new@donor.example", "opened": opened_before()})
    visits.send_link({"supporter": person.pk})
    subscribing.mail_confirmation(ADA, "Yes.")
    moving.tell("old@donor.example", ADA, "en")
    starter.load()
    driver.sign(Client(), email=SIGNER, letters="on")
    driver.confirm(Client(), to=SIGNER)
    for signer in (SIGNER, "other@donor.example"):  # the first is told that it counts already
        driver.sign(Client(), email=signer)
    message = Message.objects.create(reason="Speaking", email=ADA, text="May I?")
    correspondence.answer(message, "With pleasure.", "staff@charity.example")
    outbox.queue("erased:0", "erased", ADA, {})


@pytest.fixture
def letters(donor, till) -> list[Letter]:
    """One letter at least of every kind that a donor, a signer or a reader can get."""
    donor.gave("once", "25", name="Ada")
    donor.gave("monthly", "30", name="Ada")
    begun = Gift.objects.create(currency="USD", amount=500, total=500, frequency="once", email=ADA, livemode=False)
    step_up.mail(begun, "192.0.2.0")
    about_a_gift(Receipt.objects.earliest("pk").gift)
    about_a_person(Supporter.objects.get(email=ADA))
    about_a_plan(Plan.objects.get())
    run_due()
    for kind in kinds.every():
        if not Letter.objects.filter(template=kind.name).exists():
            places = {name: value for name, value in kind.sample.items() if "://" not in value}
            assert set(kind.sample) - set(places) <= SAME_EVERYWHERE, f"write one of {kind.name} above"
            outbox.queue(kind.name, kind.name, ADA, {**writing.sample(kind), **places})
    return list(Letter.objects.order_by("pk"))


def links(letter: Letter) -> set[str]:
    found = re.findall(re.escape(settings.BASE_URL) + r"[^\s\"<>()]*", f"{letter.text} {letter.html} {letter.stop_url}")
    return {urlsplit(link)._replace(scheme="", netloc="").geturl() or "/" for link in found}


def route(link: str) -> str:
    return resolve(urlsplit(link).path).route


def test_it_changes_nothing_when_a_scanner_follows_every_link_ten_times(letters):
    by_route: dict[str, list[str]] = defaultdict(list)
    for letter in letters:
        for link in sorted(links(letter)):
            by_route[route(link)].append(link)
    assert {"my/enter/<str:token>/", "my/address/<str:token>/", "letters/stop/<str:token>/"} <= set(by_route)
    assert {"give/card/<str:token>/", "give/finish/<str:token>/", "receipts/file/<str:token>.pdf"} <= set(by_route)
    assert {"subscribe/confirm/<str:token>/", "pledge/confirm/<str:token>/"} <= set(by_route)
    with translation.override("en"):
        Client().get("/")  # what a first page keeps for all, such as settings that have no row yet
        before = rows()
        for some in by_route.values():
            for link in dict.fromkeys(some):  # one that was pressed before may have ended
                assert Client().get(link).status_code < 500, link
            for look in range(TIMES):
                scanner = Client()
                assert (scanner.head if look % 2 else scanner.get)(some[-1]).status_code == 200, some[-1]
        after = rows()
    assert {table for table in before if before[table] != after[table]} <= MAY_CHANGE
    pressed = Client().post(by_route["my/enter/<str:token>/"][-1])
    assert pressed.status_code == 302, "the link is not spent"
