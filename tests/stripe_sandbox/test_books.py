"""Whatever happens, in whatever order: the books are in balance, and the events alone tell the whole story."""

import random
import uuid
from collections.abc import Iterator
from contextlib import suppress

import pytest
import stripe

from tests.stripe_sandbox.driver import Sandbox
from tests.stripe_sandbox.shop import Shop

pytestmark = pytest.mark.finding
CARDS = [
    "4242424242424242", "4000000000000259", "4000000000001976", "4000000000005423", "4000000000007726",
    "4000000000005126", "4000000000000341",
]  # fmt: skip
WORDS = ["winning_evidence", "losing_evidence", "escalate_inquiry_evidence"]


def everything(shop: Shop, noun: str, **params: object) -> list:
    return list(getattr(shop.v1, noun).list({"limit": 100, **params}).auto_paging_iter())


def live(shop: Shop, dice: random.Random) -> None:
    """One thing that may happen, and does unless it cannot."""
    with suppress(stripe.InvalidRequestError, ValueError):
        match dice.randrange(11):
            case 0:
                shop.give(dice.randrange(100, 9000), dice.choice(["usd", "eur", "jpy"]), card=dice.choice(CARDS))
            case 1:
                shop.monthly(dice.randrange(500, 3000), card=dice.choice(CARDS))
            case 2:
                account = dice.choice(["000123456789", "000222222227", "000555555559"])
                shop.sandbox.debit(shop.checkout(dice.randrange(500, 9000)).url, account)
            case 3:
                charge = dice.choice(everything(shop, "charges") or [None])
                if charge:
                    shop.v1.refunds.create({"charge": charge.id, "amount": dice.randrange(1, charge.amount + 1)})
            case 4:
                charge = dice.choice(everything(shop, "charges") or [None])
                if charge:
                    shop.sandbox.dispute(shop.tenant, charge=charge.id, inquiry=dice.random() < 0.3)
            case 5:
                dispute = dice.choice(everything(shop, "disputes") or [None])
                if dispute:
                    shop.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": dice.choice(WORDS)}})
            case 6:
                refund = dice.choice(everything(shop, "refunds") or [None])
                if refund:
                    shop.sandbox.turn_refund(refund.id, "failed", shop.tenant)
            case 7:
                shop.sandbox.foreign_charge(dice.randrange(100, 5000), tenant=shop.tenant)
                shop.sandbox.fee(dice.randrange(1, 99), shop.tenant)
            case 8:
                payout = dice.choice(everything(shop, "payouts") or [None])
                if payout:
                    shop.sandbox.fail_payout(payout.id, shop.tenant)
            case _:
                shop.advance(dice.choice([0.5, 2, 5, 32]))


@pytest.fixture(scope="module", params=[1, 2, 3])
def lived(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Books in which much happened: lived once, and only read by the tests that judge them."""
    shop, dice = Shop(sandbox, f"lived-{uuid.uuid4().hex[:12]}"), random.Random(request.param)
    for _ in range(40):
        live(shop, dice)
    yield shop
    assert shop.problems() == []


def test_it_keeps_the_books_in_balance(lived: Shop) -> None:
    booked = everything(lived, "balance_transactions")
    by_source: dict[str | None, list] = {}
    for one in booked:
        by_source.setdefault(one.source, []).append(one)
    for charge in everything(lived, "charges"):
        mine = by_source.pop(charge.id, [])
        assert len(mine) == (charge.status == "succeeded")
        refunds = lived.v1.refunds.list({"charge": charge.id, "limit": 100}).data
        standing = [one.amount for one in refunds if one.status not in ("failed", "canceled")]
        assert charge.amount_refunded == sum(standing) <= charge.amount
        assert charge.refunded == (charge.amount_refunded == charge.amount)
    for refund in everything(lived, "refunds"):
        mine = by_source.pop(refund.id)
        assert len(mine) == (2 if refund.status == "failed" else 1)
        assert (sum(one.net for one in mine) == 0) == (refund.status == "failed")
    for dispute in everything(lived, "disputes"):
        mine = by_source.pop(dispute.id, [])
        assert sorted(one.id for one in mine) == sorted(one.id for one in dispute.balance_transactions)
        taken = dispute.status in ("needs_response", "under_review", "lost")
        assert (sum(one.net for one in mine) < 0) == taken
    for payout in everything(lived, "payouts"):
        mine = by_source.pop(payout.id)
        assert len(mine) == (2 if payout.status == "failed" else 1)
        parts = everything(lived, "balance_transactions", payout=payout.id)
        assert sum(one.net for one in parts) == 0
    assert {one.type for one in by_source.pop(None, [])} <= {"stripe_fee"} and by_source == {}
    balance = lived.v1.balance.retrieve()
    assert balance.available[0].amount + balance.pending[0].amount == sum(one.net for one in booked)


def test_it_tells_of_every_change_by_an_event(lived: Shop) -> None:
    """Who only listens knows what who asks knows; a charge's refunded sum alone can fall in silence."""
    told: dict[str, dict] = {}
    for event in lived.events():
        told[event["data"]["object"].get("id", "")] = event["data"]["object"]
    for noun in ("refunds", "disputes", "payouts", "subscriptions", "invoices", "payment_intents", "charges"):
        for thing in everything(lived, noun, **({"status": "all"} if noun == "subscriptions" else {})):
            known, now = dict(told[thing.id]), thing.to_dict(for_json=True)
            for one in (known, now):
                for name in ("amount_refunded", "refunded", "disputed"):
                    one.pop(name, None) if noun == "charges" else None
                for money in one.get("balance_transactions", []):
                    money.pop("status")  # becomes available by the clock
            assert known == now, noun
