"""How a payment is found and taken in: which row it becomes, what it writes, and what a further one inherits."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from donations.books import receipts
from donations.campaigns import matching
from donations.models import Campaign, Dedication, Fund, Gift, LedgerEntry, Plan, Receipt
from donations.stripe import parse, prefetch, reads
from donations.sync import payments
from foundation.jobs.models import Job
from foundation.letters.models import Letter
from supporters.models import Supporter
from tests.donations.booking import book
from tests.donations.rules import given

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = given.NOON + 30 * 24 * HOUR


@pytest.fixture
def gift(db) -> Gift:
    """Begun, with a payment page."""
    unpaid = {"status": "started", "paid_at": None, "livemode": False, "email": "Ada@donor.example", "name": "Ada"}
    return given.gift(reference=given.REFERENCE, session_id="cs_one", session_attempt=1, **unpaid)


def payment(as_of=given.NOON, **fields) -> payments.Payment:
    charge = {"settlement": None, **fields}
    return payments.Payment(given.REFERENCE, given.charge(**charge), None, None, as_of)


def month(number: int, first: bool, as_of=given.NOON, **fields) -> payments.Payment:
    """One payment of the monthly gift."""
    names = {"id": f"ch_{number}", "payment_intent": f"pi_{number}", "settlement": None}
    charge = given.charge(**{**names, **fields})
    invoice = given.invoice(id=f"in_{number}", first=first)
    return payments.Payment(given.REFERENCE, charge, invoice, given.subscription(total=2606), as_of)


def keys(kind: str) -> list[str]:
    return sorted(Job.objects.filter(kind=kind).values_list("key", flat=True))


# found at Stripe


def lay(wire, **intent) -> None:
    wire.lay("payment_intents/pi_one", **given.raw_intent(**intent))
    wire.lay("invoices/in_one", **given.raw_invoice())
    wire.lay("subscriptions/sub_one", **given.raw_subscription())
    wire.lay("invoice_payments", {"invoice": "in_one", "payment": {"payment_intent": "pi_one"}})


MOVED = {"id": "txn_1", "amount": 2606, "fee": 0, "currency": "usd", "created": given.EPOCH}
BOUNCED = {"status": "failed", "paid": False, "balance_transaction": MOVED, "failure_balance_transaction": MOVED}
REFUSED = {"status": "failed", "paid": False}


def test_it_finds_the_payment_behind_an_intent(wire):
    lay(wire)
    with time_machine.travel(LATER, tick=False):
        found = payments.by_intent("pi_one")
    assert found == payments.Payment(given.REFERENCE, given_charge(), None, None, LATER)


def given_charge(**fields):
    return parse.charge(given.raw_charge(**fields))


@pytest.mark.parametrize(("charge", "there"), [(BOUNCED, True), (REFUSED, False)])
def test_it_finds_money_that_moved_even_when_nothing_stayed(wire, charge, there):
    lay(wire, latest_charge=given.raw_charge(**charge))
    assert (payments.by_intent("pi_one") is not None) is there


def test_it_finds_nothing_behind_an_intent_that_was_never_tried(wire):
    lay(wire, latest_charge=None)
    assert payments.by_intent("pi_one") is None


def test_it_finds_the_payment_that_a_charge_is_though_a_later_one_took_its_place(wire):
    lay(wire, latest_charge=given.raw_charge("ch_later"))
    with time_machine.travel(LATER, tick=False):
        found = payments.by_charge(given_charge(), reads.payment_intent("pi_one"))
    assert found == payments.Payment(given.REFERENCE, given_charge(), None, None, LATER, is_latest=False)


def test_it_finds_no_payment_that_a_refused_charge_is(wire):
    lay(wire)
    assert payments.by_charge(given_charge(**REFUSED), reads.payment_intent("pi_one")) is None


def test_it_finds_the_monthly_gift_of_a_payment_that_names_none(wire):
    lay(wire, metadata={})
    with time_machine.travel(LATER, tick=False):
        found = payments.by_intent("pi_one")
    invoice, plan = parse.invoice(given.raw_invoice()), parse.subscription(given.raw_subscription())
    assert found == payments.Payment(given.REFERENCE, given_charge(), invoice, plan, LATER)
    with time_machine.travel(LATER, tick=False):
        assert payments.by_invoice("in_one") == [found]


@pytest.mark.parametrize(
    "details", [{}, {"subscription": "sub_one"}, {"metadata": {"gift": given.REFERENCE}}, {"subscription": None}]
)
def test_it_takes_an_invoice_that_names_no_gift_for_one_that_is_not_ours(wire, details):
    lay(wire, metadata={})
    wire.lay("invoices/in_one", **given.raw_invoice(parent={"subscription_details": details}))
    with pytest.raises(payments.NotOursError):
        payments.by_invoice("in_one")


def test_it_takes_a_payment_that_names_neither_gift_nor_invoice_for_one_that_is_not_ours(wire):
    lay(wire, metadata={})
    wire.lay("invoice_payments")
    with pytest.raises(payments.NotOursError):
        payments.by_intent("pi_one")


def test_it_finds_only_the_payments_of_an_invoice_that_succeeded(wire):
    lay(wire, metadata={})
    wire.lay("payment_intents/pi_2", **given.raw_intent("pi_2", latest_charge=None))
    wire.lay("payment_intents/pi_3", **given.raw_intent("pi_3", latest_charge=given.raw_charge(**REFUSED)))
    rows = [{"payment": {"payment_intent": name}} for name in ("pi_2", "pi_3", "pi_one")]
    wire.lay("invoice_payments", *rows)
    assert [found.charge.id for found in payments.by_invoice("in_one")] == ["ch_one"]


def test_it_knows_since_when_it_read_a_list_ahead(wire):
    lay(wire)
    with time_machine.travel(given.NOON, tick=False), prefetch.reading() as read:
        read.things["pi_one"] = given.raw_intent()
        with time_machine.travel(LATER, tick=False):
            assert payments.by_intent("pi_one").as_of == given.NOON


@pytest.mark.parametrize(
    ("metadata", "paid", "reference"),
    [({"gift": "DIRECT"}, True, "DIRECT"), ({}, True, given.REFERENCE), ({}, False, "")],
)
def test_it_knows_for_which_gift_a_card_was_tried(wire, metadata, paid, reference):
    lay(wire, metadata=metadata)
    if not paid:
        wire.lay("invoice_payments")
    assert payments.reference_of(reads.payment_intent("pi_one")) == reference


# taken in


def test_it_writes_a_payment_into_every_book_once(gift):
    for _ in range(2):
        assert book(payments.receive, payment(as_of=LATER)) == ""
    gift.refresh_from_db()
    assert (gift.status, gift.paid_at, gift.livemode) == ("paid", given.NOON, True)
    assert (gift.payment_intent_id, gift.invoice_id, gift.plan) == ("pi_one", None, None)
    assert (gift.amount, gift.fee_cover, gift.total, gift.currency) == (2500, 106, 2606, "USD")
    entry, receipt, letter = LedgerEntry.objects.get(), Receipt.objects.get(), Letter.objects.get()
    assert (entry.gift, entry.stripe_object, entry.kind, entry.cover) == (gift, "ch_one", "charge", 106)
    assert (receipt.gift, receipt.total, letter.key) == (gift, 2606, f"receipt:{given.REFERENCE}")
    supporter = Supporter.objects.get()
    assert (gift.supporter, supporter.email, supporter.name) == (supporter, "Ada@donor.example", "Ada")


def test_it_meets_the_person_in_the_language_of_the_gift(gift):
    Gift.objects.update(language="es")
    book(payments.receive, payment())
    assert Supporter.objects.get().language == "es"


def test_it_leaves_the_gift_with_the_person_that_it_has(gift):
    known = Supporter.objects.create(email="known@donor.example", canonical="known@donor.example")
    Gift.objects.update(supporter=known)
    book(payments.receive, payment())
    gift.refresh_from_db()
    assert gift.supporter == known and Supporter.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "at_stripe", "kept"),
    [("Ada", "Lovelace", "Ada"), ("", "Lovelace", "Lovelace"), ("", "x" * 201, "x" * 200)],
)
def test_it_takes_the_name_at_stripe_where_the_donor_typed_none(gift, typed, at_stripe, kept):
    Gift.objects.update(name=typed)
    book(payments.receive, payment(name=at_stripe))
    assert Gift.objects.get().name == kept


@pytest.mark.parametrize(("erased", "name"), [(given.NOON, ""), (None, "Lovelace")])
def test_it_learns_no_name_of_who_was_forgotten(gift, erased, name):
    known = Supporter.objects.create(email="", canonical="x", erased_at=erased)
    Gift.objects.update(supporter=known, name="")
    book(payments.receive, payment(name="Lovelace"))
    assert Gift.objects.get().name == name


@pytest.mark.parametrize(
    ("charge", "note"),
    [
        ({"amount": 3000}, "Asked for 2606 USD, charged 3000 USD: booked as charged."),
        ({"currency": "EUR"}, "Asked for 2606 USD, charged 2606 EUR: booked as charged."),
    ],
)
def test_it_books_what_was_charged_and_says_that_it_is_not_what_was_asked(gift, charge, note):
    assert book(payments.receive, payment(**charge)) == note
    gift.refresh_from_db()
    total, currency = charge.get("amount", 2606), charge.get("currency", "USD")
    assert (gift.amount, gift.fee_cover, gift.total, gift.currency) == (total, 0, total, currency)
    assert Receipt.objects.get().total == total


def test_it_leaves_money_alone_that_names_no_gift_of_ours(gift):
    given.gift(reference="")
    for reference, why in (("OTHER", "No gift has the reference “OTHER”."), ("", "")):
        with pytest.raises(payments.NotOursError) as other, transaction.atomic():
            payments.lock(reference)
        assert str(other.value) == why
    assert payments.lock(given.REFERENCE) == gift


def test_it_makes_the_second_payment_of_one_page_a_gift_of_its_own(gift):
    book(payments.receive, payment())
    book(payments.receive, payment(id="ch_two", payment_intent="pi_two"))
    book(payments.receive, payment(id="ch_two", payment_intent="pi_two"))
    assert list(Gift.objects.order_by("id").values_list("payment_intent_id", flat=True)) == ["pi_one", "pi_two"]
    assert Receipt.objects.count() == LedgerEntry.objects.count() == 2


def test_it_matches_the_first_payment(gift):
    Gift.objects.update(campaign=given.campaign())
    book(payments.receive, payment())
    gift.refresh_from_db()
    assert matching.MatchReservation.objects.get().amount == 2500


def test_it_puts_the_card_of_a_dedication_on_the_table(gift):
    Dedication.objects.create(gift=gift, kind="honour", name="Grace", card_to="grace@friend.example")
    book(payments.receive, payment())
    assert len(keys("dedication-card")) == 1


# month after month


def test_it_makes_the_plan_with_the_first_payment(gift):
    assert book(payments.receive, month(1, first=True, as_of=LATER)) == ""
    gift.refresh_from_db()
    plan = Plan.objects.get()
    assert (gift.plan, gift.invoice_id, gift.payment_intent_id) == (plan, "in_1", "pi_1")
    assert (plan.subscription_id, plan.total, plan.as_of) == ("sub_one", 2606, LATER)
    assert plan.supporter == gift.supporter == Supporter.objects.get()
    assert keys("welcome") == ["welcome:sub_one"]


def test_it_leaves_the_plan_with_the_person_that_it_has(gift):
    known = Supporter.objects.create(email="known@donor.example", canonical="known@donor.example")
    given.plan(supporter=known)
    book(payments.receive, month(1, first=True))
    assert Plan.objects.get().supporter == known


def test_it_gives_its_plan_to_no_other_persons_plan(gift):
    other = given.plan(subscription_id="sub_two")
    book(payments.receive, month(1, first=True))
    other.refresh_from_db()
    assert other.supporter is None


def test_it_makes_each_further_payment_a_gift_that_inherits(gift):
    fund, campaign = Fund.objects.create(name="Safe houses"), given.campaign()
    inherited = {"frequency": "monthly", "name_public": True, "fund": fund, "campaign": campaign, "language": "es"}
    Gift.objects.update(**inherited, company="Engines Ltd")
    book(payments.receive, month(1, first=True))
    assert book(payments.receive, month(2, first=False, created=LATER, name="Ada King")) == ""
    one, two = Gift.objects.order_by("id")
    assert (two.plan, two.invoice_id, two.payment_intent_id) == (one.plan, "in_2", "pi_2")
    assert (two.amount, two.fee_cover, two.total, two.currency) == (2500, 106, 2606, "USD")
    assert (two.frequency, two.email, two.name, two.name_public) == ("monthly", "Ada@donor.example", "Ada", True)
    assert (two.fund, two.campaign, two.language, two.company) == (fund, campaign, "es", "Engines Ltd")
    assert (two.supporter, two.livemode, two.paid_at, two.status) == (one.supporter, True, LATER, "paid")
    assert two.reference != one.reference and keys("welcome") == ["welcome:sub_one"]
    assert list(LedgerEntry.objects.order_by("id").values_list("gift_id", "cover")) == [(one.pk, 106), (two.pk, 106)]


def test_it_gives_a_further_payment_to_the_person_who_began_whatever_their_address(gift):
    known = Supporter.objects.create(email="known@donor.example", canonical="known@donor.example")
    Gift.objects.update(supporter=known)
    book(payments.receive, month(1, first=True))
    book(payments.receive, month(2, first=False))
    assert {each.supporter for each in Gift.objects.all()} == {known}


def test_it_speaks_to_a_further_gift_in_the_language_that_the_person_chose_since(gift):
    book(payments.receive, month(1, first=True))
    Supporter.objects.update(language="es")
    book(payments.receive, month(2, first=False))
    assert Gift.objects.order_by("id").last().language == "es"


def test_it_takes_another_sum_and_currency_of_a_further_payment_as_they_are(gift):
    book(payments.receive, month(1, first=True))
    assert book(payments.receive, month(2, first=False, amount=5000, currency="EUR", livemode=False)) == ""
    two = Gift.objects.order_by("id").last()
    assert (two.amount, two.fee_cover, two.total, two.currency, two.livemode) == (5000, 0, 5000, "EUR", False)


def test_it_makes_a_further_gift_of_a_month_that_is_told_before_the_first(gift):
    book(payments.receive, month(2, first=False))
    gift.refresh_from_db()
    assert gift.status == "started" and keys("welcome") == []
    assert Gift.objects.get(payment_intent_id="pi_2").email == "Ada@donor.example"
    book(payments.receive, month(1, first=True))
    gift.refresh_from_db()
    assert (gift.status, gift.payment_intent_id) == ("paid", "pi_1")


@pytest.mark.parametrize(("ends_on", "there"), [("2026-06-30", True), ("2026-06-15", False)])
def test_it_counts_a_further_payment_for_its_campaign_as_long_as_that_is_open(gift, ends_on, there):
    Gift.objects.update(campaign=given.campaign(ends_on=ends_on))
    book(payments.receive, month(1, first=True))
    book(payments.receive, month(2, first=False, created=given.NOON + 20 * 24 * HOUR))
    campaign = Gift.objects.get(payment_intent_id="pi_2").campaign
    assert campaign == (Campaign.objects.get() if there else None)


def test_it_asks_to_go_on_with_what_was_paused_once_the_money_is_booked(gift):
    given.plan(status="paused", auto_paused_at=given.NOON, total=2606, amount=2500, fee_cover=106, as_of=LATER)
    book(payments.receive, month(1, first=True))
    assert len(keys("plan-resume")) == 1


def test_it_puts_a_gift_that_was_booked_before_its_plan_was_known_into_the_plan(gift):
    book(payments.receive, payment(id="ch_1", payment_intent="pi_1"))
    book(payments.receive, month(1, first=True))
    gift.refresh_from_db()
    assert gift.plan == Plan.objects.get()


# taken back by the bank

BACK = given.txn("txn_back", gross=-2606)


def test_it_takes_a_debit_back_after_its_receipt(gift):
    book(payments.receive, payment())
    note = book(payments.receive, payment(succeeded=False, settlement=given.settlement(fee=0), returned=BACK))
    assert note == "The bank took the money back."
    rows = LedgerEntry.objects.exclude(kind="settlement").order_by("id")
    assert list(rows.values_list("stripe_object", "kind", "amount", "balance_transaction")) == [
        ("ch_one", "charge", 2606, ""),
        ("ch_one", "refund", -2606, "txn_back"),
    ]
    assert receipts.issue(Gift.objects.get()).newest().total == 0
    assert Gift.objects.get().status == "paid"
    letter = Letter.objects.get(key=f"debit-failed:{given.REFERENCE}")
    assert receipts.issue(Gift.objects.get()).newest().label in letter.text


def test_it_sends_no_receipt_for_a_debit_that_never_stayed(gift):
    Gift.objects.update(amount=2600, fee_cover=0, total=2600)
    bounced = payment(succeeded=False, settlement=given.settlement(fee=0), returned=BACK)
    note = book(payments.receive, bounced)
    assert note == ("Asked for 2600 USD, charged 2606 USD: booked as charged. The bank took the money back.")
    gift.refresh_from_db()
    assert (gift.status, gift.paid_at, gift.payment_intent_id) == ("failed", None, "pi_one")
    assert not Receipt.objects.exists()
    assert [letter.key for letter in Letter.objects.all()] == [f"debit-failed:{given.REFERENCE}"]
    assert LedgerEntry.objects.kept(gift) == (0, 0)


def test_it_welcomes_nobody_whose_first_debit_bounced(gift):
    first = month(1, first=True)
    bounced = replace(first.charge, succeeded=False, settlement=given.settlement(fee=0), returned=BACK)
    book(payments.receive, replace(first, charge=bounced))
    assert Plan.objects.count() == 1 and keys("welcome") == []


@pytest.mark.parametrize(
    ("text", "ours"),
    [(given.REFERENCE, True), (f"{given.REFERENCE}-9PWT", False), (given.REFERENCE.lower(), False), ("order 7", False)],
)
def test_it_knows_a_reference_of_ours_by_its_form(text, ours):
    assert payments.is_reference(text) is ours


def test_it_calls_money_with_our_mark_and_without_a_gift_an_orphan_and_other_money_not_ours():
    with pytest.raises(payments.OrphanError, match=f"^No gift has the reference “{given.REFERENCE}”.$") as lost:
        payments.lock(given.REFERENCE, {"payment_intent": "pi_one"})
    assert (lost.value.reference, lost.value.named) == (given.REFERENCE, {"payment_intent": "pi_one"})
    with pytest.raises(payments.NotOursError, match=r"^No gift has the reference “order 7”\.$") as other:
        payments.lock("order 7")
    assert not isinstance(other.value, payments.OrphanError)
