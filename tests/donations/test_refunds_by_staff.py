"""Staff give money back from the page of a gift: once, whatever becomes of Stripe's answer, and with a trace."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from wagtail.models import ModelLogEntry

from donations.giving import refunding
from donations.models import Currency, Gift, LedgerEntry, Receipt, RefundRequest
from donations.stripe import client as stripe_client
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from foundation.organisation import clone_guard
from staff.models import User
from tests.donations.test_refunds import balanced
from tests.foundation.crowd import together
from tests.staff.users import member, password_only, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]
REFUNDS = "/v1/refunds"


@pytest.fixture
def given(donor, till) -> Gift:
    """A gift of $25.00 with $1.06 to cover the fee, paid and told."""
    donor.gave("once", "25", cover_fee="on", name="Ada Lovelace")
    stripe_client.account()  # known from here on, whatever Stripe does
    return Gift.objects.get()


def later(minutes: int) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes))


def address(gift: Gift) -> str:
    return f"/admin/gift/inspect/{gift.pk}/refund/"


def wish(amount: str, **more: str) -> dict[str, str]:
    return {"amount": amount, "reason": "requested_by_customer", "key": str(uuid.uuid4()), "sure": "yes", **more}


def give_back(staff: Client, gift: Gift, filled: dict[str, str]) -> str:
    return staff.post(address(gift), filled, follow=True).content.decode()


def refunds(gift: Gift) -> list[dict]:
    return list(stripe_client.each(stripe_client.v1().refunds.list, {"payment_intent": gift.payment_intent_id}))


def test_it_asks_first_then_gives_a_part_and_the_rest_back_and_the_donor_has_it_in_writing(given, till):
    staff = signed_in("Finance")
    filled = {key: value for key, value in wish("6.06").items() if key != "sure"}
    question = staff.post(address(given), filled).content.decode()
    assert "$6.06 USD" in question and "$26.06 USD" in question and "Ada Lovelace" in question
    assert not refunds(given) and not RefundRequest.objects.exists()

    page = give_back(staff, given, filled | {"sure": "yes"})
    assert "$6.06 USD go back to the donor" in page
    assert "made at Stripe" in page and "finance@example.org" in page
    assert [(raw["amount"], raw["reason"]) for raw in refunds(given)] == [(606, "requested_by_customer")]
    assert LedgerEntry.objects.kept(given)[0] == 2000 and balanced(till)
    assert "$6.06 USD" in Letter.objects.get(template="refund").text

    give_back(staff, given, wish("20"))
    assert LedgerEntry.objects.kept(given) == (0, 0) and balanced(till)
    assert Receipt.objects.filter(replaced_by=None).get().total == 0
    before = LedgerEntry.objects.count(), Letter.objects.count()
    till.tell()  # the events of both come as well
    assert (LedgerEntry.objects.count(), Letter.objects.count()) == before
    assert ModelLogEntry.objects.filter(action="staff.action", data__action="refund").count() == 2
    assert "not possible any more" in give_back(staff, given, wish("1"))


def test_it_takes_the_same_form_twice_for_one_refund(given):
    staff, filled = signed_in("Finance"), wish("10")
    for _ in range(2):
        assert "$10.00 USD go back" in give_back(staff, given, filled)
    assert len(refunds(given)) == 1 and LedgerEntry.objects.kept(given)[0] == 1606


def test_it_says_of_a_form_that_is_sent_again_what_became_of_it_though_nothing_is_left(given, till, unhurried):
    """“That is not possible any more”, after a double click, would have staff look for the money elsewhere."""
    staff, whole = signed_in("Finance"), wish("26.06")
    for _ in range(2):
        page = give_back(staff, given, whole)
        assert "$26.06 USD go back" in page and "not possible any more" not in page
    assert "sent before, for $26.06 USD" in give_back(staff, given, whole | {"amount": "5"}), "Back, and another sum"
    assert "not possible any more" in give_back(staff, given, wish("26.06"))
    assert [raw["amount"] for raw in refunds(given)] == [2606] and balanced(till)


def test_it_says_what_became_of_a_form_whose_answer_was_lost_when_a_bank_took_the_gift_back_meanwhile(
    given, till, unhurried
):
    staff, filled = signed_in("Finance"), wish("10")
    till.fault("error_before", path=REFUNDS, method="POST", count=9)
    assert "The request is kept" in give_back(staff, given, filled)
    till.calm()
    till.dispute(given.payment_intent_id)
    till.tell()
    assert "not possible any more" not in give_back(staff, given, filled)
    with later(minutes=3):
        run_due()
    assert "Nothing was given back: Charge" in give_back(staff, given, filled), "and why Stripe refused"
    assert RefundRequest.objects.get().state == "refused" and not refunds(given) and balanced(till)


def test_it_makes_no_other_refund_of_a_form_that_was_sent_before(given, donor, stranger):
    """Back, another sum, and send: neither a second refund nor a word of success."""
    staff, filled = signed_in("Finance"), wish("10")
    give_back(staff, given, filled)
    assert "sent before, for $10.00 USD" in give_back(staff, given, filled | {"amount": "5"})
    assert [raw["amount"] for raw in refunds(given)] == [1000]
    stranger().gave("once", "50", email="grace@donor.example")
    other = Gift.objects.exclude(pk=given.pk).get()
    page = give_back(staff, other, filled)
    assert "sent before, for $10.00 USD" in page and "go back to the donor" not in page and not refunds(other)


@pytest.mark.parametrize("fault", ["error_after", "error_before", "unavailable"])
def test_it_goes_on_by_itself_with_a_refund_whose_answer_was_lost(given, till, unhurried, fault):
    staff = signed_in("Finance")
    till.fault(fault, path=REFUNDS, method="POST", count=9)
    assert "The request is kept" in give_back(staff, given, wish("10"))
    assert "Stripe has not answered yet" in give_back(staff, given, wish("5")), "no other beside it"
    till.calm()
    with later(minutes=3):
        run_due()
    assert [raw["amount"] for raw in refunds(given)] == [1000]
    asked = RefundRequest.objects.get()
    assert asked.state == "made" and asked.refund_id == refunds(given)[0]["id"]
    assert LedgerEntry.objects.kept(given)[0] == 1606 and balanced(till)


def test_it_knows_by_stripes_event_what_became_of_a_refund(given, till, unhurried):
    till.fault("error_after", path=REFUNDS, method="POST", count=9)
    give_back(signed_in("Finance"), given, wish("10"))
    till.calm()
    till.tell()
    assert RefundRequest.objects.get().state == "made" and LedgerEntry.objects.kept(given)[0] == 1606


def test_it_says_what_stripe_refuses_and_does_nothing(given, till):
    """Somebody gave it back in Stripe's dashboard, and the event is still on its way."""
    till.refund(given.payment_intent_id)
    page = give_back(signed_in("Finance"), given, wish("10"))
    assert "Nothing was given back" in page and "already been refunded" in page
    asked = RefundRequest.objects.get()
    assert asked.state == "refused" and "already been refunded" in asked.answer
    with later(minutes=3):
        run_due()
    assert len(refunds(given)) == 1


@pytest.mark.parametrize("typed", ["0", "-1", "26.07", "", "ten", "1,0,0"])
def test_it_takes_no_sum_that_is_not_there(given, typed):
    answer = signed_in("Finance").post(address(given), wish(typed))
    assert answer.status_code == 422 and "$26.06 USD" in answer.content.decode()
    assert not RefundRequest.objects.exists()


def test_it_needs_a_reason(given):
    filled = wish("10") | {"reason": ""}
    assert signed_in("Finance").post(address(given), filled).status_code == 422


@pytest.mark.parametrize(
    ("role", "may"), [("Editor", False), ("Donor care", False), ("Finance", True), ("Administrator", True)]
)
def test_it_lets_finance_and_administrators_alone_give_money_back(given, role, may):
    staff = signed_in(role)
    page = staff.get(f"/admin/gift/inspect/{given.pk}/").content.decode()
    assert ("Give money back" in page) is may
    staff.post(address(given), wish("10"))
    assert bool(refunds(given)) is may


def test_it_asks_for_the_second_factor_once_more(given):
    staff = signed_in("Finance")
    filled = wish("10")
    asked = staff.post(address(given), {key: value for key, value in filled.items() if key != "sure"})
    assert asked.status_code == 200  # it was fresh when the question was put
    with later(minutes=6):
        answer = staff.post(address(given), filled)
    assert answer.status_code == 302 and "/accounts/2fa/reauthenticate" in answer["Location"]
    assert not RefundRequest.objects.exists()
    assert (
        password_only(Client(), member("Finance", "new@example.org")).post(address(given), wish("1")).status_code == 302
    )


def test_it_gives_nothing_back_from_a_copy_of_the_site(given, till):
    clone_guard.restored(given.created_at)
    page = give_back(signed_in("Finance"), given, wish("10"))
    assert "Nothing was given back" in page and not RefundRequest.objects.exists()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_it_gives_back_no_more_than_there_is_when_many_ask_at_once(given, till, unhurried):
    user = User.objects.get(pk=member("Finance").pk)

    def ask(number: int) -> bool:
        try:
            return bool(refunding.refund(given, 1000, "duplicate", user, f"key-{number}"))
        except refunding.CannotError:
            return False

    made = together(6, ask)
    assert 1 <= sum(made) <= 2
    assert len(refunds(given)) == sum(made) and balanced(till)
    assert LedgerEntry.objects.kept(given)[0] == 2606 - 1000 * sum(made)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_it_is_one_refund_and_one_answer_when_a_form_is_sent_twice_at_the_same_moment(given, till, unhurried):
    """“Nothing was given back”, said to one of the two, would have staff give it back a second time."""
    user = User.objects.get(pk=member("Finance").pk)
    made = together(3, lambda _number: refunding.refund(given, 1000, "duplicate", user, "of the form").pk)
    assert len(set(made)) == 1 and [raw["amount"] for raw in refunds(given)] == [1000]
    assert LedgerEntry.objects.kept(given)[0] == 1606 and balanced(till)


@pytest.mark.both
def test_it_gives_what_a_failed_refund_brought_back_once_more_and_no_cent_beyond(given, till):
    staff = signed_in("Finance")
    give_back(staff, given, wish("20"))
    give_back(staff, given, wish("6.06"))
    first = next(raw for raw in refunds(given) if raw["amount"] == 2000)
    till.sandbox.turn_refund(first["id"], "failed", till.tenant)
    till.tell()
    assert LedgerEntry.objects.kept(given)[0] == 2000 and balanced(till)
    assert [each.state_text().partition(";")[2] for each in RefundRequest.objects.order_by("pk")] == [
        " the bank sent it back, and the money is with us again",
        "",
    ]
    assert staff.post(address(given), wish("20.01")).status_code == 422
    assert "$20.00 USD go back" in give_back(staff, given, wish("20"))
    assert LedgerEntry.objects.kept(given) == (0, 0) and balanced(till)
    assert Receipt.objects.current().get().total == 0


def test_it_gives_nothing_back_of_a_gift_that_a_bank_took_back(given, till):
    """The bank has the money: a refund beside the dispute would send it twice."""
    staff = signed_in("Finance")
    till.dispute(given.payment_intent_id)
    page = give_back(staff, given, wish("10"))  # its event is still on its way: Stripe refuses
    assert "Nothing was given back" in page and RefundRequest.objects.get().state == "refused"
    till.tell()
    assert "not possible any more" in give_back(staff, given, wish("10"))
    assert not refunds(given) and LedgerEntry.objects.kept(given)[0] == 0 and balanced(till)


def test_it_knows_nothing_of_a_refund_in_the_dashboard_and_still_gives_no_more_than_there_is(given, till):
    till.refund(given.payment_intent_id, amount=2000)  # its event is still on its way
    page = give_back(signed_in("Finance"), given, wish("10"))
    assert "Nothing was given back" in page and [raw["amount"] for raw in refunds(given)] == [2000]
    till.tell()
    assert LedgerEntry.objects.kept(given)[0] == 606 and balanced(till)


@pytest.mark.both
@pytest.mark.parametrize(
    ("code", "gave", "part", "minor"),
    [("JPY", "3000", "1,000", 1000), ("EUR", "40", "12.50", 1250), ("KWD", "10.50", "2.5", 2500)],
)
def test_it_gives_a_part_back_in_the_currency_of_the_gift(donor, till, code, gave, part, minor):
    Currency.objects.get_or_create(code=code, defaults={"position": 9, "minimum": 1000, "maximum": 9_000_000})
    donor.gave("once", gave, code)
    stripe_client.account()
    gift = Gift.objects.get()
    before = LedgerEntry.objects.kept(gift)[0]
    staff = signed_in("Finance")
    assert f"in {code}" in staff.get(address(gift)).content.decode()
    give_back(staff, gift, wish(part))
    assert [(raw["amount"], raw["currency"]) for raw in refunds(gift)] == [(minor, code.lower())]
    assert LedgerEntry.objects.kept(gift)[0] == before - minor and balanced(till)
