"""A comparison with Stripe comes through, whatever else stands on the account, and nothing that it finds is let go."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from donations.letters.outcomes import Tell
from donations.models import Dispute, Gap, Gift, LedgerEntry, Plan, Receipt, Reconciliation, StripeEvent
from donations.monthly import changes
from donations.reconcile import runs
from donations.stripe import client, parse, prefetch, reads, writes
from donations.stripe.errors import NotFoundError
from donations.sync import balance
from foundation.letters.models import Letter
from tests.donations.test_refunds import balanced
from tests.staff.users import member, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.finding, pytest.mark.usefixtures("unhurried")]
LISTS = {
    "balance_transactions": "/v1/balance_transactions",
    "checkout_sessions": "/v1/checkout/sessions",
    "plans": "/v1/subscriptions*",
    "disputes": "/v1/disputes",
    "warnings": "/v1/radar/early_fraud_warnings",
    "payouts": "/v1/payouts",
}


def later(days: float):
    return time_machine.travel(timezone.now() + timedelta(days=days))


def lose(**which) -> None:
    """As a restored backup does: the rows of gifts that were begun after it are gone."""
    Gift.objects.filter(**which).delete()


def open_gaps() -> list[str]:
    return [gap.balance_transaction for gap in Gap.objects.filter(explained_at=None)]


def figure(label: str) -> str:
    """A number of the front page."""
    page = signed_in("Administrator").get("/admin/").content.decode()
    return page.split(label)[1].partition("<dd")[2].partition(">")[2].partition("<")[0]


def kinds() -> set[str]:
    return set(LedgerEntry.objects.values_list("kind", flat=True))


@pytest.mark.parametrize("price", ["tiered", "fraction"])
def test_it_leaves_the_monthly_sales_of_others_alone_whatever_their_price(donor, till, price):
    till.sandbox.foreign_subscription(price, till.tenant, metadata={"shop": "mugs"})
    donor.paid("monthly", "30")
    row = runs.run(apply=True)
    assert (row.finished_at is not None, row.failed, row.notes) == (True, [], "")
    assert Plan.objects.get().total == 3000 and balanced(till)
    till.tell()
    (event,) = StripeEvent.objects.filter(object_id__in=[s["id"] for s in till.objects("subscription")]).exclude(
        state="done"
    )
    assert event.state == "ignored"


def test_it_names_a_monthly_gift_that_it_cannot_read_and_goes_on(donor, till):
    donor.paid("once", "25")
    strange = till.sandbox.foreign_subscription("tiered", till.tenant, metadata={"gift": Gift.objects.get().reference})
    row = runs.run(apply=True)
    assert f"{strange['id']}: TypeError" in row.notes and row.finished_at and row.failed == []
    assert Gift.objects.get().status == "paid" and balanced(till)


def test_it_gives_up_a_page_that_is_of_another_account(donor, till):
    """The rehearsal with test keys left a gift that was begun; the site then went to its real account."""
    donor.give("once", "20")
    Gift.objects.update(session_id="cs_test_of_the_rehearsal")
    donor.paid("once", "25")
    assert runs.run().finished_at
    row = runs.run(apply=True)
    assert row.finished_at and sorted(Gift.objects.values_list("total", "status")) == [
        (2000, "expired"),
        (2500, "paid"),
    ]


def test_it_compares_the_other_lists_when_the_key_may_not_read_one_and_that_one_later(donor, till):
    """However long it takes until somebody mends the key: what happened meanwhile is read then."""
    runs.hourly()
    donor.paid("once", "25", card="4000000000005423")
    donor.pay(donor.give("monthly", "30"))
    till.dispute(till.objects("payment_intent")[-1]["id"])
    for part, path in LISTS.items():
        till.fault("forbidden", path=path)
        row = runs.run(timezone.now() - timedelta(days=3), apply=True)
        assert row.finished_at and row.failed == [part] and f"{part} could not be compared" in row.notes
        assert "required permissions" in row.notes
    page = signed_in("Administrator").get("/admin/").content.decode()
    assert (
        page.split("lists of Stripe&#x27;s that could not be compared")[1]
        .partition("<dd")[2]
        .startswith(' class="bad">1')
    )
    till.calm()
    assert runs.run(timezone.now() - timedelta(days=3), apply=True).failed == []
    assert Gift.objects.paid().count() == 2 and Dispute.objects.count() == 2 and balanced(till)


def test_it_reads_what_it_owes_however_old_that_is_by_then(donor, till):
    runs.hourly()
    donor.paid("once", "25", card="4000000000005423")
    till.fault("forbidden", path=LISTS["warnings"])
    runs.hourly()
    for day in (20, 40):
        with later(day):
            runs.hourly()
            assert Reconciliation.objects.first().failed == ["warnings"] and not Dispute.objects.exists()
    till.calm()
    with later(60):
        runs.hourly()
    assert Reconciliation.objects.first().failed == [] and Dispute.objects.get().kind == "warning"


def test_it_keeps_a_gap_for_each_thing_behind_a_payment_that_it_may_not_read(donor, till):
    donor.paid("monthly", "30")
    donor.pay(donor.give("once", "25"))
    till.fault("forbidden", path="/v1/invoice*")
    row = runs.run(apply=True)
    assert row.finished_at and row.gaps == 1 and "required permissions" in Gap.objects.get().why
    assert Gift.objects.get(total=2500).is_paid and "foreign" not in kinds()
    till.calm()
    assert runs.run(timezone.now() + timedelta(days=1), apply=True).gaps == 0
    assert Gap.objects.get().explained_at and balanced(till)


def test_it_keeps_as_a_gap_even_a_balance_transaction_of_which_it_understands_nothing(donor, till, monkeypatch):
    donor.paid("once", "25")
    with monkeypatch.context() as patch:
        patch.setattr(parse, "balance_transaction", lambda raw: raw["of a new form"])
        row = runs.run(apply=True)
        assert row.finished_at and row.gaps == 1 and "KeyError" in row.notes
        with later(20):
            runs.hourly()
    with later(30):
        runs.hourly()
    assert open_gaps() == [] and Gift.objects.get().is_paid


@pytest.mark.both
def test_it_looks_at_every_gap_again_and_not_only_at_a_hundred(till, charity):
    runs.hourly()
    account = client.account()
    Gap.objects.bulk_create(
        Gap(
            balance_transaction=f"txn_{n}",
            account=account,
            type="stripe_fee",
            net=-5,
            currency="USD",
            moved_at=timezone.now(),
        )
        for n in range(120)
    )
    Gap.objects.create(
        balance_transaction="txn_of_another", account="acct_other", net=-5, currency="USD", type="stripe_fee"
    )
    runs.hourly()
    assert open_gaps() == ["txn_of_another"] and LedgerEntry.objects.count() == 120
    assert figure("money at Stripe that is not in our books") == "0"


def test_it_makes_gifts_anew_that_a_restored_backup_lost(donor, till):
    donor.paid("once", "25", name="Ada Lovelace")
    donor.pay(donor.give("monthly", "30", email="grace@donor.example"))
    till.refund(till.objects("payment_intent")[0]["id"], amount=500)
    before = {gift.reference: gift for gift in Gift.objects.all()}
    lose()
    runs.run()
    assert not Gift.objects.exists()
    row = runs.run(apply=True)
    assert row.gaps == 0 and row.notes.count("made anew from Stripe") == 2 and not Letter.objects.exists()
    for gift in Gift.objects.all():
        old = before.pop(gift.reference)
        same = ("total", "currency", "email", "frequency", "language", "session_id", "session_attempt")
        assert [getattr(gift, name) for name in same] == [getattr(old, name) for name in same] and gift.is_paid
        assert abs(gift.created_at - old.created_at) < timedelta(minutes=5)
    assert not before and Plan.objects.get().supporter.email == "grace@donor.example"
    assert "foreign" not in kinds() and LedgerEntry.objects.raised() == {"USD": 5000} and balanced(till)
    assert Receipt.objects.current().count() == 2
    till.advance(32 * 86400)
    till.tell()
    assert Gift.objects.paid().count() == 3 and Plan.objects.count() == 1 and balanced(till)


def test_it_makes_a_monthly_gift_anew_of_which_no_money_is_missing(donor, till):
    donor.paid("monthly", "30")
    lose()
    runs.run(timezone.now() + timedelta(days=1), apply=True)
    assert Plan.objects.get().total == 3000


def test_it_asks_a_person_about_money_with_our_mark_that_another_address_asked_for(donor, till, settings):
    member("Finance")
    donor.paid("once", "25")
    donor.pay(donor.give("once", "40"))
    lose()
    till.sandbox.foreign_charge(700, "usd", till.tenant, metadata={"gift": "42"})
    settings.BASE_URL = "https://moved.example"
    for _again in range(2):
        row = runs.run(apply=True)
    assert row.gaps == 2 and not Gift.objects.exists() and [e.kind for e in LedgerEntry.objects.all()] == ["foreign"]
    assert "another address asked for it" in Gap.objects.first().why
    assert Letter.objects.filter(template="staff_notice").count() == 1
    ours, theirs = Gap.objects.order_by("net").reverse()
    staff = signed_in("Finance")
    staff.post(f"/admin/gap/inspect/{ours.pk}/book/")
    assert Gift.objects.get().total == 4000 and Gift.objects.get().is_paid
    staff.post(f"/admin/gap/inspect/{theirs.pk}/not-ours/", {"sure": "1"})
    assert open_gaps() == [] and balanced(till) and LedgerEntry.objects.foreign().count() == 2
    assert runs.run(apply=True).found_text() == "" and Gift.objects.count() == 1
    assert not Letter.objects.exclude(template="staff_notice").exists()


@pytest.mark.parametrize("heard", [True, False])
def test_it_takes_foreign_money_back_when_its_monthly_gift_appears(donor, till, monkeypatch, heard):
    """Stripe makes the invoice after the payment: who looks in between sees money of nobody."""
    donor.gave("monthly", "30")
    till.advance(32 * 86400)
    with monkeypatch.context() as patch:
        patch.setattr(reads, "invoice_of_intent", lambda intent: "")
        runs.run(apply=True)
    assert LedgerEntry.objects.foreign().count() == 1
    if heard:
        till.tell()
    else:
        runs.hourly()
        assert Reconciliation.objects.first().found["balance transactions"] == 1
    assert not LedgerEntry.objects.foreign().exists() and {"foreign", "foreign_reversal", "charge", "fee"} <= kinds()
    assert balanced(till) and LedgerEntry.objects.raised() == {"USD": 6000}
    rows = LedgerEntry.objects.count()
    row = runs.run(apply=True)
    assert (row.gaps, row.found_text(), LedgerEntry.objects.count()) == (0, "", rows)


def test_it_takes_no_money_of_others_for_ours_however_often_it_looks(donor, till):
    till.sandbox.foreign_charge(5000, "usd", till.tenant)
    first, second = runs.run(apply=True), runs.run(apply=True)
    assert (first.found_text(), second.found_text()) == ("balance transactions: 1", "")
    assert [entry.kind for entry in LedgerEntry.objects.all()] == ["foreign"]


def test_it_leaves_a_gap_where_stripe_does_not_know_the_thing_behind(donor, till, monkeypatch):
    """Nothing is guessed: only what Stripe shows to be nobody's of ours is booked so."""
    donor.paid("once", "25")

    def unknown(ident: str, tell: Tell) -> str:
        raise NotFoundError("No such charge.")

    till.sandbox.foreign_charge(700, "usd", till.tenant)
    monkeypatch.setitem(balance.SOURCES, "ch", unknown)
    row = runs.run(apply=True)
    assert row.gaps == len(row.missing) == 1 and "foreign" not in kinds(), "the page of the other gift told of it"
    assert row.notes == f"not in our books: {Gap.objects.get(explained_at=None).balance_transaction}"


def test_it_finds_how_a_dispute_and_a_question_ended_though_they_are_old(donor, till):
    donor.paid("once", "25")
    donor.pay(donor.give("once", "40"))
    first, second = [intent["id"] for intent in till.objects("payment_intent")]
    dispute, question = till.dispute(first), till.dispute(second, inquiry=True)
    runs.hourly()
    assert Dispute.objects.waiting().count() == 2
    with later(5):
        runs.hourly()
    till.sandbox.end_dispute(dispute["id"], "lost", till.tenant)
    till.sandbox.end_dispute(question["id"], "warning_closed", till.tenant)
    with later(8):
        runs.hourly()
    assert set(Dispute.objects.values_list("status", flat=True)) == {"lost", "warning_closed"}
    with later(16):
        runs.hourly()
    assert Reconciliation.objects.first().found_text() == ""


@pytest.mark.parametrize("hours", [24, -24])
def test_it_hides_nothing_because_a_clock_was_wrong_by_a_day(donor, till, hours):
    """One process fetched while its clock was ahead, or fetches while it is behind."""
    donor.paid("monthly", "30")
    till.dispute(till.objects("payment_intent")[0]["id"])
    till.tell()
    plan = Plan.objects.get()
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        changes.refresh(plan)
        runs.run(apply=True)
    writes.end(plan.subscription_id)
    till.sandbox.end_dispute(till.objects("dispute")[0]["id"], "lost", till.tenant)
    till.tell()
    assert Plan.objects.get().status == "ended" and Dispute.objects.get().status == "lost"
    assert runs.run(apply=True).found_text() == ""


def test_it_believes_an_older_fetch_less_than_a_newer_one_of_a_clock_that_differs_by_seconds():
    now = timezone.now()
    assert prefetch.overtaken(now + timedelta(seconds=30), now) and prefetch.overtaken(now, now)
    assert not prefetch.overtaken(now - timedelta(seconds=1), now)
    assert not prefetch.overtaken(now + timedelta(minutes=2), now)
