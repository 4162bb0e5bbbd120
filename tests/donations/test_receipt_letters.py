"""Receipts that go out again, or with another sum: letter and file say the same, and what they say holds."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from django.utils.formats import date_format

from donations.books import ledger, receipts
from donations.giving import addresses, offline
from donations.letters import gift_letters, papers, receipt_facts, statements
from donations.models import Gift, LedgerEntry, Plan, Receipt
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from supporters import privacy_registry
from supporters.models import Supporter
from supporters.supporters import get_or_create_supporter
from tests.donations.test_books import gift
from tests.donations.test_offline import entry
from tests.drawing import reading
from tests.narrowing import not_none
from tests.staff.users import member

pytestmark = [pytest.mark.django_db, pytest.mark.once]
GOODS = "No goods or services were provided in exchange for this gift."
NEW = "ada@right.example"


def printed(document: Receipt) -> str:
    return reading.text(papers.receipt(document).content)


def go_live(settings) -> None:
    settings.STRIPE_OFFLINE, settings.STRIPE_SECRET_KEY = False, "sk_live_of_these_tests"


@pytest.fixture
def live(settings) -> None:
    go_live(settings)


def readdressed(given: Gift) -> Letter:
    """The letter that the corrected address gets, after those to the wrong one left."""
    run_due()
    addresses.correct_by_staff(given, NEW, member("Donor care"), "Called back")
    return Letter.objects.get(template__startswith="receipt", to=NEW)


def test_it_sends_a_receipt_to_a_corrected_address_with_its_file(charity):
    letter = readdressed(offline.record(entry()))
    document = Receipt.objects.get()
    assert letter.to == NEW and letter.document == f"receipt:{document.pk}" and "/receipts/file/" in letter.text
    run_due()
    sent = next(message for message in mail.outbox if document.label in message.subject and message.to == [NEW])
    assert [name for name, _content, _kind in sent.attachments] == [f"{document.label}.pdf"]


def test_it_mails_the_receipt_of_a_gift_once_whoever_asks_for_it_and_whenever(charity):
    """The event of its payment, a comparison and “Receipts that nobody was mailed” may each come to it."""
    offline.record(entry())
    document = Receipt.objects.get()
    for minutes in (0, 1):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            assert gift_letters.receipt(document) == Letter.objects.get(template="receipt")
            run_due()
    assert len(mail.outbox) == 1


def test_it_says_that_a_receipt_is_corrected_when_that_one_goes_to_another_address(charity):
    given = offline.record(entry())
    offline.take_back(given)
    letter = readdressed(given)
    first, second = Receipt.objects.order_by("id")
    assert letter.template == "receipt_corrected" and letter.document == f"receipt:{second.pk}"
    assert f"Receipt {second.label} takes the place of {first.label}." in letter.text


def test_it_says_nothing_of_goods_and_tax_where_nothing_is_left_of_the_gift(charity):
    charity.registration_number, charity.tax_statement = "12-3456789", "The charity is exempt from tax."
    charity.save()
    offline.take_back(offline.record(entry()))
    first, second = Receipt.objects.order_by("id")
    assert receipt_facts.statements(first) == [GOODS, charity.tax_statement]
    letter = Letter.objects.get(template="receipt_corrected").text
    for sentence in (GOODS, charity.tax_statement):
        assert reading.squeezed(sentence) in printed(first)
        assert sentence not in letter and reading.squeezed(sentence) not in printed(second)


def moved(charity: Organisation, **fields: str) -> None:
    Organisation.objects.filter(pk=charity.pk).update(**fields)


def test_it_prints_the_address_of_no_other_entity_on_a_receipt_and_a_statement_of_before(charity, live):
    moved(charity, address="12 Harbor Street")
    offline.record(entry())
    before, ada = Receipt.objects.get(), get_or_create_supporter("ada@donor.example").pk
    assert "12HarborStreet" in printed(before)
    moved(charity, legal_name="Road Out Trust", receipt_series="T", address="1 Other Road")
    assert "TheRoadOutInc." in printed(before) and "1OtherRoad" not in printed(before)
    assert "12HarborStreet" in printed(before), "the address that it was issued with"
    whole = reading.text(papers.statement(statements.of(ada, 2026)).content)
    assert "TheRoadOutInc." in whole and "1OtherRoad" not in whole and "12HarborStreet" in whole
    offline.record(entry("later"))
    assert "1OtherRoad" in printed(Receipt.objects.get(series="T"))


def test_it_says_of_a_demonstrations_receipt_alone_that_it_is_none(charity, settings):
    demo = receipts.issue(gift(1))
    go_live(settings)
    real = receipts.issue(gift(2, livemode=True))
    again = gift_letters.receipt(demo)
    assert "NOTARECEIPT" in printed(demo) and again.text.startswith("NOT A RECEIPT") and "NOT A RECEIPT" in again.html
    assert again.subject.startswith("Demonstration, not a receipt:")
    settings.STRIPE_SECRET_KEY = "sk_test_of_a_copy"
    letter = gift_letters.receipt(real)
    assert "NOTARECEIPT" not in printed(real) and "NOT A RECEIPT" not in letter.text + letter.html
    assert letter.text.startswith("This letter comes from a demonstration") and "not a receipt" not in letter.subject


def test_it_says_how_a_monthly_gift_was_paid_and_when_it_is_taken_again(donor, till):
    donor.gave("monthly", "30")
    document, plan = Receipt.objects.get(), Plan.objects.get()
    letter = Letter.objects.get(template="receipt_monthly").text
    day = date_format(Organisation.load().day_of(not_none(plan.current_period_end)), "DATE_FORMAT")
    facts = ("Paid with: Visa, ending in 4242", f"Next payment: {day}", f"In {document.year} so far: $30.00 USD")
    for fact in facts:
        assert fact in letter and reading.squeezed(fact.replace(":", "")) in printed(document)
    told = privacy_registry.export(Supporter.objects.get())["donations"]["receipts"][0]
    assert (told["way"], told["brand"], told["last four"]) == ("card", "visa", "4242")


@pytest.mark.both
def test_it_names_every_receipt_that_a_correction_takes_the_place_of_the_first_first(charity):
    given, labels = gift(), []
    for kind, amount in (("charge", 2500), ("refund", -100), ("dispute", -200)):
        about = {"gift": given, "amount": amount, "currency": "USD", "livemode": False}
        ledger.book("x", LedgerEntry.Kind(kind), not_none(given.paid_at), **about)
        labels.append(receipts.correct(given).label)
    third = Receipt.objects.get(label=labels[2])
    letter = gift_letters.receipt_corrected(third)
    assert f"Receipt {third.label} takes the place of {labels[0]}, {labels[1]}." in letter.text
    assert f"Takes the place of: {labels[0]}, {labels[1]}" in letter.text
    assert f"Takestheplaceof{labels[0]},{labels[1]}" in printed(third)


def test_it_dates_a_correction_by_the_day_in_the_organisations_zone(charity):
    moved(charity, time_zone="Pacific/Auckland")
    given = offline.record(entry(received_on=date(2026, 12, 20)))
    with time_machine.travel(datetime(2026, 12, 31, 12, tzinfo=UTC)):  # in Auckland it is the new year
        offline.take_back(given)
    first, second = Receipt.objects.order_by("id")
    assert (second.year, second.day) == (2027, first.day)
    assert "Corrected on: 1 January 2027" in Letter.objects.get(template="receipt_corrected").text
    assert "Correctedon1January2027" in printed(second) and "Correctedon" not in printed(first)
