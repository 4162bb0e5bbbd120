"""Raised is the ledger: what settled less what went back, without fee cover, whoever tells it in whatever crowd."""

from dataclasses import replace

import pytest
from django.db import transaction
from django.test import Client

from donations.books import audit
from donations.campaigns import progress
from donations.giving import offline, starter
from donations.models import Campaign, Gift, LedgerEntry, MatchReservation
from donations.models.gifts import Method
from donations.sync import payments, refunds
from foundation.organisation.models import Organisation
from tests.donations import appeal
from tests.donations.rules import given
from tests.foundation.crowd import together

pytestmark = [pytest.mark.both, pytest.mark.finding]
GIFTS, TOLD = 24, 2  # each is told by two at once, as an event and the comparison may
AMOUNT, COVER = 2000, 100
CAP = 9000


class Teller:
    """Gifts of one campaign, each with what becomes of it: stays, half of it back, all of it back, without Stripe."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.gifts = [appeal.begun(campaign, AMOUNT + 2 * number, COVER) for number in range(GIFTS)]

    def tell(self, number: int) -> None:
        number %= GIFTS
        fates = (self.stays, self.half_back, self.all_back, self.without_stripe)
        fates[number % len(fates)](number)

    def raised(self, number: int) -> int:
        """By the plainest sum, from what was done."""
        amount = AMOUNT + 2 * number
        return (amount, amount // 2, 0, 0 if number % 8 == 7 else amount)[number % 4]

    def stays(self, number: int) -> None:
        gift = self.gifts[number]
        names = {"id": f"ch_{number}", "payment_intent": f"pi_{number}", "livemode": False}
        settled = given.settlement(f"txn_{number}", gross=gift.total, fee=90, currency="USD")
        charge = given.charge(amount=gift.total, settlement=settled, **names)
        payments.receive(payments.Payment(gift.reference, charge, None, None, given.NOON))

    def half_back(self, number: int, parts: int = 2) -> None:
        self.stays(number)
        back = self.gifts[number].total // parts
        fact = given.refund(id=f"re_{number}", charge=f"ch_{number}", payment_intent=f"pi_{number}", amount=back)
        refunds.refund(replace(fact, out=given.txn(f"txn_back_{number}", gross=-back, currency="USD")))

    def all_back(self, number: int) -> None:
        self.half_back(number, parts=1)

    def without_stripe(self, number: int) -> None:
        day = Organisation.load().today()
        entry = offline.Entry(f"form-{number}", Method.CHEQUE, day, AMOUNT + 2 * number, "USD", name="Ada")
        gift = offline.record(entry, campaign=self.campaign)
        if number % 8 == 7:
            offline.take_back(gift)


@pytest.mark.django_db(transaction=True)
def test_it_is_the_ledger_when_gifts_refunds_and_cheques_are_told_at_once() -> None:
    starter.load()
    campaign = appeal.matched(CAP)
    teller = Teller(campaign)
    together(GIFTS * TOLD, teller.tell)
    expected = sum(teller.raised(number) for number in range(GIFTS))
    assert progress.of(campaign).raised == expected
    assert Campaign.objects.with_totals().get().raised_sum == expected
    assert Client().get("/api/campaigns/house.json").json()["raised"] == expected
    rows = LedgerEntry.objects.filter(kind__in=["charge", "offline", "refund"]).values_list("amount", "cover")
    assert sum(amount - cover for amount, cover in rows) == expected
    assert [line for check in audit.CHECKS for line in check()] == []
    for match in MatchReservation.objects.select_related("gift"):
        total, cover = LedgerEntry.objects.kept(match.gift)
        assert match.amount <= total - cover
    assert 0 < MatchReservation.objects.taken(campaign) <= CAP
    assert Gift.objects.filter(method=Method.CHEQUE).count() == GIFTS // 4


@pytest.mark.django_db(transaction=True)
def test_it_shows_no_half_of_what_is_being_booked() -> None:
    starter.load()
    campaign = appeal.make()
    teller = Teller(campaign)
    with transaction.atomic():
        teller.stays(0)
        teller.half_back(0)
        seen_by_another = together(1, lambda number: progress.of(campaign).raised)
    assert seen_by_another == [0] and progress.of(campaign).raised == AMOUNT // 2
