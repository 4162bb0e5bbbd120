"""What money that comes back does to books, receipts and letters; and how a dispute or a warning is kept."""

from datetime import timedelta

import pytest

from donations.books import audit, receipts
from donations.models import Dispute, Gift, LedgerEntry, MatchReservation, Receipt, RefundRequest
from donations.sync import disputes, payments, refunds
from foundation.letters.models import Letter
from staff.models import User
from tests.donations.booking import book
from tests.donations.rules import given

pytestmark = pytest.mark.django_db
NOT_OURS = r"^It is about a payment that is not ours\.$"
BACK = given.txn("txn_again", gross=1000)
SHOWN = ("stripe_object", "kind", "amount", "balance_transaction")


@pytest.fixture
def gift() -> Gift:
    """Paid, booked, with its receipt and somebody at the charity who is told of trouble."""
    User.objects.create_superuser("staff@charity.example", "not a real one")
    made = given.gift(payment_intent_id="pi_one", name="Ada")
    payments.ledger.record_charge(made, given.charge(settlement=None))
    receipts.issue(made)
    return made


def returned() -> list[tuple]:
    return list(LedgerEntry.objects.exclude(kind="charge").order_by("id").values_list(*SHOWN))


def letters() -> list[str]:
    """What was written: to the donor by its key, to staff without the number of whom."""
    found = Letter.objects.order_by("key").values_list("key", "template")
    return [key.rpartition(":")[0] if template == "staff_notice" else key for key, template in found]


def test_it_books_a_refund_and_sends_the_receipt_that_holds_now(gift):
    assert book(refunds.refund, given.refund()) == ""
    assert returned() == [("re_one", "refund", -1000, "txn_back")]
    assert receipts.issue(gift).newest().total == 1606
    assert letters() == ["refund:re_one"]
    text = Letter.objects.get().text
    assert "$10.00 USD" in text and receipts.issue(gift).newest().label in text


def test_it_closes_the_open_request_of_that_key_and_no_other(gift):
    common = {"amount": 1000, "reason": RefundRequest.Reason.TWICE}
    for key, of, state in (("one", gift, "open"), ("two", given.gift(), "open"), ("three", gift, "refused")):
        RefundRequest.objects.create(key=key, gift=of, state=state, **common)
    book(refunds.refund, given.refund(key="one"))
    book(refunds.refund, given.refund(id="re_two", key="three", out=given.txn("txn_two", source="re_two")))
    found = dict(RefundRequest.objects.values_list("key", "refund_id"))
    assert found == {"one": "re_one", "two": None, "three": None}
    assert dict(RefundRequest.objects.values_list("key", "state")) == {"one": "made", "two": "open", "three": "refused"}


def test_it_moves_nothing_for_a_refund_that_never_left(gift):
    assert book(refunds.refund, given.refund(status="canceled", out=None)) == ""
    assert returned() == [] and Receipt.objects.count() == 1 and letters() == []


PROMISED = {
    "succeeded": ("refund", "We have sent back $10.00 USD"),
    "pending": ("refund_pending", "The bank has not carried it out yet"),
    "requires_action": ("refund_waits", "Stripe, who take the payments for us, ask you by e-mail"),
    "one_that_is_new": ("refund", "We have sent back"),
}


@pytest.mark.parametrize("status", PROMISED)
def test_it_promises_no_more_of_a_refund_than_its_status_says(gift, status):
    book(refunds.refund, given.refund(status=status))
    book(refunds.refund, given.refund(status="succeeded"))  # it arrived, as was promised: no second letter
    letter = Letter.objects.get()
    template, words = PROMISED[status]
    assert letter.template == template and words in letter.text
    assert receipts.issue(gift).newest().label in letter.text and "$16.06 USD" in letter.text


@pytest.mark.parametrize(
    ("status", "words"), [("failed", "the bank did not accept it"), ("canceled", "the transfer was called off")]
)
def test_it_writes_that_a_refund_does_not_come_and_keeps_it_for_staff_until_they_settle_it(gift, status, words):
    book(refunds.refund, given.refund(status="pending"))
    for _ in range(2):
        book(refunds.refund, given.refund(status=status, back=BACK))
    letter = Letter.objects.get(key="refund-failed:re_one")
    holds = receipts.issue(gift).newest()
    assert words in letter.text and holds.label in letter.text and holds.replaces.label in letter.text
    owed = Dispute.objects.refunds_owed().get()
    assert (owed.gift, owed.amount, owed.status) == (gift, 1000, status) and not Dispute.objects.waiting().exists()
    Dispute.objects.update(actionable=False)  # the button of staff
    book(refunds.refund, given.refund(status=status, back=BACK))
    assert not Dispute.objects.refunds_owed().exists()


def test_it_does_not_write_that_money_is_sent_when_it_failed_and_is_not_back_yet(gift):
    assert book(refunds.refund, given.refund(status="failed")) == "A refund failed."
    assert returned() == [("re_one", "refund", -1000, "txn_back")] and letters() == []


def test_it_books_what_goes_back_of_a_gift_that_never_stayed(gift):
    """A debit that bounced after it was booked, and is refunded and disputed all the same."""
    bounced = given.gift(payment_intent_id="pi_two", status="failed", paid_at=None)
    payments.ledger.record_charge(bounced, given.charge(id="ch_two", settlement=None))
    payments.ledger.record_refund_or_dispute(bounced, "ch_two", LedgerEntry.Kind.REFUND, -2606, given.txn("txn_two"))
    before = Receipt.objects.count()
    book(refunds.refund, given.refund(id="re_two", payment_intent="pi_two", out=given.txn("txn_three")))
    taken = given.txn("txn_four", gross=-2606, fee=1500)
    book(
        disputes.dispute, given.dispute(id="du_two", payment_intent="pi_two", balance_transactions=(taken,)), given.NOON
    )
    assert LedgerEntry.objects.kept(bounced) == (0, 0) and LedgerEntry.objects.beyond(bounced) == -3606
    assert Receipt.objects.count() == before and not Letter.objects.filter(template__startswith="re").exists()


def test_it_takes_a_refund_that_failed_back_and_tells_donor_and_staff(gift):
    assert book(refunds.refund, given.refund(back=BACK)) == "A refund failed: the money is with us again."
    assert returned() == [("re_one", "refund", -1000, "txn_back"), ("re_one", "refund_reversal", 1000, "txn_again")]
    assert receipts.issue(gift).newest().total == 2606
    assert letters() == ["refund-failed:re_one", "refund-failed:re_one"]
    assert all("$10.00 USD" in letter.text and gift.reference in letter.text for letter in Letter.objects.all())


def test_it_replaces_the_receipt_twice_when_a_refund_goes_and_comes_back(gift):
    book(refunds.refund, given.refund())
    book(refunds.refund, given.refund(back=BACK))
    assert list(Receipt.objects.order_by("id").values_list("total", flat=True)) == [2606, 1606, 2606]
    assert {"refund:re_one", "refund-failed:re_one"} <= set(letters())


def test_it_does_not_book_the_return_of_what_never_left(gift):
    assert book(refunds.refund, given.refund(out=None, back=BACK)) == "A refund failed: the money is with us again."
    assert returned() == [] and letters() == []


def test_it_gives_the_match_of_what_went_back_free(gift):
    campaign = given.campaign()
    Gift.objects.filter(pk=gift.pk).update(campaign=campaign)
    MatchReservation.objects.create(gift=gift, campaign=campaign, promised=2500, amount=2500, state="settled")
    book(refunds.refund, given.refund())
    assert MatchReservation.objects.get().amount == 1541
    book(
        disputes.dispute,
        given.dispute(amount=1606, balance_transactions=(given.txn("txn_d", gross=-1606),)),
        given.NOON,
    )
    assert MatchReservation.objects.get().amount == 0


@pytest.mark.parametrize("intent", ["pi_other", ""])
def test_it_books_no_return_of_a_payment_that_is_not_ours(gift, intent):
    given.gift(payment_intent_id="")
    for call in (
        lambda: book(refunds.refund, given.refund(payment_intent=intent, charge="ch_other")),
        lambda: book(disputes.dispute, given.dispute(payment_intent=intent, charge="ch_other"), given.NOON),
        lambda: book(disputes.fraud_warning, given.warning(payment_intent=intent, charge="ch_other"), given.NOON),
    ):
        with pytest.raises(payments.NotOursError, match=NOT_OURS):
            call()
    assert returned() == [] and not Dispute.objects.exists()


def test_it_books_on_the_gift_that_was_paid_by_that_payment(gift):
    other = given.gift(payment_intent_id="pi_two")
    payments.ledger.record_charge(other, given.charge(id="ch_two", settlement=None))
    book(refunds.refund, given.refund(payment_intent="pi_two"))
    assert LedgerEntry.objects.get(kind="refund").gift == other


TAKEN, FEE = given.txn("txn_taken", gross=-2606, fee=1500), given.txn("txn_more", gross=-1)
WON = given.txn("txn_won", gross=2606)


def test_it_books_a_dispute_with_its_fee(gift):
    assert book(disputes.dispute, given.dispute(), given.NOON) == ""
    assert returned() == [
        ("du_one", "dispute", -2606, "txn_taken"),
        ("du_one", "fee", -1500, "txn_taken"),
    ]
    assert receipts.issue(gift).newest().total == 0


def test_it_books_a_dispute_that_was_won(gift):
    book(disputes.dispute, given.dispute(status="won", balance_transactions=(TAKEN, WON)), given.NOON)
    assert [row for row in returned() if row[1] != "fee"] == [
        ("du_one", "dispute", -2606, "txn_taken"),
        ("du_one", "dispute_reversal", 2606, "txn_won"),
    ]
    assert receipts.issue(gift).newest().total == 2606


def test_it_names_each_further_movement_of_a_dispute_by_its_own_id(gift):
    disputes.dispute(
        given.dispute(amount=100, balance_transactions=(TAKEN, FEE, WON, given.txn("txn_two", gross=1))), given.NOON
    )
    assert [row for row in returned() if row[1] != "fee"] == [
        ("du_one", "dispute", -100, "txn_taken"),
        ("txn_more", "dispute", 0, "txn_more"),
        ("du_one", "dispute_reversal", 100, "txn_won"),
        ("txn_two", "dispute_reversal", 0, "txn_two"),
    ]


def usd(ident: str, gross: int):
    return given.txn(ident, gross=gross, currency="USD")


def stands() -> tuple[int, int, int]:
    """What is kept of the gift, what stands on the balance of it, and what its receipt says."""
    gift = Gift.objects.get()
    settled = sum(entry.settled or 0 for entry in LedgerEntry.objects.exclude(kind__in=["charge", "fee"]))
    return LedgerEntry.objects.kept(gift)[0], 2606 + settled, receipts.issue(gift).newest().total


@pytest.mark.parametrize(
    ("moved", "kept"),
    [
        ((-2716,), 0),  # the bank took more than the gift
        ((-2716, 2716), 2606),
        ((-2606, 1500), 1500),  # won in part
        ((-2716, 1500), 1390),
        ((-2606, 2606, -2606), 0),  # won, and lost after all
        ((-2606, 1500, -1500), 0),
    ],
)
@pytest.mark.parametrize("all_at_once", [True, False])
def test_it_keeps_of_a_disputed_gift_what_moved_and_never_less_than_nothing(gift, moved, kept, all_at_once):
    txns = tuple(usd(f"txn_{number}", gross) for number, gross in enumerate(moved))
    for told in [txns] if all_at_once else [txns[:count] for count in range(1, len(txns) + 1)]:
        book(disputes.dispute, given.dispute(amount=-moved[0], balance_transactions=told), given.NOON)
        assert stands()[0] >= 0 and list(audit.returns()) == list(audit.sums()) == []
    assert stands() == (kept, 2606 + sum(moved), kept)


@pytest.mark.parametrize("first", ["the refund", "the dispute"])
@pytest.mark.parametrize(("back", "kept"), [((), 0), ((600,), 0), ((2606,), 1606)])
def test_it_keeps_the_same_of_a_gift_that_is_refunded_in_part_and_disputed_whole(gift, first, back, kept):
    txns = (usd("txn_taken", -2606), *(usd("txn_won", gross) for gross in back))
    calls = [
        lambda: book(refunds.refund, given.refund(out=usd("txn_back", -1000))),
        lambda: book(disputes.dispute, given.dispute(balance_transactions=txns), given.NOON),
    ]
    for call in calls if first == "the refund" else reversed(calls):
        call()
        assert stands()[0] >= 0
    assert stands() == (kept, 2606 - 1000 - 2606 + sum(back), kept)
    assert list(audit.returns()) == list(audit.sums()) == []


def test_it_reckons_a_dispute_in_another_currency_by_its_share(gift):
    """26.06 dollars were 23 euros; the bank takes 24.00 and gives 12.00 back."""
    txns = (given.txn("txn_taken", gross=-2400), given.txn("txn_won", gross=1200))
    book(disputes.dispute, given.dispute(balance_transactions=txns), given.NOON)
    assert [row[2] for row in returned()] == [-2606, 1303] and LedgerEntry.objects.kept(gift)[0] == 1303
    assert [entry.settled for entry in LedgerEntry.objects.filter(kind__startswith="dispute").order_by("id")] == [
        -2400,
        1200,
    ]


def test_it_sends_the_receipt_that_a_dispute_leaves(gift):
    book(disputes.dispute, given.dispute(), given.NOON)
    book(disputes.dispute, given.dispute(status="won", balance_transactions=(TAKEN, WON)), given.NOON)
    book(disputes.dispute, given.dispute(status="won", balance_transactions=(TAKEN, WON)), given.NOON)
    first, second = Letter.objects.filter(template="receipt_corrected").order_by("id")
    assert "$0.00 USD" in first.text and "$26.06 USD" in second.text
    assert receipts.issue(gift).newest().label in second.text


def test_it_moves_nothing_for_a_question_or_a_movement_of_nothing(gift):
    book(disputes.dispute, given.dispute(status="warning_needs_response", balance_transactions=()), given.NOON)
    book(disputes.dispute, given.dispute(balance_transactions=(given.txn(gross=0),)), given.NOON)
    assert returned() == [] and Receipt.objects.count() == 1


def kept() -> dict:
    fields = ("stripe_object", "kind", "status", "reason", "amount", "currency", "actionable", "livemode")
    times = ("gift_id", "answer_by", "opened_at", "as_of")
    return Dispute.objects.values(*fields, *times).get()


AS_OF, ANSWER_BY = given.NOON + timedelta(hours=1), given.NOON + timedelta(days=9)
OPENED = given.NOON + timedelta(minutes=5)


@pytest.mark.parametrize(("status", "kind"), [("needs_response", "dispute"), ("warning_needs_response", "inquiry")])
def test_it_keeps_how_a_dispute_stands(gift, status, kind):
    told = given.dispute(
        status=status, answer_by=ANSWER_BY, created=OPENED, amount=99, currency="EUR", balance_transactions=()
    )
    book(disputes.dispute, told, AS_OF)
    assert kept() == {
        "stripe_object": "du_one",
        "kind": kind,
        "status": status,
        "reason": "fraudulent",
        "amount": 99,
        "currency": "EUR",
        "actionable": False,
        "livemode": True,
        "gift_id": gift.pk,
        "answer_by": ANSWER_BY,
        "opened_at": OPENED,
        "as_of": AS_OF,
    }
    assert letters() == [f"dispute:du_one:{status}:{ANSWER_BY:%Y%m%d%H%M}"]


def test_it_knows_the_gift_by_its_charge_where_stripe_names_that_alone(gift):
    book(refunds.refund, given.refund(payment_intent=""))
    book(disputes.fraud_warning, given.warning(payment_intent=""), given.NOON)
    book(disputes.dispute, given.dispute(payment_intent=""), given.NOON)
    assert {row.gift_id for row in Dispute.objects.all()} == {gift.pk} and len(returned()) == 3
    for unknown in ("", "ch_of_another"):
        with pytest.raises(payments.NotOursError, match=NOT_OURS):
            book(disputes.fraud_warning, given.warning(payment_intent="", charge=unknown), given.NOON)


def test_it_keeps_a_warning_and_tells_staff(gift):
    assert book(disputes.fraud_warning, given.warning(created=OPENED), AS_OF) == ""
    assert kept() == {
        "stripe_object": "issfr_one",
        "kind": "warning",
        "status": "",
        "reason": "made_with_stolen_card",
        "amount": None,
        "currency": "",
        "actionable": True,
        "livemode": True,
        "gift_id": gift.pk,
        "answer_by": None,
        "opened_at": OPENED,
        "as_of": AS_OF,
    }
    assert letters() == ["dispute:issfr_one::"] and returned() == []


def test_it_keeps_test_money_apart_and_cuts_words_that_are_too_long(gift):
    long = given.dispute(status="s" * 41, reason="r" * 81, livemode=False, balance_transactions=())
    book(disputes.dispute, long, AS_OF)
    row = kept()
    assert (len(row["status"]), len(row["reason"]), row["livemode"]) == (40, 80, False)
    Dispute.objects.all().delete()
    book(disputes.fraud_warning, given.warning(reason="r" * 81, livemode=False, actionable=False), AS_OF)
    row = kept()
    assert (len(row["reason"]), row["livemode"], row["actionable"]) == (80, False, False)


def test_it_shows_how_a_dispute_stands_now_and_never_how_it_stood_before(gift):
    told = [
        ("needs_response", given.NOON),
        ("under_review", given.NOON + timedelta(hours=2)),
        ("needs_response", given.NOON + timedelta(hours=1)),
        ("needs_response", given.NOON + timedelta(hours=2)),
    ]
    for status, at in told:
        book(disputes.dispute, given.dispute(status=status, balance_transactions=()), at)
    assert (kept()["status"], kept()["as_of"]) == ("under_review", given.NOON + timedelta(hours=2))


def test_it_changes_the_dispute_that_is_told_and_no_other(gift):
    for name in ("du_one", "du_two"):
        book(disputes.dispute, given.dispute(id=name, balance_transactions=()), given.NOON)
    book(disputes.dispute, given.dispute(status="won", balance_transactions=()), AS_OF)
    stand = dict(Dispute.objects.values_list("stripe_object", "status"))
    assert stand == {"du_one": "won", "du_two": "needs_response"}


def test_it_tells_staff_when_a_dispute_waits_for_an_answer_only_later(gift):
    book(disputes.dispute, given.dispute(status="under_review", balance_transactions=()), given.NOON)
    assert letters() == []
    book(disputes.dispute, given.dispute(balance_transactions=()), AS_OF)
    assert letters() == ["dispute:du_one:needs_response:"]


def test_it_tells_the_donor_that_the_bank_took_a_debit_back(gift):
    book(disputes.dispute, given.dispute(charge="py_one", status="lost"), given.NOON)
    assert letters() == [f"debit-failed:{gift.reference}", "dispute-lost:du_one"]
    assert receipts.issue(gift).newest().label in Letter.objects.get(template="debit_failed").text
